// The least that a command in a box of its own asks of the kernel: enter the box, a new network and mount namespace, a veth into the bridge,
// its link up, addresses and routes, exec. No filter, no isolation, no resolver files, no check of who asks, capabilities effective all the
// time, nothing given up but by execve: what a command in a VPN would cost if no promise were kept.
// least NAME -- COMMAND...
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "netlink.h"

#define WITH(capability)
struct server { int family; unsigned char address[16]; };
#define ONLY_THE_LEAST
#include "network.h"

void fail(const char *what) {
  fprintf(stderr, "least: %s: %s\n", what, strerror(errno));
  exit(125);
}

int main(int argc, char **argv) {
  static struct facts facts;
  if (argc < 4 || strcmp(argv[2], "--")) return 125;
  enter_box(argv[1]);
  read_gateways(argv[1], &facts);
  if (unshare(CLONE_NEWNET | CLONE_NEWNS)) fail("unshare");
  int namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  command_socket = netlink_socket(NETLINK_ROUTE);
  int link = 0;
  take_slot(&facts, namespace);
  link_up("eth0", NULL);
  for (int i = 0; i < facts.gateways.count; i++) add_address(&facts.gateways.of[i], facts.slot, &link, facts.own[i].address);
  for (int i = 0; i < facts.gateways.count; i++) add_route(&facts.gateways.of[i], link);
  execvp(argv[3], argv + 3);
  fail(argv[3]);
}
