/* The float functions of vmath.h against the long double ones of libm, over the whole range: every 1021st of
 * the 2^32 bit patterns, and every float near the points where something changes. And the same bits from
 * every instruction set. */
#include "tensor/isa.h"
#include "tensor/special.h"
#include "tensor/vmath_gamma.h"

#include <criterion/criterion.h>

static long double sigmoidl(long double x) { return 1 / (1 + expl(-x)); }
static long double atan2l_right(long double x) { return atan2l(x, 0.75L); }
static long double atan2l_left(long double x) { return atan2l((long double)-3e-3f, -x); }

typedef void loop(int n, const float *in, float *out);

/* Each function as the loop it is made for: TN_BY_ISA compiles it for each instruction set. */
#define LOOPS(NAME, EXPR)                                                                                    \
  TN_ANY void NAME##_loop_any(int n, const float *in, float *out) {                                          \
    TN_IVDEP for (int i = 0; i < n; i++) {                                                                   \
      const float X = in[i];                                                                                 \
      out[i] = EXPR;                                                                                         \
    }                                                                                                        \
  }                                                                                                          \
  TN_BY_ISA(NAME##_loop, (int n, const float *in, float *out), (n, in, out))

LOOPS(exp, tn_exp(X))
LOOPS(expm1, tn_expm1(X))
LOOPS(log, tn_log(X))
LOOPS(log1p, tn_log1p(X))
LOOPS(tanh, tn_tanh(X))
LOOPS(sigmoid, tn_sigmoid(X))
LOOPS(sin, tn_sin(X))
LOOPS(cos, tn_cos(X))
LOOPS(atan, tn_atan(X))
LOOPS(atan2, tn_atan2(X, 0.75f))
LOOPS(atan2_left, tn_atan2(-3e-3f, -X))
LOOPS(exp2, tn_exp2(X))
LOOPS(erf, tn_erf(X))
LOOPS(erfc, tn_erfc(X))

LOOPS(log_gamma, X > 0 && X < INFINITY ? (float)tn__lgamma_positive((double)X) : (float)tn_lgamma((double)X))
LOOPS(digamma,
      X > 0 && X < INFINITY ? (float)tn__digamma_positive((double)X) : (float)tn_polygamma(0, (double)X))

static long double digamma_in_double(long double x) { return (long double)tn_polygamma(0, (double)x); }

#define ENTRY(NAME, LONG, ULPS)                                                                              \
  { #NAME, NAME##_loop, LONG, ULPS, 0 }
static const struct entry {
  const char *name;
  loop *run;
  long double (*exact)(long double);
  double ulps; /* the bound that vmath.h states, or vmath_gamma.h, */
  double near; /* and that of the absolute error where a function crosses 0 */
} functions[] = {ENTRY(exp, expl, 1),
                 ENTRY(expm1, expm1l, 1.6),
                 ENTRY(log, logl, 0.9),
                 ENTRY(log1p, log1pl, 1.5),
                 ENTRY(tanh, tanhl, 1.4),
                 ENTRY(sigmoid, sigmoidl, 2.5),
                 ENTRY(sin, sinl, .6),
                 ENTRY(cos, cosl, .6),
                 ENTRY(atan, atanl, .6),
                 ENTRY(atan2, atan2l_right, .6),
                 ENTRY(atan2_left, atan2l_left, .6),
                 ENTRY(exp2, exp2l, .6),
                 ENTRY(erf, erfl, .6),
                 ENTRY(erfc, erfcl, .6),
                 {"lgamma", log_gamma_loop, lgammal, .6, 2e-14},
                 {"digamma", digamma_loop, digamma_in_double, .6, 2e-14}};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* The distance in units in the last place of the float nearest to `want`; infinite where the kind is wrong. A
 * float beyond the largest counts as 2^128. */
static double ulps_between(float got, long double want) {
  float nearest = (float)want;
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : INFINITY;
  if (!signbit(got) != !signbit(nearest)) return INFINITY;
  if (isinf(want)) return got == want ? 0 : INFINITY;
  int exponent;
  frexpl(want, &exponent);
  long double unit = ldexpl(1, exponent - 24 < -149 ? -149 : exponent - 24);
  if (fabsl(want) >= 0x1p128L) return isinf(got) ? 0 : (double)((0x1p128L - fabsl(got)) / unit);
  return (double)fabsl(((isinf(got) ? copysignl(0x1p128L, got) : got) - want) / unit);
}

enum { BLOCK = 1024 };

static void compare(const struct entry *f, const float *x) {
  float y[BLOCK], other[BLOCK];
  const tn__isa used = tn__isa_used;
  f->run(BLOCK, x, y);
  for (int i = 0; i < BLOCK; i++) {
    double error = ulps_between(y[i], f->exact(x[i]));
    cr_assert(error <= f->ulps || fabsl(y[i] - f->exact(x[i])) <= f->near, "%s(%a) = %a is %.3f ulp from %La",
              f->name, (double)x[i], (double)y[i], error, f->exact(x[i]));
  }
  for (tn__isa isa = TN__BASELINE; isa <= TN__NEON; isa++) {
    if (!tn__isa_runs(isa)) continue;
    tn__isa_used = isa;
    f->run(BLOCK, x, other);
    tn__isa_used = used;
    cr_assert(memcmp(y, other, sizeof y) == 0, "%s has other bits for another instruction set", f->name);
  }
}

Test(vmath, whole_range) {
  const uint32_t stride = 1021;
  float x[BLOCK];
  for (int f = 0; f < FUNCTIONS; f++) {
    uint64_t bits = 0;
    while (bits >> 32 == 0) {
      for (int i = 0; i < BLOCK; i++, bits += stride) x[i] = tn__float((uint32_t)bits);
      compare(&functions[f], x);
    }
  }
}

Test(vmath, dense_where_something_changes) {
  const float centres[] = {
      0,        FLT_MIN,     0.34657359f, 0.41421357f, 0.625f,         0.69314718f,     0.70710678f,
      1,        1.03972077f, 1.41421356f, 2,           9.01f,          16.63553f,       17.32868f,
      25,       44.014f,     86.64f,      87.33654f,   88.3762626f,    88.7228391f,     89,
      103.278f, 103.972f,    105,         0x1p23f,     0x1.fffffep24f, 0x1.fffffep126f, FLT_MAX};
  enum { CENTRES = sizeof centres / sizeof *centres };
  float x[BLOCK];
  for (int c = 0; c < 2 * CENTRES; c++) {
    uint32_t from = tn__bits(c & 1 ? -centres[c / 2] : centres[c / 2]) - BLOCK / 2;
    for (uint32_t i = 0; i < BLOCK; i++) x[i] = tn__float(from + i);
    for (int f = 0; f < FUNCTIONS; f++) compare(&functions[f], x);
  }
}

Test(vmath, special_values) {
  for (int f = 0; f < FUNCTIONS; f++) {
    const float x[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, -NAN, FLT_TRUE_MIN, -FLT_TRUE_MIN, -1};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
      float y;
      functions[f].run(1, &x[i], &y);
      double error = ulps_between(y, functions[f].exact(x[i]));
      cr_expect(error <= 1, "%s(%g) = %g", functions[f].name, (double)x[i], (double)y);
    }
  }
}
