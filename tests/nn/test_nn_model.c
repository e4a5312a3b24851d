/* The registry of a model, layers, initial values, freezing, states and what moves between them. */
#include "test_nn.h"

/* ---- names ------------------------------------------------------------------------------------------- */

Test(nn_glob, patterns) {
  cr_assert(nn__glob("*", ""));
  cr_assert(nn__glob("*", "a/b/c"));
  cr_assert(nn__glob("encoder/[01]/*", "encoder/1/kernel"));
  cr_assert(!nn__glob("encoder/[01]/*", "encoder/2/kernel"));
  cr_assert(nn__glob("encoder/[!01]/*", "encoder/2/kernel"));
  cr_assert(nn__glob("[a-c]?[]x]", "bz]"));
  cr_assert(!nn__glob("[a-c]?[]x]", "dz]"));
  cr_assert(nn__glob("*/kernel", "a/b/kernel"));
  cr_assert(!nn__glob("*/kernel", "a/kernel/x"));
  cr_assert(nn__glob("a*b*c", "aXbYbZc"));
  cr_assert(!nn__glob("a*b*c", "aXbYbZ"));
  cr_assert(nn__glob("a[", "a["), "an open bracket stands for itself");
  cr_assert(!nn__glob("", "a"));
  cr_assert(!nn__glob("a", ""));
}

static void two_shapes(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){1000}), y = nn_input(m, "y", 1, (int64_t[]){999});
  nn_dense(m, "encoder/0", x, 512, NULL);
  nn_dense(m, "encoder/0", y, 512, NULL);
}

static void two_kinds(nn_model *m, void *ctx) {
  (void)ctx;
  nn_parameter(m, "a", 0, NULL, NN_ONES);
  nn_buffer(m, "a", 0, NULL, 0);
}

static void bad_extent(nn_model *m, void *ctx) {
  (void)ctx;
  nn_parameter(m, "a", 2, (int64_t[]){3, 0}, NN_ONES);
}

static void nothing_to_train(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref p = nn_parameter(m, "p", 0, NULL, NN_ONES);
  nn_freeze(m, "p");
  nn_sgd(m, p, &(nn_sgd_options){.lr = 1});
}

static void wrong_target(nn_model *m, void *ctx) {
  (void)ctx;
  nn_mse(m, nn_input(m, "x", 1, (int64_t[]){4}), nn_input(m, "y", 1, (int64_t[]){1}));
}

static void no_match(nn_model *m, void *ctx) {
  (void)ctx;
  nn_dense(m, "a", nn_input(m, "x", 1, (int64_t[]){4}), 2, NULL);
  nn_l2(m, "b/*", 1);
}

static void no_freeze(nn_model *m, void *ctx) {
  (void)ctx;
  nn_freeze(m, "b/*");
}

static void vector_lasso(nn_model *m, void *ctx) {
  (void)ctx;
  nn_parameter(m, "a", 1, (int64_t[]){3}, NN_ONES);
  nn_group_lasso(m, "a", 1);
}

static void reserved_column(nn_model *m, void *ctx) {
  (void)ctx;
  nn_input(m, "lr", 0, NULL);
}

static void twice_reported(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref p = nn_parameter(m, "p", 0, NULL, NN_ONES);
  nn_report(m, "loss", p);
  nn_report(m, "loss", p);
}

static void bad_rate(nn_model *m, void *ctx) {
  (void)ctx;
  nn_dropout(m, "drop", nn_input(m, "x", 1, (int64_t[]){4}), 1);
}

static void flat_dense(nn_model *m, void *ctx) {
  (void)ctx;
  nn_dense(m, "a", nn_input(m, "x", 0, NULL), 2, NULL);
}

