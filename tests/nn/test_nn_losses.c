/* Losses, metrics, layers and penalties: values against plain loops, derivatives through ag_gradcheck. */
#include "test_nn.h"

enum { ROWS = 6, CLASSES = 4 };

/* ---- values ------------------------------------------------------------------------------------------ */

static void reports(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref a = nn_input(m, "a", 1, (int64_t[]){CLASSES}), b = nn_input(m, "b", 1, (int64_t[]){CLASSES});
  ag_ref labels = nn_input(m, "labels", 1, (int64_t[]){CLASSES});
  nn_report(m, "mse", nn_mse(m, a, b));
  nn_report(m, "mae", nn_mae(m, a, b));
  nn_report(m, "entropy", nn_softmax_cross_entropy(m, a, labels));
  nn_report(m, "accuracy", nn_accuracy(m, a, labels));
}

static int largest(const double *x) {
  int best = 0;
  for (int c = 1; c < CLASSES; c++) best = x[c] > x[best] ? c : best;
  return best;
}

Test(nn_losses, equal_plain_loops) {
  double a[ROWS][CLASSES], b[ROWS][CLASSES], labels[ROWS][CLASSES] = {{0}}, got[NN_MAX_REPORTS];
  double mse = 0, mae = 0, entropy = 0, accuracy = 0;
  tn_rng_normal((tn_rng){.seed = 1, .stream = 1}, tn_matrix(a, TN_F64, ROWS, CLASSES));
  tn_rng_normal((tn_rng){.seed = 1, .stream = 2}, tn_matrix(b, TN_F64, ROWS, CLASSES));
  for (int c = 0; c < CLASSES; c++) a[0][c] += 800; /* exp alone would overflow */
  for (int c = 0; c < CLASSES; c++) a[5][c] = 1;    /* a tie: the first one counts */
  for (int r = 0; r < ROWS; r++) labels[r][r % CLASSES] = 1;
  for (int r = 0; r < ROWS; r++) {
    double sum = 0, top = a[r][largest(a[r])];
    for (int c = 0; c < CLASSES; c++) {
      mse += (a[r][c] - b[r][c]) * (a[r][c] - b[r][c]) / (ROWS * CLASSES);
      mae += fabs(a[r][c] - b[r][c]) / (ROWS * CLASSES);
      sum += exp(a[r][c] - top);
    }
    entropy -= (a[r][r % CLASSES] - top - log(sum)) / ROWS;
    accuracy += (largest(a[r]) == r % CLASSES) / (double)ROWS;
  }
  nn_data *d;
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .eval_batch = 4}, reports, NULL);
  nn_state *s = make_state(m, 1);
  OK(nn_data_new(NULL, &d));
  OK(nn_data_add(d, "a", tn_matrix(a, TN_F64, ROWS, CLASSES)));
  OK(nn_data_add(d, "b", tn_matrix(b, TN_F64, ROWS, CLASSES)));
  OK(nn_data_add(d, "labels", tn_matrix(labels, TN_F64, ROWS, CLASSES)));
  OK(nn_evaluate(m, s, d, (nn_split){0}, got));
  cr_assert_float_eq(got[0], mse, 1e-9 * mse);
  cr_assert_float_eq(got[1], mae, 1e-12 * mae);
  cr_assert_float_eq(got[2], entropy, 1e-12 * entropy);
  cr_assert_float_eq(got[3], accuracy, 1e-12);
  nn_data_free(d);
  nn_state_free(s);
  nn_model_free(m);
}

Test(nn_metrics, r2) {
  double y[2][2] = {{1, -2}, {-1, 2}}, f[2][2] = {{0.5, -2}, {-1, 1}};
  tn_view a = tn_matrix(y, TN_F64, 2, 2), b = tn_matrix(f, TN_F64, 2, 2);
  cr_assert_float_eq(nn_r2(a, b, -1), 1 - 1.25 / 10, 1e-15);
  cr_assert_float_eq(nn_r2(a, b, 0), 1 - 0.25 / 2, 1e-15);
  cr_assert_float_eq(nn_r2(a, b, 1), 1 - 1.0 / 8, 1e-15);
}

/* ---- derivatives ------------------------------------------------------------------------------------- */

/* A layer, loss or penalty as a function of the inputs of a check: the model lends its names, and builds into
 * the checker's graph. */
