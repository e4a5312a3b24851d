/* table_npy.c - NumPy arrays (.npy) of two dimensions and any kind of number, in C or Fortran order, with
 * their lists of features and cells (name_lists.h). One of table.c's readers (readers.h). */
#include "data/matrix.h"
#include "data/npy.h"
#include "data/readers.h"
#include "data/source.h"

#include <stdlib.h>

typedef struct file {
  sbnn_source *source;
  sbnn_npy array;
  unsigned char *bytes;
} file;

static int read_source(void *from, char *out, size_t n, size_t *got, sbnn_error *e) {
  return sbnn_source_read(from, out, n, got, e);
}

static int next_numbers(void *from, size_t n, double *out, sbnn_error *e) {
  (void)e; /* the array's own */
  file *f = from;
  return sbnn_npy_numbers(&f->array, n, f->bytes, out);
}

static int read_header(sbnn_npy *a) {
  int code = sbnn_npy_header(a);
  if (code == SBNN_OK && !sbnn_npy_is_number(a)) return sbnn_npy_refuse_type(a);
  if (code != SBNN_OK || (a->header.rank == 2 && a->shape[0] > 0 && a->shape[1] > 0)) return code;
  return sbnn_fail(a->error, SBNN_BAD_INPUT,
                   "%s: the array has %d dimensions%s; give one of two, cells and genes (or responses)",
                   a->path, a->header.rank, a->header.rank == 2 ? ", one of them of length 0" : "");
}

static int read_numbers(file *f, const sbnn_name_lists *axes, const sbnn_table_options *o, sbnn_table *t) {
  sbnn_npy *a = &f->array;
  size_t line = a->shape[!a->header.fortran], got;
  sbnn_dense m = {.path = a->path,
                  .n_rows = a->shape[0],
                  .n_cols = a->shape[1],
                  .by_columns = a->header.fortran,
                  .from = f,
                  .next = next_numbers};
  f->bytes = sbnn_alloc(line, a->header.width);
  int code = sbnn_dense_read(&m, axes, o, t, a->error);
  if (code == SBNN_OK) code = sbnn_npy_bytes(a, f->bytes, 1, &got); /* also completes the hash */
  if (code == SBNN_OK && got)
    code = sbnn_fail(a->error, SBNN_BAD_INPUT,
                     "%s: there are more bytes than the header announces; save it again with numpy.save",
                     a->path);
  free(f->bytes);
  return code;
}

static int read_table(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e) {
  sbnn_source *source = sbnn_source_open(path, e);
  if (!source) return e ? e->code : SBNN_BAD_INPUT;
  file f = {.source = source, .array = {.path = path, .error = e, .from = source, .read = read_source}};
  sbnn_name_lists axes = {0};
  int code = read_header(&f.array);
  if (code == SBNN_OK) code = sbnn_name_lists_read(path, ".npy", options, &axes, e);
  if (code == SBNN_OK)
    code = sbnn_name_lists_match(&axes,
                                 &(sbnn_unnamed_matrix){.path = path,
                                                        .n_rows = f.array.shape[0],
                                                        .n_cols = f.array.shape[1],
                                                        .genes_in = options->genes_in},
                                 e);
  if (code == SBNN_OK) code = read_numbers(&f, &axes, options, t);
  if (code == SBNN_OK) sbnn_name_lists_name(&axes, path, sbnn_source_hash(source), t);
  sbnn_name_lists_free(&axes);
  sbnn_source_close(source);
  return code;
}

const sbnn_file_format sbnn_format_npy = {
    .shown = ".npy", .ending = ".npy", .magic = "\x93NUMPY", .what = "a NumPy array", .read = read_table};
