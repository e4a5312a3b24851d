/* vmath_gamma.h - log-gamma and digamma of floats, for loops that vectorize (not installed).
 *
 * For 0 < x < inf, computed in double and rounded once: x below 8 is moved up by 8, by the products of x ... x + 7, to
 * where the asymptotic series holds. Within 0.6 units in the last place of the result, but for log-gamma near its zeros,
 * 1 and 2, and digamma near its own, 1.46: there the error is 2e-14. Source: Abramowitz and Stegun 6.1.41, 6.3.18. */
#ifndef NABLA_VMATH_GAMMA_H
#define NABLA_VMATH_GAMMA_H

#include "tensor/vmath.h"

/* log x of a normal positive double: x = 2^e (1 + s) / (1 - s), and the series of log((1 + s) / (1 - s)). */
TN__INLINE double tn__log_wide(double x) {
  const uint64_t half = 0x3fe6a09e667f3bcd; /* the bits of sqrt(1/2) */
  uint64_t u = tn__bits64(x) - half, bits = (u & 0xfffffffffffff) + half;
  /* The exponent as a double without a 64-bit conversion: its bits are added to those of 1.5 * 2^52. */
  double e = tn__double((u >> 52) + 0x4338000000000000) - 0x1.8p52;
  e = e > 1023.5 ? e - 4096 : e;
  double m = tn__double(bits), s = (m - 1) / (m + 1), z = s * s, p = 1. / 21;
  p = p * z + 1. / 19;
  p = p * z + 1. / 17;
  p = p * z + 1. / 15;
  p = p * z + 1. / 13;
  p = p * z + 1. / 11;
  p = p * z + 1. / 9;
  p = p * z + 1. / 7;
  p = p * z + 1. / 5;
  p = p * z + 1. / 3;
  return e * 0x1.62e42fefa39efp-1 + (2 * s + 2 * s * z * p);
}

/* x (x + 1) ... (x + 7) */
TN__INLINE double tn__rising(double x) {
  double a = x * (x + 7), b = a + 6, c = a + 10, d = a + 12; /* (x + k) (x + 7 - k) = x (x + 7) + k (7 - k) */
  return a * b * (c * d);
}

TN__INLINE double tn__lgamma_positive(double x) {
  double y = x < 8 ? x + 8 : x, below = x < 8 ? tn__rising(x) : 1;
  double w = 1 / y, z = w * w, p = 691. / 360360;
  p = 1. / 1188 - p * z;
  p = 1. / 1680 - p * z;
  p = 1. / 1260 - p * z;
  p = 1. / 360 - p * z;
  p = (1. / 12 - p * z) * w;
  double value = (y - 0.5) * tn__log_wide(y) - y + 0.91893853320467274178 + p - tn__log_wide(below);
  return tn__select(x == 1 || x == 2, 0, value);
}

TN__INLINE double tn__digamma_positive(double x) {
  double a = x * (x + 7), b = a + 6, c = a + 10, d = a + 12;
  /* The sum of 1 / (x + k), k < 8: each pair is (2 x + 7) over its product. */
  double sum = (2 * x + 7) * ((a + b) * (c * d) + (c + d) * (a * b)) / (a * b * (c * d));
  double y = x < 8 ? x + 8 : x, w = 1 / y, z = w * w, p = 691. / 32760;
  p = 1. / 132 - p * z;
  p = 1. / 240 - p * z;
  p = 1. / 252 - p * z;
  p = 1. / 120 - p * z;
  p = (1. / 12 - p * z) * z;
  sum = x < 8 ? sum : 0;
  return tn__log_wide(y) - 0.5 * w - p - sum;
}

/* Whether all arguments are in the range of the functions above. */
TN__INLINE bool tn__all_positive(int n, const float *x) {
  int others = 0;
  for (int i = 0; i < n; i++) others |= !(x[i] > 0 && x[i] < INFINITY);
  return !others;
}

#endif
