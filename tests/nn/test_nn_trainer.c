/* Steps one at a time: the bits of a fit, two models in turn, whole graphs, lengths, and what is refused. */
#include "test_nn.h"

enum { ROWS = 24, BATCH = 8 };

static tn_view part(tn_view v, int64_t at, int64_t n) { return tn_view_slice(v, 0, at, 1, n); }

/* ---- as a fit ---------------------------------------------------------------------------------------- */

Test(nn_trainer, steps_are_those_of_a_fit) {
  knobs k = {.lr = 0.05};
  table t = make_table(TN_F64, ROWS); /* converted to f32, as a fit does */
  nn_model *m = make_model(&(nn_model_options){.batch = BATCH}, small_network, &k);
  nn_state *fitted = make_state(m, 1), *stepped = make_state(m, 1);
  nn_trainer *trainer;
  double reports[NN_MAX_REPORTS], sum = 0;
  nn_history h = {0};
  nn_fit_options o = {.epochs = 1, .keep_order = true, .on_epoch = nn_history_record, .on_epoch_ctx = &h};
  OK(nn_fit(m, fitted, t.data, (nn_split){0}, &o, NULL));
  OK(nn_trainer_new(m, stepped, NULL, &trainer));
  for (int at = 0; at < ROWS; at += BATCH) {
    nn_column columns[] = {{"x", part(t.x.view, at, BATCH)}, {"y", part(t.y.view, at, BATCH)}};
    OK(nn_trainer_step(trainer, &(nn_feed){.columns = columns, .n = 2}, reports));
    sum += reports[0] / (ROWS / BATCH);
  }
  cr_assert(same_bits(fitted, stepped));
  cr_assert_float_eq(sum, h.rows[0].train[0], 1e-12);

  double means[NN_MAX_REPORTS];
  float f[ROWS][OUT], g[ROWS][OUT];
  nn_column all[] = {{"x", t.x.view}, {"y", t.y.view}};
  OK(nn_evaluate(m, stepped, t.data, (nn_split){0}, means));
  OK(nn_trainer_evaluate(trainer, &(nn_feed){.columns = all, .n = 2}, reports));
  cr_assert_float_eq(reports[1], means[1], 1e-6);
  OK(nn_predict(m, stepped, t.data, (nn_split){0}, "prediction", tn_matrix(f, TN_F32, ROWS, OUT)));
  OK(nn_trainer_predict(trainer, &(nn_feed){.columns = all, .n = 1}, "prediction",
                        tn_matrix(g, TN_F32, ROWS, OUT)));
  for (int i = 0; i < ROWS * OUT; i++) cr_assert_float_eq(f[i / OUT][i % OUT], g[i / OUT][i % OUT], 1e-5);
  nn_trainer_free(trainer);
  nn_history_free(&h);
  nn_state_free(fitted), nn_state_free(stepped);
  nn_model_free(m);
  free_table(&t);
}

/* A rate of the step's own, and random numbers that go on where the state was. */
Test(nn_trainer, rates_and_random_numbers) {
  knobs k = {.lr = 0.1, .dropout = 0.5}, slow = {.lr = 0.02, .dropout = 0.5};
  table t = make_table(TN_F32, BATCH);
  nn_model *m = make_model(NULL, small_network, &k), *n = make_model(NULL, small_network, &slow);
  nn_state *whole = make_state(m, 1), *parts = make_state(m, 1), *other = make_state(n, 1);
  nn_trainer *one, *two;
  nn_column columns[] = {{"y", t.y.view}, {"x", t.x.view}, {"unused", t.x.view}};
  nn_feed b = {.columns = columns, .n = 3, .lr = 0.02};
  OK(nn_trainer_new(m, whole, &(nn_trainer_options){.seed = 3}, &one));
  OK(nn_trainer_new(n, other, &(nn_trainer_options){.seed = 3}, &two));
  for (int i = 0; i < 4; i++) OK(nn_trainer_step(one, &b, NULL));
  b.lr = 0;
  for (int i = 0; i < 4; i++) OK(nn_trainer_step(two, &b, NULL));
  cr_assert_eq(state_distance(whole, other), 0);
  nn_trainer_free(two);
  b.lr = 0.02;
  for (int i = 0; i < 2; i++) { /* two trainers after each other */
    OK(nn_trainer_new(m, parts, &(nn_trainer_options){.seed = 3}, &two));
    for (int j = 0; j < 2; j++) OK(nn_trainer_step(two, &b, NULL));
    nn_trainer_free(two);
  }
  cr_assert(same_bits(whole, parts));
  nn_trainer_free(one);
  nn_state_free(whole), nn_state_free(parts), nn_state_free(other);
  nn_model_free(m), nn_model_free(n);
  free_table(&t);
}

