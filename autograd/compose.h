/* compose.h - functions made of primitives (compose/); part of autograd.h, which includes it. */
#ifndef NABLA_COMPOSE_H
#define NABLA_COMPOSE_H

/* x is any float value; results have its type unless stated. A negative axis counts from the end. A reduced
 * axis stays with extent 1 if `keep`, else it is dropped. Comparisons and masks are 0 or 1 in the type of the
 * operands, with derivative 0. */
ag_ref ag_neg(ag_graph *g, ag_ref x);
ag_ref ag_scale(ag_graph *g, ag_ref x, double factor);
ag_ref ag_offset(ag_graph *g, ag_ref x, double summand);
ag_ref ag_square(ag_graph *g, ag_ref x);
ag_ref ag_reciprocal(ag_graph *g, ag_ref x);
ag_ref ag_pow(ag_graph *g, ag_ref x, double exponent); /* as C pow */
ag_ref ag_abs(ag_graph *g, ag_ref x);                  /* derivative 0 at 0 */
ag_ref ag_sign(ag_graph *g, ag_ref x);

/* Ties share the derivative evenly and a NaN on either side is the result, as in PyTorch. */
ag_ref ag_maximum(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_minimum(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_clamp(ag_graph *g, ag_ref x, double low, double high); /* derivative 0 at the bounds */
/* The same, but if one operand is NaN the result is the other. */
ag_ref ag_fmax(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_fmin(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_copysign(ag_graph *g, ag_ref x,
                   ag_ref sign); /* |x| with the sign of `sign`, also of -0; derivative 0 at x = 0 */
ag_ref ag_lerp(ag_graph *g, ag_ref a, ag_ref b, ag_ref weight); /* a + weight (b - a) */

/* Masks: comparisons, and logic on them (anything but 0 counts as true). A comparison with NaN is false, and
 * not_equal is true. */
ag_ref ag_less(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_less_equal(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_not_equal(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_logical_not(ag_graph *g, ag_ref mask);
ag_ref ag_logical_and(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_logical_or(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_logical_xor(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_isnan(ag_graph *g, ag_ref x);
ag_ref ag_isinf(ag_graph *g, ag_ref x);
ag_ref ag_isfinite(ag_graph *g, ag_ref x);

/* Circular and hyperbolic functions; angles in radians. */
ag_ref ag_tan(ag_graph *g, ag_ref x);
ag_ref ag_asin(ag_graph *g, ag_ref x); /* NaN outside [-1, 1] */
ag_ref ag_acos(ag_graph *g, ag_ref x);
ag_ref ag_sinh(ag_graph *g, ag_ref x);
ag_ref ag_cosh(ag_graph *g, ag_ref x);
ag_ref ag_asinh(ag_graph *g, ag_ref x);
ag_ref ag_acosh(ag_graph *g, ag_ref x); /* NaN below 1 */
ag_ref ag_atanh(ag_graph *g, ag_ref x); /* NaN outside [-1, 1] */
ag_ref ag_sinc(ag_graph *g, ag_ref x);  /* sin(pi x) / (pi x), 1 at 0, with all derivatives */

/* Logarithms and roots, and sums of exponentials that do not overflow. */
ag_ref ag_log2(ag_graph *g, ag_ref x);
ag_ref ag_log10(ag_graph *g, ag_ref x);
ag_ref ag_rsqrt(ag_graph *g, ag_ref x);
ag_ref ag_hypot(ag_graph *g, ag_ref a, ag_ref b);     /* derivatives 0 where both are 0 */
ag_ref ag_logaddexp(ag_graph *g, ag_ref a, ag_ref b); /* log(e^a + e^b) */
ag_ref ag_xlogy(ag_graph *g, ag_ref x, ag_ref y);     /* x log y, 0 at x = 0 unless y is NaN */
ag_ref ag_xlog1py(ag_graph *g, ag_ref x, ag_ref y);   /* x log(1 + y), likewise */
ag_ref ag_logit(ag_graph *g, ag_ref p);               /* log(p / (1 - p)): the inverse of sigmoid */
ag_ref ag_digamma(ag_graph *g, ag_ref x);
ag_ref ag_ndtr(ag_graph *g, ag_ref x);  /* the normal distribution function, accurate in the lower tail */
ag_ref ag_ndtri(ag_graph *g, ag_ref p); /* its inverse, p in [0, 1], accurate near 0 */

/* Rounding and remainders. */
ag_ref ag_ceil(ag_graph *g, ag_ref x);
ag_ref ag_trunc(ag_graph *g, ag_ref x);
ag_ref ag_frac(ag_graph *g, ag_ref x);                   /* x - trunc(x) */
ag_ref ag_remainder(ag_graph *g, ag_ref a, ag_ref b);    /* with b's sign, as % of Python; fmod: with a's */
ag_ref ag_floor_divide(ag_graph *g, ag_ref a, ag_ref b); /* floor(a / b) */

/* Activations, with PyTorch's formulas and its derivatives at kinks. */
ag_ref ag_relu(ag_graph *g, ag_ref x); /* derivative 0 at 0 */
ag_ref ag_relu6(ag_graph *g, ag_ref x);
ag_ref ag_leaky_relu(ag_graph *g, ag_ref x, double slope);
ag_ref ag_prelu(ag_graph *g, ag_ref x, ag_ref weight); /* slopes below 0: one, or one per index of axis 1 */
ag_ref ag_celu(ag_graph *g, ag_ref x, double alpha);   /* alpha > 0 */
ag_ref ag_selu(ag_graph *g, ag_ref x);
ag_ref ag_silu(ag_graph *g, ag_ref x);
ag_ref ag_mish(ag_graph *g, ag_ref x);
ag_ref ag_gelu(ag_graph *g, ag_ref x);       /* the tanh form */
ag_ref ag_gelu_exact(ag_graph *g, ag_ref x); /* by erf */
ag_ref ag_softplus(ag_graph *g, ag_ref x);
ag_ref ag_logsigmoid(ag_graph *g, ag_ref x);
ag_ref ag_softsign(ag_graph *g, ag_ref x);
ag_ref ag_hardtanh(ag_graph *g, ag_ref x, double low, double high);
ag_ref ag_hardsigmoid(ag_graph *g, ag_ref x);
ag_ref ag_hardswish(ag_graph *g, ag_ref x);
ag_ref ag_threshold(ag_graph *g, ag_ref x, double threshold, double value); /* x above it, else value */
ag_ref ag_softshrink(ag_graph *g, ag_ref x, double lambda);
ag_ref ag_hardshrink(ag_graph *g, ag_ref x, double lambda);
ag_ref ag_tanhshrink(ag_graph *g, ag_ref x);

/* Over axes. */
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
