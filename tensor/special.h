/* special.h - special functions of one double, safe to call from several threads (not installed). */
#ifndef NABLA_SPECIAL_H
#define NABLA_SPECIAL_H

/* log |Gamma(x)|; inf at 0 and the negative integers. */
double tn_lgamma(double x);

enum { TN_MAX_POLYGAMMA = 100 };

/* The n-th derivative of digamma, which is n = 0; 0 <= n <= TN_MAX_POLYGAMMA. digamma(0) is -inf and
 * digamma(-0) inf; at negative integers it is NaN. Higher orders are inf at 0 and negative integers (-inf for
 * even n). The relative error is a few units in the last place; near the zeros of digamma the absolute error
 * is. Source: Abramowitz and Stegun 6.3, 6.4. */
double tn_polygamma(int n, double x);

#endif
