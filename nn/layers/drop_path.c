/* drop_path.c - see drop_path.h. */
#include "drop_path.h"

#include <math.h>

/* Opens the scope. False: the call was refused, or nothing is to be dropped and *y = x. */
static bool drops(nn_model *m, const char *who, const char *name, ag_ref x, double rate, ag_ref *y) {
  *y = (ag_ref){0};
  if (!nn_enter(m, who, name)) return false;
  if (!(rate >= 0 && rate < 1)) {
    nn_refuse(m, TN_EINVAL, "the rate %g must be at least 0 and below 1", rate);
    return false;
  }
  bool nothing = nn_mode_of(m) == NN_EVAL || rate == 0;
  if (nothing) *y = nn_leave(m, x);
  return !nothing;
}

ag_ref nn_drop_path(nn_model *m, const char *name, ag_ref x, double rate) {
  ag_ref y;
  if (!nn_building(m)) return (ag_ref){0};
  const char *stream = nn_full_name(m, name);
  if (!drops(m, "nn_drop_path", name, x, rate, &y)) return y;
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  for (int a = 1; a < t.rank; a++) t.shape[a] = 1;
  ag_ref keep = ag_bernoulli(g, stream, t.dtype, t.rank, t.shape, 1 - rate);
  return nn_leave(m, ag_mul(g, x, ag_scale(g, keep, 1 / (1 - rate))));
}

ag_ref nn_gaussian_dropout(nn_model *m, const char *name, ag_ref x, double rate) {
  ag_ref y;
  if (!nn_building(m)) return (ag_ref){0};
  const char *stream = nn_full_name(m, name);
  if (!drops(m, "nn_gaussian_dropout", name, x, rate, &y)) return y;
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  ag_ref noise = ag_normal(g, stream, t.dtype, t.rank, t.shape);
  return nn_leave(m, ag_mul(g, x, ag_offset(g, ag_scale(g, noise, sqrt(rate / (1 - rate))), 1)));
}

static ag_ref path(nn_model *m, const ag_ref *in) { return nn_drop_path(m, "path", in[0], 0.4); }
static ag_ref noise(nn_model *m, const ag_ref *in) { return nn_gaussian_dropout(m, "drop", in[0], 0.4); }

static const nn_sample path_samples[] = {
    {.name = "0.4", .n_in = 1, .in = {{.rank = 3, .shape = {5, 2, 3}}}, .build = path}};
static const nn_sample noise_samples[] = {
    {.name = "0.4", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = noise}};

const nn_row nn_layer_drop_path = {
    "nn_drop_path", "Sets whole examples to 0 at random in training (stochastic depth).", path_samples, 1};
const nn_row nn_layer_gaussian_dropout = {
    "nn_gaussian_dropout", "Multiplies by normal noise of mean 1 in training.", noise_samples, 1};
