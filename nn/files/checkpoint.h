/* checkpoint.h - a state as a file. */
#ifndef NABLA_NN_FILES_CHECKPOINT_H
#define NABLA_NN_FILES_CHECKPOINT_H

#include "../model/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* safetensors; whole or not at all, into what is no file (tn_atomic_file). `metadata`: n pairs of strings, may be NULL.
 * Saving refuses a state that nothing has set (TN_EINVAL).
 * Loading needs every parameter and buffer of the model, of equal shape and type; optimizer values that the
 * file lacks become 0, and tensors the model lacks are passed over. On failure the state is as before, and
 * message (>= 256 bytes, may be NULL) has the sentence. TN_ENOTSUP in a build without jansson. */
TN_MUST_CHECK tn_status nn_state_save(const nn_state *s, const char *path, const char *const (*metadata)[2],
                                      int n, char *message);
TN_MUST_CHECK tn_status nn_state_load(nn_state *s, const char *path, char *message);

#ifdef __cplusplus
}
#endif
#endif
