/* activations.c - activation functions, composed of primitives. */
#include "autograd/compose/axis.h"

/* The derivative at 0 is 0. A NaN fails the comparison, so the result is NaN. */
ag_ref ag_relu(ag_graph *g, ag_ref x) {
  ag_ref zero = ag_like(g, x, 0);
  return ag_where(g, ag_greater_equal(g, zero, x), zero, x);
}

ag_ref ag_relu6(ag_graph *g, ag_ref x) { return ag_hardtanh(g, x, 0, 6); }

ag_ref ag_hardtanh(ag_graph *g, ag_ref x, double low, double high) { return ag_clamp(g, x, low, high); }

ag_ref ag_threshold(ag_graph *g, ag_ref x, double threshold, double value) {
  return ag_where(g, ag_greater(g, x, ag_like(g, x, threshold)), x, ag_like(g, x, value));
}

ag_ref ag_hardsigmoid(ag_graph *g, ag_ref x) { return ag_scale(g, ag_relu6(g, ag_offset(g, x, 3)), 1. / 6); }

ag_ref ag_hardswish(ag_graph *g, ag_ref x) { return ag_mul(g, x, ag_hardsigmoid(g, x)); }

ag_ref ag_softshrink(ag_graph *g, ag_ref x, double lambda) {
  ag_ref zero = ag_like(g, x, 0);
  ag_ref below = ag_where(g, ag_less(g, x, ag_like(g, x, -lambda)), ag_offset(g, x, lambda), zero);
  return ag_where(g, ag_greater(g, x, ag_like(g, x, lambda)), ag_offset(g, x, -lambda), below);
}

ag_ref ag_hardshrink(ag_graph *g, ag_ref x, double lambda) {
  ag_ref outside = ag_greater(g, ag_abs(g, x), ag_like(g, x, lambda));
  return ag_where(g, outside, x, ag_like(g, x, 0));
}

ag_ref ag_tanhshrink(ag_graph *g, ag_ref x) { return ag_sub(g, x, ag_tanh(g, x)); }

ag_ref ag_softsign(ag_graph *g, ag_ref x) { return ag_div(g, x, ag_offset(g, ag_abs(g, x), 1)); }

/* weight: one slope for all elements, or one for each index along axis 1 (axis 0 of a vector). */
ag_ref ag_prelu(ag_graph *g, ag_ref x, ag_ref weight) {
  ag_type t = ag_type_of(g, x), w = ag_type_of(g, weight);
  int64_t shape[TN_MAX_RANK], slopes = tn_numel(w.rank, w.shape);
  int axis = t.rank > 1 ? 1 : 0;
  if (!ag__given(g, "prelu", x) || !ag__given(g, "prelu", weight)) return (ag_ref){0};
  if (w.rank > 1 || (slopes != 1 && (t.rank == 0 || slopes != t.shape[axis]))) {
    ag_fail(g, TN_ESHAPE, "prelu: %lld slopes for %lld channels (rank %d)", (long long)slopes,
            (long long)(t.rank ? t.shape[axis] : 1), w.rank);
    return (ag_ref){0};
  }
  for (int a = 0; a < t.rank; a++) shape[a] = a == axis ? slopes : 1;
  ag_ref slope = ag_reshape(g, weight, slopes == 1 ? 0 : t.rank, shape);
  return ag_where(g, ag_greater(g, x, ag_like(g, x, 0)), x, ag_mul(g, x, slope));
}

/* max(x, 0) + min(0, alpha (e^(x / alpha) - 1)). */
ag_ref ag_celu(ag_graph *g, ag_ref x, double alpha) {
  if (!(alpha > 0)) return ag_fail(g, TN_EINVAL, "celu: alpha = %g is not above 0", alpha), (ag_ref){0};
  return ag_scale(g, ag_elu(g, ag_scale(g, x, 1 / alpha), 1), alpha);
}

ag_ref ag_mish(ag_graph *g, ag_ref x) { return ag_mul(g, x, ag_tanh(g, ag_softplus(g, x))); }

/* x Phi(x), where Phi(x) = erfc(-x / sqrt(2)) / 2 is the normal distribution function. */
ag_ref ag_gelu_exact(ag_graph *g, ag_ref x) {
  return ag_mul(g, ag_scale(g, x, 0.5), ag_erfc(g, ag_scale(g, x, -0.70710678118654752440)));
}

ag_ref ag_logsigmoid(ag_graph *g, ag_ref x) { return ag_neg(g, ag_softplus(g, ag_neg(g, x))); }

ag_ref ag_leaky_relu(ag_graph *g, ag_ref x, double slope) {
  return ag_where(g, ag_greater(g, x, ag_like(g, x, 0)), x, ag_scale(g, x, slope));
}

/* Klambauer et al. 2017: the constants for which mean 0 and variance 1 are a fixed point. */
ag_ref ag_selu(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_elu(g, x, 1.6732632423543772848), 1.0507009873554804934);
}

ag_ref ag_silu(ag_graph *g, ag_ref x) { return ag_mul(g, x, ag_sigmoid(g, x)); }

ag_ref ag_gelu(ag_graph *g, ag_ref x) {
  ag_ref cubic = ag_mul(g, x, ag_offset(g, ag_scale(g, ag_square(g, x), 0.044715), 1));
  ag_ref gate = ag_tanh(g, ag_scale(g, cubic, 0.79788456080286535588)); /* sqrt(2 / pi) */
  return ag_mul(g, ag_scale(g, x, 0.5), ag_offset(g, gate, 1));
}

/* max(x, 0) + log(1 + e^-|x|), with one mask for both terms, so that their kinks at 0 cancel in every
 * derivative. */
ag_ref ag_softplus(ag_graph *g, ag_ref x) {
  ag_ref zero = ag_like(g, x, 0), positive = ag_greater(g, x, zero);
  ag_ref minus_abs = ag_where(g, positive, ag_neg(g, x), x);
  return ag_add(g, ag_where(g, positive, x, zero), ag_log1p(g, ag_exp(g, minus_abs)));
}
