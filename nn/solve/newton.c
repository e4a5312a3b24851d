/* newton.c - see newton.h. */
#include "newton.h"

#include "nn/internal.h"

#include <math.h>
#include <string.h>

typedef struct newton {
  nn__problem p;
  int64_t n;
  double *x, *g;          /* the point and its gradient */
  double *z, *r, *d, *hd; /* inner loop: step, residual, direction, Hessian times direction */
  double value, radius;
} newton;

/* Computes hd, the Hessian at x times d. */
static bool product(newton *s) {
  memcpy(s->p.x, s->x, (size_t)s->n * sizeof(double));
  memcpy(s->p.v, s->d, (size_t)s->n * sizeof(double));
  if (!nn__evaluate(&s->p)) return false;
  nn__outputs(&s->p, 1 + s->p.n, s->hd);
  return true;
}

/* The t >= 0 for which z + t d is on the border of the trust region. */
static double to_border(const newton *s) {
  double a = nn__dot(s->d, s->d, s->n), b = nn__dot(s->z, s->d, s->n), c = nn__dot(s->z, s->z, s->n);
  double root = sqrt(fmax(b * b + a * (s->radius * s->radius - c), 0));
  return a > 0 ? (root - b) / a : 0;
}

static void add(double *to, double factor, const double *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] += factor * x[i];
}

/* Conjugate gradients for H z = -g in the trust region; returns the decrease that the quadratic model
 * predicts. r = H z + g. */
static double inner(newton *s) {
  int64_t n = s->n;
  double gg = nn__dot(s->g, s->g, n), rr = gg, limit = fmin(0.5, sqrt(sqrt(gg))) * sqrt(gg);
  memset(s->z, 0, (size_t)n * sizeof(double));
  memcpy(s->r, s->g, (size_t)n * sizeof(double));
  for (int64_t i = 0; i < n; i++) s->d[i] = -s->g[i];
  for (int64_t k = 0; k < 2 * n + 10 && product(s); k++) {
    double curvature = nn__dot(s->d, s->hd, n), t = curvature > 0 ? rr / curvature : INFINITY;
    double border = to_border(s);
    bool leaves = !(t < border);
    if (leaves) t = border;
    add(s->z, t, s->d, n);
    add(s->r, t, s->hd, n);
    double next = nn__dot(s->r, s->r, n);
    if (leaves || sqrt(next) <= limit) break;
    for (int64_t i = 0; i < n; i++) s->d[i] = -s->r[i] + next / rr * s->d[i];
    rr = next;
  }
  /* -(g'z + z'Hz / 2), with Hz = r - g */
  return -0.5 * (nn__dot(s->g, s->z, n) + nn__dot(s->r, s->z, n));
}

/* True when converged. */
static bool iterate(newton *s) {
  if (nn__largest(s->g, s->n) <= s->p.o.gradient_tolerance) return true;
  double foretold = inner(s), length = sqrt(nn__dot(s->z, s->z, s->n)), before = s->value;
  bool moved = false;
  for (int64_t i = 0; i < s->n; i++) {
    s->p.x[i] = s->x[i] + s->z[i];
    moved |= s->p.x[i] != s->x[i];
  }
  if (!moved) return true;
  bool finite = nn__evaluate(&s->p);
  double value = finite ? nn__value(&s->p) : INFINITY;
  /* A decrease below the rounding error of the value counts as predicted: the last Newton steps are right
   * although the value does not show it. */
  double noise = 1e-15 * fmax(1, fabs(before));
  double quality = (before - value + noise) / (foretold + noise);
  if (quality < 0.25 || !finite) s->radius = 0.25 * fmin(length, s->radius);
  else if (quality > 0.75 && length > 0.9 * s->radius) s->radius *= 2;
  if (!finite || !(quality > 1e-4)) return s->radius < 1e-300;
  s->value = value;
  memcpy(s->x, s->p.x, (size_t)s->n * sizeof(double));
  double last = nn__largest(s->g, s->n);
  nn__outputs(&s->p, 1, s->g);
  bool tiny = fabs(before - value) <= s->p.o.change_tolerance * fmax(fabs(before), fabs(value));
  return tiny && nn__largest(s->g, s->n) >= 0.5 * last; /* and the gradient does not decrease either */
}

static tn_status run(newton *s) {
  nn_solve_result *r = s->p.result;
  if (!nn__evaluate(&s->p))
    return nn__solved(&s->p, TN_ENUMERIC,
                      "nn_newton_cg: the start has a value or derivative that is not finite");
  s->value = nn__value(&s->p);
  nn__outputs(&s->p, 1, s->g);
  s->radius = fmax(1, sqrt(nn__dot(s->x, s->x, s->n)));
  bool ended = false;
  for (; !ended && r->iterations < s->p.o.max_iterations; r->iterations++) ended = iterate(s);
  r->value = s->value;
  r->gradient = nn__largest(s->g, s->n);
  nn__store(&s->p, s->x);
  if (ended) return TN_OK;
  return nn__solved(&s->p, TN_ESTOPPED, "nn_newton_cg: not converged after %d iterations", r->iterations);
}

tn_status nn_newton_cg(ag_function *f, const void *ctx, const tn_view *x, int n,
                       const nn_solve_options *options, nn_solve_result *result) {
  nn_solve_result ignored;
  newton s = {.n = 0};
  s.p = (nn__problem){.views = x, .n = n, .derivative = NN__HESSIAN, .result = result ? result : &ignored};
  tn_status status = nn__problem_open(&s.p, "nn_newton_cg", f, ctx, options);
  if (status != TN_OK) return status;
  s.n = s.p.size;
  size_t size = (size_t)s.n;
  s.x = tn_calloc(NULL, 6 * size, sizeof(double));
  if (s.x) {
    s.g = s.x + size, s.z = s.g + size, s.r = s.z + size, s.d = s.r + size, s.hd = s.d + size;
    memcpy(s.x, s.p.x, size * sizeof(double));
    status = run(&s);
  } else {
    status = nn__solved(&s.p, TN_ENOMEM, "nn_newton_cg: out of memory");
  }
  tn_free(NULL, s.x);
  nn__problem_free(&s.p);
  return status;
}
