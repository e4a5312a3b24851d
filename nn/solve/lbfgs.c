/* lbfgs.c - see lbfgs.h. */
#include "lbfgs.h"

#include "nn/internal.h"

#include <math.h>
#include <string.h>

typedef struct lbfgs {
  nn__problem p;
  int64_t n;
  int kept, next; /* number of stored pairs; index of the next one */
  double *x, *g;  /* the point and its gradient */
  double *d, *new_g;
  double *s, *y;      /* [history, n]: steps and changes of the gradient */
  double *rho, *size; /* [history] */
  double value;
} lbfgs;

/* ---- the direction -------------------------------------------------------------------------------------- */

static void add(double *to, double factor, const double *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] += factor * x[i];
}

/* The two-loop recursion; without pairs the negative gradient. */
static void direction(lbfgs *b) {
  int64_t n = b->n;
  int h = b->p.o.history;
  for (int64_t i = 0; i < n; i++) b->d[i] = -b->g[i];
  for (int k = 1; k <= b->kept; k++) {
    int i = (b->next - k + h) % h;
    b->size[i] = b->rho[i] * nn__dot(b->s + i * n, b->d, n);
    add(b->d, -b->size[i], b->y + i * n, n);
  }
  if (b->kept) {
    int i = (b->next - 1 + h) % h;
    double factor = 1 / (b->rho[i] * nn__dot(b->y + i * n, b->y + i * n, n));
    for (int64_t j = 0; j < n; j++) b->d[j] *= factor;
  }
  for (int k = b->kept; k >= 1; k--) {
    int i = (b->next - k + h) % h;
    add(b->d, b->size[i] - b->rho[i] * nn__dot(b->y + i * n, b->d, n), b->s + i * n, n);
  }
}

/* ---- the line search ------------------------------------------------------------------------------------ */

typedef struct point { /* a point on the search line */
  double t, value, slope;
} point;

/* Evaluates at x + t d and leaves the gradient in new_g. A value that is not finite counts as infinity. */
static point at(lbfgs *b, double t) {
  for (int64_t i = 0; i < b->n; i++) b->p.x[i] = b->x[i] + t * b->d[i];
  if (!nn__evaluate(&b->p)) return (point){t, INFINITY, INFINITY};
  nn__outputs(&b->p, 1, b->new_g);
  return (point){t, nn__value(&b->p), nn__dot(b->new_g, b->d, b->n)};
}

/* The minimum of the cubic through two points, at least a tenth of the interval from its ends; the middle if
 * there is no minimum. */
static double between(point a, point b) {
  double width = b.t - a.t, t = a.t + 0.5 * width;
  double d1 = a.slope + b.slope - 3 * (b.value - a.value) / width, square = d1 * d1 - a.slope * b.slope;
  if (isfinite(square) && square >= 0) {
    double d2 = copysign(sqrt(square), width);
    double cubic = b.t - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
    if (isfinite(cubic)) t = cubic;
  }
  double low = fmin(a.t, b.t) + 0.1 * fabs(width), high = fmax(a.t, b.t) - 0.1 * fabs(width);
  return fmin(fmax(t, low), high);
}

/* The strong Wolfe conditions. Near the minimum rounding hides the decrease; then a small slope is enough. */
static bool falls(point start, point p) {
  return p.value <= start.value + 1e-4 * p.t * start.slope ||
         (p.value <= start.value + 1e-15 * fabs(start.value) && fabs(p.slope) <= 0.1 * fabs(start.slope));
}
static bool flat(point start, point p) { return fabs(p.slope) <= 0.9 * fabs(start.slope); }

/* Searches between low, the best point so far, and high. */
static bool zoom(lbfgs *b, point start, point low, point high, point *out) {
  for (int i = 0; i < 40 && low.t != high.t; i++) {
    point p = at(b, between(low, high));
    if (!falls(start, p) || p.value >= low.value) {
      if (falls(start, p) && flat(start, p)) return *out = p, true;
      high = p;
      continue;
    }
    if (flat(start, p)) return *out = p, true;
    if (p.slope * (high.t - low.t) >= 0) high = low;
    low = p;
  }
  if (low.t == 0) return false;
  *out = at(b, low.t);
  return out->value < start.value;
}