typedef struct piece {
  nn_model *m;
  ag_ref (*f)(nn_model *m, const ag_ref *in);
} piece;

static ag_ref build_piece(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  const piece *p = ctx;
  (void)n;
  p->m->graph = g;
  p->m->build++;
  ag_ref y = p->f(p->m, in);
  p->m->graph = NULL;
  return y;
}

/* The k-th parameter of the model is this value in the present build. */
static void stand_in(nn_model *m, int k, ag_ref value) {
  m->variables[k].build = m->build;
  m->variables[k].frozen = false;
  m->variables[k].ref = value;
}

static ag_ref mse(nn_model *m, const ag_ref *in) { return nn_mse(m, in[0], in[1]); }
static ag_ref mae(nn_model *m, const ag_ref *in) { return nn_mae(m, in[0], in[1]); }
static ag_ref entropy(nn_model *m, const ag_ref *in) { return nn_softmax_cross_entropy(m, in[0], in[1]); }
static ag_ref dense(nn_model *m, const ag_ref *in) {
  stand_in(m, 0, in[1]);
  stand_in(m, 1, in[2]);
  return nn_dense(m, "a", in[0], 3, NULL);
}
static ag_ref l1(nn_model *m, const ag_ref *in) { return stand_in(m, 0, in[0]), nn_l1(m, "a/*", 0.3); }
static ag_ref l2(nn_model *m, const ag_ref *in) { return stand_in(m, 0, in[0]), nn_l2(m, "a/*", 0.3); }
static ag_ref elastic(nn_model *m, const ag_ref *in) {
  return stand_in(m, 0, in[0]), nn_elastic_net(m, "*", 0.3, 0.2);
}
static ag_ref lasso(nn_model *m, const ag_ref *in) {
  return stand_in(m, 0, in[0]), nn_group_lasso(m, "a/kernel", 0.3);
}
static ag_ref log_barrier(ag_graph *g, ag_ref p, void *ctx) {
  return ag_scale(g, ag_sum_all(g, ag_log1p(g, ag_square(g, p))), *(const double *)ctx);
}
static ag_ref custom(nn_model *m, const ag_ref *in) {
  double weight = 0.7;
  return stand_in(m, 0, in[0]), nn_penalty(m, "a/kernel", log_barrier, &weight);
}
#define ACTIVATION(NAME, F)                                                                                  \
  static ag_ref NAME(nn_model *m, const ag_ref *in) { return nn_activate(m, in[0], F); }
ACTIVATION(linear, NN_LINEAR)
ACTIVATION(elu, NN_ELU)
ACTIVATION(relu, NN_RELU)
ACTIVATION(tanh_, NN_TANH)
ACTIVATION(sigmoid, NN_SIGMOID)
ACTIVATION(selu, NN_SELU)
ACTIVATION(silu, NN_SILU)
ACTIVATION(gelu, NN_GELU)
ACTIVATION(softplus, NN_SOFTPLUS)

static void lends_names(nn_model *m, void *ctx) {
  (void)ctx;
  nn_dense(m, "a", nn_input(m, "x", 1, (int64_t[]){5}), 3, NULL);
}

