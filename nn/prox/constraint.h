/* constraint.h - constraints: maps applied to parameters after each step. */
#ifndef NABLA_NN_PROX_CONSTRAINT_H
#define NABLA_NN_PROX_CONSTRAINT_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Applies f to the matching parameters declared so far, after the update and the proximal operator of each step. f returns the
 * parameter's new value, of the same shape. Call it before the optimizer (after it: an error). At most four constraints per
 * parameter, applied in the order of the calls. Parameters that are not trained are left alone. `ctx` is borrowed until the
 * network function returns. For values >= 0 use nn_prox_nonnegative. */
typedef ag_ref nn_constraint(ag_graph *g, ag_ref parameter, const void *ctx);
void nn_constrain(nn_model *m, const char *glob, nn_constraint *f, const void *ctx);

/* Limits the l2 norm of each unit's incoming weights (over all axes but the last) to `limit` (> 0). Srebro et al.
 * 2005; Keras' max_norm with axis 0 of a dense kernel. */
void nn_max_norm(nn_model *m, const char *glob, double limit);
void nn_unit_norm(nn_model *m, const char *glob); /* scales that norm to 1, unless it is 0 */

#ifdef __cplusplus
}
#endif
#endif
