/* gradcheck.c - derivatives of a function against differences of its values.
 *
 * The function is projected on a fixed random u: phi1(x) = <u, f(x)>, and for the second order its gradient
 * on a fixed random w: phi2(x) = <w, grad phi1(x)>. Both are scalars with a gradient from ag_grad, so one
 * check serves both: along a random direction v, <grad phi, v> must equal d/dt phi(x + t v) at 0, and
 * differences give that to about ten digits. An error anywhere in a Jacobian shows in such a projection with
 * probability one. */
#include "autograd.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

typedef struct input {
  ag_ref ref;
  bool varies;
  tn_view at;         /* the caller's */
  tn_array point;     /* what the plans read: at + t * direction */
  tn_array direction; /* f64; only for inputs that vary */
} input;

typedef struct checker {
  ag_gradcheck_options opt;
  ag_gradcheck_report *report;
  ag_graph *g;
  input *in;
  int n, n_wrt;
  ag_ref *refs;     /* room for the inputs' refs */
  ag_ref *wrt;      /* the inputs that vary */
  ag_ref *gradient; /* the derivatives with respect to them */
  uint32_t draws;   /* random tensors so far */
} checker;

typedef struct probe { /* compiled outputs whose leaves are bound to the points */
  ag_plan *plan;
  ag_run *run;
} probe;

/* ---- set-up ---------------------------------------------------------------------------------------- */

static tn_status complain(checker *c, tn_status status, const char *sentence) {
  snprintf(c->report->message, sizeof c->report->message, "%s", sentence);
  return status;
}

static void draw_normal(checker *c, tn_view out) {
  tn_rng_normal((tn_rng){.seed = c->opt.seed, .stream = tn_stream("gradcheck"), .step = c->draws++}, out);
}

static ag_gradcheck_options with_defaults(const ag_gradcheck_options *options) {
  ag_gradcheck_options o = options ? *options : (ag_gradcheck_options){0};
  if (o.order == 0) o.order = 2;
  if (o.directions == 0) o.directions = 3;
  if (o.step == 0) o.step = 1e-3;
  if (o.tolerance == 0) o.tolerance = 1e-7;
  return o;
}

static tn_status open_input(checker *c, int i, tn_view at) {
  input *in = &c->in[i];
  *in = (input){.at = at, .varies = i >= 64 || !(c->opt.constant_inputs >> i & 1)};
  if (in->varies && at.dtype != TN_F64)
    return complain(c, TN_ETYPE, "inputs must be f64, or marked as constant inputs");
  tn_status status = tn_array_new(NULL, at.dtype, at.rank, at.shape, &in->point);
  if (status == TN_OK && in->varies) status = tn_array_new(NULL, TN_F64, at.rank, at.shape, &in->direction);
  if (status != TN_OK) return complain(c, status, tn_status_text(status));
  tn_copy(in->point.view, at);
  char name[16];
  snprintf(name, sizeof name, "x%d", i);
  c->refs[i] = in->ref = ag_input(c->g, name, at.dtype, at.rank, at.shape);
  if (in->varies) c->wrt[c->n_wrt++] = in->ref;
  return TN_OK;
}

static tn_status open_checker(checker *c, const tn_view *at, int n) {
  tn_status status = ag_graph_new(NULL, &c->g);
  size_t room = n > 0 ? (size_t)n : 1;
  c->in = tn_calloc(NULL, room, sizeof *c->in);
  c->refs = tn_calloc(NULL, 3 * room, sizeof *c->refs);
  if (status != TN_OK || !c->in || !c->refs) return complain(c, TN_ENOMEM, "out of memory");
  c->wrt = c->refs + room;
  c->gradient = c->wrt + room;
  for (c->n = 0; c->n < n && status == TN_OK; c->n++) status = open_input(c, c->n, at[c->n]);
  return status;
}

static void close_checker(checker *c) {
  for (int i = 0; c->in && i < c->n; i++) {
    tn_array_free(&c->in[i].point);
    tn_array_free(&c->in[i].direction);
  }
  tn_free(NULL, c->in);
  tn_free(NULL, c->refs);
  ag_graph_free(c->g);
}

/* ---- evaluation ------------------------------------------------------------------------------------ */

static tn_status step(checker *c, const probe *p) {
  tn_status status = ag_run_step(p->run, (tn_rng){.seed = c->opt.seed});
  return status == TN_OK ? TN_OK : complain(c, status, ag_run_error(p->run));
}