Test(nn_model, failures_say_what) {
  fails(two_shapes, NULL, TN_ESHAPE,
        "nn_dense: 'encoder/0/kernel' has [1000, 512] in this model but [999, 512] was asked for");
  fails(two_kinds, NULL, TN_EINVAL, "nn_buffer: 'a' is already a parameter of this model");
  fails(bad_extent, NULL, TN_ESHAPE, "'a' must have positive extents");
  fails(nothing_to_train, NULL, TN_EINVAL, "depends on no parameter that is not frozen");
  fails(wrong_target, NULL, TN_ESHAPE,
        "nn_mse: the values must have one type and shape, not f32 [32, 4] and f32 [32, 1]");
  fails(no_match, NULL, TN_EINVAL, "nn_l2: no parameter declared so far matches 'b/*'");
  fails(no_freeze, NULL, TN_EINVAL, "nn_freeze: no parameter declared so far matches 'b/*'");
  fails(vector_lasso, NULL, TN_ESHAPE, "rows are the groups");
  fails(reserved_column, NULL, TN_EINVAL, "'lr' is the name of a value of the model");
  fails(twice_reported, NULL, TN_EINVAL, "two reports 'loss'");
  fails(bad_rate, NULL, TN_EINVAL, "rate 1");
  fails(flat_dense, NULL, TN_ESHAPE, "nn_dense 'a': the input must be [batch, ..., in], not [32]");
  fails(NULL, NULL, TN_EINVAL, "no network function");
}

static void later_layer(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN});
  ag_ref f = nn_dense(m, nn_mode_of(m) == NN_EVAL ? "late" : "early", x, 1, NULL);
  nn_output(m, "f", f);
  nn_report(m, "mean", ag_mean_all(nn_graph(m), f));
}

Test(nn_model, parameters_are_settled_by_the_first_build) {
  nn_model *m = make_model(NULL, later_layer, NULL);
  nn_state *s = make_state(m, 1);
  table t = make_table(TN_F32, 3);
  double means[NN_MAX_REPORTS];
  cr_assert_eq(nn_evaluate(m, s, t.data, (nn_split){0}, means), TN_EINVAL);
  SAYS(nn_state_error(s), "'late/kernel' was not declared when the model was made");
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

Test(nn_model, registry) {
  knobs k = {.lr = 0.1};
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, small_network, &k);
  nn_state *s = make_state(m, 1);
  static const char *const names[] = {"hidden/kernel",
                                      "hidden/bias",
                                      "readout/kernel",
                                      "readout/bias",
                                      "step",
                                      "adam/m/hidden/kernel",
                                      "adam/v/hidden/kernel",
                                      "adam/m/hidden/bias",
                                      "adam/v/hidden/bias",
                                      "adam/m/readout/kernel",
                                      "adam/v/readout/kernel",
                                      "adam/m/readout/bias",
                                      "adam/v/readout/bias"};
  cr_assert_eq(nn_state_count(s), 13);
  for (int i = 0; i < 13; i++) {
    tn_view v;
    cr_assert_str_eq(nn_state_name(s, i), names[i]);
    cr_assert(nn_state_find(s, names[i], &v));
    cr_assert_eq(v.data, nn_state_view(s, i).data);
    cr_assert_eq((uintptr_t)v.data % 64, 0);
  }
  tn_view v;
  cr_assert(!nn_state_find(s, "nonsense", &v));
  nn_state_free(s);
  nn_model_free(m);
}

/* A weight that two layers share is one parameter. */
static void tied(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN});
  ag_ref h = nn_dense(m, "same", nn_dense(m, "same", x, IN, NULL), IN, NULL);
  nn_report(m, "loss", ag_mean_all(g, ag_square(g, h)));
  nn_sgd(m, ag_mean_all(g, ag_square(g, h)), &(nn_sgd_options){.lr = 0.1});
}

Test(nn_model, shared_weights) {
  nn_model *m = make_model(NULL, tied, NULL);
  cr_assert_eq(m->n_variables, 3);
  nn_model_free(m);
}

/* ---- initial values ---------------------------------------------------------------------------------- */

enum { WIDE = 400, NARROW = 100 };

static void initialized(nn_model *m, void *ctx) {
  nn_parameter(m, "w", 2, (int64_t[]){WIDE, NARROW}, *(const nn_init *)ctx);
}

