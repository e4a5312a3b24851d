/* local_response_norm.h - divides channels by the strength of their neighbours. */
#ifndef NABLA_NN_LAYERS_LOCAL_RESPONSE_NORM_H
#define NABLA_NN_LAYERS_LOCAL_RESPONSE_NORM_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x [batch, ..., channels] -> x / (k + alpha mean of x^2 over the `size` channels around)^beta; channels
 * beyond the first and the last count as 0. Krizhevsky et al. 2012: size 5, alpha 1e-4, beta 0.75, k 1 in
 * PyTorch. */
typedef struct nn_local_response_options {
  int64_t size;
  double alpha, beta, k;
} nn_local_response_options;
ag_ref nn_local_response_norm(nn_model *m, const char *name, ag_ref x, const nn_local_response_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(local_response_norm)
#endif
