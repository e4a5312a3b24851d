/* table_npz.c - archives of NumPy arrays (.npz): those of numpy.savez and savez_compressed, and the sparse
 * matrices of scipy.sparse.save_npz, which stay sparse. One of table.c's readers (readers.h); which array is
 * which: container.c. The library reads the archive (tensor/files/npz.h). */
#include "data/container.h"
#include "data/readers.h"
#include "data/source.h"

#include <string.h>

/* A ZIP archive whose first member is an .npy; other archives are workbooks and the like. */
static bool holds_arrays(const char *path) {
  enum { NAME = 30, ROOM = 300 };
  unsigned char start[ROOM];
  size_t have = sbnn_source_peek(path, (char *)start, ROOM);
  if (have < NAME || memcmp(start, "PK\003\004", 4) != 0) return false;
  size_t length = start[26] | (size_t)start[27] << 8;
  return length >= 4 && NAME + length <= have && memcmp(start + NAME + length - 4, ".npy", 4) == 0;
}

static bool claims(const char *path) { return sbnn_container_claims(path, ".npz") || holds_arrays(path); }

#if NABLA_LIBZIP

#include "data/matrix.h"
#include "data/npy.h"
#include "tensor/files/npz.h"

#include <stdio.h>
#include <stdlib.h>

/* One array: where it is, and what its header says. */
typedef struct member {
  uint64_t bytes;
  char *path; /* for messages */
  sbnn_npy array;
} member;

typedef struct archive {
  sbnn_container c;
  tn_npz *npz;
  member *members;              /* in its order */
  size_t n;                     /* members */
  size_t *of_variable;          /* the container's variables to members */
  size_t data, indices, indptr; /* of a sparse matrix, whose variable is `data`'s */
  bool by_columns;              /* csc */
} archive;

/* ---- members ---- */

static int failed(const archive *a, tn_status status, const char *message) {
  return sbnn_fail(a->c.error, status == TN_ENOMEM ? SBNN_FAILED : SBNN_BAD_INPUT, "%s", message);
}

static int read_member(void *from, char *out, size_t n, size_t *got, sbnn_error *e) {
  archive *a = from;
  char message[TN_FILE_MESSAGE];
  int code = sbnn_source_interrupted(a->c.path, e);
  if (code != SBNN_OK) return code;
  tn_status status = tn_npz_next(a->npz, out, n, got, message);
  return status == TN_OK ? SBNN_OK : failed(a, status, message);
}

/* Opens the member and passes its header. */
static int open_member(archive *a, size_t i) {
  member *m = &a->members[i];
  char message[TN_FILE_MESSAGE];
  m->array = (sbnn_npy){.path = m->path, .error = a->c.error, .from = a, .read = read_member};
  tn_status status = tn_npz_begin(a->npz, i, message);
  return status == TN_OK ? sbnn_npy_header(&m->array) : failed(a, status, message);
}

static int add_member(archive *a, size_t i) {
  const tn_npz_member *x = tn_npz_at(a->npz, i);
  a->members = sbnn_realloc(a->members, a->n + 1, sizeof *a->members);
  a->members[a->n++] = (member){.bytes = x->bytes, .path = sbnn_format("%s, array '%s'", a->c.path, x->name)};
  int code = open_member(a, i);
  tn_npz_end(a->npz);
  return code;
}

static const char *name_of(const archive *a, size_t i, char name[64]) {
  snprintf(name, 64, "%s", tn_npz_at(a->npz, i)->name);
  return name;
}

static size_t find_member(const archive *a, const char *wanted) {
  char name[64];
  for (size_t i = 0; i < a->n; i++)
    if (strcmp(name_of(a, i, name), wanted) == 0) return i;
  return a->n;
}

/* ---- reading an array ---- */