Test(nn_init, statistics) {
  double in = WIDE, out = NARROW;
  const struct {
    nn_init init;
    double sd, bound;
  } cases[] = {{NN_GLOROT_UNIFORM, sqrt(2 / (in + out)), sqrt(6 / (in + out))},
               {NN_GLOROT_NORMAL, sqrt(2 / (in + out)), INFINITY},
               {NN_HE_UNIFORM, sqrt(2 / in), sqrt(6 / in)},
               {NN_HE_NORMAL, sqrt(2 / in), INFINITY},
               {NN_LECUN_UNIFORM, sqrt(1 / in), sqrt(3 / in)},
               {NN_LECUN_NORMAL, sqrt(1 / in), INFINITY}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    nn_init init = cases[c].init;
    for (tn_dtype dtype = TN_F32; dtype <= TN_F64; dtype++) {
      nn_model *m = make_model(&(nn_model_options){.dtype = dtype}, initialized, &init);
      nn_state *s = make_state(m, 5);
      tn_view w = nn_state_view(s, 0);
      int64_t n = tn_view_numel(&w);
      double sum = 0, squares = 0, largest = 0;
      for (int64_t i = 0; i < n; i++) {
        double x = tn_get(&w, i);
        sum += x, squares += x * x, largest = fmax(largest, fabs(x));
      }
      cr_assert_float_eq(sum / (double)n / cases[c].sd, 0, 0.02);
      cr_assert_float_eq(sqrt(squares / (double)n) / cases[c].sd, 1, 0.02);
      cr_assert_leq(largest, cases[c].bound * (1 + 1e-6));
      if (isfinite(cases[c].bound)) cr_assert_geq(largest, 0.99 * cases[c].bound);
      nn_state_free(s);
      nn_model_free(m);
    }
  }
}

static void two_layers(nn_model *m, void *ctx) {
  bool swapped = *(const bool *)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN});
  if (swapped) nn_dense(m, "extra", x, 7, NULL);
  nn_dense(m, swapped ? "b" : "a", x, HIDDEN, NULL);
  nn_dense(m, swapped ? "a" : "b", x, HIDDEN, NULL);
}

Test(nn_init, depends_on_key_and_name_only) {
  bool no = false, yes = true;
  nn_model *m = make_model(NULL, two_layers, &no), *swapped = make_model(NULL, two_layers, &yes);
  nn_state *s = make_state(m, 5), *again = make_state(m, 5), *other = make_state(swapped, 5);
  cr_assert(same_bits(s, again));
  cr_assert_eq(state_distance(s, other), 0);
  cr_assert_neq(value_at(s, "a/kernel", 0), value_at(s, "b/kernel", 0));
  nn_state_init(again, 6, 0);
  cr_assert_neq(value_at(s, "a/kernel", 0), value_at(again, "a/kernel", 0));
  nn_state_init(again, 5, 1);
  cr_assert_neq(value_at(s, "a/kernel", 0), value_at(again, "a/kernel", 0));
  cr_assert_eq(value_at(s, "a/bias", 0), 0);
  nn_state_free(s), nn_state_free(again), nn_state_free(other);
  nn_model_free(m), nn_model_free(swapped);
}

/* ---- layers ------------------------------------------------------------------------------------------ */

static double dense_at(const nn_state *s, const char *name, const double *x, int in, int units, int j) {
  char kernel[64], bias[64];
  snprintf(kernel, sizeof kernel, "%s/kernel", name);
  snprintf(bias, sizeof bias, "%s/bias", name);
  double sum = value_at(s, bias, j);
  for (int i = 0; i < in; i++) sum += x[i] * value_at(s, kernel, i * units + j);
  return sum;
}

