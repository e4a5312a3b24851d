/* table_mat.c - MATLAB files (.mat) of the versions 5 to 7.3: matrices of numbers, also sparse ones, and
 * lists of names, as cell arrays of strings or char matrices. One of table.c's readers (readers.h); which
 * variable is which: container.c; how they are stored: mat5.c, hdf5/mat73.c. */
#include "data/handover.h"
#include "data/mat.h"
#include "data/matrix.h"
#include "data/readers.h"
#include "data/source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEADER = 128 };
static const char magic_5[] = "MATLAB 5.0 MAT-f", magic_73[] = "MATLAB 7.3 MAT-f";

static bool claims(const char *path) {
  return sbnn_container_claims(path, ".mat") || sbnn_looks_like(path, ".mat", magic_5) ||
         sbnn_looks_like(path, ".mat", magic_73);
}

int sbnn_mat_damaged(const sbnn_mat_file *m, const char *what) {
  return sbnn_fail(m->c.error, SBNN_BAD_INPUT, "%s: %s; copy the file again, or save it again from MATLAB",
                   m->c.path, what);
}

/* ---- numbers ---- */

static bool is_number(const sbnn_mat_array *a) {
  return a->class >= SBNN_MAT_DOUBLE && a->class <= SBNN_MAT_UINT64 && !a->complex;
}

size_t sbnn_mat_size(int kind) {
  static const unsigned char bytes[] = {0, 1, 1, 2, 2, 4, 4, 4, 0, 8, 0, 0, 8, 8, 0, 0, 1, 2, 4};
  return kind > 0 && kind < (int)sizeof bytes ? bytes[kind] : 0;
}

/* Number i < n; NaN if they are none. */
static double number_at(const sbnn_mat_numbers *x, size_t i) {
  union {
    unsigned char bytes[8];
    int8_t i8;
    uint8_t u8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
  } v;
  const size_t size = sbnn_mat_size(x->kind);
  for (size_t k = 0; k < size; k++) v.bytes[k] = x->data[size * i + (x->swapped ? size - 1 - k : k)];
  switch (x->kind) {
  case SBNN_MAT_FLOAT64: return v.f64;
  case SBNN_MAT_FLOAT32: return (double)v.f32;
  case SBNN_MAT_INT8: return v.i8;
  case SBNN_MAT_UTF8:
  case SBNN_MAT_UINT8: return v.u8;
  case SBNN_MAT_INT16: return v.i16;
  case SBNN_MAT_UTF16:
  case SBNN_MAT_UINT16: return v.u16;
  case SBNN_MAT_INT32: return v.i32;
  case SBNN_MAT_UTF32:
  case SBNN_MAT_UINT32: return v.u32;
  case SBNN_MAT_INT64: return (double)v.i64;
  case SBNN_MAT_UINT64_KIND: return (double)v.u64;
  default: return NAN;
  }
}

typedef struct from {
  const sbnn_mat_numbers *x;
  size_t at;
} from;

static int next_numbers(void *of, size_t n, double *out, sbnn_error *e) {
  (void)e;
  from *f = of;
  for (size_t i = 0; i < n; i++) out[i] = number_at(f->x, f->at++);
  return SBNN_OK;
}

/* ---- matrices ---- */

static int read_dense(sbnn_mat_file *m, const sbnn_mat_array *v, const char *path,
                      const sbnn_name_lists *axes, const sbnn_table_options *o, sbnn_table *t) {
  from f = {.x = &v->values};
  sbnn_dense d = {.path = path,
                  .n_rows = v->shape[0],
                  .n_cols = v->shape[1],
                  .by_columns = true,
                  .first = 1,
                  .from = &f,
                  .next = next_numbers};
  size_t n;
  if (!is_number(v) || __builtin_mul_overflow(d.n_rows, d.n_cols, &n) || v->values.n < n)
    return sbnn_mat_damaged(m, "a matrix lacks some of its numbers");
  return sbnn_dense_read(&d, axes, o, t, m->c.error);
}

