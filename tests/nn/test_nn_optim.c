/* Each optimizer's trajectory against a loop written by hand, in f64, to 1e-12. */
#include "test_nn_hand.h"

typedef struct rule {
  const char *name;
  void (*minimize)(nn_model *m, ag_ref loss);
  void (*step)(hand *h, int i, double g, double lr, int t); /* element i */
} rule;

static void sgd(nn_model *m, ag_ref l) { nn_sgd(m, l, &(nn_sgd_options){.lr = 0.1}); }
static void sgd_step(hand *h, int i, double g, double lr, int t) { (void)t, h->p[i] -= lr * g; }

static void momentum(nn_model *m, ag_ref l) { nn_sgd(m, l, &(nn_sgd_options){.lr = 0.1, .momentum = 0.8}); }
static void momentum_step(hand *h, int i, double g, double lr, int t) {
  (void)t;
  h->a[i] = 0.8 * h->a[i] + g;
  h->p[i] -= lr * h->a[i];
}

static void nesterov(nn_model *m, ag_ref l) {
  nn_sgd(m, l, &(nn_sgd_options){.lr = 0.1, .momentum = 0.8, .nesterov = true});
}
static void nesterov_step(hand *h, int i, double g, double lr, int t) {
  (void)t;
  h->a[i] = 0.8 * h->a[i] + g;
  h->p[i] -= lr * (g + 0.8 * h->a[i]);
}

static void rmsprop(nn_model *m, ag_ref l) { nn_rmsprop(m, l, &(nn_rmsprop_options){.lr = 0.1}); }
static void rmsprop_step(hand *h, int i, double g, double lr, int t) {
  (void)t;
  h->a[i] = 0.9 * h->a[i] + 0.1 * g * g;
  h->p[i] -= lr * g / (sqrt(h->a[i]) + 1e-7);
}

static void moments(hand *h, int i, double g) {
  h->a[i] = 0.9 * h->a[i] + 0.1 * g;
  h->b[i] = 0.999 * h->b[i] + 0.001 * g * g;
}

static void adam(nn_model *m, ag_ref l) { nn_adam(m, l, &(nn_adam_options){.lr = 0.1}); }
static void adam_step(hand *h, int i, double g, double lr, int t) {
  moments(h, i, g);
  lr *= sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t));
  h->p[i] -= lr * h->a[i] / (sqrt(h->b[i]) + 1e-7);
}

static void torch(nn_model *m, ag_ref l) {
  nn_adam(m, l, &(nn_adam_options){.lr = 0.1, .epsilon = 1e-3, .torch_epsilon = true});
}
static void torch_step(hand *h, int i, double g, double lr, int t) {
  moments(h, i, g);
  double m = h->a[i] / (1 - pow(0.9, t)), v = h->b[i] / (1 - pow(0.999, t));
  h->p[i] -= lr * m / (sqrt(v) + 1e-3);
}

static void adamw(nn_model *m, ag_ref l) {
  nn_adam(m, l, &(nn_adam_options){.lr = 0.1, .weight_decay = 0.05});
}
static void adamw_step(hand *h, int i, double g, double lr, int t) {
  double decay = lr * 0.05 * h->p[i];
  adam_step(h, i, g, lr, t);
  h->p[i] -= decay;
}

/* Signs of the gradient, with a rate that falls with the step: a rule of the user's own. */
static ag_ref sign_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  u->new_slots[0] = ag_add(g, u->slots[0], ag_abs(g, u->dp));
  u->new_slots[1] = u->dp;
  ag_ref rate = ag_div(g, ag_scale(g, u->lr, *(const double *)u->options), u->step);
  return ag_sub(g, u->p, ag_mul(g, rate, ag_sign(g, ag_add(g, u->dp, u->slots[1]))));
}
static void own(nn_model *m, ag_ref l) {
  static const double factor = 0.5;
  nn_optimizer o = {
      .n_slots = 2, .slot_names = {"own/total", "own/last"}, .update = sign_update, .options = &factor};
  nn_minimize(m, l, &o, 0.1);
}
static void own_step(hand *h, int i, double g, double lr, int t) {
  double d = g + h->b[i];
  h->a[i] += fabs(g);
  h->b[i] = g;
  h->p[i] -= lr * 0.5 / t * ((d > 0) - (d < 0));
}

static const rule rules[] = {{"sgd", sgd, sgd_step},
                             {"momentum", momentum, momentum_step},
                             {"nesterov", nesterov, nesterov_step},
                             {"rmsprop", rmsprop, rmsprop_step},
                             {"adam", adam, adam_step},
                             {"torch", torch, torch_step},
                             {"adamw", adamw, adamw_step},
                             {"own", own, own_step}};

static void linear(nn_model *m, void *ctx) {
  const rule *r = ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref f = nn_dense(m, "p", x, OUT, &(nn_dense_options){.no_bias = true}), loss = nn_mse(m, f, y);
  nn_report(m, "mse", loss);
  r->minimize(m, loss);
}

/* The scheduled rate of the step counted from 0. */
static double schedule(void *ctx, int64_t step, int64_t steps) {
  (void)ctx;
  cr_assert_eq(steps, STEPS);
  return 1 - 0.02 * (double)step;
}

