/* Weights of rows and classes: Keras' formula, in training, validation and evaluation; a trainer; what is refused. */
#include "test_nn.h"

enum { ROWS = 12 };

typedef struct setting {
  bool plain, frozen; /* does not ask for weights; its first layer is computed once a row */
} setting;

static void network(nn_model *m, void *ctx) {
  const setting *s = ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  if (s->frozen) x = nn_dense(m, "hidden", x, IN, NULL);
  ag_ref f = nn_dense(m, "readout", x, OUT, NULL);
  nn_loss_options o = {.weights = s->plain ? (ag_ref){0} : nn_row_weights(m)};
  ag_ref loss = nn_squared_error(m, f, y, &o);
  nn_output(m, "f", f);
  nn_report(m, "loss", loss);
  nn_report(m, "mse", nn_mse(m, f, y));
  if (s->frozen) nn_freeze(m, "hidden/*");
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 0.1});
}

typedef struct weighted {
  table t;
  double weights[ROWS];
  int32_t labels[ROWS];
} weighted;

static void begin(weighted *w) {
  w->t = make_table(TN_F32, ROWS);
  for (int i = 0; i < ROWS; i++)
    w->weights[i] = 0.25 * (i % 5), w->labels[i] = i % 4 - (i == 11); /* 3: no class */
  OK(nn_data_add(w->t.data, "weight", tn_view_of(w->weights, TN_F64, 1, (int64_t[]){ROWS})));
  OK(nn_data_add(w->t.data, "label", tn_view_of(w->labels, TN_I32, 1, (int64_t[]){ROWS})));
}

static const double classes[] = {1, 3, 0.5};
static double weight_of(const weighted *w, int i, bool rows, bool labels) {
  double of_class = w->labels[i] >= 0 && w->labels[i] < 3 ? classes[w->labels[i]] : 1;
  return (rows ? w->weights[i] : 1) * (labels ? of_class : 1);
}

/* sum over the rows of weight * mean of squares, over the number of rows. */
static double by_hand(const weighted *w, nn_model *m, nn_state *s, const int64_t *rows, int n, bool of_rows,
                      bool of_class) {
  float f[ROWS * OUT];
  double sum = 0;
  OK(nn_predict(m, s, w->t.data, (nn_split){0}, "f", tn_matrix(f, TN_F32, ROWS, OUT)));
  for (int k = 0; k < n; k++) {
    int i = rows ? (int)rows[k] : k;
    for (int c = 0; c < OUT; c++) {
      double e = f[i * OUT + c] - tn_get(&w->t.y.view, i * OUT + c);
      sum += weight_of(w, i, of_rows, of_class) * e * e / OUT;
    }
  }
  return sum / n;
}

static bool keep_epoch(void *ctx, const nn_epoch *e) {
  double *kept = ctx;
  kept[0] = e->train[0], kept[1] = e->valid[0], kept[2] = e->valid[1];
  return true;
}

static void fitted(bool frozen) {
  weighted w;
  begin(&w);
  setting o = {.frozen = frozen};
  nn_model *m = make_model(&(nn_model_options){.batch = ROWS}, network, &o);
  nn_state *s = make_state(m, 1), *start;
  int64_t valid[] = {1, 4, 6, 7, 10};
  double seen[3];
  nn_fit_options fit = {.epochs = 1,
                        .weights = {"weight", "label", classes, 3},
                        .valid = {valid, 5},
                        .on_epoch = keep_epoch,
                        .on_epoch_ctx = seen};
  OK(nn_state_clone(s, &start));
  OK(nn_fit(m, s, w.t.data, (nn_split){0}, &fit, NULL));
  cr_expect_float_eq(seen[0], by_hand(&w, m, start, NULL, ROWS, true, true), 1e-5);
  cr_expect_float_eq(seen[1], by_hand(&w, m, s, valid, 5, true, false), 1e-5,
                     "classes count in training only");
  cr_expect_float_eq(seen[2], by_hand(&w, m, s, valid, 5, false, false), 1e-5);
  /* The step: the bias moves by lr * the mean over rows and columns of weight * 2 e. */
  double gradient = 0;
  float f[ROWS * OUT];
  OK(nn_predict(m, start, w.t.data, (nn_split){0}, "f", tn_matrix(f, TN_F32, ROWS, OUT)));
  for (int i = 0; i < ROWS; i++)
    gradient += weight_of(&w, i, true, true) * 2 * (f[i * OUT] - tn_get(&w.t.y.view, i * OUT)) / ROWS / OUT;
  cr_expect_float_eq(value_at(s, "readout/bias", 0), value_at(start, "readout/bias", 0) - 0.1 * gradient,
                     1e-5);
  nn_state_free(s), nn_state_free(start), nn_model_free(m);
  free_table(&w.t);
}

