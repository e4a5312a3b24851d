/* table_npy.c - NumPy arrays (.npy, versions 1 to 3) of two dimensions and any kind of number, in C or
 * Fortran order, with their lists of features and cells (axes.h). One of table.c's readers (readers.h). */
#include "data/axes.h"
#include "data/readers.h"
#include "data/source.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER = 1 << 16 };

typedef struct array {
  const char *path;
  sbnn_error *error;
  sbnn_source *source;
  sbnn_axes axes;
  char kind; /* 'f', 'i', 'u' or 'b' */
  size_t width;
  bool big_endian, fortran;
  size_t shape[2];
} array;

bool sbnn_table_claims_npy(const char *path) { return sbnn_looks_like(path, ".npy", "\x93NUMPY"); }

/* *got < n only at the end of the file. */
static int read_bytes(array *a, void *out, size_t n, size_t *got) {
  *got = 0;
  for (size_t some = 1; *got < n && some > 0; *got += some) {
    int code = sbnn_source_read(a->source, (char *)out + *got, n - *got, &some, a->error);
    if (code != SBNN_OK) return code;
  }
  return SBNN_OK;
}

/* ---- header ---- */

static int header_error(array *a, const char *what) {
  return sbnn_fail(a->error, SBNN_BAD_INPUT, "%s: %s; save it again with numpy.save", a->path, what);
}

/* What follows 'key': in the header, which is a Python dictionary; NULL if it is not there. */
static const char *value_of(const char *header, const char *key) {
  const char *at = strstr(header, key);
  if (!at) return NULL;
  at += strlen(key);
  at += strspn(at, " ");
  if (*at++ != ':') return NULL;
  return at + strspn(at, " ");
}

static int parse_type(array *a, const char *s) {
  static const char *const kinds[] = {"f48", "i1248", "u1248", "b1"};
  if (!s || (*s != '\'' && *s != '"')) return header_error(a, "the header names no type of number");
  char quote = *s++;
  a->big_endian = *s == '>';
  if (strchr("<>|=", *s)) s += *s != '\0';
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (s[0] == kinds[i][0] && s[1] && strchr(kinds[i] + 1, s[1]) && s[2] == quote) {
      a->kind = s[0];
      a->width = (size_t)(s[1] - '0');
      return SBNN_OK;
    }
  return sbnn_fail(
      a->error, SBNN_BAD_INPUT,
      "%s: arrays of the NumPy type '%.12s' are not read; save it as float32, float64 or an integer "
      "type of up to 64 bits",
      a->path, s);
}

static int parse_shape(array *a, const char *s) {
  int n = 0;
  if (!s || *s != '(') return header_error(a, "the header has no shape");
  for (s++; *s && *s != ')'; s += strspn(s, ", ")) {
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 18)
      return header_error(a, "the shape in the header is no list of whole numbers");
    if (n < 2) a->shape[n] = (size_t)strtoull(s, NULL, 10);
    n++;
    s += digits;
  }
  if (n == 2 && a->shape[0] > 0 && a->shape[1] > 0) return SBNN_OK;
  return sbnn_fail(a->error, SBNN_BAD_INPUT,
                   "%s: the array has %d dimensions%s; give one of two, cells and genes (or responses)",
                   a->path, n, n == 2 ? ", one of them of length 0" : "");
}

static int parse_header(array *a, char *header) {
  for (char *c = header; *c; c++)
    if (*c == '\t' || *c == '\n') *c = ' ';
  const char *order = value_of(header, "'fortran_order'");
  if (!order || (strncmp(order, "True", 4) != 0 && strncmp(order, "False", 5) != 0))
    return header_error(a, "the header does not say fortran_order");
  a->fortran = *order == 'T';
  int code = parse_type(a, value_of(header, "'descr'"));
  return code == SBNN_OK ? parse_shape(a, value_of(header, "'shape'")) : code;
}

static int read_header(array *a) {
  unsigned char start[12];
  size_t got, length;
  int code = read_bytes(a, start, 10, &got);
  if (code != SBNN_OK) return code;
  if (got == 0) return header_error(a, "the file is empty");
  if (got < 10 || memcmp(start, "\x93NUMPY", 6) != 0) return header_error(a, "this is no NumPy array");
  if (start[6] < 1 || start[6] > 3) return header_error(a, "the version of the NumPy format is unknown");
  length = start[8] | (size_t)start[9] << 8;
  if (start[6] > 1) {
    code = read_bytes(a, start + 10, 2, &got);
    if (code != SBNN_OK) return code;
    length |= got < 2 ? 0 : (size_t)start[10] << 16 | (size_t)start[11] << 24;
  }
  if (length > MAX_HEADER) return header_error(a, "the header is too long");
  char *header = sbnn_alloc(length + 1, 1);
  code = read_bytes(a, header, length, &got);
  if (code == SBNN_OK && (got < length || strlen(header) < length))
    code = header_error(a, "the header is cut off");
  if (code == SBNN_OK) code = parse_header(a, header);
  free(header);
  return code;
}

