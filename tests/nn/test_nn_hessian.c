/* Hessian-vector products through attention and through recurrence, where other libraries have no second derivative: ag_hvp by every
 * input and parameter at once, each element against differences of the gradient along the same direction. */
#include "rows.h"

enum { MOST = 32, ELEMENTS = 4096 };

typedef struct scene { /* a sample as one scalar of all its values */
  stage t;
  nn_state *state;
  ag_graph *g;
  ag_ref wrt[MOST], ref[2 * MOST]; /* gradients, then Hessian products */
  tn_view at[MOST];                /* the values, which are moved */
  const char *name[MOST];
  double v[MOST][ELEMENTS];
  int n;
  ag_plan *plan;
  ag_run *run;
} scene;

static void add_leaf(scene *s, const char *name, tn_view value) {
  cr_assert_lt(s->n, MOST);
  cr_assert_leq(tn_view_numel(&value), ELEMENTS);
  for (int64_t i = 0; i < tn_view_numel(&value); i++)
    s->v[s->n][i] =
        (double)(tn_rng_u64((tn_rng){.seed = 3, .stream = (uint32_t)s->n}, (uint64_t)i) >> 11) * 0x1p-53 -
        0.5;
  s->at[s->n] = value;
  s->name[s->n] = name;
  s->wrt[s->n++] = ag_input(s->g, name, TN_F64, value.rank, value.shape);
}

/* The sum of squares of the layer's result, its gradient and its Hessian times v. */
static void open_scene(scene *s, const nn_row *row, const nn_sample *sample) {
  ag_ref in[NN_SAMPLE_INPUTS], v[MOST];
  *s = (scene){.n = 0};
  open_stage(&s->t, row, sample, TN_F64);
  s->state = moved_state(s->t.m);
  nn_model *m = s->t.m;
  OK(ag_graph_new(NULL, &s->g));
  lend(m, s->g, NN_EVAL, sample->in[0].shape[0]);
  for (int i = 0; i < sample->n_in; i++) {
    tn_view value = s->t.in[i].view;
    if (value.dtype == TN_F64) add_leaf(s, input_name(i), value), in[i] = s->wrt[s->n - 1];
    else in[i] = ag_constant(s->g, value);
  }
  for (size_t k = 0; k < m->n_variables; k++) {
    const nn__variable *variable = &m->variables[k];
    if (!lent(variable, false)) continue;
    add_leaf(s, variable->name, nn__view(s->state, variable));
    stand_in(m, k, s->wrt[s->n - 1]);
  }
  ag_ref y = ag_sum_all(s->g, ag_square(s->g, sample->build(m, in)));
  m->graph = NULL;
  for (int i = 0; i < s->n; i++)
    v[i] = ag_constant(s->g, tn_view_of(s->v[i], TN_F64, s->at[i].rank, s->at[i].shape));
  ag_grad(s->g, y, s->wrt, s->n, s->ref);
  ag_hvp(s->g, y, s->wrt, v, s->n, s->ref + s->n);
  tn_status status = ag_compile(s->g, s->ref, 2 * s->n, 0, &s->plan);
  cr_assert_eq(status, TN_OK, "%s, %s: %s", row->name, sample->name, ag_error(s->g));
  OK(ag_run_new(s->plan, 1, &s->run));
  for (int i = 0; i < s->n; i++) {
    int leaf = ag_plan_find_leaf(s->plan, s->name[i]);
    if (leaf >= 0) OK(ag_run_bind(s->run, leaf, s->at[i]));
  }
}

static void close_scene(scene *s) {
  ag_run_free(s->run);
  ag_plan_free(s->plan);
  ag_graph_free(s->g);
  nn_state_free(s->state);
  close_stage(&s->t);
}

/* Adds factor times the gradient at x + step v to sums. */
static void add_gradient(scene *s, double step, double factor, double (*sums)[ELEMENTS]) {
  for (int i = 0; i < s->n; i++)
    for (int64_t j = 0; j < tn_view_numel(&s->at[i]); j++)
      tn_set(&s->at[i], j, tn_get(&s->at[i], j) + step * s->v[i][j]);
  OK(ag_run_step(s->run, (tn_rng){0}));
  for (int i = 0; i < s->n; i++)
    for (int64_t j = 0; j < tn_view_numel(&s->at[i]); j++) {
      tn_view d = ag_run_output(s->run, i);
      sums[i][j] += factor * tn_get(&d, j);
      tn_set(&s->at[i], j, tn_get(&s->at[i], j) - step * s->v[i][j]);
    }
}

static void check_scene(const nn_row *row, const nn_sample *sample) {
  static scene s;
  static double differences[MOST][ELEMENTS];
  const double h = 1e-3;
  double scale = 0, worst = 0;
  open_scene(&s, row, sample);
  memset(differences, 0, sizeof differences);
  /* Central differences of error h^4: (8 (g(h) - g(-h)) - (g(2 h) - g(-2 h))) / 12 h. */
  add_gradient(&s, h, 8 / (12 * h), differences), add_gradient(&s, -h, -8 / (12 * h), differences);
  add_gradient(&s, 2 * h, -1 / (12 * h), differences), add_gradient(&s, -2 * h, 1 / (12 * h), differences);
  OK(ag_run_step(s.run, (tn_rng){0}));
  for (int i = 0; i < s.n; i++) {
    tn_view product = ag_run_output(s.run, s.n + i);
    for (int64_t j = 0; j < tn_view_numel(&product); j++) {
      scale = fmax(scale, fabs(differences[i][j]));
      double error = fabs(tn_get(&product, j) - differences[i][j]);
      if (!(error <= worst)) worst = error;
    }
  }
  cr_expect(scale > 0.01, "%s, %s: the Hessian is 0", row->name, sample->name);
  cr_expect(worst <= 1e-8 * scale, "%s, %s: differs by %g of %g", row->name, sample->name, worst, scale);
  close_scene(&s);
}

static void check_layer(const char *name) {
  int samples = 0;
  EACH_SAMPLE(row, s) {
    if (strcmp(row->name, name) != 0 || s->order < 0) continue;
    check_scene(row, s);
    samples++;
  }
  cr_expect_gt(samples, 0, "%s has no sample", name);
}

Test(hessian, product_through_attention_equals_differences) { check_layer("nn_attention"); }
Test(hessian, product_through_an_lstm_equals_differences) { check_layer("nn_lstm"); }
Test(hessian, product_through_a_gru_equals_differences) { check_layer("nn_gru"); }
