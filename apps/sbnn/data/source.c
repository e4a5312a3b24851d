/* source.c - files as byte streams, plain or gzip (source.h). zlib's inflate is driven by hand rather than
 * through gzread, so that the file is read once for both content and hash, and a cut-off file is told from a
 * damaged one. */
#include "data/source.h"

#include "hash.h"

#include "interrupt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { RAW_BYTES = 1 << 15 };

struct sbnn_source {
  const char *path;
  FILE *file;
  bool gzip, file_end, member_end; /* a gzip file may hold several members; member_end: between two */
  uint64_t hash;
  z_stream z;
  size_t raw_at, raw_end; /* bytes of `raw` not yet handed on */
  unsigned char raw[RAW_BYTES];
};

static int interrupted(const char *path, sbnn_error *e) {
  return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted while reading %s; nothing was written", path);
}

static int fill_raw(sbnn_source *s, sbnn_error *e) {
  memmove(s->raw, s->raw + s->raw_at, s->raw_end - s->raw_at);
  s->raw_end -= s->raw_at;
  s->raw_at = 0;
  size_t got = fread(s->raw + s->raw_end, 1, RAW_BYTES - s->raw_end, s->file);
  if (sbnn_interrupted()) return interrupted(s->path, e);
  if (got == 0) {
    if (ferror(s->file))
      return sbnn_fail(e, SBNN_BAD_INPUT, "%s: cannot be read (%s); give a readable file", s->path,
                       strerror(errno));
    s->file_end = true;
  }
  s->hash = tn_hash(s->hash, s->raw + s->raw_end, got);
  s->raw_end += got;
  return SBNN_OK;
}

static bool at_gzip_magic(const sbnn_source *s) {
  return s->raw_end - s->raw_at >= 2 && s->raw[s->raw_at] == 0x1f && s->raw[s->raw_at + 1] == 0x8b;
}

sbnn_source *sbnn_source_open(const char *path, sbnn_error *e) {
  FILE *file = fopen(path, "rb");
  if (!file && sbnn_interrupted()) { /* a named pipe that nobody writes to */
    interrupted(path, e);
    return NULL;
  }
  if (!file) {
    sbnn_fail(e, SBNN_BAD_INPUT, "%s: cannot be opened (%s); check the path", path, strerror(errno));
    return NULL;
  }
  sbnn_source *s = sbnn_alloc(1, sizeof *s);
  s->path = path;
  s->file = file;
  s->hash = TN_HASH_START;
  if (fill_raw(s, e) != SBNN_OK) {
    sbnn_source_close(s);
    return NULL;
  }
  s->gzip = at_gzip_magic(s);
  if (s->gzip && inflateInit2(&s->z, 15 + 16) != Z_OK) {
    s->gzip = false; /* nothing for inflateEnd to release */
    sbnn_source_close(s);
    sbnn_fail(e, SBNN_FAILED, "%s: zlib could not be started for lack of memory; close other programs", path);
    return NULL;
  }
  return s;
}

static int read_plain(sbnn_source *s, char *out, size_t n, size_t *got, sbnn_error *e) {
  if (s->raw_at == s->raw_end && !s->file_end) {
    int code = fill_raw(s, e);
    if (code != SBNN_OK) return code;
  }
  size_t here = s->raw_end - s->raw_at;
  *got = here < n ? here : n;
  memcpy(out, s->raw + s->raw_at, *got);
  s->raw_at += *got;
  return SBNN_OK;
}

/* After a member: another one follows, or padding that gzip(1) ignores too. Drains the file in the latter
 * case so that the hash covers it. */
static int next_member(sbnn_source *s, bool *more, sbnn_error *e) {
  while (s->raw_end - s->raw_at < 2 && !s->file_end) {
    int code = fill_raw(s, e);
    if (code != SBNN_OK) return code;
  }
  *more = at_gzip_magic(s);
  if (*more) {
    s->member_end = false;
    inflateReset(&s->z);
    return SBNN_OK;
  }
  while (!s->file_end) {
    s->raw_at = s->raw_end;
    int code = fill_raw(s, e);
    if (code != SBNN_OK) return code;
  }
  s->raw_at = s->raw_end;
  return SBNN_OK;
}

static int inflate_some(sbnn_source *s, sbnn_error *e) {
  if (s->raw_at == s->raw_end && !s->file_end) {
    int code = fill_raw(s, e);
    if (code != SBNN_OK) return code;
  }
  if (s->raw_at == s->raw_end)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: the gzip file ends too early; copy or download it again",
                     s->path);
  s->z.next_in = s->raw + s->raw_at;
  s->z.avail_in = (uInt)(s->raw_end - s->raw_at);
  int z = inflate(&s->z, Z_NO_FLUSH);
  s->raw_at = s->raw_end - s->z.avail_in;
  s->member_end = z == Z_STREAM_END;
  if (z == Z_OK || z == Z_STREAM_END || z == Z_BUF_ERROR) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s: the gzip data is damaged (%s); copy or download the file again",
                   s->path, s->z.msg ? s->z.msg : "unknown zlib error");
}

static int read_gzip(sbnn_source *s, char *out, size_t n, size_t *got, sbnn_error *e) {
  uInt room = n < (1u << 30) ? (uInt)n : (1u << 30);
  s->z.next_out = (unsigned char *)out;
  s->z.avail_out = room;
  while (s->z.avail_out == room) {
    bool more = true;
    int code = s->member_end ? next_member(s, &more, e) : SBNN_OK;
    if (code == SBNN_OK && more) code = inflate_some(s, e);
    if (code != SBNN_OK) return code;
    if (!more) break;
  }
  *got = room - s->z.avail_out;
  return SBNN_OK;
}

int sbnn_source_read(sbnn_source *s, char *out, size_t n, size_t *got, sbnn_error *e) {
  *got = 0;
  if (n == 0) return SBNN_OK;
  return s->gzip ? read_gzip(s, out, n, got, e) : read_plain(s, out, n, got, e);
}

size_t sbnn_source_peek(const char *path, char *out, size_t n) {
  struct stat status;
  sbnn_error ignored = {0};
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  sbnn_source *s = sbnn_source_open(path, &ignored);
  size_t have = 0, got = 1;
  while (s && have < n && got && sbnn_source_read(s, out + have, n - have, &got, &ignored) == SBNN_OK)
    have += got;
  sbnn_source_close(s);
  return have;
}

uint64_t sbnn_source_hash(const sbnn_source *s) { return s->hash; }

int sbnn_source_hash_file(const char *path, uint64_t *bytes, uint64_t *hash, sbnn_error *e) {
  sbnn_source *s = sbnn_source_open(path, e);
  if (!s) return e ? e->code : SBNN_BAD_INPUT;
  int code = SBNN_OK;
  *bytes = s->raw_end;
  while (!s->file_end && code == SBNN_OK) {
    s->raw_at = s->raw_end;
    code = fill_raw(s, e);
    *bytes += s->raw_end;
  }
  *hash = s->hash;
  sbnn_source_close(s);
  return code;
}

int sbnn_source_interrupted(const char *path, sbnn_error *e) {
  return sbnn_interrupted() ? interrupted(path, e) : SBNN_OK;
}

void sbnn_source_close(sbnn_source *s) {
  if (!s) return;
  if (s->gzip) inflateEnd(&s->z);
  fclose(s->file);
  free(s);
}
