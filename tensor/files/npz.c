/* npz.c - see npz.h. libzip reads and writes the archive; the sizes that an archive states are checked. */
#include "tensor/files/npz.h"
#include "tensor/files/atomic_file.h"
#include "tensor/npy_stream.h"

#include <string.h>

#if NABLA_LIBZIP

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zip.h>

struct tn_npz {
  const tn_alloc *alloc;
  char *path;
  uint64_t file_bytes;
  zip_t *zip;
  tn_npz_member *members;
  zip_uint64_t *indices; /* of members, in the archive */
  size_t n;
  zip_file_t *open; /* the member that is being read */
  size_t at;        /* its index */
};

/* ---- messages ---------------------------------------------------------------------------------------- */

static tn_status damaged(const tn_npz *z, const char *name, const char *why, char *message) {
  return tn__file_say(
      message, TN_EFORMAT,
      "%s: %s%s%s cannot be read (%s); save it again with numpy.savez, or copy the file again", z->path,
      *name ? "its array '" : "the archive", name, *name ? "'" : "", why);
}

static tn_status no_memory(const char *path, char *message) {
  return tn__file_say(message, TN_ENOMEM, "%s: out of memory", path);
}

/* What libzip says about the archive, or about an array. */
static tn_status zip_failed(const tn_npz *z, const char *name, zip_error_t *e, char *message) {
  bool of_system = zip_error_system_type(e) == ZIP_ET_SYS && zip_error_code_system(e) == ENOMEM;
  if (of_system || zip_error_code_zip(e) == ZIP_ER_MEMORY) return no_memory(z->path, message);
  return damaged(z, name, zip_error_strerror(e), message);
}

static char *copy_of(const tn_alloc *alloc, const char *text, size_t n) {
  char *copy = tn_calloc(alloc, n + 1, 1);
  if (copy) memcpy(copy, text, n);
  return copy;
}

/* ---- streams ----------------------------------------------------------------------------------------- */

void tn_npz_end(tn_npz *z) {
  if (z->open) zip_fclose(z->open);
  z->open = NULL;
}

tn_status tn_npz_begin(tn_npz *z, size_t i, char *message) {
  tn_npz_end(z);
  if (i >= z->n) return tn__file_say(message, TN_EINVAL, "%s: there is no array number %zu", z->path, i);
  z->at = i;
  z->open = zip_fopen_index(z->zip, z->indices[i], 0);
  return z->open ? TN_OK : zip_failed(z, z->members[i].name, zip_get_error(z->zip), message);
}

tn_status tn_npz_next(tn_npz *z, void *to, size_t n, size_t *got, char *message) {
  *got = 0;
  while (z->open && *got < n) {
    zip_int64_t some = zip_fread(z->open, (char *)to + *got, n - *got);
    if (some < 0) return zip_failed(z, z->members[z->at].name, zip_file_get_error(z->open), message);
    if (some == 0) break;
    *got += (size_t)some;
  }
  return TN_OK;
}

static ssize_t read_stream(void *from, char *to, size_t n) {
  tn_npz *z = from;
  zip_int64_t some = zip_fread(z->open, to, n);
  return some < 0 ? -1 : (ssize_t)some;
}

/* A stdio stream of the open member. */
static FILE *stream_of(tn_npz *z) {
  return fopencookie(z, "r", (cookie_io_functions_t){.read = read_stream});
}

/* Closes the stream. An error of libzip is reported rather than the one that follows from it. */
static tn_status end_stream(tn_npz *z, FILE *f, tn_status status, char *message) {
  if (ferror(f)) status = zip_failed(z, z->members[z->at].name, zip_file_get_error(z->open), message);
  fclose(f);
  tn_npz_end(z);
  return status;
}

/* ---- opening ----------------------------------------------------------------------------------------- */

/* Refuses a member that states an impossible size, before memory is allocated: deflate compresses at most
 * 1032 to 1. */
static const char *false_claim(const tn_npz *z, const zip_stat_t *s) {
  bool stored = s->comp_method == ZIP_CM_STORE;
  if (!stored && s->comp_method != ZIP_CM_DEFLATE) return "it is compressed in a way that NumPy does not use";
  if (s->encryption_method != ZIP_EM_NONE) return "it is encrypted";
  if (s->comp_size > z->file_bytes || (stored ? s->size != s->comp_size : s->size / 1032 > s->comp_size))
    return "it cannot be as large as it says";
  return NULL;
}

