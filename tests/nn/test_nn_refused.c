/* Each request for memory refused once: of networks with every transform, rule, constraint and average, of trainers, folds, imports,
 * solvers and scores. */
#include "test_nn.h"

#include "support/refuse.h"
#include "support/refuse_libc.h"

enum { ROWS = 12 };

/* ---- networks ------------------------------------------------------------------------------------------ */

static ag_ref halved(ag_graph *g, ag_ref p, const void *ctx) { return ag_scale(g, p, *(const double *)ctx); }

static void properties(nn_model *m) {
  static const double half = 0.5;
  static double penalties[HIDDEN] = {1, 2, 3, 4, 5};
  static tn_view view;
  view = tn_matrix(penalties, TN_F64, HIDDEN, 1);
  nn_max_norm(m, "a/kernel", 2);
  nn_unit_norm(m, "a/kernel");
  nn_constrain(m, "a/kernel", halved, &half);
  nn_prox_group_lasso(m, "b/kernel", 0.1);
  nn_prox_adaptive_lasso(m, "c/kernel", &view);
  nn_prox_l1(m, "b/bias", 0.1);
  nn_average_exponential(m, "*/bias", 0.9);
  nn_average_plain(m, "*/kernel", 2, 3);
}

static ag_ref loss_of(nn_model *m) {
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref h = ag_tanh(g, nn_dense(m, "a", x, HIDDEN, NULL));
  h = ag_tanh(g, nn_dense(m, "b", h, HIDDEN, NULL));
  return nn_mse(m, nn_dense(m, "c", h, OUT, NULL), y);
}

static void transformed(nn_model *m, void *ctx) {
  static unsigned char rows[HIDDEN] = {1, 0, 1, 1, 0};
  (void)ctx;
  ag_ref loss = loss_of(m);
  properties(m);
  nn_gradients *d = nn_gradients_of(m, loss);
  nn_accumulate(d, 2);
  nn_clip_value(d, 5);
  nn_clip_norm(d, 4);
  nn_clip_global_norm(d, 3);
  nn_decay(d, "*", 0.1);
  nn_centralize(d, "*");
  nn_mask(d, "b/kernel", tn_matrix(rows, TN_U8, HIDDEN, 1));
  nn_update(d, "a/kernel", nn_muon_rule(&(nn_muon_options){.lr = 0.1}));
  nn_update(d, "b/*", nn_sgd_rule(&(nn_sgd_options){.lr = 0.2, .momentum = 0.9}));
  nn_update(d, "c/kernel", nn_rmsprop_rule(&(nn_rmsprop_options){.lr = 0.1}));
  nn_update(d, "*", nn_nadam_rule(&(nn_nadam_options){.lr = 0.1}));
}

static void summed(nn_model *m, void *ctx) {
  (void)ctx;
  nn_gradients *d = nn_gradients_of(m, loss_of(m));
  nn_sum_over_ranks(d, NULL, 4);
  nn_update(d, "*/kernel", nn_adafactor_rule(&(nn_adafactor_options){.lr = 0.1}));
  nn_update(d, "*", nn_adam_rule(&(nn_adam_options){.lr = 0.1}));
}

typedef struct scene {
  nn_network *network;
  const table *t;
} scene;

static tn_status train(const tn_alloc *alloc, void *ctx) {
  const scene *e = ctx;
  nn_model_options o = {.alloc = alloc, .dtype = TN_F64, .batch = ROWS / 4};
  nn_model *m = NULL;
  nn_state *s = NULL;
  tn_status status = nn_model_new(&o, e->network, NULL, &m);
  cr_assert(status == TN_OK || !m || strstr(nn_error(m), "out of memory"), "%s", nn_error(m));
  if (status == TN_OK) status = nn_state_new(m, &s);
  if (status == TN_OK) nn_state_init(s, 1, 0);
  if (status == TN_OK) status = nn_fit(m, s, e->t->data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, NULL);
  nn_state_free(s);
  nn_model_free(m);
  return status;
}

Test(nn_refused, transforms_rules_and_properties) {
  table t = make_table(TN_F64, ROWS);
  scene e = {transformed, &t};
  cr_expect_geq(refuse_each(train, &e, "transforms"), 100);
  free_table(&t);
}