Test(nn_weights, a_fit_by_the_formula) { fitted(false); }
Test(nn_weights, a_frozen_layer) { fitted(true); }

Test(nn_weights, evaluation) {
  weighted w;
  begin(&w);
  setting o = {0};
  nn_model *m = make_model(&(nn_model_options){.eval_batch = 5}, network, &o);
  nn_state *s = make_state(m, 1);
  double out[NN_MAX_REPORTS];
  static const struct {
    bool rows, labels;
  } cases[] = {{true, false}, {false, true}, {true, true}, {false, false}};
  for (int k = 0; k < 4; k++) {
    nn_weights weights = {cases[k].rows ? "weight" : NULL, cases[k].labels ? "label" : NULL, classes, 3};
    OK(nn_evaluate_weighted(m, s, w.t.data, (nn_split){0}, &weights, out));
    cr_expect_float_eq(out[0], by_hand(&w, m, s, NULL, ROWS, cases[k].rows, cases[k].labels), 1e-5);
  }
  OK(nn_evaluate(m, s, w.t.data, (nn_split){0}, out));
  cr_expect_float_eq(out[0], out[1], 1e-6);
  nn_trainer *t;
  double reports[NN_MAX_REPORTS];
  nn_column columns[] = {{"x", w.t.x.view},
                         {"y", w.t.y.view},
                         {"row weights", tn_view_of(w.weights, TN_F64, 1, (int64_t[]){ROWS})}};
  OK(nn_trainer_new(m, s, NULL, &t));
  OK(nn_trainer_evaluate(t, &(nn_feed){.columns = columns, .n = 2}, reports));
  cr_expect_float_eq(reports[0], reports[1], 1e-6);
  OK(nn_trainer_evaluate(t, &(nn_feed){.columns = columns, .n = 3}, reports));
  cr_expect_float_eq(reports[0], by_hand(&w, m, s, NULL, ROWS, true, false), 1e-5);
  nn_trainer_free(t);
  nn_state_free(s), nn_model_free(m);
  free_table(&w.t);
}

Test(nn_weights, refused) {
  weighted w;
  begin(&w);
  setting o = {0}, plain = {.plain = true};
  nn_model *m = make_model(NULL, network, &o), *n = make_model(NULL, network, &plain);
  nn_state *s = make_state(m, 1), *p = make_state(n, 1);
  const struct {
    nn_weights weights;
    tn_status status;
    const char *words;
  } cases[] = {{{"none", NULL, NULL, 0}, TN_EINVAL, "weights: the data have no column 'none'"},
               {{"x", NULL, NULL, 0}, TN_ESHAPE, "column 'x' must be stored and have one number a row"},
               {{NULL, "label", NULL, 3}, TN_EINVAL, "labels are given without a weight for each class"},
               {{NULL, "weight", classes, 3}, TN_ETYPE, "column 'weight' must hold integers"}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    nn_fit_result r;
    nn_fit_options fit = {.epochs = 1, .weights = cases[k].weights};
    cr_expect_eq(nn_fit(m, s, w.t.data, (nn_split){0}, &fit, &r), cases[k].status, "%s", r.message);
    cr_expect(strstr(r.message, cases[k].words), "%s", r.message);
  }
  nn_fit_result r;
  nn_fit_options fit = {.epochs = 1, .weights = {.rows = "weight"}};
  cr_expect_eq(nn_fit(n, p, w.t.data, (nn_split){0}, &fit, &r), TN_EINVAL);
  cr_expect(strstr(r.message, "the network does not use them (nn_row_weights)"), "%s", r.message);
  double out[NN_MAX_REPORTS];
  cr_expect_eq(nn_evaluate_weighted(n, p, w.t.data, (nn_split){0}, &fit.weights, out), TN_EINVAL);
  nn_state_free(s), nn_state_free(p), nn_model_free(m), nn_model_free(n);
  free_table(&w.t);
}
