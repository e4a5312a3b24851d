/* prox.h - proximal operators of parameters. */
#ifndef NABLA_NN_PROX_PROX_H
#define NABLA_NN_PROX_PROX_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Proximal operators: a property of the matching parameters declared so far, for penalties whose zeros are to
 * be exact. Instead of adding the penalty h to the loss, each step of the optimizer is followed by
 *     p <- prox(p, t) = argmin_u h(u) + |u - p|^2 / (2 t)
 * before p is assigned. t is the step size: that of the optimizer, one number a row (a row runs along the
 * last axis), of shape [..., 1], or a scalar:
 * - SGD: t = lr / (1 - momentum), what the momentum adds up to; without momentum exact proximal gradient
 * descent
 * - RMSprop: t = lr / (sqrt(mean of v over the row) + epsilon)
 * - Adam: t = lr / (sqrt(mean of v-hat over the row) + epsilon), v-hat = v / (1 - beta2^step)
 * Adam steps each element by its own size, in whose metric a row has no closed form; here all elements of a
 * row shrink as if they had the step of their root mean square gradient. So lambda is not that of the penalty
 * in the loss: there it is one more gradient, which Adam divides by the root of v with the rest; here v knows
 * the loss alone, and a row stays 0 while its mean gradient is shorter than about lambda. Source: Parikh &
 * Boyd 2014, Proximal algorithms; Yun, Lozano & Yang 2021, Adaptive proximal gradient methods. Not applied to
 * frozen parameters nor to those the loss does not depend on. Errors: after the optimizer; a second operator
 * on one parameter; an optimizer without step sizes. `ctx` is borrowed until the network function returns. A
 * penalty's value for a report: nn_group_lasso and the like. */
typedef ag_ref nn_prox_function(ag_graph *g, ag_ref parameter, ag_ref step, const void *ctx);
void nn_prox(nn_model *m, const char *glob, nn_prox_function *f, const void *ctx);
/* The same for an operator with one weight >= 0: f's ctx points to it, a double that the model keeps. `who`
 * begins the messages. */
void nn_prox_weighted(nn_model *m, const char *who, const char *glob, nn_prox_function *f, double weight);

#ifdef __cplusplus
}
#endif
#endif
