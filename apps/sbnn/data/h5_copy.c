/* h5_copy.c - see h5_copy.h. */
#include "data/h5_copy.h"

#include "data/handover.h"
#include "data/readers.h"
#include "data/table_h5.h"
#include "tensor/tensor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *sbnn_h5_file_of(const char *path) {
  return sbnn_format("%.*s", (int)sbnn_table_file_length(path), path);
}

void sbnn_h5_object_free(sbnn_h5_object *o) {
  free(o->root);
  sbnn_strings_free(&o->cells);
  sbnn_strings_free(&o->all_cells);
  sbnn_strings_free(&o->genes);
  sbnn_strings_free(&o->ids);
  sbnn_strings_free(&o->raw_genes);
  sbnn_strings_free(&o->raws);
  *o = (sbnn_h5_object){0};
}

#if NABLA_HDF5

#include "data/hdf5/add.h"
#include "data/hdf5/layout.h"

static size_t bytes_of(const char *file) {
  struct stat status;
  return stat(file, &status) == 0 && status.st_size > 0 ? (size_t)status.st_size : 0;
}

/* ---- names ---- */

enum { N_LISTS = 6 };

static void list_members(sbnn_h5_object *o, sbnn_strings *list[N_LISTS]) {
  sbnn_strings *all[] = {&o->cells, &o->all_cells, &o->genes, &o->ids, &o->raw_genes, &o->raws};
  memcpy(list, all, sizeof all);
}

typedef struct request {
  const char *file, *part, *gene_names;
} request;

/* In the sandbox. The root, then of each list its length and its texts. */
static int read_object(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e) {
  const request *r = ctx;
  sbnn_h5 f = {.path = r->file, .error = e};
  const sbnn_h5_layout *layout = NULL;
  sbnn_h5_object o = {0};
  sbnn_strings *list[N_LISTS];
  int code = sbnn_h5_open(&f, fd);
  if (code == SBNN_OK) code = sbnn_h5_layout_of(&f, &layout);
  if (code == SBNN_OK && !layout->object)
    code =
        sbnn_fail(e, SBNN_BAD_INPUT,
                  "%s: results are written into AnnData (.h5ad) and MuData (.h5mu), not into a file of %s; "
                  "in Python, scanpy.read_10x_h5 or anndata.io.read_loom and write_h5ad make one",
                  f.path, layout->name);
  if (code == SBNN_OK) code = layout->object(&f, r->part, r->gene_names, &o);
  list_members(&o, list);
  if (code == SBNN_OK) sbnn_strings_add(result->texts, o.root);
  for (int k = 0; k < N_LISTS && code == SBNN_OK; k++) {
    char length[32];
    snprintf(length, sizeof length, "%zu", list[k]->n);
    sbnn_strings_add(result->texts, length);
    for (size_t i = 0; i < list[k]->n; i++) sbnn_strings_add(result->texts, list[k]->items[i]);
  }
  sbnn_h5_object_free(&o);
  sbnn_h5_close(&f);
  return code;
}

/* What came from the child is not believed. */
static bool take_object(const sbnn_strings *texts, sbnn_h5_object *o) {
  size_t at = 0;
  sbnn_strings *list[N_LISTS];
  list_members(o, list);
  if (texts->n == 0) return false;
  o->root = sbnn_strdup(texts->items[at++]);
  for (int k = 0; k < N_LISTS; k++) {
    if (at == texts->n) return false;
    const size_t n = strtoul(texts->items[at++], NULL, 10);
    if (n > texts->n - at) return false;
    for (size_t i = 0; i < n; i++) sbnn_strings_add(list[k], texts->items[at++]);
  }
  return at == texts->n && o->genes.n == o->ids.n && o->raw_genes.n == o->raws.n;
}

