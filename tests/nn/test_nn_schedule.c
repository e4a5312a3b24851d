/* Schedules against what PyTorch's lr_scheduler gives at eight steps (torch 2.15, 15 digits), compositions, the plateau. */
#include "test_nn.h"

static const int64_t at_steps[] = {0, 1, 3, 5, 7, 11, 16, 23};

typedef struct expected {
  const char *name;
  double factor[8];
} expected;

static void check(const expected *e, nn_schedule s, int64_t steps) {
  for (int i = 0; i < 8; i++) {
    double f = nn_scheduled(&s, at_steps[i], steps);
    cr_assert_float_eq(f, e->factor[i], 1e-13, "%s, step %d: %.15g, not %.15g", e->name, (int)at_steps[i], f,
                       e->factor[i]);
  }
}

Test(nn_schedule, equal_those_of_pytorch) {
  check(&(expected){"warmup", {0.1, 0.2125, 0.4375, 0.6625, 0.8875, 1, 1, 1}}, nn_schedule_warmup(8, 0.1),
        24);
  check(&(expected){"step", {1, 1, 1, 0.5, 0.5, 0.25, 0.125, 0.0625}}, nn_schedule_step(5, 0.5), 24);
  check(&(expected){"multistep", {1, 1, 0.3, 0.09, 0.09, 0.09, 0.027, 0.027}},
        nn_schedule_multistep((int64_t[]){3, 4, 15}, 3, 0.3), 24);
  check(
      &(expected){"exponential",
                  {1, 0.9, 0.729, 0.59049, 0.4782969, 0.31381059609, 0.185302018885184, 0.0886293811965251}},
      nn_schedule_exponential(0.9), 24);
  check(&(expected){"polynomial", {1, 0.9025, 0.7225, 0.5625, 0.4225, 0.2025, 0.04, 0}},
        nn_schedule_polynomial(20, 2, 0), 24);
  check(&(expected){"cosine",
                    {1, 0.996150187618215, 0.965745789630079, 0.907009003131056, 0.823942643053924,
                     0.608736786499023, 0.325, 0.103849812381785}},
        nn_schedule_cosine(0, 0.1), 24);
  check(&(expected){"restarts",
                    {1, 0.86087572106361, 0.18912427893639, 0.963842777942861, 0.706774630373418,
                     0.0861572220571388, 0.86087572106361, 0.261104139315689}},
        nn_schedule_cosine_restarts(4, 2, 0.05), 24);
  check(&(expected){"one cycle",
                    {0.04, 0.100313624250601, 0.495688398957418, 0.913966451779493, 0.994415435450912,
                     0.811745653949763, 0.37059299508683, 4e-06}},
        nn_schedule_one_cycle(24, 0.3, 25, 1e4), 24);
  nn_schedule parts[] = {nn_schedule_warmup(6, 0.2), nn_schedule_exponential(0.8)};
  check(&(expected){"sequence",
                    {0.2, 0.333333333333333, 0.6, 0.866666666666667, 0.8, 0.32768, 0.1073741824,
                     0.0225179981368525}},
        nn_schedule_sequence(parts, (int64_t[]){6}, 2), 24);
}

Test(nn_schedule, compositions) {
  nn_schedule parts[] = {nn_schedule_constant(0.5), nn_schedule_step(10, 0.1)};
  nn_schedule both = nn_schedule_product(parts, 2);
  cr_assert_float_eq(nn_scheduled(&both, 25, 100), 0.005, 1e-15);
  /* A part of length 0 takes what is left of the fit. */
  nn_schedule inner[] = {nn_schedule_constant(1), nn_schedule_cosine(0, 0)};
  nn_schedule s = nn_schedule_sequence(inner, (int64_t[]){20}, 2);
  cr_assert_eq(nn_scheduled(&s, 19, 100), 1);
  cr_assert_float_eq(nn_scheduled(&s, 60, 100), 0.5, 1e-15);
  cr_assert_float_eq(nn_scheduled(&s, 100, 100), 0, 1e-15);
}

