/* npy.c - see npy.h. */
#include "data/npy.h"

#include "data/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER = 1 << 16, MAX_STRING = 1 << 14 };

int sbnn_npy_bytes(sbnn_npy *a, void *out, size_t n, size_t *got) {
  *got = 0;
  for (size_t some = 1; *got < n && some > 0; *got += some) {
    int code = a->read(a->from, (char *)out + *got, n - *got, &some, a->error);
    if (code != SBNN_OK) return code;
  }
  return SBNN_OK;
}

/* ---- header ---- */

static int header_error(const sbnn_npy *a, const char *what) {
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

/* "f4", "u1", "b1". */
static bool parse_number_type(sbnn_npy *a, const char *s, char quote) {
  static const char *const kinds[] = {"f48", "i1248", "u1248", "b1"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (s[0] == kinds[i][0] && s[1] && strchr(kinds[i] + 1, s[1]) && s[2] == quote) {
      a->kind = s[0];
      a->width = (size_t)(s[1] - '0');
      return true;
    }
  return false;
}

/* "U12", "S8": characters of four bytes, or bytes. */
static bool parse_text_type(sbnn_npy *a, const char *s, char quote) {
  if (*s != 'U' && *s != 'S') return false;
  size_t digits = strspn(s + 1, "0123456789");
  if (digits == 0 || digits > 9 || s[1 + digits] != quote || strtoull(s + 1, NULL, 10) == 0) return false;
  a->kind = *s;
  a->width = (size_t)strtoull(s + 1, NULL, 10) * (*s == 'U' ? 4 : 1);
  return true;
}

static int parse_type(sbnn_npy *a, const char *s) {
  if (!s) return header_error(a, "the header names no type of number");
  a->kind = '?';
  a->width = 0;
  if (*s != '\'' && *s != '"') { /* a list: a structured type */
    snprintf(a->type, sizeof a->type, "%.12s", s);
    return SBNN_OK;
  }
  char quote = *s++;
  a->big_endian = *s == '>';
  if (strchr("<>|=", *s)) s += *s != '\0';
  snprintf(a->type, sizeof a->type, "%.*s", (int)strcspn(s, "'\""), s);
  if (!parse_number_type(a, s, quote)) parse_text_type(a, s, quote);
  return SBNN_OK;
}

static int parse_shape(sbnn_npy *a, const char *s) {
  if (!s || *s != '(') return header_error(a, "the header has no shape");
  a->n_dims = 0;
  for (int i = 0; i < SBNN_NPY_DIMS; i++) a->shape[i] = 1;
  for (s++; *s && *s != ')'; s += strspn(s, ", ")) {
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 18)
      return header_error(a, "the shape in the header is no list of whole numbers");
    if (a->n_dims < SBNN_NPY_DIMS) a->shape[a->n_dims] = (size_t)strtoull(s, NULL, 10);
    a->n_dims++;
    s += digits;
  }
  return SBNN_OK;
}

static int parse_header(sbnn_npy *a, char *header) {
  for (char *c = header; *c; c++)
    if (*c == '\t' || *c == '\n') *c = ' ';
  const char *order = value_of(header, "'fortran_order'");
  if (!order || (strncmp(order, "True", 4) != 0 && strncmp(order, "False", 5) != 0))
    return header_error(a, "the header does not say fortran_order");
  a->fortran = *order == 'T';
  int code = parse_type(a, value_of(header, "'descr'"));
  return code == SBNN_OK ? parse_shape(a, value_of(header, "'shape'")) : code;
}

int sbnn_npy_header(sbnn_npy *a) {
  unsigned char start[12];
  size_t got, length, before = 10;
  int code = sbnn_npy_bytes(a, start, 10, &got);
  if (code != SBNN_OK) return code;
  if (got == 0) return header_error(a, "the file is empty");
  if (got < 10 || memcmp(start, "\x93NUMPY", 6) != 0) return header_error(a, "this is no NumPy array");
  if (start[6] < 1 || start[6] > 3) return header_error(a, "the version of the NumPy format is unknown");
  length = start[8] | (size_t)start[9] << 8;
  if (start[6] > 1) {
    code = sbnn_npy_bytes(a, start + 10, 2, &got);
    if (code != SBNN_OK) return code;
    length |= got < 2 ? 0 : (size_t)start[10] << 16 | (size_t)start[11] << 24;
    before += 2;
  }
  if (length > MAX_HEADER) return header_error(a, "the header is too long");
  char *header = sbnn_alloc(length + 1, 1);
  code = sbnn_npy_bytes(a, header, length, &got);
  if (code == SBNN_OK && (got < length || strlen(header) < length))
    code = header_error(a, "the header is cut off");
  if (code == SBNN_OK) code = parse_header(a, header);
  a->header_bytes = before + length;
  free(header);
  return code;
}

bool sbnn_npy_is_number(const sbnn_npy *a) { return a->kind && strchr("fiub", a->kind) != NULL; }

int sbnn_npy_refuse_type(const sbnn_npy *a) {
  return sbnn_fail(
      a->error, SBNN_BAD_INPUT,
      "%s: arrays of the NumPy type '%s' are not read; save it as float32, float64 or an integer "
      "type of up to 64 bits%s",
      a->path, a->type, strchr("OUS", *a->type) ? ", names as text: numpy.array(names, dtype=str)" : "");
}

/* ---- numbers ---- */

/* Of `width` bytes, in this order. */
static uint64_t bits_of(const unsigned char *bytes, size_t width, bool big_endian) {
  uint64_t v = 0;
  for (size_t i = 0; i < width; i++) v = v << 8 | bytes[big_endian ? i : width - 1 - i];
  return v;
}

static double number(const sbnn_npy *a, const unsigned char *bytes) {
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

int sbnn_npy_numbers(sbnn_npy *a, size_t n, unsigned char *bytes, double *out) {
  size_t got;
  int code = sbnn_npy_bytes(a, bytes, n * a->width, &got);
  if (code != SBNN_OK) return code;
  if (got < n * a->width)
    return sbnn_fail(a->error, SBNN_BAD_INPUT,
                     "%s: the file ends in number %zu of the %zu x %zu it announces; copy or save it again",
                     a->path, a->done + got / a->width + 1, a->shape[0], a->shape[1]);
  a->done += n;
  for (size_t j = 0; j < n; j++) out[j] = number(a, bytes + j * a->width);
  return SBNN_OK;
}

/* ---- text ---- */

/* One element into `text`, which has room for it; NUL at its end is padding. */
static bool text_of(const sbnn_npy *a, const unsigned char *bytes, char *text) {
  size_t size = a->kind == 'U' ? 4 : 1, n = 0;
  bool good = true;
  for (size_t k = 0; good && k < a->width; k += size) {
    uint32_t c = (uint32_t)bits_of(bytes + k, size, a->big_endian);
    if (c == 0) break;
    if (size == 4) good = sbnn_put_utf8(text, &n, c);
    else text[n++] = (char)c;
  }
  text[n] = '\0';
  return good;
}

int sbnn_npy_strings(sbnn_npy *a, size_t n, sbnn_strings *out) {
  bool text = a->kind == 'U' || a->kind == 'S';
  if (!text && (!sbnn_npy_is_number(a) || a->kind == 'f')) return sbnn_npy_refuse_type(a);
  if (a->width > MAX_STRING)
    return sbnn_fail(a->error, SBNN_BAD_INPUT, "%s: strings of %zu bytes are no names; save shorter ones",
                     a->path, a->width);
  unsigned char *bytes = sbnn_alloc(a->width + 1, 1);
  char *name = sbnn_alloc(a->width + 32, 1);
  int code = SBNN_OK;
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    double v = 0;
    size_t got = a->width;
    code = text ? sbnn_npy_bytes(a, bytes, a->width, &got) : sbnn_npy_numbers(a, 1, bytes, &v);
    if (code == SBNN_OK && got < a->width)
      code = sbnn_fail(a->error, SBNN_BAD_INPUT,
                       "%s: the file ends after %zu of the %zu names it announces; copy or save it again",
                       a->path, i, n);
    if (code == SBNN_OK && text && !text_of(a, bytes, name))
      code = sbnn_fail(a->error, SBNN_BAD_INPUT, "%s: name %zu (from 0) is no Unicode text; save it again",
                       a->path, i);
    if (!text) snprintf(name, 32, "%.0f", v);
    if (code == SBNN_OK) sbnn_strings_add(out, name);
  }
  free(bytes);
  free(name);
  return code;
}