Test(nn_layers, dense_forward) {
  knobs k = {.lr = 0.1};
  enum { ROWS = 7 };
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .eval_batch = 3}, small_network, &k);
  nn_state *s = make_state(m, 1);
  table t = make_table(TN_F64, ROWS);
  double out[ROWS][OUT], *x = t.x.view.data;
  tn_view bias;
  cr_assert(nn_state_find(s, "hidden/bias", &bias));
  for (int j = 0; j < HIDDEN; j++) tn_set(&bias, j, 0.1 * j);
  OK(nn_predict(m, s, t.data, (nn_split){0}, "prediction", tn_matrix(out, TN_F64, ROWS, OUT)));
  for (int r = 0; r < ROWS; r++) {
    double h[HIDDEN];
    for (int j = 0; j < HIDDEN; j++) {
      double z = dense_at(s, "hidden", x + r * IN, IN, HIDDEN, j);
      h[j] = z > 0 ? z : expm1(z);
    }
    for (int j = 0; j < OUT; j++) {
      cr_assert_float_eq(out[r][j], dense_at(s, "readout", h, HIDDEN, OUT, j), 1e-14);
    }
  }
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* Dropout keeps the mean and drops the right fraction; noise has its sd; both are off in evaluation. */
enum { UNITS = 4000 };
static void noisy(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref one = ag_offset(g, ag_scale(g, nn_input(m, "x", 1, (int64_t[]){IN}), 0), 1);
  ag_ref wide = ag_contract(g, one, ag_broadcast(g, ag_scalar(g, TN_F64, 0.25), 2, (int64_t[]){IN, UNITS}),
                            false, false); /* ones */
  ag_ref dropped = nn_dropout(m, "drop", wide, 0.3), noise = nn_gaussian_noise(m, "noise", wide, 2);
  ag_ref p = nn_parameter(m, "p", 0, NULL, NN_ZEROS);
  nn_report(m, "kept", ag_mean_all(g, ag_greater(g, dropped, ag_like(g, dropped, 0))));
  nn_report(m, "mean", ag_mean_all(g, dropped));
  nn_report(m, "noise mean", ag_mean_all(g, noise));
  nn_report(m, "noise variance", ag_mean_all(g, ag_square(g, ag_offset(g, noise, -1))));
  nn_sgd(m, ag_square(g, p), &(nn_sgd_options){.lr = 0.1});
}

static bool keep_reports(void *ctx, const nn_epoch *e) {
  memcpy(ctx, e->train, sizeof(double[4]));
  return true;
}

Test(nn_layers, dropout_and_noise) {
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = 16}, noisy, NULL);
  nn_state *s = make_state(m, 1);
  table t = make_table(TN_F64, 64);
  double train[4], eval[NN_MAX_REPORTS];
  nn_fit_options o = {.epochs = 1, .on_epoch = keep_reports, .on_epoch_ctx = train};
  OK(nn_fit(m, s, t.data, (nn_split){0}, &o, NULL));
  cr_assert_float_eq(train[0], 0.7, 0.005);
  cr_assert_float_eq(train[1], 1, 0.01);
  cr_assert_float_eq(train[2], 1, 0.02);
  cr_assert_float_eq(train[3], 4, 0.05);
  OK(nn_evaluate(m, s, t.data, (nn_split){0}, eval));
  cr_assert_eq(eval[0], 1);
  cr_assert_eq(eval[1], 1);
  cr_assert_eq(eval[3], 0);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* ---- freezing ---------------------------------------------------------------------------------------- */

static int fit_steps(nn_model *m) {
  const nn__plan *p;
  OK(nn__plan_get(m, NN__FIT, NULL, m->batch, &p, NULL));
  return ag_plan_step_count(p->plan);
}