Test(nn_optim, trajectories) {
  table t = make_table(TN_F64, ROWS);
  for (size_t c = 0; c < sizeof rules / sizeof *rules; c++) {
    nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, linear, (void *)&rules[c]);
    nn_state *s = make_state(m, 1);
    hand h = {.x = t.x.view.data, .y = t.y.view.data};
    for (int i = 0; i < SIZE; i++) h.p[i] = value_at(s, "p/kernel", i);
    for (int k = 1; k <= STEPS; k++) {
      double g[SIZE];
      gradient(&h, g);
      for (int i = 0; i < SIZE; i++) rules[c].step(&h, i, g[i], 0.1 * schedule(NULL, k - 1, STEPS), k);
    }
    OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = STEPS, .schedule = schedule}, NULL));
    cr_assert_eq(value_at(s, "step", 0), STEPS);
    for (int i = 0; i < SIZE; i++) {
      double p = value_at(s, "p/kernel", i);
      cr_assert_float_eq(p, h.p[i], 1e-12, "%s: %.17g, by hand %.17g", rules[c].name, p, h.p[i]);
    }
    nn_state_free(s);
    nn_model_free(m);
  }
  free_table(&t);
}

/* ---- options ---- */

/* An optimizer without options, and with the numbers for which 0 stands: the same bits. */
typedef struct spelt_out {
  const char *name;
  void (*minimize)(nn_model *m, ag_ref loss, bool given);
} spelt_out;

#define SPELT_OUT(NAME, ...)                                                                                 \
  static void NAME##_given(nn_model *m, ag_ref l, bool given) {                                              \
    nn_##NAME(m, l,                                                                                          \
              given ? &(nn_##NAME##_options){.lr = 0.1, __VA_ARGS__} : &(nn_##NAME##_options){.lr = 0.1});   \
  }
SPELT_OUT(adam, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-7)
SPELT_OUT(adabelief, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-16)
SPELT_OUT(adafactor, .beta2_decay = -0.8, .epsilon1 = 2.220446049250313e-16, .epsilon2 = 1e-3, .clip = 1)
SPELT_OUT(lamb, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-6)
SPELT_OUT(lion, .beta1 = 0.9, .beta2 = 0.99)
SPELT_OUT(muon, .momentum = 0.95, .epsilon = 1e-7, .a = 3.4445, .b = -4.775, .c = 2.0315, .steps = 5)
SPELT_OUT(rmsprop, .rho = 0.9, .epsilon = 1e-7)
static const spelt_out defaults[] = {{"adam", adam_given},           {"adabelief", adabelief_given},
                                     {"adafactor", adafactor_given}, {"lamb", lamb_given},
                                     {"lion", lion_given},           {"muon", muon_given},
                                     {"rmsprop", rmsprop_given}};

typedef struct choice {
  const spelt_out *of;
  bool given;
} choice;

static void chosen(nn_model *m, void *ctx) {
  const choice *c = ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref f = nn_dense(m, "p", x, OUT, &(nn_dense_options){.no_bias = true});
  c->of->minimize(m, nn_mse(m, f, y), c->given);
}

static nn_state *trained(const table *t, choice c, nn_model **m) {
  *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, chosen, &c);
  nn_state *s = make_state(*m, 1);
  double before = value_at(s, "p/kernel", 0);
  OK(nn_fit(*m, s, t->data, (nn_split){0}, &(nn_fit_options){.epochs = 3}, NULL));
  cr_expect_neq(value_at(s, "p/kernel", 0), before, "%s changes nothing", c.of->name);
  return s;
}

Test(nn_optim, an_option_of_0_stands_for_its_default) {
  table t = make_table(TN_F64, ROWS);
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
    nn_model *m[2];
    nn_state *a = trained(&t, (choice){&defaults[i], false}, &m[0]),
             *b = trained(&t, (choice){&defaults[i], true}, &m[1]);
    cr_expect(same_bits(a, b), "%s", defaults[i].name);
    nn_state_free(a), nn_state_free(b);
    nn_model_free(m[0]), nn_model_free(m[1]);
  }
  free_table(&t);
}

/* f32 keeps the first bias corrections, which 1 - 0.999^t would not. */
Test(nn_optim, bias_correction_in_f32) {
  table t = make_table(TN_F32, ROWS), u = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = ROWS}, linear, (void *)&rules[4]);
  nn_model *n = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, linear, (void *)&rules[4]);
  nn_state *a = make_state(m, 1), *b = make_state(n, 1);
  tn_copy(u.x.view, t.x.view);
  tn_copy(u.y.view, t.y.view);
  cr_assert_eq(nn_state_copy(b, "", a, "", false), 4);
  OK(nn_fit(m, a, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, NULL));
  OK(nn_fit(n, b, u.data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, NULL));
  cr_assert_lt(state_distance(a, b), 1e-6);
  nn_state_free(a), nn_state_free(b);
  nn_model_free(m), nn_model_free(n);
  free_table(&t), free_table(&u);
}

/* Two optimizers in one step share the counter and the schedule, not the rate. */
static void two_rates(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref a = nn_parameter(m, "a", 0, NULL, NN_ONES), b = nn_parameter(m, "b", 0, NULL, NN_ONES);
  nn_report(m, "x", ag_mean_all(g, nn_input(m, "x", 1, (int64_t[]){IN})));
  nn_sgd(m, a, &(nn_sgd_options){.lr = 0.5});
  nn_sgd(m, b, &(nn_sgd_options){.lr = 0.125});
}

Test(nn_optim, two_rates) {
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, two_rates, NULL);
  nn_state *s = make_state(m, 1);
  OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 2}, NULL));
  cr_assert_eq(value_at(s, "a", 0), 0);
  cr_assert_eq(value_at(s, "b", 0), 0.75);
  cr_assert_eq(value_at(s, "step", 0), 2);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}
