/* Gradients as values: transforms against loops by hand, groups, steps that add up, constraints, averages; rules that have no
 * peer in tests/conformance against their papers' formulas. */
#include "test_nn_hand.h"

typedef struct setup {
  void (*before)(nn_model *m);
  void (*train)(nn_gradients *d);
} setup;

static void linear(nn_model *m, void *ctx) {
  const setup *s = ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref loss = nn_mse(m, nn_dense(m, "p", x, OUT, &(nn_dense_options){.no_bias = true}), y);
  nn_report(m, "mse", loss);
  if (s->before) s->before(m);
  nn_gradients *d = nn_gradients_of(m, loss);
  s->train(d);
}

/* Trains `steps` whole batches and leaves the kernel and a slot in p and slot; both NULL are not asked for. */
static void train(const setup *s, int steps, double *p, const char *name, double *slot) {
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, linear, (void *)(uintptr_t)s);
  nn_state *state = make_state(m, 1);
  if (steps) OK(nn_fit(m, state, t.data, (nn_split){0}, &(nn_fit_options){.epochs = steps}, NULL));
  for (int i = 0; p && i < SIZE; i++) p[i] = value_at(state, "p/kernel", i);
  for (int i = 0; slot && i < SIZE; i++) slot[i] = value_at(state, name, i);
  nn_state_free(state);
  nn_model_free(m);
  free_table(&t);
}

static void plain_sgd(nn_gradients *d) { nn_update(d, "*", nn_sgd_rule(&(nn_sgd_options){.lr = 0.1})); }

/* A loop by hand: `map` changes the gradient, `after` the parameter. */
typedef void change(const hand *h, double *v);

static void by_hand(hand *h, table *t, int steps, change *map, change *after) {
  static const setup s = {NULL, plain_sgd};
  *h = (hand){.x = t->x.view.data, .y = t->y.view.data};
  train(&s, 0, h->p, NULL, NULL);
  for (int k = 0; k < steps; k++) {
    double g[SIZE];
    gradient(h, g);
    if (map) map(h, g);
    for (int i = 0; i < SIZE; i++) h->p[i] -= 0.1 * g[i];
    if (after) after(h, h->p);
  }
}

static double length(const double *v, int n, int stride) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += v[i * stride] * v[i * stride];
  return sqrt(sum);
}

/* ---- transforms -------------------------------------------------------------------------------------- */

static void clip_value(nn_gradients *d) { nn_clip_value(d, 0.05), plain_sgd(d); }
static void clip_value_hand(const hand *h, double *g) {
  (void)h;
  for (int i = 0; i < SIZE; i++) g[i] = fmax(-0.05, fmin(0.05, g[i]));
}

static void clip_global(nn_gradients *d) {
  cr_assert(!d || nn_gradients_count(d) == 1);
  cr_assert(!d || !strcmp(nn_gradients_at(d, 0)->name, "p/kernel"));
  nn_clip_global_norm(d, 0.1), plain_sgd(d);
}
static void clip_norm(nn_gradients *d) { nn_clip_norm(d, 0.1), plain_sgd(d); }
static void clip_norm_hand(const hand *h, double *g) {
  double factor = fmin(1, 0.1 / (length(g, SIZE, 1) + 1e-6));
  (void)h;
  for (int i = 0; i < SIZE; i++) g[i] *= factor;
}

static void decay(nn_gradients *d) { nn_decay(d, "p/*", 0.3), plain_sgd(d); }
static void decay_hand(const hand *h, double *g) {
  for (int i = 0; i < SIZE; i++) g[i] += 0.3 * h->p[i];
}

static void centralize(nn_gradients *d) { nn_centralize(d, "*"), plain_sgd(d); }
static void centralize_hand(const hand *h, double *g) {
  (void)h;
  for (int j = 0; j < OUT; j++) {
    double mean = 0;
    for (int i = 0; i < IN; i++) mean += g[i * OUT + j] / IN;
    for (int i = 0; i < IN; i++) g[i * OUT + j] -= mean;
  }
}

