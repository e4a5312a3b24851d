/* tsne.c - see tsne.h. */
#include "embed/tsne.h"

#include "autograd/autograd.h"
#include "data/random.h"
#include "embed/quadtree.h"
#include "interrupt.h"
#include "linear/principal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY = 250 };
static const double EXAGGERATION = 12, START_SD = 1e-4;

/* ---- the graph ---- */

enum { Y, VELOCITY, GAIN, GRADIENT, AFFINITY, EXAGGERATED, MOMENTUM, N_LEAVES };
static const char *const leaf_names[N_LEAVES] = {"y", "velocity",     "gain",    "gradient",
                                                 "p", "exaggeration", "momentum"};

/* Leaf memory lives here; a leaf that the plan pruned away is never bound. */
typedef struct descent {
  int64_t n;
  bool exact;
  const sbnn_affinities *p;
  double theta, exaggeration, momentum;
  int threads;
  double *memory[N_LEAVES];
  ag_plan *step, *value; /* one step; KL, and its gradient */
  ag_run *stepping, *valuing;
} descent;

static ag_ref leaf(ag_graph *g, int which, int rank, int64_t rows, int64_t columns) {
  int64_t shape[] = {rows, columns};
  return which <= GAIN ? ag_state(g, leaf_names[which], TN_F64, rank, shape)
                       : ag_input(g, leaf_names[which], TN_F64, rank, shape);
}

/* |y_i - y_j|^2 as [n, n] */
static ag_ref squared_distances(ag_graph *g, ag_ref y) {
  ag_ref sum = {0};
  for (int k = 0; k < 2; k++) {
    ag_ref column = ag_slice(g, y, 1, k, 1);
    ag_ref square = ag_square(g, ag_sub(g, column, ag_transpose2(g, column)));
    sum = k ? ag_add(g, sum, square) : square;
  }
  return sum;
}

/* KL(P | Q) but for the sum of p log p: sum p log(1 + d) + log(sum of w over i != j). The diagonal has p 0
 * and w 1, so it needs no mask. */
static ag_ref divergence(ag_graph *g, ag_ref y, ag_ref p, ag_ref exaggeration, int64_t n) {
  ag_ref d = squared_distances(g, y);
  ag_ref w = ag_sum_all(g, ag_reciprocal(g, ag_offset(g, d, 1)));
  ag_ref attraction = ag_sum_all(g, ag_mul(g, p, ag_log1p(g, d)));
  return ag_add(g, ag_mul(g, exaggeration, attraction), ag_log(g, ag_offset(g, w, -(double)n)));
}

/* Momentum, with a gain for each coordinate that grows while the gradient points against the velocity. */
static void descend(ag_graph *g, ag_ref y, ag_ref gradient, int64_t n) {
  double rate = fmax((double)n / EXAGGERATION / 4, 50);
  ag_ref velocity = leaf(g, VELOCITY, 2, n, 2), gain = leaf(g, GAIN, 2, n, 2);
  ag_ref momentum = leaf(g, MOMENTUM, 0, 0, 0);
  ag_ref downhill = ag_less(g, ag_mul(g, velocity, gradient), ag_like(g, y, 0));
  ag_ref next = ag_where(g, downhill, ag_offset(g, gain, 0.2), ag_scale(g, gain, 0.8));
  next = ag_maximum(g, next, ag_like(g, y, 0.01));
  ag_ref move = ag_sub(g, ag_mul(g, momentum, velocity), ag_scale(g, ag_mul(g, next, gradient), rate));
  ag_assign(g, gain, next);
  ag_assign(g, velocity, move);
  ag_assign(g, y, ag_add(g, y, move));
}

static tn_status make_plans(descent *s, ag_graph *g) {
  int64_t n = s->n;
  ag_ref y = leaf(g, Y, 2, n, 2), outputs[2];
  if (s->exact) {
    outputs[0] = divergence(g, y, leaf(g, AFFINITY, 2, n, n), leaf(g, EXAGGERATED, 0, 0, 0), n);
    ag_grad(g, outputs[0], &y, 1, &outputs[1]);
    tn_status status = ag_compile(g, outputs, 2, 0, &s->value);
    if (status != TN_OK) return status;
  } else {
    outputs[1] = leaf(g, GRADIENT, 2, n, 2);
  }
  descend(g, y, outputs[1], n);
  return ag_compile(g, NULL, 0, AG_WITH_EFFECTS, &s->step);
}

static tn_status bind_run(descent *s, const ag_plan *plan, ag_run **run) {
  if (!plan) return TN_OK;
  tn_status status = ag_run_new(plan, s->threads, run);
  for (int i = 0; i < N_LEAVES && status == TN_OK; i++) {
    int at = ag_plan_find_leaf(plan, leaf_names[i]);
    if (at < 0) continue;
    ag_type t = ag_plan_leaf_type(plan, at);
    status = ag_run_bind(*run, at, tn_view_of(s->memory[i], TN_F64, t.rank, t.shape));
  }
  return status;
}

