/* tensor_file.c - safetensors: eight bytes of header length, a JSON header, row-major little-endian elements.
 * All sizes and offsets that a file states are checked before use. */
#include "nn/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are written as they are in memory");

/* A file's names may hold any bytes; a sentence is one line. */
tn_status nn__say(char *message, tn_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (message) vsnprintf(message, NN__MESSAGE, format, args);
  va_end(args);
  for (char *c = message; c && *c; c++)
    if ((unsigned char)*c < ' ' || *c == '\x7f') *c = '?';
  return status;
}

size_t nn_tensor_type_bytes(const char *dtype) {
  static const struct {
    const char *name;
    unsigned bytes;
  } known[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
               {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (!strcmp(known[i].name, dtype)) return known[i].bytes;
  }
  return 0;
}

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PREFIX = 8, MAX_HEADER = 100000000 }; /* the format's own limit */

/* ---- writing ------------------------------------------------------------------------------------------ */

static size_t bytes_of(const nn_tensor *t) {
  return (size_t)tn_numel(t->rank, t->shape) * nn_tensor_type_bytes(t->dtype);
}

/* NULL: no memory. */
static json_t *describe(const nn_tensor *t, size_t begin) {
  json_t *shape = json_array();
  bool ok = shape != NULL;
  for (int a = 0; a < t->rank && ok; a++) ok = json_array_append_new(shape, json_integer(t->shape[a])) == 0;
  if (ok)
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", t->dtype, "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)(begin + bytes_of(t)));
  json_decref(shape);
  return NULL;
}

static bool set(json_t *object, const char *key, json_t *value) {
  return json_object_set_new(object, key, value) == 0; /* fails, and frees value, also when it is NULL */
}

static json_t *make_header(const nn_tensor *tensors, size_t n, const char *const (*metadata)[2],
                           int n_metadata) {
  json_t *header = json_object(), *pairs = n_metadata > 0 ? json_object() : NULL;
  bool ok = header != NULL;
  size_t begin = 0;
  for (int i = 0; i < n_metadata && ok; i++) ok = set(pairs, metadata[i][0], json_string(metadata[i][1]));
  if (n_metadata > 0) ok = ok && set(header, "__metadata__", json_incref(pairs));
  for (size_t i = 0; i < n && ok; i++) {
    ok = set(header, tensors[i].name, describe(&tensors[i], begin));
    begin += bytes_of(&tensors[i]);
  }
  json_decref(pairs);
  if (ok) return header;
  json_decref(header);
  return NULL;
}

/* The header's text is counted and written piece by piece: json_dumps (jansson 2.14) loses pieces if an
 * allocation fails. */
static int count(const char *piece, size_t n, void *length) {
  (void)piece;
  *(size_t *)length += n;
  return 0;
}

static int put(const char *piece, size_t n, void *file) {
  return fwrite(piece, 1, n, file) == n ? 0 : -1; /* the stream's error flag is set, too */
}

static bool write_all(FILE *file, const nn_tensor *tensors, size_t n, const json_t *header, size_t length) {
  size_t padded = (length + 7) / 8 * 8; /* padding aligns the elements */
  unsigned char prefix[PREFIX];
  for (int i = 0; i < PREFIX; i++) prefix[i] = (unsigned char)((uint64_t)padded >> 8 * i);
  bool ok = fwrite(prefix, 1, PREFIX, file) == PREFIX &&
            json_dump_callback(header, put, file, JSON_COMPACT) == 0 && !ferror(file);
  for (size_t i = length; i < padded && ok; i++) ok = fputc(' ', file) != EOF;
  for (size_t i = 0; i < n && ok; i++) {
    size_t bytes = bytes_of(&tensors[i]);
    ok = bytes == 0 || fwrite(tensors[i].data, 1, bytes, file) == bytes;
  }
  return ok;
}

static tn_status write_file(const nn_tensor *tensors, size_t n, const char *path, const json_t *header,
                            char *message) {
  tn_atomic_file f;
  size_t length = 0;
  tn_status status = tn_atomic_open(&f, path);
  if (status == TN_OK) {
    errno = 0;
    if (json_dump_callback(header, count, &length, JSON_COMPACT) != 0) f.error = ENOMEM;
    else if (!write_all(f.stream, tensors, n, header, length))
      f.error = errno ? errno : ferror(f.stream) ? EIO : ENOMEM;
    status = tn_atomic_close(&f, true);
  }
  return status == TN_OK ? TN_OK
                         : nn__say(message, status, "cannot write %s: %s", path,
                                   f.error == ENOMEM ? "out of memory" : strerror(f.error));
}

/* What the format cannot express in a tensor; NULL: nothing. */
static const char *wrong_with(const nn_tensor *t) {
  size_t bytes = t->dtype ? nn_tensor_type_bytes(t->dtype) : 0;
  if (bytes == 0 || t->rank < 0 || t->rank > TN_MAX_RANK) return "a type or rank that the format lacks";
  for (int a = 0; a < t->rank; a++) {
    if (t->shape[a] < 0) return "a negative extent";
    if (t->shape[a] && bytes > PTRDIFF_MAX / (size_t)t->shape[a]) return "more elements than memory can hold";
    bytes *= (size_t)t->shape[a];
  }
  if (bytes && !t->data) return "no data";
  return strcmp(t->name, "__metadata__") == 0 ? "the reserved name of the metadata" : NULL;
}

