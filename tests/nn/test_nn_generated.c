/* Columns that a function makes: the bits of a fit, of predictions and of hoisted layers are those of stored columns. */
#include "test_nn.h"

#include "support/refuse.h"

enum { ROWS = 22 };

typedef struct source {
  tn_view from;
  int64_t fails_at; /* a row; -1: none */
  int calls;
  char why[40];
} source;

static bool copy_rows(void *ctx, const int64_t *rows, int64_t n, tn_view out) {
  source *s = ctx;
  s->calls++;
  for (int64_t i = 0; i < n; i++) {
    if (rows[i] == s->fails_at) return false;
    tn_copy(tn_view_slice(out, 0, i, 1, 1), tn_view_slice(s->from, 0, rows[i], 1, 1));
  }
  return true;
}

static const char *what_failed(void *ctx) {
  source *s = ctx;
  snprintf(s->why, sizeof s->why, "row %d is not there", (int)s->fails_at);
  return s->why;
}

/* The table with "x" generated in another type than the network reads. */
static nn_data *generated(const table *t, source *x) {
  nn_data *d;
  nn_generator o = {
      .dtype = TN_F64, .rank = 2, .shape = {ROWS, IN}, .fill = copy_rows, .ctx = x, .why = what_failed};
  *x = (source){.from = t->x.view, .fails_at = -1};
  OK(nn_data_new(NULL, &d));
  OK(nn_data_add_generated(d, "x", &o));
  OK(nn_data_add(d, "y", t->y.view));
  return d;
}

static void fit_both(knobs *k) {
  table t = make_table(TN_F32, ROWS);
  source x;
  nn_data *d = generated(&t, &x);
  nn_model *m = make_model(&(nn_model_options){.batch = 8, .eval_batch = 5}, small_network, k);
  nn_state *a = make_state(m, 1), *b = make_state(m, 1);
  float p[ROWS * OUT], q[ROWS * OUT];
  int64_t some[] = {3, 4, 19, 0, 7, 8, 9, 2, 21, 11};
  nn_fit_options o = {.epochs = 3, .valid = {(int64_t[]){1, 5, 6}, 3}};
  OK(nn_fit(m, a, t.data, (nn_split){some, 10}, &o, NULL));
  OK(nn_fit(m, b, d, (nn_split){some, 10}, &o, NULL));
  OK(nn_predict(m, a, t.data, (nn_split){0}, "prediction", tn_matrix(p, TN_F32, ROWS, OUT)));
  OK(nn_predict(m, b, d, (nn_split){0}, "prediction", tn_matrix(q, TN_F32, ROWS, OUT)));
  cr_expect_arr_eq(p, q, sizeof p);
  cr_expect_gt(x.calls, 0);
  nn_state_free(a);
  nn_state_free(b);
  nn_model_free(m);
  nn_data_free(d);
  free_table(&t);
}

Test(nn_generated, a_fit_has_the_bits_of_stored_columns) { fit_both(&(knobs){.lr = 0.1}); }
Test(nn_generated, a_frozen_layer_has_them_too) { fit_both(&(knobs){.lr = 0.1, .freeze = "hidden/*"}); }

Test(nn_generated, a_function_that_fails_ends_the_fit) {
  table t = make_table(TN_F32, ROWS);
  source x;
  nn_data *d = generated(&t, &x);
  knobs k = {.lr = 0.1};
  nn_model *m = make_model(&(nn_model_options){.batch = 8}, small_network, &k);
  nn_state *s = make_state(m, 1);
  nn_fit_result r;
  x.fails_at = 13;
  tn_status status = nn_fit(m, s, d, (nn_split){0}, &(nn_fit_options){.epochs = 1}, &r);
  cr_expect_eq(status, TN_EIO);
  SAYS(r.message, "nn_fit: epoch 1, step");
  SAYS(r.message, "column 'x': its function could not make");
  SAYS(r.message, ": row 13 is not there");
  double means[NN_MAX_REPORTS];
  cr_expect_eq(nn_evaluate(m, s, d, (nn_split){0}, means), TN_EIO);
  cr_expect_str_eq(
      nn_state_error(s),
      "nn_evaluate: column 'x': its function could not make 22 rows between 0 and 21: row 13 is not there");
  k.freeze = "hidden/*";
  nn_model *frozen = make_model(&(nn_model_options){.batch = 8}, small_network, &k);
  nn_state *f = make_state(frozen, 1);
  cr_expect_eq(nn_fit(frozen, f, d, (nn_split){0}, &(nn_fit_options){.epochs = 1}, &r), TN_EIO);
  SAYS(r.message, ": row 13 is not there");
  nn_state_free(f);
  nn_model_free(frozen);
  nn_state_free(s);
  nn_model_free(m);
  nn_data_free(d);
  free_table(&t);
}

