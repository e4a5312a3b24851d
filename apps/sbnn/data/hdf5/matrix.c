/* matrix.c - see matrix.h. */
#include "data/hdf5/matrix.h"

#include "data/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 20 /* numbers read at once */, SAMPLE = 1 << 18 };

/* ---- opening ---- */

/* What anndata writes for None. */
static bool is_null(sbnn_h5 *f, const char *path) {
  char *encoding = sbnn_h5_attribute_text(f, path, "encoding-type");
  bool is = encoding && strcmp(encoding, "null") == 0;
  free(encoding);
  return is;
}

bool sbnn_h5_is_matrix(sbnn_h5 *f, const char *path) {
  sbnn_h5_kind kind = sbnn_h5_kind_of(f, path);
  if (kind == SBNN_H5_NOTHING || is_null(f, path)) return false;
  char *data = sbnn_h5_join(path, "data"), *starts = sbnn_h5_join(path, "indptr");
  bool is =
      kind == SBNN_H5_DATASET || (kind == SBNN_H5_GROUP && sbnn_h5_kind_of(f, data) == SBNN_H5_DATASET &&
                                  sbnn_h5_kind_of(f, starts) == SBNN_H5_DATASET);
  free(data);
  free(starts);
  return is;
}

static int open_dense(sbnn_h5 *f, const char *path, const char *field, sbnn_h5_matrix *m) {
  int code = sbnn_h5_array_open(f, path, field, &m->values);
  const sbnn_h5_array *a = &m->values;
  if (code != SBNN_OK) return code;
  if ((a->kind != SBNN_H5_NUMBERS && a->kind != SBNN_H5_BOOLS) || (a->rank != 2 && !a->inner && a->rank != 1))
    return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s is not a matrix of numbers", f->path, path);
  m->n_rows = a->shape[0];
  m->n_cols = a->shape[1];
  return SBNN_OK;
}

static int open_part(sbnn_h5 *f, const char *path, const char *name, sbnn_h5_array *a) {
  char *part = sbnn_h5_join(path, name);
  int code = sbnn_h5_array_open(f, part, NULL, a);
  if (code == SBNN_OK && (a->kind != SBNN_H5_NUMBERS || a->rank != 1))
    code = sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s is not a list of numbers", f->path, part);
  free(part);
  return code;
}

/* "csr_matrix" and "csc_matrix" since anndata 0.7, "csr" and "csc" before. */
static bool says_columns(sbnn_h5 *f, const char *path, bool otherwise) {
  char *text = sbnn_h5_attribute_text(f, path, "encoding-type");
  if (!text) text = sbnn_h5_attribute_text(f, path, "h5sparse_format");
  bool columns = text && strncmp(text, "csc", 3) == 0, rows = text && strncmp(text, "csr", 3) == 0;
  free(text);
  return columns || (otherwise && !rows);
}

/* An attribute, or with 10x a dataset. */
static bool read_shape(sbnn_h5 *f, const char *path, double shape[2]) {
  sbnn_h5_array a;
  if (sbnn_h5_attribute_numbers(f, path, "shape", shape, 2) ||
      sbnn_h5_attribute_numbers(f, path, "h5sparse_shape", shape, 2))
    return true;
  char *part = sbnn_h5_join(path, "shape");
  bool there = sbnn_h5_kind_of(f, part) == SBNN_H5_DATASET;
  free(part);
  if (!there) return false;
  bool good = open_part(f, path, "shape", &a) == SBNN_OK && a.shape[0] == 2 &&
              sbnn_h5_read_doubles(f, &a, 0, 2, shape) == SBNN_OK;
  sbnn_h5_array_close(&a);
  return good;
}

static int open_sparse(sbnn_h5 *f, const char *path, bool sparse_columns, sbnn_h5_matrix *m) {
  double shape[2];
  m->sparse = true;
  m->by_columns = says_columns(f, path, sparse_columns);
  int code = open_part(f, path, "data", &m->values);
  if (code == SBNN_OK) code = open_part(f, path, "indices", &m->places);
  if (code == SBNN_OK) code = open_part(f, path, "indptr", &m->starts);
  if (code != SBNN_OK) return code;
  if (!read_shape(f, path, shape))
    return f->error->code != SBNN_OK ? f->error->code : sbnn_h5_damaged(f, path, "it has no shape");
  for (int i = 0; i < 2; i++)
    if (!(shape[i] >= 0 && shape[i] <= UINT32_MAX && shape[i] == floor(shape[i])))
      return sbnn_h5_damaged(f, path, "its shape is invalid");
  m->n_rows = (size_t)shape[0];
  m->n_cols = (size_t)shape[1];
  if (m->starts.shape[0] != (m->by_columns ? m->n_cols : m->n_rows) + 1 ||
      m->values.shape[0] != m->places.shape[0] || !m->places.whole || !m->starts.whole)
    return sbnn_h5_damaged(f, path, "the parts of the sparse matrix do not fit each other");
  return SBNN_OK;
}