Test(nn_schedule, in_a_fit) {
  enum { ROWS = 16 };
  knobs k = {.lr = 0.1};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 8}, small_network, &k);
  nn_state *s = make_state(m, 1);
  nn_schedule steps = nn_schedule_step(4, 0.5);
  nn_history h = {0};
  nn_fit_options o = {.epochs = 4,
                      .schedule = nn_scheduled,
                      .schedule_ctx = &steps,
                      .on_epoch = nn_history_record,
                      .on_epoch_ctx = &h};
  OK(nn_fit(m, s, t.data, (nn_split){0}, &o, NULL));
  for (int e = 0; e < 4; e++) cr_assert_float_eq(h.rows[e].lr, e < 2 ? 0.1 : 0.05, 1e-15);
  nn_history_free(&h);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* Rates after each epoch of ReduceLROnPlateau (torch 2.15) for these means, as factors on the first rate. */
static void check_plateau(nn_plateau p, const double *want) {
  static const double means[16] = {1,   0.9, 0.9, 0.89995, 0.95, 0.91, 0.5, 0.6,
                                   0.6, 0.6, 0.6, 0.6,     0.6,  0.6,  0.6, 0.6};
  const char *names[] = {"mae", "mse"};
  enum { EACH = 5 }; /* steps of an epoch */
  p.monitor = "mse";
  for (int e = 0; e < 16; e++) {
    double valid[] = {7, means[e]}, train[] = {1, 1};
    nn_epoch epoch = {
        .epoch = e + 1, .epochs = 16, .n_reports = 2, .names = names, .train = train, .valid = valid};
    cr_assert(nn_plateau_watch(&p, &epoch));
    double next = nn_plateau_rate(&p, (e + 1) * EACH, 16 * EACH);
    cr_expect_float_eq(next, want[e], 1e-15, "after epoch %d: %g, not %g", e + 1, next, want[e]);
  }
  for (int e = 0; e < 15; e++) /* what a replay gets */
    for (int k = 0; k < EACH; k++)
      cr_expect_float_eq(nn_plateau_rate(&p, (e + 1) * EACH + k, 16 * EACH), want[e], 1e-15);
  cr_expect_eq(nn_plateau_rate(&p, EACH - 1, 16 * EACH), 1);
}

Test(nn_schedule, plateau_equals_pytorch) {
  check_plateau((nn_plateau){.factor = 0.5, .patience = 1},
                (double[]){1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.03125,
                           0.03125, 0.015625, 0.015625});
  check_plateau(
      (nn_plateau){.patience = 0, .cooldown = 2, .least = 0.01},
      (double[]){1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01});
  check_plateau(
      (nn_plateau){.factor = 0.3, .patience = 2, .threshold = 0.05},
      (double[]){1, 1, 1, 1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.09, 0.09, 0.09, 0.027, 0.027, 0.027, 0.0081});
}

/* A rate so small that nothing improves by a ten-thousandth: after 2 epochs it falls. */
Test(nn_schedule, plateau_in_a_fit) {
  knobs k = {.lr = 1e-9};
  table t = make_table(TN_F32, 16);
  nn_model *m = make_model(&(nn_model_options){.batch = 8}, small_network, &k);
  nn_state *s = make_state(m, 1);
  nn_history h = {0};
  nn_plateau p = {.monitor = "mse", .patience = 1, .then = nn_history_record, .then_ctx = &h};
  nn_fit_options o = {.epochs = 6,
                      .schedule = nn_plateau_rate,
                      .schedule_ctx = &p,
                      .on_epoch = nn_plateau_watch,
                      .on_epoch_ctx = &p};
  OK(nn_fit(m, s, t.data, (nn_split){0}, &o, NULL));
  for (int e = 0; e < 6; e++)
    cr_expect_float_eq(h.rows[e].lr,
                       e < 3   ? 1e-9
                       : e < 5 ? 1e-10
                               : 1e-11,
                       1e-20, "epoch %d: %g", e + 1, h.rows[e].lr);
  p.monitor = "none";
  cr_expect_eq(nn_fit(m, s, t.data, (nn_split){0}, &o, NULL), TN_ESTOPPED);
  nn_history_free(&h);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}
