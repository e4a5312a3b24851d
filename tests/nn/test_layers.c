/* Every row of the tables of layers, losses and metrics: its samples are built in both types and modes, run,
 * trained a step, saved and loaded, differentiated twice, compiled and compared with the oracle, and run out
 * of memory at each allocation. A new layer is tested by having samples. */
#include "rows.h"

#include "support/refuse.h"

static const tn_dtype floats[] = {TN_F32, TN_F64};

/* ---- rows -------------------------------------------------------------------------------------------- */

Test(layers, every_row_is_described) {
  int samples = 0;
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    cr_expect(rows[r]->doc && *rows[r]->doc && rows[r]->n_samples > 0, "%s has no sentence or no sample",
              rows[r]->name);
  }
  EACH_SAMPLE(row, s) {
    cr_expect(s->n_in > 0 && s->n_in <= NN_SAMPLE_INPUTS && s->name && s->build, "%s: a sample", row->name);
    for (int i = 1; i < s->n_in; i++)
      cr_expect_eq(s->in[i].shape[0], s->in[0].shape[0], "%s, %s: batch of input %d", row->name, s->name, i);
    samples++;
  }
  cr_expect_geq(samples, 10);
}

/* Largest |a - b| over max(1, |b|); NaN where one is. */
static double largest_error(tn_view a, tn_view b) {
  double worst = 0;
  for (int64_t i = 0; i < tn_view_numel(&a); i++) {
    double y = tn_get(&b, i), error = fabs(tn_get(&a, i) - y) / fmax(1, fabs(y));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

/* ---- running ----------------------------------------------------------------------------------------- */

static double evaluated(stage *t, nn_state *s) {
  double means[NN_MAX_REPORTS] = {0};
  tn_status status = nn_evaluate(t->m, s, t->d, (nn_split){0}, means);
  cr_assert_eq(status, TN_OK, "%s, %s: %s", t->row->name, t->s->name, nn_state_error(s));
  cr_expect(isfinite(means[0]), "%s, %s: %g", t->row->name, t->s->name, means[0]);
  return means[0];
}

static void trained(stage *t, nn_state *s) {
  nn_fit_result r;
  tn_status status = nn_fit(t->m, s, t->d, (nn_split){0}, &(nn_fit_options){.epochs = 2}, &r);
  cr_assert_eq(status, TN_OK, "%s, %s: %s", t->row->name, t->s->name, r.message);
}

Test(layers, both_types_and_modes) {
  EACH_SAMPLE(row, s) {
    for (int d = 0; d < 2; d++) {
      stage t;
      open_stage(&t, row, s, floats[d]);
      nn_state *state = moved_state(t.m);
      double before = evaluated(&t, state);
      cr_expect(nn__same_type(&t.out[NN_TRAIN], &t.out[NN_EVAL]), "%s, %s: the modes differ in shape",
                row->name, s->name);
      cr_expect_eq(t.out[NN_TRAIN].dtype, floats[d], "%s, %s", row->name, s->name);
      cr_expect_eq(evaluated(&t, state), before, "%s, %s: evaluation changes something", row->name, s->name);
      if (s->order >= 0) trained(&t, state), evaluated(&t, state);
      nn_state_free(state);
      close_stage(&t);
    }
  }
}

static tn_array predicted(stage *t, nn_state *s) {
  tn_array y = {0};
  ag_type type = t->out[NN_EVAL];
  if (!type.rank || type.shape[0] != t->m->eval_batch) return y;
  OK(tn_array_new(NULL, type.dtype, type.rank, type.shape, &y));
  OK(nn_predict(t->m, s, t->d, (nn_split){0}, "y", y.view));
  return y;
}

/* In evaluation an example's result does not depend on those beside it: one at a time gives the same. */
Test(layers, the_batch_does_not_matter) {
  EACH_SAMPLE(row, s) {
    stage t, one;
    if (s->fixed_batch) continue;
    open_stage(&t, row, s, TN_F64);
    open_data(&one, row, s, TN_F64);
    nn_model_options o = {.dtype = TN_F64, .batch = s->in[0].shape[0], .eval_batch = 1};
    OK(nn_model_new(&o, stage_network, &one, &one.m));
    nn_state *a = moved_state(t.m), *b = moved_state(one.m);
    tn_array y = predicted(&t, a), z = {0};
    if (y.view.data) {
      OK(tn_array_new(NULL, TN_F64, y.view.rank, y.view.shape, &z));
      tn_status status = nn_predict(one.m, b, one.d, (nn_split){0}, "y", z.view);
      cr_assert_eq(status, TN_OK, "%s, %s: %s", row->name, s->name, nn_state_error(b));
      double error = largest_error(z.view, y.view);
      cr_expect(error <= 1e-13, "%s, %s: differs by %g", row->name, s->name, error);
    }
    tn_array_free(&y);
    tn_array_free(&z);
    nn_state_free(a);
    nn_state_free(b);
    close_stage(&t);
    close_stage(&one);
  }
}

Test(layers, save_and_load_keep_the_bits) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/nabla-layers-%ld.safetensors", (long)getpid());
  EACH_SAMPLE(row, s) {
    stage t;
    open_stage(&t, row, s, TN_F32);
    nn_state *a = moved_state(t.m), *b = make_state(t.m, 99);
    if (s->order >= 0) trained(&t, a);
    double mean = evaluated(&t, a);
    tn_array y = predicted(&t, a), z;
    OK(nn_state_save(a, path, NULL, 0, NULL));
    OK(nn_state_load(b, path, NULL));
    cr_expect_eq(evaluated(&t, b), mean, "%s, %s", row->name, s->name);
    z = predicted(&t, b);
    if (y.view.data)
      cr_expect(!memcmp(y.view.data, z.view.data, tn_view_bytes(&y.view)), "%s, %s", row->name, s->name);
    tn_array_free(&y);
    tn_array_free(&z);
    nn_state_free(a);
    nn_state_free(b);
    close_stage(&t);
  }
  remove(path);
}

/* ---- derivatives ------------------------------------------------------------------------------------- */

typedef struct piece {
  stage *t;
  nn_mode mode;
  bool buffers; /* are lent too */
} piece;

/* Inputs first, then what the model lends. */
static ag_ref build_piece(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  const piece *p = ctx;
  nn_model *m = p->t->m;
  int next = p->t->s->n_in;
  lend(m, g, p->mode, p->t->s->in[0].shape[0]);
  for (size_t k = 0; k < m->n_variables; k++) {
    if (lent(&m->variables[k], p->buffers)) stand_in(m, k, in[next++]);
  }
  cr_assert_eq(next, n);
  ag_ref y = p->t->s->build(m, in);
  m->graph = NULL;
  return y;
}

enum { MOST = 64 };

static void check_derivatives(stage *t, nn_mode mode) {
  tn_view at[MOST];
  int n = 0, varying = 0;
  ag_gradcheck_options o = {.order = t->s->order};
  ag_gradcheck_report r;
  nn_state *state = moved_state(t->m);
  bool buffers = !assigns_buffers(t, mode);
  for (; n < t->s->n_in; n++) {
    at[n] = t->in[n].view;
    if (at[n].dtype != TN_F64) o.constant_inputs |= 1ull << n;
    else varying++;
  }
  for (size_t k = 0; k < t->m->n_variables; k++) {
    const nn__variable *v = &t->m->variables[k];
    if (!lent(v, buffers)) continue;
    cr_assert_lt(n, MOST);
    if (v->kind == NN__BUFFER) o.constant_inputs |= 1ull << n;
    else varying++;
    at[n++] = nn__view(state, v);
  }
  if (varying) {
    tn_status status = ag_gradcheck(build_piece, &(piece){t, mode, buffers}, at, n, &o, &r);
    cr_expect_eq(status, TN_OK, "%s, %s, %s: %s", t->row->name, t->s->name, mode ? "eval" : "train",
                 r.message);
  }
  nn_state_free(state);
}

Test(layers, derivatives_to_second_order) {
  EACH_SAMPLE(row, s) {
    stage t;
    if (s->order < 0) continue;
    open_stage(&t, row, s, TN_F64);
    check_derivatives(&t, NN_TRAIN);
    check_derivatives(&t, NN_EVAL);
    close_stage(&t);
  }
}

/* ---- the plan and the oracle --------------------------------------------------------------------------- */

typedef struct leaves {
  int n;
  const char *names[MOST];
  tn_view at[MOST];
} leaves;

static leaves leaves_of(const stage *t, nn_state *state) {
  leaves l = {.n = 0};
  for (int i = 0; i < t->s->n_in; i++) l.names[l.n] = input_name(i), l.at[l.n++] = t->in[i].view;
  for (size_t k = 0; k < t->m->n_variables; k++) {
    const nn__variable *v = &t->m->variables[k];
    if (v->kind == NN__SLOT || v->kind == NN__STEP || !strcmp(v->name, "harness")) continue;
    cr_assert_lt(l.n, MOST);
    l.names[l.n] = v->name;
    l.at[l.n++] = nn__view(state, v);
  }
  return l;
}

/* The sample, and its derivative by all parameters and float inputs; returns how many outputs. */
static int build_with_gradients(stage *t, ag_graph *g, nn_mode mode, ag_ref *out) {
  nn_model *m = t->m;
  ag_ref in[NN_SAMPLE_INPUTS], wrt[MOST];
  int n = 0;
  lend(m, g, mode, t->s->in[0].shape[0]);
  for (int i = 0; i < t->s->n_in; i++) {
    tn_view v = t->in[i].view;
    in[i] = ag_input(g, input_name(i), v.dtype, v.rank, v.shape);
    if (v.dtype == m->dtype) wrt[n++] = in[i];
  }
  out[0] = t->s->build(m, in);
  if (t->s->order < 0) n = 0;
  for (size_t k = 0; k < m->n_variables && t->s->order >= 0; k++) {
    const nn__variable *v = &m->variables[k];
    if (v->kind == NN__PARAMETER && nn__declared(m, v)) wrt[n++] = v->ref;
  }
  if (n) ag_grad(g, ag_mean_all(g, ag_square(g, out[0])), wrt, n, out + 1);
  m->graph = NULL;
  cr_assert_eq(ag_status(g), TN_OK, "%s, %s: %s", t->row->name, t->s->name, ag_error(g));
  return n + 1;
}

static ag_run *run_plan(ag_graph *g, const ag_ref *out, int n, const leaves *l, ag_plan **plan) {
  ag_run *run;
  OK(ag_compile(g, out, n, AG_WITH_EFFECTS, plan));
  OK(ag_run_new(*plan, 1, &run));
  for (int i = 0; i < l->n; i++) {
    int leaf = ag_plan_find_leaf(*plan, l->names[i]);
    if (leaf >= 0) OK(ag_run_bind(run, leaf, l->at[i]));
  }
  tn_status status = ag_run_step(run, (tn_rng){.seed = 3});
  cr_assert_eq(status, TN_OK, "%s", ag_run_error(run));
  return run;
}

static void compare_with_oracle(stage *t, nn_mode mode, double tolerance) {
  nn_state *a = moved_state(t->m), *b = moved_state(t->m);
  leaves la = leaves_of(t, a), lb = leaves_of(t, b);
  tn_array want[MOST];
  tn_view views[MOST];
  ag_ref out[MOST];
  ag_graph *g;
  ag_plan *plan;
  OK(ag_graph_new(NULL, &g));
  int n = build_with_gradients(t, g, mode, out);
  for (int i = 0; i < n; i++) {
    ag_type type = ag_type_of(g, out[i]);
    OK(tn_array_new(NULL, type.dtype, type.rank, type.shape, &want[i]));
    views[i] = want[i].view;
  }
  OK(ag_reference(g, out, n, true, lb.names, lb.at, lb.n, (tn_rng){.seed = 3}, views));
  ag_run *run = run_plan(g, out, n, &la, &plan);
  for (int i = 0; i < n; i++) {
    double error = largest_error(ag_run_output(run, i), views[i]);
    cr_expect(error <= tolerance, "%s, %s: output %d differs by %g", t->row->name, t->s->name, i, error);
    tn_array_free(&want[i]);
  }
  for (int i = 0; i < la.n; i++)
    cr_expect(largest_error(la.at[i], lb.at[i]) <= tolerance, "%s, %s: the value left in '%s'", t->row->name,
              t->s->name, la.names[i]);
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
  nn_state_free(a);
  nn_state_free(b);
}

Test(layers, plan_and_oracle_agree) {
  EACH_SAMPLE(row, s) {
    for (int d = 0; d < 2; d++) {
      stage t;
      open_stage(&t, row, s, floats[d]);
      compare_with_oracle(&t, NN_TRAIN, d ? 1e-12 : 1e-5);
      compare_with_oracle(&t, NN_EVAL, d ? 1e-12 : 1e-5);
      close_stage(&t);
    }
  }
}

/* ---- out of memory ------------------------------------------------------------------------------------- */

/* A model is made and evaluated once. */
static tn_status short_day(const tn_alloc *alloc, void *ctx) {
  stage *t = ctx;
  nn_model_options o = stage_options(t, TN_F32, alloc);
  nn_state *state = NULL;
  double means[NN_MAX_REPORTS];
  tn_status status = nn_model_new(&o, stage_network, t, &t->m);
  if (status == TN_OK) status = nn_state_new(t->m, &state);
  if (status == TN_OK) nn_state_init(state, 1, 0);
  if (status == TN_OK) status = nn_evaluate(t->m, state, t->d, (nn_split){0}, means);
  nn_state_free(state);
  nn_model_free(t->m);
  t->m = NULL;
  return status;
}

Test(layers, every_allocation_fails_once) {
  EACH_SAMPLE(row, s) {
    stage t;
    char what[128];
    open_data(&t, row, s, TN_F32);
    snprintf(what, sizeof what, "%s, %s", row->name, s->name);
    refuse_each(short_day, &t, what);
    close_stage(&t);
  }
}