int sbnn_h5_matrix_open(sbnn_h5 *f, const char *path, const char *field, bool sparse_columns,
                        sbnn_h5_matrix *m) {
  *m = (sbnn_h5_matrix){.path = field ? sbnn_h5_join(path, field) : sbnn_strdup(path)};
  int code = sbnn_h5_kind_of(f, path) == SBNN_H5_GROUP ? open_sparse(f, path, sparse_columns, m)
                                                       : open_dense(f, path, field, m);
  if (code == SBNN_OK && (m->n_rows > UINT32_MAX || m->n_cols > UINT32_MAX))
    code = sbnn_h5_damaged(f, path, "it has more than 4 billion rows or columns");
  return code;
}

void sbnn_h5_matrix_close(sbnn_h5_matrix *m) {
  sbnn_h5_array_close(&m->values);
  sbnn_h5_array_close(&m->places);
  sbnn_h5_array_close(&m->starts);
  free(m->path);
  *m = (sbnn_h5_matrix){0};
}

/* ---- looking ---- */

/* Of n values: the first that is no count (NAN: there is none), and whether one is above 0. */
static void look_at(const double *v, size_t n, double *other, bool *any) {
  for (size_t i = 0; i < n && isnan(*other); i++) {
    if (!(v[i] >= 0) || v[i] != floor(v[i]) || isinf(v[i])) *other = isnan(v[i]) ? -INFINITY : v[i];
    *any |= v[i] > 0;
  }
}

int sbnn_h5_matrix_look(sbnn_h5 *f, const sbnn_h5_matrix *m, double *other, bool *any) {
  const sbnn_h5_array *a = &m->values;
  size_t rows = sbnn_h5_band(a, SAMPLE), places = 4;
  double *v = sbnn_alloc(rows * (a->shape[1] ? a->shape[1] : 1), sizeof *v);
  int code = SBNN_OK;
  *other = NAN;
  *any = false;
  if (rows * places >= a->shape[0]) places = (a->shape[0] + rows - 1) / rows;
  for (size_t k = 0; k < places && code == SBNN_OK && isnan(*other); k++) {
    size_t first = places > 1 ? (a->shape[0] - rows) / (places - 1) * k : 0;
    if (k > 0) first -= first % a->chunk_rows;
    size_t n = a->shape[0] - first < rows ? a->shape[0] - first : rows;
    code = sbnn_h5_read_doubles(f, a, first, n, v);
    if (code == SBNN_OK) look_at(v, n * a->shape[1], other, any);
  }
  free(v);
  return code;
}

/* ---- dense ---- */

typedef struct band {
  sbnn_h5 *f;
  const sbnn_h5_array *a;
  size_t rows, first, n, at; /* rows at once; those that are here; the next one */
  double *values;
} band;

static int next_line(void *from, size_t n, double *out, sbnn_error *e) {
  band *b = from;
  (void)e;
  if (b->at == b->n) {
    b->first += b->n;
    b->n = b->a->shape[0] - b->first < b->rows ? b->a->shape[0] - b->first : b->rows;
    b->at = 0;
    int code = sbnn_h5_read_doubles(b->f, b->a, b->first, b->n, b->values);
    if (code != SBNN_OK) return code;
  }
  memcpy(out, b->values + b->at++ * n, n * sizeof *out);
  return SBNN_OK;
}

static int read_dense(sbnn_h5 *f, const sbnn_h5_matrix *m, const char *path, const sbnn_name_lists *a,
                      const sbnn_table_options *o, sbnn_table *t) {
  band b = {.f = f, .a = &m->values, .rows = sbnn_h5_band(&m->values, 4 * BLOCK)};
  size_t n;
  if (__builtin_mul_overflow(b.rows, m->n_cols, &n))
    return sbnn_h5_damaged(f, m->path, "its shape is too large");
  b.values = sbnn_alloc(n, sizeof *b.values);
  sbnn_dense d = {.path = path, .n_rows = m->n_rows, .n_cols = m->n_cols, .next = next_line, .from = &b};
  int code = sbnn_dense_read(&d, a, o, t, f->error);
  free(b.values);
  return code;
}

