/* Proximal operators: trajectories against loops written by hand, the solution against its optimality
 * conditions, exact zeros, the same bits whatever the passes. */
#include "test_nn_hand.h"

typedef struct problem { /* mean((x p - y)^2), p [IN, OUT], and what follows a step */
  void (*minimize)(nn_model *m, ag_ref loss, double lr);
  void (*penalize)(nn_model *m, double lambda);
  double lr, lambda;
} problem;

static void linear(nn_model *m, void *ctx) {
  const problem *k = ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref loss = nn_mse(m, nn_dense(m, "p", x, OUT, &(nn_dense_options){.no_bias = true}), y);
  nn_report(m, "mse", loss);
  if (k->penalize) k->penalize(m, k->lambda);
  k->minimize(m, loss, k->lr);
}

static void group_lasso(nn_model *m, double lambda) { nn_prox_group_lasso(m, "p/kernel", lambda); }
static void l1(nn_model *m, double lambda) { nn_prox_l1(m, "p/*", lambda); }
static void nonnegative(nn_model *m, double lambda) {
  (void)lambda;
  nn_prox_nonnegative(m, "p/kernel");
}

/* A penalty for each row; that of the first one lets nothing pass. */
static double weight(int row) { return row ? 0.5 + 0.25 * row : 1e30; }
static void adaptive(nn_model *m, double lambda) {
  static double each[IN];
  static float each_f32[IN];
  static tn_view view; /* until the network function returns */
  tn_dtype type = ag_type_of(nn_graph(m), nn_input(m, "x", 1, (int64_t[]){IN})).dtype;
  for (int i = 0; i < IN; i++) each_f32[i] = (float)(each[i] = lambda * weight(i));
  view = tn_matrix(type == TN_F32 ? (void *)each_f32 : each, type, IN, 1);
  nn_prox_adaptive_lasso(m, "p/kernel", &view);
}
static void too_few(nn_model *m, double lambda) {
  static tn_view view;
  static double one[1];
  one[0] = lambda;
  view = tn_matrix(one, TN_F64, 1, 1);
  nn_prox_adaptive_lasso(m, "p/kernel", &view);
}

static void sgd(nn_model *m, ag_ref l, double lr) { nn_sgd(m, l, &(nn_sgd_options){.lr = lr}); }
static void momentum(nn_model *m, ag_ref l, double lr) {
  nn_sgd(m, l, &(nn_sgd_options){.lr = lr, .momentum = 0.8});
}
static void rmsprop(nn_model *m, ag_ref l, double lr) { nn_rmsprop(m, l, &(nn_rmsprop_options){.lr = lr}); }
static void adam(nn_model *m, ag_ref l, double lr) { nn_adam(m, l, &(nn_adam_options){.lr = lr}); }

/* ---- by hand ---- */

static void sgd_step(hand *h, const double *g, double lr, int step, double *t) {
  (void)step;
  for (int i = 0; i < SIZE; i++) h->p[i] -= lr * g[i];
  for (int r = 0; r < IN; r++) t[r] = lr;
}

static void momentum_step(hand *h, const double *g, double lr, int step, double *t) {
  (void)step;
  for (int i = 0; i < SIZE; i++) h->p[i] -= lr * (h->a[i] = 0.8 * h->a[i] + g[i]);
  for (int r = 0; r < IN; r++) t[r] = lr / (1 - 0.8);
}

static double row_mean(const double *v, int r) { return (v[r * OUT] + v[r * OUT + 1] + v[r * OUT + 2]) / 3; }

static void rmsprop_step(hand *h, const double *g, double lr, int step, double *t) {
  (void)step;
  for (int i = 0; i < SIZE; i++) h->a[i] = 0.9 * h->a[i] + 0.1 * g[i] * g[i];
  for (int i = 0; i < SIZE; i++) h->p[i] -= lr * g[i] / (sqrt(h->a[i]) + 1e-7);
  for (int r = 0; r < IN; r++) t[r] = lr / (sqrt(row_mean(h->a, r)) + 1e-7);
}

static void adam_step(hand *h, const double *g, double lr, int step, double *t) {
  double c1 = 1 - pow(0.9, step), c2 = 1 - pow(0.999, step);
  for (int i = 0; i < SIZE; i++) h->a[i] = 0.9 * h->a[i] + 0.1 * g[i];
  for (int i = 0; i < SIZE; i++) h->b[i] = 0.999 * h->b[i] + 0.001 * g[i] * g[i];
  for (int i = 0; i < SIZE; i++) h->p[i] -= lr * sqrt(c2) / c1 * h->a[i] / (sqrt(h->b[i]) + 1e-7);
  for (int r = 0; r < IN; r++) t[r] = lr / (sqrt(row_mean(h->b, r) / c2) + 1e-7);
}

static void group_by_hand(double *row, double t) {
  double norm = sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2]);
  for (int j = 0; j < OUT; j++) row[j] = norm > t ? row[j] * (1 - t / norm) : 0;
}

