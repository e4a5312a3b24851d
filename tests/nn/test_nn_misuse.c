/* Wrong use that once went through in silence: refused, each with a sentence. */
#include "test_nn.h"

enum { ROWS = 24 };
static const nn_split ALL = {0};

typedef struct fixture {
  table t;
  nn_model *m;
  nn_state *s;
} fixture;

static fixture make(nn_network *network, knobs k) {
  static knobs kept; /* the model borrows it */
  kept = k;
  fixture f = {.t = make_table(TN_F32, ROWS)};
  f.m = make_model(&(nn_model_options){.batch = 8}, network, &kept);
  OK(nn_state_new(f.m, &f.s));
  return f;
}

static void done(fixture *f) {
  nn_state_free(f->s);
  nn_model_free(f->m);
  free_table(&f->t);
}

/* A fit that must be refused, with a sentence that says part. */
static void refused(fixture *f, nn_fit_options o, const char *part) {
  nn_fit_result r;
  cr_assert_eq(nn_fit(f->m, f->s, f->t.data, ALL, &o, &r), TN_EINVAL);
  SAYS(r.message, part);
  SAYS(nn_state_error(f->s), part);
}

/* ---- states ------------------------------------------------------------------------------------------ */

Test(nn_misuse, a_state_without_values) {
  knobs k = {.lr = 0.1};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(NULL, small_network, &k);
  nn_state *s, *other = make_state(m, 1), *clone;
  double means[NN_MAX_REPORTS];
  float f[ROWS][OUT];
  nn_fit_options o = {.epochs = 1};
  OK(nn_state_new(m, &s));
  cr_assert_eq(nn_fit(m, s, t.data, ALL, &o, NULL), TN_EINVAL);
  SAYS(nn_state_error(s), "nothing has set 'hidden/kernel' yet; call nn_state_init");
  cr_assert_eq(nn_evaluate(m, s, t.data, ALL, means), TN_EINVAL);
  cr_assert_eq(nn_predict(m, s, t.data, ALL, "prediction", tn_matrix(f, TN_F32, ROWS, OUT)), TN_EINVAL);
  SAYS(nn_state_error(s), "nn_predict: nothing has set 'hidden/kernel'");
  OK(nn_state_clone(s, &clone)); /* as little as what it was made of */
  cr_assert_eq(nn_evaluate(m, clone, t.data, ALL, means), TN_EINVAL);
  nn_state_free(clone);

  /* A part that was copied is not the whole. */
  cr_assert_eq(nn_state_copy(s, "hidden/", other, "hidden/", true), 2);
  cr_assert_eq(nn_fit(m, s, t.data, ALL, &o, NULL), TN_EINVAL);
  SAYS(nn_state_error(s), "'readout/kernel'");
  cr_assert_eq(nn_state_copy(s, "readout/", other, "readout/", true), 2);
  OK(nn_fit(m, s, t.data, ALL, &o, NULL));
  OK(nn_state_clone(s, &clone));
  OK(nn_evaluate(m, clone, t.data, ALL, means));
  nn_state_free(clone), nn_state_free(s), nn_state_free(other);
  nn_model_free(m);
  free_table(&t);
}

Test(nn_misuse, values_by_hand_count) {
  fixture f = make(small_network, (knobs){.lr = 0.1});
  for (int i = -1; (i = nn_state_next(f.s, "*/kernel", i)) >= 0;)
    if (nn_state_kind(f.s, i) == NN_KIND_PARAMETER) tn_fill(nn_state_view(f.s, i), 0.1);
  OK(nn_fit(f.m, f.s, f.t.data, ALL, &(nn_fit_options){.epochs = 1}, NULL));
  done(&f);
}

Test(nn_misuse, a_loaded_state_has_values) {
  fixture f = make(small_network, (knobs){.lr = 0.1});
  nn_state *fresh;
  char path[64];
  snprintf(path, sizeof path, "/tmp/nabla-misuse-%ld.safetensors", (long)getpid());
  nn_state_init(f.s, 1, 0);
  OK(nn_state_save(f.s, path, NULL, 0, NULL));
  OK(nn_state_new(f.m, &fresh));
  OK(nn_state_load(fresh, path, NULL));
  OK(nn_fit(f.m, fresh, f.t.data, ALL, &(nn_fit_options){.epochs = 1}, NULL));
  remove(path);
  nn_state_free(fresh);
  done(&f);
}

/* ---- fits that change nothing ------------------------------------------------------------------------ */

static void no_optimizer(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  nn_report(m, "mse", nn_mse(m, nn_dense(m, "a", x, OUT, NULL), y));
}

