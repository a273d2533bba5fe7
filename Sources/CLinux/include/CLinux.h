#ifndef CLINUX_H
#define CLINUX_H
// The kernel's headers are the Swift types. Never define _GNU_SOURCE here: it changes fd_set and others, and Swift then
// finds two definitions of them as soon as one program also imports Foundation. GNU-only calls live in shim.c.
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>
#include <poll.h>
#include <sys/random.h>
#include <dirent.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
// Before the kernel's headers, so that those leave its definitions alone (linux/libc-compat.h).
#include <netinet/in.h>
#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/prctl.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sched.h>
#include <linux/veth.h>
#include <linux/wireguard.h>

// argc, argv and envp as the kernel gave them: Embedded Swift has no CommandLine, and the full one repairs bytes that are not UTF-8.
int clinux_argc(void);
char *_Nullable *_Nonnull clinux_argv(void);
char *_Nullable *_Nonnull clinux_envp(void);

int clinux_errno(void);
int clinux_open(const char *_Nonnull path, int flags, unsigned mode);
// A symbolic link itself, of which only the place can be used.
int clinux_open_link(const char *_Nonnull path);
/// What links lead to, of which only the place can be used: openat2(2) with RESOLVE_NO_MAGICLINKS.
int clinux_open_place(const char *_Nonnull path);
/// openat2(2) with RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | extra. Where a sandbox has no such call (systemd's RestrictSUIDSGID= answers
/// ENOSYS), the path is walked part by part, as strictly: see walk.c.
int clinux_open_strict(int folder, const char *_Nonnull path, int flags, uint64_t extra);
/// openat2(2) with RESOLVE_NO_MAGICLINKS only: links in the path are followed. The same where there is none.
int clinux_open_by_links(const char *_Nonnull path, int flags);
/// What both do without openat2(2).
int clinux_walk_strict(int folder, const char *_Nonnull path, int flags, uint64_t extra);
int clinux_walk_by_links(const char *_Nonnull path, int flags);
int clinux_unshare(int flags);
int clinux_setns(int fd, int nstype);
/// Closes these descriptors and all in between.
void clinux_close_between(unsigned first, unsigned last);
/// Leaves a child behind that has no descriptor but this one, and ends after that time. It has this process's memory, so that none is
/// copied, and writes nothing there but errno.
void clinux_hold(int fd, long milliseconds);
int clinux_prctl(int op, unsigned long a);
/// The number of the mount that an open file is on, as in proc_pid_mountinfo(5); -1 for an error.
int64_t clinux_mount_id(int fd);
/// Mounts a folder, with what is mounted in it, on itself: at once shared and, as a mark, nodiratime. ENOSYS before Linux 5.12.
int clinux_cover_with_itself(const char *_Nonnull path);
/// memfd_create(2), close-on-exec.
int clinux_memfd(const char *_Nonnull name);
/// pipe2(2), close-on-exec.
int clinux_pipe(int *_Nonnull ends);
int clinux_duplicate_above(int fd, int lowest);
int clinux_keep_across_exec(int fd);
int clinux_close_on_exec(int fd);
/// A Landlock domain that restricts nothing but abstract sockets outside it, and with that ptrace and its kin; also
/// signals, if these are not to get out. ENOTSUP before ABI 6.
int clinux_landlock_scope(int signals);
/// Gives every Internet socket that a process in that cgroup makes a mark, as ip-vrf(8) does: a program of the kernel's (bpf(2),
/// BPF_CGROUP_INET_SOCK_CREATE), which goes with the cgroup. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
int clinux_mark_sockets(int cgroup, uint32_t mark);
/// A seccomp filter that answers EPERM to ioctl(2)'s TIOCSTI and TIOCLINUX, in programs of any architecture that runs here. Needs CAP_SYS_ADMIN.
int clinux_forbid_typing(void);
/// no_new_privs, and a seccomp filter that lets no socket be made but UNIX, Internet and netlink, nor io_uring and keys, and answers as the one
/// above. Programs of other architectures are killed.
int clinux_refuse_ways_out(void);
/// setgroups(2), setresgid(2), setresuid(2), in this order, and a new session keyring (session-keyring(7)).
int clinux_become(uid_t uid, gid_t gid, const gid_t *_Nonnull groups, size_t count);
unsigned long clinux_at_secure(void);
/// SO_RCVTIMEO and SO_SNDTIMEO.
int clinux_limit_waiting(int fd, long milliseconds);
int clinux_netlink_options(int fd);
/// SIOCGIFINDEX: whether the network of a socket has a link of that name.
int clinux_has_link(int fd, const char *_Nonnull name);
/// SO_SNDBUFFORCE; needs CAP_NET_ADMIN.
int clinux_grow_send_buffer(int fd, int bytes);
int clinux_connect_unix(int fd, const char *_Nonnull path);
/// The cookie of the network namespace that a socket belongs to; 0 when it is no socket or the kernel (before 5.14) cannot say.
uint64_t clinux_netns_cookie(int fd);
/// The socket's family, or -1.
int clinux_socket_family(int fd);
int clinux_is_stream(int fd);
/// Sends to a datagram socket of the file system without waiting; -1 if no process listens.
int clinux_send_datagram(const char *_Nonnull path, const void *_Nonnull bytes, size_t count);
int clinux_is_directory(uint32_t mode);
int clinux_is_regular(uint32_t mode);
int clinux_is_link(uint32_t mode);
int clinux_exit_status(int wait_status);

