/* least_squares.c - see least_squares.h. */
#include "least_squares.h"

#include "nn/internal.h"

#include <math.h>
#include <string.h>

enum { FAR = 10 }; /* the largest step that is tried, relative to the length of the parameters */

typedef struct lm {
  nn__problem p;
  int64_t m, n;
  double *x;                                        /* the best point */
  double *jacobian, *residual, *trial;              /* [m, n] by columns; [m]; [m] */
  double *q, *rhs;                                  /* [m + n, n] by columns; [m + n] */
  double *scale, *step, *gradient, *before, *first; /* [n] */
  double damping, growth, cost;
} lm;

static double half_square(const double *r, int64_t n) { return 0.5 * nn__dot(r, r, n); }

/* ---- the Jacobian -------------------------------------------------------------------------------------- */

static bool differentiate(lm *s) {
  nn__problem *p = &s->p;
  memcpy(p->x, s->x, (size_t)s->n * sizeof(double));
  for (int64_t k = 0; k < s->n; k++) {
    memset(p->v, 0, (size_t)s->n * sizeof(double));
    p->v[k] = 1;
    if (!nn__evaluate(p)) return false;
    nn__outputs(p, 1, s->jacobian + k * s->m);
    if (k == 0) nn__outputs(p, 0, s->residual);
  }
  for (int64_t k = 0; k < s->n; k++) {
    const double *column = s->jacobian + k * s->m;
    s->gradient[k] = nn__dot(column, s->residual, s->m);
    double length = sqrt(nn__dot(column, column, s->m));
    if (s->first[k] == 0) s->first[k] = 1 + length;
    s->scale[k] = fmax(length, 1e-3 * s->first[k]); /* a column that becomes 0 stays damped */
  }
  s->cost = half_square(s->residual, s->m);
  return true;
}

/* ---- the damped linear problem -------------------------------------------------------------------------- */

/* Applies one Householder reflection to columns k.. and the right-hand side. */
static void reflect(double *q, double *rhs, int64_t rows, int64_t n, int64_t k) {
  double *a = q + k * rows;
  double length = sqrt(nn__dot(a + k, a + k, rows - k));
  if (length == 0) return;
  double alpha = a[k] > 0 ? -length : length;
  a[k] -= alpha;
  double square = nn__dot(a + k, a + k, rows - k);
  for (int64_t j = k + 1; j <= n && square > 0; j++) {
    double *b = j < n ? q + j * rows : rhs;
    double factor = 2 * nn__dot(a + k, b + k, rows - k) / square;
    for (int64_t i = k; i < rows; i++) b[i] -= factor * a[i];
  }
  a[k] = alpha; /* the diagonal of R; elements below it are not read again */
}