static void mask(nn_gradients *d) {
  static unsigned char rows[IN] = {1, 0, 1, 0};
  nn_mask(d, "p/kernel", tn_matrix(rows, TN_U8, IN, 1));
  plain_sgd(d);
}
static void mask_hand(const hand *h, double *g) {
  (void)h;
  for (int i = 0; i < SIZE; i++)
    if (i / OUT % 2) g[i] = 0;
}

static void own(nn_gradients *d) {
  for (int i = 0; i < nn_gradients_count(d); i++) {
    nn_gradient *x = nn_gradients_at(d, i);
    x->gradient = x->parameter; /* as if the loss were half its square */
  }
  plain_sgd(d);
}
static void own_hand(const hand *h, double *g) { memcpy(g, h->p, SIZE * sizeof *g); }

Test(nn_gradients, transforms) {
  static const struct {
    setup s;
    change *map;
  } rows[] = {{{NULL, plain_sgd}, NULL},           {{NULL, clip_value}, clip_value_hand},
              {{NULL, clip_norm}, clip_norm_hand}, {{NULL, clip_global}, clip_norm_hand},
              {{NULL, decay}, decay_hand},         {{NULL, centralize}, centralize_hand},
              {{NULL, mask}, mask_hand},           {{NULL, own}, own_hand}};
  table t = make_table(TN_F64, ROWS);
  for (size_t c = 0; c < sizeof rows / sizeof *rows; c++) {
    double p[SIZE];
    hand h;
    train(&rows[c].s, STEPS, p, NULL, NULL);
    by_hand(&h, &t, STEPS, rows[c].map, NULL);
    for (int i = 0; i < SIZE; i++) cr_assert_float_eq(p[i], h.p[i], 1e-12, "%zu: %g %g", c, p[i], h.p[i]);
  }
  free_table(&t);
}

/* ---- constraints, averages --------------------------------------------------------------------------- */

static void max_norm(nn_model *m) { nn_max_norm(m, "p/kernel", 0.5); }
static void max_norm_hand(const hand *h, double *p) {
  (void)h;
  for (int j = 0; j < OUT; j++) {
    double n = length(p + j, IN, OUT);
    for (int i = 0; n > 0.5 && i < IN; i++) p[i * OUT + j] *= 0.5 / n;
  }
}
static void unit_norm(nn_model *m) { nn_unit_norm(m, "p/kernel"); }
static void unit_norm_hand(const hand *h, double *p) {
  (void)h;
  for (int j = 0; j < OUT; j++) {
    double n = length(p + j, IN, OUT);
    for (int i = 0; i < IN; i++) p[i * OUT + j] /= n;
  }
}

Test(nn_gradients, constraints) {
  static const struct {
    setup s;
    change *after;
  } rows[] = {{{max_norm, plain_sgd}, max_norm_hand}, {{unit_norm, plain_sgd}, unit_norm_hand}};
  table t = make_table(TN_F64, ROWS);
  for (size_t c = 0; c < 2; c++) {
    double p[SIZE];
    hand h;
    train(&rows[c].s, STEPS, p, NULL, NULL);
    by_hand(&h, &t, STEPS, NULL, rows[c].after);
    for (int i = 0; i < SIZE; i++) cr_assert_float_eq(p[i], h.p[i], 1e-12, "%zu: %g %g", c, p[i], h.p[i]);
  }
  free_table(&t);
}

static void exponential(nn_model *m) { nn_average_exponential(m, "*", 0.8); }
static void plain(nn_model *m) { nn_average_plain(m, "*", 5, 3); }

Test(nn_gradients, averages) {
  static const setup rows[] = {{exponential, plain_sgd}, {plain, plain_sgd}};
  for (int c = 0; c < 2; c++) {
    double p[SIZE], average[SIZE], expected[SIZE] = {0};
    int counted = 0;
    for (int k = 1; k <= STEPS; k++) {
      train(&rows[c], k, p, "average/p/kernel", average);
      bool due = k >= 5 && (k - 5) % 3 == 0;
      counted += due;
      for (int i = 0; i < SIZE; i++) {
        if (c == 0) expected[i] = k == 1 ? p[i] : 0.8 * expected[i] + 0.2 * p[i];
        else if (k <= 5) expected[i] = p[i];
        else if (due) expected[i] += (p[i] - expected[i]) / counted;
        cr_assert_float_eq(average[i], expected[i], 1e-13, "%d, step %d", c, k);
      }
    }
  }
}

