/* checkpoint.c - safetensors: eight bytes of header length, a JSON header, row-major little-endian elements.
 * A file is believed only as far as it was checked, and the state changes only once all of it was read. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

static tn_status say(char *message, tn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#if NABLA_JANSSON

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

enum { PREFIX = 8, MAX_HEADER = 100000000 }; /* the format's own limit */

static tn_status say(char *message, tn_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (message) vsnprintf(message, NN__MESSAGE, format, args);
  va_end(args);
  return status;
}

static const char *format_name(tn_dtype dtype) { return dtype == TN_F64 ? "F64" : "F32"; }

static size_t bytes_of(const ag_type *t) {
  return (size_t)tn_numel(t->rank, t->shape) * tn_dtype_size(t->dtype);
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static json_t *describe(const ag_type *t, size_t begin) {
  json_t *shape = json_array();
  for (int a = 0; a < t->rank; a++) json_array_append_new(shape, json_integer(t->shape[a]));
  return json_pack("{s:s, s:o, s:[I, I]}", "dtype", format_name(t->dtype), "shape", shape, "data_offsets",
                   (json_int_t)begin, (json_int_t)(begin + bytes_of(t)));
}

static bool set(json_t *object, const char *key, json_t *value) {
  return json_object_set_new(object, key, value) == 0; /* fails, and frees value, also when it is NULL */
}

static json_t *make_header(const nn_model *m, const char *const (*metadata)[2], int n) {
  json_t *header = json_object(), *pairs = n > 0 ? json_object() : NULL;
  bool ok = header != NULL;
  size_t begin = 0;
  for (int i = 0; i < n && ok; i++) ok = set(pairs, metadata[i][0], json_string(metadata[i][1]));
  if (n > 0) ok = ok && set(header, "__metadata__", json_incref(pairs));
  for (size_t i = 0; i < m->n_variables && ok; i++) {
    ok = set(header, m->variables[i].name, describe(&m->variables[i].type, begin));
    begin += bytes_of(&m->variables[i].type);
  }
  json_decref(pairs);
  if (ok) return header;
  json_decref(header);
  return NULL;
}

static bool write_all(FILE *file, const nn_state *s, const char *text, size_t length) {
  size_t padded = (length + 7) / 8 * 8; /* elements begin aligned */
  unsigned char prefix[PREFIX];
  for (int i = 0; i < PREFIX; i++) prefix[i] = (unsigned char)((uint64_t)padded >> 8 * i);
  bool ok = fwrite(prefix, 1, PREFIX, file) == PREFIX && fwrite(text, 1, length, file) == length;
  for (size_t i = length; i < padded && ok; i++) ok = fputc(' ', file) != EOF;
  for (int i = 0; i < nn_state_count(s) && ok; i++) {
    tn_view v = nn_state_view(s, i);
    size_t bytes = tn_view_bytes(&v);
    ok = fwrite(v.data, 1, bytes, file) == bytes;
  }
  return ok && fflush(file) == 0 && fsync(fileno(file)) == 0;
}

static tn_status write_file(const nn_state *s, const char *path, const char *temporary, const char *text,
                            char *message) {
  FILE *file = fopen(temporary, "wb");
  if (!file) return say(message, TN_EIO, "cannot write %s: %s", temporary, strerror(errno));
  bool ok = write_all(file, s, text, strlen(text));
  int error = errno;
  if (fclose(file) != 0 && ok) ok = false, error = errno;
  if (ok && rename(temporary, path) == 0) return TN_OK;
  if (ok) error = errno;
  remove(temporary);
  return say(message, TN_EIO, "cannot write %s: %s", path, strerror(error));
}

tn_status nn_state_save(const nn_state *s, const char *path, const char *const (*metadata)[2], int n,
                        char *message) {
  const tn_alloc *alloc = s->model->alloc;
  size_t length = strlen(path) + sizeof ".partial";
  char *temporary = tn_malloc(alloc, length), *text = NULL;
  json_t *header = make_header(s->model, metadata, metadata ? n : 0);
  if (header) text = json_dumps(header, JSON_COMPACT);
  tn_status status;
  if (temporary && text) {
    snprintf(temporary, length, "%s.partial", path);
    status = write_file(s, path, temporary, text, message);
  } else {
    status = say(message, TN_ENOMEM, "cannot write %s: out of memory, or metadata that is not UTF-8", path);
  }
  free(text);
  json_decref(header);
  tn_free(alloc, temporary);
  return status;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

typedef struct entry {
  const char *name; /* borrowed from the header */
  const char *dtype;
  int rank; /* -1: more than a tensor of ours can have */
  int64_t shape[TN_MAX_RANK];
  uint64_t begin, end;
} entry;

typedef struct reader {
  const tn_alloc *alloc;
  const char *path;
  char *message;
  FILE *file;
  uint64_t header_bytes, data_bytes;
  json_t *header;
  entry *entries;
  size_t n_entries;
} reader;

static tn_status read_header(reader *r) {
  unsigned char prefix[PREFIX];
  uint64_t length = 0;
  if (fseeko(r->file, 0, SEEK_END) != 0) return say(r->message, TN_EIO, "cannot read %s", r->path);
  uint64_t size = (uint64_t)ftello(r->file);
  rewind(r->file);
  if (fread(prefix, 1, PREFIX, r->file) != PREFIX) {
    return say(r->message, TN_EFORMAT, "%s is too short to be a safetensors file", r->path);
  }
  for (int i = 0; i < PREFIX; i++) length |= (uint64_t)prefix[i] << 8 * i;
  if (length > MAX_HEADER || length > size - PREFIX) {
    return say(r->message, TN_EFORMAT,
               "%s is no safetensors file, or truncated: its header would be %llu bytes", r->path,
               (unsigned long long)length);
  }
  r->header_bytes = length;
  r->data_bytes = size - PREFIX - length;
  char *text = tn_malloc(r->alloc, length + 1);
  if (!text) return say(r->message, TN_ENOMEM, "out of memory for the header of %s", r->path);
  json_error_t error;
  bool complete = fread(text, 1, length, r->file) == length;
  r->header = complete ? json_loadb(text, length, JSON_REJECT_DUPLICATES, &error) : NULL;
  tn_free(r->alloc, text);
  if (!complete) return say(r->message, TN_EIO, "cannot read %s", r->path);
  if (json_is_object(r->header)) return TN_OK;
  return say(r->message, TN_EFORMAT, "%s is no safetensors file: its header is not a JSON object", r->path);
}

/* Bytes per element of a type name; 0 for one we do not know. */
static uint64_t element_bytes(const char *dtype) {
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

static bool parse_entry(const char *name, json_t *value, uint64_t data_bytes, entry *e) {
  json_t *shape, *begin, *end, *extent;
  size_t axis;
  *e = (entry){.name = name};
  if (json_unpack(value, "{s:s, s:o, s:[o, o!]}", "dtype", &e->dtype, "shape", &shape, "data_offsets", &begin,
                  &end) != 0 ||
      !json_is_array(shape) || !json_is_integer(begin) || !json_is_integer(end)) {
    return false;
  }
  if (json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin)) return false;
  e->begin = (uint64_t)json_integer_value(begin);
  e->end = (uint64_t)json_integer_value(end);
  uint64_t bytes = element_bytes(e->dtype);
  bool known = bytes != 0;
  e->rank = json_array_size(shape) > TN_MAX_RANK ? -1 : (int)json_array_size(shape);
  json_array_foreach(shape, axis, extent) {
    if (!json_is_integer(extent) || json_integer_value(extent) < 0) return false;
    uint64_t n = (uint64_t)json_integer_value(extent);
    if (n && bytes > data_bytes / n) return false; /* more than the file has, or an overflow */
    bytes *= n;
    if (e->rank >= 0) e->shape[axis] = (int64_t)n;
  }
  return e->end <= data_bytes && (!known || bytes == e->end - e->begin);
}

static int by_begin(const void *a, const void *b) {
  const entry *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);
}

/* The tensors must cover the data without gap or overlap, as the format demands. */
static tn_status check_cover(reader *r) {
  uint64_t at = 0;
  qsort(r->entries, r->n_entries, sizeof *r->entries, by_begin);
  for (size_t i = 0; i < r->n_entries; i++) {
    if (r->entries[i].begin != at) {
      return say(r->message, TN_EFORMAT, "%s is damaged: the bytes of '%.80s' overlap or leave a gap",
                 r->path, r->entries[i].name);
    }
    at = r->entries[i].end;
  }
  if (at == r->data_bytes) return TN_OK;
  return say(r->message, TN_EFORMAT, "%s is damaged: it has %llu bytes of data, its header accounts for %llu",
             r->path, (unsigned long long)r->data_bytes, (unsigned long long)at);
}

static tn_status parse_entries(reader *r) {
  const char *key;
  json_t *value;
  r->entries = tn_calloc(r->alloc, json_object_size(r->header) + 1, sizeof *r->entries);
  if (!r->entries) return say(r->message, TN_ENOMEM, "out of memory for the header of %s", r->path);
  json_object_foreach(r->header, key, value) {
    if (!strcmp(key, "__metadata__")) continue;
    if (!parse_entry(key, value, r->data_bytes, &r->entries[r->n_entries++])) {
      return say(r->message, TN_EFORMAT, "%s is damaged or truncated: the entry of '%.80s' makes no sense",
                 r->path, key);
    }
  }
  return check_cover(r);
}

/* The entry of a variable. Without one *out is NULL, which only optimizer values may be. */
static tn_status match(const reader *r, const nn__variable *v, const entry **out) {
  const entry *e = *out = NULL;
  for (size_t i = 0; i < r->n_entries && !e; i++) {
    if (!strcmp(r->entries[i].name, v->name)) e = &r->entries[i];
  }
  if (!e) {
    if (v->kind == NN__SLOT || v->kind == NN__STEP) return TN_OK;
    return say(r->message, TN_EINVAL, "%s has no tensor '%.80s'", r->path, v->name);
  }
  if (strcmp(e->dtype, format_name(v->type.dtype)) != 0) {
    return say(r->message, TN_ETYPE, "'%.80s' is %s in %s, but %s in the model", v->name, e->dtype, r->path,
               format_name(v->type.dtype));
  }
  if (e->rank < 0 || !tn_same_shape(e->rank, e->shape, v->type.rank, v->type.shape)) {
    char have[64], want[64];
    return say(r->message, TN_ESHAPE, "'%.80s' has %s in %s, but %s in the model", v->name,
               nn__shape_text(have, sizeof have, e->rank < 0 ? 0 : e->rank, e->shape), r->path,
               nn__shape_text(want, sizeof want, v->type.rank, v->type.shape));
  }
  *out = e;
  return TN_OK;
}

/* Reads every variable into a slab of its own; what the file does not have stays zero. */
static tn_status read_values(const reader *r, const nn_model *m, char *slab) {
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    const entry *e;
    tn_status status = match(r, v, &e);
    if (status != TN_OK) return status;
    if (!e) continue;
    size_t bytes = (size_t)(e->end - e->begin);
    char *to = slab + (size_t)v->offset * tn_dtype_size(m->dtype);
    if (fseeko(r->file, (off_t)(PREFIX + r->header_bytes + e->begin), SEEK_SET) != 0 ||
        fread(to, 1, bytes, r->file) != bytes) {
      return say(r->message, TN_EIO, "cannot read '%.80s' from %s", v->name, r->path);
    }
  }
  return TN_OK;
}