/* ---- two models that train against each other -------------------------------------------------------- */

static ag_ref critic(nn_model *m, ag_ref x) {
  ag_ref h = ag_tanh(nn_graph(m), nn_dense(m, "critic/0", x, 16, NULL));
  return nn_dense(m, "critic/1", h, 1, NULL);
}

static void critic_network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref real = critic(m, nn_input(m, "real", 1, (int64_t[]){1}));
  ag_ref fake = critic(m, nn_input(m, "fake", 1, (int64_t[]){1}));
  ag_ref loss = ag_mean_all(g, ag_add(g, ag_softplus(g, ag_neg(g, real)), ag_softplus(g, fake)));
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 0.02, .beta1 = 0.5});
}

static void maker_network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref fake = nn_dense(m, "maker", nn_input(m, "noise", 1, (int64_t[]){1}), 1, NULL);
  ag_ref loss = ag_mean_all(g, ag_softplus(g, ag_neg(g, critic(m, fake))));
  nn_freeze(m, "critic/*");
  nn_output(m, "fake", fake);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 0.01, .beta1 = 0.5});
}

/* A generative adversarial pair finds the mean of what is real. */
Test(nn_trainer, two_models_in_turn) {
  enum { N = 64 };
  nn_model *c = make_model(NULL, critic_network, NULL), *m = make_model(NULL, maker_network, NULL);
  nn_state *cs = make_state(c, 1), *ms = make_state(m, 2);
  nn_trainer *ct, *mt;
  float real[N], fake[N], noise[N];
  tn_view real_view = tn_matrix(real, TN_F32, N, 1), fake_view = tn_matrix(fake, TN_F32, N, 1);
  nn_feed pair = {.columns = (nn_column[]){{"real", real_view}, {"fake", fake_view}}, .n = 2};
  nn_feed make = {.columns = (nn_column[]){{"noise", tn_matrix(noise, TN_F32, N, 1)}}, .n = 1};
  OK(nn_trainer_new(c, cs, NULL, &ct));
  OK(nn_trainer_new(m, ms, NULL, &mt));
  double mean = 0;
  for (int step = 0; step < 600; step++) {
    tn_rng_normal((tn_rng){.stream = 1, .step = (uint32_t)step}, real_view);
    tn_rng_normal((tn_rng){.stream = 2, .step = (uint32_t)step}, tn_matrix(noise, TN_F32, N, 1));
    for (int i = 0; i < N; i++) real[i] += 3;
    OK(nn_trainer_predict(mt, &make, "fake", fake_view));
    OK(nn_trainer_step(ct, &pair, NULL));
    cr_assert_eq(nn_state_copy(ms, "critic/", cs, "critic/", true), 4);
    OK(nn_trainer_step(mt, &make, NULL));
    for (int i = 0; step >= 500 && i < N; i++) mean += fake[i] / (100 * N);
  }
  cr_assert_float_eq(mean, 3, 0.5, "%g", mean);
  nn_trainer_free(ct), nn_trainer_free(mt);
  nn_state_free(cs), nn_state_free(ms);
  nn_model_free(c), nn_model_free(m);
}

/* ---- whole graphs, lengths --------------------------------------------------------------------------- */

/* One graph is one example: nodes [5, 2] and an adjacency [5, 5] are no rows of a batch. */
static void graph_network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref nodes = ag_input(g, "nodes", nn_dtype(m), 2, (int64_t[]){5, 2});
  ag_ref near = ag_input(g, "near", nn_dtype(m), 2, (int64_t[]){5, 5});
  ag_ref label = nn_input(m, "label", 0, NULL);
  ag_ref h = ag_tanh(g, nn_dense(m, "a", ag_matmul(g, near, nodes), 8, NULL));
  ag_ref sum = ag_sum_axis(g, nn_dense(m, "b", h, 1, NULL), 0, false);
  ag_ref loss = ag_mean_all(g, ag_square(g, ag_sub(g, sum, label)));
  nn_report(m, "loss", loss);
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 0.01});
}

