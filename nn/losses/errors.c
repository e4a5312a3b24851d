/* errors.c - see errors.h. */
#include "errors.h"

/* The Huber loss of e, element by element. */
static ag_ref huber_terms(ag_graph *g, ag_ref e, double delta) {
  ag_ref size = ag_abs(g, e);
  ag_ref outside = ag_greater(g, size, ag_like(g, size, delta));
  ag_ref linear = ag_scale(g, ag_offset(g, size, -0.5 * delta), delta);
  return ag_where(g, outside, linear, ag_scale(g, ag_square(g, e), 0.5));
}

static bool positive(nn_model *m, const char *who, double x) {
  if (x > 0) return true;
  nn_fail(m, TN_EINVAL, "%s: the threshold %g must be above 0", who, x);
  return false;
}

ag_ref nn_squared_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_squared_error", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  return nn_reduce(m, "nn_squared_error", ag_square(g, ag_sub(g, prediction, target)), o);
}

ag_ref nn_absolute_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_absolute_error", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  return nn_reduce(m, "nn_absolute_error", ag_abs(g, ag_sub(g, prediction, target)), o);
}

ag_ref nn_huber(nn_model *m, ag_ref prediction, ag_ref target, double delta, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_huber", prediction, target, 0) || !positive(m, "nn_huber", delta))
    return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  return nn_reduce(m, "nn_huber", huber_terms(g, ag_sub(g, prediction, target), delta), o);
}

ag_ref nn_smooth_l1(nn_model *m, ag_ref prediction, ag_ref target, double beta, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_smooth_l1", prediction, target, 0) || !positive(m, "nn_smooth_l1", beta))
    return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref terms = ag_scale(g, huber_terms(g, ag_sub(g, prediction, target), beta), 1 / beta);
  return nn_reduce(m, "nn_smooth_l1", terms, o);
}

/* log cosh e = e + softplus(-2 e) - log 2. */
ag_ref nn_log_cosh(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o) {
  const double log2 = 0.69314718055994530942;
  if (!nn_same_shape(m, "nn_log_cosh", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref e = ag_sub(g, prediction, target), tail = ag_softplus(g, ag_scale(g, e, -2));
  return nn_reduce(m, "nn_log_cosh", ag_offset(g, ag_add(g, e, tail), -log2), o);
}

ag_ref nn_squared_log_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_squared_log_error", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref e = ag_sub(g, ag_log1p(g, prediction), ag_log1p(g, target));
  return nn_reduce(m, "nn_squared_log_error", ag_square(g, e), o);
}

ag_ref nn_relative_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_relative_error", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref size = ag_maximum(g, ag_abs(g, target), ag_like(g, target, 1e-7));
  return nn_reduce(m, "nn_relative_error", ag_div(g, ag_abs(g, ag_sub(g, prediction, target)), size), o);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref squared(nn_model *m, const ag_ref *in) {
  return nn_squared_error(m, in[0], in[1], &(nn_loss_options){.weights = in[2]});
}
static ag_ref absolute(nn_model *m, const ag_ref *in) {
  return nn_absolute_error(m, in[0], in[1], &(nn_loss_options){.reduction = NN_NONE});
}
static ag_ref huber(nn_model *m, const ag_ref *in) { return nn_huber(m, in[0], in[1], 0.7, NULL); }
static ag_ref smooth(nn_model *m, const ag_ref *in) {
  return nn_smooth_l1(m, in[0], in[1], 0.7, &(nn_loss_options){.reduction = NN_SUM});
}
static ag_ref log_cosh(nn_model *m, const ag_ref *in) { return nn_log_cosh(m, in[0], in[1], NULL); }
static ag_ref squared_log(nn_model *m, const ag_ref *in) {
  return nn_squared_log_error(m, in[0], in[1], NULL);
}
static ag_ref relative(nn_model *m, const ag_ref *in) { return nn_relative_error(m, in[0], in[1], NULL); }

#define PAIR                                                                                                 \
  {.rank = 2, .shape = {4, 3}}, {                                                                            \
    .rank = 2, .shape = { 4, 3 }                                                                             \
  }
static const nn_sample squared_samples[] = {{.name = "weights",
                                             .n_in = 3,
                                             .in = {PAIR, {.rank = 1, .shape = {4}, .low = 0, .high = 1}},
                                             .build = squared}};
static const nn_sample absolute_samples[] = {{.name = "none", .n_in = 2, .in = {PAIR}, .build = absolute}};
static const nn_sample huber_samples[] = {{.name = "0.7", .n_in = 2, .in = {PAIR}, .build = huber}};
static const nn_sample smooth_samples[] = {{.name = "0.7, sum", .n_in = 2, .in = {PAIR}, .build = smooth}};
static const nn_sample log_cosh_samples[] = {{.name = "pair", .n_in = 2, .in = {PAIR}, .build = log_cosh}};
#define ABOVE                                                                                                \
  { .rank = 2, .shape = {4, 3}, .low = 0.2, .high = 3 }
static const nn_sample squared_log_samples[] = {
    {.name = "pair", .n_in = 2, .in = {ABOVE, ABOVE}, .build = squared_log}};
static const nn_sample relative_samples[] = {
    {.name = "pair", .n_in = 2, .in = {ABOVE, ABOVE}, .build = relative}};

const nn_row nn_loss_squared_log_error = {"nn_squared_log_error", "Squared differences of logarithms.",
                                          squared_log_samples, 1};
const nn_row nn_loss_relative_error = {"nn_relative_error", "Absolute differences relative to the target.",
                                       relative_samples, 1};
const nn_row nn_loss_squared_error = {"nn_squared_error", "Squared differences.", squared_samples, 1};
const nn_row nn_loss_absolute_error = {"nn_absolute_error", "Absolute differences.", absolute_samples, 1};
const nn_row nn_loss_huber = {"nn_huber", "Huber's loss: quadratic near 0, linear beyond.", huber_samples, 1};
const nn_row nn_loss_smooth_l1 = {
    "nn_smooth_l1", "Huber's loss divided by its threshold: the slope beyond it is 1.", smooth_samples, 1};
const nn_row nn_loss_log_cosh = {"nn_log_cosh", "Like Huber's loss, but smooth.", log_cosh_samples, 1};
