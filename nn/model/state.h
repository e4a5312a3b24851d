/* state.h - one replica's values. */
#ifndef NABLA_NN_MODEL_STATE_H
#define NABLA_NN_MODEL_STATE_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All parameters, buffers, optimizer slots and the step counter, in one slab, zero until nn_state_init,
 * nn_state_load or nn_state_copy, without which nn_fit and the like refuse it (TN_EINVAL). Row-major. The
 * model must outlive it. Here and below a NULL that is not said to be allowed is TN_EINVAL. */
TN_MUST_CHECK tn_status nn_state_new(const nn_model *m, nn_state **out);
void nn_state_free(nn_state *s);
void nn_state_init(nn_state *s, uint32_t seed, uint32_t replica); /* initial parameters, slots zero, step 0 */

int nn_state_count(const nn_state *s);
const char *nn_state_name(const nn_state *s, int i);
tn_view nn_state_view(const nn_state *s, int i); /* borrowed, writable */
/* The first value behind number `after` whose name matches the glob, -1: none. To see all of them:
 * for (int i = -1; (i = nn_state_next(s, "encoder/?*", i)) >= 0;) */
int nn_state_next(const nn_state *s, const char *glob, int after);
typedef enum nn_kind { NN_KIND_PARAMETER, NN_KIND_BUFFER, NN_KIND_SLOT, NN_KIND_STEP } nn_kind;
nn_kind nn_state_kind(const nn_state *s, int i); /* a slot is an optimizer's, "adam/m/<parameter>" */
bool nn_state_find(const nn_state *s, const char *name, tn_view *out); /* false: no such value */
const char *nn_state_error(const nn_state *s); /* the sentence of the last call that failed with this state */

/* Copies every "<from><rest>" of src into "<to><rest>" of dst where both exist with equal shape; returns how
 * many. Slots and the step counter have names too: copy with "" and "" to carry everything, or only
 * parameters with params_only. */
int nn_state_copy(nn_state *dst, const char *to, const nn_state *src, const char *from, bool params_only);
TN_MUST_CHECK tn_status nn_state_clone(const nn_state *s, nn_state **out);

/* dst becomes src without the inputs that are not in rows[0..n): all of equal shape is copied, and of
 * `kernel` the listed rows are gathered, in that order. Slots and step counter follow if carry_moments, and
 * are zeroed otherwise. `kernel` is [inputs, ...] in src and [n, ...] in dst; TN_EINVAL (no such parameter or
 * row), TN_ESHAPE: dst is as before and nn_state_error(dst) has the sentence. */
TN_MUST_CHECK tn_status nn_prune_inputs(nn_state *dst, const nn_state *src, const char *kernel,
                                        const int64_t *rows, int64_t n, bool carry_moments);

#ifdef __cplusplus
}
#endif
#endif
