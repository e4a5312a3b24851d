/* One model on several ranks: the same bits for any number of them, in steps and in a fit; replicas; what is refused. */
#include "test_nn.h"

#include "support/thread_ranks.h"

enum { ROWS = 80, BATCH = 4, SHARDS = 8, EPOCHS = 3 };

typedef struct setup {
  const tn_ranks *ranks;
  int shards;
  bool dropout, buffer, twice, accumulates, averages;
} setup;

static void network(nn_model *m, void *ctx) {
  const setup *s = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref h = ag_tanh(g, nn_dense(m, "a", x, 6, NULL));
  if (s->buffer) h = nn_batch_norm(m, "norm", h, NULL);
  if (s->dropout) h = nn_dropout(m, "drop", h, 0.3);
  ag_ref loss = nn_mse(m, nn_dense(m, "b", h, OUT, NULL), y);
  nn_report(m, "mse", loss);
  if (s->averages) {
    nn_average_exponential(m, "a/*", 0.9);
    nn_average_plain(m, "b/*", 2, 2);
  }
  nn_gradients *d = nn_gradients_of(m, loss);
  if (s->accumulates) nn_accumulate(d, 2);
  nn_sum_over_ranks(d, s->ranks, s->shards);
  if (s->twice) nn_sum_over_ranks(d, s->ranks, s->shards);
  nn_clip_global_norm(d, 1);
  nn_update(d, "*", nn_adam_rule(&(nn_adam_options){.lr = 0.01}));
}

/* ---- a fit ---------------------------------------------------------------------------------------------- */

typedef struct fit_job {
  table *t;
  tn_array weights[8]; /* of each rank, all parameters and moments side by side */
  double loss[8];
} fit_job;

static tn_array pack(const nn_state *s) {
  int64_t n = 0, at = 0;
  for (int i = 0; i < nn_state_count(s); i++) {
    tn_view v = nn_state_view(s, i);
    if (nn_state_kind(s, i) != NN_KIND_STEP && strncmp(nn_state_name(s, i), "ranks/", 6))
      n += tn_view_numel(&v);
  }
  tn_array all;
  OK(tn_array_new(NULL, TN_F32, 1, &n, &all));
  for (int i = 0; i < nn_state_count(s); i++) {
    tn_view v = nn_state_view(s, i);
    if (nn_state_kind(s, i) == NN_KIND_STEP || !strncmp(nn_state_name(s, i), "ranks/", 6)) continue;
    memcpy((float *)all.view.data + at, v.data, tn_view_bytes(&v));
    at += tn_view_numel(&v);
  }
  return all;
}

static void fit_on(void *ctx, const tn_ranks *ranks) {
  fit_job *job = ctx;
  setup k = {.ranks = ranks, .shards = SHARDS, .dropout = true, .averages = true};
  nn_model *m = make_model(&(nn_model_options){.batch = BATCH}, network, &k);
  nn_state *s = make_state(m, 1);
  nn_history h = {0};
  nn_fit_options o = {
      .epochs = EPOCHS, .seed = 5, .schedule = nn_cosine, .on_epoch = nn_history_record, .on_epoch_ctx = &h};
  nn_fit_result r;
  cr_assert_eq(nn_fit(m, s, job->t->data, (nn_split){0}, &o, &r), TN_OK, "%s", r.message);
  job->weights[ranks->rank] = pack(s);
  job->loss[ranks->rank] = h.rows[EPOCHS - 1].train[0];
  nn_history_free(&h);
  nn_state_free(s);
  nn_model_free(m);
}

Test(ranks, a_fit_has_the_same_bits_on_1_2_4_8_ranks) {
  table t = make_table(TN_F32, ROWS);
  fit_job one = {.t = &t};
  on_thread_ranks(1, fit_on, &one);
  for (int size = 2; size <= 8; size *= 2) {
    fit_job job = {.t = &t};
    on_thread_ranks(size, fit_on, &job);
    for (int r = 0; r < size; r++) {
      cr_assert(
          !memcmp(job.weights[r].view.data, one.weights[0].view.data, tn_view_bytes(&one.weights[0].view)),
          "rank %d of %d", r, size);
      cr_assert_float_eq(job.loss[r], one.loss[0], 1e-12);
      cr_assert_eq(job.loss[r], job.loss[0]);
      tn_array_free(&job.weights[r]);
    }
  }
  tn_array_free(&one.weights[0]);
  free_table(&t);
}

/* ---- steps ---------------------------------------------------------------------------------------------- */