/* The member holds just its n elements. */
static int check_elements(const member *m, size_t n) {
  size_t bytes;
  if (!__builtin_mul_overflow(n, m->array.header.width, &bytes) && m->bytes >= m->array.header_bytes &&
      m->bytes - m->array.header_bytes == bytes)
    return SBNN_OK;
  return sbnn_fail(m->array.error, SBNN_BAD_INPUT,
                   "%s: the header announces %zu elements, which the array does not hold; save it again",
                   m->path, n);
}

/* Opens member i for all of its elements. */
static int begin(archive *a, size_t i) {
  const member *m = &a->members[i];
  size_t n;
  int code = open_member(a, i);
  if (code != SBNN_OK) return code;
  if (__builtin_mul_overflow(m->array.shape[0], m->array.shape[1], &n)) n = SIZE_MAX;
  return m->array.header.kind == '?' ? sbnn_npy_refuse_type(&m->array) : check_elements(m, n);
}

/* After the last element: the end, where the checksum is compared. */
static int finish(archive *a, size_t i, int code) {
  char extra;
  size_t got;
  if (code == SBNN_OK) code = sbnn_npy_bytes(&a->members[i].array, &extra, 1, &got);
  tn_npz_end(a->npz);
  return code;
}

static int read_strings(sbnn_container *c, size_t v, sbnn_strings *out) {
  archive *a = c->file;
  size_t i = a->of_variable[v];
  member *m = &a->members[i];
  int code = begin(a, i);
  if (code == SBNN_OK) code = sbnn_npy_strings(&m->array, m->array.shape[0] * m->array.shape[1], out);
  return finish(a, i, code);
}

/* A list of numbers, in pieces, each of which `take` gets. */
static int read_list(archive *a, size_t i, void (*take)(void *to, size_t at, double v), void *to) {
  enum { PIECE = 4096 };
  member *m = &a->members[i];
  unsigned char bytes[PIECE * 8];
  double v[PIECE];
  int code = begin(a, i);
  if (code == SBNN_OK && !sbnn_npy_is_number(&m->array)) code = sbnn_npy_refuse_type(&m->array);
  for (size_t at = 0, n = m->array.shape[0] * m->array.shape[1]; at < n && code == SBNN_OK; at += PIECE) {
    size_t some = n - at < PIECE ? n - at : PIECE;
    code = sbnn_npy_numbers(&m->array, some, bytes, v);
    for (size_t k = 0; k < some && code == SBNN_OK; k++) take(to, at + k, v[k]);
  }
  return finish(a, i, code);
}

static void take_value(void *to, size_t at, double v) { ((double *)to)[at] = v; }
/* What is no whole number of its kind becomes the largest, which no matrix has. */
static void take_place(void *to, size_t at, double v) {
  ((uint32_t *)to)[at] = v >= 0 && v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}
static void take_start(void *to, size_t at, double v) {
  ((size_t *)to)[at] = v >= 0 && v < 9e15 ? (size_t)v : SIZE_MAX;
}

static int read_sparse(archive *a, const char *path, const sbnn_name_lists *axes, const sbnn_table_options *o,
                       const sbnn_variable *x, sbnn_table *t) {
  const size_t n = a->members[a->data].array.shape[0], n_starts = a->members[a->indptr].array.shape[0];
  const size_t lists[] = {a->data, a->indices, a->indptr};
  for (size_t i = 0; i < 3; i++) { /* before memory is asked for */
    const member *m = &a->members[lists[i]];
    int fault = check_elements(m, m->array.shape[0]);
    if (fault != SBNN_OK) return fault;
  }
  double *value = sbnn_alloc(n, sizeof *value);
  uint32_t *place = sbnn_alloc(n, sizeof *place);
  size_t *start = sbnn_alloc(n_starts, sizeof *start);
  int code = read_list(a, a->indptr, take_start, start);
  if (code == SBNN_OK) code = read_list(a, a->indices, take_place, place);
  if (code == SBNN_OK) code = read_list(a, a->data, take_value, value);
  sbnn_compressed m = {.path = path,
                       .n_rows = x->shape[0],
                       .n_cols = x->shape[1],
                       .by_columns = a->by_columns,
                       .n = n,
                       .start = start,
                       .place = place,
                       .value = value};
  if (code == SBNN_OK) code = sbnn_compressed_read(&m, axes, o, t, a->c.error);
  free(value);
  free(place);
  free(start);
  return code;
}

