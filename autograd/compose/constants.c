/* constants.c - arrays that are known when the graph is built. */
#include "autograd/compose/table.h"

#include <math.h>

typedef struct ramp {
  double start, step;
} ramp;

static double on_ramp(const void *ctx, int64_t i) {
  const ramp *r = ctx;
  return r->start + (double)i * r->step;
}

ag_ref ag_arange(ag_graph *g, tn_dtype dtype, double start, double stop, double step) {
  double n = ceil((stop - start) / step);
  if (!(fabs(n) < 1e15)) {
    ag_fail(g, TN_EINVAL, "arange: from %g to %g in steps of %g", start, stop, step);
    return (ag_ref){0};
  }
  return ag__table(g, dtype, n > 0 ? (int64_t)n : 0, on_ramp, &(ramp){start, step});
}

typedef struct interval {
  double first, last;
  int64_t n;
} interval;

/* Computed from the nearer end, so that both ends are exact. */
static double in_interval(const void *ctx, int64_t i) {
  const interval *v = ctx;
  double step = v->n > 1 ? (v->last - v->first) / (double)(v->n - 1) : 0;
  return i < v->n / 2 || v->n == 1 ? v->first + (double)i * step : v->last - (double)(v->n - 1 - i) * step;
}

ag_ref ag_linspace(ag_graph *g, tn_dtype dtype, int64_t n, double first, double last) {
  return ag__table(g, dtype, n, in_interval, &(interval){first, last, n});
}

static double on_diagonal(const void *ctx, int64_t i) {
  int64_t cols = *(const int64_t *)ctx;
  return i / cols == i % cols;
}

ag_ref ag_eye(ag_graph *g, tn_dtype dtype, int64_t rows, int64_t cols) {
  int64_t size;
  if (rows < 0 || cols < 0 || __builtin_mul_overflow(rows, cols, &size)) {
    ag_fail(g, TN_ESHAPE, "eye: [%lld, %lld] is no shape", (long long)rows, (long long)cols);
    return (ag_ref){0};
  }
  ag_ref flat = ag__table(g, dtype, size, on_diagonal, &cols);
  return ag_reshape(g, flat, 2, (int64_t[]){rows, cols});
}

ag_ref ag_full(ag_graph *g, tn_dtype dtype, int rank, const int64_t *shape, double value) {
  return ag_broadcast(g, ag_scalar(g, dtype, value), rank, shape);
}
