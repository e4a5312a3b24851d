/* npy.c - see npy.h. Source: numpy.lib.format, "A Simple File Format for NumPy Arrays". */
#include "tensor/files/npy.h"
#include "tensor/npy_stream.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_HEADER = 1 << 16 };
static const char no_memory[] = "out of memory";

/* ---- header ------------------------------------------------------------------------------------------ */

size_t tn_npy_length(const unsigned char start[TN_NPY_START], size_t have, const char **why) {
  *why = have == 0 ? "the file is empty" : "this is no NumPy array";
  if (have < TN_NPY_START - 2 || memcmp(start, "\x93NUMPY", 6) != 0) return 0;
  *why = "the version of the NumPy format is unknown";
  if (start[6] < 1 || start[6] > 3) return 0;
  size_t length = start[8] | (size_t)start[9] << 8;
  *why = "the header is cut off";
  if (have < TN_NPY_START) return 0;
  /* Version 1 has two bytes of length, so two of the twelve bytes are text. */
  if (start[6] == 1) {
    if (length < 3) return 0;
    return *why = NULL, length - 2;
  }
  length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
  *why = "the header is too long";
  if (length > MAX_HEADER) return 0;
  return *why = NULL, length;
}

/* The text after 'key': in the header, a Python dictionary; NULL if there is none. */
static const char *value_of(const char *header, const char *key) {
  const char *at = strstr(header, key);
  if (!at) return NULL;
  at += strlen(key);
  at += strspn(at, " \t\n");
  if (*at++ != ':') return NULL;
  return at + strspn(at, " \t\n");
}

/* "f4", "u1", "b1". */
static bool parse_number_type(tn_npy_header *h, const char *s, char quote) {
  static const char *const kinds[] = {"f248", "i1248", "u1248", "b1"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (s[0] != kinds[i][0] || !s[1] || !strchr(kinds[i] + 1, s[1]) || s[2] != quote) continue;
    h->kind = s[0];
    h->width = (size_t)(s[1] - '0');
    return true;
  }
  return false;
}

/* "U12", "S8": characters of four bytes, or bytes. */
static void parse_text_type(tn_npy_header *h, const char *s, char quote) {
  if (*s != 'U' && *s != 'S') return;
  size_t digits = strspn(s + 1, "0123456789");
  if (digits == 0 || digits > 9 || s[1 + digits] != quote || strtoull(s + 1, NULL, 10) == 0) return;
  h->kind = *s;
  h->width = (size_t)strtoull(s + 1, NULL, 10) * (*s == 'U' ? 4 : 1);
}

static const char *parse_type(tn_npy_header *h, const char *s) {
  if (!s) return "the header names no type of number";
  h->kind = '?';
  if (*s != '\'' && *s != '"') { /* a list: a structured type */
    snprintf(h->type, sizeof h->type, "%.12s", s);
    return NULL;
  }
  char quote = *s++;
  h->big_endian = *s == '>';
  if (*s && strchr("<>|=", *s)) s++;
  snprintf(h->type, sizeof h->type, "%.*s", (int)strcspn(s, "'\""), s);
  if (!parse_number_type(h, s, quote)) parse_text_type(h, s, quote);
  return NULL;
}

static const char *parse_shape(tn_npy_header *h, const char *s) {
  if (!s || *s != '(') return "the header has no shape";
  for (int i = 0; i < TN_MAX_RANK; i++) h->shape[i] = 1;
  for (s++; *s && *s != ')'; s += strspn(s, ", \t\n")) {
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 18) return "the shape in the header is no list of whole numbers";
    if (h->rank < TN_MAX_RANK) h->shape[h->rank] = (int64_t)strtoull(s, NULL, 10);
    h->rank++;
    s += digits;
  }
  return *s == ')' ? NULL : "the header is cut off";
}

static const char *parse_text(tn_npy_header *h, const char *header, size_t n) {
  if (strlen(header) < n) return "the header is cut off";
  const char *order = value_of(header, "'fortran_order'");
  if (!order || (strncmp(order, "True", 4) != 0 && strncmp(order, "False", 5) != 0))
    return "the header does not say fortran_order";
  h->fortran = *order == 'T';
  const char *why = parse_type(h, value_of(header, "'descr'"));
  return why ? why : parse_shape(h, value_of(header, "'shape'"));
}

const char *tn_npy_parse(const unsigned char start[TN_NPY_START], const char *rest, size_t n,
                         tn_npy_header *out) {
  size_t early = start[6] == 1 ? 2 : 0;
  char *header = malloc(early + n + 1);
  *out = (tn_npy_header){0};
  if (!header) return no_memory;
  memcpy(header, start + TN_NPY_START - early, early);
  memcpy(header + early, rest, n);
  header[early + n] = 0;
  const char *why = parse_text(out, header, early + n);
  free(header);
  return why;
}

