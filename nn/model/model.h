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
  int threads;           /* inside an op; 0 = 1. More pay if the model is large and trains alone */
  int64_t length;        /* the default of nn_length (padded sequence length); 0 = none */
  bool no_hoist;         /* compute frozen layers in every step; default: once per row, before the fit */
} nn_model_options;

/* Calls `network` once, in training mode, to collect its parameters. `ctx` is borrowed until nn_model_free. If building
 * fails, *out is still a model: nn_error(*out) has the sentence, and it must be freed. *out is NULL only if there was no
 * memory. */
TN_MUST_CHECK tn_status nn_model_new(const nn_model_options *options, nn_network *network, void *ctx,
                                     nn_model **out);
void nn_model_free(nn_model *m);
const char *nn_error(const nn_model *m);

/* Compiles all plans that nn_fit, nn_evaluate and nn_predict need for these numbers of rows. Without it the
 * first caller of each compiles, and other threads wait. */
TN_MUST_CHECK tn_status nn_prepare(nn_model *m, int64_t train_rows, int64_t eval_rows);

#ifdef __cplusplus
}
#endif
#endif
