/* dense.h - the fully connected layer. */
#ifndef NABLA_NN_LAYERS_DENSE_H
#define NABLA_NN_LAYERS_DENSE_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_dense_options {
  nn_init kernel; /* 0 (NN_ZEROS) = glorot uniform: a zero kernel never trains */
  bool no_bias;
} nn_dense_options;

/* x [batch, ..., in] -> x kernel + bias [batch, ..., units]; parameters "<name>/kernel" [in, units] and "<name>/bias"
 * [units]. */
ag_ref nn_dense(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_dense_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(dense)
#endif
