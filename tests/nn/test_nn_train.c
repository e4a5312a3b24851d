/* Fitting, evaluation and prediction. */
#include "test_nn.h"

enum { ROWS = 25 };
static const nn_split ALL = {0};

/* ---- batches ----------------------------------------------------------------------------------------- */

static void sgd(nn_model *m, ag_ref loss, const knobs *k) { nn_sgd(m, loss, &(nn_sgd_options){.lr = k->lr}); }

/* One epoch equals its batches fitted one after the other, the short one included. */
Test(nn_fit, ragged_batch) {
  knobs k = {.lr = 0.1, .minimize = sgd};
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = 10}, small_network, &k);
  nn_state *a = make_state(m, 1), *b = make_state(m, 1);
  table t = make_table(TN_F64, ROWS);
  int64_t order[ROWS];
  OK(nn_fit(m, a, t.data, ALL, &(nn_fit_options){.epochs = 1, .seed = 9, .phase = "p"}, NULL));
  tn_rng_permutation((tn_rng){.seed = 9, .stream = tn_stream("shuffle/p"), .epoch = 1}, ROWS, order);
  for (int64_t at = 0; at < ROWS; at += 10) {
    nn_split batch = {order + at, at + 10 < ROWS ? 10 : ROWS - at};
    OK(nn_fit(m, b, t.data, batch, &(nn_fit_options){.epochs = 1}, NULL));
  }
  cr_assert_lt(state_distance(a, b), 1e-13);
  cr_assert_eq(value_at(a, "step", 0), 3);
  nn_state_free(a), nn_state_free(b);
  nn_model_free(m);
  free_table(&t);
}

/* A step of SGD on everything at once, against central differences of the loss. */
Test(nn_fit, step_is_the_gradient) {
  knobs k = {.lr = 1, .minimize = sgd};
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, small_network, &k);
  nn_state *a = make_state(m, 1), *b = make_state(m, 1);
  table t = make_table(TN_F64, ROWS);
  double h = 1e-5, side[2][NN_MAX_REPORTS];
  OK(nn_fit(m, a, t.data, ALL, &(nn_fit_options){.epochs = 1}, NULL));
  for (int i = 0; i < nn_state_count(b); i++) {
    tn_view v = nn_state_view(b, i), w = nn_state_view(a, i);
    if (!strcmp(nn_state_name(b, i), "step")) continue;
    for (int64_t e = 0; e < tn_view_numel(&v); e++) {
      double x = tn_get(&v, e);
      for (int s = 0; s < 2; s++) {
        tn_set(&v, e, x + (s ? -h : h));
        OK(nn_evaluate(m, b, t.data, ALL, side[s]));
      }
      tn_set(&v, e, x);
      cr_assert_float_eq(x - tn_get(&w, e), (side[0][0] - side[1][0]) / (2 * h), 1e-9);
    }
  }
  nn_state_free(a), nn_state_free(b);
  nn_model_free(m);
  free_table(&t);
}

Test(nn_evaluate, equals_prediction_in_any_batching) {
  knobs k = {.lr = 0.1};
  enum { N = 11 };
  int64_t rows[N];
  table t = make_table(TN_F64, ROWS);
  double first[N][OUT], means[2][NN_MAX_REPORTS], mse = 0;
  for (int i = 0; i < N; i++) rows[i] = (7 * i + 3) % ROWS;
  for (int64_t batch = 1; batch <= 16; batch += 3) {
    double f[N][OUT];
    nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .eval_batch = batch}, small_network, &k);
    nn_state *s = make_state(m, 1);
    int now = batch > 1;
    OK(nn_predict(m, s, t.data, (nn_split){rows, N}, "prediction", tn_matrix(f, TN_F64, N, OUT)));
    OK(nn_evaluate(m, s, t.data, (nn_split){rows, N}, means[now]));
    if (!now) memcpy(first, f, sizeof f);
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < OUT; j++) cr_assert_float_eq(f[i][j], first[i][j], 1e-14);
    }
    cr_assert_float_eq(means[now][0], means[0][0], 1e-14);
    nn_state_free(s);
    nn_model_free(m);
  }
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < OUT; j++) {
      double e = first[i][j] - ((double *)t.y.view.data)[rows[i] * OUT + j];
      mse += e * e / (N * OUT);
    }
  }
  cr_assert_float_eq(means[0][0], mse, 1e-14);
  free_table(&t);
}

