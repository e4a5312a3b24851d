/* vmath.h - elementary functions whose loops vectorize (isa.h compiles a loop for each instruction
 * set). tn_exp(x) and its kin choose by type: float is a branch-free polynomial, double is libm.
 *
 * The float functions hold over the whole range: subnormals in and out, overflow to inf, underflow to 0, -0,
 * inf and NaN. Largest errors in units in the last place, measured once over all 2^32 floats against libm's
 * double functions: exp 0.99, expm1 1.57, log 0.84, log1p 1.39, tanh 1.33, sigmoid 2.41;
 * tests/tensor/test_vmath.c samples them against long double. Selects are written so that a NaN fails the
 * comparison and is the result. */
#ifndef NABLA_VMATH_H
#define NABLA_VMATH_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __clang__ /* clang warns about loops that it cannot vectorize: those of double, which call libm */
#pragma clang diagnostic ignored "-Wpass-failed"
#define TN_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define TN_IVDEP _Pragma("GCC ivdep")
#endif

#define TN__INLINE static inline __attribute__((always_inline))

TN__INLINE uint32_t tn__bits(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}
TN__INLINE float tn__float(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}
TN__INLINE float tn__pow2(int32_t n) { return tn__float((uint32_t)(n + 127) << 23); } /* -126 <= n <= 127 */

/* x = n log 2 + r with |r| <= log(2) / 2; e^r - 1 = r + r^2 q(r), q after Cephes. Adding 1.5 * 2^23 rounds to
 * an integer and leaves it in the low bits; log 2 comes in two parts, the first short enough for an exact n *
 * part.
 */
typedef struct tn__exp_parts {
  int32_t n;
  float expm1_r;
} tn__exp_parts;

TN__INLINE tn__exp_parts tn__exp_reduce(float x) {
  const float magic = 0x1.8p23f;
  float shifted = x * 1.44269504f + magic, n = shifted - magic;
  float r = x - n * 0.693359375f - n * -2.12194440e-4f;
  float q = 1.9875691500e-4f;
  q = q * r + 1.3981999507e-3f;
  q = q * r + 8.3334519073e-3f;
  q = q * r + 4.1665795894e-2f;
  q = q * r + 1.6666665459e-1f;
  q = q * r + 5.0000001201e-1f;
  return (tn__exp_parts){(int32_t)(tn__bits(shifted) - tn__bits(magic)), q * (r * r) + r};
}

/* Limits of arguments, in a variable whose value the compiler does not know: with constants gcc makes masked
 * branches, a fifth slower than max and min. */
typedef struct tn__limits {
  float highest, exp_lowest, expm1_lowest;
} tn__limits;
extern const tn__limits tn__exp_limits;

/* 2^n as two factors, because n runs from -151 to 128. */
TN__INLINE float tn__expf(float x) {
  const tn__limits l = tn__exp_limits;
  x = x > l.highest ? l.highest : x;
  x = x < l.exp_lowest ? l.exp_lowest : x;
  tn__exp_parts e = tn__exp_reduce(x);
  int32_t half = e.n >> 1;
  return (e.expm1_r + 1) * tn__pow2(half) * tn__pow2(e.n - half);
}

/* e^x - 1 = 2 (2^(n-1) (e^r - 1) + (2^(n-1) - 1/2)); n = 0 needs no recombination and keeps subnormals. */
TN__INLINE float tn__expm1f(float x) {
  const tn__limits l = tn__exp_limits;
  float c = x > l.highest ? l.highest : x;
  c = c < l.expm1_lowest ? l.expm1_lowest : c;
  tn__exp_parts e = tn__exp_reduce(c);
  float scale = tn__pow2(e.n - 1), half = e.expm1_r * scale + (scale - 0.5f);
  return __builtin_copysignf(e.n == 0 ? e.expm1_r : half + half, x);
}

/* log(2^e (1 + f)) for sqrt(1/2) <= 1 + f < sqrt(2), after Cephes. */
TN__INLINE float tn__log_sum(float e, float f) {
  float z = f * f, p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float tail = p * (f * z) + e * -2.12194440e-4f - 0.5f * z;
  return f + tail + e * 0.693359375f;
}

#define TN__SQRT_HALF 0x3f3504f3u /* the bits of sqrt(1/2): where the exponent is taken to change */

TN__INLINE float tn__logf(float x) {
  float normal = x < FLT_MIN ? x * 0x1p23f : x;
  uint32_t u = tn__bits(normal) - TN__SQRT_HALF;
  float e = (float)((int32_t)u >> 23) - (x < FLT_MIN ? 23.0f : 0.0f);
  float y = tn__log_sum(e, tn__float((u & 0x7fffff) + TN__SQRT_HALF) - 1);
  y = x < INFINITY ? y : x;
  return x > 0 ? y : x == 0 ? -INFINITY : NAN;
}

/* 1 + x is rounded, so only its exponent e is used; the fraction x / 2^e + (1 / 2^e - 1) is computed from
 * x. */
TN__INLINE float tn__log1pf(float x) {
  uint32_t u = tn__bits(1 + x) - TN__SQRT_HALF;
  int32_t e = (int32_t)u >> 23;
  float scale = tn__float(0x40800000u - (u & 0xff800000u)); /* 4 / 2^e, which does not underflow */
  float f = e == 0 ? x : 0.25f * x * scale + (0.25f * scale - 1);
  float y = __builtin_copysignf(tn__log_sum((float)e, f), x);
  y = x < INFINITY ? y : x;
  return x > -1 ? y : x == -1 ? -INFINITY : NAN;
}

/* An odd polynomial (after Cephes) where 1 - 2 / (e^2x + 1) would lose digits. */
TN__INLINE float tn__tanhf(float x) {
  float a = __builtin_fabsf(x), z = a * a, p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  float near = p * (z * a) + a, far = 1 - 2 / (tn__expf(a + a) + 1);
  return __builtin_copysignf(a < 0.625f ? near : far, x);
}

/* Only e^-|x| is computed, so nothing overflows and results near 0 have full relative accuracy. */
TN__INLINE float tn__sigmoidf(float x) {
  float e = tn__expf(x > 0 ? -x : x);
  return (x < 0 ? e : 1) / (1 + e);
}
TN__INLINE double tn__sigmoid(double x) {
  double e = exp(x > 0 ? -x : x);
  return (x < 0 ? e : 1) / (1 + e);
}

/* c ? a : b with both computed beforehand, as gcc would compute the costly one under a mask. */
TN__INLINE float tn__selectf(bool c, float a, float b) { return c ? a : b; }
TN__INLINE double tn__select(bool c, double a, double b) { return c ? a : b; }

#define tn_select(c, a, b) _Generic((a), float : tn__selectf, double : tn__select)(c, a, b)
#define tn_exp(x)          _Generic((x), float : tn__expf, double : exp)(x)
#define tn_expm1(x)        _Generic((x), float : tn__expm1f, double : expm1)(x)
#define tn_log(x)          _Generic((x), float : tn__logf, double : log)(x)
#define tn_log1p(x)        _Generic((x), float : tn__log1pf, double : log1p)(x)
#define tn_sqrt(x)         _Generic((x), float : sqrtf, double : sqrt)(x)
#define tn_tanh(x)         _Generic((x), float : tn__tanhf, double : tanh)(x)
#define tn_sigmoid(x)      _Generic((x), float : tn__sigmoidf, double : tn__sigmoid)(x)

#include "vmath_more.h"

#endif