/* ---- elements ---------------------------------------------------------------------------------------- */

static uint64_t bits_of(const unsigned char *bytes, size_t width, bool big_endian) {
  uint64_t v = 0;
  for (size_t i = 0; i < width; i++) v = v << 8 | bytes[big_endian ? i : width - 1 - i];
  return v;
}

static double from_half(uint64_t bits) {
  double sign = bits >> 15 ? -1 : 1;
  int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  return exponent ? sign * ldexp(1024 + fraction, exponent - 25) : sign * ldexp(fraction, -24);
}

static double number(const tn_npy_header *h, uint64_t bits) {
  if (h->kind == 'f' && h->width == 2) return from_half(bits);
  if (h->kind == 'f' && h->width == 4) {
    uint32_t half = (uint32_t)bits;
    float v;
    memcpy(&v, &half, sizeof v);
    return (double)v;
  }
  if (h->kind == 'f') {
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
  }
  if (h->kind == 'i') {
    uint64_t sign = (uint64_t)1 << (8 * h->width - 1);
    return bits & sign ? -(double)((~bits & (sign - 1)) + 1) : (double)bits;
  }
  return (double)bits;
}

void tn_npy_numbers(const tn_npy_header *h, const unsigned char *bytes, size_t n, double *out) {
  for (size_t i = 0; i < n; i++) out[i] = number(h, bits_of(bytes + i * h->width, h->width, h->big_endian));
}

/* ---- files ------------------------------------------------------------------------------------------- */

tn_status tn__file_say(char *message, tn_status status, const char *format, ...) {
  va_list args;
  if (!message) return status;
  va_start(args, format);
  vsnprintf(message, TN_FILE_MESSAGE, format, args);
  va_end(args);
  return status;
}

static bool type_of(const tn_npy_header *h, tn_dtype *out) {
  if (h->kind == 'f') *out = h->width == 8 ? TN_F64 : TN_F32;
  else if (h->kind == 'b' || (h->kind == 'u' && h->width == 1)) *out = TN_U8;
  else if (h->kind == 'i') *out = h->width == 8 ? TN_I64 : TN_I32;
  else if (h->kind == 'u') *out = h->width == 2 ? TN_I32 : TN_I64;
  else return false;
  return true;
}

/* One element, exactly; false: a u8 above what i64 holds. */
static bool store(const tn_npy_header *h, uint64_t bits, const tn_view *to, int64_t i) {
  if (to->dtype != TN_I64) return tn_set(to, i, number(h, bits)), true;
  if (h->kind == 'u' && bits > INT64_MAX) return false;
  ((int64_t *)to->data)[i] = (int64_t)bits;
  return true;
}

/* The place in the view of element i of the file; a Fortran array has the order of its transpose. */
static int64_t place_of(const tn_npy_header *h, int64_t i) {
  int64_t place = 0, stride[TN_MAX_RANK], size = 1;
  if (!h->fortran) return i;
  for (int a = h->rank - 1; a >= 0; a--) stride[a] = size, size *= h->shape[a];
  for (int a = 0; a < h->rank; a++) place += i % h->shape[a] * stride[a], i /= h->shape[a];
  return place;
}

static tn_status read_elements(FILE *f, const char *path, const tn_npy_header *h, tn_view out,
                               char *message) {
  enum { CHUNK = 4096 };
  unsigned char bytes[CHUNK * 8];
  int64_t n = tn_view_numel(&out);
  for (int64_t i = 0; i < n;) {
    size_t want = n - i < CHUNK ? (size_t)(n - i) : CHUNK, got = fread(bytes, h->width, want, f);
    for (size_t k = 0; k < got; k++, i++)
      if (!store(h, bits_of(bytes + k * h->width, h->width, h->big_endian), &out, place_of(h, i)))
        return tn__file_say(message, TN_EFORMAT, "%s: element %lld is above 2^63 - 1; save it as int64", path,
                            (long long)i);
    if (got < want)
      return tn__file_say(message, TN_EFORMAT,
                          "%s: the file ends after %lld of the %lld numbers it announces; save it again",
                          path, (long long)i, (long long)n);
  }
  if (fgetc(f) == EOF) return TN_OK;
  return tn__file_say(message, TN_EFORMAT,
                      "%s: there are more bytes than the header announces; save it again", path);
}

