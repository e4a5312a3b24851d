/* penalty.h - penalties: scalars to add to a loss. */
#ifndef NABLA_NN_PENALTIES_PENALTY_H
#define NABLA_NN_PENALTIES_PENALTY_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A penalty is a scalar: the sum of f over the matching parameters declared so far. No match is an error. With a weight of 0
 * nothing is computed. f and ctx are used before the call returns. */
typedef ag_ref nn_penalty_function(ag_graph *g, ag_ref parameter, void *ctx); /* returns a scalar */
ag_ref nn_penalty(nn_model *m, const char *glob, nn_penalty_function *f, void *ctx);
/* The same with a name for the penalty, `who`: messages begin with it, and it names the nodes. */
ag_ref nn_penalty_named(nn_model *m, const char *who, const char *glob, nn_penalty_function *f, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
