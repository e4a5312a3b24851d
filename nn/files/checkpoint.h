/* checkpoint.h - a state as a file. */
#ifndef NABLA_NN_FILES_CHECKPOINT_H
#define NABLA_NN_FILES_CHECKPOINT_H

#include "../model/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Saves to and loads from a safetensors file. The file is replaced as a whole, or not at all
 * (tn_atomic_file). An unset state is not saved (TN_EINVAL). `metadata`: n pairs of strings; NULL is allowed.
 * Loading needs every parameter and buffer of the model, with equal shape and type. Optimizer slots that the
 * file lacks become 0; tensors that the model lacks are ignored. If it fails the state is unchanged, and
 * message (>= 256 bytes, or NULL) has the sentence. */
TN_MUST_CHECK tn_status nn_state_save(const nn_state *s, const char *path, const char *const (*metadata)[2],
                                      int n, char *message);
TN_MUST_CHECK tn_status nn_state_load(nn_state *s, const char *path, char *message);

#ifdef __cplusplus
}
#endif
#endif
