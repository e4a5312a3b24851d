/* mat5.c - see mat5.h. */
#include "data/mat5.h"

#include "sbnn.h"

#include <stdlib.h>
#include <zlib.h>

enum { MOST_DEEP = 16, MOST_DIMS = 32, LONGEST_NAME = 4096, DEFLATE_RATIO = 1032 };
enum {
  CELL = 1,
  STRUCTURE = 2,
  OBJECT = 3,
  CHARS = 4,
  SPARSE = 5,
  DOUBLE = 6,
  UINT64 = 15,
  FUNCTION = 16,
  OPAQUE = 17
};                                                       /* classes */
enum { UINT32_KIND = 6, INT32_KIND = 5, INT8_KIND = 1 }; /* kinds of elements */

static uint32_t word(const unsigned char *b, bool big) {
  return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
             : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

void sbnn_mat5_tag(const unsigned char tag[SBNN_MAT5_TAG], bool big, uint32_t *kind, uint32_t *length) {
  *kind = word(tag, big);
  *length = word(tag + 4, big);
}

unsigned char *sbnn_mat5_inflate(const unsigned char *bytes, size_t n, bool big, size_t *inflated) {
  unsigned char tag[SBNN_MAT5_TAG], *out = NULL;
  uint32_t kind, length;
  z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (uInt)n};
  if (inflateInit(&z) != Z_OK) return NULL;
  z.next_out = tag;
  z.avail_out = sizeof tag;
  int code = inflate(&z, Z_NO_FLUSH);
  sbnn_mat5_tag(tag, big, &kind, &length);
  *inflated = sizeof tag + (size_t)length;
  bool good = (code == Z_OK || code == Z_STREAM_END) && z.avail_out == 0 && *inflated / DEFLATE_RATIO <= n;
  if (good) {
    out = sbnn_alloc(*inflated, 1);
    for (size_t i = 0; i < sizeof tag; i++) out[i] = tag[i];
    z.next_out = out + sizeof tag;
    z.avail_out = length;
    if (length) code = inflate(&z, Z_FINISH); /* Z_BUF_ERROR: all of it is there, but not the checksum */
    good = (code == Z_STREAM_END || code == Z_BUF_ERROR || code == Z_OK) && z.avail_out == 0;
  }
  inflateEnd(&z);
  if (good) return out;
  free(out);
  return NULL;
}

/* ---- elements ---- */

/* What is left to walk. */
typedef struct walk {
  const unsigned char *at, *end;
  bool big;
} walk;

typedef struct element {
  uint32_t kind, length;
  const unsigned char *data;
} element;

/* The next element, whose data lie within bounds. Up to four bytes may stand in the tag itself. */
static bool next(walk *w, element *e) {
  if (w->end - w->at < SBNN_MAT5_TAG) return false;
  sbnn_mat5_tag(w->at, w->big, &e->kind, &e->length);
  if (e->kind >> 16) {
    e->length = e->kind >> 16;
    e->kind &= 0xffff;
    e->data = w->at + 4;
    w->at += SBNN_MAT5_TAG;
    return e->length <= 4;
  }
  e->data = w->at + SBNN_MAT5_TAG;
  size_t left = (size_t)(w->end - e->data), padded = ((size_t)e->length + 7) / 8 * 8;
  if (e->length > left) return false;
  w->at = e->data + (padded < left ? padded : left);
  return true;
}

static size_t size_of(uint32_t kind) {
  static const unsigned char bytes[] = {0, 1, 1, 2, 2, 4, 4, 4, 0, 8, 0, 0, 8, 8, 0, 0, 1, 2, 4};
  return kind < sizeof bytes ? bytes[kind] : 0;
}

/* Of a kind, and whole. */
static bool holds(const element *e, size_t n) {
  size_t size = size_of(e->kind);
  return size > 0 && e->length % size == 0 && e->length / size == n;
}

static bool read_dimensions(const element *e, bool big, size_t *n) {
  if (e->kind != INT32_KIND || e->length < 8 || e->length % 4 || e->length / 4 > MOST_DIMS) return false;
  *n = 1;
  for (size_t i = 0; i < e->length / 4; i++) {
    uint32_t length = word(e->data + 4 * i, big);
    if (length > INT32_MAX || __builtin_mul_overflow(*n, (size_t)length, n)) return false;
  }
  return true;
}

static bool sound(const unsigned char *bytes, size_t n, bool big, int depth);

static bool cells_sound(walk *w, size_t n, int depth) {
  element e;
  for (size_t i = 0; i < n; i++)
    if (!next(w, &e) || e.kind != SBNN_MAT5_MATRIX || !sound(e.data, e.length, w->big, depth + 1))
      return false;
  return true;
}

/* The names of the fields, each of one width, and a value of each field for each of n elements. */
static bool structure_sound(walk *w, size_t n, bool object, int depth) {
  element class_name, width, names;
  size_t fields;
  if (object && (!next(w, &class_name) || class_name.kind != INT8_KIND)) return false;
  if (!next(w, &width) || width.kind != INT32_KIND || width.length != 4 || !next(w, &names)) return false;
  uint32_t each = word(width.data, w->big);
  if (each == 0 || each > LONGEST_NAME || names.kind != INT8_KIND || names.length % each) return false;
  return !__builtin_mul_overflow(n, (size_t)(names.length / each), &fields) && cells_sound(w, fields, depth);
}

/* Rows, starts of columns, values: as many as there are numbers. */
static bool sparse_sound(walk *w, uint32_t room, bool complex) {
  element rows, starts, values, imaginary;
  return next(w, &rows) && size_of(rows.kind) == 4 && rows.length / 4 <= room && next(w, &starts) &&
         size_of(starts.kind) == 4 && starts.length >= 4 && next(w, &values) && size_of(values.kind) &&
         (!complex || next(w, &imaginary));
}

static bool sound(const unsigned char *bytes, size_t n, bool big, int depth) {
  walk w = {bytes, bytes + n, big};
  element flags, dimensions, name, values;
  size_t count;
  if (n == 0) return true; /* an empty cell */
  if (depth > MOST_DEEP || !next(&w, &flags) || flags.kind != UINT32_KIND || flags.length != 8) return false;
  if (!next(&w, &dimensions) || !read_dimensions(&dimensions, big, &count)) return false;
  if (!next(&w, &name) || name.kind != INT8_KIND || name.length > LONGEST_NAME) return false;
  uint32_t word0 = word(flags.data, big), type = word0 & 0xff;
  const bool complex = word0 & 0x800;
  if (type == CELL) return cells_sound(&w, count, depth);
  if (type == SPARSE) return sparse_sound(&w, word(flags.data + 4, big), complex);
  if (type == CHARS)
    return count == 0 || (next(&w, &values) && size_of(values.kind) && count <= values.length);
  if (type == STRUCTURE || type == OBJECT) return structure_sound(&w, count, type == OBJECT, depth);
  if (type == FUNCTION || type == OPAQUE) return true; /* libmatio passes them over */
  if (type < DOUBLE || type > UINT64) return false;
  return count == 0 || (next(&w, &values) && holds(&values, count) &&
                        (!complex || (next(&w, &values) && holds(&values, count))));
}

bool sbnn_mat5_sound(const unsigned char *bytes, size_t n, bool big) { return sound(bytes, n, big, 0); }
