/* vmath_more.h - further elementary functions for loops that vectorize; part of vmath.h, which includes it.
 *
 * The float functions are computed in double and rounded once, by polynomials that interpolate at Chebyshev
 * points, with relative errors below 4e-10. So they are within 0.6 units in the last place of the result
 * (tests/tensor/test_vmath.c measures them), subnormal results included. Double uses libm. */
#ifndef NABLA_VMATH_MORE_H
#define NABLA_VMATH_MORE_H

TN__INLINE uint64_t tn__bits64(double x) {
  uint64_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}
TN__INLINE double tn__double(uint64_t u) {
  double x;
  memcpy(&x, &u, sizeof x);
  return x;
}

/* x = n pi/2 + r, |r| <= pi/4 (pi/2 in two parts, the first short enough that n times it is exact). Returns
 * r, and in *quadrant a number whose last two bits are those of n. |x| <= TN__TRIG_LIMIT. */
#define TN__TRIG_LIMIT 1e6f
TN__INLINE double tn__trig_reduce(double x, uint64_t *quadrant) {
  const double magic = 0x1.8p52;
  double shifted = x * 0x1.45f306dc9c883p-1 + magic, n = shifted - magic;
  *quadrant = tn__bits64(shifted);
  return x - n * 0x1.921fb544p+0 - n * 0x1.0b4611a626331p-34;
}

TN__INLINE double tn__sin_poly(double r) {
  double z = r * r, p = 0x1.6c9cf31538103p-19;
  p = p * z - 0x1.a00e7503fba69p-13;
  p = p * z + 0x1.111106b1c86bfp-7;
  p = p * z - 0x1.5555554849152p-3;
  p = p * z + 0x1.fffffffff57dep-1;
  return p * r;
}

TN__INLINE double tn__cos_poly(double r) {
  double z = r * r, p = -0x1.23b0aeb307355p-22;
  p = p * z + 0x1.a00e2058e2f07p-16;
  p = p * z - 0x1.6c16b1eecb955p-10;
  p = p * z + 0x1.555555431152ep-5;
  p = p * z - 0x1.ffffffffe07b8p-2;
  return p * z + 0x1.ffffffffffdccp-1;
}

/* sin(x + quadrants pi/2). Beyond the limit the reduction needs more bits of pi; the kernels use libm
 * there. */
TN__INLINE float tn__sin_near(float x, uint64_t quadrants) {
  uint64_t n;
  double r = tn__trig_reduce(x, &n);
  n += quadrants;
  double y = n & 1 ? tn__cos_poly(r) : tn__sin_poly(r);
  return (float)tn__double(tn__bits64(y) ^ (n & 2) << 62);
}
TN__INLINE float tn__sinf(float x) {
  return __builtin_fabsf(x) <= TN__TRIG_LIMIT ? tn__sin_near(x, 0) : (float)sin((double)x);
}
TN__INLINE float tn__cosf(float x) {
  return __builtin_fabsf(x) <= TN__TRIG_LIMIT ? tn__sin_near(x, 1) : (float)cos((double)x);
}

/* atan of a >= 0: an argument above tan(pi/8) is mapped below it; one division serves all cases. */
TN__INLINE double tn__atan_positive(double a) {
  bool low = a <= 0x1.a827999fcef32p-2, high = a > 0x1.3504f333f9de6p+1;
  double above = high ? -1 : low ? a : a - 1, below = high ? a : low ? 1 : a + 1;
  double from = high ? 0x1.921fb54442d18p+0 : low ? 0 : 0x1.921fb54442d18p-1;
  double t = above / below, z = t * t, p = 0x1.7e0c7f7f31c46p-5;
  p = p * z - 0x1.5982b4e66f45bp-4;
  p = p * z + 0x1.c410f90195f6cp-4;
  p = p * z - 0x1.247b12deebcf1p-3;
  p = p * z + 0x1.9998ef0032322p-3;
  p = p * z - 0x1.555554685da41p-2;
  p = p * z + 0x1.ffffffffc9ea0p-1;
  return from + p * t;
}
TN__INLINE float tn__atanf(float x) {
  return (float)__builtin_copysign(tn__atan_positive(__builtin_fabs((double)x)), (double)x);
}

/* The angle of the point (x, y); for x < 0 it is pi minus the angle of (-x, y). */
TN__INLINE float tn__atan2f(float y, float x) {
  double a = __builtin_fabs((double)y), b = __builtin_fabs((double)x);
  double ratio = a == b ? 1 : a / b;
  ratio = a == 0 ? 0 * b : ratio; /* at the origin too; NaN stays NaN */
  ratio = b < (double)INFINITY || a == b ? ratio : b == b ? 0 * a : b;
  double t = tn__atan_positive(ratio);
  t = __builtin_signbit(x) ? 0x1.921fb54442d18p+1 - t : t;
  t = a == a && b == b ? t : a + b;
  return (float)__builtin_copysign(t, (double)y);
}

/* e^x in double with the accuracy of float, for -700 <= x <= 700. */
TN__INLINE double tn__exp_wide(double x) {
  const double magic = 0x1.8p52;
  double shifted = x * 0x1.71547652b82fep+0 + magic, n = shifted - magic;
  double r = x - n * 0x1.62e42fefa39efp-1, p = 0x1.a17df2ec2bc60p-13;
  p = p * r + 0x1.6da753185ad01p-10;
  p = p * r + 0x1.1110a6222ea35p-7;
  p = p * r + 0x1.555464a0f079ep-5;
  p = p * r + 0x1.5555557e7125ep-3;
  p = p * r + 0x1.0000005c89e4ep-1;
  p = p * r + 0x1.fffffffff61fdp-1;
  p = p * r + 0x1.ffffffffa7135p-1;
  return p * tn__double((tn__bits64(shifted) - tn__bits64(magic) + 1023) << 52);
}

