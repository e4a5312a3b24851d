/* h5_copy.h - adding to a copy of an AnnData or MuData file: what it calls its cells and genes, and the copy with
 * additions. The HDF5 library runs in a sandbox. Internal to the tool. Threads: as sandbox.h. */
#ifndef SBNN_DATA_H5_COPY_H
#define SBNN_DATA_H5_COPY_H

#include "data/additions.h"
#include "data/hdf5/object.h"
#include "sbnn.h"

/* Reads `path`, "FILE" or "FILE:PART" (of MuData the modality); gene_names as --gene-names. SBNN_BAD_INPUT: no
 * such file, not one that can be added to. *o is all zero then. */
int sbnn_h5_object_read(const char *path, const char *gene_names, sbnn_h5_object *o, sbnn_error *e);

/* Copies the file of `path` to `out`, where it appears whole or not at all, with the additions. What they do not
 * name stays as it is. SBNN_BAD_INPUT: as above. SBNN_FAILED: it cannot be written. */
int sbnn_h5_copy(const char *path, const char *out, const sbnn_additions *a, sbnn_error *e);

/* "FILE" of "FILE:PART"; the caller frees. */
char *sbnn_h5_file_of(const char *path);

#endif
