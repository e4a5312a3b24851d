/* table_h5.h - what an HDF5 file holds, for `sbnn inspect`. Internal to the tool. Threads: as sandbox.h. */
#ifndef SBNN_DATA_TABLE_H5_H
#define SBNN_DATA_TABLE_H5_H

#include "data/ids.h"
#include "sbnn.h"

bool sbnn_h5_claims(const char *path); /* is it an HDF5 file, or a part of one, by name or content? */

/* Lines "WHAT<tab>HOW": the first is the layout ("AnnData"). Appended to *lines. SBNN_BAD_INPUT: damaged, or no
 * layout that is known. */
int sbnn_h5_describe(const char *path, sbnn_strings *lines, sbnn_error *e);

#endif