static int read_sparse(sbnn_mat_file *m, const sbnn_mat_array *v, const char *path,
                       const sbnn_name_lists *axes, const sbnn_table_options *o, sbnn_table *t) {
  const size_t lines = v->shape[1];
  size_t n = v->starts.n == lines + 1 ? (size_t)number_at(&v->starts, lines) : SIZE_MAX;
  if (v->complex || n > v->rows.n || n > v->values.n) /* there may be room for more */
    return sbnn_mat_damaged(m,
                            "the parts of a sparse matrix do not fit each other, or its numbers are complex");
  size_t *start = sbnn_alloc(lines + 1, sizeof *start);
  uint32_t *place = sbnn_alloc(n, sizeof *place);
  double *value = sbnn_alloc(n, sizeof *value);
  for (size_t i = 0; i <= lines; i++) start[i] = (size_t)number_at(&v->starts, i);
  for (size_t k = 0; k < n; k++) {
    place[k] = (uint32_t)number_at(&v->rows, k);
    value[k] = number_at(&v->values, k);
  }
  sbnn_compressed c = {.path = path,
                       .n_rows = v->shape[0],
                       .n_cols = lines,
                       .by_columns = true,
                       .first = 1,
                       .n = n,
                       .start = start,
                       .place = place,
                       .value = value};
  int code = sbnn_compressed_read(&c, axes, o, t, m->c.error);
  free(start);
  free(place);
  free(value);
  return code;
}

static int read_matrix(sbnn_container *c, size_t i, const char *path, const sbnn_name_lists *axes,
                       const sbnn_table_options *o, sbnn_table *t) {
  sbnn_mat_file *m = c->file;
  sbnn_mat_array v;
  const size_t *shape = c->variables[i].shape;
  int code = m->read(m, i, &v);
  if (code != SBNN_OK) return code;
  if (v.rank != 2 || v.shape[0] != shape[0] || v.shape[1] != shape[1])
    return sbnn_mat_damaged(m, "a matrix does not have the dimensions of its header");
  return v.class == SBNN_MAT_SPARSE ? read_sparse(m, &v, path, axes, o, t)
                                    : read_dense(m, &v, path, axes, o, t);
}

/* ---- text ---- */

/* Row `row` of a char matrix, which lies by columns, into text[4 * columns + 1] as UTF-8. Blanks at the end
 * are padding. False: no text. */
static bool text_of(const sbnn_mat_array *v, size_t row, char *text) {
  const sbnn_mat_numbers *x = &v->values;
  const bool utf8 = x->kind == SBNN_MAT_UTF8;
  size_t rows = v->shape[0], columns = v->shape[1], n = 0;
  if (rows == 1 && utf8) { /* bytes as they are; fewer or more than columns */
    n = x->n < 4 * columns ? x->n : 4 * columns;
    if (n > 0) memcpy(text, x->data, n);
  } else
    for (size_t j = 0; j < columns; j++) {
      double c = number_at(x, row + rows * j);
      if (utf8) text[n++] = (char)(uint32_t)c;
      else if (!(c >= 0 && c <= 0x10ffff) || !sbnn_put_utf8(text, &n, (uint32_t)c)) return false;
    }
  while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\0')) n--;
  text[n] = '\0';
  return true;
}

static int no_text(const sbnn_mat_file *m, const char *name, size_t i) {
  return sbnn_fail(
      m->c.error, SBNN_BAD_INPUT,
      "%s: number %zu of its variable '%.60s' is not text; save names as a cell array of strings", m->c.path,
      i + 1, name);
}

static int add_texts(const sbnn_mat_file *m, const sbnn_mat_array *v, const char *name, sbnn_strings *out) {
  const size_t first = out->n;
  size_t n;
  if (v->class != SBNN_MAT_CHAR || v->rank != 2 || __builtin_mul_overflow(v->shape[0], v->shape[1], &n) ||
      n > v->values.n)
    return no_text(m, name, first);
  char *text = sbnn_alloc(4 * v->shape[1] + 1, 1);
  bool good = true;
  for (size_t i = 0; i < v->shape[0] && good; i++) {
    good = text_of(v, i, text);
    if (good) sbnn_strings_add(out, text);
  }
  free(text);
  return good ? SBNN_OK : no_text(m, name, out->n);
}