static void step_on(void *ctx, const tn_ranks *ranks) {
  fit_job *job = ctx;
  setup k = {.ranks = ranks, .shards = SHARDS, .dropout = true};
  nn_model *m = make_model(&(nn_model_options){.batch = BATCH}, network, &k);
  nn_state *s = make_state(m, 1);
  nn_trainer *trainer = NULL;
  for (int i = 0; i < 2 * SHARDS / ranks->size; i++) {
    if (i % 3 == 0) { /* a trainer begun anew goes on where the state is */
      nn_trainer_free(trainer);
      OK(nn_trainer_new(m, s, &(nn_trainer_options){.seed = 5}, &trainer));
    }
    int64_t at = nn_trainer_shard(trainer) * BATCH;
    nn_column columns[] = {{"x", tn_view_slice(job->t->x.view, 0, at, 1, BATCH)},
                           {"y", tn_view_slice(job->t->y.view, 0, at, 1, BATCH)}};
    OK(nn_trainer_step(trainer, &(nn_feed){.columns = columns, .n = 2}, NULL));
  }
  job->weights[ranks->rank] = pack(s);
  nn_trainer_free(trainer);
  nn_state_free(s);
  nn_model_free(m);
}

Test(ranks, steps_have_the_same_bits) {
  table t = make_table(TN_F32, 2 * SHARDS * BATCH);
  fit_job one = {.t = &t}, four = {.t = &t};
  on_thread_ranks(1, step_on, &one);
  on_thread_ranks(4, step_on, &four);
  for (int r = 0; r < 4; r++) {
    cr_assert(
        !memcmp(four.weights[r].view.data, one.weights[0].view.data, tn_view_bytes(&one.weights[0].view)));
    tn_array_free(&four.weights[r]);
  }
  tn_array_free(&one.weights[0]);
  free_table(&t);
}

/* The tree changes the order of additions only: near a plain step on the whole batch. */
Test(ranks, an_update_is_that_of_the_whole_batch) {
  table t = make_table(TN_F32, SHARDS * BATCH);
  setup tree = {.shards = SHARDS}, plain = {.shards = 1};
  nn_model *m = make_model(&(nn_model_options){.batch = BATCH}, network, &tree);
  nn_model *n = make_model(&(nn_model_options){.batch = SHARDS * BATCH}, network, &plain);
  nn_state *a = make_state(m, 1), *b = make_state(n, 1);
  nn_fit_options o = {.epochs = 2, .keep_order = true};
  OK(nn_fit(m, a, t.data, (nn_split){0}, &o, NULL));
  OK(nn_fit(n, b, t.data, (nn_split){0}, &o, NULL));
  tn_array x = pack(a), y = pack(b);
  for (int64_t i = 0; i < tn_view_numel(&x.view); i++)
    cr_assert_float_eq(tn_get(&x.view, i), tn_get(&y.view, i), 1e-5);
  tn_array_free(&x), tn_array_free(&y);
  nn_state_free(a), nn_state_free(b);
  nn_model_free(m), nn_model_free(n);
  free_table(&t);
}

/* Averages count updates, not steps: those after an update of 8 small batches are those after a step on the whole one. */
Test(ranks, averages_count_updates) {
  table t = make_table(TN_F32, SHARDS * BATCH);
  setup tree = {.shards = SHARDS, .averages = true}, plain = {.shards = 1, .averages = true};
  nn_model *m = make_model(&(nn_model_options){.batch = BATCH}, network, &tree);
  nn_model *n = make_model(&(nn_model_options){.batch = SHARDS * BATCH}, network, &plain);
  nn_state *a = make_state(m, 1), *b = make_state(n, 1);
  nn_fit_options o = {.epochs = 5, .keep_order = true};
  OK(nn_fit(m, a, t.data, (nn_split){0}, &o, NULL));
  OK(nn_fit(n, b, t.data, (nn_split){0}, &o, NULL));
  static const char *const names[] = {"average/a/kernel", "average/a/bias", "average/b/kernel",
                                      "average/b/bias"};
  for (int k = 0; k < 4; k++) {
    tn_view x, y;
    cr_assert(nn_state_find(a, names[k], &x) && nn_state_find(b, names[k], &y));
    for (int64_t i = 0; i < tn_view_numel(&x); i++)
      cr_assert_float_eq(tn_get(&x, i), tn_get(&y, i), 1e-5, "%s: %g %g", names[k], tn_get(&x, i),
                         tn_get(&y, i));
  }
  nn_state_free(a), nn_state_free(b);
  nn_model_free(m), nn_model_free(n);
  free_table(&t);
}

/* ---- replicas, sums, failures --------------------------------------------------------------------------- */

static tn_status replica(void *ctx, int64_t i) {
  ((double *)ctx)[i] = 1;
  return i == 3 ? TN_ENUMERIC : i == 5 ? TN_EIO : TN_OK;
}

