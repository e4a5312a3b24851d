/* mat73.c - MATLAB files of version 7.3, which are HDF5: see mat.h. libmatio reads them. */
#include "data/mat.h"
#include "data/source.h"
#include "sandbox.h"

#if NABLA_MATIO

#include <hdf5.h>
#include <matio.h>
#include <stdlib.h>

/* The handle of the file, and the variable read last. */
typedef struct mat73 {
  mat_t *file;
  matvar_t *variable;
} mat73;

static sbnn_mat_numbers numbers(int kind, const void *data, size_t n) {
  return (sbnn_mat_numbers){.kind = kind, .data = data, .n = data ? n : 0};
}

/* With what has been read of its data, if any. */
static sbnn_mat_array array_of(const matvar_t *v) {
  size_t size = sbnn_mat_size((int)v->data_type);
  sbnn_mat_array a = {.class = (int)v->class_type, .complex = v->isComplex, .rank = v->rank};
  for (int i = 0; i < 2 && i < v->rank; i++) a.shape[i] = v->dims[i];
  if (v->class_type == MAT_C_SPARSE && v->data) {
    const mat_sparse_t *s = v->data;
    a.rows = numbers(SBNN_MAT_UINT32, s->ir, s->nir);
    a.starts = numbers(SBNN_MAT_UINT32, s->jc, s->njc);
    a.values = numbers((int)v->data_type, s->data, s->ndata);
  } else if (v->class_type == MAT_C_CELL && v->data) {
    a.cells = v->data;
    a.n_cells = v->nbytes / sizeof(matvar_t *);
  } else if (size > 0 && v->class_type != MAT_C_STRUCT && v->class_type != MAT_C_OBJECT)
    a.values = numbers((int)v->data_type, v->data, v->nbytes / size);
  return a;
}

static bool next_cell(sbnn_mat_array *cells, sbnn_mat_array *cell) {
  matvar_t *const *at = cells->cells;
  *cell = (sbnn_mat_array){.class = SBNN_MAT_EMPTY};
  if (cells->n_cells == 0) return false;
  cells->n_cells--;
  cells->cells = at + 1;
  if (*at) *cell = array_of(*at);
  return true;
}

static int read_variable(sbnn_mat_file *f, size_t v, sbnn_mat_array *a) {
  mat73 *m = f->handle;
  const char *name = f->c.variables[v].name;
  int code = sbnn_source_interrupted(f->c.path, f->c.error);
  if (code != SBNN_OK) return code;
  Mat_VarFree(m->variable);
  m->variable = Mat_VarRead(m->file, name);
  if (!m->variable || !m->variable->data)
    return sbnn_fail(f->c.error, SBNN_BAD_INPUT,
                     "%s: its variable '%.60s' is damaged; copy the file again, or save it again from MATLAB",
                     f->c.path, name);
  *a = array_of(m->variable);
  return SBNN_OK;
}

static void close_file(sbnn_mat_file *f) {
  mat73 *m = f->handle;
  Mat_VarFree(m->variable);
  if (m->file) Mat_Close(m->file);
  free(m);
}

int sbnn_mat73_open(sbnn_mat_file *f) {
  mat73 *m = f->handle = sbnn_alloc(1, sizeof *m);
  f->read = read_variable;
  f->next_cell = next_cell;
  f->close = close_file;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* which prints what goes wrong */
  H5PLset_loading_state(0);
  sbnn_sandbox_filter(true);
  m->file = Mat_Open(f->c.path, MAT_ACC_RDONLY);
  if (!m->file) return sbnn_mat_damaged(f, "the file cannot be read as one of MATLAB");
  for (matvar_t *v; (v = Mat_VarReadNextInfo(m->file)) != NULL; Mat_VarFree(v)) {
    sbnn_mat_array a = array_of(v);
    if (v->name) sbnn_mat_found(f, v->name, &a);
  }
  return SBNN_OK;
}

#else

int sbnn_mat73_open(sbnn_mat_file *f) {
  return sbnn_fail(f->c.error, SBNN_BAD_INPUT,
                   "%s: this build cannot read .mat of version 7.3 (it was made without libmatio); save it "
                   "with -v7, or the tables as CSV, with writetable",
                   f->c.path);
}

#endif