/* ---- sparse ---- */

static int bad(sbnn_h5 *f, const char *path, const char *what) {
  return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: the sparse matrix is damaged: %s; save it again", path,
                   what);
}

/* start[lines + 1], ascending from 0 to the number of values. */
static int read_starts(sbnn_h5 *f, const sbnn_h5_matrix *m, const char *path, size_t *start) {
  const size_t n = m->starts.shape[0];
  int64_t *v = sbnn_alloc(n, sizeof *v);
  int code = sbnn_h5_read_int64s(f, &m->starts, 0, n, v);
  bool good = code != SBNN_OK || (v[0] == 0 && (uint64_t)v[n - 1] == m->values.shape[0]);
  for (size_t i = 0; i < n && good && code == SBNN_OK; i++) {
    good = i == 0 || v[i] >= v[i - 1];
    start[i] = (size_t)v[i];
  }
  free(v);
  return good ? code : bad(f, path, "the starts of its lines do not ascend to the number of its values");
}

/* Places and values; `value` or `number` receives these. */
static int read_values(sbnn_h5 *f, const sbnn_h5_matrix *m, const char *path, uint32_t *place, float *value,
                       double *number) {
  const size_t n = m->values.shape[0], length = m->by_columns ? m->n_rows : m->n_cols,
               block = sbnn_h5_band(&m->values, BLOCK), other = sbnn_h5_band(&m->places, BLOCK),
               room = block > other ? block : other;
  union {
    int64_t *i;
    double *d;
  } v = {.d = sbnn_alloc(room < n ? room : n, sizeof *v.d)};
  int code = SBNN_OK;
  for (size_t i = 0, k; i < n && code == SBNN_OK; i += k) {
    k = n - i < other ? n - i : other;
    code = sbnn_h5_read_int64s(f, &m->places, i, k, v.i);
    for (size_t j = 0; j < k && code == SBNN_OK; j++) {
      if (v.i[j] < 0 || (uint64_t)v.i[j] >= length) code = bad(f, path, "a value lies outside of it");
      place[i + j] = (uint32_t)v.i[j];
    }
  }
  for (size_t i = 0, k; i < n && code == SBNN_OK; i += k) {
    k = n - i < block ? n - i : block;
    code = sbnn_h5_read_doubles(f, &m->values, i, k, number ? number + i : v.d);
    for (size_t j = 0; j < k && !number && code == SBNN_OK; j++) value[i + j] = (float)v.d[j];
  }
  free(v.d);
  return code;
}

typedef struct entry {
  uint32_t place;
  float value;
} entry;

static int by_place(const void *a, const void *b) {
  const entry *x = a, *y = b;
  return (x->place > y->place) - (x->place < y->place);
}

/* Most writers sort their lines; the others' are sorted here. */
static void sort_line(uint32_t *place, float *value, size_t n) {
  size_t i = 1;
  while (i < n && place[i - 1] < place[i]) i++;
  if (i >= n) return;
  entry *line = sbnn_alloc(n, sizeof *line);
  for (i = 0; i < n; i++) line[i] = (entry){place[i], value[i]};
  qsort(line, n, sizeof *line, by_place);
  for (i = 0; i < n; i++) place[i] = line[i].place, value[i] = line[i].value;
  free(line);
}

/* Lines in order, no place twice, no NaN, no zeros stored. */
static int tidy(sbnn_h5 *f, const char *path, bool by_columns, bool allow_missing, sbnn_counts *c) {
  size_t to = 0, from = 0;
  for (size_t i = 0; i < c->n_rows; i++) {
    const size_t end = c->start[i + 1];
    sort_line(c->column + from, c->value + from, end - from);
    for (size_t k = from; k < end; k++) {
      const size_t line = i, place = c->column[k];
      if (k > from && c->column[k] == c->column[k - 1])
        return sbnn_fail(f->error, SBNN_BAD_INPUT,
                         "%s, row %zu, column %zu (from 0): the place has two values; save the matrix again, "
                         "after sum_duplicates() in SciPy",
                         path, by_columns ? place : line, by_columns ? line : place);
      if (isnan(c->value[k]) && !allow_missing)
        return sbnn_fail(
            f->error, SBNN_BAD_INPUT,
            "%s, row %zu, column %zu (from 0): a missing value (NaN); fill it in, or remove its row "
            "or column",
            path, by_columns ? place : line, by_columns ? line : place);
    }
    for (size_t k = from; k < end; k++) {
      if (c->value[k] == 0) continue;
      c->column[to] = c->column[k];
      c->value[to++] = c->value[k];
    }
    from = end;
    c->start[i + 1] = to;
  }
  return SBNN_OK;
}

