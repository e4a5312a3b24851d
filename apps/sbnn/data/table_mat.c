/* table_mat.c - MATLAB files (.mat) of the versions 5 to 7.3: matrices of numbers, also sparse ones, and
 * lists of names, as cell arrays of strings or char matrices. One of table.c's readers (readers.h); which
 * variable is which: container.c. libmatio reads the file; it believes what it reads, so that the frame of
 * the file is checked here first. */
#include "data/container.h"
#include "data/readers.h"
#include "data/source.h"

#include <string.h>

enum { HEADER = 128 };
static const char magic_5[] = "MATLAB 5.0 MAT-f", magic_73[] = "MATLAB 7.3 MAT-f";

bool sbnn_table_claims_mat(const char *path) {
  return sbnn_container_claims(path, ".mat") || sbnn_looks_like(path, ".mat", magic_5) ||
         sbnn_looks_like(path, ".mat", magic_73);
}

#if NABLA_MATIO

#include "data/mat5.h"
#include "data/matrix.h"

#include <hdf5.h>
#include <math.h>
#include <matio.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct mat_file {
  sbnn_container c;
  mat_t *mat;
  uint64_t bytes; /* of the file */
} mat_file;

static int damaged(const mat_file *m, const char *what) {
  return sbnn_fail(m->c.error, SBNN_BAD_INPUT, "%s: %s; copy the file again, or save it again from MATLAB",
                   m->c.path, what);
}

/* ---- numbers ---- */

static bool is_number(const matvar_t *v) {
  return v->class_type >= MAT_C_DOUBLE && v->class_type <= MAT_C_UINT64 && !v->isComplex;
}

/* Element i of `data`; NaN for a type of no number. */
static double element(const void *data, enum matio_types type, size_t i) {
  switch (type) {
  case MAT_T_DOUBLE: return ((const double *)data)[i];
  case MAT_T_SINGLE: return (double)((const float *)data)[i];
  case MAT_T_INT8: return ((const int8_t *)data)[i];
  case MAT_T_UINT8: return ((const uint8_t *)data)[i];
  case MAT_T_INT16: return ((const int16_t *)data)[i];
  case MAT_T_UINT16: return ((const uint16_t *)data)[i];
  case MAT_T_INT32: return ((const int32_t *)data)[i];
  case MAT_T_UINT32: return ((const uint32_t *)data)[i];
  case MAT_T_INT64: return (double)((const int64_t *)data)[i];
  case MAT_T_UINT64: return (double)((const uint64_t *)data)[i];
  default: return NAN;
  }
}

typedef struct numbers {
  const matvar_t *v;
  size_t at;
} numbers;

static int next_numbers(void *from, size_t n, double *out, sbnn_error *e) {
  (void)e;
  numbers *x = from;
  for (size_t i = 0; i < n; i++) out[i] = element(x->v->data, x->v->data_type, x->at++);
  return SBNN_OK;
}

/* ---- a variable with its data ---- */

/* NULL and an error if it cannot be read, or holds less than its dimensions say. */
static matvar_t *read_variable(mat_file *m, size_t i) {
  const char *name = m->c.variables[i].name;
  if (sbnn_source_interrupted(m->c.path, m->c.error) != SBNN_OK) return NULL;
  matvar_t *v = Mat_VarRead(m->mat, name);
  if (v && v->data) return v;
  Mat_VarFree(v);
  sbnn_fail(m->c.error, SBNN_BAD_INPUT,
            "%s: its variable '%.60s' is damaged; copy the file again, or save it again from MATLAB",
            m->c.path, name);
  return NULL;
}

static bool holds(const matvar_t *v, size_t rows, size_t columns) {
  size_t n;
  return v->data_size > 0 && !__builtin_mul_overflow(rows, columns, &n) &&
         v->nbytes / (size_t)v->data_size >= n;
}

static int read_dense(mat_file *m, const matvar_t *v, const char *path, const sbnn_axes *axes,
                      const sbnn_table_options *o, sbnn_table *t) {
  numbers from = {.v = v};
  sbnn_dense d = {.path = path,
                  .n_rows = v->dims[0],
                  .n_cols = v->dims[1],
                  .by_columns = true,
                  .first = 1,
                  .from = &from,
                  .next = next_numbers};
  if (!is_number(v) || !holds(v, d.n_rows, d.n_cols)) return damaged(m, "a matrix lacks some of its numbers");
  return sbnn_dense_read(&d, axes, o, t, m->c.error);
}

