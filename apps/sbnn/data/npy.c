/* npy.c - see npy.h. */
#include "data/npy.h"

#include "data/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STRING = 1 << 14 };

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

int sbnn_npy_header(sbnn_npy *a) {
  unsigned char start[TN_NPY_START];
  const char *why;
  size_t got, have, length;
  int code = sbnn_npy_bytes(a, start, sizeof start, &have);
  if (code != SBNN_OK) return code;
  length = tn_npy_length(start, have, &why);
  if (why) return header_error(a, why);
  char *rest = sbnn_alloc(length + 1, 1);
  code = sbnn_npy_bytes(a, rest, length, &got);
  if (code == SBNN_OK) {
    why = got < length ? "the header is cut off" : tn_npy_parse(start, rest, length, &a->header);
    if (why) code = header_error(a, why);
  }
  free(rest);
  for (int i = 0; i < SBNN_NPY_DIMS; i++) a->shape[i] = (size_t)a->header.shape[i];
  a->header_bytes = TN_NPY_START + length;
  return code;
}

bool sbnn_npy_is_number(const sbnn_npy *a) {
  return a->header.kind && strchr("fiub", a->header.kind) != NULL;
}

int sbnn_npy_refuse_type(const sbnn_npy *a) {
  return sbnn_fail(
      a->error, SBNN_BAD_INPUT,
      "%s: arrays of the NumPy type '%s' are not read; save it as float32, float64 or an integer "
      "type of up to 64 bits%s",
      a->path, a->header.type,
      strchr("OUS", *a->header.type) ? ", names as text: numpy.array(names, dtype=str)" : "");
}

/* ---- numbers ---- */

int sbnn_npy_numbers(sbnn_npy *a, size_t n, unsigned char *bytes, double *out) {
  size_t got;
  int code = sbnn_npy_bytes(a, bytes, n * a->header.width, &got);
  if (code != SBNN_OK) return code;
  if (got < n * a->header.width)
    return sbnn_fail(a->error, SBNN_BAD_INPUT,
                     "%s: the file ends in number %zu of the %zu x %zu it announces; copy or save it again",
                     a->path, a->done + got / a->header.width + 1, a->shape[0], a->shape[1]);
  a->done += n;
  tn_npy_numbers(&a->header, bytes, n, out);
  return SBNN_OK;
}

/* ---- text ---- */

/* One element into `text`, which has room for it; NUL at its end is padding. */
static bool text_of(const sbnn_npy *a, const unsigned char *bytes, char *text) {
  size_t size = a->header.kind == 'U' ? 4 : 1, n = 0;
  bool good = true;
  for (size_t k = 0; good && k < a->header.width; k += size) {
    uint32_t c = 0;
    for (size_t i = 0; i < size; i++) c = c << 8 | bytes[k + (a->header.big_endian ? i : size - 1 - i)];
    if (c == 0) break;
    if (size == 4) good = sbnn_put_utf8(text, &n, c);
    else text[n++] = (char)c;
  }
  text[n] = '\0';
  return good;
}

int sbnn_npy_strings(sbnn_npy *a, size_t n, sbnn_strings *out) {
  bool text = a->header.kind == 'U' || a->header.kind == 'S';
  if (!text && (!sbnn_npy_is_number(a) || a->header.kind == 'f')) return sbnn_npy_refuse_type(a);
  if (a->header.width > MAX_STRING)
    return sbnn_fail(a->error, SBNN_BAD_INPUT,
                     "%s: strings of %zu bytes are too long for names; save shorter ones", a->path,
                     a->header.width);
  unsigned char *bytes = sbnn_alloc(a->header.width + 1, 1);
  char *name = sbnn_alloc(a->header.width + 32, 1);
  int code = SBNN_OK;
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    double v = 0;
    size_t got = a->header.width;
    code = text ? sbnn_npy_bytes(a, bytes, a->header.width, &got) : sbnn_npy_numbers(a, 1, bytes, &v);
    if (code == SBNN_OK && got < a->header.width)
      code = sbnn_fail(a->error, SBNN_BAD_INPUT,
                       "%s: the file ends after %zu of the %zu names it announces; copy or save it again",
                       a->path, i, n);
    if (code == SBNN_OK && text && !text_of(a, bytes, name))
      code = sbnn_fail(a->error, SBNN_BAD_INPUT, "%s: name %zu (from 0) is not Unicode text; save it again",
                       a->path, i);
    if (!text) snprintf(name, 32, "%.0f", v);
    if (code == SBNN_OK) sbnn_strings_add(out, name);
  }
  free(bytes);
  free(name);
  return code;
}