static tn_status read_header(tn_npz *z, size_t i, char *message) {
  char label[256];
  snprintf(label, sizeof label, "%.150s, array '%.60s'", z->path, z->members[i].name);
  tn_status status = tn_npz_begin(z, i, message);
  if (status != TN_OK) return status;
  FILE *f = stream_of(z);
  if (!f) return no_memory(z->path, message);
  status = tn__npy_read_header(f, label, &z->members[i].header, message);
  return end_stream(z, f, status, message);
}

static tn_status add_member(tn_npz *z, zip_uint64_t index, char *message) {
  zip_stat_t s;
  const zip_uint64_t all =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(z->zip, index, 0, &s) != 0 || (s.valid & all) != all)
    return zip_failed(z, "", zip_get_error(z->zip), message);
  size_t length = strlen(s.name);
  if (length < 4 || strcmp(s.name + length - 4, ".npy") != 0) return TN_OK;
  const char *why = false_claim(z, &s);
  if (why) return damaged(z, s.name, why, message);
  char *name = copy_of(z->alloc, s.name, length - 4);
  if (!name) return no_memory(z->path, message);
  z->members[z->n] = (tn_npz_member){.name = name, .bytes = s.size};
  z->indices[z->n++] = index;
  return read_header(z, z->n - 1, message);
}

static tn_status open_archive(tn_npz *z, char *message) {
  struct stat about;
  int problem;
  zip_error_t why;
  if (stat(z->path, &about) != 0) return tn__file_say(message, TN_EIO, "%s: %s", z->path, strerror(errno));
  z->file_bytes = (uint64_t)about.st_size;
  z->zip = zip_open(z->path, ZIP_RDONLY, &problem);
  if (!z->zip) {
    zip_error_init_with_code(&why, problem);
    tn_status status = zip_failed(z, "", &why, message);
    zip_error_fini(&why);
    return status;
  }
  zip_int64_t n = zip_get_num_entries(z->zip, 0);
  z->members = tn_calloc(z->alloc, (size_t)n + 1, sizeof *z->members);
  z->indices = tn_calloc(z->alloc, (size_t)n + 1, sizeof *z->indices);
  if (!z->members || !z->indices) return no_memory(z->path, message);
  tn_status status = TN_OK;
  for (zip_int64_t i = 0; i < n && status == TN_OK; i++) status = add_member(z, (zip_uint64_t)i, message);
  return status;
}

tn_status tn_npz_open(const tn_alloc *alloc, const char *path, tn_npz **out, char *message) {
  *out = NULL;
  tn_npz *z = tn_calloc(alloc, 1, sizeof *z);
  if (!z) return no_memory(path, message);
  *z = (tn_npz){.alloc = alloc, .path = copy_of(alloc, path, strlen(path))};
  tn_status status = z->path ? open_archive(z, message) : no_memory(path, message);
  if (status == TN_OK) *out = z;
  else tn_npz_close(z);
  return status;
}