/* ---- gradients that add up ---------------------------------------------------------------------------- */

static void adam_accumulated(nn_gradients *d) {
  nn_accumulate(d, 4);
  nn_update(d, "*", nn_adam_rule(&(nn_adam_options){.lr = 0.1}));
}
static void adam_plain(nn_gradients *d) { nn_update(d, "*", nn_adam_rule(&(nn_adam_options){.lr = 0.1})); }

/* Four quarters of the rows added up are the step on all of them; after a number that is no multiple nothing has moved. */
Test(nn_gradients, accumulates) {
  setup parts = {NULL, adam_accumulated}, whole = {NULL, adam_plain};
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS / 4}, linear, &parts);
  nn_model *n = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, linear, &whole);
  nn_state *a = make_state(m, 1), *b = make_state(n, 1), *half;
  nn_fit_options o = {.epochs = 3, .keep_order = true};
  OK(nn_fit(m, a, t.data, (nn_split){0}, &o, NULL));
  OK(nn_fit(n, b, t.data, (nn_split){0}, &o, NULL));
  for (int i = 0; i < SIZE; i++) {
    cr_assert_float_eq(value_at(a, "p/kernel", i), value_at(b, "p/kernel", i), 1e-13);
    cr_assert_float_eq(value_at(a, "adam/v/p/kernel", i), value_at(b, "adam/v/p/kernel", i), 1e-13);
  }
  cr_assert_eq(value_at(a, "step", 0), 12);
  cr_assert_eq(value_at(a, "accumulate/updates", 0), 3);
  OK(nn_state_clone(a, &half));
  OK(nn_fit(m, half, t.data, (nn_split){(int64_t[]){0, 1, 2, 3, 4, 5, 6, 7}, 8},
            &(nn_fit_options){.epochs = 1}, NULL));
  for (int i = 0; i < SIZE; i++) cr_assert_eq(value_at(half, "p/kernel", i), value_at(a, "p/kernel", i));
  cr_assert_neq(value_at(half, "accumulate/p/kernel", 0), 0);
  nn_state_free(a), nn_state_free(b), nn_state_free(half);
  nn_model_free(m), nn_model_free(n);
  free_table(&t);
}

/* ---- groups ------------------------------------------------------------------------------------------- */

static void groups(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref a = nn_parameter(m, "a/p", 0, NULL, NN_ONES), b = nn_parameter(m, "b/p", 0, NULL, NN_ONES);
  ag_ref c = nn_parameter(m, "c/p", 0, NULL, NN_ONES); /* in no group: stays */
  nn_report(m, "x", ag_mean_all(g, nn_input(m, "x", 1, (int64_t[]){IN})));
  nn_gradients *d = nn_gradients_of(m, ag_add(g, ag_add(g, a, b), c));
  nn_decay(d, "b/*", 0.5);
  nn_update(d, "a/*", nn_sgd_rule(&(nn_sgd_options){.lr = 0.5}));
  nn_update(d, "[ab]/*", nn_lion_rule(&(nn_lion_options){.lr = 0.125}));
}

Test(nn_gradients, groups) {
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, groups, NULL);
  nn_state *s = make_state(m, 1);
  tn_view v;
  OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 2}, NULL));
  cr_assert_eq(value_at(s, "a/p", 0), 0);
  cr_assert_eq(value_at(s, "b/p", 0), 0.75);
  cr_assert_eq(value_at(s, "c/p", 0), 1);
  cr_assert(nn_state_find(s, "lion/m/b/p", &v) && !nn_state_find(s, "lion/m/a/p", &v));
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* ---- rules of papers ---------------------------------------------------------------------------------- */

