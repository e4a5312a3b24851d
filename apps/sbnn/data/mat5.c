/* mat5.c - MATLAB files of version 5, see mat.h. Nothing that the file says is believed before the bytes are
 * there, so that what is asked for is in proportion to them. Source: "MAT-File Format", The MathWorks,
 * chapter 1. */
#include "data/mat.h"
#include "data/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { HEADER = 128, TAG = 8, MOST_DIMS = 32, LONGEST_NAME = 4096 };
enum { MATRIX = 14, COMPRESSED = 15 }; /* kinds of elements that are no numbers */

typedef struct place {
  uint64_t at;
  uint32_t kind, length;
} place;

typedef struct mat5 {
  FILE *file;
  bool big;
  place *places;        /* of the container's variables */
  unsigned char *bytes; /* of the variable read last, without its tag */
  size_t n;
} mat5;

static uint32_t word(const unsigned char *b, bool big) {
  return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
             : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static bool is_swapped(bool big) { return big == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__); }

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
  if (w->end - w->at < TAG) return false;
  e->kind = word(w->at, w->big);
  e->length = word(w->at + 4, w->big);
  e->data = w->at + TAG;
  if (e->kind >> 16) {
    e->length = e->kind >> 16;
    e->kind &= 0xffff;
    e->data = w->at + 4;
    w->at += TAG;
    return e->length <= 4;
  }
  size_t left = (size_t)(w->end - e->data), padded = ((size_t)e->length + 7) / 8 * 8;
  if (e->length > left) return false;
  w->at = e->data + (padded < left ? padded : left);
  return true;
}

/* The next element as whole numbers of its kind; no bytes are no numbers of any kind. */
static bool next_numbers(walk *w, sbnn_mat_numbers *x) {
  element e;
  if (!next(w, &e)) return false;
  size_t size = sbnn_mat_size((int)e.kind);
  if (e.length > 0 && (size == 0 || e.length % size)) return false;
  *x = (sbnn_mat_numbers){(int)e.kind, is_swapped(w->big), e.data, size ? e.length / size : 0};
  return true;
}

static bool read_dimensions(walk *w, sbnn_mat_array *a, size_t *n) {
  element e;
  if (!next(w, &e) || e.kind != SBNN_MAT_INT32 || e.length < 8 || e.length % 4 || e.length / 4 > MOST_DIMS)
    return false;
  a->rank = (int)(e.length / 4);
  *n = 1;
  for (int i = 0; i < a->rank; i++) {
    uint32_t length = word(e.data + 4 * i, w->big);
    if (i < 2) a->shape[i] = length;
    if (length > INT32_MAX || __builtin_mul_overflow(*n, (size_t)length, n)) return false;
  }
  return true;
}

/* ---- variables ---- */

/* Of 32 bits, with a sign or without: taken as without. */
static bool next_places(walk *w, sbnn_mat_numbers *x) {
  if (!next_numbers(w, x) || (x->n > 0 && sbnn_mat_size(x->kind) != 4)) return false;
  x->kind = SBNN_MAT_UINT32;
  return true;
}

static bool read_sparse(walk *w, sbnn_mat_array *a) {
  sbnn_mat_numbers imaginary;
  return a->rank == 2 && next_places(w, &a->rows) && next_places(w, &a->starts) &&
         next_numbers(w, &a->values) && (!a->complex || next_numbers(w, &imaginary)) &&
         a->values.n <= a->rows.n && a->starts.n == a->shape[1] + 1;
}

/* The cells lie one behind the other, n of them. */
static bool read_cells(walk w, size_t n, sbnn_mat_array *a) {
  element e;
  a->cells = w.at;
  a->cells_end = w.end;
  a->n_cells = n;
  for (size_t i = 0; i < n; i++)
    if (!next(&w, &e) || e.kind != MATRIX) return false;
  return true;
}

static bool is_read(int class) {
  return class == SBNN_MAT_CELL || class == SBNN_MAT_CHAR || class == SBNN_MAT_SPARSE ||
         (class >= SBNN_MAT_DOUBLE && class <= SBNN_MAT_UINT64);
}

static bool next_name(walk *w, element *name) {
  return next(w, name) && name->kind == SBNN_MAT_INT8 && name->length <= LONGEST_NAME;
}

/* Of what is not read, as structures and objects, only the name matters. Some have no dimensions. */
static void parse_other(walk w, element *name) {
  element dimensions;
  walk behind = w;
  if (next(&behind, &dimensions) && dimensions.kind == SBNN_MAT_INT32) w = behind;
  if (!next_name(&w, name)) *name = (element){0};
}

/* The bytes behind a variable's tag: false if they are not built as they say. */
static bool parse(walk w, sbnn_mat_array *a, element *name) {
  element flags;
  size_t n = 0;
  *name = (element){0};
  if (!next(&w, &flags) || flags.kind != SBNN_MAT_UINT32 || flags.length != 8) return false;
  uint32_t word0 = word(flags.data, w.big);
  *a = (sbnn_mat_array){.class = word0 & 0xff, .complex = word0 & 0x800, .values.swapped = is_swapped(w.big)};
  if (!is_read(a->class)) {
    parse_other(w, name);
    return true;
  }
  if (!read_dimensions(&w, a, &n) || !next_name(&w, name)) return false;
  if (a->class == SBNN_MAT_CELL) return read_cells(w, n, a);
  if (a->class == SBNN_MAT_SPARSE) return read_sparse(&w, a);
  if (n == 0) return true;
  /* Characters of UTF-8 may have several bytes. */
  return next_numbers(&w, &a->values) && (a->values.n == n || (a->class == SBNN_MAT_CHAR && a->values.n > n));
}

