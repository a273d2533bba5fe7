// The second part of launch.c, and most of least.c: this process gets a network namespace of its own, with a port of the box.
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>

#define GENERATE_NO_ADDRESS 1  // IN6_ADDR_GEN_MODE_NONE
#define OUR_PROTOCOL 86
#define GROUP_OF_PORTS 76

struct link_facts { int index, is_operational; unsigned mtu, flags; char alias[256]; };
struct gateway { int family, length; unsigned char address[16]; };
struct gateways { int count, link; struct gateway of[8]; };

static struct message box, command;  // one for each socket, with its own sequence numbers
static int box_socket, command_socket, pin;

static void see_link(const struct nlmsghdr *m, void *context) {
  struct link_facts *facts = context;
  const struct ifinfomsg *header = NLMSG_DATA(m);
  facts->index = header->ifi_index;
  facts->flags = header->ifi_flags;
  int size = IFLA_PAYLOAD(m);
  for (const struct rtattr *a = IFLA_RTA(header); RTA_OK(a, size); a = RTA_NEXT(a, size)) {
    if (a->rta_type == IFLA_OPERSTATE) facts->is_operational = *(unsigned char *)RTA_DATA(a) == 6;
    if (a->rta_type == IFLA_MTU) facts->mtu = *(unsigned *)RTA_DATA(a);
    if (a->rta_type == IFLA_IFALIAS) snprintf(facts->alias, sizeof facts->alias, "%s", (char *)RTA_DATA(a));
  }
}

