/* Layers, losses and metrics against values of others: tests/golden/layers/NAME.safetensors, made by
 * tests/golden/layers.py with PyTorch. A file has the tensors of some samples of the row NAME:
 *   "<sample>/in0", ...        the inputs
 *   "<sample>/<variable>"      parameters and buffers by name, before
 *   "<sample>/out"             what the layer gives in training; "<sample>/out.eval" in evaluation
 *   "<sample>/u"               gradients are those of sum(u out) in training:
 *   "<sample>/d.in0", "<sample>/d.<variable>"
 *   "<sample>/after.<buffer>"  buffers after a step of training */
#include "rows.h"

#ifndef NABLA_SOURCE_DIR
#define NABLA_SOURCE_DIR "."
#endif

enum { MOST = 64 };

static bool find(const nn_tensor_file *f, const char *sample, const char *prefix, const char *name,
                 tn_view *out) {
  char key[512];
  snprintf(key, sizeof key, "%s/%s%s", sample, prefix, name);
  const nn_tensor *t = nn_tensor_file_find(f, key);
  if (!t) return false;
  tn_dtype dtype = !strcmp(t->dtype, "F64")   ? TN_F64
                   : !strcmp(t->dtype, "I64") ? TN_I64
                   : !strcmp(t->dtype, "I32") ? TN_I32
                                              : TN_U8;
  cr_assert_eq((uintptr_t)t->data % tn_dtype_size(dtype), 0);
  *out = tn_view_of((void *)t->data, dtype, t->rank, t->shape);
  return true;
}

static void expect_view(const stage *t, const char *what, const char *name, tn_view have, tn_view want) {
  double worst = 0, scale = 0;
  cr_assert(have.dtype == want.dtype && tn_same_shape(have.rank, have.shape, want.rank, want.shape),
            "%s, %s: the shape of %s%s", t->row->name, t->s->name, what, name);
  for (int64_t i = 0; i < tn_view_numel(&want); i++) {
    double error = fabs(tn_get(&have, i) - tn_get(&want, i));
    if (!(error <= worst)) worst = error;
    scale = fmax(scale, fabs(tn_get(&want, i)));
  }
  cr_expect(worst <= 1e-12 * fmax(scale, 1e-3), "%s, %s: %s%s differs by %g of %g", t->row->name, t->s->name,
            what, name, worst, scale);
}

/* The leaves' values; the fixture's own inputs in place of the drawn ones. */
static void take_values(stage *t, nn_state *state, const nn_tensor_file *f) {
  tn_view v;
  for (int i = 0; i < t->s->n_in; i++) {
    cr_assert(find(f, t->s->name, "", input_name(i), &v), "%s, %s: no %s", t->row->name, t->s->name,
              input_name(i));
    cr_assert(v.dtype == t->in[i].view.dtype &&
                  tn_same_shape(v.rank, v.shape, t->in[i].view.rank, t->in[i].view.shape),
              "%s, %s: the fixture's %s is of another type or shape", t->row->name, t->s->name,
              input_name(i));
    tn_copy(t->in[i].view, v);
  }
  for (size_t k = 0; k < t->m->n_variables; k++) {
    const nn__variable *var = &t->m->variables[k];
    if (var->kind > NN__BUFFER || !strcmp(var->name, "harness")) continue;
    bool found = find(f, t->s->name, "", var->name, &v);
    cr_assert(found || var->kind == NN__BUFFER, "%s, %s: the fixture lacks '%s'", t->row->name, t->s->name,
              var->name);
    if (!found) continue;
    cr_assert(tn_same_shape(v.rank, v.shape, var->type.rank, var->type.shape),
              "%s, %s: the fixture's '%s' has another shape", t->row->name, t->s->name, var->name);
    tn_copy(nn__view(state, var), v);
  }
}

/* ---- one mode ---------------------------------------------------------------------------------------- */

typedef struct wanted {
  int n;
  ag_ref wrt[MOST], ref[MOST];
  const char *name[MOST];
} wanted;

static void want(wanted *w, ag_ref x, const char *name) {
  cr_assert_lt(w->n, MOST);
  w->wrt[w->n] = x;
  w->name[w->n++] = name;
}