Test(nn_freeze, constants_and_a_smaller_plan) {
  knobs free_knobs = {.lr = 0.1, .lasso = 0.1, .l2 = 0.1},
        k = {.lr = 0.1, .lasso = 0.1, .l2 = 0.1, .freeze = "hidden/*"};
  nn_model *m = make_model(NULL, small_network, &k), *whole = make_model(NULL, small_network, &free_knobs);
  nn_state *s = make_state(m, 1), *before;
  table t = make_table(TN_F32, 50);
  OK(nn_state_clone(s, &before));
  OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 3}, NULL));
  for (int i = 0; i < nn_state_count(s); i++) {
    tn_view a = nn_state_view(s, i), b = nn_state_view(before, i);
    bool frozen = strstr(nn_state_name(s, i), "hidden") != NULL;
    cr_assert_eq(!memcmp(a.data, b.data, tn_view_bytes(&a)), frozen, "%s", nn_state_name(s, i));
  }
  cr_assert(!nn_state_find(s, "adam/m/hidden/kernel", &(tn_view){0}), "a frozen parameter has no slots");
  cr_assert_lt(fit_steps(m), fit_steps(whole));
  nn_state_free(s), nn_state_free(before);
  nn_model_free(m), nn_model_free(whole);
  free_table(&t);
}

/* Nothing that the loss does not see is touched, were it by weight decay. */
static void two_heads(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref h = nn_dense(m, "trunk", x, HIDDEN, NULL);
  nn_output(m, "unused", nn_dense(m, "unused", h, OUT, NULL));
  ag_ref mse = nn_mse(m, nn_dense(m, "head", ag_detach(g, h), OUT, NULL), y);
  nn_report(m, "mse", mse);
  nn_adam(m, mse, &(nn_adam_options){.lr = 0.1, .weight_decay = 0.1});
}

Test(nn_freeze, no_influence_no_update) {
  nn_model *m = make_model(NULL, two_heads, NULL);
  nn_state *s = make_state(m, 1), *before;
  table t = make_table(TN_F32, 50);
  OK(nn_state_clone(s, &before));
  OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 2}, NULL));
  cr_assert_eq(value_at(s, "trunk/kernel", 3), value_at(before, "trunk/kernel", 3));
  cr_assert_eq(value_at(s, "unused/kernel", 3), value_at(before, "unused/kernel", 3));
  cr_assert_neq(value_at(s, "head/kernel", 3), value_at(before, "head/kernel", 3));
  cr_assert_eq(nn_state_count(s), 6 + 1 + 4);
  nn_state_free(s), nn_state_free(before);
  nn_model_free(m);
  free_table(&t);
}

/* ---- between states ---------------------------------------------------------------------------------- */

static void prefixed(nn_model *m, void *ctx) {
  char name[32];
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  snprintf(name, sizeof name, "%s/0", (const char *)ctx);
  ag_ref h = nn_dense(m, name, x, HIDDEN, NULL);
  nn_buffer(m, "seen", 0, NULL, 4);
  nn_adam(m, nn_mse(m, nn_dense(m, "out", h, OUT, NULL), y), &(nn_adam_options){.lr = 1});
}

Test(nn_state, copies_by_prefix) {
  nn_model *a = make_model(NULL, prefixed, (void *)"left");
  nn_model *b = make_model(&(nn_model_options){.dtype = TN_F64}, prefixed, (void *)"right");
  nn_state *x = make_state(a, 1), *y = make_state(b, 2);
  cr_assert_eq(value_at(x, "seen", 0), 4);
  double out = value_at(y, "out/kernel", 0);
  cr_assert_eq(nn_state_copy(y, "right/", x, "left/", false), 2);
  cr_assert_eq(value_at(y, "right/0/kernel", 7), value_at(x, "left/0/kernel", 7));
  cr_assert_eq(value_at(y, "out/kernel", 0), out);
  cr_assert_eq(nn_state_copy(y, "right/", x, "", false), 0);
  tn_view step;
  cr_assert(nn_state_find(x, "step", &step));
  tn_set(&step, 0, 12);
  cr_assert_eq(nn_state_copy(y, "", x, "", true), 3, "out/kernel, out/bias, seen");
  cr_assert_eq(value_at(y, "step", 0), 0);
  cr_assert_eq(nn_state_copy(y, "", x, "", false), 3 + 1 + 4);
  cr_assert_eq(value_at(y, "step", 0), 12);
  nn_state_free(x), nn_state_free(y);
  nn_model_free(a), nn_model_free(b);
}

