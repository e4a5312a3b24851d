/* descend.c - gradient descent as in Siskind & Pearlmutter's particle and saddle: a step that lowers the value is taken, ten in a
 * row double the step size, one that does not halves it. */
#include "gradbench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double length(const double *x, const double *y, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += (x[i] - (y ? y[i] : 0)) * (x[i] - (y ? y[i] : 0));
  return sqrt(sum);
}

typedef struct descent {
  double *leaf; /* what the plan reads */
  double *x, *gradient, *start;
  int64_t n;
  double value, size;
  int taken; /* steps in a row */
} descent;

static void accept(gb_call *c, descent *d) {
  memcpy(d->x, d->leaf, (size_t)d->n * sizeof(double));
  memcpy(d->gradient, gb_values(c, 1), (size_t)d->n * sizeof(double));
  d->value = *gb_values(c, 0);
}

/* False at the end. */
static bool iterate(gb_call *c, descent *d) {
  if (length(d->gradient, NULL, d->n) <= 1e-5) return false;
  if (d->taken == 10) return d->size *= 2, d->taken = 0, true;
  for (int64_t i = 0; i < d->n; i++) d->leaf[i] = d->x[i] - d->size * d->gradient[i];
  if (length(d->x, d->leaf, d->n) <= 1e-5) return false;
  gb_step(c);
  if (*c->error) return false;
  if (*gb_values(c, 0) < d->value) return accept(c, d), d->taken++, true;
  return d->size /= 2, d->taken = 0, true;
}

void gb_descend(gb_call *c) {
  tn_view v = c->leaves[0].view;
  descent d = {.leaf = v.data, .n = tn_view_numel(&v), .size = 1e-5};
  size_t bytes = (size_t)d.n * sizeof(double);
  d.x = calloc(3, bytes);
  if (!d.x) {
    gb_fail(c, "out of memory");
    return;
  }
  d.gradient = d.x + d.n, d.start = d.gradient + d.n;
  memcpy(d.start, d.leaf, bytes);
  gb_step(c);
  if (!*c->error) accept(c, &d);
  while (!*c->error && iterate(c, &d)) {}
  memcpy(d.leaf, d.x, bytes); /* outputs at the solution, */
  gb_step(c);
  memcpy(d.leaf, d.start, bytes); /* the leaf as it was: an evaluation may be repeated */
  free(d.x);
}
