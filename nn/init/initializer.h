/* initializer.h - rules for the initial values of parameters. */
#ifndef NABLA_NN_INIT_INITIALIZER_H
#define NABLA_NN_INIT_INITIALIZER_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A rule: `fill` writes the initial values of a parameter to a contiguous view of the model's type.
 * key.stream is the stream of the parameter's name. It must be a pure function of its arguments. Passed and
 * kept by value. */
typedef void nn_fill(tn_rng key, tn_view out, const double *args);
typedef struct nn_initializer {
  nn_fill *fill;
  double args[4];
} nn_initializer;

/* Sets the rule of the matching parameters declared so far; it replaces the one that the layer chose. No
 * match is an error. */
void nn_initialize(nn_model *m, const char *glob, nn_initializer rule);
/* nn_parameter with a rule instead of an nn_init. */
ag_ref nn_parameter_as(nn_model *m, const char *name, int rank, const int64_t *shape, nn_initializer rule);

/* The fans of a kernel [receptive field..., in, out]: in and out, each times the size of the field. For a
 * vector both are its length, for a scalar 1. */
void nn_fans(int rank, const int64_t *shape, double *in, double *out);

#ifdef __cplusplus
}
#endif
#endif
