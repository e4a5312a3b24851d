/* special.h - special functions of one double, safe to call from several threads (not installed). */
#ifndef NABLA_SPECIAL_H
#define NABLA_SPECIAL_H

/* log |Gamma(x)|; inf at 0 and the negative integers. */
double tn_lgamma(double x);

enum { TN_MAX_POLYGAMMA = 100 };

/* The n-th derivative of digamma, which is n = 0; 0 <= n <= TN_MAX_POLYGAMMA. At 0 digamma is -inf with the
 * sign of that zero turned, at negative integers NaN; the others are inf at all of these (-inf for even n).
 * Relative error a few units in the last place, near the zeros of digamma absolute. Source: Abramowitz and
 * Stegun 6.3, 6.4. */
double tn_polygamma(int n, double x);

#endif