Test(nn_trainer, a_graph_is_one_example) {
  nn_model *m = make_model(&(nn_model_options){.batch = 1}, graph_network, NULL);
  nn_state *s = make_state(m, 1);
  nn_trainer *t;
  float nodes[5][2], near[5][5], label[1] = {2};
  double first[NN_MAX_REPORTS], last[NN_MAX_REPORTS];
  tn_rng_normal((tn_rng){.stream = 1}, tn_matrix(nodes, TN_F32, 5, 2));
  for (int i = 0; i < 25; i++) near[i / 5][i % 5] = (float)((i / 5 + i % 5) % 2);
  nn_column columns[] = {{"nodes", tn_matrix(nodes, TN_F32, 5, 2)},
                         {"near", tn_matrix(near, TN_F32, 5, 5)},
                         {"label", tn_view_of(label, TN_F32, 1, (int64_t[]){1})}};
  nn_feed b = {.columns = columns, .n = 3, .rows = 1};
  OK(nn_trainer_new(m, s, NULL, &t));
  OK(nn_trainer_step(t, &b, first));
  for (int i = 0; i < 200; i++) OK(nn_trainer_step(t, &b, last));
  cr_assert_lt(last[0], 1e-3 * first[0]);
  nn_trainer_free(t);
  nn_state_free(s);
  nn_model_free(m);
}

static void sequence_network(nn_model *m, void *ctx) {
  int *builds = ctx;
  ag_graph *g = nn_graph(m);
  int64_t length = nn_length(m);
  ++*builds;
  ag_ref x = nn_input(m, "x", 1, &length), y = nn_input(m, "y", 1, (int64_t[]){1});
  ag_ref w = nn_parameter(m, "w", 0, NULL, NN_ONES);
  ag_ref loss = nn_mse(m, ag_mul(g, w, ag_sum_axis(g, x, 1, true)), y);
  nn_report(m, "loss", loss);
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 0.001});
}

Test(nn_trainer, each_length_has_one_plan) {
  int builds = 0;
  nn_model *m = make_model(&(nn_model_options){.length = 4}, sequence_network, &builds);
  nn_state *s = make_state(m, 1);
  nn_trainer *t;
  double reports[NN_MAX_REPORTS];
  float x[2][7] = {{1, 2, 3, 4, 5, 6, 7}, {1, 1, 1, 1, 1, 1, 1}}, y[2] = {0, 0};
  cr_assert_eq(builds, 1);
  OK(nn_trainer_new(m, s, NULL, &t));
  for (int round = 0; round < 3; round++) {
    for (int64_t length = 2; length <= 7; length += 5) {
      tn_view v = tn_view_slice(tn_matrix(x, TN_F32, 2, 7), 1, 0, 1, length);
      nn_column columns[] = {{"x", v}, {"y", tn_matrix(y, TN_F32, 2, 1)}};
      double w = value_at(s, "w", 0), a = length == 2 ? 3 : 28, b = (double)length;
      OK(nn_trainer_step(t, &(nn_feed){.columns = columns, .n = 2, .length = length}, reports));
      cr_assert_float_eq(reports[0], w * w * (a * a + b * b) / 2, 1e-3);
    }
  }
  cr_assert_eq(builds, 3, "%d", builds);
  nn_trainer_free(t);
  nn_state_free(s);
  nn_model_free(m);
}

/* ---- what is refused --------------------------------------------------------------------------------- */

Test(nn_trainer, refuses) {
  knobs k = {.lr = 0.1}, still = {.lr = 0};
  table t = make_table(TN_F32, BATCH);
  nn_model *m = make_model(NULL, small_network, &k), *n = make_model(NULL, small_network, &still);
  nn_state *s = make_state(m, 1), *empty, *u = make_state(n, 1);
  nn_trainer *trainer = NULL, *other;
  double f[BATCH][OUT];
  OK(nn_state_new(m, &empty));
  cr_assert_eq(nn_trainer_new(m, empty, NULL, &trainer), TN_EINVAL);
  SAYS(nn_state_error(empty), "nothing has set");
  cr_assert_eq(nn_trainer_new(n, s, NULL, &trainer), TN_EINVAL);
  SAYS(nn_state_error(s), "another model");
  OK(nn_trainer_new(m, s, NULL, &trainer));
  nn_column columns[] = {{"x", t.x.view}, {"y", t.y.view}}, wide[] = {{"x", t.x.view}, {"y", t.x.view}};
  cr_assert_eq(nn_trainer_step(trainer, &(nn_feed){.columns = columns, .n = 1}, NULL), TN_EINVAL);
  SAYS(nn_state_error(s), "the batch has no column 'y', which the network reads");
  cr_assert_eq(nn_trainer_step(trainer, &(nn_feed){.columns = wide, .n = 2}, NULL), TN_ESHAPE);
  SAYS(nn_state_error(s), "column 'y' has [8, 4], but the network reads [8, 3]");
  cr_assert_eq(nn_trainer_step(trainer, &(nn_feed){.n = 0}, NULL), TN_EINVAL);
  cr_assert_eq(nn_trainer_step(trainer, NULL, NULL), TN_EINVAL);
  cr_assert_eq(nn_trainer_step(trainer, &(nn_feed){.columns = columns, .n = 2, .lr = NAN}, NULL), TN_EINVAL);
  cr_assert_eq(nn_trainer_predict(trainer, &(nn_feed){.columns = columns, .n = 2}, "prediction",
                                  tn_matrix(f, TN_F64, BATCH, OUT)),
               TN_ETYPE);
  cr_assert_eq(nn_trainer_predict(trainer, &(nn_feed){.columns = columns, .n = 2}, "nothing",
                                  tn_matrix(f, TN_F32, BATCH, OUT)),
               TN_EINVAL);
  SAYS(nn_state_error(s), "no output 'nothing'");
  OK(nn_trainer_new(n, u, NULL, &other));
  cr_assert_eq(nn_trainer_step(other, &(nn_feed){.columns = columns, .n = 2}, NULL), TN_EINVAL);
  SAYS(nn_state_error(u), "learning rate is 0");
  nn_trainer_free(trainer), nn_trainer_free(other);
  nn_state_free(s), nn_state_free(empty), nn_state_free(u);
  nn_model_free(m), nn_model_free(n);
  free_table(&t);
}