void tn_npz_close(tn_npz *z) {
  if (!z) return;
  tn_npz_end(z);
  if (z->zip) zip_discard(z->zip);
  for (size_t i = 0; i < z->n; i++) tn_free(z->alloc, (char *)(uintptr_t)z->members[i].name);
  tn_free(z->alloc, z->members);
  tn_free(z->alloc, z->indices);
  tn_free(z->alloc, z->path);
  tn_free(z->alloc, z);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

size_t tn_npz_count(const tn_npz *z) { return z->n; }
const tn_npz_member *tn_npz_at(const tn_npz *z, size_t i) { return &z->members[i]; }

tn_status tn_npz_read(tn_npz *z, const char *name, tn_array *out, char *message) {
  char label[256];
  size_t i = 0;
  while (i < z->n && strcmp(z->members[i].name, name) != 0) i++;
  if (i == z->n) return tn__file_say(message, TN_EINVAL, "%s: there is no array '%.80s'", z->path, name);
  tn_status status = tn_npz_begin(z, i, message);
  if (status != TN_OK) return status;
  FILE *f = stream_of(z);
  if (!f) return no_memory(z->path, message);
  snprintf(label, sizeof label, "%.150s, array '%.60s'", z->path, name);
  tn_array a = {0};
  status = tn__npy_read(z->alloc, f, label, (int64_t)z->members[i].bytes, &a, message);
  status = end_stream(z, f, status, message);
  if (status == TN_OK) *out = a;
  else tn_array_free(&a);
  return status;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

/* Adds a member; the archive owns its bytes. */
static tn_status add_array(zip_t *zip, const tn_npz_array *x, bool compress, const char **why) {
  char name[512], *bytes = NULL;
  size_t size = 0;
  if (!x->name || !*x->name || snprintf(name, sizeof name, "%s.npy", x->name) >= (int)sizeof name)
    return *why = "an array has no name, or a very long one", TN_EINVAL;
  FILE *f = open_memstream(&bytes, &size);
  tn_status status = f ? tn__npy_write(f, &x->view) : TN_ENOMEM;
  if (f && ferror(f)) status = TN_ENOMEM;
  if (f && fclose(f) != 0) status = TN_ENOMEM;
  if (!bytes) status = TN_ENOMEM; /* glibc's fclose says nothing where memory for the last bytes is refused */
  zip_source_t *source = status == TN_OK ? zip_source_buffer(zip, bytes, size, 1) : NULL;
  if (!source) return free(bytes), TN_ENOMEM;
  zip_int64_t index = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    int code = zip_error_code_zip(zip_get_error(zip));
    zip_source_free(source);
    if (code == ZIP_ER_MEMORY) return TN_ENOMEM;
    *why = code == ZIP_ER_EXISTS ? "two arrays have the same name" : "an array's name is not UTF-8";
    return TN_EINVAL;
  }
  const time_t same = 315619200; /* a fixed time, so that the file does not depend on the clock */
  zip_set_file_compression(zip, (zip_uint64_t)index, compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  zip_file_set_mtime(zip, (zip_uint64_t)index, same, 0);
  return TN_OK;
}

/* Copies the archive from memory to the file. */
static tn_status copy_out(zip_source_t *source, FILE *to) {
  char bytes[1 << 14];
  zip_int64_t n;
  if (zip_source_open(source) != 0) return TN_ENOMEM;
  while ((n = zip_source_read(source, bytes, sizeof bytes)) > 0) fwrite(bytes, 1, (size_t)n, to);
  zip_source_close(source);
  return n == 0 ? TN_OK : TN_ENOMEM;
}

static tn_status put_together(zip_source_t *source, const tn_npz_array *arrays, size_t n, bool compress,
                              const char **why) {
  zip_t *zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, NULL);
  tn_status status = TN_OK;
  if (!zip) return TN_ENOMEM;
  zip_source_keep(source); /* one more reference, as closing the archive releases one */
  for (size_t i = 0; i < n && status == TN_OK; i++) status = add_array(zip, &arrays[i], compress, why);
  if (status == TN_OK && zip_close(zip) == 0) return TN_OK;
  zip_discard(zip);
  return status == TN_OK ? TN_ENOMEM : status;
}

tn_status tn_npz_write(const char *path, const tn_npz_array *arrays, size_t n, bool compress, char *message) {
  const char *why = "out of memory";
  zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
  tn_status status = source ? put_together(source, arrays, n, compress, &why) : TN_ENOMEM;
  tn_atomic_file f = {0};
  if (status == TN_OK) {
    status = tn_atomic_open(&f, path);
    if (status == TN_OK) {
      if (copy_out(source, f.stream) != TN_OK) f.error = ENOMEM;
      status = tn_atomic_close(&f, true);
    }
    if (status != TN_OK) why = strerror(f.error);
  }
  if (source) zip_source_free(source);
  return status == TN_OK ? TN_OK : tn__file_say(message, status, "cannot write %s: %s", path, why);
}

#else

static tn_status lacking(char *message) {
  return tn__file_say(message, TN_ENOTSUP, "this build reads and writes no .npz: it was made without libzip");
}

tn_status tn_npz_open(const tn_alloc *alloc, const char *path, tn_npz **out, char *message) {
  (void)alloc, (void)path;
  *out = NULL;
  return lacking(message);
}
void tn_npz_close(tn_npz *z) { (void)z; }
size_t tn_npz_count(const tn_npz *z) { return (void)z, 0; }
const tn_npz_member *tn_npz_at(const tn_npz *z, size_t i) { return (void)z, (void)i, NULL; }
tn_status tn_npz_read(tn_npz *z, const char *name, tn_array *out, char *message) {
  (void)z, (void)name, (void)out;
  return lacking(message);
}
tn_status tn_npz_begin(tn_npz *z, size_t i, char *message) {
  (void)z, (void)i;
  return lacking(message);
}
tn_status tn_npz_next(tn_npz *z, void *to, size_t n, size_t *got, char *message) {
  (void)z, (void)to, (void)n;
  *got = 0;
  return lacking(message);
}
void tn_npz_end(tn_npz *z) { (void)z; }
tn_status tn_npz_write(const char *path, const tn_npz_array *arrays, size_t n, bool compress, char *message) {
  (void)path, (void)arrays, (void)n, (void)compress;
  return lacking(message);
}

#endif
