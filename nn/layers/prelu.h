/* prelu.h - activations with parameters. */
#ifndef NABLA_NN_LAYERS_PRELU_H
#define NABLA_NN_LAYERS_PRELU_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x [..., channels] -> x above 0, slope x below. Parameter "<name>/slope", 0.25 at first: [channels], or [1] if shared.
 * Source: He et al. 2015. */
ag_ref nn_prelu(nn_model *m, const char *name, ag_ref x, bool shared);
/* [..., 2 n] -> [..., n]: the first half times the sigmoid of the second. No parameters. Source: Dauphin et al. 2017. */
ag_ref nn_glu(nn_model *m, ag_ref x);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(prelu)
NN_LAYER(glu)
#endif