/* Columns of other types and strides are converted row by row. */
Test(nn_evaluate, converts_columns) {
  knobs k = {.lr = 0.1};
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.eval_batch = 8}, small_network, &k);
  nn_state *s = make_state(m, 1);
  tn_array x32, xt, y32;
  nn_data *plain, *strided;
  double a[NN_MAX_REPORTS], b[NN_MAX_REPORTS];
  OK(tn_array_new(NULL, TN_F32, 2, (int64_t[]){ROWS, IN}, &x32));
  OK(tn_array_new(NULL, TN_F32, 2, (int64_t[]){ROWS, OUT}, &y32));
  OK(tn_array_new(NULL, TN_F64, 2, (int64_t[]){IN, ROWS}, &xt));
  tn_copy(x32.view, t.x.view);
  tn_copy(y32.view, t.y.view);
  tn_view transposed = tn_view_permute(xt.view, (int[]){1, 0});
  tn_copy(transposed, t.x.view);
  OK(nn_data_new(NULL, &plain));
  OK(nn_data_add(plain, "x", x32.view));
  OK(nn_data_add(plain, "y", y32.view));
  OK(nn_data_new(NULL, &strided));
  OK(nn_data_add(strided, "x", transposed));
  OK(nn_data_add(strided, "y", t.y.view));
  OK(nn_evaluate(m, s, plain, ALL, a));
  OK(nn_evaluate(m, s, strided, ALL, b));
  cr_assert_eq(a[0], b[0]);
  cr_assert_eq(a[1], b[1]);
  nn_data_free(plain), nn_data_free(strided);
  tn_array_free(&x32), tn_array_free(&xt), tn_array_free(&y32);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

Test(nn_predict, reads_only_what_the_output_needs) {
  knobs k = {.lr = 0.1};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(NULL, small_network, &k), *other = make_model(NULL, small_network, &k);
  nn_state *s = make_state(m, 1);
  nn_data *inputs;
  float f[ROWS][OUT];
  double means[NN_MAX_REPORTS];
  tn_view out = tn_matrix(f, TN_F32, ROWS, OUT);
  OK(nn_data_new(NULL, &inputs));
  OK(nn_data_add(inputs, "x", t.x.view));
  OK(nn_predict(m, s, inputs, ALL, "prediction", out));
  cr_assert_eq(nn_evaluate(m, s, inputs, ALL, means), TN_EINVAL);
  SAYS(nn_state_error(s), "no column 'y'");
  cr_assert_eq(nn_predict(m, s, inputs, ALL, "latent", out), TN_EINVAL);
  SAYS(nn_state_error(s), "no output 'latent'; it has: hidden, prediction");
  cr_assert_eq(nn_predict(m, s, inputs, ALL, "hidden", out), TN_ESHAPE);
  SAYS(nn_state_error(s), "'hidden' is f32 [25, 5]; the array is f32 [25, 3]");
  cr_assert_eq(nn_predict(m, s, inputs, (nn_split){(int64_t[]){ROWS}, 1}, "prediction", out), TN_EINVAL);
  SAYS(nn_state_error(s), "row 25 is asked for, but there are 25");
  cr_assert_eq(nn_predict(other, s, inputs, ALL, "prediction", out), TN_EINVAL);
  SAYS(nn_state_error(s), "another model");
  nn_data_free(inputs);
  OK(nn_data_new(NULL, &inputs));
  OK(nn_data_add(inputs, "x", t.y.view));
  cr_assert_eq(nn_predict(m, s, inputs, ALL, "prediction", out), TN_ESHAPE);
  SAYS(nn_state_error(s), "a row of column 'x' has [3], but the network reads [4]");
  nn_data_free(inputs);
  nn_state_free(s);
  nn_model_free(m), nn_model_free(other);
  free_table(&t);
}

