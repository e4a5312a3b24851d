/* The minimizers of solve/ on a model and its data: the normal equations of a linear model; a nonlinear fit; frozen and chosen
 * parameters; f32; generated columns and splits; what is refused; out of memory. */
#include "test_nn.h"

#include "support/test_alloc.h"

#include <float.h>

enum { ROWS = 30 };

typedef struct setting {
  const char *freeze;
  bool deep, trains, weighted;
} setting;

static void network(nn_model *m, void *ctx) {
  const setting *s = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  if (s->deep) x = nn_dropout(m, "drop", ag_tanh(g, nn_dense(m, "hidden", x, HIDDEN, NULL)), 0.5);
  ag_ref f = nn_dense(m, "readout", x, OUT, NULL), e = ag_sub(g, f, y);
  if (s->weighted) e = ag_mul(g, e, ag_unsqueeze(g, nn_row_weights(m), 1));
  ag_ref loss = ag_scale(g, ag_sum_all(g, ag_square(g, e)), 0.5);
  nn_output(m, "residuals", e);
  nn_report(m, "half", loss);
  if (s->freeze) nn_freeze(m, s->freeze);
  if (s->trains) nn_adam(m, loss, &(nn_adam_options){.lr = 0.01});
}

static const struct {
  nn_solver *solver;
  const char *what;
} ways[] = {{nn_lbfgs, "half"}, {nn_newton_cg, NULL}, {nn_least_squares, "residuals"}};

/* x' e = 0 and sum e = 0 at the solution of linear least squares. */
static double normal_equations(const table *t, const nn_state *s, const int64_t *rows, int64_t n) {
  double worst = 0;
  for (int k = 0; k < OUT; k++)
    for (int j = 0; j <= IN; j++) {
      double sum = 0;
      for (int64_t r = 0; r < n; r++) {
        int64_t i = rows ? rows[r] : r;
        double e = value_at(s, "readout/bias", k) - tn_get(&t->y.view, i * OUT + k);
        for (int q = 0; q < IN; q++)
          e += tn_get(&t->x.view, i * IN + q) * value_at(s, "readout/kernel", q * OUT + k);
        sum += e * (j < IN ? tn_get(&t->x.view, i * IN + j) : 1);
      }
      worst = fmax(worst, fabs(sum));
    }
  return worst;
}

Test(nn_solve_model, normal_equations) {
  table t = make_table(TN_F64, ROWS);
  int64_t some[] = {3, 7, 0, 9, 12, 28, 29, 14, 5, 6, 22, 21};
  for (int k = 0; k < 3; k++)
    for (int part = 0; part < 2; part++) {
      setting o = {.trains = k == 1, .weighted = part};
      nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, network, &o);
      nn_state *s = make_state(m, 1);
      nn_split rows = part ? (nn_split){some, 12} : (nn_split){0};
      nn_solve_result r;
      nn_solve_job job = {m, s, t.data, rows, ways[k].what, NULL};
      cr_assert_eq(nn_solve_model(ways[k].solver, &job, NULL, &r), TN_OK, "%s", r.message);
      cr_expect_lt(normal_equations(&t, s, rows.rows, part ? 12 : ROWS), 1e-8, "way %d", k);
      double means[NN_MAX_REPORTS];
      OK(nn_evaluate(m, s, t.data, rows, means));
      cr_expect_float_eq(means[0], r.value, 1e-10);
      OK(nn_solve_model(ways[k].solver, &job, NULL, NULL));
      nn_state_free(s), nn_model_free(m);
    }
  free_table(&t);
}

/* In f32 the value tells no step apart that lowers it by less than its rounding, g^2 / (2 curvature); along one parameter the curvature is at most
 * the number of rows, for hidden units lie in [-1, 1]. */
Test(nn_solve_model, a_network_with_a_frozen_layer_and_f32) {
  double least = 0;
  table t = make_table(TN_F32, ROWS);
  for (int k = 0; k < 3; k++) {
    setting o = {.deep = true, .freeze = "hidden/*"};
    nn_model *m = make_model(NULL, network, &o);
    nn_state *s = make_state(m, 1), *before;
    nn_solve_result r;
    OK(nn_state_clone(s, &before));
    nn_solve_job job = {.model = m, .state = s, .data = t.data, .what = ways[k].what};
    tn_status status = nn_solve_model(ways[k].solver, &job, &(nn_solve_options){.max_iterations = 50}, &r);
    cr_expect(status == TN_OK || status == TN_ESTOPPED, "%s", r.message);
    double means[2][NN_MAX_REPORTS];
    OK(nn_evaluate(m, before, t.data, (nn_split){0}, means[0]));
    OK(nn_evaluate(m, s, t.data, (nn_split){0}, means[1]));
    cr_expect_lt(means[1][0], 0.7 * means[0][0], "way %d: %g, then %g", k, means[0][0], means[1][0]);
    if (k == 0) least = means[1][0];
    cr_expect_float_eq(means[1][0], least, 4 * FLT_EPSILON * least, "way %d: %.9g, not %.9g", k, means[1][0],
                       least);
    cr_expect_lt(r.gradient, sqrt(2 * ROWS * FLT_EPSILON * least), "way %d: %g", k, r.gradient);
    cr_expect_eq(value_at(s, "hidden/kernel", 3), value_at(before, "hidden/kernel", 3));
    cr_expect_neq(value_at(s, "readout/kernel", 3), value_at(before, "readout/kernel", 3));
    nn_state_free(s), nn_state_free(before), nn_model_free(m);
  }
  free_table(&t);
}