Test(nn_misuse, fits_that_change_nothing) {
  fixture f = make(small_network, (knobs){.lr = 0.1});
  nn_state_init(f.s, 1, 0);
  refused(&f, (nn_fit_options){.epochs = 0}, "nn_fit: epochs is 0");
  done(&f);
  f = make(small_network, (knobs){.lr = 0});
  nn_state_init(f.s, 1, 0);
  refused(&f, (nn_fit_options){.epochs = 1}, "nn_fit: an optimizer's learning rate is 0");
  done(&f);
  f = make(no_optimizer, (knobs){.lr = 0});
  nn_state_init(f.s, 1, 0);
  refused(&f, (nn_fit_options){.epochs = 1}, "nn_fit: the network has no optimizer");
  done(&f);
}

/* ---- a loss that nobody reports ---------------------------------------------------------------------- */

/* The loss is NaN from the second step on, its gradient never: nothing else would show it. */
static void hidden_nan(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN});
  ag_ref p = nn_parameter(m, "p", 0, NULL, NN_ONES);
  ag_ref nan = ag_log(g, ag_detach(g, ag_greater_equal(g, p, ag_like(g, p, 1)))); /* log 1, then log 0 */
  nn_report(m, "x", ag_mean_all(g, x));
  nan = ag_mul(g, nan, ag_mean_all(g, ag_square(g, x)));
  nn_sgd(m, ag_add(g, ag_square(g, p), nan), &(nn_sgd_options){.lr = 0.1});
}

Test(nn_misuse, the_minimised_loss_is_watched) {
  fixture f = make(hidden_nan, (knobs){.lr = 0});
  nn_fit_result r;
  nn_state_init(f.s, 1, 0);
  cr_assert_eq(nn_fit(f.m, f.s, f.t.data, ALL, &(nn_fit_options){.epochs = 2}, &r), TN_ENUMERIC);
  SAYS(r.message, "epoch 1, step 2: log");
  cr_assert_float_eq(value_at(f.s, "p", 0), 0.8, 1e-6);
  done(&f);
}

/* Of the parameters alone, and NaN from the third epoch on. */
static void nan_penalty(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref p = nn_parameter(m, "p", 0, NULL, NN_ONES); /* 1, then 0.5, 0, -0.5, ... */
  ag_ref mse = nn_mse(m, nn_dense(m, "a", x, OUT, NULL), y);
  ag_ref nan = ag_log(g, ag_detach(g, ag_greater_equal(g, p, ag_like(g, p, *(double *)ctx))));
  nn_report(m, "mse", mse);
  nn_sgd(m, ag_add(g, mse, ag_add(g, nan, p)), &(nn_sgd_options){.lr = 0.5});
}

Test(nn_misuse, terms_of_parameters_are_watched) {
  table t = make_table(TN_F32, ROWS);
  for (int step = 1; step < 6; step++) { /* the first step after which it is NaN */
    double limit = 1.25 - 0.5 * step;
    nn_model *m = make_model(&(nn_model_options){.batch = ROWS / 2}, nan_penalty, &limit);
    nn_state *s = make_state(m, 1);
    nn_fit_result r;
    char where[64];
    cr_assert_eq(nn_fit(m, s, t.data, ALL, &(nn_fit_options){.epochs = 7}, &r), TN_ENUMERIC);
    snprintf(where, sizeof where, "epoch %d, step %d: log", (step + 1) / 2, 2 - step % 2);
    SAYS(r.message, where);
    cr_assert_float_eq(value_at(s, "p", 0), 1.5 - 0.5 * step, 1e-6);
    nn_state_free(s);
    nn_model_free(m);
  }
  free_table(&t);
}

/* ---- messages ---------------------------------------------------------------------------------------- */

Test(nn_misuse, predictions_of_another_type) {
  fixture f = make(small_network, (knobs){.lr = 0.1});
  double out[ROWS][OUT];
  nn_state_init(f.s, 1, 0);
  cr_assert_eq(nn_predict(f.m, f.s, f.t.data, ALL, "prediction", tn_matrix(out, TN_F64, ROWS, OUT)),
               TN_ETYPE);
  SAYS(nn_state_error(f.s), "'prediction' is f32; the array is f64");
  tn_view turned = tn_view_permute(tn_matrix(out, TN_F32, OUT, ROWS), (int[]){1, 0});
  cr_assert_eq(nn_predict(f.m, f.s, f.t.data, ALL, "prediction", turned), TN_ESHAPE);
  SAYS(nn_state_error(f.s), "the array is f32 [24, 3], not contiguous");
  done(&f);
}