static tn_status open_probe(checker *c, const ag_ref *outputs, int n, probe *p) {
  tn_status status = ag_compile(c->g, outputs, n, 0, &p->plan);
  if (status != TN_OK) return complain(c, status, *ag_error(c->g) ? ag_error(c->g) : tn_status_text(status));
  status = ag_run_new(p->plan, 1, &p->run);
  for (int leaf = 0; leaf < ag_plan_leaf_count(p->plan) && status == TN_OK; leaf++) {
    int i = -1;
    sscanf(ag_plan_leaf_name(p->plan, leaf), "x%d", &i);
    if (i < 0 || i >= c->n)
      return complain(c, TN_EINVAL, "the function reads a leaf that is not one of its inputs");
    status = ag_run_bind(p->run, leaf, c->in[i].point.view);
  }
  return status == TN_OK ? TN_OK : complain(c, status, tn_status_text(status));
}

static void close_probe(probe *p) {
  ag_run_free(p->run);
  ag_plan_free(p->plan);
}

static void move_to(checker *c, double t) {
  for (int i = 0; i < c->n; i++) {
    if (!c->in[i].varies) continue;
    double *x = c->in[i].point.view.data;
    const double *x0 = c->in[i].at.data, *v = c->in[i].direction.view.data;
    int64_t size = tn_view_numel(&c->in[i].at);
    for (int64_t k = 0; k < size; k++) x[k] = x0[k] + t * v[k];
  }
}

/* (phi(t) - phi(-t)) / 2t; the largest |phi| is kept, to bound the rounding error. */
static tn_status central_difference(checker *c, const probe *phi, double t, double *slope, double *largest) {
  double value[2];
  for (int side = 0; side < 2; side++) {
    move_to(c, side ? t : -t);
    tn_status status = step(c, phi);
    if (status != TN_OK) return status;
    value[side] = *(const double *)ag_run_output(phi->run, 0).data;
    *largest = fmax(*largest, fabs(value[side]));
  }
  *slope = (value[1] - value[0]) / (2 * t);
  return TN_OK;
}

/* Richardson extrapolation: three steps, each half of the one before, eliminate the errors in h^2 and h^4. */
static tn_status numeric_slope(checker *c, const probe *phi, double *slope, double *largest) {
  double d[3];
  for (int k = 0; k < 3; k++) {
    tn_status status = central_difference(c, phi, ldexp(c->opt.step, -k), &d[k], largest);
    if (status != TN_OK) return status;
  }
  double coarse = (4 * d[1] - d[0]) / 3, fine = (4 * d[2] - d[1]) / 3;
  *slope = (16 * fine - coarse) / 15;
  return TN_OK;
}

/* <gradient, direction>: the probe's outputs are the derivatives with respect to the inputs that vary. */
static double analytic_slope(const checker *c, const probe *gradient) {
  double sum = 0;
  for (int i = 0, j = 0; i < c->n; i++) {
    if (!c->in[i].varies) continue;
    const double *dx = ag_run_output(gradient->run, j++).data, *v = c->in[i].direction.view.data;
    int64_t size = tn_view_numel(&c->in[i].at);
    for (int64_t k = 0; k < size; k++) sum += dx[k] * v[k];
  }
  return sum;
}

/* ---- the check ------------------------------------------------------------------------------------- */

/* Draws a random direction that moves only input number `only`, or all inputs (-1). */
static void draw_direction(checker *c, int only) {
  for (int i = 0; i < c->n; i++) {
    if (!c->in[i].varies) continue;
    if (only < 0 || only == i) draw_normal(c, c->in[i].direction.view);
    else tn_fill(c->in[i].direction.view, 0);
  }
}

static void record(checker *c, int order, double analytic, double numeric, double error) {
  if (!(error > c->report->error)) return;
  c->report->order = order;
  c->report->error = error;
  c->report->analytic = analytic;
  c->report->numeric = numeric;
}

enum { MAX_DIRECTIONS = 64 };

/* An error is relative to the largest slope among the directions that move the same inputs, so that the error
 * of an input with small slopes shows. The rounding error of phi is added to that scale, so that slopes
 * below it do not count. */