/* ---- randomness -------------------------------------------------------------------------------------- */

static nn_state *fitted(nn_model *m, const table *t, nn_fit_options o) {
  nn_state *s = make_state(m, 1);
  o.epochs = 3;
  OK(nn_fit(m, s, t->data, ALL, &o, NULL));
  return s;
}

Test(nn_fit, bits_depend_on_seed_replica_and_phase_only) {
  knobs plain = {.lr = 0.1}, dropout = {.lr = 0.1, .dropout = 0.5};
  table t = make_table(TN_F32, ROWS);
  for (int d = 0; d < 2; d++) {
    /* With dropout all rows are the same, so that what differs is not their order. */
    for (int64_t i = 0; d && i < ROWS * IN; i++) tn_set(&t.x.view, i, tn_get(&t.x.view, i % IN));
    for (int64_t i = 0; d && i < ROWS * OUT; i++) tn_set(&t.y.view, i, tn_get(&t.y.view, i % OUT));
    nn_model_options o = {.batch = d ? ROWS : 8};
    nn_model *m = make_model(&o, small_network, d ? &dropout : &plain);
    nn_state *s[] = {fitted(m, &t, (nn_fit_options){.seed = 1, .phase = "a"}),
                     fitted(m, &t, (nn_fit_options){.seed = 1, .phase = "a"}),
                     fitted(m, &t, (nn_fit_options){.seed = 2, .phase = "a"}),
                     fitted(m, &t, (nn_fit_options){.seed = 1, .phase = "a", .replica = 1}),
                     fitted(m, &t, (nn_fit_options){.seed = 1, .phase = "b"})};
    cr_assert(same_bits(s[0], s[1]));
    for (int i = 2; i < 5; i++) cr_assert_gt(state_distance(s[0], s[i]), 1e-3, "%d %d", d, i);
    for (int i = 0; i < 5; i++) nn_state_free(s[i]);
    nn_model_free(m);
  }
  free_table(&t);
}

static bool stop_after_one(void *ctx, const nn_epoch *e) { return (void)ctx, (void)e, false; }

/* A fit that is stopped, saved, and gone on with has the bits of one in a single piece. */
Test(nn_fit, resumes) {
  knobs k = {.lr = 0.1, .dropout = 0.5};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 8}, small_network, &k);
  nn_state *whole = make_state(m, 1), *parts = make_state(m, 1), *later;
  nn_fit_options o = {.epochs = 6, .schedule = nn_cosine};
  nn_fit_result r;
  OK(nn_fit(m, whole, t.data, ALL, &o, &r));
  cr_assert_eq(r.epochs, 6);
  for (int first = 1; first <= 6; first++) { /* epoch by epoch, in states of their own */
    OK(nn_state_clone(parts, &later));
    nn_state_free(parts);
    parts = later;
    nn_fit_options one = o;
    one.first_epoch = first;
    one.on_epoch = stop_after_one;
    cr_assert_eq(nn_fit(m, parts, t.data, ALL, &one, &r), TN_ESTOPPED);
    cr_assert_eq(r.epochs, first);
  }
  cr_assert(same_bits(whole, parts));
  nn_state_free(whole), nn_state_free(parts);
  nn_model_free(m);
  free_table(&t);
}

typedef struct replicas {
  nn_model *m;
  const table *t;
  nn_state *state[4];
} replicas;

static tn_status run_replica(void *ctx, int64_t i) {
  replicas *r = ctx;
  nn_fit_options o = {.epochs = 4, .seed = 5, .replica = (uint32_t)i, .valid = {(int64_t[]){1, 2, 3}, 3}};
  tn_status status = nn_state_new(r->m, &r->state[i]);
  if (status != TN_OK) return status;
  nn_state_init(r->state[i], 5, (uint32_t)i);
  return nn_fit(r->m, r->state[i], r->t->data, ALL, &o, NULL);
}

static tn_status fail_from_two(void *ctx, int64_t i) {
  (void)ctx;
  return i < 2 ? TN_OK : i == 2 ? TN_EIO : TN_ENOMEM;
}

