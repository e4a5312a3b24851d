/* mat73.c - MATLAB files of version 7.3: see data/mat.h. They are HDF5: a variable is a dataset with its dimensions
 * the other way round, whose class is in an attribute; a cell array is one of references to datasets; a sparse
 * matrix is a group of the three arrays that MATLAB has in memory. */
#include "data/hdf5/h5.h"
#include "data/mat.h"
#include "data/source.h"

#include <stdlib.h>
#include <string.h>

enum { NOT_READ = -1 }; /* a class: structures, strings, functions, objects */

/* The file, and what the variable read last points to. */
typedef struct mat73 {
  sbnn_h5 file;
  double *values, *cell_values;
  uint32_t *rows, *starts;
  hobj_ref_t *cells;
  size_t n_cells;
} mat73;

/* ---- what a dataset is ---- */

/* name: of the class; NULL: the attribute is missing, since another program wrote the file. */
static int class_of(const sbnn_h5_array *h, const char *name) {
  static const char *const numbers[] = {"double", "single", "logical", "int8",  "uint8", "int16",
                                        "uint16", "int32",  "uint32",  "int64", "uint64"};
  if (!name) return h->kind == SBNN_H5_NUMBERS ? SBNN_MAT_DOUBLE : NOT_READ;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (strcmp(name, numbers[i]) == 0) return SBNN_MAT_DOUBLE; /* all are read as doubles */
  return strcmp(name, "char") == 0 ? SBNN_MAT_CHAR : strcmp(name, "cell") == 0 ? SBNN_MAT_CELL : NOT_READ;
}

/* The description of a dataset, without its numbers. */
static sbnn_mat_array array_of(const sbnn_h5_array *h) {
  double empty = 0;
  char *name = sbnn_h5_array_attribute_text(h, "MATLAB_class");
  sbnn_mat_array a = {.class = class_of(h, name),
                      .complex = h->type > 0 && H5Tget_class(h->type) == H5T_COMPOUND,
                      .rank = h->rank,
                      .shape = {h->rank > 1 ? h->shape[1] : h->shape[0], h->rank > 1 ? h->shape[0] : 1}};
  if (sbnn_h5_array_attribute_number(h, "MATLAB_empty", &empty) && empty != 0) /* it holds its dimensions */
    a = (sbnn_mat_array){.class = SBNN_MAT_EMPTY};
  free(name);
  return a;
}

/* ---- reading ---- */

static int read_values(mat73 *m, const sbnn_h5_array *h, double **values, sbnn_mat_numbers *x) {
  const size_t n = h->shape[0] * h->shape[1];
  free(*values);
  *values = sbnn_alloc(n, sizeof **values);
  *x = (sbnn_mat_numbers){.kind = SBNN_MAT_FLOAT64, .data = (const unsigned char *)*values, .n = n};
  return sbnn_h5_read_doubles(&m->file, h, 0, h->shape[0], *values);
}

/* Rows or starts of a sparse matrix. */
static int read_places(mat73 *m, const sbnn_h5_array *h, uint32_t **places, sbnn_mat_numbers *x) {
  const size_t n = h->shape[0] * h->shape[1];
  int64_t *all = sbnn_alloc(n, sizeof *all);
  int code = sbnn_h5_read_int64s(&m->file, h, 0, h->shape[0], all);
  free(*places);
  *places = sbnn_alloc(n, sizeof **places);
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    if (all[i] < 0 || all[i] > UINT32_MAX)
      code = sbnn_h5_damaged(&m->file, h->path, "a number in it is no place in a matrix");
    else (*places)[i] = (uint32_t)all[i];
  }
  free(all);
  *x = (sbnn_mat_numbers){.kind = SBNN_MAT_UINT32, .data = (const unsigned char *)*places, .n = n};
  return code;
}

/* One of the arrays of a sparse matrix: into places, or (NULL) into values. It is missing where the matrix has no entries. */
static int read_part(mat73 *m, const char *group, const char *part, uint32_t **places, sbnn_mat_numbers *x) {
  char *path = sbnn_h5_join(group, part);
  sbnn_h5_array h = {0};
  int code = SBNN_OK;
  if (sbnn_h5_kind_of(&m->file, path) != SBNN_H5_NOTHING) {
    code = sbnn_h5_array_open(&m->file, path, NULL, &h);
    if (code == SBNN_OK) code = places ? read_places(m, &h, places, x) : read_values(m, &h, &m->values, x);
    sbnn_h5_array_close(&h);
  }
  free(path);
  return code;
}

static int read_cells(mat73 *m, const sbnn_h5_array *h, sbnn_mat_array *a) {
  free(m->cells);
  m->n_cells = h->shape[0] * h->shape[1];
  m->cells = sbnn_alloc(m->n_cells, sizeof *m->cells);
  a->cells = m;
  a->n_cells = m->n_cells;
  return sbnn_h5_read_references(&m->file, h, m->cells);
}

