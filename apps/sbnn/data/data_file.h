/* data_file.h - a data set as one file: raw counts, raw responses, labels, ids, and how it was made. A
 * safetensors file, so that any language opens it (docs/output.md has its tensors); counts are used from the
 * mapping, without a copy. Threads: as dataset.h. */
#ifndef SBNN_DATA_DATA_FILE_H
#define SBNN_DATA_DATA_FILE_H

#include "data/dataset.h"

#include <stdio.h>

#define SBNN_DATA_KIND "sbnn data"

/* Writes d, whose responses may be missing (NaN); under a temporary name, renamed when all is on disk.
 * `recipe`: n pairs of strings on how it was made, that are kept with it. SBNN_FAILED with one sentence: what
 * was at `path` stays. */
int sbnn_data_file_write(const char *path, const sbnn_dataset *d, const char *const (*recipe)[2], size_t n,
                         sbnn_error *e);

/* Fills d (all zero) with what was written; its counts stay in the file, which must not change meanwhile.
 * Every size, offset and index is checked, and the checksum; values are for sbnn_dataset_check_raw.
 * SBNN_BAD_INPUT with one sentence; d may be filled in part then. */
int sbnn_data_file_read(const char *path, sbnn_dataset *d, sbnn_error *e);

/* Prints what the file holds and how it was made. Errors as above. */
int sbnn_data_file_describe(FILE *to, const char *path, sbnn_error *e);

#endif
