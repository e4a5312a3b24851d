/* alpha_dropout.c - see alpha_dropout.h. */
#include "alpha_dropout.h"

#include <math.h>

ag_ref nn_alpha_dropout(nn_model *m, const char *name, ag_ref x, double rate) {
  const double limit = -1.7580993408473766; /* the lower limit of SELU, -scale alpha */
  if (!nn_building(m)) return (ag_ref){0};
  const char *stream = nn_full_name(m, name);
  if (!nn_enter(m, "nn_alpha_dropout", name)) return (ag_ref){0};
  if (!(rate >= 0 && rate < 1))
    return nn_refuse(m, TN_EINVAL, "the rate %g must be at least 0 and below 1", rate);
  if (nn_mode_of(m) == NN_EVAL || rate == 0) return nn_leave(m, x);
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  double a = 1 / sqrt((1 - rate) * (1 + rate * limit * limit)), b = -a * rate * limit;
  ag_ref keep = ag_bernoulli(g, stream, t.dtype, t.rank, t.shape, 1 - rate);
  ag_ref y = ag_where(g, keep, x, ag_like(g, x, limit));
  return nn_leave(m, ag_offset(g, ag_scale(g, y, a), b));
}

static ag_ref fifth(nn_model *m, const ag_ref *in) { return nn_alpha_dropout(m, "drop", in[0], 0.2); }

static const nn_sample samples[] = {
    {.name = "a fifth", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = fifth}};

const nn_row nn_layer_alpha_dropout = {"nn_alpha_dropout", "Dropout for SELU: keeps mean 0 and variance 1.",
                                       samples, 1};