typedef struct dense {
  member *m;
  unsigned char *bytes;
} dense;

static int next_numbers(void *from, size_t n, double *out, sbnn_error *e) {
  (void)e; /* the array's own */
  dense *d = from;
  return sbnn_npy_numbers(&d->m->array, n, d->bytes, out);
}

static int read_dense(archive *a, size_t i, const char *path, const sbnn_name_lists *axes,
                      const sbnn_table_options *o, sbnn_table *t) {
  dense d = {.m = &a->members[i]};
  int code = begin(a, i);
  if (code == SBNN_OK && !sbnn_npy_is_number(&d.m->array)) code = sbnn_npy_refuse_type(&d.m->array);
  if (code == SBNN_OK) {
    const sbnn_npy *x = &d.m->array;
    d.bytes = sbnn_alloc(x->shape[!x->header.fortran], x->header.width);
    sbnn_dense m = {.path = path,
                    .n_rows = x->shape[0],
                    .n_cols = x->shape[1],
                    .by_columns = x->header.fortran,
                    .from = &d,
                    .next = next_numbers};
    code = sbnn_dense_read(&m, axes, o, t, a->c.error);
  }
  free(d.bytes);
  return finish(a, i, code);
}

static int read_matrix(sbnn_container *c, size_t v, const char *path, const sbnn_name_lists *axes,
                       const sbnn_table_options *o, sbnn_table *t) {
  archive *a = c->file;
  const sbnn_variable *x = &c->variables[v];
  if (x->kind == SBNN_VARIABLE_SPARSE) return read_sparse(a, path, axes, o, x, t);
  return read_dense(a, a->of_variable[v], path, axes, o, t);
}

/* ---- what the archive holds ---- */

static void add_variable(archive *a, size_t i, sbnn_variable_kind kind, int n_dims, size_t rows,
                         size_t columns) {
  char name[64];
  a->of_variable = sbnn_realloc(a->of_variable, a->c.n + 1, sizeof *a->of_variable);
  a->of_variable[a->c.n] = i;
  sbnn_container_add(&a->c, name_of(a, i, name), kind, n_dims, rows, columns);
}

static int refuse_sparse(const archive *a, const char *what) {
  return sbnn_fail(a->c.error, SBNN_BAD_INPUT,
                   "%s: %s; write it with scipy.sparse.save_npz(file, matrix.tocsr())", a->c.path, what);
}

/* The text of SciPy's member "format", an array of no dimension. */
static int read_format(archive *a, size_t i, char format[8]) {
  sbnn_strings words = {0};
  int code = begin(a, i);
  if (code == SBNN_OK) code = sbnn_npy_strings(&a->members[i].array, 1, &words);
  if (code == SBNN_OK) snprintf(format, 8, "%s", words.items[0]);
  sbnn_strings_free(&words);
  return finish(a, i, code);
}

/* Whether csr or csc, and that the three lists fit. */
static int check_sparse(archive *a, const char *format, const size_t shape[2]) {
  const sbnn_npy *data = &a->members[a->data].array, *indices = &a->members[a->indices].array,
                 *indptr = &a->members[a->indptr].array;
  a->by_columns = *format ? strcmp(format, "csc") == 0 : indptr->shape[0] != shape[0] + 1;
  if (data->header.rank != 1 || indices->header.rank != 1 || indptr->header.rank != 1 ||
      shape[0] >= UINT32_MAX || shape[1] >= UINT32_MAX || shape[0] == 0 || shape[1] == 0 ||
      indices->shape[0] != data->shape[0] || indptr->shape[0] != shape[a->by_columns] + 1)
    return refuse_sparse(a, "its data, indices, indptr and shape do not fit each other");
  return SBNN_OK;
}