static void adabelief(nn_gradients *d) {
  nn_update(d, "*",
            nn_adabelief_rule(&(nn_adabelief_options){.lr = 0.1, .epsilon = 1e-8, .weight_decay = 0.02}));
}
static void adabelief_step(hand *h, const double *g, int t) {
  for (int i = 0; i < SIZE; i++) {
    h->a[i] = 0.9 * h->a[i] + 0.1 * g[i];
    h->b[i] = 0.999 * h->b[i] + 0.001 * (g[i] - h->a[i]) * (g[i] - h->a[i]) + 1e-8;
    double m = h->a[i] / (1 - pow(0.9, t)), s = h->b[i] / (1 - pow(0.999, t));
    h->p[i] -= 0.1 * m / (sqrt(s) + 1e-8) + 0.1 * 0.02 * h->p[i];
  }
}

static void lamb(nn_gradients *d) {
  nn_update(d, "*", nn_lamb_rule(&(nn_lamb_options){.lr = 0.05, .weight_decay = 0.02}));
}
static void lamb_step(hand *h, const double *g, int t) {
  double u[SIZE];
  for (int i = 0; i < SIZE; i++) {
    h->a[i] = 0.9 * h->a[i] + 0.1 * g[i];
    h->b[i] = 0.999 * h->b[i] + 0.001 * g[i] * g[i];
    u[i] = h->a[i] / (1 - pow(0.9, t)) / (sqrt(h->b[i] / (1 - pow(0.999, t))) + 1e-6) + 0.02 * h->p[i];
  }
  double trust = length(h->p, SIZE, 1) / length(u, SIZE, 1);
  for (int i = 0; i < SIZE; i++) h->p[i] -= 0.05 * trust * u[i];
}

static void lion(nn_gradients *d) {
  nn_update(d, "*", nn_lion_rule(&(nn_lion_options){.lr = 0.01, .weight_decay = 0.1}));
}
static void lion_step(hand *h, const double *g, int t) {
  (void)t;
  for (int i = 0; i < SIZE; i++) {
    double c = 0.9 * h->a[i] + 0.1 * g[i];
    h->a[i] = 0.99 * h->a[i] + 0.01 * g[i];
    h->p[i] -= 0.01 * ((c > 0) - (c < 0) + 0.1 * h->p[i]);
  }
}

Test(nn_gradients, rules_of_papers) {
  static const struct {
    setup s;
    void (*step)(hand *h, const double *g, int t);
  } rows[] = {{{NULL, adabelief}, adabelief_step}, {{NULL, lamb}, lamb_step}, {{NULL, lion}, lion_step}};
  table t = make_table(TN_F64, ROWS);
  for (size_t c = 0; c < sizeof rows / sizeof *rows; c++) {
    double p[SIZE];
    hand h = {.x = t.x.view.data, .y = t.y.view.data};
    train(&rows[c].s, 0, h.p, NULL, NULL);
    for (int k = 1; k <= STEPS; k++) {
      double g[SIZE];
      gradient(&h, g);
      rows[c].step(&h, g, k);
    }
    train(&rows[c].s, STEPS, p, NULL, NULL);
    for (int i = 0; i < SIZE; i++) cr_assert_float_eq(p[i], h.p[i], 1e-12, "%zu: %g %g", c, p[i], h.p[i]);
  }
  free_table(&t);
}

/* ---- every row of the table, what is refused ------------------------------------------------------------ */

#define NN_OPTIMIZER(name) extern const nn_optimizer_row nn_optimizer_##name;
#include "nn/optim/optim.h"
#undef NN_OPTIMIZER
static const nn_optimizer_row *const all_rules[] = {
#define NN_OPTIMIZER(name) &nn_optimizer_##name,
#include "nn/optim/optim.h"
#undef NN_OPTIMIZER
};

static void any_rule(nn_model *m, void *ctx) {
  const nn_optimizer_row *row = ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref loss = nn_mse(m, nn_dense(m, "p", x, OUT, &(nn_dense_options){.no_bias = true}), y);
  nn_report(m, "mse", loss);
  row->sample(m, loss, 0.01);
}

