// What vpn-launch asks of the kernel, in C: the measure for its speed. Same requests, same order, same capabilities raised around
// the same operations; no more checks of what comes from the kernel than a program for one purpose needs.
// launch --environment=FD NAME -- COMMAND...
//
// With one of WITHOUT_FILTER, WITHOUT_RESOLVERS and WITHOUT_WAYS_BACK a promise less, to see what each costs; with BY_ITSELF it is
// `launch NAME -- COMMAND...`, and no other program comes before it.
#define _GNU_SOURCE
#include <linux/landlock.h>
#include <sys/mount.h>
#include "netlink.h"
#include "identity.h"
#include "filter.h"
#include "network.h"

#define SO_NETNS_COOKIE_ 71

void fail(const char *what) {
  fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
  exit(125);
}

// ---------------------------------------------------------------- files, descriptors, tracing

static char *read_nsswitch(void) {
  static char content[65536], changed[65536 + 64];
  int fd = open("/etc/nsswitch.conf", O_RDONLY | O_CLOEXEC), foreign = 0, known = 0;
  ssize_t size = fd < 0 ? 0 : read(fd, content, sizeof content - 1), rest = size > 0 ? read(fd, content + size, sizeof content - 1 - size) : 0;
  close(fd);
  char *hosts = size > 0 && !rest ? strstr(content, "\nhosts:") : NULL, *lineEnd = hosts ? strchr(hosts + 1, '\n') : NULL;
  if (!lineEnd) return NULL;
  size_t length = sprintf(changed, "%.*s\nhosts:", (int)(hosts - content), content);
  *lineEnd = 0;
  for (char *word = strtok(hosts + 7, " \t"); word; word = strtok(NULL, " \t")) {
    int keep = !strcmp(word, "files") || !strcmp(word, "myhostname") || !strcmp(word, "dns");
    if (keep) length += sprintf(changed + length, " %s", word);
    foreign += !keep;
    known += !strcmp(word, "dns");
  }
  sprintf(changed + length, "%s\n%s", known ? "" : " dns", lineEnd + 1);
  return foreign ? changed : NULL;
}

static void new_file(const char *path, const char *content) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
  if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content)) fail(path);
  close(fd);
}

static void cover(const char *source, const char *target) { if (mount(source, target, NULL, MS_BIND, NULL)) fail(target); }
static const char *in(const char *folder, const char *name) {
  static char path[64];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int is_folder(const char *path) { struct stat s; return !lstat(path, &s) && S_ISDIR(s.st_mode); }

static void hide_resolvers(const char *vpn, const struct facts *f) {
  char resolv[1024] = "", name[32], shown[64];
  size_t length = f->uplink.alias[0] ? sprintf(resolv, "search %s\n", f->uplink.alias) : 0;
  for (int i = 0; i < f->server_count && i < 3; i++)
    length += sprintf(resolv + length, "nameserver %s\n", inet_ntop(f->servers[i].family, f->servers[i].address, shown, sizeof shown));
  snprintf(name, sizeof name, "vpn-%s", vpn);
  char *nsswitch = read_nsswitch();
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  WITH(CAP_SYS_ADMIN) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) fail("unshare mounts");
    if (!access("/run/nscd", F_OK) || !access("/etc/nscd.conf", F_OK)) fail("with nscd vpn-launch makes a /run of its own: not compared");
    const char *own = is_folder("/run/vpnrun") ? "/run/vpnrun" : "/etc/vpnrun";
    if (mount(name, own, "tmpfs", flags, "mode=0755,size=256k,nr_inodes=32")) fail("tmpfs");
    if (mkdir(in(own, "empty"), 0755) || mkdir(in(own, "resolve"), 0755)) fail("mkdir");
    new_file(in(own, "resolv.conf"), resolv);
    new_file(in(own, "resolve/resolv.conf"), resolv);
    new_file(in(own, "resolve/stub-resolv.conf"), resolv);
    if (nsswitch) new_file(in(own, "nsswitch.conf"), nsswitch);
    if (mount(NULL, own, NULL, MS_REMOUNT | MS_RDONLY | flags, NULL)) fail("remount");
    if (is_folder("/run/systemd/resolve")) cover(in(own, "resolve"), "/run/systemd/resolve");
    if (!access("/etc/resolv.conf", F_OK) && !is_folder("/etc/resolv.conf")) cover(in(own, "resolv.conf"), "/etc/resolv.conf");
    if (nsswitch) cover(in(own, "nsswitch.conf"), "/etc/nsswitch.conf");
    if (is_folder("/run/avahi-daemon")) cover(in(own, "empty"), "/run/avahi-daemon");
    if (!strcmp(own, "/etc/vpnrun") && umount2(own, MNT_DETACH | UMOUNT_NOFOLLOW)) fail("umount");
  }
}

static uint64_t cookie(int fd) {
  uint64_t value = 0;
  return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE_, &value, &(socklen_t){sizeof value}) ? 0 : value;
}

static void close_ways_back(void) {
  int own = socket(AF_UNIX, SOCK_DGRAM, 0), count = 0, found[4096];
  uint64_t allowed = cookie(own);
  DIR *folder = opendir("/proc/self/fd");
  for (struct dirent *entry; (entry = readdir(folder)) && count < 4096;)
    if (entry->d_name[0] != '.') found[count++] = atoi(entry->d_name);
  closedir(folder);
  for (int i = 0; i < count; i++) {
    int family = -1;
    if (getsockopt(found[i], SOL_SOCKET, SO_DOMAIN, &family, &(socklen_t){sizeof family}) || family == AF_UNIX || cookie(found[i]) == allowed) continue;
    int null = found[i] > 2 ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) close(found[i]);
    else dup2(null, found[i]), close(null);
  }
  close(own);
  WITH(CAP_SYS_ADMIN) {
    struct { uint64_t files, network, scoped; } rules = {0, 0, 1 /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET */};
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 6) {
      int ruleset = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
      if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0)) fail("landlock");
      close(ruleset);
    }
  }
}

// ---------------------------------------------------------------- main

int main(int argc, char **argv) {
  static char block[8 << 20], *environment[65536];
  static struct facts facts;
#ifdef BY_ITSELF
  int count = 0;
  for (; environ[count]; count++) environment[count] = environ[count];
  argv--, argc++;
  if (argc < 5 || strcmp(argv[3], "--")) return 125;
#else
  int memory;
  if (argc < 5 || sscanf(argv[1], "--environment=%d", &memory) != 1 || strcmp(argv[3], "--")) return 125;
  ssize_t got, size = 0;
  while ((got = read(memory, block + size, 16384)) > 0 && size < (ssize_t)sizeof block - 16384) size += got;
  close(memory);
  int count = 0;
  for (char *at = block; at < block + size && count < 65535; at += strlen(at) + 1) environment[count++] = at;
#endif

  establish_identity();
  put_aside();
  plug(argv[2], argv[4], &facts);
#ifndef WITHOUT_RESOLVERS
  hide_resolvers(argv[2], &facts);
#endif
#ifndef WITHOUT_WAYS_BACK
  close_ways_back();
#endif
  drop_capabilities();
  give_back();
  environ = environment;
  execvp(argv[4], argv + 4);
  fail(argv[4]);
}