Test(nn_trainer, keeps_the_last_good_state) {
  knobs k = {.lr = 0.1};
  table t = make_table(TN_F32, BATCH);
  nn_model *m = make_model(NULL, small_network, &k);
  nn_state *s = make_state(m, 1), *good;
  nn_trainer *trainer;
  nn_column columns[] = {{"x", t.x.view}, {"y", t.y.view}};
  nn_feed b = {.columns = columns, .n = 2};
  OK(nn_trainer_new(m, s, &(nn_trainer_options){.keep_last_good = true}, &trainer));
  OK(nn_trainer_step(trainer, &b, NULL));
  OK(nn_state_clone(s, &good));
  float x = (float)tn_get(&t.x.view, 3);
  tn_set(&t.x.view, 3, NAN);
  cr_assert_eq(nn_trainer_step(trainer, &b, NULL), TN_ENUMERIC);
  SAYS(nn_state_error(s), "step 2: the loss, a report or an updated value is NaN or infinite");
  cr_assert(same_bits(s, good));
  tn_set(&t.x.view, 3, x);
  OK(nn_trainer_step(trainer, &b, NULL));
  cr_assert_eq(value_at(s, "step", 0), 2);
  nn_trainer_free(trainer);
  nn_state_free(s), nn_state_free(good);
  nn_model_free(m);
  free_table(&t);
}

/* ---- memory ------------------------------------------------------------------------------------------ */

static void *count_alloc(void *ctx, size_t bytes) {
  long *left = ctx;
  return (*left)-- == 0 ? NULL : tn_malloc(NULL, bytes);
}
static void count_free(void *ctx, void *p) { (void)ctx, tn_free(NULL, p); }

Test(nn_trainer, every_allocation_in_turn) {
  knobs k = {.lr = 0.1};
  table t = make_table(TN_F32, BATCH);
  nn_column columns[] = {{"x", t.x.view}, {"y", t.y.view}};
  nn_feed b = {.columns = columns, .n = 2};
  tn_status status = TN_ENOMEM;
  for (long fail = 0; status != TN_OK; fail++) {
    long left = -1;
    float f[BATCH][OUT];
    tn_alloc alloc = {count_alloc, count_free, &left};
    nn_model *m = make_model(&(nn_model_options){.alloc = &alloc}, small_network, &k);
    nn_state *s = make_state(m, 1);
    nn_trainer *trainer = NULL;
    left = fail;
    status = nn_trainer_new(m, s, &(nn_trainer_options){.keep_last_good = true}, &trainer);
    if (status == TN_OK) status = nn_trainer_step(trainer, &b, NULL);
    if (status == TN_OK)
      status = nn_trainer_predict(trainer, &b, "prediction", tn_matrix(f, TN_F32, BATCH, OUT));
    if (status == TN_OK) { /* from here on a step allocates nothing */
      left = 0;
      OK(nn_trainer_step(trainer, &b, NULL));
    } else {
      cr_assert_eq(status, TN_ENOMEM);
    }
    left = -1;
    nn_trainer_free(trainer);
    nn_state_free(s);
    nn_model_free(m);
  }
  free_table(&t);
}