static int open_descent(descent *s, sbnn_error *e) {
  ag_graph *g = NULL;
  size_t n = (size_t)s->n,
         size[N_LEAVES] = {2 * n, 2 * n, 2 * n, s->exact ? 0 : 2 * n, s->exact ? n * n : 0, 0, 0};
  for (int i = 0; i < N_LEAVES; i++) s->memory[i] = size[i] ? sbnn_alloc(size[i], sizeof(double)) : NULL;
  s->memory[EXAGGERATED] = &s->exaggeration;
  s->memory[MOMENTUM] = &s->momentum;
  for (size_t i = 0; i < 2 * n; i++) s->memory[GAIN][i] = 1;
  for (size_t i = 0; i < n && s->exact; i++)
    for (size_t k = s->p->first[i]; k < s->p->first[i + 1]; k++)
      s->memory[AFFINITY][i * n + (size_t)s->p->column[k]] = s->p->p[k];
  tn_status status = ag_graph_new(NULL, &g);
  if (status == TN_OK) status = make_plans(s, g);
  if (status == TN_OK) status = bind_run(s, s->step, &s->stepping);
  if (status == TN_OK) status = bind_run(s, s->value, &s->valuing);
  int code = SBNN_OK;
  if (status != TN_OK)
    code = sbnn_fail(e, SBNN_FAILED, "t-SNE: %s%s%s", tn_status_text(status), g && *ag_error(g) ? ": " : "",
                     g ? ag_error(g) : "");
  ag_graph_free(g);
  return code;
}

static void close_descent(descent *s) {
  ag_run_free(s->stepping);
  ag_run_free(s->valuing);
  ag_plan_free(s->step);
  ag_plan_free(s->value);
  for (int i = 0; i < EXAGGERATED; i++) free(s->memory[i]);
}

/* ---- by tree ---- */

typedef struct attraction {
  const sbnn_affinities *p;
  const double *y;
  double *force; /* [n x 2] */
} attraction;

static void attract(void *ctx, int64_t row) {
  const attraction *a = ctx;
  size_t i = (size_t)row;
  double f[2] = {0};
  for (size_t k = a->p->first[i]; k < a->p->first[i + 1]; k++) {
    const double *other = a->y + 2 * (size_t)a->p->column[k];
    double dx = a->y[2 * i] - other[0], dy = a->y[2 * i + 1] - other[1];
    double pull = a->p->p[k] / (1 + dx * dx + dy * dy);
    f[0] += pull * dx;
    f[1] += pull * dy;
  }
  memcpy(a->force + 2 * i, f, sizeof f);
}

/* Returns the sum of w. */
static double tree_gradient(const descent *s, const double *y, double *gradient) {
  size_t n = (size_t)s->n;
  double *push = sbnn_alloc(2 * n, sizeof *push);
  double sum = sbnn_repulsion(y, n, s->theta, s->threads, push);
  tn_parallel_for((int64_t)n, s->threads, attract, &(attraction){s->p, y, gradient});
  for (size_t i = 0; i < 2 * n; i++) gradient[i] = 4 * (s->exaggeration * gradient[i] - push[i] / sum);
  free(push);
  return sum;
}

/* ---- what both have in common ---- */

static double entropy_part(const sbnn_affinities *p) { /* sum p log p */
  double sum = 0;
  for (size_t k = 0; k < p->first[p->n]; k++)
    if (p->p[k] > 0) sum += p->p[k] * log(p->p[k]);
  return sum;
}

static double attraction_part(const sbnn_affinities *p, const double *y) { /* sum p log(1 + d) */
  double sum = 0;
  for (size_t i = 0; i < p->n; i++)
    for (size_t k = p->first[i]; k < p->first[i + 1]; k++) {
      const double *other = y + 2 * (size_t)p->column[k];
      double dx = y[2 * i] - other[0], dy = y[2 * i + 1] - other[1];
      sum += p->p[k] * log1p(dx * dx + dy * dy);
    }
  return sum;
}

static int gradient_of(descent *s, double *gradient, double *kl, sbnn_error *e) {
  const double *y = s->memory[Y];
  size_t bytes = 2 * (size_t)s->n * sizeof *y;
  double wanted = s->exaggeration, *found = s->exact ? NULL : s->memory[GRADIENT];
  if (s->exact && ag_run_step(s->valuing, (tn_rng){0}) != TN_OK)
    return sbnn_fail(e, SBNN_FAILED, "t-SNE: %s", ag_run_error(s->valuing));
  if (s->exact) found = ag_run_output(s->valuing, 1).data;
  double log_sum = s->exact ? *(double *)ag_run_output(s->valuing, 0).data - wanted * attraction_part(s->p, y)
                            : log(tree_gradient(s, y, found));
  if (gradient) memcpy(gradient, found, bytes);
  *kl = entropy_part(s->p) + attraction_part(s->p, y) + log_sum;
  return SBNN_OK;
}