static struct link_facts read_link(int socket, struct message *m, const char *name) {
  struct link_facts facts = {0};
  struct nlmsghdr *request = begin(m, RTM_GETLINK, NLM_F_ACK, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
  text(m, IFLA_IFNAME, name);
  number(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  end(m, request);
  errno = transact(socket, m, see_link, &facts);
  if (errno) fail(name);
  return facts;
}

static void see_address(const struct nlmsghdr *m, void *context) {
  struct gateways *all = context;
  const struct ifaddrmsg *header = NLMSG_DATA(m);
  const struct rtattr *local = NULL, *address = NULL;
  int size = IFA_PAYLOAD(m);
  for (const struct rtattr *a = IFA_RTA(header); RTA_OK(a, size); a = RTA_NEXT(a, size)) {
    if (a->rta_type == IFA_LOCAL) local = a;
    if (a->rta_type == IFA_ADDRESS) address = a;
  }
  if (!local) local = address;
  if ((int)header->ifa_index != all->link || header->ifa_scope != RT_SCOPE_UNIVERSE || !local || all->count == 8) return;
  struct gateway *g = &all->of[all->count++];
  *g = (struct gateway){header->ifa_family, header->ifa_prefixlen, {0}};
  memcpy(g->address, RTA_DATA(local), RTA_PAYLOAD(local));
}

static int width(int family) { return family == AF_INET ? 4 : 16; }

static void see_port(const struct nlmsghdr *m, void *context) {
  const struct ifinfomsg *header = NLMSG_DATA(m);
  unsigned slot;
  int size = IFLA_PAYLOAD(m);
  for (const struct rtattr *a = IFLA_RTA(header); RTA_OK(a, size); a = RTA_NEXT(a, size))
    if (a->rta_type == IFLA_IFNAME && sscanf(RTA_DATA(a), "v%u", &slot) == 1 && slot < 256) ((char *)context)[slot] = 1;
}

// The last 32 of 253 addresses are for users who have few commands: not for a benchmark.
enum { ordinary_slots = 221 };

static unsigned free_slot(const struct link_facts *bridge) {
  char taken[256] = {0};
  struct nlmsghdr *request = begin(&box, RTM_GETLINK, NLM_F_DUMP, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
  number(&box, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  number(&box, IFLA_MASTER, bridge->index);
  end(&box, request);
  errno = transact(box_socket, &box, see_port, taken);
  if (errno) fail("list the box's ports");
  for (unsigned i = 0, slot; i < ordinary_slots; i++)
    if (!taken[slot = 2 + (getpid() + i) % ordinary_slots]) return slot;
  fail("no address is free");
}

static int has_port(unsigned slot) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "v%u", slot);
  return !ioctl(box_socket, SIOCGIFINDEX, &request);
}

// 0 or EEXIST: creating the port is taking the address.
static int create_port(unsigned slot, const struct link_facts *bridge, unsigned mtu, int namespace) {
  char name[16];
  snprintf(name, sizeof name, "v%u", slot);
  struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, none = {0};
  struct nlmsghdr *request = begin(&box, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
  text(&box, IFLA_IFNAME, name);
  number(&box, IFLA_MTU, mtu);
  attribute(&box, IFLA_ADDRESS, (unsigned char[]){6, 0x76, 0x70, 0, slot >> 8, slot}, 6);
  number(&box, IFLA_GROUP, GROUP_OF_PORTS);
  number(&box, IFLA_MASTER, bridge->index);
  struct nlattr *info = nest(&box, IFLA_LINKINFO);
  text(&box, IFLA_INFO_KIND, "veth");
  struct nlattr *data = nest(&box, IFLA_INFO_DATA), *peer = nest(&box, VETH_INFO_PEER);
  put(&box, &none, sizeof none);
  text(&box, IFLA_IFNAME, "eth0");
  number(&box, IFLA_MTU, mtu);
  attribute(&box, IFLA_ADDRESS, (unsigned char[]){2, 0x76, 0x70, 0, slot >> 8, slot}, 6);
  number(&box, IFLA_NET_NS_FD, namespace);
  unnest(&box, peer);
  unnest(&box, data);
  unnest(&box, info);
  end(&box, request);
  int result = 0;
  WITH(CAP_NET_ADMIN) result = transact(box_socket, &box, NULL, NULL);
  return result;
}

#ifndef ONLY_THE_LEAST
static void describe_port(unsigned slot, const char *program) {
  char name[16], alias[128];
  snprintf(name, sizeof name, "v%u", slot);
  int length = snprintf(alias, sizeof alias, "uid=%u pid=%d %.60s", getuid(), getpid(), program);
  struct nlmsghdr *request = begin(&box, RTM_NEWLINK, NLM_F_ACK, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
  text(&box, IFLA_IFNAME, name);
  attribute(&box, IFLA_IFALIAS, alias, length);
  struct nlattr *info = nest(&box, IFLA_LINKINFO);
  text(&box, IFLA_INFO_SLAVE_KIND, "bridge");
  struct nlattr *port = nest(&box, IFLA_INFO_SLAVE_DATA);
  attribute(&box, IFLA_BRPORT_ISOLATED, &(unsigned char){1}, 1);
  unnest(&box, port);
  unnest(&box, info);
  end(&box, request);
  perform(box_socket, &box, "isolate the port");
}

#endif

static void link_up(const char *name, const char *alias) {
  struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  struct nlmsghdr *request = begin(&command, RTM_NEWLINK, NLM_F_ACK, &up, sizeof up);
  text(&command, IFLA_IFNAME, name);
  if (alias) attribute(&command, IFLA_IFALIAS, alias, strlen(alias));
  end(&command, request);
  perform(command_socket, &command, name);
}

#ifndef ONLY_THE_LEAST
static void set_eth0(void) {
  struct nlmsghdr *request = begin(&command, RTM_NEWLINK, NLM_F_ACK, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
  text(&command, IFLA_IFNAME, "eth0");
  struct nlattr *families = nest(&command, IFLA_AF_SPEC), *inet = nest(&command, AF_INET), *conf = nest(&command, IFLA_INET_CONF);
  number(&command, IPV4_DEVCONF_ROUTE_LOCALNET, 1);
  unnest(&command, conf);
  unnest(&command, inet);
  struct nlattr *inet6 = nest(&command, AF_INET6);
  attribute(&command, IFLA_INET6_ADDR_GEN_MODE, &(unsigned char){GENERATE_NO_ADDRESS}, 1);
  unnest(&command, inet6);
  unnest(&command, families);
  end(&command, request);
  perform(command_socket, &command, "set eth0");
}

#endif

// The network's first address plus the slot; left in `own`.
static void add_address(const struct gateway *g, unsigned slot, int *link, unsigned char *own) {
  int last = width(g->family) - 1;
  memcpy(own, g->address, 16);
  for (int bit = g->length; bit <= 8 * last + 7; bit++) own[bit / 8] &= ~(0x80 >> bit % 8);
  own[last] |= slot & 0xff;
  own[last - 1] |= slot >> 8;
  if (!*link) *link = read_link(command_socket, &command, "eth0").index;
  struct ifaddrmsg header = {.ifa_family = g->family, .ifa_prefixlen = g->length, .ifa_index = *link};
  if (g->family == AF_INET6) header.ifa_flags = IFA_F_NODAD;
  struct nlmsghdr *request = begin(&command, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
  attribute(&command, IFA_LOCAL, own, last + 1);
  attribute(&command, IFA_ADDRESS, own, last + 1);
  end(&command, request);
  perform(command_socket, &command, "add an address");
}

static void add_route(const struct gateway *g, int link) {
  struct rtmsg header = {.rtm_family = g->family, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = OUR_PROTOCOL, .rtm_type = RTN_UNICAST};
  struct nlmsghdr *request = begin(&command, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
  number(&command, RTA_TABLE, RT_TABLE_MAIN);
  attribute(&command, RTA_GATEWAY, g->address, width(g->family));
  number(&command, RTA_OIF, link);
  end(&command, request);
  perform(command_socket, &command, "add a route");
}

#ifndef ONLY_THE_LEAST
// What is sent to ::1 goes to the box, but for what is really for this machine: `local ::1 dev eth0` behind the kernel's own route.
static void add_own_loopback(int link) {
  struct rtmsg header = {.rtm_family = AF_INET6, .rtm_dst_len = 128, .rtm_table = RT_TABLE_LOCAL, .rtm_protocol = OUR_PROTOCOL, .rtm_type = RTN_LOCAL};
  struct nlmsghdr *request = begin(&command, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
  number(&command, RTA_TABLE, RT_TABLE_LOCAL);
  attribute(&command, RTA_DST, (unsigned char[16]){[15] = 1}, 16);
  number(&command, RTA_OIF, link);
  end(&command, request);
  perform(command_socket, &command, "add a route to ::1");
}
#endif

struct facts {
  struct link_facts bridge, uplink, tunnel;
  struct gateways gateways;
  struct server servers[8], own[8];
  int server_count, home;
  unsigned slot;
};

static void enter_box(const char *vpn) {
  char name[32];
  snprintf(name, sizeof name, "/run/netns/vpn-%s", vpn);
  struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  pin = syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof how);
  struct statfs system;
  if (pin < 0 || fstatfs(pin, &system) || system.f_type != NSFS_MAGIC) fail(name);
  WITH(CAP_SYS_ADMIN) if (setns(pin, CLONE_NEWNET)) fail("enter the box");
  WITH(CAP_NET_ADMIN) box_socket = netlink_socket(NETLINK_ROUTE);
}

static void read_gateways(const char *vpn, struct facts *f) {
  char name[32];
  snprintf(name, sizeof name, "br-%s", vpn);
  f->bridge = read_link(box_socket, &box, name);
#ifndef ONLY_THE_LEAST
  f->uplink = read_link(box_socket, &box, "host0");
#endif
  f->tunnel = read_link(box_socket, &box, "wg0");
  if (!(f->tunnel.flags & IFF_UP)) fail("the tunnel is down");
  f->gateways.link = f->bridge.index;
  struct nlmsghdr *request = begin(&box, RTM_GETADDR, NLM_F_DUMP, &(struct ifaddrmsg){.ifa_index = f->bridge.index}, sizeof(struct ifaddrmsg));
  end(&box, request);
  errno = transact(box_socket, &box, see_address, &f->gateways);
  if (errno) fail("read the bridge's addresses");
}

static void take_slot(struct facts *f, int namespace) {
  f->slot = 2 + getpid() % ordinary_slots;
  for (int tries = 0; (errno = create_port(f->slot, &f->bridge, f->tunnel.mtu, namespace));) {
    if (errno != EEXIST || ++tries == ordinary_slots + 32) fail("create the port");
    do f->slot = 2u + (unsigned)(getpid() + 89 * tries) % ordinary_slots;
    while (tries < ordinary_slots && has_port(f->slot) && ++tries);
    if (tries >= ordinary_slots) f->slot = free_slot(&f->bridge);
  }
}

#ifndef ONLY_THE_LEAST
// Who may use the box, and who removes it.
static void look_at_door(void) { if (!read_link(box_socket, &box, "lo").alias[0]) fail("the box does not say who may use it"); }

static void read_box(const char *vpn, struct facts *f) {
  f->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  enter_box(vpn);
  look_at_door();
  gid_t groups[64];
  int known = getgroups(0, NULL);
  if (known > 64 || getgroups(known, groups) < 0 || getgid() == (gid_t)-1) fail("groups");
  read_gateways(vpn, f);
  for (char *word = strtok(f->bridge.alias, " "); word && f->server_count < 8; word = strtok(NULL, " ")) {
    struct server *s = &f->servers[f->server_count];
    s->family = strchr(word, ':') ? AF_INET6 : AF_INET;
    f->server_count += inet_pton(s->family, word, s->address) == 1;
  }
}

// The port and the bridge can send when the kernel has taken note of their carrier.
static void await_carrier(const char *kind, const char *name) {
  char link[16];
  snprintf(link, sizeof link, "%s%s", kind, name);
  for (int i = 0; i < 100 && !read_link(box_socket, &box, link).is_operational; i++) usleep(1000);
}

static void plug(const char *vpn, const char *program, struct facts *f) {
  read_box(vpn, f);
  int namespace = -1, link = 0, filter;
  WITH(CAP_SYS_ADMIN) if (unshare(CLONE_NEWNET)) fail("unshare the network");
  namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  WITH(CAP_NET_ADMIN) {
    command_socket = netlink_socket(NETLINK_ROUTE);
    filter = netlink_socket(NETLINK_NETFILTER);
  }
  take_slot(f, namespace);
  char alias[32];
  snprintf(alias, sizeof alias, "vpnrun %s", vpn);
  const char *slash = strrchr(program, '/');
  WITH(CAP_NET_ADMIN) {
    describe_port(f->slot, slash ? slash + 1 : program);
    link_up("lo", alias);
    set_eth0();
    link_up("eth0", NULL);
    for (int i = 0; i < f->gateways.count; i++) {
      f->own[i].family = f->gateways.of[i].family;
      add_address(&f->gateways.of[i], f->slot, &link, f->own[i].address);
    }
    for (int i = 0; i < f->gateways.count; i++) add_route(&f->gateways.of[i], link);
    add_own_loopback(link);
#ifndef WITHOUT_FILTER
    add_table(filter, f->own, f->gateways.count, f->servers, f->server_count);
#endif
  }
  char slot[4];
  snprintf(slot, sizeof slot, "%u", f->slot);
  await_carrier("v", slot);
  await_carrier("br-", vpn);
  look_at_door();
  WITH(CAP_NET_ADMIN) {
    struct statfs system;
    int range = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
    if (fstatfs(range, &system) || system.f_type != PROC_SUPER_MAGIC || write(range, "0 2147483647", 12) != 12) fail("ping_group_range");
    close(range);
  }
  char line[256];
  int length = snprintf(line, sizeof line, "<14>vpnrun[%d]: uid %u runs %s in %s", getpid(), getuid(), program, vpn);
  int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_un journal = {AF_UNIX, "/dev/log"};
  if (!connect(log, (struct sockaddr *)&journal, sizeof journal)) send(log, line, length, MSG_NOSIGNAL);
  close(log);
  close(namespace);
  close(command_socket);
  close(filter);
  close(pin);
  close(box_socket);
  close(f->home);
}
#endif