static bool search(lbfgs *b, double first, point *out) {
  point start = {0, b->value, nn__dot(b->g, b->d, b->n)}, last = start;
  if (!(start.slope < 0)) return false;
  double t = first;
  for (int i = 0; i < 40; i++) {
    point p = at(b, t);
    if (!falls(start, p) || (i && p.value >= last.value)) return zoom(b, start, last, p, out);
    if (flat(start, p)) return *out = p, true;
    if (p.slope >= 0) return zoom(b, start, p, last, out);
    last = p;
    t *= 2.5;
  }
  *out = last; /* the function seems to be unbounded below */
  return true;
}

/* ---- the loop ------------------------------------------------------------------------------------------- */

static void remember(lbfgs *b) {
  int64_t n = b->n;
  double *s = b->s + b->next * n, *y = b->y + b->next * n;
  for (int64_t i = 0; i < n; i++) {
    s[i] = b->p.x[i] - b->x[i];
    y[i] = b->new_g[i] - b->g[i];
  }
  memcpy(b->x, b->p.x, (size_t)n * sizeof(double));
  memcpy(b->g, b->new_g, (size_t)n * sizeof(double));
  double sy = nn__dot(s, y, n);
  if (!(sy > 1e-300)) return; /* positive after a Wolfe step, except for rounding */
  b->rho[b->next] = 1 / sy;
  b->next = (b->next + 1) % b->p.o.history;
  if (b->kept < b->p.o.history) b->kept++;
}

/* True when converged. */
static bool iterate(lbfgs *b) {
  double before = b->value;
  point p;
  if (nn__largest(b->g, b->n) <= b->p.o.gradient_tolerance) return true;
  direction(b);
  double first = b->kept ? 1 : fmin(1, 1 / sqrt(nn__dot(b->g, b->g, b->n)));
  if (!search(b, first, &p)) {
    if (!b->kept) return true; /* along the gradient no lower value can be distinguished from rounding */
    b->kept = 0;
    return false;
  }
  b->value = p.value;
  remember(b);
  return before - b->value <= b->p.o.change_tolerance * fmax(fabs(before), fabs(b->value));
}

static tn_status allocate(lbfgs *b) {
  size_t n = (size_t)b->n, h = (size_t)b->p.o.history;
  double *all = tn_calloc(NULL, 4 * n + 2 * h * n + 2 * h, sizeof *all);
  if (!all) return nn__solved(&b->p, TN_ENOMEM, "nn_lbfgs: out of memory");
  b->x = all, b->g = all + n, b->d = all + 2 * n, b->new_g = all + 3 * n;
  b->s = all + 4 * n, b->y = b->s + h * n, b->rho = b->y + h * n, b->size = b->rho + h;
  memcpy(b->x, b->p.x, n * sizeof *b->x);
  return TN_OK;
}

static tn_status run(lbfgs *b) {
  nn_solve_result *r = b->p.result;
  if (!nn__evaluate(&b->p))
    return nn__solved(&b->p, TN_ENUMERIC, "nn_lbfgs: the start has a value or derivative that is not finite");
  b->value = nn__value(&b->p);
  nn__outputs(&b->p, 1, b->g);
  bool ended = false;
  for (; !ended && r->iterations < b->p.o.max_iterations; r->iterations++) ended = iterate(b);
  r->value = b->value;
  r->gradient = nn__largest(b->g, b->n);
  nn__store(&b->p, b->x);
  if (ended) return TN_OK;
  return nn__solved(&b->p, TN_ESTOPPED, "nn_lbfgs: not converged after %d iterations", r->iterations);
}

tn_status nn_lbfgs(ag_function *f, const void *ctx, const tn_view *x, int n, const nn_solve_options *options,
                   nn_solve_result *result) {
  nn_solve_result ignored;
  lbfgs b = {.n = 0};
  b.p = (nn__problem){.views = x, .n = n, .derivative = NN__GRADIENT, .result = result ? result : &ignored};
  tn_status status = nn__problem_open(&b.p, "nn_lbfgs", f, ctx, options);
  if (status != TN_OK) return status;
  b.n = b.p.size;
  status = allocate(&b);
  if (status == TN_OK) status = run(&b);
  tn_free(NULL, b.x);
  nn__problem_free(&b.p);
  return status;
}