static void l1_by_hand(double *row, double t) {
  for (int j = 0; j < OUT; j++) row[j] = copysign(fmax(fabs(row[j]) - t, 0), row[j]);
}

static void nonnegative_by_hand(double *row, double t) {
  (void)t;
  for (int j = 0; j < OUT; j++) row[j] = fmax(row[j], 0);
}

typedef struct rule {
  const char *name;
  void (*minimize)(nn_model *m, ag_ref loss, double lr);
  void (*step)(hand *h, const double *g, double lr, int step, double *t);
  double lr, lambda; /* large enough that something vanishes on the way */
} rule;

static const rule rules[] = {{"sgd", sgd, sgd_step, 0.1, 0.3},
                             {"momentum", momentum, momentum_step, 0.1, 0.25},
                             {"rmsprop", rmsprop, rmsprop_step, 0.02, 0.5},
                             {"adam", adam, adam_step, 0.02, 0.35}};

static const struct {
  void (*penalize)(nn_model *m, double lambda);
  void (*by_hand)(double *row, double t);
  double (*weight)(int row); /* NULL: 1 */
} operators[] = {{group_lasso, group_by_hand, NULL},
                 {adaptive, group_by_hand, weight},
                 {l1, l1_by_hand, NULL},
                 {nonnegative, nonnegative_by_hand, NULL}};

Test(nn_prox, trajectories) {
  table t = make_table(TN_F64, ROWS);
  for (size_t c = 0; c < sizeof rules / sizeof *rules; c++)
    for (size_t k = 0; k < sizeof operators / sizeof *operators; k++) {
      problem what = {rules[c].minimize, operators[k].penalize, rules[c].lr, rules[c].lambda};
      nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, linear, &what);
      nn_state *s = make_state(m, 1);
      hand h = {.x = t.x.view.data, .y = t.y.view.data};
      int zeros = 0;
      for (int i = 0; i < SIZE; i++) h.p[i] = value_at(s, "p/kernel", i);
      for (int n = 1; n <= STEPS; n++) {
        double g[SIZE], step[IN];
        gradient(&h, g);
        rules[c].step(&h, g, what.lr, n, step);
        for (int r = 0; r < IN; r++)
          operators[k].by_hand(h.p + r * OUT,
                               what.lambda * step[r] * (operators[k].weight ? operators[k].weight(r) : 1));
      }
      OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = STEPS}, NULL));
      for (int i = 0; i < SIZE; i++) {
        double p = value_at(s, "p/kernel", i);
        zeros += p == 0;
        cr_assert_float_eq(p, h.p[i], 1e-12, "%s, operator %zu: %.17g, by hand %.17g", rules[c].name, k, p,
                           h.p[i]);
        cr_assert_eq(p == 0, h.p[i] == 0, "%s, operator %zu", rules[c].name, k);
      }
      cr_assert(zeros > 0 && zeros < SIZE, "%s, operator %zu: %d zeros", rules[c].name, k, zeros);
      nn_state_free(s);
      nn_model_free(m);
    }
  free_table(&t);
}

/* At the solution of min mse + lambda sum |row|: a row that is 0 has a gradient no longer than lambda, any
 * other one of exactly that length against the row. */
static void expect_optimal(void (*minimize)(nn_model *m, ag_ref loss, double lr), double lr) {
  table t = make_table(TN_F64, ROWS);
  problem what = {minimize, group_lasso, lr, 0.3};
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, linear, &what);
  nn_state *s = make_state(m, 1);
  hand h = {.x = t.x.view.data, .y = t.y.view.data};
  double g[SIZE];
  int zero_rows = 0;
  OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 3000}, NULL));
  for (int i = 0; i < SIZE; i++) h.p[i] = value_at(s, "p/kernel", i);
  gradient(&h, g);
  for (int r = 0; r < IN; r++) {
    const double *p = h.p + r * OUT, *d = g + r * OUT;
    double norm = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    zero_rows += norm == 0;
    if (norm == 0) cr_expect_leq(sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), 0.3);
    for (int j = 0; j < OUT && norm > 0; j++) cr_expect_float_eq(d[j], -0.3 * p[j] / norm, 1e-10);
  }
  cr_expect(zero_rows > 0 && zero_rows < IN, "%d rows are 0", zero_rows);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

Test(nn_prox, solution_of_group_lasso) {
  expect_optimal(sgd, 0.3);
  expect_optimal(momentum, 0.1); /* the step size that momentum adds up to keeps lambda's meaning */
}

/* ---- what changes no bit ---- */

static nn_state *fitted(nn_model *m, const table *t) {
  nn_state *s = make_state(m, 1);
  OK(nn_fit(m, s, t->data, (nn_split){0}, &(nn_fit_options){.epochs = 5}, NULL));
  return s;
}