/* Checks the size in the header, which may be damaged: never allocates more than the file has bytes for. */
static tn_status check(const char *path, const tn_npy_header *h, int64_t bytes, tn_dtype *dtype,
                       char *message) {
  int64_t n = 1;
  if (!type_of(h, dtype))
    return tn__file_say(message, TN_EFORMAT,
                        "%s: arrays of the NumPy type '%s' are not read; save it as numbers", path, h->type);
  if (h->rank > TN_MAX_RANK)
    return tn__file_say(message, TN_EFORMAT, "%s: the array has %d axes; at most %d are read", path, h->rank,
                        TN_MAX_RANK);
  for (int a = 0; a < h->rank; a++) {
    if (h->shape[a] && n > INT64_MAX / 16 / h->shape[a])
      return tn__file_say(message, TN_EFORMAT, "%s: the shape in the header is too large", path);
    n *= h->shape[a];
  }
  if (bytes >= 0 && bytes / (int64_t)h->width < n)
    return tn__file_say(message, TN_EFORMAT,
                        "%s: the header announces %lld numbers, but the file is too short for them", path,
                        (long long)n);
  return TN_OK;
}

tn_status tn__npy_read_header(FILE *f, const char *path, tn_npy_header *h, char *message) {
  unsigned char start[TN_NPY_START];
  const char *why;
  size_t n = tn_npy_length(start, fread(start, 1, sizeof start, f), &why);
  char *rest = n ? malloc(n) : NULL;
  if (n && !rest) why = no_memory;
  if (rest) why = fread(rest, 1, n, f) == n ? tn_npy_parse(start, rest, n, h) : "the header is cut off";
  free(rest);
  if (!why) return TN_OK;
  if (why == no_memory) return tn__file_say(message, TN_ENOMEM, "%s: %s", path, why);
  return tn__file_say(message, TN_EFORMAT, "%s: %s; save it again with numpy.save", path, why);
}

tn_status tn__npy_read(const tn_alloc *alloc, FILE *f, const char *path, int64_t bytes, tn_array *out,
                       char *message) {
  tn_npy_header h;
  tn_dtype dtype = TN_F32;
  tn_array a = {0};
  tn_status status = tn__npy_read_header(f, path, &h, message);
  if (status == TN_OK) status = check(path, &h, bytes, &dtype, message);
  if (status == TN_OK) {
    status = tn_array_new(alloc, dtype, h.rank, h.shape, &a);
    if (status != TN_OK) tn__file_say(message, status, "%s: out of memory", path);
    else status = read_elements(f, path, &h, a.view, message);
  }
  if (ferror(f)) status = tn__file_say(message, TN_EIO, "%s: %s", path, strerror(errno));
  if (status == TN_OK) *out = a;
  else tn_array_free(&a);
  return status;
}

tn_status tn_npy_read(const tn_alloc *alloc, const char *path, tn_array *out, char *message) {
  struct stat s;
  FILE *f = fopen(path, "rb");
  if (!f) return tn__file_say(message, errno == ENOMEM ? TN_ENOMEM : TN_EIO, "%s: %s", path, strerror(errno));
  bool regular = !fstat(fileno(f), &s) && S_ISREG(s.st_mode);
  tn_status status = tn__npy_read(alloc, f, path, regular ? (int64_t)s.st_size : -1, out, message);
  fclose(f);
  return status;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

/* "(3, 2)", "(3,)", "()" */
static void put_shape(char *text, size_t room, const tn_view *v) {
  size_t used = (size_t)snprintf(text, room, "(");
  for (int a = 0; a < v->rank; a++)
    used += (size_t)snprintf(text + used, room - used, a ? ", %lld" : "%lld", (long long)v->shape[a]);
  snprintf(text + used, room - used, v->rank == 1 ? ",)" : ")");
}

/* Version 1.0, as numpy.save writes it: elements begin at a multiple of 64. */
static void put_header(FILE *f, const tn_view *v) {
  static const char *const types[] = {
      [TN_F32] = "<f4", [TN_F64] = "<f8", [TN_I32] = "<i4", [TN_I64] = "<i8", [TN_U8] = "|u1"};
  enum { BEFORE = 10 };
  char shape[TN_MAX_RANK * 24], text[TN_MAX_RANK * 24 + 80];
  put_shape(shape, sizeof shape, v);
  int n = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                   types[v->dtype], shape);
  int whole = (BEFORE + n + 1 + 63) / 64 * 64 - BEFORE;
  const unsigned char start[BEFORE] = {
      0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(whole & 255), (unsigned char)(whole >> 8)};
  fwrite(start, 1, BEFORE, f);
  fprintf(f, "%s%*s\n", text, whole - 1 - n, "");
}

tn_status tn__npy_write(FILE *f, const tn_view *v) {
  tn_array copy = {0};
  const tn_view *plain = v;
  if (!tn_view_contiguous(v)) {
    tn_status status = tn_array_new(NULL, v->dtype, v->rank, v->shape, &copy);
    if (status != TN_OK) return status;
    tn_copy(copy.view, *v);
    plain = &copy.view;
  }
  put_header(f, v);
  fwrite(plain->data, 1, tn_view_bytes(plain), f);
  tn_array_free(&copy);
  return TN_OK;
}
