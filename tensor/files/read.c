/* read.c - see read.h: zlib reads plain files as they are. */
#include "tensor/files/read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

__attribute__((format(printf, 3, 4))) static tn_status say(char *message, tn_status status,
                                                           const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (message) vsnprintf(message, TN_FILE_MESSAGE, format, arguments);
  va_end(arguments);
  return status;
}

typedef struct content {
  const tn_alloc *alloc;
  char *bytes;
  size_t n, room;
} content;

/* Makes room for one more piece and a NUL. */
static bool make_room(content *c, size_t piece) {
  if (c->room - c->n > piece) return true;
  return tn_grow(c->alloc, &c->bytes, &c->room, c->n + piece + 1, 1) == TN_OK;
}

static tn_status read_all(gzFile file, const char *path, size_t most, content *c, char *message) {
  enum { PIECE = 1 << 16 };
  for (int got = 1; got > 0; c->n += (size_t)got) {
    if (!make_room(c, PIECE)) return say(message, TN_ENOMEM, "%.300s: out of memory", path);
    got = gzread(file, c->bytes + c->n, PIECE);
    if (got < 0) break;
    if (most && c->n + (size_t)got > most)
      return say(message, TN_EFORMAT, "%.300s: more than %zu bytes", path, most);
  }
  int code = Z_OK;
  const char *why = gzerror(file, &code);
  c->bytes[c->n] = '\0';
  if (code == Z_OK || code == Z_STREAM_END) return TN_OK;
  if (code == Z_ERRNO) return say(message, TN_EIO, "%.300s: cannot be read (%s)", path, strerror(errno));
  if (code == Z_BUF_ERROR) return say(message, TN_EIO, "%.300s: the gzip file ends too early", path);
  return say(message, code == Z_MEM_ERROR ? TN_ENOMEM : TN_EFORMAT,
             "%.300s: the gzip data is damaged (%.100s)", path, why);
}

tn_status tn_file_read(const tn_alloc *alloc, const char *path, size_t most, char **bytes, size_t *n,
                       char *message) {
  content c = {.alloc = alloc};
  if (!path || !bytes || !n) return say(message, TN_EINVAL, "tn_file_read: an argument is NULL");
  *bytes = NULL;
  errno = ENOMEM; /* zlib's own allocator need not set it */
  gzFile file = gzopen(path, "rbe");
  if (!file)
    return say(message, errno == ENOMEM ? TN_ENOMEM : TN_EIO, "%.300s: cannot be opened (%s)", path,
               strerror(errno));
  tn_status status = read_all(file, path, most, &c, message);
  gzclose(file);
  if (status != TN_OK) {
    tn_free(alloc, c.bytes);
    return status;
  }
  *bytes = c.bytes;
  *n = c.n;
  return TN_OK;
}
