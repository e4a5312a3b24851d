/* prox.h - proximal operators of parameters. */
#ifndef NABLA_NN_PROX_PROX_H
#define NABLA_NN_PROX_PROX_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A proximal operator belongs to the matching parameters declared so far; use it for a penalty h that should
 * give exact zeros. h is not added to the loss; instead, each step of the optimizer is followed by
 *     p <- prox(p, t) = argmin_u h(u) + |u - p|^2 / (2 t)
 * before p is assigned. t is the step size of the optimizer, one number per row (along the last axis), of
 * shape [..., 1], or a scalar:
 * - SGD: t = lr / (1 - momentum), the sum of the momentum's steps; without momentum this is exact
 *   proximal gradient descent
 * - RMSprop: t = lr / (sqrt(mean of v over the row) + epsilon)
 * - Adam: t = lr / (sqrt(mean of v-hat over the row) + epsilon), v-hat = v / (1 - beta2^step)
 * Adam has a step size for each element; with these the operator of a row has no closed form. Here all
 * elements of a row use one step size, that of their root mean square gradient. So the same lambda acts
 * differently as a penalty in the loss: there the gradient of the penalty is divided by the root of v,
 * together with that of the loss. Here v has the gradient of the loss alone, and a row stays 0 while its mean
 * gradient is shorter than about lambda. Source: Parikh & Boyd 2014, Proximal algorithms; Yun, Lozano & Yang 2021, Adaptive proximal gradient
 * methods. Frozen parameters and those that the loss does not depend on are left alone. Errors: a call after
 * the optimizer; a second operator on one parameter; an optimizer without step sizes. `ctx` is borrowed until the network
 * function returns. A penalty's value for a report: nn_group_lasso and the like. */
typedef ag_ref nn_prox_function(ag_graph *g, ag_ref parameter, ag_ref step, const void *ctx);
void nn_prox(nn_model *m, const char *glob, nn_prox_function *f, const void *ctx);
/* The same for an operator with one weight >= 0: ctx of f points to a double that the model keeps. Messages
 * begin with `who`. */
void nn_prox_weighted(nn_model *m, const char *who, const char *glob, nn_prox_function *f, double weight);

#ifdef __cplusplus
}
#endif
#endif
