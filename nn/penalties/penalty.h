/* penalty.h - scalars that are added to a loss: sums over the parameters that match a glob. */
#ifndef NABLA_NN_PENALTIES_PENALTY_H
#define NABLA_NN_PENALTIES_PENALTY_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Penalties: the sum over the parameters declared so far whose name matches the glob; rank 0. No match is an
 * error. A weight of 0 costs nothing. f and ctx are used before the call returns. */
typedef ag_ref nn_penalty_function(ag_graph *g, ag_ref parameter, void *ctx); /* returns a scalar */
ag_ref nn_penalty(nn_model *m, const char *glob, nn_penalty_function *f, void *ctx);
/* The same for a penalty with a name of its own, `who`, which begins the messages and names the nodes. */
ag_ref nn_penalty_named(nn_model *m, const char *who, const char *glob, nn_penalty_function *f, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
