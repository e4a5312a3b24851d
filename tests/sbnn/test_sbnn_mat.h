/* test_sbnn_mat.h - MATLAB files, written by libmatio. */
#ifndef TEST_SBNN_MAT_H
#define TEST_SBNN_MAT_H

#include <criterion/criterion.h>
#include <matio.h>
#include <stdlib.h>
#include <string.h>

/* How a file is written: its version, and its lists as cell arrays of strings or as char matrices. */
typedef struct mat_style {
  enum mat_ft version;
  enum matio_compression compression;
  bool chars;
} mat_style;

static inline void put_variable(mat_t *mat, mat_style style, matvar_t *v) {
  cr_assert(v != NULL);
  cr_assert_eq(Mat_VarWrite(mat, v, style.compression), 0, "%s", v->name);
  Mat_VarFree(v);
}

/* rows x columns, by columns as MATLAB has them. */
static inline void put_numbers(mat_t *mat, mat_style style, const char *name, size_t rows, size_t columns,
                               const double *value) {
  size_t dims[2] = {rows, columns};
  put_variable(mat, style,
               Mat_VarCreate(name, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, dims, (void *)(uintptr_t)value, 0));
}

static inline matvar_t *text_variable(const char *name, size_t rows, size_t columns, const char *text) {
  size_t dims[2] = {rows, columns};
  return Mat_VarCreate(name, MAT_C_CHAR, MAT_T_UTF8, 2, dims, (void *)(uintptr_t)text, 0);
}

/* Of UTF-8, which is how libmatio counts columns. */
static inline size_t characters(const char *text) {
  size_t n = 0;
  for (; *text; text++) n += (*text & 0xc0) != 0x80;
  return n;
}

static inline void put_list(mat_t *mat, mat_style style, const char *name, const char *const *text,
                            size_t n) {
  if (style.chars) {
    size_t width = 0;
    for (size_t i = 0; i < n; i++) width = strlen(text[i]) > width ? strlen(text[i]) : width;
    char *all = malloc(n * width + 1);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < width; j++) all[i + n * j] = j < strlen(text[i]) ? text[i][j] : ' ';
    put_variable(mat, style, text_variable(name, n, width, all));
    free(all);
    return;
  }
  size_t dims[2] = {n, 1};
  matvar_t **cells = calloc(n + 1, sizeof *cells);
  for (size_t i = 0; i < n; i++) cells[i] = text_variable(NULL, 1, characters(text[i]), text[i]);
  put_variable(mat, style, Mat_VarCreate(name, MAT_C_CELL, MAT_T_CELL, 2, dims, cells, 0));
  free(cells);
}

/* By columns: start of each column, the rows and the values. */
static inline void put_sparse(mat_t *mat, mat_style style, const char *name, size_t rows, size_t columns,
                              const uint32_t *start, const uint32_t *row, const double *value, uint32_t n) {
  size_t dims[2] = {rows, columns};
  mat_sparse_t s = {.nzmax = n,
                    .ir = (mat_uint32_t *)(uintptr_t)row,
                    .nir = n,
                    .jc = (mat_uint32_t *)(uintptr_t)start,
                    .njc = (mat_uint32_t)columns + 1,
                    .ndata = n,
                    .data = (void *)(uintptr_t)value};
  put_variable(mat, style,
               Mat_VarCreate(name, MAT_C_SPARSE, MAT_T_DOUBLE, 2, dims, &s, MAT_F_DONT_COPY_DATA));
}

#endif
