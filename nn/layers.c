/* layers.c - layers are compositions: parameters by name, and nodes under a scope. */
#include "internal.h"

ag_ref nn_dense(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_dense_options *options) {
  static const nn_dense_options defaults = {0};
  const nn_dense_options *o = options ? options : &defaults;
  char kernel[NN__NAME], bias[NN__NAME];
  if (!nn__building(m) || !nn__join(m, kernel, name, "kernel") || !nn__join(m, bias, name, "bias")) {
    return (ag_ref){0};
  }
  ag_graph *g = m->graph;
  ag_type type = ag_type_of(g, x);
  if (type.rank != 2) {
    char have[96];
    nn__fail(m, TN_ESHAPE, "nn_dense: '%s' takes a matrix [batch, in], not %s", name,
             nn__shape_text(have, sizeof have, type.rank, type.shape));
    return (ag_ref){0};
  }
  nn_init init = o->kernel == NN_ZEROS ? NN_GLOROT_UNIFORM : o->kernel;
  ag_scope_push(g, name);
  ag_ref k = nn__parameter(m, "nn_dense", kernel, 2, (int64_t[]){type.shape[1], units}, init);
  ag_ref y = ag_contract(g, x, k, false, false);
  if (!o->no_bias) y = ag_add(g, y, nn__parameter(m, "nn_dense", bias, 1, &units, NN_ZEROS));
  ag_scope_pop(g);
  return y;
}

ag_ref nn_dropout(nn_model *m, const char *name, ag_ref x, double rate) {
  if (!nn__building(m)) return (ag_ref){0};
  if (!(rate >= 0 && rate < 1)) {
    nn__fail(m, TN_EINVAL, "nn_dropout: '%s' has rate %g; it must be at least 0 and below 1", name, rate);
    return (ag_ref){0};
  }
  if (m->mode == NN_EVAL || rate == 0) return x;
  ag_graph *g = m->graph;
  ag_type type = ag_type_of(g, x);
  ag_scope_push(g, name);
  ag_ref keep = ag_bernoulli(g, name, type.dtype, type.rank, type.shape, 1 - rate);
  ag_ref y = ag_mul(g, x, ag_scale(g, keep, 1 / (1 - rate)));
  ag_scope_pop(g);
  return y;
}

ag_ref nn_gaussian_noise(nn_model *m, const char *name, ag_ref x, double sd) {
  if (!nn__building(m)) return (ag_ref){0};
  if (!(sd >= 0)) {
    nn__fail(m, TN_EINVAL, "nn_gaussian_noise: '%s' has sd %g; it must be at least 0", name, sd);
    return (ag_ref){0};
  }
  if (m->mode == NN_EVAL || sd == 0) return x;
  ag_graph *g = m->graph;
  ag_type type = ag_type_of(g, x);
  ag_scope_push(g, name);
  ag_ref y = ag_add(g, x, ag_scale(g, ag_normal(g, name, type.dtype, type.rank, type.shape), sd));
  ag_scope_pop(g);
  return y;
}

static ag_ref elu(ag_graph *g, ag_ref x) { return ag_elu(g, x, 1); }
static ag_ref linear(ag_graph *g, ag_ref x) { return (void)g, x; }

ag_ref nn_activate(nn_model *m, ag_ref x, nn_activation f) {
  static ag_ref (*const functions[])(ag_graph *, ag_ref) = {
      [NN_LINEAR] = linear,        [NN_ELU] = elu,      [NN_RELU] = ag_relu, [NN_TANH] = ag_tanh,
      [NN_SIGMOID] = ag_sigmoid,   [NN_SELU] = ag_selu, [NN_SILU] = ag_silu, [NN_GELU] = ag_gelu,
      [NN_SOFTPLUS] = ag_softplus,
  };
  if (!nn__building(m)) return (ag_ref){0};
  if ((unsigned)f >= sizeof functions / sizeof *functions) {
    nn__fail(m, TN_EINVAL, "nn_activate: there is no activation %d", (int)f);
    return (ag_ref){0};
  }
  return functions[f](m->graph, x);
}
