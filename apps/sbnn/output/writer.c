/* writer.c - checked, atomic text files (writer.h). */
#include "output/writer.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int sbnn_check_place(const char *option, const char *path, bool force, sbnn_error *e) {
  struct stat s;
  if (tn_atomic_writes_into(path)) return SBNN_OK;
  if (stat(path, &s) == 0) {
    if (S_ISDIR(s.st_mode))
      return sbnn_fail(e, SBNN_FAILED, "--%s %s is a folder; give the name of a file", option, path);
    if (!force)
      return sbnn_fail(e, SBNN_FAILED, "%s exists; choose another name with --%s, or replace it with --force",
                       path, option);
  }
  char *folder = sbnn_strdup(path), *slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = '\0';
  int error = access(slash ? folder : ".", W_OK | X_OK) == 0 ? 0 : errno;
  free(folder);
  if (!error) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED,
                   "%s could not be written (%s); choose a folder that exists and that you may "
                   "write to",
                   path, strerror(error));
}

void sbnn_writer_open(sbnn_writer *w, const char *path) {
  *w = (sbnn_writer){.path = sbnn_strdup(path)};
  if (tn_atomic_open(&w->file, path) != TN_OK) w->error = w->file.error;
}

void sbnn_writer_open_in(sbnn_writer *w, const char *directory, const char *name) {
  char *path = sbnn_path_in(directory, name);
  sbnn_writer_open(w, path);
  free(path);
}

void sbnn_put(sbnn_writer *w, const char *format, ...) {
  if (w->error) return;
  va_list args;
  va_start(args, format);
  errno = 0;
  if (vfprintf(w->file.stream, format, args) < 0) w->error = errno ? errno : EIO;
  va_end(args);
}

void sbnn_put_bytes(sbnn_writer *w, const char *bytes, size_t n) {
  errno = 0;
  if (!w->error && n && fwrite(bytes, 1, n, w->file.stream) != n) w->error = errno ? errno : EIO;
}

void sbnn_put_number(sbnn_writer *w, double value) {
  if (isnan(value)) sbnn_put(w, "NA"); /* printf would write nan or -nan */
  else sbnn_put(w, "%.9g", value == 0 ? 0.0 : value);
}

void sbnn_put_numbers(sbnn_writer *w, const double *value, size_t n) {
  for (size_t i = 0; i < n; i++) {
    sbnn_put(w, "\t");
    sbnn_put_number(w, value[i]);
  }
  sbnn_put(w, "\n");
}

void sbnn_put_name(sbnn_writer *w, const char *name) {
  if (!*name) name = "NA";
  for (const char *start = name;; name++) {
    const size_t n = sbnn_control(name);
    if (*name && !n) continue;
    sbnn_put(w, "%.*s%s", (int)(name - start), start, n ? " " : "");
    if (!n) return;
    start = name + n;
    name += n - 1;
  }
}

int sbnn_writer_close(sbnn_writer *w, sbnn_error *e) {
  int code = sbnn_check_memory(e);
  if (code != SBNN_OK) w->error = ENOMEM;
  if (tn_atomic_close(&w->file, !w->error) != TN_OK) w->error = w->file.error;
  if (w->error)
    code = sbnn_fail(e, SBNN_FAILED,
                     "%s could not be written (%s); free space or choose a directory you may write to",
                     w->path, strerror(w->error));
  free(w->path);
  *w = (sbnn_writer){0};
  return code;
}