int sbnn_tsne_gradient(const sbnn_tsne_objective *o, const double *y, double *gradient, double *kl,
                       sbnn_error *e) {
  const sbnn_affinities *p = o->p;
  descent s = {.n = (int64_t)p->n,
               .exact = o->exact,
               .p = p,
               .theta = o->theta,
               .exaggeration = o->exaggeration,
               .threads = o->threads};
  int code = open_descent(&s, e);
  if (code == SBNN_OK) {
    memcpy(s.memory[Y], y, 2 * p->n * sizeof *y);
    code = gradient_of(&s, gradient, kl, e);
  }
  close_descent(&s);
  return code;
}

/* ---- the descent ---- */

static double random_start(const sbnn_tsne_options *o, size_t i) {
  return START_SD * sbnn_random_normal((sbnn_stream){o->seed, SBNN_STREAM_TSNE, 0}, i);
}

static void start(const double *x, size_t n, size_t d, const sbnn_tsne_options *o, double *y) {
  size_t k = d < 2 ? 1 : 2;
  double *scores = sbnn_alloc(n * k, sizeof *scores), variance[2];
  float *rounded = sbnn_alloc(n * d, sizeof *rounded);
  for (size_t i = 0; i < n * d; i++) rounded[i] = (float)x[i];
  sbnn_principal((sbnn_float_rows){rounded, n, d}, k, o->threads, scores, variance);
  double scale = START_SD / sqrt(variance[0]);
  for (size_t i = 0; i < 2 * n; i++)
    y[i] = o->random || i % 2 >= k ? random_start(o, i) : scale * scores[i / 2 * k + i % 2];
  free(scores);
  free(rounded);
}

static int iterate(descent *s, int iterations, sbnn_error *e) {
  for (int i = 0; i < iterations; i++) {
    s->exaggeration = i < EARLY ? EXAGGERATION : 1;
    s->momentum = i < EARLY ? 0.5 : 0.8;
    if (sbnn_interrupted()) return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written");
    if (!s->exact) tree_gradient(s, s->memory[Y], s->memory[GRADIENT]);
    if (ag_run_step(s->stepping, (tn_rng){0}) != TN_OK)
      return sbnn_fail(e, SBNN_FAILED, "t-SNE: %s", ag_run_error(s->stepping));
  }
  for (int64_t i = 0; i < 2 * s->n; i++)
    if (!isfinite(s->memory[Y][i]))
      return sbnn_fail(e, SBNN_NUMERICAL, "t-SNE: a coordinate is no longer finite");
  s->exaggeration = 1;
  return SBNN_OK;
}

static int check(const double *x, size_t n, size_t d, const sbnn_tsne_options *o, sbnn_error *e) {
  if ((double)n <= 3 * o->perplexity)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "t-SNE of perplexity %g needs more than %g cells, and there are %zu; give --perplexity "
                     "%g or less",
                     o->perplexity, floor(3 * o->perplexity), n, floor(((double)n - 1) / 3));
  for (size_t i = 0; i < n; i++)
    if (memcmp(x, x + i * d, d * sizeof *x) != 0) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT, "t-SNE: all %zu cells have the same values", n);
}

int sbnn_tsne(const sbnn_points *x, const sbnn_tsne_options *o, double *y, sbnn_tsne_fit *fit,
              sbnn_error *e) {
  const size_t n = x->n;
  int code = check(x->x, n, x->d, o, e);
  if (code != SBNN_OK) return code;
  sbnn_affinities p;
  bool exact = n <= o->exact_cells;
  size_t k = exact ? n - 1 : (size_t)(3 * o->perplexity) + 1;
  sbnn_affinities_make(x, o->perplexity, k < n ? k : n - 1, o->threads, &p);
  descent s = {.n = (int64_t)n, .exact = exact, .p = &p, .theta = o->theta, .threads = o->threads};
  code = open_descent(&s, e);
  if (code == SBNN_OK) {
    start(x->x, n, x->d, o, s.memory[Y]);
    code = iterate(&s, o->iterations, e);
  }
  fit->exact = exact;
  if (code == SBNN_OK) code = gradient_of(&s, NULL, &fit->kl, e);
  if (code == SBNN_OK) memcpy(y, s.memory[Y], 2 * n * sizeof *y);
  close_descent(&s);
  sbnn_affinities_free(&p);
  return code;
}
