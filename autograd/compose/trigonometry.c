/* trigonometry.c - circular and hyperbolic functions and their inverses, composed of primitives. */
#include "autograd/autograd.h"

ag_ref ag_tan(ag_graph *g, ag_ref x) { return ag_div(g, ag_sin(g, x), ag_cos(g, x)); }

/* (1 - x)(1 + x) keeps the digits that 1 - x^2 loses near 1. */
ag_ref ag_asin(ag_graph *g, ag_ref x) {
  ag_ref one = ag_like(g, x, 1);
  ag_ref across = ag_sqrt(g, ag_mul(g, ag_sub(g, one, x), ag_add(g, x, one)));
  return ag_atan(g, ag_div(g, x, across));
}

ag_ref ag_acos(ag_graph *g, ag_ref x) {
  ag_ref one = ag_like(g, x, 1);
  ag_ref half_angle = ag_sqrt(g, ag_div(g, ag_sub(g, one, x), ag_add(g, x, one)));
  return ag_scale(g, ag_atan(g, half_angle), 2);
}

/* expm1(x) - expm1(-x) loses no digits, because the two have opposite signs. */
ag_ref ag_sinh(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_sub(g, ag_expm1(g, x), ag_expm1(g, ag_neg(g, x))), 0.5);
}

ag_ref ag_cosh(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_add(g, ag_exp(g, x), ag_exp(g, ag_neg(g, x))), 0.5);
}

ag_ref ag_atanh(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_sub(g, ag_log1p(g, x), ag_log1p(g, ag_neg(g, x))), 0.5);
}

/* log(2 a) if a is so large that the other terms vanish in rounding, else log(1 + rest(a)). The branch that
 * is not chosen is computed at 1, so that it does not overflow. */
static ag_ref log_or_large(ag_graph *g, ag_ref a, ag_ref (*rest)(ag_graph *g, ag_ref a)) {
  ag_ref one = ag_like(g, a, 1), large = ag_greater(g, a, ag_like(g, a, 1e9));
  ag_ref twice = ag_offset(g, ag_log(g, ag_where(g, large, a, one)), 0.69314718055994530942); /* log 2 */
  return ag_where(g, large, twice, ag_log1p(g, rest(g, ag_where(g, large, one, a))));
}

static ag_ref asinh_rest(ag_graph *g, ag_ref a) {
  ag_ref square = ag_square(g, a), root = ag_sqrt(g, ag_offset(g, square, 1));
  return ag_add(g, a, ag_div(g, square, ag_offset(g, root, 1)));
}

/* An odd function: computed for |x| and given the sign of x. The derivative of |x| at 0 is taken as 1. */
ag_ref ag_asinh(ag_graph *g, ag_ref x) {
  ag_ref positive = ag_greater_equal(g, x, ag_like(g, x, 0));
  ag_ref y = log_or_large(g, ag_where(g, positive, x, ag_neg(g, x)), asinh_rest);
  return ag_where(g, positive, y, ag_neg(g, y));
}

/* With t = x - 1: t + sqrt(t) sqrt(t + 2) = x - 1 + sqrt(x^2 - 1), NaN for t < 0. */
static ag_ref acosh_rest(ag_graph *g, ag_ref a) {
  ag_ref t = ag_offset(g, a, -1);
  return ag_add(g, t, ag_mul(g, ag_sqrt(g, t), ag_sqrt(g, ag_offset(g, t, 2))));
}

ag_ref ag_acosh(ag_graph *g, ag_ref x) { return log_or_large(g, x, acosh_rest); }

/* A series in (pi x)^2 near 0, so that derivatives of every order are right there. */
ag_ref ag_sinc(ag_graph *g, ag_ref x) {
  enum { TERMS = 9 };
  ag_ref angle = ag_scale(g, x, 3.14159265358979323846), one = ag_like(g, x, 1);
  ag_ref near = ag_less(g, ag_square(g, x), ag_like(g, x, 0.0625));
  ag_ref z = ag_square(g, angle), series = one;
  for (int k = TERMS - 1; k > 0; k--)
    series = ag_offset(g, ag_mul(g, series, ag_scale(g, z, -1. / (2 * k * (2 * k + 1)))), 1);
  ag_ref far = ag_where(g, near, one, angle);
  return ag_where(g, near, series, ag_div(g, ag_sin(g, far), far));
}
