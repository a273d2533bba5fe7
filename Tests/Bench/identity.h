// The first and the last part of launch.c: who is running, with which capabilities, under which settings of its caller's.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static cap_t current;

static void effective(cap_value_t capability, cap_flag_value_t value) {
  if (cap_set_flag(current, CAP_EFFECTIVE, 1, &capability, value) || cap_set_proc(current)) fail("raise a capability");
}

static int clear_ambient(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

#define WITH(capability) for (int once = (effective(capability, CAP_SET), 1); once; effective(capability, CAP_CLEAR), once = 0)

static void establish_identity(void) {
  cap_value_t wanted[] = {CAP_NET_ADMIN, CAP_SYS_ADMIN};
  cap_t now = cap_get_proc(), next = cap_init();
  for (int i = 0; i < 2; i++) {
    cap_flag_value_t has = CAP_CLEAR;
    if (cap_get_flag(now, wanted[i], CAP_PERMITTED, &has) || has != CAP_SET) fail("no capabilities");
    cap_set_flag(next, CAP_PERMITTED, 1, &wanted[i], CAP_SET);
  }
  if (cap_set_proc(next) || clear_ambient()) fail("restrict capabilities");
  cap_free(now);
  current = next;

  char map[4096];
  unsigned inside, outside, count;
  int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
  ssize_t size = read(fd, map, sizeof map - 1);
  if (size <= 0 || read(fd, map + size, sizeof map - 1 - size)) fail("uid_map");
  map[size] = 0;
  close(fd);
  if (sscanf(map, "%u %u %u", &inside, &outside, &count) != 3 || inside || outside || count != UINT32_MAX) fail("a user namespace");
  if (getuid() != geteuid() || getgid() != getegid() || (getuid() && !getauxval(AT_SECURE))) fail("setuid");

  DIR *folder = opendir("/proc/self/task");
  int threads = 0;
  for (struct dirent *entry; (entry = readdir(folder));) threads += entry->d_name[0] != '.';
  closedir(folder);
  if (threads != 1) fail("threads");
}

static struct callers_state {
  sigset_t mask;
  mode_t creation_mask;
  struct rlimit core, file_size;
} callers;

static void put_aside(void) {
  struct stat status;
  for (int fd = 0; fd < 3; fd++)
    if (fstat(fd, &status)) fcntl(open("/dev/null", O_RDWR | O_CLOEXEC), F_SETFD, 0);
  callers.creation_mask = umask(022);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &callers.mask);
  prctl(PR_SET_DUMPABLE, 0);
  getrlimit(RLIMIT_CORE, &callers.core);
  getrlimit(RLIMIT_FSIZE, &callers.file_size);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, callers.core.rlim_max});
  setrlimit(RLIMIT_FSIZE, &(struct rlimit){callers.file_size.rlim_max, callers.file_size.rlim_max});
}

static void give_back(void) {
  umask(callers.creation_mask);
  setrlimit(RLIMIT_CORE, &callers.core);
  setrlimit(RLIMIT_FSIZE, &callers.file_size);
  sigprocmask(SIG_SETMASK, &callers.mask, NULL);
}

static void drop_capabilities(void) {
  cap_t none = cap_init();
  if (clear_ambient() || cap_set_proc(none)) fail("drop capabilities");
  cap_t now = cap_get_proc();
  if (cap_compare(now, none) || !unshare(CLONE_NEWNET) || errno != EPERM) fail("drop capabilities");
  cap_free(now);
  cap_free(none);
}
