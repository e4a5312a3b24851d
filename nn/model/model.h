/* model.h - a model: a network function, its parameters by name, its compiled plans. */
#ifndef NABLA_NN_MODEL_MODEL_H
#define NABLA_NN_MODEL_MODEL_H

#include "../../autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- model ------------------------------------------------------------------------------------------- */

typedef struct nn_model nn_model;
typedef struct nn_state nn_state;
typedef struct nn_data nn_data;

typedef void nn_network(nn_model *m, void *ctx);

typedef struct nn_model_options {
  const tn_alloc *alloc; /* NULL = default; borrowed by the model and its states */
  tn_dtype dtype;        /* TN_F32 (0) or TN_F64: of parameters and inputs */
  int64_t batch;         /* rows of a training step; 0 = 32 */
  int64_t eval_batch;    /* rows of an evaluation step; 0 = 256 */
  int threads;           /* inside an op; 0 = 1, right unless the model is large and runs alone */
  int64_t length;        /* what nn_length says where nothing else is asked for; 0 = there is no length */
  bool no_hoist;         /* a fit computes frozen layers in each step, not once for each row */
} nn_model_options;

/* Builds the network once in training mode to learn its parameters. `ctx` is borrowed until nn_model_free. On
 * failure *out is still a model, whose nn_error explains (NULL only if out of memory); free it all the same.
 */
TN_MUST_CHECK tn_status nn_model_new(const nn_model_options *options, nn_network *network, void *ctx,
                                     nn_model **out);
void nn_model_free(nn_model *m);
const char *nn_error(const nn_model *m);

/* Compiles ahead all plans needed to train, evaluate and predict so many rows, so that no thread waits for
 * another that builds one. */
TN_MUST_CHECK tn_status nn_prepare(nn_model *m, int64_t train_rows, int64_t eval_rows);

#ifdef __cplusplus
}
#endif
#endif
