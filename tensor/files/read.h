/* read.h - whole files in memory. */
#ifndef NABLA_TENSOR_FILES_READ_H
#define NABLA_TENSOR_FILES_READ_H

#include "npy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a whole file, decompressing gzip, and appends a NUL that *n does not count. *bytes is to be freed
 * with tn_free(alloc, *bytes). The file may be a pipe or a device. TN_EIO: it cannot be opened or read, or
 * its gzip data end too early; TN_EFORMAT: damaged gzip data, or more than `most` bytes (0: any number);
 * TN_ENOMEM. message (TN_FILE_MESSAGE bytes, may be NULL) has the sentence. On failure *bytes is NULL. */
TN_MUST_CHECK tn_status tn_file_read(const tn_alloc *alloc, const char *path, size_t most, char **bytes,
                                     size_t *n, char *message);

#ifdef __cplusplus
}
#endif
#endif