Test(nn_generated, what_does_not_fit_is_told) {
  table t = make_table(TN_F32, ROWS);
  source x;
  nn_data *d = generated(&t, &x);
  nn_generator o = {.dtype = TN_F32, .rank = 1, .shape = {ROWS + 1}, .fill = copy_rows, .ctx = &x};
  tn_view v;
  cr_expect(nn_data_column(d, "x", &v) && v.data == NULL && v.shape[0] == ROWS);
  cr_expect_eq(nn_data_add_generated(d, "z", &o), TN_ESHAPE);
  cr_expect_eq(nn_data_add_generated(d, "x", &o), TN_EINVAL);
  cr_expect_eq(nn_data_add_generated(d, NULL, &o), TN_EINVAL);
  cr_expect_eq(nn_data_add_generated(d, "z", NULL), TN_EINVAL);
  cr_expect_eq(nn_data_add_generated(NULL, "z", &o), TN_EINVAL);
  o.fill = NULL;
  cr_expect_eq(nn_data_add_generated(d, "z", &o), TN_EINVAL);
  o.fill = copy_rows, o.shape[0] = -1;
  cr_expect_eq(nn_data_add_generated(d, "z", &o), TN_EINVAL);
  o.rank = TN_MAX_RANK + 1;
  cr_expect_eq(nn_data_add_generated(d, "z", &o), TN_EINVAL);
  cr_expect(*nn_data_error(d));
  o.rank = 0;
  cr_expect_eq(nn_data_add_generated(d, "z", &o), TN_EINVAL);
  cr_expect_eq(nn_data_add(d, "z", (tn_view){.dtype = TN_F32, .rank = 1, .shape = {ROWS}, .stride = {1}}),
               TN_EINVAL);
  SAYS(nn_data_error(d), "'z' has no memory (NULL)");
  nn_data_free(d);
  free_table(&t);
}

/* ---- each request for memory refused ---- */

/* A frozen layer, whose values are kept for each row, and rows with weights. */
static void weighted(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref f = nn_dense(m, "readout", ag_elu(g, nn_dense(m, "hidden", x, HIDDEN, NULL), 1), OUT, NULL);
  ag_ref loss = nn_squared_error(m, f, y, &(nn_loss_options){.weights = nn_row_weights(m)});
  (void)ctx;
  nn_output(m, "prediction", f);
  nn_report(m, "loss", loss);
  nn_freeze(m, "hidden/*");
  nn_adam(m, ag_add(g, loss, nn_l2(m, "readout/kernel", 0.1)), &(nn_adam_options){.lr = 0.1});
}

typedef struct day {
  const table *t;
  tn_view weights;
  double means[NN_MAX_REPORTS], first; /* `first`: what the first whole day reported */
} day;

static tn_status fill_data(nn_data *d, const day *y, source *x) {
  nn_generator o = {
      .dtype = TN_F64, .rank = 2, .shape = {ROWS, IN}, .fill = copy_rows, .ctx = x, .why = what_failed};
  tn_status status = nn_data_add_generated(d, "x", &o);
  if (status == TN_OK) status = nn_data_add(d, "y", y->t->y.view);
  return status == TN_OK ? nn_data_add(d, "w", y->weights) : status;
}

static tn_status use(day *y, nn_model *m, const nn_data *d) {
  nn_state *s = NULL;
  float f[ROWS * OUT];
  const nn_weights by_row = {.rows = "w"};
  nn_fit_options o = {.epochs = 2,
                      .valid = {(int64_t[]){1, 5, 6}, 3},
                      .monitor = "loss",
                      .restore_best = true,
                      .weights = by_row};
  tn_status status = nn_state_new(m, &s);
  if (status == TN_OK) nn_state_init(s, 1, 0);
  if (status == TN_OK) status = nn_fit(m, s, d, (nn_split){0}, &o, NULL);
  if (status == TN_OK) status = nn_evaluate_weighted(m, s, d, (nn_split){0}, &by_row, y->means);
  if (status == TN_OK)
    status = nn_predict(m, s, d, (nn_split){0}, "prediction", tn_matrix(f, TN_F32, ROWS, OUT));
  if (status != TN_OK && s) cr_expect(*nn_state_error(s), "%s without a sentence", tn_status_text(status));
  nn_state_free(s);
  return status;
}

static tn_status whole_day(const tn_alloc *alloc, void *ctx) {
  day *y = ctx;
  source x = {.from = y->t->x.view, .fails_at = -1};
  nn_data *d = NULL;
  nn_model *m = NULL;
  tn_status status = nn_data_new(alloc, &d);
  if (status == TN_OK) status = fill_data(d, y, &x);
  if (status == TN_OK)
    status =
        nn_model_new(&(nn_model_options){.alloc = alloc, .batch = 8, .eval_batch = 5}, weighted, NULL, &m);
  if (status == TN_OK) status = use(y, m, d);
  nn_model_free(m);
  nn_data_free(d);
  return status;
}

Test(nn_generated, every_request_for_memory_refused) {
  table t = make_table(TN_F32, ROWS);
  double w[ROWS];
  day y = {.t = &t, .weights = tn_view_of(w, TN_F64, 1, (int64_t[]){ROWS})};
  for (int i = 0; i < ROWS; i++) w[i] = i % 3;
  OK(whole_day(NULL, &y));
  y.first = y.means[0];
  cr_expect_gt(refuse_each(whole_day, &y, "each request"), 200);
  cr_expect_eq(y.means[0], y.first);
  (void)refuse_from(whole_day, &y, "all further requests");
  free_table(&t);
}
