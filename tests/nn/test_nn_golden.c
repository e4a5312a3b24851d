/* Ten training steps of a narrow sparse bottleneck network in f64 against stored PyTorch trajectories.
 *
 * golden/trajectory.py says what is computed and how the files are made. Every value stored there is
 * compared: losses and penalties, gradients, parameters. The measure is the largest difference of a tensor
 * over its largest reference value. */
#include "golden_runs.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NABLA_SOURCE_DIR /* the build says where the sources are; by hand: run from there */
#define NABLA_SOURCE_DIR "."
#endif

static const double TOLERANCE = 1e-10;

/* ---- the stored trajectory --------------------------------------------------------------------------- */

typedef struct record {
  int step;
  char name[48];
  int n;
  double values[GENES * 10]; /* the largest tensor is the first kernel */
} record;

typedef struct golden {
  record *records;
  int n, compared; /* compared: lookups by expect(), so that a test can tell that nothing was left out */
  double worst;
  char worst_at[64];
} golden;

static record parse(char *line) {
  record r = {0};
  char *rest = NULL, *field = strtok_r(line, "\t\n", &rest);
  r.step = atoi(field);
  field = strtok_r(NULL, "\t\n", &rest);
  cr_assert_not_null(field, "a line without a name");
  snprintf(r.name, sizeof r.name, "%s", field);
  while ((field = strtok_r(NULL, "\t\n", &rest)) != NULL) {
    cr_assert((size_t)r.n < sizeof r.values / sizeof *r.values, "%s has too many values", r.name);
    r.values[r.n++] = strtod(field, NULL);
  }
  return r;
}

static golden golden_read(const char *file) {
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/golden/%s", NABLA_SOURCE_DIR, file);
  FILE *in = fopen(path, "r");
  cr_assert_not_null(in, "cannot read %s", path);
  golden gold = {0};
  size_t capacity = 0, line_bytes = 0;
  char *line = NULL;
  while (getline(&line, &line_bytes, in) > 0) {
    if (line[0] == '#') continue;
    cr_assert_eq(tn_grow(NULL, &gold.records, &capacity, (size_t)gold.n + 1, sizeof *gold.records), TN_OK);
    gold.records[gold.n++] = parse(line);
  }
  free(line);
  fclose(in);
  return gold;
}

static void golden_free(golden *gold) { tn_free(NULL, gold->records); }

static const record *golden_find(const golden *gold, int step, const char *name) {
  for (int i = 0; i < gold->n; i++)
    if (gold->records[i].step == step && strcmp(gold->records[i].name, name) == 0) return &gold->records[i];
  return NULL;
}

static void expect(golden *gold, int step, const char *name, tn_view seen) {
  const record *r = golden_find(gold, step, name);
  cr_assert_not_null(r, "nothing stored for %s at step %d", name, step);
  cr_assert_eq(tn_view_numel(&seen), r->n, "%s has another size than the reference", name);
  double difference = 0, scale = 0;
  for (int i = 0; i < r->n; i++) {
    double d = fabs(tn_get(&seen, i) - r->values[i]);
    difference = isnan(d) ? INFINITY : fmax(difference, d);
    scale = fmax(scale, fabs(r->values[i]));
  }
  double error = difference == 0 ? 0 : difference / scale;
  cr_expect(error <= TOLERANCE, "step %d, %s: off by %.3g of its largest value", step, name, error);
  if (error > gold->worst) {
    gold->worst = error;
    snprintf(gold->worst_at, sizeof gold->worst_at, "%s, step %d", name, step);
  }
  gold->compared++;
}

/* ---- the trajectories through nn --------------------------------------------------------------------- */

typedef struct step_check {
  golden *gold;
  int step;
} step_check;

static bool check_reports(void *ctx, const nn_epoch *e) {
  step_check *c = ctx;
  for (int i = 0; i < e->n_reports; i++) {
    double value = e->train[i];
    expect(c->gold, c->step, e->names[i], tn_scalar(&value, TN_F64));
  }
  return true;
}

static tn_view state_value(const nn_state *s, const char *name) {
  tn_view v;
  cr_assert(nn_state_find(s, name, &v), "no %s in the state", name);
  return v;
}

