// openat2(2) by hand, for sandboxes that have no such call. Each part of a path is opened as itself (O_PATH | O_NOFOLLOW), and that
// descriptor is asked what it is: no process can put something else in its place in between.
#include "CLinux.h"
#include <limits.h>
#include <sys/statfs.h>

enum { longest_path = 4096, most_links = 40 };

static int fail(int code) { errno = code; return -1; }

/// Closes without a change of errno.
static void drop(int fd) {
  int saved = errno;
  if (fd >= 0) close(fd);
  errno = saved;
}

/// The next part of the path, without slashes around it; 0 at the end.
static size_t part(const char **path, char *name) {
  while (**path == '/') (*path)++;
  size_t length = strcspn(*path, "/");
  if (length > NAME_MAX) length = NAME_MAX + 1;
  memcpy(name, *path, length);
  name[length] = 0;
  *path += length;
  return length;
}

static int is_last(const char *path) { return path[strspn(path, "/")] == 0; }

/// The last part. A link is refused by O_NOFOLLOW; with O_DIRECTORY that is ENOTDIR, and ELOOP is what openat2(2) says.
static int open_last(int folder, const char *name, int flags) {
  struct stat s;
  int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOTDIR && !fstatat(folder, name, &s, AT_SYMLINK_NOFOLLOW) && S_ISLNK(s.st_mode)) return fail(ELOOP);
  return fd;
}

/// A part on the way, as itself.
static int step(int folder, const char *name, struct stat *s) {
  int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 && fstat(fd, s)) {
    drop(fd);
    return -1;
  }
  return fd;
}

/// With O_PATH a link is opened instead of being refused.
static int refuse_link(int fd, int flags) {
  struct stat s;
  if (fd < 0 || !(flags & O_PATH)) return fd;
  if (!fstat(fd, &s) && !S_ISLNK(s.st_mode)) return fd;
  close(fd);
  return fail(ELOOP);
}

int clinux_walk_strict(int folder, const char *path, int flags, uint64_t extra) {
  char name[NAME_MAX + 2];
  int beneath = (extra & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0;
  int64_t mount = -1;
  if (!*path) return fail(ENOENT);
  if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) return fail(EINVAL);
  if (beneath && *path == '/') return fail(EXDEV);
  if (extra & RESOLVE_NO_XDEV && (*path == '/' || (mount = clinux_mount_id(folder)) < 0)) return fail(EXDEV);
  int at = *path == '/' ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return -1;
  for (;;) {
    size_t length = part(&path, name);
    if (length > NAME_MAX) { drop(at); return fail(ENAMETOOLONG); }
    // No path of ours goes up: what cannot be proved to stay below is not opened.
    if (!strcmp(name, "..")) { drop(at); return fail(EXDEV); }
    int last = is_last(path), next;
    if (last) {
      // A slash at the end means a folder.
      next = refuse_link(open_last(at, length ? name : ".", flags | (*path ? O_DIRECTORY : 0)), flags);
    } else {
      struct stat s;
      next = step(at, name, &s);
      if (next >= 0 && !S_ISDIR(s.st_mode)) {
        close(next);
        next = fail(S_ISLNK(s.st_mode) ? ELOOP : ENOTDIR);
      }
    }
    drop(at);
    if (next < 0) return -1;
    if (mount >= 0 && clinux_mount_id(next) != mount) {
      close(next);
      return fail(EXDEV);
    }
    if (last) return next;
    at = next;
  }
}

/// Whether the kernel would follow this link: fs.protected_symlinks, as may_follow_link() in fs/namei.c has it when it is on.
static int may_follow(int folder, const struct stat *link) {
  struct stat s;
  if (fstat(folder, &s)) return 0;
  if ((s.st_mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH)) return 1;
  return link->st_uid == geteuid() || link->st_uid == s.st_uid;
}

int clinux_walk_by_links(const char *path, int flags) {
  char rest[2 * longest_path], target[longest_path], name[NAME_MAX + 2];
  int links = 0;
  if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) return fail(EINVAL);
  if (!*path) return fail(ENOENT);
  if (strlen(path) >= longest_path) return fail(ENAMETOOLONG);
  strcpy(rest, path);
  const char *next = rest;
  int at = open(*next == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  while (at >= 0) {
    size_t length = part(&next, name);
    if (length > NAME_MAX) { drop(at); return fail(ENAMETOOLONG); }
    if (!length) strcpy(name, ".");
    struct stat s;
    struct statfs system;
    int found = step(at, name, &s), last = is_last(next), isFolder = *next != 0;
    if (found < 0) { drop(at); return -1; }
    if (!S_ISLNK(s.st_mode)) {
      close(found);
      if (last) {
        // It may have become a link meanwhile, which is refused then.
        int fd = refuse_link(open_last(at, name, flags | (isFolder ? O_DIRECTORY : 0)), flags);
        drop(at);
        return fd;
      }
      int folder = openat(at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
      drop(at);
      at = folder;
      continue;
    }
    // Links of procfs may lead to other processes' files: all are refused, also those which do not.
    ssize_t count = -1;
    if (fstatfs(found, &system)) {
    } else if (system.f_type == PROC_SUPER_MAGIC || ++links > most_links) {
      errno = ELOOP;
    } else if (!may_follow(at, &s)) {
      errno = EACCES;
    } else {
      count = readlinkat(found, "", target, sizeof target);
    }
    drop(found);
    if (count <= 0 || (size_t)count + strlen(next) + 1 > longest_path) {
      drop(at);
      return count < 0 ? -1 : fail(count ? ENAMETOOLONG : ENOENT);
    }
    memmove(rest + count, next, strlen(next) + 1);
    memcpy(rest, target, (size_t)count);
    next = rest;
    if (*next == '/') {
      drop(at);
      at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
  }
  return -1;
}