Test(nn_solve_model, chosen_parameters) {
  table t = make_table(TN_F64, ROWS);
  setting o = {0};
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, network, &o);
  nn_state *s = make_state(m, 1);
  double kept = value_at(s, "readout/kernel", 0), bias = 0;
  nn_solve_job job = {.model = m, .state = s, .data = t.data, .parameters = "*/bias"};
  OK(nn_solve_model(nn_lbfgs, &job, NULL, NULL));
  cr_expect_eq(value_at(s, "readout/kernel", 0), kept);
  for (int64_t i = 0; i < ROWS; i++) { /* the mean of what the kernel leaves */
    bias += tn_get(&t.y.view, i * OUT) / ROWS;
    for (int q = 0; q < IN; q++)
      bias -= tn_get(&t.x.view, i * IN + q) * value_at(s, "readout/kernel", q * OUT) / ROWS;
  }
  cr_expect_float_eq(value_at(s, "readout/bias", 0), bias, 1e-9);
  nn_state_free(s), nn_model_free(m);
  free_table(&t);
}

static bool never(void *ctx, const int64_t *rows, int64_t n, tn_view out) {
  (void)ctx, (void)rows, (void)n, (void)out;
  return false;
}

static void refuses(const nn_solve_job *job, nn_solver *solver, tn_status status, const char *words) {
  nn_solve_result r;
  cr_expect_eq(nn_solve_model(solver, job, NULL, &r), status, "%s", r.message);
  cr_expect(strstr(r.message, words), "'%s' does not say '%s'", r.message, words);
}

Test(nn_solve_model, refused) {
  table t = make_table(TN_F64, ROWS);
  setting o = {0};
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, network, &o);
  nn_state *s = make_state(m, 1), *unset;
  nn_data *lacks, *wide, *broken;
  OK(nn_state_new(m, &unset));
  OK(nn_data_new(NULL, &lacks));
  OK(nn_data_new(NULL, &wide));
  OK(nn_data_new(NULL, &broken));
  OK(nn_data_add(lacks, "x", t.x.view));
  OK(nn_data_add(wide, "x", t.y.view));
  OK(nn_data_add_generated(broken, "x",
                           &(nn_generator){.dtype = TN_F64, .rank = 2, .shape = {ROWS, IN}, .fill = never}));
  nn_solve_job job = {.model = m, .state = s, .data = t.data};
#define WITH(...) &(nn_solve_job){.model = m, .state = s, .data = t.data, __VA_ARGS__}
  refuses(&(nn_solve_job){.model = m, .state = s}, nn_lbfgs, TN_EINVAL, "must not be NULL");
  refuses(&job, NULL, TN_EINVAL, "must not be NULL");
  refuses(NULL, nn_lbfgs, TN_EINVAL, "must not be NULL");
  refuses(&(nn_solve_job){.state = s, .data = t.data}, nn_lbfgs, TN_EINVAL, "must not be NULL");
  refuses(&(nn_solve_job){.model = m, .data = t.data}, nn_lbfgs, TN_EINVAL, "must not be NULL");
  refuses(&(nn_solve_job){.model = m, .state = unset, .data = t.data}, nn_lbfgs, TN_EINVAL, "nn_solve_model");
  refuses(WITH(.what = "loss"), nn_lbfgs, TN_EINVAL, "the network has no report or output 'loss'");
  refuses(WITH(.what = "residuals"), nn_lbfgs, TN_ESHAPE, "a scalar unless it is residuals");
  refuses(WITH(.parameters = "head/*"), nn_lbfgs, TN_EINVAL,
          "no parameter that is not frozen matches 'head/*'");
  refuses(WITH(.rows = {(int64_t[]){ROWS}, 1}), nn_lbfgs, TN_EINVAL, "row 30 is asked for");
  job.data = lacks, refuses(&job, nn_lbfgs, TN_EINVAL, "no column 'y', which the network reads");
  job.data = wide,
  refuses(&job, nn_lbfgs, TN_ESHAPE, "a row of column 'x' has [3], but the network reads [4]");
  job.data = broken,
  refuses(&job, nn_lbfgs, TN_EIO, "column 'x': its function could not make 30 rows between 0 and 29");
  double means[NN_MAX_REPORTS]; /* the model is still fine */
  OK(nn_evaluate(m, s, t.data, (nn_split){0}, means));
  nn_data_free(lacks), nn_data_free(wide), nn_data_free(broken);
  nn_state_free(unset), nn_state_free(s), nn_model_free(m);
  free_table(&t);
}

Test(nn_solve_model, out_of_memory) {
  table t = make_table(TN_F64, ROWS);
  setting o = {.deep = true};
  test_alloc a;
  nn_model *m;
  test_alloc_init(&a, 0, false);
  OK(nn_model_new(&(nn_model_options){.dtype = TN_F64, .alloc = &a.alloc}, network, &o, &m));
  nn_state *s = make_state(m, 1);
  long live = a.live;
  nn_solve_job job = {.model = m, .state = s, .data = t.data};
  for (long fail = 1;; fail++) {
    nn_solve_result r;
    a.asked = 0;
    a.fail_at = fail;
    tn_status status = nn_solve_model(nn_lbfgs, &job, &(nn_solve_options){.max_iterations = 1}, &r);
    cr_assert_eq(a.live, live, "request %ld", fail);
    if (a.asked < fail) break;
    cr_assert_eq(status, TN_ENOMEM, "request %ld: %s", fail, r.message);
  }
  a.fail_at = 0;
  nn_state_free(s), nn_model_free(m);
  free_table(&t);
}
