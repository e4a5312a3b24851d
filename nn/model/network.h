/* network.h - what a network function and its layers call: inputs, names, parameters, messages. */
#ifndef NABLA_NN_MODEL_NETWORK_H
#define NABLA_NN_MODEL_NETWORK_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nn_mode { NN_TRAIN, NN_EVAL } nn_mode;

ag_graph *nn_graph(nn_model *m); /* the graph under construction */
nn_mode nn_mode_of(const nn_model *m);
int64_t nn_batch(const nn_model *m); /* rows of this build */
/* The padded length of this build's examples (sequences): nn_feed.length, or nn_model_options.length. Each
 * length has plans of its own, which the model keeps; parameters must not depend on it. */
int64_t nn_length(const nn_model *m);

/* A column of the data: shape [batch, row_shape...], of the model's type. */
ag_ref nn_input(nn_model *m, const char *column, int rank, const int64_t *row_shape);
/* The same with a given element type: integers (token ids, class labels) or TN_U8 (a mask). Integer data are
 * converted to `dtype` if it is at least as wide. Float data are refused (TN_ETYPE). */
ag_ref nn_input_typed(nn_model *m, const char *column, tn_dtype dtype, int rank, const int64_t *row_shape);

/* Outputs and reports. The first build fixes their names and those of the parameters: declare the same ones
 * in every mode. An output has shape [batch, ...]; nn_predict returns it by name. A report is a scalar mean
 * over the batch; nn_fit averages it over the epoch. There are at most NN_MAX_REPORTS. A value that exists
 * only in training (nn_global_norm) has id 0 in NN_EVAL; its report is 0 there. Nodes that no loss, output or
 * report needs are not computed. */
enum { NN_MAX_REPORTS = 8 };
void nn_output(nn_model *m, const char *name, ag_ref x);
void nn_report(nn_model *m, const char *name, ag_ref x);

/* Common initializers; init/ has more. Initial values depend on seed, replica, parameter name and shape only. The fans of a
 * kernel [..., in, out] are in and out, each times the leading extents; both fans of a vector are its length. A uniform
 * initializer draws from U(-a, a); the normal one of the same name has the same variance, a^2 / 3, and is not truncated. */
typedef enum nn_init {
  NN_ZEROS,
  NN_ONES,
  NN_GLOROT_UNIFORM, /* U(-a, a), a = sqrt(6 / (in + out)); Glorot & Bengio 2010 */
  NN_GLOROT_NORMAL,
  NN_HE_UNIFORM, /* a = sqrt(6 / in); He et al. 2015 */
  NN_HE_NORMAL,
  NN_LECUN_UNIFORM, /* a = sqrt(3 / in); LeCun et al. 1998 */
  NN_LECUN_NORMAL
} nn_init;

/* A trained value of the model's type; its name is "<scopes>/<name>", at most 255 bytes. The same name and
 * shape again is the same parameter (shared weights); another shape is an error. */
ag_ref nn_parameter(nn_model *m, const char *name, int rank, const int64_t *shape, nn_init init);
/* A value that the network updates by itself with ag_assign, in NN_TRAIN (a running mean): saved with the
 * parameters, never trained. Named as a parameter is. */
ag_ref nn_buffer(nn_model *m, const char *name, int rank, const int64_t *shape, double value);

/* The parameters declared so far whose names match the glob, in order of declaration: writes those that fit
 * into out[0..room) (out may be NULL for room 0) and returns how many match. Names live as long as the model,
 * refs as long as this build. */
typedef struct nn_named {
  const char *name;
  ag_ref ref;
  bool frozen;
} nn_named;
int nn_parameters(nn_model *m, const char *glob, nn_named *out, int room);

/* Freezes the matching parameters that are declared so far: they get no gradient and no update. A glob that matches none
 * is an error. */
void nn_freeze(nn_model *m, const char *glob);

/* ---- writing a layer ----------------------------------------------------------------------------------- */

/* A layer is a function that appends nodes. nn_enter opens its scope. Until nn_leave, the names of parameters, buffers and
 * random streams begin with "<name>/" (after the scopes that are open already), and messages begin with `layer` (the
 * function, "nn_dense") and the full name. nn_enter returns false, and opens no scope, if building has failed or if the name
 * is NULL, empty or too long: the layer then returns id 0 at once. layers/dense.c is the shortest example. */
bool nn_enter(nn_model *m, const char *layer, const char *name);
ag_ref nn_leave(nn_model *m, ag_ref y); /* closes the scope and returns y */
/* Records "<layer> '<name>': <sentence>", closes the scope and returns id 0. */
ag_ref nn_refuse(nn_model *m, tn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "<scopes>/<name>", for random streams. Lives until the next call with this model. "" for a name too long:
 * then building has failed. */
const char *nn_full_name(nn_model *m, const char *name);

/* For functions without a scope: true while building has not failed; and a way to fail it with a message. */
bool nn_building(const nn_model *m);
void nn_fail(nn_model *m, tn_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

tn_dtype nn_dtype(const nn_model *m);            /* of parameters */
const tn_alloc *nn_allocator(const nn_model *m); /* for a layer's constants */

/* A constant of the model's type whose element at index[0..rank) is at(index, ctx). */
typedef double nn_element(const int64_t *index, const void *ctx);
ag_ref nn_constant(nn_model *m, int rank, const int64_t *shape, nn_element *at, const void *ctx);

/* True if the values have one type and shape, and at least min_rank axes; else `who` refuses them. */
bool nn_same_shape(nn_model *m, const char *who, ag_ref a, ag_ref b, int min_rank);

#ifdef __cplusplus
}
#endif
#endif
