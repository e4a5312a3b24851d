/* object.h - the AnnData object whose counts are taken, and what it calls its cells and genes: for those who add
 * to it. No HDF5 in it. Internal to the tool. Threads: a finished one is read-only. */
#ifndef SBNN_DATA_HDF5_OBJECT_H
#define SBNN_DATA_HDF5_OBJECT_H

#include "data/ids.h"

/* Owns its members. Genes have their names as tables have them: by the index or a column, told apart by -1,
 * -2, ...; "" is one that is no gene. */
typedef struct sbnn_h5_object {
  char *root;                   /* "", of MuData "mod/rna" */
  sbnn_strings cells;           /* of ROOT/obs */
  sbnn_strings all_cells;       /* of MuData: of obs of the whole */
  sbnn_strings genes, ids;      /* of ROOT/var, and its index */
  sbnn_strings raw_genes, raws; /* the same of ROOT/raw/var, if there is one */
} sbnn_h5_object;

void sbnn_h5_object_free(sbnn_h5_object *o);

#endif