static tn_status check_tensors(const char *path, const nn_tensor *tensors, size_t n, char *message) {
  for (size_t i = 0; i < n; i++) {
    if (!tensors[i].name)
      return nn__say(message, TN_EINVAL, "cannot write %s: tensor %zu has no name", path, i);
    const char *wrong = wrong_with(&tensors[i]);
    if (wrong)
      return nn__say(message, TN_EINVAL, "cannot write %s: '%.80s' has %s", path, tensors[i].name, wrong);
  }
  return TN_OK;
}

static tn_status check_metadata(const char *path, const char *const (*metadata)[2], int n, char *message) {
  for (int i = 0; i < n; i++) {
    if (!metadata[i][0] || !metadata[i][1])
      return nn__say(message, TN_EINVAL,
                     "cannot write %s: pair %d of the metadata lacks its name or its text", path, i);
    for (int k = 0; k < i; k++)
      if (strcmp(metadata[k][0], metadata[i][0]) == 0)
        return nn__say(message, TN_EINVAL, "cannot write %s: two pairs of the metadata have the name '%.80s'",
                       path, metadata[i][0]);
  }
  return TN_OK;
}

tn_status nn_tensor_file_write(const char *path, const nn_tensor *tensors, size_t n,
                               const char *const (*metadata)[2], int n_metadata, char *message) {
  if (!path || (!tensors && n > 0))
    return nn__say(message, TN_EINVAL, "nn_tensor_file_write: path and tensors must not be NULL");
  if (!metadata || n_metadata < 0) n_metadata = 0;
  tn_status status = check_tensors(path, tensors, n, message);
  if (status == TN_OK) status = check_metadata(path, metadata, n_metadata, message);
  if (status != TN_OK) return status;
  json_t *header = make_header(tensors, n, metadata, n_metadata);
  if (!header)
    status = nn__say(message, TN_ENOMEM, "cannot write %s: out of memory, or text that is not UTF-8", path);
  else if (json_object_size(header) != n + (n_metadata > 0))
    status = nn__say(message, TN_EINVAL, "cannot write %s: two tensors have the same name", path);
  else status = write_file(tensors, n, path, header, message);
  json_decref(header);
  return status;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

struct nn_tensor_file {
  const tn_alloc *alloc;
  const char *path; /* set only while the file is opened */
  char *message;
  const unsigned char *map, *data;
  uint64_t map_bytes, data_bytes;
  json_t *header;
  nn_tensor *tensors; /* names and types point into the header */
  size_t n;
};

static tn_status map_file(nn_tensor_file *f) {
  struct stat status;
  int file = open(f->path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &status) != 0) {
    tn_status code = nn__say(f->message, TN_EIO, "cannot read %s: %s", f->path, strerror(errno));
    if (file >= 0) close(file);
    return code;
  }
  bool regular = S_ISREG(status.st_mode);
  f->map_bytes = regular ? (uint64_t)status.st_size : 0;
  void *map = f->map_bytes ? mmap(NULL, f->map_bytes, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
  int error = errno;
  close(file);
  if (map == MAP_FAILED) return nn__say(f->message, TN_EIO, "cannot map %s: %s", f->path, strerror(error));
  f->map = map;
  if (f->map_bytes >= PREFIX) return TN_OK;
  return nn__say(f->message, TN_EFORMAT, "%s is %s", f->path,
                 regular ? "too short to be a safetensors file"
                         : "no safetensors file: it is not a regular one");
}

/* Whether memory ran out. (For other errors jansson has a message.) */
static bool is_memory(const json_error_t *e) {
  return json_error_code(e) == json_error_out_of_memory || json_error_code(e) == json_error_unknown;
}

static tn_status read_header(nn_tensor_file *f) {
  uint64_t length = 0;
  json_error_t error = {0};
  for (int i = 0; i < PREFIX; i++) length |= (uint64_t)f->map[i] << 8 * i;
  if (length > MAX_HEADER || length > f->map_bytes - PREFIX) {
    return nn__say(f->message, TN_EFORMAT,
                   "%s is no safetensors file, or truncated: its header would be %llu bytes", f->path,
                   (unsigned long long)length);
  }
  f->data = f->map + PREFIX + length;
  f->data_bytes = f->map_bytes - PREFIX - length;
  f->header = json_loadb((const char *)f->map + PREFIX, length, JSON_REJECT_DUPLICATES, &error);
  if (json_is_object(f->header)) return TN_OK;
  if (!f->header && is_memory(&error))
    return nn__say(f->message, TN_ENOMEM, "out of memory for the header of %s", f->path);
  return nn__say(f->message, TN_EFORMAT, "%s is no safetensors file: its header is not a JSON object",
                 f->path);
}

static bool parse_entry(const nn_tensor_file *f, const char *name, json_t *value, nn_tensor *t) {
  json_t *shape = NULL, *begin = NULL, *end = NULL, *extent;
  size_t axis;
  *t = (nn_tensor){.name = name};
  if (json_unpack(value, "{s:s, s:o, s:[o, o!]}", "dtype", &t->dtype, "shape", &shape, "data_offsets", &begin,
                  &end) != 0 ||
      !json_is_array(shape) || !json_is_integer(begin) || !json_is_integer(end)) {
    return false;
  }
  json_int_t first = json_integer_value(begin), last = json_integer_value(end);
  if (first < 0 || last < first || (uint64_t)last > f->data_bytes) return false;
  t->bytes = (size_t)(last - first);
  t->data = f->data + first;
  uint64_t bytes = nn_tensor_type_bytes(t->dtype);
  bool known = bytes != 0;
  t->rank = json_array_size(shape) > TN_MAX_RANK ? -1 : (int)json_array_size(shape);
  json_array_foreach(shape, axis, extent) {
    if (!json_is_integer(extent) || json_integer_value(extent) < 0) return false;
    uint64_t n = (uint64_t)json_integer_value(extent);
    if (n && bytes > f->data_bytes / n) return false; /* more bytes than the file has, or an overflow */
    bytes *= n;
    if (t->rank >= 0) t->shape[axis] = (int64_t)n;
  }
  return !known || bytes == t->bytes;
}

static int by_begin(const void *a, const void *b) {
  const nn_tensor *x = a, *y = b;
  const char *p = x->data, *q = y->data;
  if (p != q) return p < q ? -1 : 1;
  return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* The format requires that the tensors cover the data without gap or overlap. */
static tn_status check_cover(nn_tensor_file *f) {
  const unsigned char *at = f->data;
  qsort(f->tensors, f->n, sizeof *f->tensors, by_begin);
  for (size_t i = 0; i < f->n; i++) {
    if (f->tensors[i].data != at) {
      return nn__say(f->message, TN_EFORMAT, "%s is damaged: the bytes of '%.80s' overlap or leave a gap",
                     f->path, f->tensors[i].name);
    }
    at += f->tensors[i].bytes;
  }
  if (at == f->data + f->data_bytes) return TN_OK;
  return nn__say(f->message, TN_EFORMAT,
                 "%s is damaged: it has %llu bytes of data, its header accounts for %llu", f->path,
                 (unsigned long long)f->data_bytes, (unsigned long long)(at - f->data));
}

static tn_status parse_entries(nn_tensor_file *f) {
  const char *key;
  json_t *value;
  f->tensors = tn_calloc(f->alloc, json_object_size(f->header) + 1, sizeof *f->tensors);
  if (!f->tensors) return nn__say(f->message, TN_ENOMEM, "out of memory for the header of %s", f->path);
  json_object_foreach(f->header, key, value) {
    if (!strcmp(key, "__metadata__")) continue;
    if (!parse_entry(f, key, value, &f->tensors[f->n++])) {
      return nn__say(f->message, TN_EFORMAT,
                     "%s is damaged or truncated: the entry of '%.80s' makes no sense", f->path, key);
    }
  }
  return check_cover(f);
}

tn_status nn_tensor_file_open(const tn_alloc *alloc, const char *path, nn_tensor_file **out, char *message) {
  nn_tensor_file *f = NULL;
  if (out) *out = NULL;
  if (!path || !out) return nn__say(message, TN_EINVAL, "nn_tensor_file_open: path and out must not be NULL");
  if (!(f = tn_calloc(alloc, 1, sizeof *f)))
    return nn__say(message, TN_ENOMEM, "out of memory to read %s", path);
  f->alloc = alloc;
  f->path = path;
  f->message = message;
  tn_status status = map_file(f);
  if (status == TN_OK) status = read_header(f);
  if (status == TN_OK) status = parse_entries(f);
  if (status == TN_OK) *out = f;
  else nn_tensor_file_close(f);
  return status;
}

size_t nn_tensor_file_count(const nn_tensor_file *f) { return f ? f->n : 0; }

const nn_tensor *nn_tensor_file_at(const nn_tensor_file *f, size_t i) {
  return f && i < f->n ? &f->tensors[i] : NULL;
}

const nn_tensor *nn_tensor_file_find(const nn_tensor_file *f, const char *name) {
  for (size_t i = 0; f && name && i < f->n; i++) {
    if (!strcmp(f->tensors[i].name, name)) return &f->tensors[i];
  }
  return NULL;
}

const char *nn_tensor_file_metadata(const nn_tensor_file *f, const char *key) {
  return f && key ? json_string_value(json_object_get(json_object_get(f->header, "__metadata__"), key))
                  : NULL;
}

void nn_tensor_file_close(nn_tensor_file *f) {
  if (!f) return;
  if (f->map) munmap((void *)(uintptr_t)f->map, f->map_bytes);
  json_decref(f->header);
  tn_free(f->alloc, f->tensors);
  tn_free(f->alloc, f);
}
