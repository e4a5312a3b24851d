/* layouts.c - which layout a file has (layout.h). */
#include "data/hdf5/layout.h"

#include <stdlib.h>

/* A line for each; the first that recognises a file reads it. */
static const sbnn_h5_layout *const layouts[] = {&sbnn_h5_mudata, &sbnn_h5_tenx, &sbnn_h5_loom,
                                                &sbnn_h5_anndata};

int sbnn_h5_layout_of(sbnn_h5 *f, const sbnn_h5_layout **layout) {
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
    if (layouts[i]->recognised(f)) {
      *layout = layouts[i];
      return SBNN_OK;
    }
  return sbnn_fail(
      f->error, SBNN_BAD_INPUT,
      "%s: this HDF5 file is none of AnnData (.h5ad), MuData (.h5mu), 10x Genomics (.h5) or loom; in "
      "Python, anndata.AnnData(X, obs, var).write_h5ad('FILE.h5ad') writes one that is read",
      f->path);
}

void sbnn_h5_choice_free(sbnn_h5_choice *c) {
  sbnn_h5_matrix_close(&c->matrix);
  free(c->numbers);
  free(c->what);
  sbnn_strings_free(&c->cells);
  sbnn_strings_free(&c->features);
  sbnn_strings_free(&c->types);
  free(c->cells_in);
  free(c->features_in);
  free(c->note);
  *c = (sbnn_h5_choice){0};
}

void sbnn_h5_choice_note(sbnn_h5_choice *c, char *sentence) {
  c->note = sbnn_joined(c->note, "\n", sentence);
}