Test(nn_replicas, same_bits_for_any_number_of_threads) {
  knobs k = {.lr = 0.1, .dropout = 0.5, .lasso = 0.1};
  table t = make_table(TN_F32, 70);
  replicas r[3]; /* one thread; two with plans made ahead; two that build them under the model's lock */
  for (int v = 0; v < 3; v++) {
    r[v] = (replicas){.m = make_model(NULL, small_network, &k), .t = &t};
    if (v == 1) OK(nn_prepare(r[v].m, 70, 3));
    OK(nn_replicas(4, v ? 2 : 1, run_replica, &r[v]));
  }
  for (int i = 0; i < 4; i++) {
    cr_assert(same_bits(r[0].state[i], r[1].state[i]));
    cr_assert(same_bits(r[0].state[i], r[2].state[i]));
    if (i) cr_assert(!same_bits(r[0].state[i], r[0].state[0]));
  }
  for (int v = 0; v < 3; v++) {
    for (int i = 0; i < 4; i++) nn_state_free(r[v].state[i]);
    nn_model_free(r[v].m);
  }
  cr_assert_eq(nn_replicas(4, 2, fail_from_two, NULL), TN_EIO);
  OK(nn_replicas(0, 2, fail_from_two, NULL));
  free_table(&t);
}

/* ---- early stopping, history ------------------------------------------------------------------------- */

Test(nn_fit, best_weights_and_patience) {
  knobs k = {.lr = 0.05};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 4}, small_network, &k);
  nn_state *s = make_state(m, 1), *best = make_state(m, 1);
  nn_history h = {0};
  nn_fit_result r;
  nn_split valid = {(int64_t[]){20, 21, 22, 23, 24}, 5}, train = {(int64_t[]){0, 1, 2, 3, 4, 5, 6, 7, 8}, 9};
  nn_fit_options o = {.epochs = 200,
                      .valid = valid,
                      .monitor = "mae",
                      .patience = 4,
                      .restore_best = true,
                      .on_epoch = nn_history_record,
                      .on_epoch_ctx = &h};
  OK(nn_fit(m, s, t.data, train, &o, &r)); /* random targets: validation is soon past its best */
  cr_assert_lt(r.epochs, 200);
  cr_assert_eq(r.epochs, r.best_epoch + 4);
  cr_assert_eq(h.n, r.epochs);
  for (int e = 0; e < h.n; e++) {
    cr_assert_eq(h.rows[e].epoch, e + 1);
    cr_assert(h.rows[e].valid[1] >= r.best);
    if (e < r.best_epoch - 1) cr_assert(h.rows[e].valid[1] > r.best);
    if (e > 0) cr_assert_lt(h.rows[e].train[0], h.rows[0].train[0] + 1);
  }
  cr_assert_eq(h.rows[r.best_epoch - 1].valid[1], r.best);

  double means[NN_MAX_REPORTS];
  OK(nn_evaluate(m, s, t.data, valid, means));
  cr_assert_eq(means[1], r.best);
  OK(nn_fit(m, best, t.data, train, &(nn_fit_options){.epochs = r.best_epoch}, NULL));
  cr_assert(same_bits(best, s), "the state is that of the best epoch, moments included");

  nn_fit_result wide, up; /* only the first epoch is ever a great improvement */
  nn_state *again = make_state(m, 1);
  o.min_delta = 1e6;
  OK(nn_fit(m, again, t.data, train, &o, &wide));
  cr_assert(wide.best_epoch == 1 && wide.epochs == 5);
  nn_history other = {0};
  o.min_delta = 0, o.higher = true, o.patience = 0, o.epochs = 6, o.on_epoch_ctx = &other;
  nn_state_init(again, 1, 0);
  OK(nn_fit(m, again, t.data, train, &o, &up));
  for (int e = 0; e < other.n; e++) cr_assert_leq(other.rows[e].valid[1], up.best);
  cr_assert_eq(other.rows[up.best_epoch - 1].valid[1], up.best);
  nn_history_free(&other);
  o.min_delta = -1;
  cr_assert_eq(nn_fit(m, again, t.data, train, &o, &up), TN_EINVAL);
  nn_state_free(again);

  nn_fit_options wrong = {.epochs = 1, .monitor = "mae"};
  cr_assert_eq(nn_fit(m, s, t.data, train, &wrong, &r), TN_EINVAL);
  SAYS(r.message, "monitoring needs validation rows");
  wrong = (nn_fit_options){.epochs = 1, .monitor = "r2", .valid = valid};
  cr_assert_eq(nn_fit(m, s, t.data, train, &wrong, &r), TN_EINVAL);
  SAYS(r.message, "not among the reports");
  wrong = (nn_fit_options){.epochs = 1, .patience = 2, .valid = valid};
  cr_assert_eq(nn_fit(m, s, t.data, train, &wrong, &r), TN_EINVAL);
  SAYS(r.message, "need a monitor");
  nn_history_free(&h);
  nn_state_free(s), nn_state_free(best);
  nn_model_free(m);
  free_table(&t);
}