static void sized(nn_model *m, void *ctx) {
  int64_t in = *(const int64_t *)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, &in), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref h = ag_elu(g, nn_dense(m, "first", x, HIDDEN, NULL), 1);
  ag_ref f = nn_dense(m, "last", h, OUT, NULL), mse = nn_mse(m, f, y);
  nn_output(m, "f", f);
  nn_report(m, "mse", mse);
  nn_adam(m, mse, &(nn_adam_options){.lr = 0.01});
}

Test(nn_prune, equals_zeroed_inputs) {
  enum { ROWS = 40 };
  int64_t in = IN, kept = 2, rows[] = {3, 1};
  nn_model_options f64 = {.dtype = TN_F64};
  nn_model *big = make_model(&f64, sized, &in), *small = make_model(&f64, sized, &kept);
  nn_state *a = make_state(big, 1), *b = make_state(small, 2);
  table t = make_table(TN_F64, ROWS);
  nn_data *chosen;
  double *x = t.x.view.data, few[ROWS][2], f[ROWS][OUT], g[ROWS][OUT];
  OK(nn_fit(big, a, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 2}, NULL));

  OK(nn_prune_inputs(b, a, "first/kernel", rows, kept, true));
  for (int64_t r = 0; r < ROWS; r++) {
    for (int c = 0; c < 2; c++) few[r][c] = x[r * IN + rows[c]];
    x[r * IN + 0] = x[r * IN + 2] = 0;
  }
  OK(nn_data_new(NULL, &chosen));
  OK(nn_data_add(chosen, "x", tn_matrix(few, TN_F64, ROWS, 2)));
  OK(nn_data_add(chosen, "y", t.y.view));
  OK(nn_predict(big, a, t.data, (nn_split){0}, "f", tn_matrix(f, TN_F64, ROWS, OUT)));
  OK(nn_predict(small, b, chosen, (nn_split){0}, "f", tn_matrix(g, TN_F64, ROWS, OUT)));
  for (int r = 0; r < ROWS; r++) {
    for (int j = 0; j < OUT; j++) cr_assert_float_eq(f[r][j], g[r][j], 1e-14);
  }
  for (int j = 0; j < HIDDEN; j++) { /* moments follow their rows, or start anew */
    cr_assert_eq(value_at(b, "adam/v/first/kernel", j), value_at(a, "adam/v/first/kernel", 3 * HIDDEN + j));
    cr_assert_eq(value_at(b, "adam/m/first/bias", j), value_at(a, "adam/m/first/bias", j));
  }
  cr_assert_eq(value_at(b, "step", 0), 4);
  OK(nn_prune_inputs(b, a, "first/kernel", rows, kept, false));
  cr_assert_eq(value_at(b, "first/kernel", 0), value_at(a, "first/kernel", 3 * HIDDEN));
  cr_assert_eq(value_at(b, "adam/v/first/kernel", 0), 0);
  cr_assert_eq(value_at(b, "adam/m/first/bias", 0), 0);
  cr_assert_eq(value_at(b, "step", 0), 0);

  int64_t outside[] = {0, IN};
  double kernel = value_at(b, "first/kernel", 0);
  cr_assert_eq(nn_prune_inputs(b, a, "first/kernel", outside, 2, true), TN_EINVAL);
  SAYS(nn_state_error(b), "'first/kernel' has no row 4");
  cr_assert_eq(nn_prune_inputs(b, a, "first/kernel", rows, 1, true), TN_ESHAPE);
  SAYS(nn_state_error(b), "1 rows of 'first/kernel' [4, 5] do not make [2, 5]");
  cr_assert_eq(nn_prune_inputs(b, a, "nonsense", rows, 2, true), TN_EINVAL);
  cr_assert_eq(value_at(b, "first/kernel", 0), kernel);
  nn_data_free(chosen);
  nn_state_free(a), nn_state_free(b);
  nn_model_free(big), nn_model_free(small);
  free_table(&t);
}