static void replicas_on(void *ctx, const tn_ranks *ranks) {
  double done[7] = {0};
  (void)ctx;
  cr_assert_eq(nn_replicas_over(ranks, 7, 1, replica, done), TN_ENUMERIC);
  for (int i = 0; i < 7; i++) cr_assert_eq(done[i], i % ranks->size == ranks->rank);
}

Test(ranks, replicas) {
  on_thread_ranks(1, replicas_on, NULL);
  on_thread_ranks(4, replicas_on, NULL);
}

static void sum_on(void *ctx, const tn_ranks *ranks) {
  enum { N = 20001 }; /* more than a chunk */
  double *x = malloc(N * sizeof *x);
  (void)ctx;
  for (int i = 0; i < N; i++) x[i] = i + ranks->rank;
  OK(tn_ranks_sum(ranks, tn_view_of(x, TN_F64, 1, (int64_t[]){N})));
  for (int i = 0; i < N; i++) cr_assert_eq(x[i], 4.0 * i + 6);
  free(x);
}

static tn_status lost(void *ctx, int partner, const void *mine, void *theirs, size_t bytes) {
  (void)ctx, (void)partner, (void)mine, (void)theirs, (void)bytes;
  return TN_EIO;
}

Test(ranks, sums) {
  double x = 1;
  float f = 1;
  int64_t whole = 1;
  tn_ranks three = {0, 3, lost, NULL}, outside = {2, 2, lost, NULL}, two = {1, 2, lost, NULL};
  on_thread_ranks(4, sum_on, NULL);
  cr_assert_eq(tn_ranks_sum(NULL, tn_scalar(&x, TN_F64)), TN_EINVAL);
  cr_assert_eq(tn_ranks_sum(&three, tn_scalar(&x, TN_F64)), TN_EINVAL);
  cr_assert_eq(tn_ranks_sum(&outside, tn_scalar(&x, TN_F64)), TN_EINVAL);
  cr_assert_eq(tn_ranks_sum(&two, tn_scalar(&whole, TN_I64)), TN_ETYPE);
  cr_assert_eq(tn_ranks_sum(&two, tn_scalar(NULL, TN_F64)), TN_EINVAL);
  cr_assert_eq(tn_ranks_sum(&two, tn_scalar(&f, TN_F32)), TN_EIO);
}

/* A partner that is gone fails the step, with a sentence that says which rank could not go on. */
Test(ranks, a_lost_partner) {
  tn_ranks two = {1, 2, lost, NULL};
  table t = make_table(TN_F32, ROWS);
  setup k = {.ranks = &two, .shards = 2};
  nn_model *m = make_model(&(nn_model_options){.batch = BATCH}, network, &k);
  nn_state *s = make_state(m, 1);
  nn_fit_result r;
  cr_assert_eq(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, &r), TN_EIO);
  cr_assert(strstr(r.message, "allreduce: rank 1 of 2"), "%s", r.message);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

Test(ranks, refused) {
  tn_ranks three = {0, 3, lost, NULL}, two = {0, 2, lost, NULL}, mute = {0, 2, NULL, NULL};
  const struct {
    setup k;
    const char *words;
  } cases[] = {{{.ranks = &three, .shards = 3}, "must be a power of two, and the rank"},
               {{.ranks = &two, .shards = 1}, "multiple of the number of ranks"},
               {{.ranks = &two, .shards = 6}, "must be a power of two and a multiple"},
               {{.ranks = &mute, .shards = 2}, "no function to exchange"},
               {{.shards = 0}, "(0 shards, 1 ranks)"},
               {{.shards = 2, .twice = true}, "can be called once"},
               {{.shards = 2, .accumulates = true}, "not together with nn_accumulate"},
               {{.shards = 2, .buffer = true}, "use layer or group normalization"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    nn_model *m;
    setup k = cases[i].k;
    cr_assert_neq(nn_model_new(NULL, network, &k, &m), TN_OK);
    cr_expect(strstr(nn_error(m), cases[i].words) && strstr(nn_error(m), "nn_sum_over_ranks"), "%s",
              nn_error(m));
    nn_model_free(m);
  }
}

Test(ranks, too_few_rows) {
  table t = make_table(TN_F32, 12);
  setup k = {.shards = 4};
  nn_model *m = make_model(&(nn_model_options){.batch = BATCH}, network, &k);
  nn_state *s = make_state(m, 1);
  nn_fit_result r;
  cr_assert_eq(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, &r), TN_EINVAL);
  cr_assert(strstr(r.message, "takes 4 batches of 4 rows, more than the 12 rows"), "%s", r.message);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}