/* Means over an epoch weigh batches by their rows. */
static double keep_still(void *ctx, int64_t step, int64_t steps) {
  return (void)ctx, (void)step, (void)steps, 0;
}

Test(nn_fit, epoch_means) {
  knobs k = {.lr = 1, .minimize = sgd};
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = 10}, small_network, &k);
  nn_state *s = make_state(m, 1);
  nn_history h = {0};
  double means[NN_MAX_REPORTS];
  nn_fit_options o = {.epochs = 1,
                      .schedule = keep_still,
                      .valid = {NULL, ROWS},
                      .on_epoch = nn_history_record,
                      .on_epoch_ctx = &h};
  OK(nn_fit(m, s, t.data, ALL, &o, NULL));
  OK(nn_evaluate(m, s, t.data, ALL, means));
  for (int i = 0; i < 2; i++) {
    cr_assert_float_eq(h.rows[0].train[i], means[i], 1e-14);
    cr_assert_eq(h.rows[0].valid[i], means[i]);
  }
  nn_history_free(&h);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* ---- numbers that are not finite --------------------------------------------------------------------- */

/* Fits until the fit fails, and checks that the state is what the steps before the failing one make. */
static void check_failure(nn_model *m, const table *t, int64_t batch, const char *part) {
  nn_state *s = make_state(m, 1), *good = make_state(m, 1);
  nn_fit_options o = {.epochs = 6, .seed = 4, .phase = "frozen"};
  nn_fit_result r;
  int64_t order[ROWS];
  cr_assert_eq(nn_fit(m, s, t->data, ALL, &o, &r), TN_ENUMERIC);
  SAYS(r.message, "phase 'frozen', epoch ");
  SAYS(r.message, part);
  SAYS(r.message, "lower the learning rate or check the inputs");
  cr_assert(nn__finite(s));
  /* Step by step, as the documentation says how steps are drawn. */
  int steps = (int)value_at(s, "step", 0), per_epoch = (int)((ROWS + batch - 1) / batch);
  for (int k = 0; k < steps; k++) {
    int epoch = k / per_epoch + 1, at = k % per_epoch * (int)batch;
    tn_rng_permutation((tn_rng){.seed = 4, .stream = tn_stream("shuffle/frozen"), .epoch = (uint32_t)epoch},
                       ROWS, order);
    nn__runner one;
    int64_t n = at + batch <= ROWS ? batch : ROWS - at;
    OK(nn__runner_new(m, good, &(nn__use){.purpose = NN__FIT, .rows = n, .data = t->data}, &one));
    OK(nn__runner_step(&one, order + at, 0, one.plan->lr, (tn_rng){0}));
    nn__runner_free(&one);
  }
  cr_assert(same_bits(s, good), "%s", r.message);
  int epoch, step;
  cr_assert_eq(sscanf(r.message, "phase 'frozen', epoch %d, step %d", &epoch, &step), 2);
  cr_assert_eq((epoch - 1) * per_epoch + step, steps + 1);
  nn_state_free(s), nn_state_free(good);
}

