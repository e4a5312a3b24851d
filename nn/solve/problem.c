/* problem.c - a function of one vector, compiled with its derivatives: see nn/internal.h. */
#include "nn/internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

tn_status nn__solved(nn__problem *p, tn_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(p->result->message, sizeof p->result->message, format, args);
  va_end(args);
  return status;
}

double nn__dot(const double *a, const double *b, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

double nn__largest(const double *a, int64_t n) {
  double largest = 0;
  for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(a[i]));
  return largest;
}

/* ---- making ------------------------------------------------------------------------------------------- */

static tn_status check(nn__problem *p, const char *who) {
  for (int i = 0; i < p->n; i++) {
    const tn_view *v = &p->views[i];
    if (v->dtype != TN_F64 || !v->data || !tn_view_contiguous(v))
      return nn__solved(p, TN_ETYPE, "%s: parameter %d must be contiguous memory of type f64", who, i);
    p->size += tn_view_numel(v);
  }
  if (p->size < 1) return nn__solved(p, TN_EINVAL, "%s: there are no parameters", who);
  return TN_OK;
}

typedef struct refs {
  ag_ref *x, *v, *out; /* n, n, 1 + 2 n */
  int n_out;
} refs;

static void differentiate(nn__problem *p, ag_graph *g, ag_ref y, refs *r) {
  r->out[r->n_out++] = y;
  if (p->derivative == NN__JACOBIAN) {
    r->out[r->n_out++] = ag_jvp(g, y, r->x, r->v, p->n);
    return;
  }
  ag_grad(g, y, r->x, p->n, r->out + 1);
  r->n_out += p->n;
  if (p->derivative != NN__HESSIAN) return;
  ag_hvp(g, y, r->x, r->v, p->n, r->out + 1 + p->n);
  r->n_out += p->n;
}

static tn_status build(nn__problem *p, const char *who, ag_function *f, const void *ctx, ag_graph *g,
                       refs *r) {
  char name[32];
  for (int i = 0; i < p->n; i++) {
    const tn_view *v = &p->views[i];
    snprintf(name, sizeof name, "x%d", i);
    r->x[i] = ag_input(g, name, TN_F64, v->rank, v->shape);
    snprintf(name, sizeof name, "v%d", i);
    if (p->derivative != NN__GRADIENT) r->v[i] = ag_input(g, name, TN_F64, v->rank, v->shape);
  }
  ag_ref y = f(g, r->x, p->n, ctx);
  ag_type type = ag_type_of(g, y);
  p->m = tn_numel(type.rank, type.shape);
  if (ag_status(g) == TN_OK && (type.dtype != TN_F64 || (p->derivative != NN__JACOBIAN && type.rank)))
    ag_fail(g, TN_ESHAPE, "%s: the function must return f64, and a scalar unless it is residuals", who);
  if (ag_status(g) == TN_OK) differentiate(p, g, y, r);
  tn_status status = ag_compile(g, r->out, r->n_out, 0, &p->plan);
  return status == TN_OK ? TN_OK : nn__solved(p, status, "%.200s", ag_error(g));
}

static tn_status compile(nn__problem *p, const char *who, ag_function *f, const void *ctx) {
  size_t n = (size_t)p->n;
  ag_graph *g = NULL;
  ag_ref *all = tn_calloc(NULL, 4 * n + 2, sizeof *all);
  tn_status status = all ? ag_graph_new(NULL, &g) : TN_ENOMEM;
  if (status == TN_OK) status = build(p, who, f, ctx, g, &(refs){all, all + n, all + 2 * n, 0});
  else nn__solved(p, status, "%s: out of memory", who);
  ag_graph_free(g);
  tn_free(NULL, all);
  return status;
}

/* Binds the leaves; unused ones are not in the plan. */
static tn_status bind(nn__problem *p) {
  tn_status status = ag_run_new(p->plan, p->o.threads, &p->run);
  int64_t at = 0;
  char name[32];
  for (int i = 0; i < p->n && status == TN_OK; i++) {
    const tn_view *v = &p->views[i];
    double *memory[] = {p->x + at, p->v + at};
    for (int k = 0; k < 2 && status == TN_OK; k++) {
      snprintf(name, sizeof name, "%c%d", "xv"[k], i);
      int leaf = ag_plan_find_leaf(p->plan, name);
      if (leaf >= 0) status = ag_run_bind(p->run, leaf, tn_view_of(memory[k], TN_F64, v->rank, v->shape));
    }
    memcpy(p->x + at, v->data, tn_view_bytes(v));
    at += tn_view_numel(v);
  }
  return status;
}

tn_status nn__problem_open(nn__problem *p, const char *who, ag_function *f, const void *ctx,
                           const nn_solve_options *o) {
  *p->result = (nn_solve_result){.value = NAN};
  if (o) p->o = *o;
  p->o.max_iterations = p->o.max_iterations ? p->o.max_iterations : 200;
  p->o.gradient_tolerance = p->o.gradient_tolerance > 0 ? p->o.gradient_tolerance : 1e-10;
  p->o.change_tolerance = p->o.change_tolerance > 0 ? p->o.change_tolerance : 1e-15;
  p->o.history = p->o.history > 0 ? p->o.history : 10;
  if (!f || !p->views || p->n < 1)
    return nn__solved(p, TN_EINVAL, "%s: function and parameters must be given", who);
  tn_status status = check(p, who);
  if (status == TN_OK) status = compile(p, who, f, ctx);
  if (status != TN_OK) return status;
  p->x = tn_calloc(NULL, (size_t)p->size, sizeof(double));
  p->v = tn_calloc(NULL, (size_t)p->size, sizeof(double));
  status = p->x && p->v ? bind(p) : TN_ENOMEM;
  if (status != TN_OK) {
    nn__solved(p, status, "%s: %s", who, p->run ? ag_run_error(p->run) : "out of memory");
    nn__problem_free(p);
  }
  return status;
}

void nn__problem_free(nn__problem *p) {
  ag_run_free(p->run);
  ag_plan_free(p->plan);
  tn_free(NULL, p->x);
  tn_free(NULL, p->v);
  p->run = NULL, p->plan = NULL, p->x = p->v = NULL;
}

/* ---- evaluating --------------------------------------------------------------------------------------- */

bool nn__evaluate(nn__problem *p) {
  p->result->evaluations++;
  if (ag_run_step(p->run, (tn_rng){0}) != TN_OK) return false;
  int n = p->derivative == NN__JACOBIAN ? 2 : p->derivative == NN__HESSIAN ? 1 + 2 * p->n : 1 + p->n;
  for (int i = 0; i < n; i++) {
    tn_view v = ag_run_output(p->run, i);
    for (int64_t k = 0; k < tn_view_numel(&v); k++)
      if (!isfinite(((const double *)v.data)[k])) return false;
  }
  return true;
}

double nn__value(const nn__problem *p) { return *(const double *)ag_run_output(p->run, 0).data; }

void nn__outputs(const nn__problem *p, int first, double *out) {
  int n = p->derivative == NN__JACOBIAN ? 1 : p->n;
  for (int i = 0; i < n; i++) {
    tn_view v = ag_run_output(p->run, first + i);
    memcpy(out, v.data, tn_view_bytes(&v));
    out += tn_view_numel(&v);
  }
}

void nn__store(const nn__problem *p, const double *x) {
  for (int i = 0; i < p->n; i++) {
    memcpy(p->views[i].data, x, tn_view_bytes(&p->views[i]));
    x += tn_view_numel(&p->views[i]);
  }
}