/* data, indices, indptr and shape together are one matrix. */
static int find_sparse(archive *a, bool *found) {
  size_t shape = find_member(a, "shape"), format = find_member(a, "format");
  char word[8] = "";
  size_t lengths[2] = {0};
  a->data = find_member(a, "data");
  a->indices = find_member(a, "indices");
  a->indptr = find_member(a, "indptr");
  *found = a->data < a->n && shape < a->n && (format < a->n || a->indptr < a->n);
  int code = *found && format < a->n ? read_format(a, format, word) : SBNN_OK;
  if (code != SBNN_OK || !*found) return code;
  if (*word && strcmp(word, "csr") != 0 && strcmp(word, "csc") != 0)
    return refuse_sparse(a, "only SciPy's sparse formats csr and csc are read, not this one");
  if (a->indices == a->n || a->indptr == a->n)
    return refuse_sparse(a, "a sparse matrix has arrays data, indices, indptr and shape, some are missing");
  const sbnn_npy *s = &a->members[shape].array;
  if (s->header.rank != 1 || s->shape[0] != 2)
    return refuse_sparse(a, "the shape of its sparse matrix is not a pair of numbers");
  code = read_list(a, shape, take_start, lengths);
  if (code == SBNN_OK) code = check_sparse(a, word, lengths);
  if (code == SBNN_OK) add_variable(a, a->data, SBNN_VARIABLE_SPARSE, 2, lengths[0], lengths[1]);
  return code;
}

static bool is_part_of_sparse(const char *name) {
  static const char *const parts[] = {"data", "indices", "indptr", "shape", "format"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (strcmp(name, parts[i]) == 0) return true;
  return false;
}

static int list_variables(archive *a) {
  bool sparse;
  char name[64];
  int code = find_sparse(a, &sparse);
  for (size_t i = 0; i < a->n && code == SBNN_OK; i++) {
    const sbnn_npy *x = &a->members[i].array;
    sbnn_variable_kind kind = sbnn_npy_is_number(x)   ? SBNN_VARIABLE_NUMBERS
                              : x->header.kind == '?' ? SBNN_VARIABLE_OTHER
                                                      : SBNN_VARIABLE_TEXT;
    if (x->shape[0] == 0 || x->shape[1] == 0) kind = SBNN_VARIABLE_OTHER;
    if (!sparse || !is_part_of_sparse(name_of(a, i, name)))
      add_variable(a, i, kind, x->header.rank, x->shape[0], x->shape[1]);
  }
  return code;
}

static int open_archive(sbnn_container *c) {
  archive *a = c->file;
  char message[TN_FILE_MESSAGE];
  tn_status status = tn_npz_open(NULL, a->c.path, &a->npz, message);
  int code = status == TN_OK ? SBNN_OK : failed(a, status, message);
  for (size_t i = 0; code == SBNN_OK && i < tn_npz_count(a->npz); i++) code = add_member(a, i);
  return code == SBNN_OK ? list_variables(a) : code;
}

static void close_archive(sbnn_container *c) {
  archive *a = c->file;
  tn_npz_close(a->npz);
  for (size_t i = 0; i < a->n; i++) free(a->members[i].path);
  free(a->members);
  free(a->of_variable);
}

static int read_named(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                      sbnn_error *e) {
  archive a = {.c = {.ending = ".npz",
                     .what = "array",
                     .open = open_archive,
                     .strings = read_strings,
                     .matrix = read_matrix,
                     .close = close_archive}};
  a.c.file = &a;
  return sbnn_container_read(&a.c, path, o, t, l, e);
}

#else

static int read_named(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                      sbnn_error *e) {
  (void)o, (void)t, (void)l;
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s: this build cannot read .npz (it was made without libzip); save each array with "
                   "numpy.save, or the table as CSV",
                   path);
}

#endif

const sbnn_file_format sbnn_format_npz = {.shown = ".npz", .claims = claims, .read_named = read_named};
