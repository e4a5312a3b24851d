/* sample.h - rows of the tables of layers, losses and metrics. Tests and the reference page are made from them. */
#ifndef NABLA_NN_MODEL_SAMPLE_H
#define NABLA_NN_MODEL_SAMPLE_H

#include "network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An input of the sample, drawn uniformly from [low, high] (both 0: [-2, 2]; integers: 0 to 3). Axis 0 is the
 * batch, of one extent for all inputs. */
typedef struct nn_sample_input {
  tn_dtype dtype; /* TN_F32 (0): the model's own type; else an integer type */
  int rank;
  int64_t shape[6];
  double low, high;
} nn_sample_input;

enum { NN_SAMPLE_INPUTS = 4 };
typedef struct nn_sample {
  const char *name; /* name of the case: "no bias" */
  int n_in;
  nn_sample_input in[NN_SAMPLE_INPUTS];
  ag_ref (*build)(nn_model *m, const ag_ref *in);
  int order;        /* highest derivative to check; 0 = 2, -1 = none */
  bool fixed_batch; /* needs as many rows in evaluation as in training */
} nn_sample;

typedef struct nn_row {
  const char *name; /* name of the function: "nn_dense" */
  const char *doc;  /* a sentence or two: what it computes */
  const nn_sample *samples;
  int n_samples;
} nn_row;

#ifdef __cplusplus
}
#endif
#endif
