// What `vpn up` and `vpn down` change, and nothing else: sends the requests of a recording once more, in its order. Nothing is asked,
// neither what there is nor whether it is in force. Two programs, as vpn and vpn-link are.
// changes FILE, with CHANGES=again for the second of them
// The file: for each datagram the number of netlink's family, its length, and its bytes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(125);
}

// Until the request is acknowledged that asked for it.
static void perform(int fd, const unsigned char *bytes, unsigned length) {
  static unsigned char answer[65536];
  uint32_t awaited = 0;
  int left = length;
  for (const struct nlmsghdr *one = (void *)bytes; NLMSG_OK(one, (unsigned)left); one = NLMSG_NEXT(one, left))
    if (one->nlmsg_flags & NLM_F_ACK) awaited = one->nlmsg_seq;
  if (send(fd, bytes, length, 0) != (ssize_t)length) fail("send");
  for (;;) {
    int size = recv(fd, answer, sizeof answer, 0);
    if (size < 0) fail("receive");
    for (const struct nlmsghdr *one = (void *)answer; NLMSG_OK(one, (unsigned)size); one = NLMSG_NEXT(one, size)) {
      errno = -((struct nlmsgerr *)NLMSG_DATA(one))->error;
      if (one->nlmsg_type != NLMSG_ERROR || errno) fail("the kernel refuses a request");
      if (one->nlmsg_seq == awaited) return;
    }
  }
}

// As vpn-link's: closing a socket by which something was deleted takes an RCU grace period.
static int hold(void *filter) {
  int fd = (intptr_t)filter;
  syscall(SYS_close_range, 0, fd - 1, 0);
  syscall(SYS_close_range, fd + 1, ~0u, 0);
  nanosleep(&(struct timespec){0, 100000000}, NULL);
  return 0;
}

int main(int argc, char **argv) {
  int status, fd;
  pid_t child;
  struct stat file;
  if (argc != 2) return 2;
  if (!getenv("CHANGES")) {
    char *again[] = {"CHANGES=again", NULL};
    if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, again) || waitpid(child, &status, 0) < 0) fail("run");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
  }
  if ((fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &file) || !file.st_size) fail(argv[1]);
  const unsigned char *at = mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE, fd, 0), *end = at + file.st_size;
  int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  int filter = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (at == MAP_FAILED || route < 0 || filter < 0) fail("prepare");
  while (at < end) {
    const uint32_t *head = (void *)at;
    perform(head[0] == NETLINK_ROUTE ? route : filter, at + 8, head[1]);
    at += 8 + head[1];
  }
  static char stack[4096] __attribute__((aligned(16)));
  clone(hold, stack + sizeof stack, CLONE_VM | SIGCHLD, (void *)(intptr_t)filter);
  return 0;
}
