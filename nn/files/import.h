/* import.h - weights of other libraries, loaded through a table of names and axis orders. */
#ifndef NABLA_NN_FILES_IMPORT_H
#define NABLA_NN_FILES_IMPORT_H

#include "../model/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One tensor. Axis i of our parameter is axis axes[i] of their tensor; axes NULL: the same order. PyTorch's
 * linear weight is [out, in]: {"head/kernel", "head.weight", (int[]){1, 0}}. */
typedef struct nn_import_row {
  const char *ours, *theirs;
  const int *axes;
} nn_import_row;

/* Reads the rows' tensors, f32 or f64, from a safetensors file into a state, converted to the model's type;
 * other values stay as they are. All rows or none: TN_EINVAL (a name that model or file lacks, axes that are
 * no permutation), TN_ESHAPE, TN_ETYPE, else as nn_state_load; message (>= 256 bytes, may be NULL) has the
 * sentence. */
TN_MUST_CHECK tn_status nn_state_import(nn_state *s, const char *path, const nn_import_row *rows, int n,
                                        char *message);

#ifdef __cplusplus
}
#endif
#endif
