/* Hoisting: what is frozen, from the data up, is computed once for each row, and the fit's bits stay; what
 * hangs on anything else stays in the step. */
#include "test_nn.h"

enum { ROWS = 77, WIDTH = 6 };

/* The knobs of a network x [6] - 5 - 4 - 3. */
typedef struct variant {
  const char *freeze;
  bool standardize, couple, noise, second_head;
} variant;

static ag_ref column_mean(ag_graph *g, ag_ref x) { return ag_mean_axis(g, x, 0, true); }

static void network(nn_model *m, void *ctx) {
  const variant *v = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){WIDTH}), y = nn_input(m, "y", 1, (int64_t[]){OUT}), z = x;
  if (v->standardize) {
    const int64_t shape[] = {WIDTH};
    z = ag_sub(g, x, nn_parameter(m, "mean", 1, shape, NN_ONES));
    z = ag_div(g, z, ag_offset(g, nn_parameter(m, "sd", 1, shape, NN_ONES), 1));
    nn_freeze(m, "mean"), nn_freeze(m, "sd");
  }
  if (v->couple) z = ag_sub(g, z, column_mean(g, z));
  if (v->noise) z = nn_gaussian_noise(m, "noise", z, 0.1);
  ag_ref h = ag_elu(g, nn_dense(m, "low/0", z, 5, NULL), 1);
  h = ag_elu(g, nn_dense(m, "low/1", h, 4, NULL), 1);
  if (v->second_head) h = ag_detach(g, h);
  ag_ref f = nn_dense(m, "top", h, OUT, NULL), loss = nn_mse(m, f, y);
  if (v->second_head) loss = ag_add(g, loss, nn_mse(m, nn_dense(m, "auto", h, WIDTH, NULL), x));
  nn_report(m, "loss", loss);
  if (v->freeze) nn_freeze(m, v->freeze);
  nn_adam(m, loss, &(nn_adam_options){.lr = 0.01});
}

static nn_data *make_data(tn_array *x, tn_array *y) {
  nn_data *d;
  OK(tn_array_new(NULL, TN_F32, 2, (int64_t[]){ROWS, WIDTH}, x));
  OK(tn_array_new(NULL, TN_F32, 2, (int64_t[]){ROWS, OUT}, y));
  tn_rng_normal((tn_rng){.seed = 1}, x->view), tn_rng_normal((tn_rng){.seed = 2}, y->view);
  OK(nn_data_new(NULL, &d));
  OK(nn_data_add(d, "x", x->view));
  OK(nn_data_add(d, "y", y->view));
  return d;
}

static nn_state *fit(nn_model *m, const nn_data *d, nn_split rows) {
  nn_state *s;
  OK(nn_state_new(m, &s));
  nn_state_init(s, 4, 0);
  OK(nn_fit(m, s, d, rows, &(nn_fit_options){.epochs = 5}, NULL));
  return s;
}

static int given(nn_model *m) {
  const nn__plan *p;
  OK(nn__plan_get(m, NN__FIT, NULL, 8, &p, NULL));
  return p->n_given;
}

/* To the bit: a row's place in its batch does not show. */
static void expect_equal(const nn_state *a, const nn_state *b) {
  for (int i = 0; i < nn_state_count(a); i++) {
    tn_view x = nn_state_view(a, i), y = nn_state_view(b, i);
    for (int64_t k = 0; k < tn_view_numel(&x); k++)
      cr_assert_eq(tn_get(&x, k), tn_get(&y, k), "%s [%d]", nn_state_name(a, i), (int)k);
  }
}

static void check(variant v, int n_given) {
  tn_array x, y;
  nn_data *d = make_data(&x, &y);
  int64_t some[] = {70, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 30, 40, 50, 60, 76, 0, 1};
  const nn_split splits[] = {{0}, {some, sizeof some / sizeof *some}, {some, 3}};
  nn_model *hoisting = make_model(&(nn_model_options){.batch = 8}, network, &v);
  nn_model *plain = make_model(&(nn_model_options){.batch = 8, .no_hoist = true}, network, &v);
  cr_expect_eq(given(hoisting), n_given, "freeze %s", v.freeze ? v.freeze : "nothing");
  cr_expect_eq(given(plain), 0);
  for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
    nn_state *a = fit(hoisting, d, splits[i]), *b = fit(plain, d, splits[i]);
    expect_equal(a, b);
    nn_state_free(a), nn_state_free(b);
  }
  nn_model_free(hoisting), nn_model_free(plain);
  nn_data_free(d);
  tn_array_free(&x), tn_array_free(&y);
}