Test(nn_prox, a_weight_of_zero_changes_no_bit) {
  table t = make_table(TN_F32, ROWS);
  problem with = {adam, group_lasso, 0.01, 0}, without = {adam, NULL, 0.01, 0};
  nn_model *a = make_model(NULL, linear, &with), *b = make_model(NULL, linear, &without);
  nn_state *p = fitted(a, &t), *q = fitted(b, &t);
  cr_expect(same_bits(p, q));
  nn_state_free(p), nn_state_free(q);
  nn_model_free(a), nn_model_free(b);
  free_table(&t);
}

enum { PLANS = 3 };

/* The step of a network, compiled under several flags from inside its own builder. */
typedef struct compiled {
  problem what;
  ag_plan *plan[PLANS];
} compiled;

static void compile_too(nn_model *m, void *ctx) {
  static const unsigned flags[PLANS] = {0, AG_NO_COMBINE, AG_NO_FUSE | AG_NO_REUSE | AG_NO_IN_PLACE};
  compiled *c = ctx;
  linear(m, &c->what);
  for (int i = 0; i < PLANS && !c->plan[i]; i++)
    OK(ag_compile(nn_graph(m), NULL, 0, AG_WITH_EFFECTS | flags[i], &c->plan[i]));
}

/* Takes three steps; the parameter's bits go to out. */
static void three_steps(const ag_plan *plan, nn_model *m, const table *t, float out[SIZE]) {
  nn_state *s = make_state(m, 1);
  ag_run *run;
  float lr = 0.05f;
  OK(ag_run_new(plan, 1, &run));
  for (int i = 0; i < ag_plan_leaf_count(plan); i++) {
    const char *name = ag_plan_leaf_name(plan, i);
    tn_view v = tn_view_of(&lr, TN_F32, 0, NULL);
    if (!nn_state_find(s, name, &v) && strcmp(name, "lr") != 0)
      v = strcmp(name, "x") == 0 ? t->x.view : t->y.view;
    OK(ag_run_bind(run, i, v));
  }
  for (uint32_t k = 0; k < 3; k++) OK(ag_run_step(run, (tn_rng){.step = k}));
  for (int i = 0; i < SIZE; i++) out[i] = (float)value_at(s, "p/kernel", i);
  ag_run_free(run);
  nn_state_free(s);
}

Test(nn_prox, passes_change_no_bit) {
  table t = make_table(TN_F32, 32);
  for (size_t k = 0; k < sizeof operators / sizeof *operators; k++) {
    compiled c = {.what = {adam, operators[k].penalize, 0.05, 0.5}};
    float out[PLANS][SIZE];
    nn_model *m = make_model(NULL, compile_too, &c);
    for (int i = 0; i < PLANS; i++) three_steps(c.plan[i], m, &t, out[i]);
    for (int i = 1; i < PLANS; i++)
      cr_expect_eq(memcmp(out[0], out[i], sizeof *out), 0, "operator %zu, plan %d", k, i);
    for (int i = 0; i < PLANS; i++) ag_plan_free(c.plan[i]);
    nn_model_free(m);
  }
  free_table(&t);
}

/* ---- refused ---- */

static ag_ref plain_update(const nn_update_step *u) {
  return ag_sub(u->g, u->p, ag_mul(u->g, u->lr, ag_sign(u->g, u->dp)));
}
static void signs(nn_model *m, ag_ref l, double lr) {
  nn_minimize(m, l, &(nn_optimizer){.update = plain_update}, lr);
}
static void twice(nn_model *m, double lambda) {
  nn_prox_l1(m, "p/kernel", lambda);
  nn_prox_nonnegative(m, "*");
}
static void nowhere(nn_model *m, double lambda) { nn_prox_l1(m, "q/kernel", lambda); }
static ag_ref sums(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  (void)step, (void)ctx;
  return ag_sum_all(g, p);
}
static void wrong_shape(nn_model *m, double lambda) {
  (void)lambda;
  nn_prox(m, "p/kernel", sums, NULL);
}
static void too_late(nn_model *m, ag_ref l, double lr) {
  sgd(m, l, lr);
  nn_prox_l1(m, "p/kernel", 1);
}

Test(nn_prox, what_makes_no_sense_is_refused) {
  fails(linear, &(problem){signs, group_lasso, 0.1, 1}, TN_EINVAL, "no step size");
  fails(linear, &(problem){sgd, twice, 0.1, 1}, TN_EINVAL, "already");
  fails(linear, &(problem){sgd, nowhere, 0.1, 1}, TN_EINVAL,
        "no parameter declared so far matches 'q/kernel'");
  fails(linear, &(problem){sgd, group_lasso, 0.1, -1}, TN_EINVAL, "weight >= 0");
  fails(linear, &(problem){sgd, wrong_shape, 0.1, 1}, TN_ESHAPE, "p/kernel");
  fails(linear, &(problem){sgd, too_few, 0.1, 1}, TN_ESHAPE, "penalties [rows, 1]");
  fails(linear, &(problem){too_late, NULL, 0.1, 1}, TN_EINVAL, "after the optimizer");
}