/* Rows become columns, the chosen ones in their order. */
static void turn(sbnn_counts *c, const size_t *columns, size_t n) {
  sbnn_counts turned = sbnn_counts_columns(c, columns, n);
  sbnn_counts_free(c);
  *c = turned;
}

static void turn_all(sbnn_counts *c) {
  size_t *all = sbnn_alloc(c->n_cols, sizeof *all);
  for (size_t i = 0; i < c->n_cols; i++) all[i] = i;
  turn(c, all, c->n_cols);
  free(all);
}

/* From lines as they lie in the file to cells by the features that are kept. */
static void arrange(const sbnn_h5_matrix *m, const sbnn_name_lists *a, sbnn_counts *c) {
  const bool lines_are_cells = m->by_columns == a->features_first;
  if (lines_are_cells && a->features.n_kept == a->features.n) return;
  size_t *kept = sbnn_alloc(a->features.n_kept, sizeof *kept);
  for (size_t i = 0; i < a->features.n; i++)
    if (a->features.place[i] != SBNN_ABSENT) kept[a->features.place[i]] = i;
  if (lines_are_cells) turn(c, kept, a->features.n_kept); /* features by cells */
  else if (a->features.n_kept < a->features.n) {
    sbnn_counts rows = sbnn_counts_rows(c, kept, a->features.n_kept);
    sbnn_counts_free(c);
    *c = rows;
  }
  turn_all(c);
  free(kept);
}

static int read_counts(sbnn_h5 *f, const sbnn_h5_matrix *m, const char *path, const sbnn_name_lists *a,
                       const sbnn_table_options *o, sbnn_table *t) {
  const size_t lines = m->starts.shape[0] - 1, n = m->values.shape[0];
  sbnn_counts *c = &t->counts;
  *c = (sbnn_counts){.n_rows = lines,
                     .n_cols = m->by_columns ? m->n_rows : m->n_cols,
                     .start = sbnn_alloc(lines + 1, sizeof *c->start),
                     .column = sbnn_alloc(n, sizeof *c->column),
                     .value = sbnn_alloc(n, sizeof *c->value),
                     .row_room = lines,
                     .room = n};
  int code = read_starts(f, m, path, c->start);
  if (code == SBNN_OK) code = read_values(f, m, path, c->column, c->value, NULL);
  if (code == SBNN_OK) code = tidy(f, path, m->by_columns, o->allow_missing, c);
  if (code != SBNN_OK) return code;
  arrange(m, a, c);
  t->n_rows = c->n_rows;
  t->n_cols = c->n_cols;
  return SBNN_OK;
}

/* A small one: responses, in double precision. */
static int read_numbers(sbnn_h5 *f, const sbnn_h5_matrix *m, const char *path, const sbnn_name_lists *a,
                        const sbnn_table_options *o, sbnn_table *t) {
  const size_t n = m->values.shape[0];
  size_t *start = sbnn_alloc(m->starts.shape[0], sizeof *start);
  uint32_t *place = sbnn_alloc(n, sizeof *place);
  double *value = sbnn_alloc(n, sizeof *value);
  sbnn_compressed c = {.path = path,
                       .n_rows = m->n_rows,
                       .n_cols = m->n_cols,
                       .by_columns = m->by_columns,
                       .n = n,
                       .start = start,
                       .place = place,
                       .value = value};
  int code = read_starts(f, m, path, start);
  if (code == SBNN_OK) code = read_values(f, m, path, place, NULL, value);
  if (code == SBNN_OK) code = sbnn_compressed_read(&c, a, o, t, f->error);
  free(start);
  free(place);
  free(value);
  return code;
}

int sbnn_h5_matrix_read(sbnn_h5 *f, const sbnn_h5_matrix *m, const sbnn_name_lists *a,
                        const sbnn_table_options *o, sbnn_table *t) {
  char *path = sbnn_format("%s, %.200s", f->path, m->path);
  int code = !m->sparse  ? read_dense(f, m, path, a, o, t)
             : o->sparse ? read_counts(f, m, path, a, o, t)
                         : read_numbers(f, m, path, a, o, t);
  free(path);
  return code;
}