static void explosive(nn_model *m, ag_ref loss, const knobs *k) {
  (void)k;
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 1e5});
}

Test(nn_fit, diverging_loss) {
  knobs k = {.minimize = explosive};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 10}, small_network, &k);
  check_failure(m, &t, 10, "infinit");
  nn_model_free(m);
  free_table(&t);
}

Test(nn_fit, nan_in_the_inputs) {
  knobs k = {.lr = 0.01};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 10}, small_network, &k);
  tn_set(&t.x.view, 17 * IN, NAN);
  check_failure(m, &t, 10, "hidden");
  nn_model_free(m);
  free_table(&t);
}

/* The last step of all breaks a parameter: no loss ever sees it. */
static ag_ref break_at_18(const nn_update_step *u) {
  ag_graph *g = u->g;
  ag_ref ok = ag_sub(g, u->p, ag_mul(g, u->lr, u->dp));
  return ag_add(g, ok, ag_log(g, ag_greater(g, ag_like(g, u->step, 18), u->step))); /* log 1, then log 0 */
}
static void breaks(nn_model *m, ag_ref loss, const knobs *k) {
  (void)k;
  nn_minimize(m, loss, &(nn_optimizer){.update = break_at_18}, 0.01);
}

Test(nn_fit, parameters_broken_by_the_last_step) {
  knobs k = {.minimize = breaks};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 10}, small_network, &k);
  check_failure(m, &t, 10, "epoch 6, step 3");
  nn_model_free(m);
  free_table(&t);
}

static void no_reports(nn_model *m, void *ctx) {
  (void)ctx;
  nn_output(m, "f", nn_dense(m, "a", nn_input(m, "x", 1, (int64_t[]){IN}), 1, NULL));
}

Test(nn_fit, needs_something_to_do) {
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(NULL, no_reports, NULL);
  nn_state *s = make_state(m, 1);
  nn_fit_result r;
  float f[ROWS];
  OK(nn_predict(m, s, t.data, ALL, "f", tn_matrix(f, TN_F32, ROWS, 1)));
  cr_assert_eq(nn_fit(m, s, t.data, ALL, &(nn_fit_options){.epochs = 1}, &r), TN_EINVAL);
  SAYS(r.message, "neither reports nor minimizes");
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* A running mean: a buffer that the network itself updates, in training only. */
static void running_mean(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), mean = ag_mean_all(g, x);
  ag_ref running = nn_buffer(m, "running", 0, NULL, 7), p = nn_parameter(m, "p", 0, NULL, NN_ONES);
  nn_report(m, "running", running);
  if (nn_mode_of(m) == NN_TRAIN) ag_assign(g, running, ag_add(g, ag_scale(g, running, 0.5), mean));
  nn_sgd(m, ag_square(g, ag_sub(g, p, mean)), &(nn_sgd_options){.lr = 0.1});
}

Test(nn_fit, buffers) {
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, running_mean, NULL);
  nn_state *s = make_state(m, 1);
  double mean = 0, means[NN_MAX_REPORTS];
  for (int i = 0; i < ROWS * IN; i++) mean += tn_get(&t.x.view, i) / (ROWS * IN);
  cr_assert_eq(value_at(s, "running", 0), 7);
  OK(nn_fit(m, s, t.data, ALL, &(nn_fit_options){.epochs = 2}, NULL));
  cr_assert_float_eq(value_at(s, "running", 0), (7 * 0.5 + mean) * 0.5 + mean, 1e-13);
  OK(nn_evaluate(m, s, t.data, ALL, means));
  cr_assert_float_eq(means[0], (7 * 0.5 + mean) * 0.5 + mean, 1e-13);
  cr_assert_float_eq(value_at(s, "running", 0), means[0], 1e-15);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

Test(nn_schedule, cosine) {
  cr_assert_float_eq(nn_cosine(NULL, 0, 10), 1, 1e-15);
  cr_assert_float_eq(nn_cosine(NULL, 5, 10), 0.5, 1e-15);
  cr_assert_float_eq(nn_cosine(NULL, 10, 10), 0, 1e-15);
}