static tn_status check_moving(checker *c, int order, int only, const probe *phi, const probe *gradient) {
  double analytic[MAX_DIRECTIONS], numeric[MAX_DIRECTIONS], scale = 0, largest = 0;
  int directions = c->opt.directions < MAX_DIRECTIONS ? c->opt.directions : MAX_DIRECTIONS;
  for (int k = 0; k < directions; k++) {
    draw_direction(c, only);
    move_to(c, 0);
    tn_status status = step(c, gradient);
    if (status != TN_OK) return status;
    analytic[k] = analytic_slope(c, gradient);
    if ((status = numeric_slope(c, phi, &numeric[k], &largest)) != TN_OK) return status;
    scale = fmax(scale, fmax(fabs(analytic[k]), fabs(numeric[k])));
  }
  scale += 256 * DBL_EPSILON * largest / c->opt.step / c->opt.tolerance;
  for (int k = 0; k < directions; k++) {
    double error = analytic[k] == numeric[k] ? 0 : fabs(analytic[k] - numeric[k]) / scale;
    if (!(error <= DBL_MAX)) error = INFINITY;
    record(c, order, analytic[k], numeric[k], error);
    if (error <= c->opt.tolerance) continue;
    char mover[32] = "all inputs together";
    if (only >= 0) snprintf(mover, sizeof mover, "input %d", only);
    snprintf(c->report->message, sizeof c->report->message,
             "the derivative of order %d by %s is wrong: %.12g, differences give %.12g (relative error %.2g)",
             order, mover, analytic[k], numeric[k], error);
    return TN_ENUMERIC;
  }
  return TN_OK;
}

static tn_status check_all(checker *c, int order, const probe *phi, const probe *gradient) {
  tn_status status = check_moving(c, order, -1, phi, gradient);
  for (int i = 0; i < c->n && c->n_wrt > 1 && status == TN_OK; i++) {
    if (c->in[i].varies) status = check_moving(c, order, i, phi, gradient);
  }
  return status;
}

/* Leaves phi's gradient in c->gradient. */
static tn_status check_scalar(checker *c, int order, ag_ref phi) {
  probe value = {0}, gradient = {0};
  ag_grad(c->g, phi, c->wrt, c->n_wrt, c->gradient);
  tn_status status = open_probe(c, &phi, 1, &value);
  if (status == TN_OK) status = open_probe(c, c->gradient, c->n_wrt, &gradient);
  if (status == TN_OK) status = check_all(c, order, &value, &gradient);
  close_probe(&value);
  close_probe(&gradient);
  return status;
}

/* <y, u> for a random constant u of y's shape; id 0 on failure, which compiling then reports. */
static ag_ref project(checker *c, ag_ref y) {
  ag_type t = ag_type_of(c->g, y);
  tn_array u = {0};
  if (!y.id) return y;
  if (t.dtype != TN_F64) ag_fail(c->g, TN_ETYPE, "gradcheck: the function's value is not f64");
  if (tn_array_new(NULL, TN_F64, t.rank, t.shape, &u) != TN_OK) ag_fail(c->g, TN_ENOMEM, "out of memory");
  else draw_normal(c, u.view);
  ag_ref dot =
      ag_status(c->g) == TN_OK ? ag_sum_all(c->g, ag_mul(c->g, y, ag_constant(c->g, u.view))) : (ag_ref){0};
  tn_array_free(&u);
  return dot;
}

static tn_status check(checker *c, ag_function *f, const void *ctx) {
  tn_status status = check_scalar(c, 1, project(c, f(c->g, c->refs, c->n, ctx)));
  if (status != TN_OK || c->opt.order < 2) return status;
  ag_ref phi = project(c, c->gradient[0]);
  for (int j = 1; j < c->n_wrt; j++) phi = ag_add(c->g, phi, project(c, c->gradient[j]));
  return check_scalar(c, 2, phi);
}

tn_status ag_gradcheck(ag_function *f, const void *ctx, const tn_view *at, int n,
                       const ag_gradcheck_options *options, ag_gradcheck_report *report) {
  ag_gradcheck_report unread;
  checker c = {.opt = with_defaults(options), .report = report ? report : &unread};
  *c.report = (ag_gradcheck_report){0};
  tn_status status = open_checker(&c, at, n);
  if (status == TN_OK && c.n_wrt == 0) status = complain(&c, TN_EINVAL, "no input varies");
  if (status == TN_OK) status = check(&c, f, ctx);
  close_checker(&c);
  return status;
}