Test(nn_refused, sums_over_ranks) {
  table t = make_table(TN_F64, ROWS);
  scene e = {summed, &t};
  cr_expect_geq(refuse_each(train, &e, "sums"), 100);
  free_table(&t);
}

/* ---- trainers ------------------------------------------------------------------------------------------ */

static tn_status step_by_step(const tn_alloc *alloc, void *ctx) {
  const table *t = ctx;
  knobs k = {.lr = 0.1};
  float out[ROWS * OUT];
  const nn_column columns[] = {{"x", t->x.view}, {"y", t->y.view}};
  const nn_feed feed = {.columns = columns, .n = 2};
  nn_model *m = NULL;
  nn_state *s = NULL;
  nn_trainer *r = NULL;
  tn_status status = nn_model_new(&(nn_model_options){.alloc = alloc, .batch = ROWS}, small_network, &k, &m);
  if (status == TN_OK) status = nn_state_new(m, &s);
  if (status == TN_OK) nn_state_init(s, 1, 0);
  if (status == TN_OK) status = nn_trainer_new(m, s, &(nn_trainer_options){.keep_last_good = true}, &r);
  if (status == TN_OK) status = nn_trainer_step(r, &feed, NULL);
  if (status == TN_OK) status = nn_trainer_evaluate(r, &feed, NULL);
  if (status == TN_OK) status = nn_trainer_predict(r, &feed, "prediction", tn_matrix(out, TN_F32, ROWS, OUT));
  if (status != TN_OK && s) cr_assert(!*nn_state_error(s) || strstr(nn_state_error(s), "out of memory"));
  nn_trainer_free(r);
  nn_state_free(s);
  nn_model_free(m);
  return status;
}

Test(nn_refused, trainers) {
  table t = make_table(TN_F32, ROWS);
  cr_expect_geq(refuse_each(step_by_step, &t, "trainer"), 100);
  free_table(&t);
}

/* ---- folds, data, files ---------------------------------------------------------------------------------- */

static tn_status folds_of(tn_status status, nn_folds *f) {
  cr_assert_eq(status == TN_OK, f->order != NULL, "folds that failed hold nothing");
  nn_folds_free(f);
  return status;
}

static tn_status make_folds(const tn_alloc *alloc, void *ctx) {
  int64_t order[ROWS], groups[ROWS], n = ROWS;
  nn_folds f;
  (void)ctx;
  for (int64_t i = 0; i < ROWS; i++) order[i] = ROWS - 1 - i, groups[i] = i / 3;
  tn_status status = folds_of(nn_folds_new(alloc, ROWS, 3, order, 0, &f), &f);
  if (status == TN_OK)
    status = folds_of(nn_folds_stratified(alloc, tn_view_of(groups, TN_I64, 1, &n), 3, 1, &f), &f);
  if (status == TN_OK)
    status = folds_of(nn_folds_grouped(alloc, tn_view_of(groups, TN_I64, 1, &n), 3, 1, &f), &f);
  return status;
}

static tn_status add_columns(const tn_alloc *alloc, void *ctx) {
  const table *t = ctx;
  nn_data *d = NULL;
  char name[32];
  tn_status status = nn_data_new(alloc, &d);
  for (int i = 0; i < 20 && status == TN_OK; i++) {
    snprintf(name, sizeof name, "column %d", i);
    status = nn_data_add(d, name, t->x.view);
    cr_assert(status == TN_OK || strstr(nn_data_error(d), "out of memory"));
  }
  nn_data_free(d);
  return status;
}

static tn_status import_kernel(const tn_alloc *alloc, void *ctx) {
  static const int turned[] = {1, 0};
  const nn_import_row row = {"hidden/kernel", "weight", turned};
  knobs k = {.lr = 0.1};
  char message[256] = "";
  nn_model *m = NULL;
  nn_state *s = NULL;
  tn_status status = nn_model_new(&(nn_model_options){.alloc = alloc}, small_network, &k, &m);
  if (status == TN_OK) status = nn_state_new(m, &s);
  if (status == TN_OK) {
    status = nn_state_import(s, ctx, &row, 1, message);
    cr_assert(status == TN_OK || strstr(message, "out of memory"), "%s", message);
    cr_assert_eq(value_at(s, "hidden/kernel", 1), status == TN_OK ? IN : 0, "all rows or none");
  }
  nn_state_free(s);
  nn_model_free(m);
  return status;
}

