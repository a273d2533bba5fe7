// What a command may not ask the kernel: with `--user`, and more with `--strict`.
#include "CLinux.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define IF(test, value, answer) BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 1), ANSWER(answer)
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

static int take(struct sock_filter *filter, unsigned short count) {
  struct sock_fprog program = {count, filter};
  // It needs no protection from speculation, which would cost the command speed before Linux 5.16.
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

int clinux_forbid_typing(void) {
#if defined __x86_64__
  enum { native = AUDIT_ARCH_X86_64, foreign = AUDIT_ARCH_I386, x32 = 514 };
#elif defined __aarch64__
  enum { native = AUDIT_ARCH_AARCH64, foreign = AUDIT_ARCH_ARM, x32 = SYS_ioctl };
#else
#error "which numbers has ioctl(2) here, and in programs of other architectures that run here?"
#endif
  // The bit is x32's. The kernel takes the low half of a request, which comes first in memory here.
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, native, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~0x40000000u),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, x32, 3, 6),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, foreign, 0, 6),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 54, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 1, 0),
      ANSWER(SECCOMP_RET_ALLOW),
      ANSWER(REFUSED),
  };
  return take(filter, sizeof filter / sizeof *filter);
}

int clinux_refuse_ways_out(void) {
#if defined __x86_64__
  enum { native = AUDIT_ARCH_X86_64 };
#elif defined __aarch64__
  enum { native = AUDIT_ARCH_AARCH64 };
#else
#error "which architecture is this?"
#endif
  struct sock_filter filter[] = {
      // Numbers mean something else in programs of other architectures, and i386 hides a socket's family behind a pointer (socketcall).
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, native, 1, 0),
      ANSWER(SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#if defined __x86_64__
      IF(BPF_JGE, 0x40000000 /* x32 */, SECCOMP_RET_ERRNO | ENOSYS),
#endif
      // They make sockets and connect them, and no filter sees it.
      IF(BPF_JEQ, SYS_io_uring_setup, REFUSED),
      IF(BPF_JEQ, SYS_io_uring_enter, REFUSED),
      IF(BPF_JEQ, SYS_io_uring_register, REFUSED),
      // A socket that can be reached tells its owner's pidfd (SO_PEERPIDFD), and before Linux 6.12 nothing else is in the way.
      IF(BPF_JEQ, SYS_pidfd_getfd, REFUSED),
      // For a key of the type dns_resolver the kernel has a program of the host's ask for a name.
      IF(BPF_JEQ, SYS_add_key, REFUSED),
      IF(BPF_JEQ, SYS_request_key, REFUSED),
      IF(BPF_JEQ, SYS_keyctl, REFUSED),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 0, 10),
      // The kernel takes the low half of a family and of a request, which comes first in memory here.
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      IF(BPF_JEQ, AF_UNIX, SECCOMP_RET_ALLOW),
      IF(BPF_JEQ, AF_INET, SECCOMP_RET_ALLOW),
      IF(BPF_JEQ, AF_INET6, SECCOMP_RET_ALLOW),
      IF(BPF_JEQ, AF_NETLINK, SECCOMP_RET_ALLOW),
      ANSWER(SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0),
      ANSWER(SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
      IF(BPF_JEQ, TIOCSTI, REFUSED),
      IF(BPF_JEQ, TIOCLINUX, REFUSED),
      ANSWER(SECCOMP_RET_ALLOW),
  };
  if (clinux_prctl(PR_SET_NO_NEW_PRIVS, 1)) return -1;
  return take(filter, sizeof filter / sizeof *filter);
}
