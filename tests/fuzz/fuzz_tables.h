/* fuzz_tables.h - what must hold of a table, whatever it was read from. */
#ifndef FUZZ_TABLES_H
#define FUZZ_TABLES_H

#include "data/table.h"
#include "fuzz.h"

static inline void check_ids(char *const *ids, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!*ids[i]) abort();
}

/* Reads it dense and sparse; both must agree. */
static inline void fuzz_table_of(const char *path, bool responses, const char *feature_type) {
  const sbnn_table_options how[] = {
      {.allow_missing = true, .responses = responses, .feature_type = feature_type},
      {.sparse = true, .allow_duplicates = true, .responses = responses, .feature_type = feature_type}};
  sbnn_table t[2];
  int code[2];
  for (int k = 0; k < 2; k++) {
    sbnn_error e = {0};
    code[k] = sbnn_table_read(path, &how[k], &t[k], &e);
    fuzz_check(code[k], &e);
    if (code[k] != SBNN_OK && (t[k].values || t[k].counts.value || t[k].n_rows || t[k].row_ids)) abort();
    if (code[k] != SBNN_OK) continue;
    if (t[k].n_rows == 0 || t[k].n_cols == 0) abort();
    check_ids(t[k].row_ids, t[k].n_rows);
    check_ids(t[k].col_ids, t[k].n_cols);
  }
  if (code[0] == SBNN_OK && code[1] == SBNN_OK) {
    if (t[0].hash != t[1].hash || t[0].n_rows != t[1].n_rows || t[0].n_cols != t[1].n_cols) abort();
    for (size_t i = 0; i < t[0].n_rows; i++)
      for (size_t j = 0; j < t[0].n_cols; j++) {
        float v = (float)t[0].values[i * t[0].n_cols + j], w = sbnn_counts_at(&t[1].counts, i, j);
        if (v != w && v == v) abort();
      }
  }
  for (int k = 0; k < 2; k++)
    if (code[k] == SBNN_OK) sbnn_table_free(&t[k]);
}

static inline void fuzz_table(const char *path, const char *feature_type) {
  fuzz_table_of(path, false, feature_type);
}

/* A file of several arrays: all that it may be read as. */
static inline void fuzz_container(const char *path) {
  sbnn_labels l;
  sbnn_error e = {0};
  fuzz_table_of(path, false, NULL);
  fuzz_table_of(path, true, NULL);
  int code = sbnn_labels_read(path, &l, &e);
  fuzz_check(code, &e);
  if (code != SBNN_OK) return;
  check_ids(l.row_ids, l.n_rows);
  for (size_t i = 0; i < l.n_rows * l.n_cols; i++)
    if (!l.text[i]) abort();
  sbnn_labels_free(&l);
}

#endif