static void words(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref id = nn_input_typed(m, "id", TN_I32, 0, NULL), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref loss = nn_mse(m, nn_embedding(m, "words", id, 4, OUT, NULL), y);
  nn_output(m, "f", nn_embedding(m, "words", id, 4, OUT, NULL));
  nn_report(m, "loss", loss);
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 0.1});
}

Test(nn_misuse, an_index_that_is_no_row) {
  table t = make_table(TN_F32, ROWS);
  int32_t ids[ROWS] = {0};
  float f[ROWS][OUT];
  double means[NN_MAX_REPORTS];
  ids[17] = 9;
  nn_data *d;
  OK(nn_data_new(NULL, &d));
  OK(nn_data_add(d, "id", tn_view_of(ids, TN_I32, 1, (int64_t[]){ROWS})));
  OK(nn_data_add(d, "y", t.y.view));
  nn_model *m = make_model(&(nn_model_options){.batch = 8}, words, NULL);
  nn_state *s = make_state(m, 1);
  nn_fit_result r;
  cr_assert_eq(nn_fit(m, s, d, ALL, &(nn_fit_options){.epochs = 1, .keep_order = true}, &r), TN_EINVAL);
  SAYS(r.message, "nn_fit: epoch 1, step 3: ");
  SAYS(r.message, "index 9 of 4 rows");
  cr_assert(!strstr(r.message, "learning rate"));
  cr_assert(nn__finite(s));
  cr_assert_eq(nn_evaluate(m, s, d, ALL, means), TN_EINVAL);
  SAYS(nn_state_error(s), "index 9 of 4 rows");
  cr_assert_eq(nn_predict(m, s, d, ALL, "f", tn_matrix(f, TN_F32, ROWS, OUT)), TN_EINVAL);
  SAYS(nn_state_error(s), "index 9 of 4 rows");
  nn_state_free(s);
  nn_model_free(m);
  nn_data_free(d);
  free_table(&t);
}

Test(nn_misuse, columns) {
  nn_data *d;
  float x[6] = {0};
  OK(nn_data_new(NULL, &d));
  cr_assert_str_eq(nn_data_error(d), "");
  OK(nn_data_add(d, "x", tn_matrix(x, TN_F32, 3, 2)));
  cr_assert_eq(nn_data_add(d, "y", tn_matrix(x, TN_F32, 2, 3)), TN_ESHAPE);
  SAYS(nn_data_error(d), "'y' has 2 rows, but column 'x' has 3");
  cr_assert_eq(nn_data_add(d, "y", tn_scalar(x, TN_F32)), TN_ESHAPE);
  SAYS(nn_data_error(d), "'y' is a scalar");
  cr_assert_eq(nn_data_add(d, "x", tn_matrix(x, TN_F32, 3, 2)), TN_EINVAL);
  SAYS(nn_data_error(d), "there is a column 'x' already");
  cr_assert_eq(nn_data_add(d, "", tn_matrix(x, TN_F32, 3, 2)), TN_EINVAL);
  SAYS(nn_data_error(d), "must have a name");
  cr_assert_eq(nn_data_add(d, "z", tn_matrix(NULL, TN_F32, 3, 2)), TN_EINVAL);
  SAYS(nn_data_error(d), "'z' has no memory");
  nn_data_free(d);
}