// relay.c. Addresses are 4 or 16 bytes in network order; sockets are non-blocking and closed by exec.
#define CLINUX_SENDER 28
int clinux_listen(int is_stream, const uint8_t *_Nonnull address, size_t length, uint16_t port);
// By this link only, if it is not empty; with stays_on_link by no router. A connection may not be there yet.
int clinux_connect_by(
    const char *_Nonnull link, int stays_on_link, int is_stream, const uint8_t *_Nonnull address, size_t length, uint16_t port);
int clinux_accept(int fd);
// Where an accepted connection was to go before it was translated: 4 or 16 bytes, how many is returned; or -1.
int clinux_original_destination(int fd, uint8_t *_Nonnull address, uint16_t *_Nonnull port);
int clinux_own_port(int fd);
// Entries: how many bytes the address has, how many of its bits count, whether the link has a carrier, the address, the link's name and a NUL.
#define CLINUX_LINK_NETWORK 35
int clinux_link_networks(uint8_t *_Nonnull entries, int most);
// A socket with that name among the abstract ones of this network (unix(7)); -1 with EADDRINUSE if another has it.
int clinux_bind_name(const char *_Nonnull name);
// Two connected ends, between which messages go; closed by exec.
int clinux_message_pair(int *_Nonnull ends);
int clinux_send_descriptors(int fd, const void *_Nonnull bytes, size_t count, const int *_Nonnull sent, int number);
// At most CLINUX_DESCRIPTORS, closed by exec; -1 where none came.
#define CLINUX_DESCRIPTORS 3
ssize_t clinux_receive_descriptors(int fd, void *_Nonnull bytes, size_t count, int *_Nonnull got);
int clinux_socket_error(int fd);
void clinux_close_with_reset(int fd);
int clinux_epoll(void);
// For these events, which have the numbers of poll(2); for none: no more.
void clinux_watch(int epoll, int fd, uint32_t events);
// Events in the upper half, the descriptor in the lower one; at most 64.
int clinux_epoll_wait(int epoll, uint64_t *_Nonnull found, int count, int milliseconds);
int clinux_pidfd(int pid);
// The other end is CLINUX_SENDER bytes of a sockaddr.
ssize_t clinux_receive_from(int fd, void *_Nonnull bytes, size_t count, void *_Nonnull sender);
ssize_t clinux_send_to(int fd, const void *_Nonnull bytes, size_t count, const void *_Nonnull receiver);
// Up to the hard limit.
void clinux_raise_open_files(void);
// Tells when links of the network where this thread is change; of rtnetlink(7).
int clinux_link_events(void);
void clinux_ask_link(int fd, int index);
// What has been told of a link since: how many bytes its alias has, at most size; -1: nothing; -2: it is gone.
int clinux_link_event(int fd, int index, uint8_t *_Nonnull alias, size_t size);

// Inline, so that programs which do not use them have none of their symbols.
static inline int clinux_open_at(int folder, const char *_Nonnull name, int flags, unsigned mode) {
  return openat(folder, name, flags | O_CLOEXEC, mode);
}
/// A socket's place, to which no socket belongs: it cannot be opened, written or grown by any user, its owner included.
static inline int clinux_make_place(const char *_Nonnull path) { return mknod(path, S_IFSOCK, 0); }
/// Undoes O_NONBLOCK.
static inline int clinux_wait_from_now(int fd) { return fcntl(fd, F_SETFL, 0); }
/// - Returns: what was done before at that signal.
static inline __sighandler_t _Nullable clinux_ignore_signal(int number) { return signal(number, SIG_IGN); }
/// By which signal a child that wait(2) has told of has been stopped, or ended; 0 for none.
static inline int clinux_stop_signal(int status) { return WIFSTOPPED(status) ? WSTOPSIG(status) : 0; }
static inline int clinux_end_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
static inline int clinux_has_continued(int status) { return WIFCONTINUED(status); }
/// A file, pipe, or device that is open for use: not a folder, not a place (O_PATH), and nothing that only the kernel has.
static inline int clinux_is_plain(int fd) {
  struct stat s;
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && !(flags & 010000000 /* O_PATH */) && !fstat(fd, &s) && (S_ISREG(s.st_mode) || S_ISFIFO(s.st_mode) || S_ISCHR(s.st_mode));
}
/// Of which kind a namespace's open file is, CLONE_NEWNET for one; -1 if it is none.
static inline int clinux_namespace_kind(int fd) { return ioctl(fd, NS_GET_NSTYPE); }
/// The user namespace to which another namespace belongs, open; EPERM if that is outside our own.
static inline int clinux_owning_namespace(int fd) { return ioctl(fd, NS_GET_USERNS); }
/// Who has made a user namespace.
static inline int clinux_namespace_owner(int fd, uid_t *_Nonnull uid) { return ioctl(fd, NS_GET_OWNER_UID, uid); }
/// Whether two open files are one.
static inline int clinux_is_same_file(int a, int b) {
  struct stat s, t;
  return !fstat(a, &s) && !fstat(b, &t) && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}
/// A terminal's size; -1 if it is none.
static inline int clinux_window(int fd, struct winsize *_Nonnull size) { return ioctl(fd, TIOCGWINSZ, size); }
#endif