static int read_sparse(mat_file *m, const matvar_t *v, const char *path, const sbnn_axes *axes,
                       const sbnn_table_options *o, sbnn_table *t) {
  const mat_sparse_t *s = v->data;
  size_t lines = v->dims[1], n = s->ndata;
  if (v->isComplex || s->njc != lines + 1 || s->nir < n || !s->jc || (n > 0 && (!s->ir || !s->data)))
    return damaged(m, "the parts of a sparse matrix do not fit each other, or its numbers are complex");
  size_t *start = sbnn_alloc(lines + 1, sizeof *start);
  double *value = sbnn_alloc(n, sizeof *value);
  for (size_t i = 0; i <= lines; i++) start[i] = s->jc[i];
  for (size_t k = 0; k < n; k++) value[k] = element(s->data, v->data_type, k);
  sbnn_compressed c = {.path = path,
                       .n_rows = v->dims[0],
                       .n_cols = lines,
                       .by_columns = true,
                       .first = 1,
                       .n = n,
                       .start = start,
                       .place = s->ir,
                       .value = value};
  int code = sbnn_compressed_read(&c, axes, o, t, m->c.error);
  free(start);
  free(value);
  return code;
}

static int read_matrix(sbnn_container *c, size_t i, const char *path, const sbnn_axes *axes,
                       const sbnn_table_options *o, sbnn_table *t) {
  mat_file *m = c->file;
  matvar_t *v = read_variable(m, i);
  if (!v) return c->error->code;
  bool same =
      v->rank == 2 && v->dims[0] == c->variables[i].shape[0] && v->dims[1] == c->variables[i].shape[1];
  int code = !same                           ? damaged(m, "a matrix has other dimensions than it says")
             : v->class_type == MAT_C_SPARSE ? read_sparse(m, v, path, axes, o, t)
                                             : read_dense(m, v, path, axes, o, t);
  Mat_VarFree(v);
  return code;
}

/* ---- text ---- */

/* Row `row` of a char matrix, which lies by columns, into text[4 * columns + 1] as UTF-8. Blanks at the end
 * are padding. False: no text. */
static bool text_of(const matvar_t *v, size_t row, char *text) {
  size_t rows = v->dims[0], columns = v->dims[1], n = 0;
  if (rows == 1 && v->data_type == MAT_T_UTF8 &&
      v->data) { /* bytes as they are; fewer or more than columns */
    n = v->nbytes < 4 * columns ? v->nbytes : 4 * columns;
    memcpy(text, v->data, n);
  } else if (columns > 0) {
    if (!v->data || !holds(v, rows, columns)) return false;
    enum matio_types as = v->data_size == 1 ? MAT_T_UINT8 : v->data_size == 2 ? MAT_T_UINT16 : MAT_T_UINT32;
    for (size_t j = 0; j < columns; j++) {
      double c = element(v->data, as, row + rows * j);
      if (v->data_type == MAT_T_UTF8) text[n++] = (char)(uint32_t)c;
      else if (!sbnn_put_utf8(text, &n, (uint32_t)c)) return false;
    }
  }
  while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\0')) n--;
  text[n] = '\0';
  return true;
}

static int no_text(const mat_file *m, const char *name, size_t i) {
  return sbnn_fail(m->c.error, SBNN_BAD_INPUT,
                   "%s: number %zu of its variable '%.60s' is no text; save names as a cell array of strings",
                   m->c.path, i + 1, name);
}

static int add_texts(const mat_file *m, const matvar_t *v, const char *name, sbnn_strings *out) {
  const size_t first = out->n;
  size_t n;
  if (v->class_type != MAT_C_CHAR || v->rank != 2 || __builtin_mul_overflow(v->dims[0], v->dims[1], &n) ||
      n > v->nbytes) /* a character has a byte at least */
    return no_text(m, name, first);
  char *text = sbnn_alloc(4 * v->dims[1] + 1, 1);
  bool good = true;
  for (size_t i = 0; i < v->dims[0] && good; i++) {
    good = text_of(v, i, text);
    if (good) sbnn_strings_add(out, text);
  }
  free(text);
  return good ? SBNN_OK : no_text(m, name, out->n);
}

