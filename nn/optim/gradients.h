/* gradients.h - gradients as values between a loss and an update rule.
 *
 *     nn_gradients *d = nn_gradients_of(m, loss);
 *     nn_decay(d, "?*kernel", 1e-4);
 *     nn_accumulate(d, 4);
 *     nn_clip_global_norm(d, 1.0);
 *     nn_update(d, "head/?*", nn_sgd_rule(&(nn_sgd_options){.lr = 0.1, .momentum = 0.9}));
 *     nn_update(d, "*", nn_adam_rule(&(nn_adam_options){.lr = 1e-3}));
 *
 * From loss to parameter: gradients, transforms in the order of the calls, the rule of the parameter's group, its
 * proximal operator (prox/), its constraint (prox/constraint.h), its average (optim/average.h). nn_adam(m, loss,
 * &options) and the like are the short form of the first and the last line. All of it is graph: nothing is
 * appended in NN_EVAL. */
#ifndef NABLA_NN_OPTIM_GRADIENTS_H
#define NABLA_NN_OPTIM_GRADIENTS_H

#include "minimize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The gradients of a scalar loss with respect to every parameter that is neither frozen nor without influence on
 * it; none left is an error. Owned by the model, until the network function returns. NULL where building has
 * failed, and in NN_EVAL: then the calls below do nothing. */
typedef struct nn_gradients nn_gradients;
nn_gradients *nn_gradients_of(nn_model *m, ag_ref loss);

/* One of them, for transforms of one's own: `gradient` may be replaced by any value of its shape. */
typedef struct nn_gradient {
  const char *name;
  ag_ref parameter, gradient;
} nn_gradient;
int nn_gradients_count(const nn_gradients *d);
nn_gradient *nn_gradients_at(nn_gradients *d, int i);

/* ---- transforms: of all gradients, or of those whose parameter's name matches the glob; before nn_update ---- */

void nn_clip_value(nn_gradients *d, double limit);       /* each element to [-limit, limit] */
void nn_clip_norm(nn_gradients *d, double limit);        /* each gradient's length to at most limit */
void nn_clip_global_norm(nn_gradients *d, double limit); /* the length of all together; Pascanu et al. 2013 */
ag_ref nn_global_norm(nn_gradients *d);                  /* a scalar, for a report; id 0 in NN_EVAL */
/* gradient += weight * parameter: the l2 penalty weight / 2 * p^2, which the loss then need not know. */
void nn_decay(nn_gradients *d, const char *glob, double weight);
/* The mean over all axes but the last is taken off (matrices and above: [..., in, out]). Yong et al. 2020. */
void nn_centralize(nn_gradients *d, const char *glob);
/* gradient *= mask, of the parameter's shape or one that broadcasts to it; what is 0 stays as it is with rules
 * that move by the gradient alone. Copied. */
void nn_mask(nn_gradients *d, const char *glob, tn_view mask);
/* The mean over k steps, which alone updates: between them parameters and slots stay as they are. Bias
 * corrections count updates. The mean is kept in slots "accumulate/<parameter>". */
void nn_accumulate(nn_gradients *d, int k);

/* ---- rules ---------------------------------------------------------------------------------------------- */

/* The rule moves the matching parameters that no earlier call has moved (a group); no match is an error. Learning
 * rates of groups keep their ratio to the first one's under schedules. */
void nn_update(nn_gradients *d, const char *glob, nn_optimizer rule);

#ifdef __cplusplus
}
#endif
#endif
