// Times commands against each other: one launch of each in turn, round after round, so that what else happens on the machine
// meets all of them alike.
//
//   measure ROUNDS LAUNCHES PAUSE-MS  LABEL UID COMMAND...  '|' LABEL UID COMMAND...  ...
//
// A launch is timed from just before execve (in the child, after it became UID) to its end. Between launches it waits: the kernel
// takes a namespace apart in the background, which is nobody's latency. Prints, for each command: label, median in microseconds,
// ratio of its median to the first command's, lower and upper quartile of that ratio's value in single rounds, ratio of the tenth
// percentiles (what a quiet machine would show), CPU in microseconds, page faults.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16 };
static struct command { const char *label; struct passwd *user; char **words; double *times, *cpu, *faults; } commands[MOST];
static double *started;  // shared with the child

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

static double quantile(const double *values, int count, double q) {
  double *sorted = memcpy(malloc(count * sizeof *values), values, count * sizeof *values);
  qsort(sorted, count, sizeof *sorted, ascending);
  double at = q * (count - 1), result = sorted[(int)at];
  if ((int)at + 1 < count) result += (at - (int)at) * (sorted[(int)at + 1] - result);
  free(sorted);
  return result;
}

static double *room(int count) { return calloc(count + 1, sizeof(double)); }

static void launch(struct command *c, int n) {
  pid_t child = fork();
  if (!child) {
    if (c->user->pw_uid && (initgroups(c->user->pw_name, c->user->pw_gid) || setgid(c->user->pw_gid) || setuid(c->user->pw_uid))) _exit(99);
    dup2(open("/dev/null", O_RDWR), 1);
    *started = now();
    execvp(c->words[0], c->words);
    _exit(99);
  }
  struct rusage used;
  int status;
  if (child < 0 || wait4(child, &status, 0, &used) < 0 || status) {
    fprintf(stderr, "measure: %s: %s %d\n", c->label, WIFEXITED(status) ? "status" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    exit(1);
  }
  c->times[n] = now() - *started;
  c->cpu[n] = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  c->faults[n] = used.ru_minflt;
}

int main(int argc, char **argv) {
  int count = 0, rounds = atoi(argv[1]), launches = atoi(argv[2]), all = rounds * launches;
  struct timespec pause = {0, atoi(argv[3]) * 1000000};
  started = mmap(NULL, sizeof *started, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 4; i + 2 < argc && count < MOST; count++) {
    struct passwd *user = getpwnam(argv[i + 1]);
    if (!user) { fprintf(stderr, "measure: no user %s\n", argv[i + 1]); return 2; }
    struct passwd *copy = memcpy(malloc(sizeof *user), user, sizeof *user);
    copy->pw_name = argv[i + 1];
    commands[count] = (struct command){argv[i], copy, argv + i + 2, room(all), room(all), room(all)};
    while (i < argc && strcmp(argv[i], "|")) i++;
    if (i < argc) argv[i++] = NULL;
  }
  for (int c = 0; c < count; c++) launch(&commands[c], all);  // not counted: fills caches
  for (int n = 0; n < all; n++) {
    for (int k = 0; k < count; k++) {
      nanosleep(&pause, NULL);
      launch(&commands[(n / 2 + (n % 2 ? count - 1 - k : k)) % count], n);  // to and fro: nobody has always the same predecessor
    }
  }
  const double *first = commands[0].times;
  for (int c = 0; c < count; c++) {
    const double *times = commands[c].times;
    double ratios[rounds];
    for (int r = 0; r < rounds; r++)
      ratios[r] = quantile(times + r * launches, launches, 0.5) / quantile(first + r * launches, launches, 0.5);
    double median = quantile(times, all, 0.5);
    printf("%s\t%.0f\t%.3f\t%.3f\t%.3f\t%.3f\t%.0f\t%.0f\n", commands[c].label, median, median / quantile(first, all, 0.5),
      quantile(ratios, rounds, 0.25), quantile(ratios, rounds, 0.75), quantile(times, all, 0.1) / quantile(first, all, 0.1),
      quantile(commands[c].cpu, all, 0.5), quantile(commands[c].faults, all, 0.5));
  }
}
