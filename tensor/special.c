/* special.c - log-gamma and its derivatives. */
#include "tensor/special.h"

#include <math.h>

double tn_lgamma(double x) { /* not lgamma, which writes the global signgam */
  int sign;
  return lgamma_r(x, &sign);
}

static const double pi = 3.14159265358979323846;

/* Bernoulli numbers B2, B4, ... */
static const double bernoulli[] = {1. / 6,       -1. / 30,       1. / 42,      -1. / 30,
                                   5. / 66,      -691. / 2730,   7. / 6,       -3617. / 510,
                                   43867. / 798, -174611. / 330, 854513. / 138};
enum { BERNOULLI = sizeof bernoulli / sizeof *bernoulli };

/* For x > 0: psi(x) = psi(x + 1) - 1/x is applied until the asymptotic series holds. */
static double digamma_positive(double x) {
  double sum = 0;
  for (; x < 10; x += 1) sum -= 1 / x;
  double z = 1 / (x * x), power = z, tail = 0;
  for (int j = 0; j < 8; j++, power *= z) tail += bernoulli[j] / (2 * (j + 1)) * power;
  return sum + log(x) - 0.5 / x - tail;
}

/* pi / tan(pi x), from the distance to the nearest integer. */
static double pi_cot(double x) {
  double r = x - rint(x);
  return fabs(r) == 0.5 ? 0 : pi / tan(pi * r);
}

static double digamma(double x) {
  if (x == 0) return copysign(INFINITY, -x);
  if (x < 0) return x == floor(x) ? NAN : digamma_positive(1 - x) - pi_cot(x);
  return x == INFINITY ? x : digamma_positive(x);
}

/* Hurwitz zeta(s, x) for integer s >= 2 and x > 0, or a moderately negative x: sums terms up to a, then uses
 * the Euler-Maclaurin formula for the rest. */
static double zeta(int s, double x) {
  double sum = 0, a = x;
  for (; a < 10 + s / 2; a += 1) {
    double term = pow(a, -s);
    sum += term;
    if (a > 0 && term <= fabs(sum) * 1e-20) return sum; /* further terms are smaller still */
  }
  double power = pow(a, -s), rising = s, tail = 0; /* s (s+1) ... (s+2j-2) a^(-s-2j+1) / (2j)! */
  double term = power / a * rising / 2;
  for (int j = 1; j <= BERNOULLI; j++) {
    double next = bernoulli[j - 1] * term;
    tail += next;
    if (fabs(next) < 1e-18 * fabs(sum + tail)) break;
    term *= (double)(s + 2 * j - 1) * (s + 2 * j) / ((2. * j + 1) * (2. * j + 2)) / (a * a);
  }
  return sum + power * a / (s - 1) + power / 2 + tail;
}

/* The n-th derivative of pi cot(pi x): pi^(n+1) P(c) with c the cotangent and P' = -(1 + c^2) dP/dc. */
static double cot_derivative(int n, double x) {
  double p[TN_MAX_POLYGAMMA + 3] = {0, 1}, q[TN_MAX_POLYGAMMA + 3], c = pi_cot(x) / pi, value = 0;
  for (int k = 1; k <= n; k++) {
    for (int i = 0; i <= k + 1; i++)
      q[i] = -(i <= k ? (i + 1) * p[i + 1] : 0) - (i > 1 ? (i - 1) * p[i - 1] : 0);
    for (int i = 0; i <= k + 1; i++) p[i] = q[i];
  }
  for (int i = n + 1; i >= 0; i--) value = value * c + p[i];
  return value * pow(pi, n + 1);
}

double tn_polygamma(int n, double x) {
  const double lowest = -20; /* for lower x the reflection formula is used */
  if (isnan(x) || x == -INFINITY) return NAN;
  if (n == 0) return digamma(x);
  double sign = n % 2 ? 1 : -1;
  if (x <= 0 && x == floor(x)) return sign * INFINITY;
  if (x < lowest) return -sign * tn_polygamma(n, 1 - x) - cot_derivative(n, x);
  return sign * exp(tn_lgamma(n + 1.)) * zeta(n + 1, x);
}
