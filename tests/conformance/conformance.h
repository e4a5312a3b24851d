/* conformance.h - what the suites share: counting, and a last line that says how it went. */
#ifndef NABLA_CONFORMANCE_H
#define NABLA_CONFORMANCE_H

#include "tensor/tensor.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct conformance {
  const char *suite;
  int passed, failed, refused;
} conformance;

typedef enum verdict { PASSED, FAILED, REFUSED } verdict;

/* Counts one item and prints "PASSED|FAILED|REFUSED  name: sentence". */
__attribute__((format(printf, 4, 5))) static inline void
conformance_count(conformance *c, verdict v, const char *name, const char *format, ...) {
  static const char *const text[] = {"passed ", "FAILED ", "refused"};
  va_list args;
  int *counts[] = {&c->passed, &c->failed, &c->refused};
  ++*counts[v];
  printf("%s  %s: ", text[v], name);
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
}

/* The largest |have - want| over the largest finite |want| (at least 1e-3); NaN equals NaN. Infinite: other shapes, or NaN where
 * it should not be. */
static inline double conformance_distance(tn_view have, tn_view want) {
  double worst = 0, scale = 0;
  if (!tn_same_shape(have.rank, have.shape, want.rank, want.shape)) return INFINITY;
  for (int64_t i = 0; i < tn_view_numel(&want); i++) {
    double x = tn_get(&have, i), y = tn_get(&want, i);
    double error = x == y || (isnan(x) && isnan(y)) ? 0 : fabs(x - y);
    if (!(error <= worst)) worst = isnan(error) ? INFINITY : error;
    if (isfinite(y)) scale = fmax(scale, fabs(y));
  }
  return worst / fmax(scale, 1e-3);
}

/* The last line, and the exit code: 0 if nothing failed and something passed. */
static inline int conformance_done(const conformance *c) {
  printf("%s: %d passed, %d failed, %d refused\n", c->suite, c->passed, c->failed, c->refused);
  return c->failed > 0 || c->passed == 0;
}

#endif