Test(hoist, frozen_prefix) {
  check((variant){.freeze = "low/*"}, 1);
  check((variant){.freeze = "low/0/*"}, 1);
  check((variant){.freeze = "low/*", .standardize = true}, 1);
  check((variant){.freeze = "low/*", .second_head = true}, 1);
}

Test(hoist, only_what_is_fixed_and_by_row) {
  check((variant){0}, 0);
  check((variant){.freeze = "top/*"}, 0);
  check((variant){.freeze = "low/1/*"}, 0);
}

Test(hoist, random_and_batch_coupled_values_stop_it) {
  check((variant){.freeze = "low/*", .couple = true}, 0);
  check((variant){.freeze = "low/*", .noise = true}, 0);
}

/* ---- ag_compile_given ---- */

Test(hoist, given_values_are_read) {
  ag_graph *g;
  ag_plan *plan;
  ag_run *run;
  const int64_t shape[] = {2};
  double memory[] = {3, 4};
  OK(ag_graph_new(NULL, &g));
  ag_ref x = ag_input(g, "x", TN_F64, 1, shape), e = ag_exp(g, x), y = ag_scale(g, e, 2);
  OK(ag_compile_given(g, &e, 1, &y, 1, 0, &plan));
  cr_expect_eq(ag_plan_leaf_count(plan), 1);
  cr_expect_str_eq(ag_plan_leaf_name(plan, 0), "(given 0)");
  OK(ag_run_new(plan, 1, &run));
  OK(ag_run_bind(run, 0, tn_view_of(memory, TN_F64, 1, shape)));
  OK(ag_run_step(run, (tn_rng){0}));
  tn_view out = ag_run_output(run, 0);
  cr_expect(tn_get(&out, 0) == 6 && tn_get(&out, 1) == 8);
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
}

Test(hoist, given_values_are_no_leaf_and_no_output) {
  for (int kind = 0; kind < 3; kind++) {
    ag_graph *g;
    ag_plan *plan = NULL;
    OK(ag_graph_new(NULL, &g));
    ag_ref x = ag_state(g, "x", TN_F64, 1, (int64_t[]){2}), e = ag_exp(g, x), y = ag_scale(g, e, 2);
    if (kind == 2) ag_assign(g, x, e);
    ag_ref wanted = kind == 1 ? e : y, gift = kind == 0 ? x : e;
    cr_expect_eq(ag_compile_given(g, &gift, 1, &wanted, 1, AG_WITH_EFFECTS, &plan), TN_EINVAL);
    cr_expect(!plan && strstr(ag_error(g), "given value 0"), "%s", ag_error(g));
    ag_graph_free(g);
  }
}

/* Validation rows hoist by themselves: the reports of every epoch are those of a fit that does not hoist. */
typedef struct reports {
  double loss[5];
} reports;

static bool keep_report(void *ctx, const nn_epoch *e) {
  ((reports *)ctx)->loss[e->epoch - 1] = e->valid[0];
  return true;
}

Test(hoist, validation_rows) {
  variant v = {.freeze = "low/*", .noise = true};
  reports r[2];
  tn_array x, y;
  nn_data *d = make_data(&x, &y);
  int64_t rows[ROWS];
  for (int i = 0; i < ROWS; i++) rows[i] = (i * 5) % ROWS;
  for (int hoist = 0; hoist < 2; hoist++) {
    nn_model *m;
    nn_state *s;
    const nn__plan *p;
    OK(nn_model_new(&(nn_model_options){.batch = 8, .eval_batch = 16}, network, &v, &m));
    m->no_hoist = !hoist;
    OK(nn_state_new(m, &s));
    nn_state_init(s, 4, 0);
    nn_fit_options o = {
        .epochs = 5, .valid = {rows + 40, ROWS - 40}, .on_epoch = keep_report, .on_epoch_ctx = &r[hoist]};
    OK(nn_fit(m, s, d, (nn_split){rows, 40}, &o, NULL));
    OK(nn__plan_get(m, NN__VALIDATE, NULL, 16, &p, NULL));
    cr_expect_eq(p->n_given, hoist); /* in training the noise forbids it, in evaluation there is none */
    nn_state_free(s), nn_model_free(m);
  }
  for (int i = 0; i < 5; i++) cr_expect_eq(r[0].loss[i], r[1].loss[i]);
  tn_array_free(&x), tn_array_free(&y);
  nn_data_free(d);
}