static int add_cells(sbnn_mat_file *m, sbnn_mat_array *v, size_t n, const char *name, sbnn_strings *out) {
  int code = SBNN_OK;
  sbnn_mat_array cell;
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    if (!m->next_cell(v, &cell)) return sbnn_mat_damaged(m, "a cell array lacks some of its cells");
    bool empty =
        cell.class == SBNN_MAT_EMPTY || (cell.rank == 2 && (cell.shape[0] == 0 || cell.shape[1] == 0));
    if (empty) sbnn_strings_add(out, "");
    else code = add_texts(m, &cell, name, out);
    if (code == SBNN_OK && out->n != i + 1) code = no_text(m, name, i);
  }
  return code;
}

static int add_numbers(const sbnn_mat_file *m, const sbnn_mat_array *v, size_t n, const char *name,
                       sbnn_strings *out) {
  char text[32];
  if (v->values.n < n) return sbnn_mat_damaged(m, "a list lacks some of its numbers");
  for (size_t i = 0; i < n; i++) {
    double x = number_at(&v->values, i);
    if (!(fabs(x) < 1e15) || x != floor(x)) return no_text(m, name, i);
    snprintf(text, sizeof text, "%.0f", x);
    sbnn_strings_add(out, text);
  }
  return SBNN_OK;
}

static int read_strings(sbnn_container *c, size_t i, sbnn_strings *out) {
  sbnn_mat_file *m = c->file;
  sbnn_mat_array v;
  const char *name = c->variables[i].name;
  size_t n = c->variables[i].shape[0] * c->variables[i].shape[1];
  if (c->variables[i].kind == SBNN_VARIABLE_OTHER) return no_text(m, name, 0);
  int code = m->read(m, i, &v);
  if (code != SBNN_OK) return code;
  code = v.class == SBNN_MAT_CHAR   ? add_texts(m, &v, name, out)
         : v.class == SBNN_MAT_CELL ? add_cells(m, &v, n, name, out)
         : is_number(&v)            ? add_numbers(m, &v, n, name, out)
                                    : no_text(m, name, 0);
  if (code == SBNN_OK && out->n != n)
    code = sbnn_mat_damaged(m, "a list does not have the dimensions of its header");
  return code;
}

/* ---- what the file holds ---- */

void sbnn_mat_found(sbnn_mat_file *m, const char *name, const sbnn_mat_array *a) {
  sbnn_variable_kind kind = SBNN_VARIABLE_OTHER;
  size_t rows = a->rank > 0 ? a->shape[0] : 0, columns = a->rank > 1 ? a->shape[1] : 1, size;
  /* Deflate makes a byte out of 1032 at most: room for what claims more must not be asked for. */
  bool fits = a->rank == 2 && rows > 0 && columns > 0 && rows <= UINT32_MAX && columns <= UINT32_MAX &&
              !__builtin_mul_overflow(rows, columns, &size) && size / 1032 <= m->c.bytes;
  if (a->class == SBNN_MAT_CHAR || a->class == SBNN_MAT_CELL) {
    if (fits) kind = SBNN_VARIABLE_TEXT;
    if (a->class == SBNN_MAT_CELL && fits) rows = size;
    columns = 1;
  } else if (fits && is_number(a)) kind = SBNN_VARIABLE_NUMBERS;
  else if (fits && a->class == SBNN_MAT_SPARSE) kind = SBNN_VARIABLE_SPARSE;
  sbnn_container_add(&m->c, name, kind, a->rank, rows, columns);
}

