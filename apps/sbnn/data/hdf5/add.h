/* add.h - writes additions into a file that is open for it, in the encodings that anndata has read since 0.8.
 * Private to data/hdf5/; errors and threads as in h5.h. */
#ifndef SBNN_DATA_HDF5_ADD_H
#define SBNN_DATA_HDF5_ADD_H

#include "data/additions.h"
#include "data/hdf5/h5.h"

/* All of them, in their order; what stands at a path already is replaced. SBNN_BAD_INPUT: a frame is no group of
 * columns, or something else stands where a group must. SBNN_FAILED: it cannot be written. */
int sbnn_h5_add(sbnn_h5 *f, const sbnn_additions *a);

#endif