static bool next_cell(sbnn_mat_array *cells, sbnn_mat_array *cell) {
  mat73 *m = (mat73 *)(uintptr_t)cells->cells;
  sbnn_h5_array h = {0};
  int code = SBNN_OK;
  *cell = (sbnn_mat_array){.class = NOT_READ};
  if (cells->n_cells == 0) return false;
  const hobj_ref_t to = m->cells[m->n_cells - cells->n_cells--];
  if (sbnn_h5_reference_open(&m->file, to, &h) == SBNN_OK) {
    *cell = array_of(&h);
    if (cell->class == SBNN_MAT_CHAR) code = read_values(m, &h, &m->cell_values, &cell->values);
  } else *m->file.error = (sbnn_error){0}; /* a group, which is no text */
  sbnn_h5_array_close(&h);
  return code == SBNN_OK;
}

/* ---- variables ---- */

static sbnn_mat_array sparse_of(mat73 *m, const char *name) {
  sbnn_mat_array a = {.class = NOT_READ};
  double rows;
  char *path = sbnn_h5_join(name, "jc");
  sbnn_h5_array starts = {0};
  if (sbnn_h5_attribute_numbers(&m->file, name, "MATLAB_sparse", &rows, 1) && rows >= 0 &&
      rows <= UINT32_MAX && sbnn_h5_array_open(&m->file, path, NULL, &starts) == SBNN_OK &&
      starts.shape[0] > 0)
    a = (sbnn_mat_array){
        .class = SBNN_MAT_SPARSE, .rank = 2, .shape = {(size_t)rows, starts.shape[0] * starts.shape[1] - 1}};
  sbnn_h5_array_close(&starts);
  free(path);
  return a;
}

/* Errors of a variable are reported when it is read, not here. */
static void find_variable(sbnn_mat_file *f, const char *name) {
  mat73 *m = f->handle;
  sbnn_h5_array h = {0};
  sbnn_mat_array a = {.class = NOT_READ};
  const sbnn_h5_kind kind = sbnn_h5_kind_of(&m->file, name);
  if (kind == SBNN_H5_GROUP) a = sparse_of(m, name);
  else if (sbnn_h5_array_open(&m->file, name, NULL, &h) == SBNN_OK || h.set > 0) a = array_of(&h);
  sbnn_h5_array_close(&h);
  *f->c.error = (sbnn_error){0};
  sbnn_mat_found(f, name, &a);
}

static int read_variable(sbnn_mat_file *f, size_t v, sbnn_mat_array *a) {
  mat73 *m = f->handle;
  const char *name = f->c.variables[v].name;
  sbnn_h5_array h = {0};
  int code = sbnn_source_interrupted(f->c.path, f->c.error);
  if (code != SBNN_OK) return code;
  if (f->c.variables[v].kind == SBNN_VARIABLE_SPARSE) {
    *a = sparse_of(m, name);
    code = read_part(m, name, "data", NULL, &a->values);
    if (code == SBNN_OK) code = read_part(m, name, "ir", &m->rows, &a->rows);
    return code == SBNN_OK ? read_part(m, name, "jc", &m->starts, &a->starts) : code;
  }
  code = sbnn_h5_array_open(&m->file, name, NULL, &h);
  if (code == SBNN_OK) {
    *a = array_of(&h);
    code = a->class == SBNN_MAT_CELL ? read_cells(m, &h, a) : read_values(m, &h, &m->values, &a->values);
  }
  sbnn_h5_array_close(&h);
  return code;
}

static void close_file(sbnn_mat_file *f) {
  mat73 *m = f->handle;
  sbnn_h5_close(&m->file);
  free(m->values);
  free(m->cell_values);
  free(m->rows);
  free(m->starts);
  free(m->cells);
  free(m);
}

int sbnn_mat73_open(sbnn_mat_file *f) {
  mat73 *m = f->handle = sbnn_alloc(1, sizeof *m);
  sbnn_strings names = {0};
  m->file = (sbnn_h5){.path = f->c.path, .error = f->c.error};
  f->read = read_variable;
  f->next_cell = next_cell;
  f->close = close_file;
  int code = sbnn_h5_open(&m->file, f->fd);
  if (code == SBNN_BAD_INPUT) {
    *f->c.error = (sbnn_error){0};
    code = sbnn_mat_damaged(f, "the file cannot be read as one of MATLAB");
  }
  if (code == SBNN_OK) code = sbnn_h5_names(&m->file, "", &names);
  for (size_t i = 0; i < names.n && code == SBNN_OK; i++)
    if (names.items[i][0] != '#') find_variable(f, names.items[i]); /* "#refs#": what cells refer to */
  sbnn_strings_free(&names);
  return code;
}
