/* gradients.h - gradients as values: take them from a loss, transform them, hand them to update rules.
 *
 *     nn_gradients *d = nn_gradients_of(m, loss);
 *     nn_decay(d, "?*kernel", 1e-4);
 *     nn_accumulate(d, 4);
 *     nn_clip_global_norm(d, 1.0);
 *     nn_update(d, "head/?*", nn_sgd_rule(&(nn_sgd_options){.lr = 0.1, .momentum = 0.9}));
 *     nn_update(d, "*", nn_adam_rule(&(nn_adam_options){.lr = 1e-3}));
 *
 * The order of a step: gradients; transforms, in the order of the calls; the update rule of the parameter's group; its proximal
 * operator (prox/); its constraint (prox/constraint.h); its average (optim/average.h). nn_adam(m, loss, &options) and the
 * like are short for nn_gradients_of followed by nn_update(d, "*", rule). All calls append graph; in NN_EVAL they append
 * nothing. */
#ifndef NABLA_NN_OPTIM_GRADIENTS_H
#define NABLA_NN_OPTIM_GRADIENTS_H

#include "minimize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The gradients of a scalar loss with respect to every parameter that is trained: it is not frozen, and the loss depends on
 * it. No such parameter is an error. The result belongs to the model and lives until the network function returns. It is NULL
 * if building has failed and in NN_EVAL; the calls below then do nothing. */
typedef struct nn_gradients nn_gradients;
nn_gradients *nn_gradients_of(nn_model *m, ag_ref loss);

/* One gradient, for your own transforms: replace `gradient` by any value of the same shape. */
typedef struct nn_gradient {
  const char *name;
  ag_ref parameter, gradient;
} nn_gradient;
int nn_gradients_count(const nn_gradients *d);
nn_gradient *nn_gradients_at(nn_gradients *d, int i);

/* ---- transforms: of all gradients, or of those whose parameter's name matches the glob; before nn_update ---- */

void nn_clip_value(nn_gradients *d, double limit); /* each element to [-limit, limit] */
void nn_clip_norm(nn_gradients *d, double limit);  /* each gradient to an l2 norm <= limit */
void nn_clip_global_norm(nn_gradients *d,
                         double limit); /* the l2 norm of all together; Pascanu et al. 2013 */
ag_ref nn_global_norm(nn_gradients *d); /* the l2 norm of all together, a scalar, for a report; id 0 in
                                         * NN_EVAL */
/* gradient += weight * parameter: the gradient of an l2 penalty weight / 2 * p^2, without changing the loss. */
void nn_decay(nn_gradients *d, const char *glob, double weight);
/* Subtracts the mean over all axes but the last, for parameters of rank 2 and more. Yong et al. 2020. */
void nn_centralize(nn_gradients *d, const char *glob);
/* gradient *= mask. The mask has the parameter's shape, or one that broadcasts to it; it is copied. Where it is 0 the element
 * does not move, unless the rule moves it without a gradient (weight decay, momentum). */
void nn_mask(nn_gradients *d, const char *glob, tn_view mask);
/* Updates once in k steps, with the mean gradient of those k. In the other steps parameters and slots do not change. Bias
 * corrections count updates, not steps. The running mean is in the slots "accumulate/<parameter>". */
void nn_accumulate(nn_gradients *d, int k);

/* ---- rules ---------------------------------------------------------------------------------------------- */

/* Applies the rule to a group: the matching parameters that no earlier nn_update has taken. No match is an error. A schedule
 * multiplies the learning rates of all groups by the same factor. */
void nn_update(nn_gradients *d, const char *glob, nn_optimizer rule);

#ifdef __cplusplus
}
#endif
#endif