/* ---- numbers ---- */

/* Of `width` bytes, in this order. */
static uint64_t bits_of(const unsigned char *bytes, size_t width, bool big_endian) {
  uint64_t v = 0;
  for (size_t i = 0; i < width; i++) v = v << 8 | bytes[big_endian ? i : width - 1 - i];
  return v;
}

static double number(const array *a, const unsigned char *bytes) {
  uint64_t bits = bits_of(bytes, a->width, a->big_endian);
  if (a->kind == 'f' && a->width == 4) {
    uint32_t half = (uint32_t)bits;
    float v;
    memcpy(&v, &half, sizeof v);
    return (double)v;
  }
  if (a->kind == 'f') {
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
  }
  if (a->kind == 'i') {
    uint64_t sign = (uint64_t)1 << (8 * a->width - 1);
    return bits & sign ? -(double)((~bits & (sign - 1)) + 1) : (double)bits;
  }
  return (double)bits;
}

/* One row as it lies in the file; `at` is its position there. */
static int read_row(array *a, size_t at, size_t n, unsigned char *bytes, bool allow_missing, double *row) {
  size_t got;
  int code = read_bytes(a, bytes, n * a->width, &got);
  if (code != SBNN_OK) return code;
  if (got < n * a->width)
    return sbnn_fail(a->error, SBNN_BAD_INPUT,
                     "%s: the file ends in number %zu of the %zu x %zu it announces; copy or save it again",
                     a->path, at * n + got / a->width + 1, a->shape[0], a->shape[1]);
  for (size_t j = 0; j < n; j++) {
    row[j] = number(a, bytes + j * a->width);
    if (row[j] == row[j] || allow_missing) continue;
    return sbnn_fail(
        a->error, SBNN_BAD_INPUT,
        "%s, row %zu, column %zu (from 0, as in NumPy): a missing value (NaN); fill it in, or remove its "
        "row or column",
        a->path, a->fortran ? j : at, a->fortran ? at : j);
  }
  return SBNN_OK;
}

static void keep_row(const array *a, size_t at, bool features_outside, size_t n, bool sparse, double *row,
                     sbnn_table *t) {
  const size_t *place = a->axes.features.place;
  if (features_outside && place[at] == SBNN_ABSENT) return;
  for (size_t j = 0; !features_outside && j < n; j++)
    if (place[j] != SBNN_ABSENT) row[place[j]] = row[j]; /* never to the right */
  sbnn_table_add_row(t, sparse, row);
}

/* Rows as they lie in the file, whose slow dimension is the outer one: in Fortran order the array's columns.
 */
static int read_rows(array *a, const sbnn_table_options *o, sbnn_table *t) {
  size_t outer = a->shape[a->fortran], inner = a->shape[!a->fortran], got;
  bool features_outside = a->axes.features_first != a->fortran;
  unsigned char *bytes = sbnn_alloc(inner, a->width);
  double *row = sbnn_alloc(inner, sizeof *row);
  t->n_cols = features_outside ? inner : a->axes.features.n_kept;
  int code = SBNN_OK;
  for (size_t i = 0; i < outer && code == SBNN_OK; i++) {
    code = read_row(a, i, inner, bytes, o->allow_missing, row);
    if (code == SBNN_OK) keep_row(a, i, features_outside, inner, o->sparse, row, t);
  }
  if (code == SBNN_OK) code = read_bytes(a, bytes, 1, &got); /* also completes the hash */
  if (code == SBNN_OK && got) code = header_error(a, "there are more bytes than the header announces");
  free(bytes);
  free(row);
  if (code == SBNN_OK && features_outside) sbnn_table_transpose(t, o->sparse);
  return code;
}

int sbnn_table_read_npy(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e) {
  array a = {.path = path, .error = e, .source = sbnn_source_open(path, e)};
  if (!a.source) return e ? e->code : SBNN_BAD_INPUT;
  int code = read_header(&a);
  if (code == SBNN_OK) code = sbnn_axes_read(path, ".npy", options, &a.axes, e);
  if (code == SBNN_OK)
    code = sbnn_axes_match(&a.axes, path, a.shape[0], a.shape[1], options->genes_in, SBNN_GENES_AUTO, e);
  if (code == SBNN_OK) code = read_rows(&a, options, t);
  if (code == SBNN_OK) sbnn_axes_name(&a.axes, path, sbnn_source_hash(a.source), t);
  sbnn_axes_free(&a.axes);
  sbnn_source_close(a.source);
  return code;
}
