/* state.h - one replica's values. */
#ifndef NABLA_NN_MODEL_STATE_H
#define NABLA_NN_MODEL_STATE_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A state holds all parameters, buffers, optimizer slots and the step counter in one block of memory, row-major. A new state
 * is zero and unset: call nn_state_init, nn_state_load or nn_state_copy before nn_fit, nn_evaluate or nn_predict, which
 * refuse an unset state (TN_EINVAL). The model must outlive the state. In this header NULL gives TN_EINVAL unless the
 * comment allows it. */
TN_MUST_CHECK tn_status nn_state_new(const nn_model *m, nn_state **out);
void nn_state_free(nn_state *s);
void nn_state_init(nn_state *s, uint32_t seed, uint32_t replica); /* initial parameters, slots zero, step 0 */

int nn_state_count(const nn_state *s);
const char *nn_state_name(const nn_state *s, int i);
tn_view nn_state_view(const nn_state *s, int i); /* borrowed, writable */
/* The first value after number `after` whose name matches the glob; -1 if there is none. A loop over all matches:
 * for (int i = -1; (i = nn_state_next(s, "encoder/?*", i)) >= 0;) */
int nn_state_next(const nn_state *s, const char *glob, int after);
typedef enum nn_kind { NN_KIND_PARAMETER, NN_KIND_BUFFER, NN_KIND_SLOT, NN_KIND_STEP } nn_kind;
nn_kind nn_state_kind(const nn_state *s, int i); /* a slot is an optimizer's, "adam/m/<parameter>" */
bool nn_state_find(const nn_state *s, const char *name, tn_view *out); /* false: no such value */
const char *nn_state_error(const nn_state *s); /* the message of the last call that failed with this state */

/* Copies values by name: "<from>NAME" of src goes to "<to>NAME" of dst, wherever both exist with equal shape. Returns how
 * many values were copied. With from "" and to "" everything is copied, optimizer slots and step counter included; with
 * params_only, parameters alone. */
int nn_state_copy(nn_state *dst, const char *to, const nn_state *src, const char *from, bool params_only);
TN_MUST_CHECK tn_status nn_state_clone(const nn_state *s, nn_state **out);

/* Keeps the inputs rows[0..n) of a network and drops the others. `kernel` has shape [inputs, ...] in src and [n, ...] in dst:
 * row i of dst's kernel is row rows[i] of src's. All other values of equal shape are copied. Optimizer slots and the step
 * counter are carried over if carry_moments, and set to 0 otherwise. TN_EINVAL (no such parameter or row), TN_ESHAPE: dst
 * is unchanged and nn_state_error(dst) has the sentence. */
TN_MUST_CHECK tn_status nn_prune_inputs(nn_state *dst, const nn_state *src, const char *kernel,
                                        const int64_t *rows, int64_t n, bool carry_moments);

#ifdef __cplusplus
}
#endif
#endif