Test(nn_misuse, null_arguments) {
  fixture f = make(small_network, (knobs){.lr = 0.1});
  double means[NN_MAX_REPORTS];
  float out[ROWS][OUT];
  tn_view view = tn_matrix(out, TN_F32, ROWS, OUT);
  nn_fit_options o = {.epochs = 1};
  nn_fit_result r;
  nn_state_init(f.s, 1, 0);
  cr_assert_eq(nn_model_new(NULL, small_network, &(knobs){.lr = 1}, NULL), TN_EINVAL);
  cr_assert_eq(nn_prepare(NULL, 1, 1), TN_EINVAL);
  cr_assert_eq(nn_state_new(NULL, &f.s), TN_EINVAL);
  cr_assert_eq(nn_state_new(f.m, NULL), TN_EINVAL);
  cr_assert_eq(nn_state_clone(NULL, &f.s), TN_EINVAL);
  cr_assert_eq(nn_state_clone(f.s, NULL), TN_EINVAL);
  cr_assert_eq(nn_state_save(NULL, "x", NULL, 0, NULL), TN_EINVAL);
  cr_assert_eq(nn_state_save(f.s, NULL, NULL, 0, NULL), TN_EINVAL);
  cr_assert_eq(nn_state_load(f.s, NULL, NULL), TN_EINVAL);
  cr_assert_eq(nn_prune_inputs(f.s, NULL, "hidden/kernel", NULL, 0, false), TN_EINVAL);
  cr_assert_eq(nn_data_new(NULL, NULL), TN_EINVAL);
  cr_assert_eq(nn_data_add(NULL, "x", view), TN_EINVAL);
  cr_assert_eq(nn_fit(NULL, f.s, f.t.data, ALL, &o, &r), TN_EINVAL);
  SAYS(r.message, "must not be NULL");
  cr_assert_eq(nn_fit(f.m, NULL, f.t.data, ALL, &o, NULL), TN_EINVAL);
  cr_assert_eq(nn_fit(f.m, f.s, NULL, ALL, &o, NULL), TN_EINVAL);
  cr_assert_eq(nn_fit(f.m, f.s, f.t.data, ALL, NULL, NULL), TN_EINVAL);
  cr_assert_eq(nn_evaluate(f.m, f.s, NULL, ALL, means), TN_EINVAL);
  cr_assert_eq(nn_evaluate(NULL, f.s, f.t.data, ALL, means), TN_EINVAL);
  cr_assert_eq(nn_evaluate(f.m, NULL, f.t.data, ALL, means), TN_EINVAL);
  cr_assert_eq(nn_evaluate(f.m, f.s, f.t.data, ALL, NULL), TN_EINVAL);
  cr_assert_eq(nn_predict(f.m, NULL, f.t.data, ALL, "prediction", view), TN_EINVAL);
  cr_assert_eq(nn_predict(f.m, f.s, f.t.data, ALL, NULL, view), TN_EINVAL);
  cr_assert_eq(nn_predict(f.m, f.s, f.t.data, ALL, "prediction", (tn_view){.rank = 2}), TN_EINVAL);
  cr_assert_eq(nn_replicas(2, 1, NULL, NULL), TN_EINVAL);
  cr_assert_eq(nn_trainer_new(NULL, f.s, NULL, &(nn_trainer *){NULL}), TN_EINVAL);
  cr_assert_eq(nn_trainer_step(NULL, NULL, NULL), TN_EINVAL);
  SAYS(nn_state_error(NULL), "no state");
  SAYS(nn_data_error(NULL), "no data set");
  done(&f);
}

/* ---- order and names --------------------------------------------------------------------------------- */

static void sgd(nn_model *m, ag_ref loss, const knobs *k) { nn_sgd(m, loss, &(nn_sgd_options){.lr = k->lr}); }

Test(nn_fit, rows_in_the_order_given) {
  fixture f = make(small_network, (knobs){.lr = 0.1, .minimize = sgd});
  int64_t rows[ROWS];
  for (int i = 0; i < ROWS; i++) rows[i] = (5 * i + 2) % ROWS;
  nn_state *a = make_state(f.m, 1), *b = make_state(f.m, 1), *shuffled = make_state(f.m, 1);
  nn_fit_options o = {.epochs = 1, .keep_order = true};
  OK(nn_fit(f.m, a, f.t.data, (nn_split){rows, ROWS}, &o, NULL));
  for (int at = 0; at < ROWS; at += 8) OK(nn_fit(f.m, b, f.t.data, (nn_split){rows + at, 8}, &o, NULL));
  OK(nn_fit(f.m, shuffled, f.t.data, (nn_split){rows, ROWS}, &(nn_fit_options){.epochs = 1}, NULL));
  cr_assert(same_bits(a, b));
  cr_assert(!same_bits(a, shuffled));
  nn_state_free(a), nn_state_free(b), nn_state_free(shuffled);
  done(&f);
}

static void lists(nn_model *m, void *ctx) {
  int *counts = ctx;
  nn_named found[2];
  small_network(m, &(knobs){.lr = 0.1, .freeze = "readout/bias"});
  counts[0] = nn_parameters(m, "*", NULL, 0);
  counts[1] = nn_parameters(m, "readout/*", found, 2);
  counts[2] = nn_parameters(m, "adam/*", found, 0); /* slots are no parameters */
  cr_assert_str_eq(found[0].name, "readout/kernel");
  cr_assert(!found[0].frozen && found[1].frozen);
  cr_assert_eq(ag_type_of(nn_graph(m), found[0].ref).shape[0], HIDDEN);
}

