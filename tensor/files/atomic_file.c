/* atomic_file.c - a file that appears whole or not at all (atomic_file.h). */
#include "tensor/files/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 100, NAME_ROOM = 200, RANDOM_DIGITS = 16 };

/* ---- where it goes ---- */

/* The length of the folder in a path, with its '/'; 0: none. */
static size_t folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The folder, as a path that can be opened; the caller frees. NULL: no memory. */
static char *folder_of(const char *path) {
  size_t n = folder_length(path);
  return n ? strndup(path, n) : strdup(".");
}

/* Whether the path is a link such as /dev/stdout or /proc/self/fd/1, which names an open file. */
static bool is_system_link(const char *path) {
  struct stat s;
  if (lstat(path, &s) != 0 || !S_ISLNK(s.st_mode)) return false;
  char *folder = folder_of(path), *real = folder ? realpath(folder, NULL) : NULL;
  bool yes = real && (strcmp(real, "/dev") == 0 || strncmp(real, "/proc/", 6) == 0);
  free(folder);
  free(real);
  return yes;
}

bool tn_atomic_writes_into(const char *path) {
  struct stat s;
  if (stat(path, &s) != 0) return false;
  return (!S_ISREG(s.st_mode) && !S_ISDIR(s.st_mode)) || is_system_link(path);
}

/* ---- opening ---- */

/* The folder of `path`, then ".NAME.DIGITS.tmp"; the name is cut to the longest that file systems allow. */
static char *new_temporary(const char *path) {
  static const char digit[] = "0123456789abcdef";
  const size_t n = folder_length(path), name = strnlen(path + n, NAME_ROOM);
  unsigned char random[RANDOM_DIGITS];
  char *text = malloc(n + name + RANDOM_DIGITS + sizeof "...tmp");
  if (!text || getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
    free(text);
    return NULL;
  }
  char *at = mempcpy(text, path, n);
  *at++ = '.';
  at = mempcpy(at, path + n, name);
  *at++ = '.';
  for (int i = 0; i < RANDOM_DIGITS; i++) *at++ = digit[random[i] & 15];
  strcpy(at, ".tmp");
  return text;
}

static int open_temporary(tn_atomic_file *f) {
  for (int i = 0; i < ATTEMPTS; i++) {
    if (!(f->temporary = new_temporary(f->path))) break;
    int file = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file >= 0) return file;
    free(f->temporary);
    f->temporary = NULL;
    if (errno != EEXIST) break;
  }
  return -1;
}

/* Appends, as a file that the shell has redirected to may have content. */
static int open_into(const char *path) { return open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC); }

static void release(tn_atomic_file *f) {
  free(f->path);
  free(f->temporary);
  f->path = f->temporary = NULL;
  f->stream = NULL;
}

static tn_status failed(tn_atomic_file *f) {
  if (!f->error) f->error = errno ? errno : EIO;
  return f->error == ENOMEM ? TN_ENOMEM : TN_EIO;
}

tn_status tn_atomic_open(tn_atomic_file *f, const char *path) {
  *f = (tn_atomic_file){.path = strdup(path)};
  errno = ENOMEM;
  int file = !f->path ? -1 : tn_atomic_writes_into(path) ? open_into(path) : open_temporary(f);
  if (file >= 0 && (f->stream = fdopen(file, "wb"))) return TN_OK;
  tn_status status = failed(f);
  if (file >= 0) close(file);
  if (f->temporary) unlink(f->temporary);
  release(f);
  return status;
}

/* ---- closing ---- */

/* A file system or device that cannot flush is no error. */
static bool flush_to_disk(int file) {
  return fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
}

/* Makes a rename durable. A folder that one may write but not read cannot be flushed. */
static bool flush_folder(const char *path) {
  char *folder = folder_of(path);
  int file = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  bool good = file >= 0 ? flush_to_disk(file) : folder && errno == EACCES;
  int error = errno;
  if (file >= 0) close(file);
  free(folder);
  errno = error;
  return good;
}

tn_status tn_atomic_close(tn_atomic_file *f, bool keep) {
  bool good = f->stream && !f->error;
  if (f->stream) {
    errno = 0;
    if (keep && good && (ferror(f->stream) || fflush(f->stream) != 0)) good = false, (void)failed(f);
    if (keep && good && !flush_to_disk(fileno(f->stream))) good = false, (void)failed(f);
    if (!keep || !good)
      __fpurge(f->stream); /* drops buffered output, so that a device or pipe gets no more */
    errno = 0;
    if (fclose(f->stream) != 0 && keep && good) good = false, (void)failed(f);
  }
  if (keep && good && f->temporary && rename(f->temporary, f->path) != 0) good = false, (void)failed(f);
  if (f->temporary && !(keep && good)) unlink(f->temporary);
  if (keep && good && f->temporary && !flush_folder(f->path)) good = false, (void)failed(f);
  release(f);
  if (!keep || good) return TN_OK;
  return failed(f);
}

tn_status tn_atomic_write(const char *path, const void *data, size_t n) {
  tn_atomic_file f;
  tn_status status = tn_atomic_open(&f, path);
  if (status == TN_OK) {
    if (n && fwrite(data, 1, n, f.stream) != n) f.error = errno ? errno : EIO;
    status = tn_atomic_close(&f, true);
  }
  if (status != TN_OK) errno = f.error;
  return status;
}