/* In both types each lowers the loss, and its state is resumed with the same bits. */
Test(nn_gradients, every_rule_trains) {
  size_t n = sizeof all_rules / sizeof *all_rules;
  cr_assert_gt(n, 1);
  for (size_t c = 0; c < 2 * n; c++) {
    tn_dtype dtype = c % 2 ? TN_F32 : TN_F64;
    table t = make_table(dtype, ROWS);
    nn_model *m = make_model(&(nn_model_options){.dtype = dtype, .batch = 4}, any_rule,
                             (void *)(uintptr_t)all_rules[c / 2]);
    nn_state *a = make_state(m, 1), *b = make_state(m, 1), *copy;
    double before[NN_MAX_REPORTS], after[NN_MAX_REPORTS];
    OK(nn_evaluate(m, a, t.data, (nn_split){0}, before));
    OK(nn_fit(m, a, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 6}, NULL));
    OK(nn_evaluate(m, a, t.data, (nn_split){0}, after));
    cr_assert_lt(after[0], before[0], "%s", all_rules[c / 2]->name);
    OK(nn_fit(m, b, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 3}, NULL));
    OK(nn_state_clone(b, &copy));
    OK(nn_fit(m, copy, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 6, .first_epoch = 4}, NULL));
    cr_assert(same_bits(a, copy), "%s", all_rules[c / 2]->name);
    nn_state_free(a), nn_state_free(b), nn_state_free(copy);
    nn_model_free(m);
    free_table(&t);
  }
}

static void no_match(nn_gradients *d) { nn_update(d, "q/*", nn_sgd_rule(&(nn_sgd_options){.lr = 1})); }
static void twice(nn_gradients *d) { plain_sgd(d), plain_sgd(d); }
static void no_limit(nn_gradients *d) { nn_clip_value(d, 0); }
static void no_steps(nn_gradients *d) { nn_accumulate(d, 0); }
static void large_mask(nn_gradients *d) {
  static double ones[2 * SIZE];
  nn_mask(d, "*", tn_view_of(ones, TN_F64, 3, (int64_t[]){2, IN, OUT}));
}
static void bad_decay(nn_gradients *d) { nn_decay(d, "nothing", 1); }
static ag_ref transposed(ag_graph *g, ag_ref p, const void *ctx) { return (void)ctx, ag_transpose2(g, p); }
static void shape_changes(nn_model *m) { nn_constrain(m, "*", transposed, NULL); }
static void no_average(nn_model *m) { nn_average_exponential(m, "*", 1); }

Test(nn_gradients, refuses) {
  static const struct {
    setup s;
    tn_status status;
    const char *says;
  } rows[] = {{{NULL, no_match}, TN_EINVAL, "not in a group yet matches 'q/*'"},
              {{NULL, twice}, TN_EINVAL, "not in a group yet matches '*'"},
              {{NULL, no_limit}, TN_EINVAL, "nn_clip_value: the limit must be above 0, not 0"},
              {{NULL, no_steps}, TN_EINVAL, "nn_accumulate: 0 steps; want 1 or more"},
              {{NULL, large_mask}, TN_ESHAPE, "mask of 'p/kernel' is larger"},
              {{NULL, bad_decay}, TN_EINVAL, "nn_decay: no parameter that is trained matches 'nothing'"},
              {{shape_changes, plain_sgd}, TN_ESHAPE, "the constraint of 'p/kernel' changes its shape"},
              {{no_average, plain_sgd}, TN_EINVAL, "the decay must be between 0 and 1"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    nn_model *m = NULL;
    tn_status status =
        nn_model_new(&(nn_model_options){.dtype = TN_F64}, linear, (void *)(uintptr_t)&rows[i].s, &m);
    cr_assert_eq(status, rows[i].status, "%zu: %s", i, nn_error(m));
    SAYS(nn_error(m), rows[i].says);
    nn_model_free(m);
  }
}