tn_status nn_state_load(nn_state *s, const char *path, char *message) {
  const nn_model *m = s->model;
  reader r = {.alloc = m->alloc, .path = path, .message = message, .file = fopen(path, "rb")};
  if (!r.file) return say(message, TN_EIO, "cannot read %s: %s", path, strerror(errno));
  char *slab = tn_calloc(m->alloc, 1, nn__slab_bytes(m));
  tn_status status = slab ? read_header(&r) : say(message, TN_ENOMEM, "out of memory to read %s", path);
  if (status == TN_OK) status = parse_entries(&r);
  if (status == TN_OK) status = read_values(&r, m, slab);
  if (status == TN_OK) memcpy(s->slab, slab, nn__slab_bytes(m));
  tn_free(m->alloc, slab);
  tn_free(m->alloc, r.entries);
  json_decref(r.header);
  fclose(r.file);
  return status;
}

#else

static tn_status say(char *message, tn_status status, const char *format, ...) {
  (void)format;
  if (message) snprintf(message, NN__MESSAGE, "this build has no checkpoints: it was made without jansson");
  return status;
}

tn_status nn_state_save(const nn_state *s, const char *path, const char *const (*metadata)[2], int n,
                        char *message) {
  (void)s, (void)path, (void)metadata, (void)n;
  return say(message, TN_ENOTSUP, "%s", "");
}

tn_status nn_state_load(nn_state *s, const char *path, char *message) {
  (void)s, (void)path;
  return say(message, TN_ENOTSUP, "%s", "");
}

#endif
