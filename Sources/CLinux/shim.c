// _GNU_SOURCE comes from Package.swift and stays in this file.
#include "CLinux.h"
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static int argc_;
static char **argv_, **envp_;

// glibc passes (argc, argv, envp) to constructors, in dynamic and static executables alike.
__attribute__((constructor)) static void save(int argc, char **argv, char **envp) {
  argc_ = argc;
  argv_ = argv;
  envp_ = envp;
}

int clinux_argc(void) { return argc_; }
char **clinux_argv(void) { return argv_; }
char **clinux_envp(void) { return envp_; }
int clinux_errno(void) { return errno; }
int clinux_open(const char *path, int flags, unsigned mode) { return open(path, flags | O_CLOEXEC, mode); }

int clinux_open_link(const char *path) { return open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC); }

int clinux_open_place(const char *path) { return clinux_open_by_links(path, O_PATH); }

int clinux_open_strict(int folder, const char *path, int flags, uint64_t extra) {
  struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | extra};
  int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
  return fd < 0 && errno == ENOSYS ? clinux_walk_strict(folder, path, flags, extra) : fd;
}

int clinux_open_by_links(const char *path, int flags) {
  struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
  int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
  return fd < 0 && errno == ENOSYS ? clinux_walk_by_links(path, flags) : fd;
}

int clinux_unshare(int flags) { return unshare(flags); }
int clinux_setns(int fd, int nstype) { return setns(fd, nstype); }

void clinux_close_between(unsigned first, unsigned last) {
  if (!syscall(SYS_close_range, first, last, 0)) return;
  // Before Linux 5.9 there is no close_range(2).
  for (unsigned fd = first; fd <= last && fd < 1024; fd++) close((int)fd);
}

static struct { int fd; struct timespec time; } held;

static int hold(void *nothing) {
  (void)nothing;
  if (held.fd) clinux_close_between(0, held.fd - 1);
  clinux_close_between(held.fd + 1, ~0u);
  nanosleep(&held.time, NULL);
  return 0;
}

void clinux_hold(int fd, long milliseconds) {
  static char stack[4096] __attribute__((aligned(16)));
  held.fd = fd;
  held.time = (struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000};
  clone(hold, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
}

int clinux_prctl(int op, unsigned long a) { return prctl(op, a, 0, 0, 0); }

int64_t clinux_mount_id(int fd) {
  struct statx s;
  return statx(fd, "", AT_EMPTY_PATH, 0x1000 /* STATX_MNT_ID */, &s) ? -1 : (int64_t)s.stx_mnt_id;
}

int clinux_cover_with_itself(const char *path) {
  // <sys/mount.h> of glibc before 2.36 has none of these.
  struct { uint64_t set, clear, propagation, userns; } attributes = {0x80 /* MOUNT_ATTR_NODIRATIME */, 0, MS_SHARED, 0};
  int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, 1u /* OPEN_TREE_CLONE */ | O_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
  if (fd < 0) return -1;
  int result = (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  if (!result) result = (int)syscall(SYS_move_mount, fd, "", AT_FDCWD, path, 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
  int saved = errno;
  close(fd);
  errno = saved;
  return result;
}

int clinux_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
int clinux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }
int clinux_duplicate_above(int fd, int lowest) { return fcntl(fd, F_DUPFD_CLOEXEC, lowest); }
int clinux_keep_across_exec(int fd) { return fcntl(fd, F_SETFD, 0); }
int clinux_close_on_exec(int fd) { return fcntl(fd, F_SETFD, FD_CLOEXEC); }

int clinux_landlock_scope(int signals) {
  // Debian 12's header has no `scoped`; the kernel takes the larger structure by its size (ABI 6, Linux 6.12).
  struct { uint64_t fs, net, scoped; } ruleset = {0, 0, 1 /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET */};
  if (signals) ruleset.scoped |= 2 /* LANDLOCK_SCOPE_SIGNAL */;
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 6) {
    errno = ENOTSUP;
    return -1;
  }
  int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
  if (fd < 0) return -1;
  int result = (int)syscall(SYS_landlock_restrict_self, fd, 0);
  int saved = errno;
  close(fd);
  errno = saved;
  return result;
}

int clinux_become(uid_t uid, gid_t gid, const gid_t *groups, size_t count) {
  if (setgroups(count, groups) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) return -1;
  // A process with a session keyring may use what is in it, whatever its ids. A kernel may have no keys (ENOSYS), a container may be let use
  // none (EPERM): then the command can use none either.
  return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EPERM ? -1 : 0;
}

unsigned long clinux_at_secure(void) { return getauxval(AT_SECURE); }

int clinux_grow_send_buffer(int fd, int bytes) { return setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes); }

int clinux_limit_waiting(int fd, long milliseconds) {
  struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time)) return -1;
  return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

int clinux_has_link(int fd, const char *name) {
  struct ifreq request = {0};
  if (strlen(name) >= sizeof request.ifr_name) return 0;
  strcpy(request.ifr_name, name);
  return !ioctl(fd, SIOCGIFINDEX, &request);
}

int clinux_netlink_options(int fd) {
  int one = 1;
  if (setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one)) return -1;
  if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one)) return -1;
  // rtnetlink only; the others refuse the option, and need it not.
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
  return 0;
}

int clinux_connect_unix(int fd, const char *path) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof a.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(a.sun_path, path);
  return connect(fd, (struct sockaddr *)&a, sizeof a);
}

uint64_t clinux_netns_cookie(int fd) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) ? 0 : cookie;
}

int clinux_socket_family(int fd) {
  int family = -1;
  socklen_t size = sizeof family;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) ? -1 : family;
}

int clinux_is_stream(int fd) {
  int type = -1;
  socklen_t size = sizeof type;
  return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_STREAM;
}

int clinux_send_datagram(const char *path, const void *bytes, size_t count) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  ssize_t sent = clinux_connect_unix(fd, path) ? -1 : send(fd, bytes, count, MSG_NOSIGNAL);
  close(fd);
  return sent < 0 ? -1 : 0;
}

int clinux_is_directory(uint32_t mode) { return S_ISDIR(mode); }
int clinux_is_regular(uint32_t mode) { return S_ISREG(mode); }
int clinux_is_link(uint32_t mode) { return S_ISLNK(mode); }
int clinux_exit_status(int s) { return WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s); }

int clinux_mark_sockets(int cgroup, uint32_t mark) {
  // r2 = mark; ((struct bpf_sock *)r1)->mark = r2; return 1 (the socket may be made).
  struct bpf_insn program[] = {
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = (int32_t)mark},
    {.code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_2, .off = offsetof(struct bpf_sock, mark)},
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
    {.code = BPF_JMP | BPF_EXIT},
  };
  union bpf_attr load = {
    .prog_type = BPF_PROG_TYPE_CGROUP_SOCK, .expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE,
    .insns = (uintptr_t)program, .insn_cnt = sizeof program / sizeof *program, .license = (uintptr_t)"MIT",
  };
  int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  if (fd < 0) return -1;
  union bpf_attr attach = {
    .target_fd = (uint32_t)cgroup, .attach_bpf_fd = (uint32_t)fd, .attach_type = BPF_CGROUP_INET_SOCK_CREATE,
    .attach_flags = BPF_F_ALLOW_MULTI,
  };
  int result = (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
  int saved = errno;
  close(fd);
  errno = saved;
  return result;
}