static int add_cells(const mat_file *m, const matvar_t *v, size_t n, const char *name, sbnn_strings *out) {
  int code = SBNN_OK;
  if (v->nbytes / sizeof(matvar_t *) < n) return damaged(m, "a cell array lacks some of its cells");
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    const matvar_t *cell = ((matvar_t *const *)v->data)[i];
    bool empty = !cell || cell->class_type == MAT_C_EMPTY ||
                 (cell->rank == 2 && (cell->dims[0] == 0 || cell->dims[1] == 0));
    if (empty) sbnn_strings_add(out, "");
    else code = add_texts(m, cell, name, out);
    if (code == SBNN_OK && out->n != i + 1) code = no_text(m, name, i);
  }
  return code;
}

static int add_numbers(const mat_file *m, const matvar_t *v, size_t n, const char *name, sbnn_strings *out) {
  char text[32];
  if (!holds(v, n, 1)) return damaged(m, "a list lacks some of its numbers");
  for (size_t i = 0; i < n; i++) {
    double x = element(v->data, v->data_type, i);
    if (!(fabs(x) < 1e15) || x != floor(x)) return no_text(m, name, i);
    snprintf(text, sizeof text, "%.0f", x);
    sbnn_strings_add(out, text);
  }
  return SBNN_OK;
}

static int read_strings(sbnn_container *c, size_t i, sbnn_strings *out) {
  mat_file *m = c->file;
  const char *name = c->variables[i].name;
  size_t n = c->variables[i].shape[0] * c->variables[i].shape[1];
  if (c->variables[i].kind == SBNN_VARIABLE_OTHER) return no_text(m, name, 0);
  matvar_t *v = read_variable(m, i);
  if (!v) return c->error->code;
  int code = v->class_type == MAT_C_CHAR   ? add_texts(m, v, name, out)
             : v->class_type == MAT_C_CELL ? add_cells(m, v, n, name, out)
             : is_number(v)                ? add_numbers(m, v, n, name, out)
                                           : no_text(m, name, 0);
  if (code == SBNN_OK && out->n != n) code = damaged(m, "a list has other dimensions than it says");
  Mat_VarFree(v);
  return code;
}

/* ---- what the file holds ---- */

/* The n bytes behind a tag of this kind. */
static bool is_sound(uint32_t kind, const unsigned char *bytes, size_t n, bool big) {
  if (kind == SBNN_MAT5_MATRIX) return sbnn_mat5_sound(bytes, n, big);
  size_t inflated;
  uint32_t inner, length;
  unsigned char *whole = sbnn_mat5_inflate(bytes, n, big, &inflated);
  if (!whole) return false;
  sbnn_mat5_tag(whole, big, &inner, &length);
  bool sound =
      inner == SBNN_MAT5_MATRIX && sbnn_mat5_sound(whole + SBNN_MAT5_TAG, inflated - SBNN_MAT5_TAG, big);
  free(whole);
  return sound;
}

static int check_variable(const mat_file *m, FILE *f, uint64_t left, bool big, uint64_t *bytes) {
  unsigned char tag[SBNN_MAT5_TAG];
  uint32_t kind, length;
  if (left < sizeof tag || fread(tag, 1, sizeof tag, f) != sizeof tag)
    return damaged(m, "the file ends within a variable");
  sbnn_mat5_tag(tag, big, &kind, &length);
  *bytes = sizeof tag + (uint64_t)length;
  if (kind != SBNN_MAT5_MATRIX && kind != SBNN_MAT5_COMPRESSED)
    return damaged(m, "there is no variable where one should begin");
  if (*bytes > left) return damaged(m, "the file ends within a variable");
  unsigned char *content = sbnn_alloc((size_t)length + 1, 1);
  bool sound = fread(content, 1, length, f) == length && is_sound(kind, content, length, big);
  free(content);
  return sound ? sbnn_source_interrupted(m->c.path, m->c.error)
               : damaged(m, "one of its variables is not built as it says");
}

/* The variables of version 5 fill the file, and each is sound. f stands behind the header. */
static int check_variables(const mat_file *m, FILE *f, bool big) {
  int code = SBNN_OK;
  for (uint64_t at = HEADER, bytes = 0; at < m->bytes && code == SBNN_OK; at += bytes)
    code = check_variable(m, f, m->bytes - at, big, &bytes);
  return code;
}

/* libmatio goes by the number behind the header's text, so that text and number have to agree. */
static bool is_version(const unsigned char head[HEADER], const char *text, unsigned version) {
  bool big = head[126] == 'M' && head[127] == 'I', little = head[126] == 'I' && head[127] == 'M';
  unsigned stated = big ? head[124] * 256u + head[125] : head[125] * 256u + head[124];
  return (big || little) && stated == version && memcmp(head, text, strlen(text)) == 0;
}