Test(nn_refused, folds_and_columns) {
  table t = make_table(TN_F32, ROWS);
  cr_expect_geq(refuse_each(make_folds, NULL, "folds"), 11);
  cr_expect_geq(refuse_each(add_columns, &t, "columns"), 23);
  free_table(&t);
}

Test(nn_refused, imports) {
  char path[64];
  float weight[HIDDEN * IN];
  snprintf(path, sizeof path, "/tmp/nabla-refused-%ld.safetensors", (long)getpid());
  for (int i = 0; i < HIDDEN * IN; i++) weight[i] = (float)i;
  nn_tensor file = {.name = "weight", .dtype = "F32", .rank = 2, .shape = {HIDDEN, IN}, .data = weight};
  OK(nn_tensor_file_write(path, &file, 1, NULL, 0, NULL));
  cr_expect_geq(refuse_each(import_kernel, path, "import"), 20);
  remove(path);
}

/* ---- what always takes the default allocator --------------------------------------------------------------- */

#ifdef LIBC_REFUSES

static ag_ref residuals(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_offset(g, ag_square(g, x[0]), -2);
}
static ag_ref squares(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  return ag_sum_all(g, ag_square(g, residuals(g, x, n, ctx)));
}

static tn_status solve(nn_solver *solver, ag_function *f) {
  double x[3] = {1, 2, 3};
  tn_view v = tn_view_of(x, TN_F64, 1, (int64_t[]){3});
  nn_solve_result r;
  tn_status status = solver(f, NULL, &v, 1, NULL, &r);
  if (status == TN_ENOMEM) cr_assert(strstr(r.message, "out of memory"), "%s", r.message);
  for (int i = 0; i < 3; i++)
    cr_assert_float_eq(x[i], status == TN_OK ? sqrt(2) : i + 1, 1e-7, "%d: %g", (int)status, x[i]);
  return status;
}
static tn_status lbfgs(void *ctx) { return (void)ctx, solve(nn_lbfgs, squares); }
static tn_status newton(void *ctx) { return (void)ctx, solve(nn_newton_cg, squares); }
static tn_status least_squares(void *ctx) { return (void)ctx, solve(nn_least_squares, residuals); }

static tn_status auc(void *ctx) {
  unsigned char labels[] = {0, 1, 0, 1};
  double scores[] = {1, 2, 3, 4}, area = -1;
  int64_t n = 4;
  (void)ctx;
  tn_status status = nn_auc(tn_view_of(labels, TN_U8, 1, &n), tn_view_of(scores, TN_F64, 1, &n), &area);
  cr_assert(status != TN_OK || area == 0.75);
  return status;
}

static tn_status neighbours(void *ctx) {
  int32_t labels[] = {0, 0, 1, 1};
  float z[] = {0, 1, 10, 11};
  double accuracy = -1;
  int64_t n = 4;
  (void)ctx;
  tn_status status =
      nn_neighbour_accuracy(tn_matrix(z, TN_F32, 4, 1), tn_view_of(labels, TN_I32, 1, &n), 2, 1, &accuracy);
  cr_assert(status != TN_OK || accuracy == 1);
  return status;
}

static tn_status one(void *ctx, int64_t replica) {
  ((int *)ctx)[replica]++;
  return TN_OK;
}
static tn_status replicas(void *ctx) {
  int ran[3] = {0};
  (void)ctx;
  tn_status status = nn_replicas(3, 1, one, ran);
  for (int i = 0; i < 3; i++) cr_assert_eq(ran[i], status == TN_OK);
  return status;
}

Test(nn_refused, by_the_c_library) {
  static const struct {
    const char *what;
    tn_status (*f)(void *ctx);
    long least;
  } rows[] = {{"lbfgs", lbfgs, 20}, {"newton", newton, 20},    {"least squares", least_squares, 20},
              {"auc", auc, 1},      {"replicas", replicas, 1}, {"neighbours", neighbours, 4}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool refused = true;
    long k = 1;
    for (; refused; k++) {
      tn_status status = libc_attempt(rows[i].f, NULL, k, &refused);
      cr_assert_eq(status, refused ? TN_ENOMEM : TN_OK, "%s, request %ld: %s", rows[i].what, k,
                   tn_status_text(status));
    }
    cr_expect_geq(k - 2, rows[i].least, "%s asked %ld times", rows[i].what, k - 2);
  }
}

#endif