Test(nn_parameters, by_glob) {
  int counts[3];
  nn_model *m = make_model(NULL, lists, counts);
  nn_state *s = make_state(m, 1);
  int kinds[4] = {0};
  cr_assert_eq(counts[0], 4);
  cr_assert_eq(counts[1], 2);
  cr_assert_eq(counts[2], 0);
  for (int i = -1; (i = nn_state_next(s, "*", i)) >= 0;) kinds[nn_state_kind(s, i)]++;
  cr_assert_eq(kinds[NN_KIND_PARAMETER], 4);
  cr_assert_eq(kinds[NN_KIND_SLOT], 6);
  cr_assert_eq(kinds[NN_KIND_STEP], 1);
  cr_assert_eq(nn_state_next(s, "nothing", -1), -1);
  nn_state_free(s);
  nn_model_free(m);
}

/* ---- what a network function gets wrong ---- */

static void open_scope(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN});
  if (!nn_enter(m, "my_layer", "mine")) return;
  nn_output(m, "y", x);
}
static void left_twice(nn_model *m, void *ctx) {
  (void)ctx;
  nn_output(m, "y", nn_leave(m, nn_input(m, "x", 1, (int64_t[]){IN})));
}
static void no_options(nn_model *m, void *ctx) {
  (void)ctx;
  nn_adam(m,
          nn_mse(m, nn_dense(m, "a", nn_input(m, "x", 1, (int64_t[]){IN}), OUT, NULL),
                 nn_input(m, "y", 1, (int64_t[]){OUT})),
          NULL);
}
static void no_column(nn_model *m, void *ctx) { (void)ctx, (void)nn_input(m, NULL, 1, (int64_t[]){IN}); }
static void no_row_shape(nn_model *m, void *ctx) { (void)ctx, (void)nn_input(m, "x", 1, NULL); }
static void no_report(nn_model *m, void *ctx) {
  (void)ctx;
  nn_report(m, NULL, ag_sum_all(nn_graph(m), nn_input(m, "x", 1, (int64_t[]){IN})));
}

static void clip_too_late(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref y = nn_dense(m, "a", nn_input(m, "x", 1, (int64_t[]){IN}), OUT, NULL);
  nn_gradients *d = nn_gradients_of(m, nn_mse(m, y, nn_input(m, "y", 1, (int64_t[]){OUT})));
  nn_update(d, "*", nn_sgd_rule(&(nn_sgd_options){.lr = 0.1}));
  nn_clip_global_norm(d, 1);
}

Test(nn_misuse, network_functions) {
  fails(open_scope, NULL, TN_EINVAL, "my_layer 'mine': the scope is still open");
  fails(left_twice, NULL, TN_EINVAL, "nn_leave: no scope is open");
  fails(no_options, NULL, TN_EINVAL, "nn_adam: options must not be NULL");
  fails(no_column, NULL, TN_EINVAL, "the column's name and the shape of a row must not be NULL");
  fails(no_row_shape, NULL, TN_EINVAL, "the column's name and the shape of a row must not be NULL");
  fails(no_report, NULL, TN_EINVAL, "nn_report: the name must not be NULL");
  fails(clip_too_late, NULL, TN_EINVAL, "nn_clip_global_norm: comes after nn_update");
}

static void norm_reported(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref y = nn_dense(m, "a", nn_input(m, "x", 1, (int64_t[]){IN}), OUT, NULL);
  ag_ref loss = nn_mse(m, y, nn_input(m, "y", 1, (int64_t[]){OUT}));
  nn_gradients *d = nn_gradients_of(m, loss);
  nn_report(m, "mse", loss);
  nn_report(m, "norm", nn_global_norm(d));
  nn_update(d, "*", nn_sgd_rule(&(nn_sgd_options){.lr = 0.1}));
}

/* What only training has is 0 in evaluation. */
Test(nn_misuse, a_norm_for_a_report) {
  double out[NN_MAX_REPORTS];
  table t = make_table(TN_F64, 40);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, norm_reported, NULL);
  nn_state *s = make_state(m, 1);
  OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, NULL));
  OK(nn_evaluate(m, s, t.data, (nn_split){0}, out));
  cr_assert_gt(out[0], 0);
  cr_assert_eq(out[1], 0);
  nn_state_free(s), nn_model_free(m), free_table(&t);
}

Test(nn_misuse, saving_a_state_without_values) {
  char message[256] = "";
  nn_state *s;
  knobs k = {.lr = 0.1};
  nn_model *m = make_model(NULL, small_network, &k);
  OK(nn_state_new(m, &s));
  cr_assert_eq(nn_state_save(s, "/tmp/never.safetensors", NULL, 0, message), TN_EINVAL);
  SAYS(message, "nothing has set 'hidden/kernel' yet");
  cr_assert_neq(access("/tmp/never.safetensors", F_OK), 0);
  nn_state_free(s), nn_model_free(m);
}