/* The number of the version stands behind the header's text; they have to agree. */
static bool is_version(const unsigned char head[HEADER], const char *text, unsigned version) {
  bool big = head[126] == 'M' && head[127] == 'I', little = head[126] == 'I' && head[127] == 'M';
  unsigned stated = big ? head[124] * 256u + head[125] : head[125] * 256u + head[124];
  return (big || little) && stated == version && memcmp(head, text, strlen(text)) == 0;
}

static int open_73(sbnn_mat_file *m) {
#if NABLA_HDF5
  return sbnn_mat73_open(m);
#else
  return sbnn_fail(
      m->c.error, SBNN_BAD_INPUT,
      "%s: this build cannot read .mat of version 7.3 (it was made without libhdf5); save it with -v7, or "
      "the tables as CSV, with writetable",
      m->c.path);
#endif
}

static int open_version(sbnn_mat_file *m) {
  unsigned char head[HEADER];
  FILE *f = fopen(m->c.path, "rbe");
  size_t n = f ? fread(head, 1, HEADER, f) : 0, text = sizeof magic_5 - 1;
  if (f) fclose(f);
  bool whole = n == HEADER;
  if (!whole && n >= text && (memcmp(head, magic_5, text) == 0 || memcmp(head, magic_73, text) == 0))
    return sbnn_mat_damaged(m, "the file ends within its header");
  if (whole && is_version(head, magic_5, 0x0100)) return sbnn_mat5_open(m, head[126] == 'M');
  if (whole && m->fd >= 0 && is_version(head, magic_73, 0x0200)) return open_73(m);
  return sbnn_fail(
      m->c.error, SBNN_BAD_INPUT,
      "%s: this is no MATLAB file of version 5 to 7.3, not compressed; save it again from MATLAB", m->c.path);
}

static int open_file(sbnn_container *c) {
  sbnn_mat_file *m = c->file;
  int code = open_version(m);
  return code == SBNN_OK && c->n == 0 ? sbnn_mat_damaged(m, "there is no variable in it") : code;
}

static void close_file(sbnn_container *c) {
  sbnn_mat_file *m = c->file;
  if (m->close) m->close(m);
}

static int read_as(int fd, const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                   sbnn_error *e) {
  sbnn_mat_file m = {.c = {.ending = ".mat",
                           .what = "variable",
                           .lists_first = fd >= 0, /* in a sandbox */
                           .open = open_file,
                           .strings = read_strings,
                           .matrix = read_matrix,
                           .close = close_file},
                     .fd = fd};
  m.c.file = &m;
  return sbnn_container_read(&m.c, path, o, t, l, e);
}

/* ---- version 7.3, in a sandbox: HDF5 reads it ---- */

typedef struct arguments {
  const char *path;
  const sbnn_table_options *options;
} arguments;

static int read_there(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e) {
  const arguments *a = ctx;
  return read_as(fd, a->path, a->options, result->table, result->labels, e);
}

static bool is_73(const char *file, uint64_t *bytes) {
  unsigned char head[HEADER];
  struct stat status;
  FILE *f = fopen(file, "rbe");
  size_t n = f ? fread(head, 1, HEADER, f) : 0;
  if (f && fstat(fileno(f), &status) == 0) *bytes = (uint64_t)status.st_size;
  if (f) fclose(f);
  return n == HEADER && is_version(head, magic_73, 0x0200);
}

static int read_named(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                      sbnn_error *e) {
  char *file = sbnn_format("%.*s", (int)sbnn_table_file_length(path), path);
  uint64_t bytes = 0;
  int code;
  if (is_73(file, &bytes)) {
    const sbnn_sandbox s = {
        .path = file, .library = "the HDF5 library", .memory = sbnn_sandbox_memory(bytes)};
    code = sbnn_read_sandboxed(&s, read_there, &(arguments){path, o},
                               &(sbnn_handover){.table = t, .labels = t ? NULL : l}, e);
  } else code = read_as(-1, path, o, t, l, e);
  free(file);
  return code;
}

const sbnn_file_format sbnn_format_mat = {.shown = ".mat", .claims = claims, .read_named = read_named};