/* out[0] is the layer's value; the derivatives of sum(u out) follow. */
static ag_ref build_sample(stage *t, ag_graph *g, nn_mode mode, const tn_view *u, wanted *w) {
  ag_ref in[NN_SAMPLE_INPUTS];
  nn_model *m = t->m;
  lend(m, g, mode, t->s->in[0].shape[0]);
  for (int i = 0; i < t->s->n_in; i++) {
    tn_view v = t->in[i].view;
    in[i] = ag_input(g, input_name(i), v.dtype, v.rank, v.shape);
    if (v.dtype == TN_F64) want(w, in[i], input_name(i));
  }
  ag_ref y = t->s->build(m, in);
  for (size_t k = 0; k < m->n_variables; k++) {
    const nn__variable *v = &m->variables[k];
    if (v->kind == NN__PARAMETER && nn__declared(m, v)) want(w, v->ref, v->name);
  }
  if (u) ag_grad(g, ag_sum_all(g, ag_mul(g, y, ag_constant(g, *u))), w->wrt, w->n, w->ref + 1);
  else w->n = 0;
  w->ref[0] = y;
  m->graph = NULL;
  cr_assert_eq(ag_status(g), TN_OK, "%s, %s: %s", t->row->name, t->s->name, ag_error(g));
  return y;
}

static ag_run *run_sample(stage *t, ag_graph *g, nn_state *state, wanted *w, ag_plan **plan) {
  ag_run *run;
  OK(ag_compile(g, w->ref, w->n + 1, AG_WITH_EFFECTS, plan));
  OK(ag_run_new(*plan, 1, &run));
  for (int leaf = 0; leaf < ag_plan_leaf_count(*plan); leaf++) {
    const char *name = ag_plan_leaf_name(*plan, leaf);
    const nn__variable *v = nn__find(t->m, name);
    tn_view at = v ? nn__view(state, v) : t->in[name[2] - '0'].view;
    OK(ag_run_bind(run, leaf, at));
  }
  OK(ag_run_step(run, (tn_rng){.seed = 1}));
  return run;
}

static void compare(stage *t, const nn_tensor_file *f, nn_mode mode, tn_view out) {
  wanted w = {0};
  tn_view u, d;
  ag_graph *g;
  ag_plan *plan;
  nn_state *state = make_state(t->m, 1);
  OK(ag_graph_new(NULL, &g));
  take_values(t, state, f);
  bool gradients = mode == NN_TRAIN && find(f, t->s->name, "", "u", &u);
  build_sample(t, g, mode, gradients ? &u : NULL, &w);
  ag_run *run = run_sample(t, g, state, &w, &plan);
  expect_view(t, mode == NN_TRAIN ? "out" : "out.eval", "", ag_run_output(run, 0), out);
  for (int i = 0; i < w.n; i++) {
    if (find(f, t->s->name, "d.", w.name[i], &d))
      expect_view(t, "the gradient of ", w.name[i], ag_run_output(run, i + 1), d);
  }
  for (size_t k = 0; k < t->m->n_variables && mode == NN_TRAIN; k++) {
    const nn__variable *v = &t->m->variables[k];
    if (find(f, t->s->name, "after.", v->name, &d))
      expect_view(t, "after the step ", v->name, nn__view(state, v), d);
  }
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
  nn_state_free(state);
}

/* ---- all rows ------------------------------------------------------------------------------------------ */

static nn_tensor_file *fixture_of(const nn_row *row) {
  char path[512], message[NN__MESSAGE];
  nn_tensor_file *f = NULL;
  snprintf(path, sizeof path, NABLA_SOURCE_DIR "/tests/golden/layers/%s.safetensors", row->name);
  if (access(path, R_OK)) return NULL;
  cr_assert_eq(nn_tensor_file_open(NULL, path, &f, message), TN_OK, "%s", message);
  return f;
}

/* Compares all samples of the row that the file has; returns how many. */
static int compare_row(const nn_row *row, const nn_tensor_file *f) {
  int compared = 0;
  for (const nn_sample *s = row->samples; s < row->samples + row->n_samples; s++) {
    tn_view out, out_eval;
    bool train = find(f, s->name, "", "out", &out), eval = find(f, s->name, "", "out.eval", &out_eval);
    if (!train && !eval) continue;
    stage t;
    open_stage(&t, row, s, TN_F64);
    if (train) compare(&t, f, NN_TRAIN, out);
    if (eval) compare(&t, f, NN_EVAL, out_eval);
    close_stage(&t);
    compared++;
  }
  return compared;
}

/* Every row has values of others, or is one of these: its result is random, or PyTorch has no such thing. */
static const char *const without[] = {"nn_gaussian_noise"};

Test(layer_values, are_those_of_others) {
  int total = 0;
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    bool excused = false;
    for (size_t k = 0; k < sizeof without / sizeof *without; k++)
      excused |= !strcmp(without[k], rows[r]->name);
    nn_tensor_file *f = fixture_of(rows[r]);
    int compared = f ? compare_row(rows[r], f) : 0;
    cr_expect((compared > 0) != excused, "%s: %d samples have values", rows[r]->name, compared);
    cr_log_info("%s: %d of %d samples", rows[r]->name, compared, rows[r]->n_samples);
    total += compared;
    if (f) nn_tensor_file_close(f);
  }
  cr_log_info("%d samples", total);
}