Test(nn_losses, derivatives) {
  static const struct {
    const char *name;
    ag_ref (*f)(nn_model *, const ag_ref *);
    int n, order;
  } cases[] = {{"mse", mse, 2, 2},         {"mae", mae, 2, 1},         {"entropy", entropy, 2, 2},
               {"dense", dense, 3, 2},     {"l1", l1, 1, 1},           {"l2", l2, 1, 2},
               {"elastic", elastic, 1, 2}, {"lasso", lasso, 1, 2},     {"custom", custom, 1, 2},
               {"linear", linear, 1, 1},   {"elu", elu, 1, 2},         {"relu", relu, 1, 1},
               {"tanh", tanh_, 1, 2},      {"sigmoid", sigmoid, 1, 2}, {"selu", selu, 1, 2},
               {"silu", silu, 1, 2},       {"gelu", gelu, 1, 2},       {"softplus", softplus, 1, 2}};
  double x[4][5], k[5][3], b[3], labels[4][5], w[5][3];
  tn_rng_normal((tn_rng){.seed = 2, .stream = 1}, tn_matrix(x, TN_F64, 4, 5));
  tn_rng_normal((tn_rng){.seed = 2, .stream = 2}, tn_matrix(k, TN_F64, 5, 3));
  tn_rng_normal((tn_rng){.seed = 2, .stream = 3}, tn_matrix(b, TN_F64, 1, 3));
  tn_rng_uniform((tn_rng){.seed = 2, .stream = 4}, tn_matrix(labels, TN_F64, 4, 5));
  tn_rng_uniform((tn_rng){.seed = 2, .stream = 5}, tn_matrix(w, TN_F64, 5, 3));
  for (int i = 0; i < 15; i++)
    w[i / 3][i % 3] = (i % 2 ? -1 : 1) * (0.1 + w[i / 3][i % 3]); /* no kinks near */
  for (int i = 0; i < 20; i++) x[i / 5][i % 5] += x[i / 5][i % 5] > 0 ? 0.1 : -0.1;
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, lends_names, NULL);
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    bool parameter_only = strstr("l1 l2 elastic lasso custom", cases[c].name) != NULL;
    bool is_dense = !strcmp(cases[c].name, "dense");
    tn_view at[3] = {parameter_only ? tn_matrix(w, TN_F64, 5, 3) : tn_matrix(x, TN_F64, 4, 5),
                     is_dense ? tn_matrix(k, TN_F64, 5, 3) : tn_matrix(labels, TN_F64, 4, 5),
                     tn_view_of(b, TN_F64, 1, (int64_t[]){3})};
    ag_gradcheck_options o = {.order = cases[c].order};
    ag_gradcheck_report r;
    piece p = {m, cases[c].f};
    tn_status status = ag_gradcheck(build_piece, &p, at, cases[c].n, &o, &r);
    cr_assert_eq(status, TN_OK, "%s: %s", cases[c].name, r.message);
  }
  nn_model_free(m);
}

/* ---- penalties --------------------------------------------------------------------------------------- */

static void penalized(nn_model *m, void *ctx) {
  (void)ctx;
  double weight = 2;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN});
  nn_dense(m, "b", nn_dense(m, "a", x, HIDDEN, NULL), OUT, NULL);
  nn_report(m, "l1", nn_l1(m, "*/kernel", 0.5));
  nn_report(m, "l2", nn_l2(m, "a/*", 0.5));
  nn_report(m, "net", nn_elastic_net(m, "b/*", 0.5, 0.25));
  nn_report(m, "lasso", nn_group_lasso(m, "[ab]/kernel", 0.5));
  nn_report(m, "custom", nn_penalty(m, "a/kernel", log_barrier, &weight));
  nn_report(m, "none", nn_l2(m, "*", 0));
}

Test(nn_penalties, equal_plain_loops) {
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, penalized, NULL);
  nn_state *s = make_state(m, 3);
  table t = make_table(TN_F64, 2);
  double got[NN_MAX_REPORTS], want[6] = {0};
  for (int l = 0; l < 2; l++) {
    int rows = l ? HIDDEN : IN, units = l ? OUT : HIDDEN;
    for (int i = 0; i < rows; i++) {
      double row = 0;
      for (int j = 0; j < units; j++) {
        double w = value_at(s, l ? "b/kernel" : "a/kernel", i * units + j);
        row += w * w;
        want[0] += 0.5 * fabs(w);
        if (l) want[2] += 0.5 * fabs(w) + 0.25 * w * w;
        else want[1] += 0.5 * w * w, want[4] += 2 * log1p(w * w);
      }
      want[3] += 0.5 * sqrt(row);
    }
  }
  OK(nn_evaluate(m, s, t.data, (nn_split){0}, got));
  for (int i = 0; i < 6; i++) cr_assert_float_eq(got[i], want[i], 1e-13, "%d: %g %g", i, got[i], want[i]);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

static ag_ref vector_penalty(ag_graph *g, ag_ref p, void *ctx) { return (void)ctx, ag_square(g, p); }
static void bad_penalty(nn_model *m, void *ctx) {
  (void)ctx;
  nn_parameter(m, "w", 1, (int64_t[]){3}, NN_ONES);
  nn_penalty(m, "w", vector_penalty, NULL);
}

Test(nn_penalties, must_be_scalars) { fails(bad_penalty, NULL, TN_ESHAPE, "penalty of 'w' is not a scalar"); }
