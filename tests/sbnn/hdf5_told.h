/* hdf5_told.h - a small HDF5 file, changed by a test, read for counts, for responses or for labels, and told in one line. */
#ifndef HDF5_TOLD_H
#define HDF5_TOLD_H

#include "data/table.h"
#include "hdf5_files.h"
#include "test_sbnn_data.h"

#include <math.h>

/* ---- what is read, as one line ---- */

typedef enum way { COUNTS, NORMALISED, RESPONSES, ALONE, LABELS } way;

static inline void tell_ids(FILE *to, char *const *ids, size_t n) {
  for (size_t i = 0; i < n; i++) fprintf(to, "%s ", ids[i]);
  fputs("| ", to);
}

static inline int tell_table(const char *path, const sbnn_table_options *o, FILE *to, sbnn_error *e) {
  sbnn_table t;
  int code = sbnn_table_read(path, o, &t, e);
  if (code != SBNN_OK) return code;
  tell_ids(to, t.row_ids, t.n_rows);
  tell_ids(to, t.col_ids, t.n_cols);
  for (size_t i = 0; i < t.n_rows * t.n_cols; i++) {
    const double v = t.values ? t.values[i] : (double)sbnn_counts_at(&t.counts, i / t.n_cols, i % t.n_cols);
    if (isnan(v)) fputs("NA ", to);
    else fprintf(to, "%g ", v);
  }
  sbnn_table_free(&t);
  return code;
}

static inline int tell_labels(const char *path, FILE *to, sbnn_error *e) {
  sbnn_labels l;
  int code = sbnn_labels_read(path, &l, e);
  if (code != SBNN_OK) return code;
  tell_ids(to, l.row_ids, l.n_rows);
  tell_ids(to, l.col_ids, l.n_cols);
  for (size_t i = 0; i < l.n_rows * l.n_cols; i++) fprintf(to, "%s ", *l.text[i] ? l.text[i] : "-");
  if (l.row_fault) fputs(strstr(l.row_fault, "obs"), to);
  sbnn_labels_free(&l);
  return code;
}

typedef struct file {
  void (*change)(hid_t f); /* of the good file */
  way how;
  const char *part;     /* behind the colon; NULL: none */
  const char *names;    /* --gene-names */
  const char *expected; /* the line; if it begins with '!', the parts of the sentence */
} file;

static inline void check_file(const file *c, size_t number) {
  char path[256], *line = NULL;
  size_t n;
  sbnn_error e = {0};
  FILE *to = open_memstream(&line, &n);
  hid_t f = open_good(at("a.h5"));
  c->change(f);
  cr_assert(H5Fclose(f) >= 0);
  snprintf(path, sizeof path, "%s%s%s", at("a.h5"), c->part ? ":" : "", c->part ? c->part : "");
  const sbnn_table_options o = {.sparse = c->how == COUNTS,
                                .allow_missing = c->how >= RESPONSES,
                                .responses = c->how >= RESPONSES,
                                .alone = c->how == ALONE,
                                .normalised = c->how == NORMALISED,
                                .gene_names = c->names,
                                .feature_type = c->how == COUNTS ? "Gene Expression" : "Antibody Capture"};
  int code = c->how == LABELS ? tell_labels(path, to, &e) : tell_table(path, &o, to, &e);
  fclose(to);
  if (*c->expected == '!') check_sentence(&e, SBNN_BAD_INPUT, c->expected + 1);
  else cr_expect_eq(code, SBNN_OK, "case %zu: %s", number, e.text);
  if (*c->expected != '!') cr_expect_str_eq(line, c->expected, "case %zu: %s", number, line);
  if (*c->expected == '!' && code == SBNN_OK) cr_expect(false, "case %zu: %s", number, line);
  free(line);
}

#define CHECK_FILES(list)                                                                                    \
  for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++) check_file(&(list)[i], i)

static inline void nothing(hid_t f) { (void)f; }
static inline void put_dense(hid_t f, const char *path, hsize_t rows, hsize_t columns, const double *v) {
  put(f, path, H5T_NATIVE_DOUBLE, 2, (hsize_t[]){rows, columns}, H5P_DEFAULT, v);
}
static const double six[] = {1, 2, 3, 4, 5, 6};

#define GOOD "c1 c2 c3 | g1 g2 | 1 0 3 5 0 1 "

#endif
