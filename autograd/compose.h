/* compose.h - functions that are nothing but primitives (compose/); part of autograd.h, which includes it. */
#ifndef NABLA_COMPOSE_H
#define NABLA_COMPOSE_H

/* x is any float value, results have its type unless said. Axes may be negative
 * (from the end); what is reduced over an axis has extent 1 there if `keep`, else loses it. Comparisons and
 * masks are 0 or 1 in the type of the operands, with derivative 0. */
ag_ref ag_neg(ag_graph *g, ag_ref x);
ag_ref ag_scale(ag_graph *g, ag_ref x, double factor);
ag_ref ag_offset(ag_graph *g, ag_ref x, double summand);
ag_ref ag_square(ag_graph *g, ag_ref x);
ag_ref ag_reciprocal(ag_graph *g, ag_ref x);
ag_ref ag_pow(ag_graph *g, ag_ref x, double exponent); /* x > 0 unless the exponent is a small integer */
ag_ref ag_abs(ag_graph *g, ag_ref x);                  /* derivative 0 at 0 */
ag_ref ag_sign(ag_graph *g, ag_ref x);
ag_ref ag_maximum(ag_graph *g, ag_ref a, ag_ref b); /* ties: the derivative goes to b */
ag_ref ag_minimum(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_clamp(ag_graph *g, ag_ref x, double low, double high);
ag_ref ag_less(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_less_equal(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_logical_not(ag_graph *g, ag_ref mask);
ag_ref ag_relu(ag_graph *g, ag_ref x);
ag_ref ag_leaky_relu(ag_graph *g, ag_ref x, double slope);
ag_ref ag_selu(ag_graph *g, ag_ref x);
ag_ref ag_silu(ag_graph *g, ag_ref x);
ag_ref ag_gelu(ag_graph *g, ag_ref x); /* the tanh form */
ag_ref ag_softplus(ag_graph *g, ag_ref x);
ag_ref ag_sum_all(ag_graph *g, ag_ref x);  /* rank 0 */
ag_ref ag_mean_all(ag_graph *g, ag_ref x); /* rank 0 */
ag_ref ag_sum_axis(ag_graph *g, ag_ref x, int axis, bool keep);
ag_ref ag_mean_axis(ag_graph *g, ag_ref x, int axis, bool keep);
ag_ref ag_max_axis(ag_graph *g, ag_ref x, int axis, bool keep);
ag_ref ag_variance_axis(ag_graph *g, ag_ref x, int axis, bool keep); /* population; two-pass */
ag_ref ag_logsumexp(ag_graph *g, ag_ref x, int axis, bool keep); /* shifted by the maximum: never overflows */
ag_ref ag_log_softmax(ag_graph *g, ag_ref x, int axis);
ag_ref ag_softmax(ag_graph *g, ag_ref x, int axis);
ag_ref ag_matmul(ag_graph *g, ag_ref a, ag_ref b); /* [..., m, k] [..., k, n], batch dimensions broadcast */
ag_ref ag_transpose2(ag_graph *g, ag_ref x);       /* the last two axes swapped */
/* 1 with probability p, else 0; the name is its random stream. */
ag_ref ag_bernoulli(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape, double p);

#endif
