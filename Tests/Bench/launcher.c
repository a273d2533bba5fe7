// What vpnrun asks of the kernel, in C: hands over the environment through memory and becomes the other program.
// launcher NAME -- COMMAND...
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv, char **environment) {
  char self[4096], helper[4200], pin[64], option[32], *words[1024] = {helper, option};
  static char block[8 << 20];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (argc < 4 || argc > 1000 || length < 0) return 125;
  self[length] = 0;
  *strrchr(self, '/') = 0;
  snprintf(helper, sizeof helper, "%s/launch", self);
  snprintf(pin, sizeof pin, "/run/netns/vpn-%s", argv[1]);
  if (access(pin, F_OK)) return 125;

  int memory = memfd_create("environment", MFD_CLOEXEC);
  size_t size = 0;
  for (; *environment; environment++) size = stpcpy(block + size, *environment) + 1 - block;
  if (memory < 0 || write(memory, block, size) != (ssize_t)size || lseek(memory, 0, SEEK_SET) || fcntl(memory, F_SETFD, 0)) return 125;
  snprintf(option, sizeof option, "--environment=%d", memory);
  memcpy(words + 2, argv + 1, argc * sizeof *argv);
  execve(helper, words, (char *[]){NULL});
  fprintf(stderr, "%s: %s\n", helper, strerror(errno));
  return 125;
}