int sbnn_h5_object_read(const char *path, const char *gene_names, sbnn_h5_object *o, sbnn_error *e) {
  char *file = sbnn_h5_file_of(path);
  const size_t n = strlen(file);
  request r = {.file = file, .part = path[n] ? path + n + 1 : NULL, .gene_names = gene_names};
  const sbnn_sandbox s = {
      .path = file, .library = "the HDF5 library", .memory = sbnn_sandbox_memory(bytes_of(file))};
  sbnn_strings texts = {0};
  *o = (sbnn_h5_object){0};
  int code = sbnn_h5_claims(path)
                 ? sbnn_read_sandboxed(&s, read_object, &r, &(sbnn_handover){.texts = &texts}, e)
                 : sbnn_fail(e, SBNN_BAD_INPUT,
                             "%s: results are written into copies of AnnData (.h5ad) and MuData (.h5mu) "
                             "files, but this file is neither",
                             path);
  if (code == SBNN_OK && !take_object(&texts, o))
    code =
        sbnn_fail(e, SBNN_BAD_INPUT, "%s: the HDF5 library returned invalid data: the file is damaged", file);
  if (code != SBNN_OK) sbnn_h5_object_free(o);
  sbnn_strings_free(&texts);
  free(file);
  return code;
}

/* ---- the copy ---- */

/* In the sandbox, which has the copy. */
static int add_all(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e) {
  sbnn_h5 f = {.path = ((const void **)ctx)[0], .error = e};
  (void)out;
  int code = sbnn_h5_open_copy(&f, fd);
  if (code == SBNN_OK) code = sbnn_h5_add(&f, ((const void **)ctx)[1]);
  if (code == SBNN_OK) return sbnn_h5_finish(&f);
  sbnn_h5_close(&f);
  return code;
}

static int unwritable(const char *out, int error, sbnn_error *e) {
  return sbnn_fail(e, SBNN_FAILED,
                   "%s could not be written (%s); make room on the disk, or choose another folder", out,
                   strerror(error));
}

static int copy_bytes(const char *file, const tn_atomic_file *to, sbnn_error *e) {
  enum { ROOM = 1 << 20 };
  FILE *from = fopen(file, "rbe");
  if (!from)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: cannot be opened (%s); check the path", file, strerror(errno));
  char *room = sbnn_alloc(ROOM, 1);
  size_t n = 0;
  int error = 0;
  while (!error && (n = fread(room, 1, ROOM, from)) > 0)
    if (fwrite(room, 1, n, to->stream) != n) error = errno ? errno : EIO;
  if (!error && fflush(to->stream) != 0) error = errno;
  int code = error          ? unwritable(to->path, error, e)
             : ferror(from) ? sbnn_fail(e, SBNN_BAD_INPUT, "%s: cannot be read", file)
                            : SBNN_OK;
  fclose(from);
  free(room);
  return code;
}

static int add_to_copy(const char *file, tn_atomic_file *to, const sbnn_additions *a, sbnn_error *e) {
  const sbnn_sandbox s = {.path = file,
                          .copy = to->temporary,
                          .library = "the HDF5 library",
                          .memory = sbnn_sandbox_memory(bytes_of(file))};
  sbnn_sandbox_output none;
  int code = copy_bytes(file, to, e);
  if (code == SBNN_OK) code = sbnn_sandbox_run(&s, add_all, (const void *[]){file, a}, &none, e);
  if (code == SBNN_OK) sbnn_sandbox_free(&none);
  return code;
}

int sbnn_h5_copy(const char *path, const char *out, const sbnn_additions *a, sbnn_error *e) {
  tn_atomic_file to;
  if (tn_atomic_writes_into(out))
    return sbnn_fail(e, SBNN_FAILED, "%s is not a regular file, as HDF5 needs; give the name of a file", out);
  if (tn_atomic_open(&to, out) != TN_OK) return unwritable(out, to.error, e);
  char *file = sbnn_h5_file_of(path);
  int code = add_to_copy(file, &to, a, e);
  if (tn_atomic_close(&to, code == SBNN_OK) != TN_OK && code == SBNN_OK) code = unwritable(out, to.error, e);
  free(file);
  return code;
}

#else

int sbnn_h5_object_read(const char *path, const char *gene_names, sbnn_h5_object *o, sbnn_error *e) {
  (void)gene_names;
  *o = (sbnn_h5_object){0};
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s: this build cannot write HDF5 (it was made without libhdf5)", path);
}

int sbnn_h5_copy(const char *path, const char *out, const sbnn_additions *a, sbnn_error *e) {
  (void)out;
  (void)a;
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s: this build cannot write HDF5 (it was made without libhdf5)", path);
}

#endif