static void check_trajectory(const trajectory *t) {
  golden gold = golden_read(t->file);
  data d;
  make_data(&d);

  nn_model *m = NULL;
  const nn_model_options options = {.dtype = TN_F64, .batch = BATCH};
  tn_status status = nn_model_new(&options, network, (void *)t, &m);
  cr_assert_eq(status, TN_OK, "%s", m ? nn_error(m) : tn_status_text(status));
  nn_state *s = NULL;
  cr_assert_eq(nn_state_new(m, &s), TN_OK);
  nn_state_init(s, 0, 0);
  tn_view values[2 * LAYERS];
  for (int i = 0; i < 2 * LAYERS; i++) values[i] = state_value(s, parameter_of(t, i).name);
  initial_values(t, values);

  nn_data *columns = NULL;
  cr_assert_eq(nn_data_new(NULL, &columns), TN_OK);
  cr_assert_eq(nn_data_add(columns, "genes", genes_of(&d)), TN_OK);
  cr_assert_eq(nn_data_add(columns, "targets", targets_of(t, &d)), TN_OK);

  /* One epoch over the rows of one batch is one step; Adam's moments and count stay in the state. */
  for (int step = 1; step <= STEPS; step++) {
    int64_t rows[BATCH];
    for (int r = 0; r < BATCH; r++) rows[r] = BATCH * (step - 1) + r;
    step_check check = {&gold, step};
    const nn_fit_options fit = {.epochs = 1, .on_epoch = check_reports, .on_epoch_ctx = &check};
    nn_fit_result result;
    status = nn_fit(m, s, columns, (nn_split){rows, BATCH}, &fit, &result);
    cr_assert_eq(status, TN_OK, "step %d: %s: %s", step, tn_status_text(status), result.message);
    for (int i = 2 * t->frozen_layers; i < 2 * LAYERS; i++) {
      parameter p = parameter_of(t, i);
      expect(&gold, step, p.gradient, state_value(s, p.gradient));
      if (golden_find(&gold, step, p.name) != NULL) expect(&gold, step, p.name, values[i]);
    }
    /* Once apart, the steps that follow tell nothing. */
    cr_assert(gold.worst <= TOLERANCE, "the trajectories part at step %d", step);
  }
  cr_expect_eq(gold.compared, gold.n, "%d of %d stored tensors were compared", gold.compared, gold.n);

  nn_state *initial = NULL;
  cr_assert_eq(nn_state_clone(s, &initial), TN_OK);
  tn_view first[2 * LAYERS];
  for (int i = 0; i < 2 * LAYERS; i++) first[i] = state_value(initial, parameter_of(t, i).name);
  initial_values(t, first);
  for (int i = 0; i < 2 * t->frozen_layers; i++)
    cr_expect_arr_eq(values[i].data, first[i].data, tn_view_bytes(&values[i]), "a frozen parameter moved");
  for (int i = 0; i < 10; i++)
    cr_expect_eq(tn_get(&values[0], (GENES - 1) * 10 + i), 0.0, "the silent gene woke up");

  fprintf(stderr, "%s: %d tensors, largest difference %.2e (%s)\n", t->file, gold.compared, gold.worst,
          gold.worst_at);
  nn_state_free(initial);
  nn_data_free(columns);
  nn_state_free(s);
  nn_model_free(m);
  golden_free(&gold);
}

Test(golden, regression) { check_trajectory(&REGRESSION); }
Test(golden, softmax_pretraining) { check_trajectory(&PRETRAINING); }
Test(golden, frozen_bottom_layers) { check_trajectory(&FROZEN); }

/* ---- the first step's gradients through autograd alone ----------------------------------------------- */

static ag_ref sum_of_squares(ag_graph *g, ag_ref x) { return ag_sum_all(g, ag_square(g, x)); }

