// Just enough netlink for launch.c: building messages, sending them, reading the kernel's answer.
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void fail(const char *what) __attribute__((noreturn));

struct message {
  size_t size;
  uint32_t sequence;
  unsigned char bytes[8192];
};

static void *put(struct message *m, const void *value, size_t size) {
  unsigned char *at = memcpy(m->bytes + m->size, value, size);
  m->size += size;
  while (m->size & 3) m->bytes[m->size++] = 0;
  return at;
}

// Starts a request; the header's length is filled in by `end`.
static struct nlmsghdr *begin(struct message *m, int type, int flags, const void *family_header, size_t size) {
  struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++m->sequence};
  struct nlmsghdr *at = put(m, &header, sizeof header);
  put(m, family_header, size);
  return at;
}

static void end(struct message *m, struct nlmsghdr *request) { request->nlmsg_len = m->bytes + m->size - (unsigned char *)request; }

static void attribute(struct message *m, int type, const void *value, size_t size) {
  struct nlattr head = {.nla_type = type, .nla_len = sizeof head + size};
  put(m, &head, sizeof head);
  put(m, value, size);
}

static void number(struct message *m, int type, uint32_t value) { attribute(m, type, &value, sizeof value); }
static void text(struct message *m, int type, const char *value) { attribute(m, type, value, strlen(value) + 1); }

static struct nlattr *nest(struct message *m, int type) {
  struct nlattr head = {.nla_type = type | NLA_F_NESTED};
  return put(m, &head, sizeof head);
}

static void unnest(struct message *m, struct nlattr *nested) { nested->nla_len = m->bytes + m->size - (unsigned char *)nested; }

static int netlink_socket(int family) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family), one = 1;
  if (fd < 0) fail("open a netlink socket");
  if (setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one)) fail("NETLINK_CAP_ACK");
  if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one)) fail("NETLINK_EXT_ACK");
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
#ifndef ONLY_THE_LEAST
  const struct timeval patience = {30, 0};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)) fail("SO_RCVTIMEO");
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience)) fail("SO_SNDTIMEO");
#endif
  return fd;
}

// Sends what was built, hands every object of the answer to `see`, and returns 0 or the kernel's errno. The message is then empty.
static int transact(int fd, struct message *m, void (*see)(const struct nlmsghdr *, void *), void *context) {
  static unsigned char answer[65536];
  if (send(fd, m->bytes, m->size, 0) != (ssize_t)m->size) fail("send to netlink");
  m->size = 0;
  for (;;) {
    struct sockaddr_nl sender;
    socklen_t length = sizeof sender;
    int size = recvfrom(fd, answer, sizeof answer, MSG_TRUNC, (struct sockaddr *)&sender, &length);
    if (size < 0 || size > (int)sizeof answer) fail("receive from netlink");
    if (sender.nl_pid) continue;
    for (struct nlmsghdr *one = (void *)answer; NLMSG_OK(one, (unsigned)size); one = NLMSG_NEXT(one, size)) {
      if (one->nlmsg_type == NLMSG_ERROR) return -((struct nlmsgerr *)NLMSG_DATA(one))->error;
      if (one->nlmsg_type == NLMSG_DONE) return 0;
      if (see) see(one, context);
    }
  }
}

static void perform(int fd, struct message *m, const char *what) {
  errno = transact(fd, m, NULL, NULL);
  if (errno) fail(what);
}