/* 2^x. x is limited to the range of float, so beyond it the result is inf or 0. */
TN__INLINE float tn__exp2f(float x) {
  double c = x > 200 ? 200 : x;
  c = c < -200 ? -200 : c;
  const double magic = 0x1.8p52;
  double shifted = c + magic, n = shifted - magic; /* integers give powers of two exactly */
  double y = c == n ? 1 : tn__exp_wide((c - n) * 0x1.62e42fefa39efp-1);
  return (float)(y * tn__double((tn__bits64(shifted) - tn__bits64(magic) + 1023) << 52));
}

TN__INLINE double tn__erf_near(double x) { /* |x| <= 1 */
  double z = x * x, p = -0x1.445f47d33d87bp-17;
  p = p * z + 0x1.d887505de3ba6p-14;
  p = p * z - 0x1.bccf664d7f763p-11;
  p = p * z + 0x1.562a60ddba6e6p-8;
  p = p * z - 0x1.b829c897922e5p-6;
  p = p * z + 0x1.ce2f08fec14fdp-4;
  p = p * z - 0x1.81274665754c3p-2;
  p = p * z + 0x1.20dd7504045d6p+0;
  return p * x;
}

TN__INLINE double tn__erfc_far(double a) { /* a >= 1; 0 from 10.2 on, below the smallest float */
  double c = a > 10.2 ? 10.2 : a, s = 1 / (c + 2.5), p = -0x1.079309545b2b8p+10;
  p = p * s + 0x1.f790d22930df4p+10;
  p = p * s - 0x1.6b6821612d783p+10;
  p = p * s + 0x1.d79a8c7d0c1a7p+8;
  p = p * s - 0x1.ab4ef4a42eb7fp+6;
  p = p * s + 0x1.1fe5ece2ca5c1p+5;
  p = p * s + 0x1.317d2935cdb39p+3;
  p = p * s + 0x1.b9617c149190bp+2;
  p = p * s + 0x1.9dc5f0067ebc1p+1;
  p = p * s + 0x1.6931b7443dddep+0;
  p = p * s + 0x1.20dc2618bc50ep-1;
  p = p * s + 0x1.b00bacd390e6ap-24;
  double y = p * tn__exp_wide(-c * c);
  return a < 10.2 ? y : a == a ? 0 : a;
}

TN__INLINE float tn__erff(float x) {
  double a = __builtin_fabs((double)x), far = __builtin_copysign(1 - tn__erfc_far(a < 1 ? 1 : a), (double)x);
  return (float)(a < 1 ? tn__erf_near(x) : far);
}
TN__INLINE float tn__erfcf(float x) {
  double a = __builtin_fabs((double)x), far = tn__erfc_far(a < 1 ? 1 : a);
  far = x < 0 ? 2 - far : far;
  return (float)(a < 1 ? 1 - tn__erf_near(x) : far);
}

/* The y >= 0 with erf(y) = a and erfc(y) = q, where a + q = 1 and both are accurate. A start of three digits
 * (Winitzki 2008), then Halley steps, each of which triples the digits; the residual uses the smaller of a
 * and q. */
static inline double tn__erf_root(double a, double q) {
  const double k = 0.147, pi = 3.14159265358979323846;
  if (!(a > 0 && q > 0)) return a == 0 ? 0 : q == 0 ? __builtin_inf() : __builtin_nan("");
  double l = -(a < 0.5 ? log1p(-a * a) : log(q) + log1p(a)), t = 2 / (pi * k) - l / 2;
  double y = sqrt(l / k / (sqrt(t * t + l / k) + t));
  for (int i = 0; i < 3; i++) {
    double slope = 2 / sqrt(pi) * exp(-y * y), e = (a < 0.5 ? erf(y) - a : q - erfc(y)) / slope;
    y -= e / (1 + y * e);
  }
  return y;
}
static inline double tn__erfinv(double x) { return copysign(tn__erf_root(fabs(x), 1 - fabs(x)), x); }
static inline double tn__erfcinv(double x) {
  return x <= 1 ? tn__erf_root(1 - x, x) : -tn__erf_root(x - 1, 2 - x);
}

#define tn_erfinv(x) _Generic((x), float : (float)tn__erfinv((double)(x)), double : tn__erfinv((double)(x)))
#define tn_erfcinv(x)                                                                                        \
  _Generic((x), float : (float)tn__erfcinv((double)(x)), double : tn__erfcinv((double)(x)))
#define tn_sin(x)      _Generic((x), float : tn__sinf, double : sin)(x)
#define tn_cos(x)      _Generic((x), float : tn__cosf, double : cos)(x)
#define tn_atan(x)     _Generic((x), float : tn__atanf, double : atan)(x)
#define tn_atan2(y, x) _Generic((x), float : tn__atan2f, double : atan2)(y, x)
#define tn_exp2(x)     _Generic((x), float : tn__exp2f, double : exp2)(x)
#define tn_erf(x)      _Generic((x), float : tn__erff, double : erf)(x)
#define tn_erfc(x)     _Generic((x), float : tn__erfcf, double : erfc)(x)
#define tn_floor(x)    _Generic((x), float : floorf, double : floor)(x)
#define tn_round(x)    _Generic((x), float : rintf, double : rint)(x)
#define tn_fmod(x, y)  _Generic((x), float : fmodf, double : fmod)(x, y)
#define tn_power(x, y) _Generic((x), float : powf, double : pow)(x, y)

#endif
