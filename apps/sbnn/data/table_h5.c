/* table_h5.c - HDF5 files: AnnData (.h5ad), MuData (.h5mu), 10x Genomics (.h5), loom. One of table.c's readers
 * (readers.h). The library that reads them runs in a sandbox (handover.h); what is read is decided by hdf5/. */
#include "data/table_h5.h"

#include "data/handover.h"
#include "data/readers.h"
#include "data/source.h"
#include "data/table.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- which files ---- */

/* The mark stands at the beginning, or at 512, 1024, ... behind what a writer has put there; MATLAB's files have
 * a reader of their own. */
static bool has_mark(const char *file) {
  static const char mark[] = "\x89HDF\r\n\x1a\n";
  char start[8];
  int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  bool found = false, matlab = fd >= 0 && pread(fd, start, 8, 0) == 8 && memcmp(start, "MATLAB 7", 8) == 0;
  for (off_t at = 0; fd >= 0 && !matlab && at <= 8192 && !found; at = at ? 2 * at : 512)
    found = pread(fd, start, 8, at) == 8 && memcmp(start, mark, 8) == 0;
  if (fd >= 0) close(fd);
  return found;
}

static bool named_so(const char *path, size_t n) {
  static const char *const endings[] = {".h5ad", ".h5mu", ".loom", ".h5", ".hdf5"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (sbnn_ends_so(path, n, endings[i])) return true;
  return false;
}

bool sbnn_h5_claims(const char *path) {
  size_t n = sbnn_table_file_length(path);
  char *file = sbnn_format("%.*s", (int)n, path);
  struct stat status;
  bool mine = stat(file, &status) == 0 && S_ISREG(status.st_mode) ? has_mark(file)
                                                                  : named_so(path, strcspn(path, ":"));
  free(file);
  return mine;
}

#if NABLA_HDF5

#include "data/hdf5/layout.h"

/* ---- in the sandbox ---- */

static int read_file(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e) {
  const sbnn_h5_request *r = ((void **)ctx)[0];
  sbnn_h5 f = {.path = ((void **)ctx)[1], .error = e};
  const sbnn_h5_layout *layout = NULL;
  sbnn_h5_choice c = {0};
  int code = sbnn_h5_open(&f, fd);
  if (code == SBNN_OK) code = sbnn_h5_layout_of(&f, &layout);
  if (code == SBNN_OK && result->table) {
    code = layout->choose(&f, r, &c);
    if (code == SBNN_OK) code = sbnn_h5_take(&f, r, &c, result->table);
  }
  if (code == SBNN_OK && result->labels) {
    code = layout->labels
               ? layout->labels(&f, r->part, result->labels)
               : sbnn_fail(e, SBNN_BAD_INPUT, "%s: a file of %s holds no labels; give a table of them",
                           f.path, layout->name);
    if (code == SBNN_OK) result->labels->path = sbnn_strdup(f.path);
  }
  if (code == SBNN_OK && result->texts) {
    sbnn_strings_add(result->texts, layout->name);
    code = layout->describe(&f, result->texts);
  }
  sbnn_h5_choice_free(&c);
  sbnn_h5_close(&f);
  return code;
}

/* ---- here ---- */

/* A file is often read for counts, then for responses and labels: its bytes are gone through once, unless it has
 * changed. */
static int hash_once(const char *file, uint64_t *bytes, uint64_t *hash, sbnn_error *e) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static struct stat last;
  static uint64_t last_hash;
  struct stat now;
  if (stat(file, &now) != 0) return sbnn_source_hash_file(file, bytes, hash, e);
  pthread_mutex_lock(&lock);
  const bool same = now.st_ino == last.st_ino && now.st_dev == last.st_dev && now.st_size == last.st_size &&
                    memcmp(&now.st_mtim, &last.st_mtim, sizeof now.st_mtim) == 0 &&
                    memcmp(&now.st_ctim, &last.st_ctim, sizeof now.st_ctim) == 0;
  *hash = last_hash;
  pthread_mutex_unlock(&lock);
  *bytes = (uint64_t)now.st_size;
  if (same) return SBNN_OK;
  int code = sbnn_source_hash_file(file, bytes, hash, e);
  pthread_mutex_lock(&lock);
  if (code == SBNN_OK) last = now, last_hash = *hash;
  pthread_mutex_unlock(&lock);
  return code;
}

static int read_part(const char *path, const sbnn_table_options *o, const sbnn_handover *result,
                     sbnn_error *e) {
  static const sbnn_table_options defaults = {0};
  const size_t n = sbnn_table_file_length(path);
  char *file = sbnn_format("%.*s", (int)n, path);
  sbnn_h5_request r = {.part = path[n] ? path + n + 1 : NULL, .options = o ? o : &defaults};
  uint64_t bytes = 0, hash = 0;
  int code = hash_once(file, &bytes, &hash, e);
  if (code == SBNN_OK) {
    const sbnn_sandbox s = {
        .path = file, .library = "the HDF5 library", .memory = sbnn_sandbox_memory(bytes)};
    code = sbnn_read_sandboxed(&s, read_file, (void *[]){&r, file}, result, e);
  }
  if (code == SBNN_OK && result->table) result->table->hash = hash;
  if (code == SBNN_OK && result->labels) result->labels->hash = hash;
  free(file);
  return code;
}

static int read_named(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                      sbnn_error *e) {
  return read_part(path, o, &(sbnn_handover){.table = t, .labels = t ? NULL : l}, e);
}

int sbnn_h5_describe(const char *path, sbnn_strings *lines, sbnn_error *e) {
  return read_part(path, NULL, &(sbnn_handover){.texts = lines}, e);
}

#else

static int refuse(const char *path, sbnn_error *e) {
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s: this build cannot read HDF5 (it was made without libhdf5); in Python, scipy.io.mmwrite, "
      "numpy.savez or DataFrame.to_csv write what it reads",
      path);
}

static int read_named(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                      sbnn_error *e) {
  (void)o;
  (void)t;
  (void)l;
  return refuse(path, e);
}

int sbnn_h5_describe(const char *path, sbnn_strings *lines, sbnn_error *e) {
  (void)lines;
  return refuse(path, e);
}

#endif

const sbnn_file_format sbnn_format_h5 = {
    .shown = ".h5ad, .h5mu, .loom, .h5 of 10x", .claims = sbnn_h5_claims, .read_named = read_named};