static bool next_cell(sbnn_mat_array *cells, sbnn_mat_array *cell) {
  walk w = {cells->cells, cells->cells_end, is_swapped(cells->values.swapped)};
  element e, name;
  *cell = (sbnn_mat_array){.class = SBNN_MAT_EMPTY};
  if (cells->n_cells == 0 || !next(&w, &e)) return false;
  cells->n_cells--;
  cells->cells = w.at;
  return e.length == 0 || parse((walk){e.data, e.data + e.length, w.big}, cell, &name);
}

/* ---- the file ---- */

/* Inflates the n bytes of `m` in place of them, tag and all; room grows with what is there. */
static bool inflate_bytes(mat5 *m) {
  z_stream z = {.next_in = m->bytes, .avail_in = (uInt)m->n};
  size_t room = 4 * m->n + 64, n = 0;
  unsigned char *out = sbnn_alloc(room, 1);
  int code = inflateInit(&z);
  while (code == Z_OK) {
    if (n == room) out = sbnn_realloc(out, room *= 2, 1);
    size_t ask = room - n < INT32_MAX ? room - n : INT32_MAX;
    z.next_out = out + n;
    z.avail_out = (uInt)ask;
    code = inflate(&z, Z_NO_FLUSH);
    n += ask - z.avail_out;
  }
  inflateEnd(&z);
  free(m->bytes);
  m->bytes = out;
  m->n = n;
  return code == Z_STREAM_END || code == Z_BUF_ERROR; /* the latter: all but the checksum */
}

/* The variable at a place, without its tag. */
static bool load(mat5 *m, const place *p) {
  free(m->bytes);
  m->n = p->length;
  m->bytes = sbnn_alloc((size_t)p->length + 1, 1);
  if (fseeko(m->file, (off_t)(p->at + TAG), SEEK_SET) != 0 || fread(m->bytes, 1, m->n, m->file) != m->n)
    return false;
  if (p->kind == MATRIX) return true;
  if (!inflate_bytes(m) || m->n < TAG || word(m->bytes, m->big) != MATRIX) return false;
  size_t length = word(m->bytes + 4, m->big);
  if (length > m->n - TAG) return false;
  memmove(m->bytes, m->bytes + TAG, m->n = length);
  return true;
}

static bool load_variable(mat5 *m, const place *p, sbnn_mat_array *a, element *name) {
  return load(m, p) && parse((walk){m->bytes, m->bytes + m->n, m->big}, a, name);
}

static int read_variable(sbnn_mat_file *f, size_t v, sbnn_mat_array *a) {
  mat5 *m = f->handle;
  element name;
  int code = sbnn_source_interrupted(f->c.path, f->c.error);
  if (code != SBNN_OK) return code;
  return load_variable(m, &m->places[v], a, &name) ? SBNN_OK
                                                   : sbnn_mat_damaged(f, "it changes while it is read");
}

/* The next variable, at p->at, which is one that is read if it has a name. */
static int find_variable(sbnn_mat_file *f, place *p) {
  mat5 *m = f->handle;
  unsigned char tag[TAG];
  sbnn_mat_array a;
  element name;
  uint64_t left = f->c.bytes - p->at;
  if (left < TAG || fseeko(m->file, (off_t)p->at, SEEK_SET) != 0 || fread(tag, 1, TAG, m->file) != TAG)
    return sbnn_mat_damaged(f, "the file ends within a variable");
  p->kind = word(tag, m->big);
  p->length = word(tag + 4, m->big);
  if (p->kind != MATRIX && p->kind != COMPRESSED)
    return sbnn_mat_damaged(f, "there is no variable where one should begin");
  if (p->length > left - TAG) return sbnn_mat_damaged(f, "the file ends within a variable");
  if (!load_variable(m, p, &a, &name))
    return sbnn_mat_damaged(f, "one of its variables does not match its header");
  if (name.length > 0 && name.data[0]) {
    char text[LONGEST_NAME + 1] = "";
    memcpy(text, name.data, name.length);
    m->places = sbnn_realloc(m->places, f->c.n + 1, sizeof *m->places);
    m->places[f->c.n] = *p;
    sbnn_mat_found(f, text, &a);
  }
  return sbnn_source_interrupted(f->c.path, f->c.error);
}

static void close_file(sbnn_mat_file *f) {
  mat5 *m = f->handle;
  if (m->file) fclose(m->file);
  free(m->places);
  free(m->bytes);
  free(m);
}

int sbnn_mat5_open(sbnn_mat_file *f, bool big_endian) {
  mat5 *m = f->handle = sbnn_alloc(1, sizeof *m);
  f->read = read_variable;
  f->next_cell = next_cell;
  f->close = close_file;
  m->big = big_endian;
  m->file = fopen(f->c.path, "rbe");
  if (!m->file) return sbnn_mat_damaged(f, "it cannot be opened again");
  int code = SBNN_OK;
  for (place p = {.at = HEADER}; p.at < f->c.bytes && code == SBNN_OK; p.at += TAG + (uint64_t)p.length)
    code = find_variable(f, &p);
  return code;
}
