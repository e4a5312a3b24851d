/* tensor_file.h - files of named tensors (safetensors). */
#ifndef NABLA_NN_FILES_TENSOR_FILE_H
#define NABLA_NN_FILES_TENSOR_FILE_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A named array. dtype is the format's name of the type: "F64", "F32", "I64", "I32", "U64", "U32", "U8", ...
 * Elements are row-major and little-endian, nn_tensor_type_bytes each. */
size_t nn_tensor_type_bytes(const char *dtype); /* 0: the format has no such type */
typedef struct nn_tensor {
  const char *name, *dtype;
  int rank; /* after reading, -1: above TN_MAX_RANK */
  int64_t shape[TN_MAX_RANK];
  const void *data;
  size_t bytes; /* set by reading; when writing, they follow from dtype and shape */
} nn_tensor;

/* Writes n tensors in the given order; the file appears whole or not at all (tn_atomic_file). Names must
 * differ. `metadata`: n_metadata pairs of strings of different keys, may be NULL. Data begin at a multiple of 8 bytes; with the
 * widest types first, every tensor is aligned. TN_EIO, TN_ENOMEM, TN_EINVAL (what could not be read again: a dtype or rank that
 * the format lacks, a negative extent, two names alike, the name "__metadata__"): message (>= 256 bytes, may be NULL) has the
 * sentence. */
TN_MUST_CHECK tn_status nn_tensor_file_write(const char *path, const nn_tensor *tensors, size_t n,
                                             const char *const (*metadata)[2], int n_metadata, char *message);

/* A file mapped into memory: data are read from disk when first used, and shared between processes. Opening
 * checks the header, and that the tensors cover the data without gap or overlap (TN_EFORMAT). Tensors are in
 * the file's order; they and the metadata are borrowed until close. In files of other programs `data` may be
 * misaligned. The file must not be truncated while it is open. Threads: an open file is read-only. */
typedef struct nn_tensor_file nn_tensor_file;
TN_MUST_CHECK tn_status nn_tensor_file_open(const tn_alloc *alloc, const char *path, nn_tensor_file **out,
                                            char *message);
size_t nn_tensor_file_count(const nn_tensor_file *f);
const nn_tensor *nn_tensor_file_at(const nn_tensor_file *f, size_t i);           /* NULL: there are fewer */
const nn_tensor *nn_tensor_file_find(const nn_tensor_file *f, const char *name); /* NULL: none */
const char *nn_tensor_file_metadata(const nn_tensor_file *f, const char *key);   /* NULL: none */
void nn_tensor_file_close(nn_tensor_file *f);                                    /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
