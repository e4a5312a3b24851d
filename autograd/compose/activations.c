/* activations.c - the nonlinearities of neural networks as primitives. */
#include "autograd/autograd.h"

ag_ref ag_relu(ag_graph *g, ag_ref x) { return ag_maximum(g, x, ag_like(g, x, 0)); }

ag_ref ag_leaky_relu(ag_graph *g, ag_ref x, double slope) {
  return ag_where(g, ag_greater(g, x, ag_like(g, x, 0)), x, ag_scale(g, x, slope));
}

/* Klambauer et al. 2017: the fixed point of mean 0 and variance 1. */
ag_ref ag_selu(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_elu(g, x, 1.6732632423543772848), 1.0507009873554804934);
}

ag_ref ag_silu(ag_graph *g, ag_ref x) { return ag_mul(g, x, ag_sigmoid(g, x)); }

ag_ref ag_gelu(ag_graph *g, ag_ref x) {
  ag_ref cubic = ag_mul(g, x, ag_offset(g, ag_scale(g, ag_square(g, x), 0.044715), 1));
  ag_ref gate = ag_tanh(g, ag_scale(g, cubic, 0.79788456080286535588)); /* sqrt(2 / pi) */
  return ag_mul(g, ag_scale(g, x, 0.5), ag_offset(g, gate, 1));
}

/* max(x, 0) + log(1 + e^-|x|), with one mask for both so that the kinks cancel in every derivative. */
ag_ref ag_softplus(ag_graph *g, ag_ref x) {
  ag_ref zero = ag_like(g, x, 0), positive = ag_greater(g, x, zero);
  ag_ref minus_abs = ag_where(g, positive, ag_neg(g, x), x);
  return ag_add(g, ag_where(g, positive, x, zero), ag_log1p(g, ag_exp(g, minus_abs)));
}