/* Solves min |J step + r|^2 + damping |scale step|^2; returns the decrease that the linear model predicts. */
static double solve(lm *s) {
  int64_t rows = s->m + s->n;
  double root = sqrt(s->damping);
  for (int64_t k = 0; k < s->n; k++) { /* columns are divided by their scale, and so is the step at the end */
    double *column = s->q + k * rows;
    for (int64_t i = 0; i < s->m; i++) column[i] = s->jacobian[k * s->m + i] / s->scale[k];
    memset(column + s->m, 0, (size_t)s->n * sizeof(double));
    column[s->m + k] = root;
  }
  for (int64_t i = 0; i < s->m; i++) s->rhs[i] = -s->residual[i];
  memset(s->rhs + s->m, 0, (size_t)s->n * sizeof(double));
  for (int64_t k = 0; k < s->n; k++) reflect(s->q, s->rhs, rows, s->n, k);
  for (int64_t k = s->n - 1; k >= 0; k--) {
    double sum = s->rhs[k], diagonal = s->q[k * rows + k];
    for (int64_t j = k + 1; j < s->n; j++) sum -= s->q[j * rows + k] * s->step[j];
    s->step[k] = diagonal != 0 ? sum / diagonal : 0;
  }
  double fall =
      0; /* -(g' step + step' J' J step / 2) = damping |scale step|^2 / 2 + ... (Madsen et al. 3.14) */
  for (int64_t k = 0; k < s->n; k++) {
    double z = s->step[k];
    s->step[k] = z / s->scale[k];
    fall += 0.5 * (s->damping * z * z - s->step[k] * s->gradient[k]);
  }
  return fall;
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

typedef enum outcome { BETTER, WORSE, STUCK } outcome;

/* Whether the step is many times as long as the parameters: a linear model does not hold that far. */
static bool too_far(const lm *s) {
  double step = 0, x = 0;
  for (int64_t k = 0; k < s->n; k++) {
    step += s->scale[k] * s->scale[k] * s->step[k] * s->step[k];
    x += s->scale[k] * s->scale[k] * s->x[k] * s->x[k];
  }
  return x > 0 && step > FAR * FAR * x;
}

/* Tries the step, and adapts the damping to how well the linear model predicted the decrease. */
static outcome try_step(lm *s, double *fallen) {
  double foretold = solve(s), moved = 0;
  for (int64_t k = 0; k < s->n; k++) {
    s->p.x[k] = s->x[k] + s->step[k];
    if (s->p.x[k] != s->x[k]) moved = 1;
  }
  if (moved == 0) return STUCK;
  bool finite = !too_far(s) && nn__evaluate(&s->p);
  if (finite) nn__outputs(&s->p, 0, s->trial);
  double cost = finite ? half_square(s->trial, s->m) : INFINITY;
  *fallen = s->cost - cost;
  if (!(*fallen > 1e-3 * foretold) || !(foretold > 0)) {
    s->damping *= s->growth;
    s->growth *= 2;
    return s->damping > 1e32 ? STUCK : WORSE;
  }
  double quality = 2 * *fallen / foretold - 1;
  memcpy(s->x, s->p.x, (size_t)s->n * sizeof(double));
  s->damping = fmax(s->damping * fmax(1.0 / 3, 1 - quality * quality * quality), 1e-30);
  s->growth = 2;
  return BETTER;
}

/* Returns true when the iteration is over; *status is the result. */
static bool iterate(lm *s, tn_status *status) {
  double fallen = 0, before = s->cost;
  *status = TN_OK;
  if (nn__largest(s->gradient, s->n) <= s->p.o.gradient_tolerance * 1e-6) return true;
  outcome o;
  while ((o = try_step(s, &fallen)) == WORSE) continue;
  if (o == STUCK) return true; /* no better value can be distinguished from rounding */
  if (!differentiate(s)) {
    *status = nn__solved(&s->p, TN_ENUMERIC, "nn_least_squares: a derivative is not finite");
    return true;
  }
  return fallen <= s->p.o.change_tolerance * before && fallen <= 1e-15 * before;
}

/* Gains the last digits: near the minimum the value does not change if parameters change in the last half of
 * their digits, but the step still shows the error. Takes undamped steps while each is shorter than the one
 * before and the value stays the same within rounding. */
static void polish(lm *s) {
  double last = INFINITY, cost = s->cost;
  for (int i = 0; i < 10; i++) {
    double length = 0;
    s->damping = 0;
    (void)solve(s);
    for (int64_t k = 0; k < s->n; k++) length += s->scale[k] * s->scale[k] * s->step[k] * s->step[k];
    if (!(length < 0.25 * last) || length == 0) return;
    last = length;
    memcpy(s->before, s->x, (size_t)s->n * sizeof(double));
    for (int64_t k = 0; k < s->n; k++) s->x[k] += s->step[k];
    if (differentiate(s) && s->cost <= cost * (1 + 1e-11)) continue;
    memcpy(s->x, s->before, (size_t)s->n * sizeof(double));
    if (!differentiate(s)) return;
    return;
  }
}

static tn_status allocate(lm *s) {
  size_t m = (size_t)s->m, n = (size_t)s->n;
  double *all = tn_calloc(NULL, n + m * n + 2 * m + (m + n) * n + (m + n) + 5 * n, sizeof *all);
  if (!all) return nn__solved(&s->p, TN_ENOMEM, "nn_least_squares: out of memory");
  s->x = all, all += n;
  s->jacobian = all, all += m * n;
  s->residual = all, all += m;
  s->trial = all, all += m;
  s->q = all, all += (m + n) * n;
  s->rhs = all, all += m + n;
  s->scale = all, all += n;
  s->step = all, all += n;
  s->gradient = all, all += n;
  s->before = all, all += n;
  s->first = all;
  memcpy(s->x, s->p.x, n * sizeof *s->x);
  return TN_OK;
}

static tn_status run(lm *s) {
  tn_status status = TN_OK;
  nn_solve_result *r = s->p.result;
  if (!differentiate(s))
    return nn__solved(&s->p, TN_ENUMERIC,
                      "nn_least_squares: the start has a value or derivative that is not finite");
  s->damping = 1e-4;
  s->growth = 2;
  bool ended = false;
  for (; !ended && r->iterations < s->p.o.max_iterations; r->iterations++) ended = iterate(s, &status);
  if (!ended)
    status =
        nn__solved(&s->p, TN_ESTOPPED, "nn_least_squares: not converged after %d iterations", r->iterations);
  if (status == TN_OK) polish(s);
  r->value = s->cost;
  r->gradient = nn__largest(s->gradient, s->n);
  nn__store(&s->p, s->x);
  return status;
}

tn_status nn_least_squares(ag_function *f, const void *ctx, const tn_view *x, int n,
                           const nn_solve_options *options, nn_solve_result *result) {
  nn_solve_result ignored;
  lm s = {.m = 0};
  s.p = (nn__problem){.views = x, .n = n, .derivative = NN__JACOBIAN, .result = result ? result : &ignored};
  tn_status status = nn__problem_open(&s.p, "nn_least_squares", f, ctx, options);
  if (status != TN_OK) return status;
  s.m = s.p.m;
  s.n = s.p.size;
  status = allocate(&s);
  if (status == TN_OK) status = run(&s);
  tn_free(NULL, s.x);
  nn__problem_free(&s.p);
  return status;
}
