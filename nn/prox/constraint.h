/* constraint.h - what a parameter is held to after each step. */
#ifndef NABLA_NN_PROX_CONSTRAINT_H
#define NABLA_NN_PROX_CONSTRAINT_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A map of the matching parameters declared so far, which follows the update and the proximal operator: the
 * result, of the same shape, is the parameter's value. Before the optimizer (an error behind it); several are
 * applied in the order of the calls, at most four. `ctx` is borrowed until the network function returns. Not
 * applied to what is frozen or without influence on the loss. Nonnegative: nn_prox_nonnegative. */
typedef ag_ref nn_constraint(ag_graph *g, ag_ref parameter, const void *ctx);
void nn_constrain(nn_model *m, const char *glob, nn_constraint *f, const void *ctx);

/* The length of a unit's incoming weights, over all axes but the last, is at most `limit` (> 0). Srebro et al.
 * 2005; Keras' max_norm with axis 0 of a dense kernel. */
void nn_max_norm(nn_model *m, const char *glob, double limit);
void nn_unit_norm(nn_model *m, const char *glob); /* the same length is 1, unless it is 0 */

#ifdef __cplusplus
}
#endif
#endif