/* The losses and penalties spelled out; `values` are the parameters' leaves. */
static void plain_losses(ag_graph *g, const trajectory *t, const ag_ref values[2 * LAYERS],
                         ag_ref losses[4]) {
  ag_ref h = ag_input(g, "genes", TN_F64, 2, (int64_t[]){BATCH, GENES});
  ag_ref y = ag_input(g, "targets", TN_F64, 2, (int64_t[]){BATCH, head_units(t)});
  ag_ref squares = ag_scalar(g, TN_F64, 0.0);
  for (int i = 0; i < LAYERS; i++) {
    ag_ref kernel = values[2 * i], bias = values[2 * i + 1];
    h = ag_add(g, ag_matmul(g, h, kernel), bias);
    if (LAYER[i].elu) h = ag_elu(g, h, 1.0);
    squares = ag_add(g, squares, sum_of_squares(g, kernel));
    if (t->softmax || i < LAYERS - 1) squares = ag_add(g, squares, sum_of_squares(g, bias));
  }
  ag_ref fit;
  if (t->softmax) {
    ag_ref log_likelihood = ag_sum_axis(g, ag_mul(g, y, ag_log_softmax(g, h, -1)), -1, false);
    fit = ag_neg(g, ag_mean_all(g, log_likelihood));
  } else {
    fit = ag_mean_all(g, ag_square(g, ag_sub(g, h, y)));
  }
  ag_ref lasso = ag_scale(g, ag_sum_all(g, ag_row_norm(g, values[0])), 0.1);
  ag_ref l2 = ag_scale(g, squares, 1e-10);
  losses[0] = ag_add(g, ag_add(g, fit, lasso), l2);
  losses[1] = fit;
  losses[2] = lasso;
  losses[3] = l2;
}

static void bind_leaf(ag_run *run, const ag_plan *plan, const char *name, tn_view memory) {
  int leaf = ag_plan_find_leaf(plan, name);
  cr_assert_geq(leaf, 0, "no leaf %s", name);
  cr_assert_eq(ag_run_bind(run, leaf, memory), TN_OK, "%s: %s", name, ag_run_error(run));
}

static void check_first_step(const trajectory *t, unsigned compile_flags) {
  enum { OUTPUTS = 4 + 2 * LAYERS };
  golden gold = golden_read(t->file);
  data d;
  make_data(&d);

  ag_graph *g = NULL;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  tn_array arrays[2 * LAYERS];
  tn_view views[2 * LAYERS];
  ag_ref leaves[2 * LAYERS], outputs[OUTPUTS];
  for (int i = 0; i < 2 * LAYERS; i++) {
    parameter p = parameter_of(t, i);
    cr_assert_eq(tn_array_new(NULL, TN_F64, p.rank, p.shape, &arrays[i]), TN_OK);
    views[i] = arrays[i].view;
    leaves[i] = ag_state(g, p.name, TN_F64, p.rank, p.shape);
  }
  initial_values(t, views);
  plain_losses(g, t, leaves, outputs);
  ag_grad(g, outputs[0], leaves, 2 * LAYERS, outputs + 4);

  ag_plan *plan = NULL;
  cr_assert_eq(ag_compile(g, outputs, OUTPUTS, compile_flags, &plan), TN_OK, "%s", ag_error(g));
  ag_graph_free(g);
  ag_run *run = NULL;
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  for (int i = 0; i < 2 * LAYERS; i++) bind_leaf(run, plan, parameter_of(t, i).name, views[i]);
  bind_leaf(run, plan, "genes", tn_view_slice(genes_of(&d), 0, 0, 1, BATCH));
  bind_leaf(run, plan, "targets", tn_view_slice(targets_of(t, &d), 0, 0, 1, BATCH));
  cr_assert_eq(ag_run_step(run, (tn_rng){0}), TN_OK, "%s", ag_run_error(run));

  static const char *const LOSS[4] = {"loss", "fit", "lasso", "l2"};
  for (int i = 0; i < 4; i++) expect(&gold, 1, LOSS[i], ag_run_output(run, i));
  for (int i = 0; i < 2 * LAYERS; i++)
    expect(&gold, 1, parameter_of(t, i).gradient, ag_run_output(run, 4 + i));

  fprintf(stderr, "%s, first step, plain graph, flags %u: largest difference %.2e (%s)\n", t->file,
          compile_flags, gold.worst, gold.worst_at);
  ag_run_free(run);
  ag_plan_free(plan);
  for (int i = 0; i < 2 * LAYERS; i++) tn_array_free(&arrays[i]);
  golden_free(&gold);
}

static const unsigned UNOPTIMIZED = AG_NO_FUSE | AG_NO_REUSE | AG_NO_IN_PLACE;

Test(golden, plain_graph_regression) { check_first_step(&REGRESSION, 0); }
Test(golden, plain_graph_regression_unoptimized) { check_first_step(&REGRESSION, UNOPTIMIZED); }
Test(golden, plain_graph_softmax) { check_first_step(&PRETRAINING, 0); }
Test(golden, plain_graph_softmax_unoptimized) { check_first_step(&PRETRAINING, UNOPTIMIZED); }