static int check_file(const mat_file *m) {
  unsigned char head[HEADER];
  FILE *f = fopen(m->c.path, "rbe");
  size_t n = f ? fread(head, 1, HEADER, f) : 0, text = sizeof magic_5 - 1;
  bool whole = n == HEADER;
  int code = SBNN_OK;
  if (!whole && n >= text && (memcmp(head, magic_5, text) == 0 || memcmp(head, magic_73, text) == 0))
    code = damaged(m, "the file ends within its header");
  else if (whole && is_version(head, magic_5, 0x0100)) code = check_variables(m, f, head[126] == 'M');
  else if (!whole || !is_version(head, magic_73, 0x0200))
    code =
        sbnn_fail(m->c.error, SBNN_BAD_INPUT,
                  "%s: this is no MATLAB file of version 5 to 7.3, not compressed; save it again from MATLAB",
                  m->c.path);
  if (f) fclose(f);
  return code;
}

static void add_variable(mat_file *m, const matvar_t *v) {
  sbnn_variable_kind kind = SBNN_VARIABLE_OTHER;
  size_t rows = v->rank > 0 ? v->dims[0] : 0, columns = v->rank > 1 ? v->dims[1] : 1, size;
  if (v->class_type == MAT_C_CHAR || v->class_type == MAT_C_CELL) {
    kind = SBNN_VARIABLE_TEXT;
    if (v->class_type == MAT_C_CELL && !__builtin_mul_overflow(rows, columns, &size)) rows = size;
    columns = 1;
  } else if (is_number(v)) kind = SBNN_VARIABLE_NUMBERS;
  else if (v->class_type == MAT_C_SPARSE) kind = SBNN_VARIABLE_SPARSE;
  /* Deflate makes a byte out of 1032 at most: room for what claims more must not be asked for. */
  bool too_large = __builtin_mul_overflow(rows, columns, &size) || size / 1032 > m->bytes;
  if (v->rank != 2 || rows == 0 || columns == 0 || too_large || rows > UINT32_MAX || columns > UINT32_MAX)
    kind = SBNN_VARIABLE_OTHER;
  sbnn_container_add(&m->c, v->name, kind, v->rank, rows, columns);
}

static int open_file(mat_file *m) {
  int code = check_file(m);
  if (code != SBNN_OK) return code;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* HDF5, which version 7.3 is, prints what goes wrong */
  m->mat = Mat_Open(m->c.path, MAT_ACC_RDONLY);
  if (!m->mat) return damaged(m, "the file cannot be read as one of MATLAB");
  for (matvar_t *v; (v = Mat_VarReadNextInfo(m->mat)) != NULL; Mat_VarFree(v))
    if (v->name) add_variable(m, v);
  return m->c.n > 0 ? SBNN_OK : damaged(m, "there is no variable in it");
}

static int with_file(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                     sbnn_error *e) {
  const char *wanted;
  char *file = sbnn_container_path(path, ".mat", &wanted);
  mat_file m = {.c = {.path = file,
                      .wanted = wanted,
                      .ending = ".mat",
                      .what = "variable",
                      .error = e,
                      .strings = read_strings,
                      .matrix = read_matrix}};
  m.c.file = &m;
  int code = sbnn_source_hash_file(file, &m.bytes, &m.c.hash, e);
  if (code == SBNN_OK) code = open_file(&m);
  if (code == SBNN_OK) code = t ? sbnn_container_table(&m.c, o, t) : sbnn_container_labels(&m.c, l);
  if (m.mat) Mat_Close(m.mat);
  sbnn_container_free(&m.c);
  free(file);
  return code;
}

int sbnn_table_read_mat(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_error *e) {
  return with_file(path, o, t, NULL, e);
}

int sbnn_labels_read_mat(const char *path, sbnn_labels *l, sbnn_error *e) {
  return with_file(path, NULL, NULL, l, e);
}

#else

static int unsupported(const char *path, sbnn_error *e) {
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s: this build cannot read .mat (it was made without libmatio); save the tables as CSV, "
                   "with writetable",
                   path);
}

int sbnn_table_read_mat(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_error *e) {
  (void)o, (void)t;
  return unsupported(path, e);
}

int sbnn_labels_read_mat(const char *path, sbnn_labels *l, sbnn_error *e) {
  (void)l;
  return unsupported(path, e);
}

#endif
