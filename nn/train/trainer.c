/* trainer.c - see trainer.h: keeps runs by purpose and shape, copies a batch to their staging memory, runs
 * one step. */
#include "nn/internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct kept { /* a runner that is kept for later calls */
  nn__purpose purpose;
  char *output; /* NULL: none */
  int64_t rows, length;
  nn__runner runner;
} kept;

struct nn_trainer {
  nn_model *model;
  nn_state *state;
  uint32_t seed, replica;
  int64_t step;   /* number of the next step */
  void *before;   /* a copy of the slab, with keep_last_good */
  kept **runners; /* pointers, as a runner's rate is bound by address */
  size_t n_runners, cap_runners;
};

/* ---- life -------------------------------------------------------------------------------------------- */

static int64_t counter_of(const nn_state *s, const char *name) {
  tn_view counter;
  return nn_state_find(s, name, &counter) ? (int64_t)tn_get(&counter, 0) : 0;
}

/* With ranks, updates are counted, since the state may come from a run with another number of ranks. */
static int64_t steps_done(const nn_state *s) {
  int64_t updates = counter_of(s, "accumulate/updates"), within = counter_of(s, "accumulate/within");
  return s->model->shards ? updates * nn__steps_of_update(s->model) + within : counter_of(s, "step");
}

int64_t nn_trainer_shard(const nn_trainer *t) { return nn__shard(t->model, t->step); }

tn_status nn_trainer_new(nn_model *m, nn_state *s, const nn_trainer_options *options, nn_trainer **out) {
  static const nn_trainer_options defaults = {0};
  const nn_trainer_options *o = options ? options : &defaults;
  if (!m || !s || !out) return TN_EINVAL;
  s->error[0] = '\0';
  tn_status status = nn__state_check(m, s, "nn_trainer_new");
  if (status != TN_OK) return status;
  char name[NN__NAME];
  snprintf(name, sizeof name, "phase/%s", o->phase ? o->phase : "");
  nn_trainer *t = tn_calloc(m->alloc, 1, sizeof *t);
  void *before = t && o->keep_last_good ? tn_malloc(m->alloc, nn__slab_bytes(m)) : NULL;
  if (!t || (o->keep_last_good && !before)) {
    tn_free(m->alloc, t);
    return nn__state_fail(s, TN_ENOMEM, "nn_trainer_new: out of memory");
  }
  *t = (nn_trainer){.model = m,
                    .state = s,
                    .seed = o->seed ^ tn_stream(name),
                    .replica = o->replica,
                    .step = steps_done(s),
                    .before = before};
  *out = t;
  return TN_OK;
}

static void kept_free(const tn_alloc *alloc, kept *k) {
  if (!k) return;
  nn__runner_free(&k->runner);
  tn_free(alloc, k->output);
  tn_free(alloc, k);
}

void nn_trainer_free(nn_trainer *t) {
  if (!t) return;
  const tn_alloc *alloc = t->model->alloc;
  for (size_t i = 0; i < t->n_runners; i++) kept_free(alloc, t->runners[i]);
  tn_free(alloc, t->runners);
  tn_free(alloc, t->before);
  tn_free(alloc, t);
}

/* ---- runs -------------------------------------------------------------------------------------------- */

static bool same_output(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static tn_status make_runner(nn_trainer *t, nn__purpose purpose, const char *output, int64_t rows,
                             int64_t length, nn__runner **out) {
  const tn_alloc *alloc = t->model->alloc;
  kept *k = tn_calloc(alloc, 1, sizeof *k);
  if (k && output) k->output = nn__strdup(alloc, output);
  if (!k || (output && !k->output) ||
      tn_grow(alloc, &t->runners, &t->cap_runners, t->n_runners + 1, sizeof *t->runners) != TN_OK) {
    kept_free(alloc, k);
    return nn__state_fail(t->state, TN_ENOMEM, "out of memory");
  }
  k->purpose = purpose;
  k->rows = rows;
  k->length = length;
  const nn__use use = {.purpose = purpose, .output = output, .rows = rows, .length = length, .open = true};
  tn_status status = nn__runner_new(t->model, t->state, &use, &k->runner);
  if (status != TN_OK) {
    kept_free(alloc, k);
    return status;
  }
  t->runners[t->n_runners++] = k;
  *out = &k->runner;
  return TN_OK;
}

static tn_status runner_of(nn_trainer *t, const char *who, nn__purpose purpose, const char *output,
                           const nn_feed *b, nn__runner **out) {
  int64_t rows = b->rows, length = b->length ? b->length : t->model->usual_length;
  if (!rows && b->n > 0 && b->columns[0].view.rank > 0) rows = b->columns[0].view.shape[0];
  if (rows <= 0 || length < 0)
    return nn__state_fail(t->state, TN_EINVAL, "%s: a batch needs 1 row or more and no negative length", who);
  for (size_t i = 0; i < t->n_runners; i++) {
    kept *k = t->runners[i];
    if (k->purpose != purpose || k->rows != rows || k->length != length || !same_output(k->output, output))
      continue;
    *out = &k->runner;
    return TN_OK;
  }
  return make_runner(t, purpose, output, rows, length, out);
}

/* ---- a batch ----------------------------------------------------------------------------------------- */

static const nn_column *find_column(const nn_feed *b, const char *name) {
  for (int i = 0; i < b->n; i++)
    if (b->columns[i].name && !strcmp(b->columns[i].name, name)) return &b->columns[i];
  return NULL;
}

static tn_status fill(nn_trainer *t, const char *who, nn__runner *r, const nn_feed *b) {
  for (int i = 0; i < r->n_columns; i++) {
    tn_view stage = r->columns[i].stage;
    const char *name = ag_plan_leaf_name(r->plan->plan, r->columns[i].leaf);
    const nn_column *c = find_column(b, name);
    if (!c && !strcmp(name, NN__ROW_WEIGHTS)) {
      tn_fill(stage, 1);
      continue;
    }
    if (!c || !c->view.data)
      return nn__state_fail(t->state, TN_EINVAL, "%s: the batch has no column '%s', which the network reads",
                            who, name);
    if (!tn_same_shape(c->view.rank, c->view.shape, stage.rank, stage.shape)) {
      char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
      return nn__state_fail(t->state, TN_ESHAPE, "%s: column '%s' has %s, but the network reads %s", who,
                            name, nn_shape_text(have, c->view.rank, c->view.shape),
                            nn_shape_text(want, stage.rank, stage.shape));
    }
    char why[NN__MESSAGE];
    tn_status status = nn__column_converts(name, c->view.dtype, stage.dtype, why);
    if (status != TN_OK) return nn__state_fail(t->state, status, "%s: %.200s", who, why);
    tn_copy(stage, c->view);
  }
  return TN_OK;
}

static tn_status run_batch(nn_trainer *t, const char *who, nn__runner *r, const nn_feed *b, double lr) {
  int64_t step = nn_trainer_shard(t);
  tn_rng rng = {
      .seed = t->seed, .replica = t->replica, .step = (uint32_t)step, .epoch = (uint32_t)(step >> 32)};
  tn_status status = fill(t, who, r, b);
  if (status != TN_OK) return status;
  status = nn__runner_run(r, lr, rng);
  if (status == TN_OK) return TN_OK;
  return nn__state_fail(t->state, status, "%s: %.200s", who, nn__why(r, status));
}

static tn_status check_call(nn_trainer *t, const char *who, const nn_feed *b) {
  if (!t) return TN_EINVAL;
  t->state->error[0] = '\0';
  if (!b || (b->n > 0 && !b->columns) || b->n < 0)
    return nn__state_fail(t->state, TN_EINVAL, "%s: there is no batch", who);
  return nn__state_check(t->model, t->state, who);
}

static void copy_reports(const nn__runner *r, double *reports) {
  for (int i = 0; reports && i < r->plan->n_outputs; i++) reports[i] = nn__runner_value(r, i);
}

/* ---- steps ------------------------------------------------------------------------------------------- */

static tn_status check_training(nn_trainer *t, const nn__runner *r, const nn_feed *b) {
  const char *wrong = NULL;
  if (!r->plan->trains)
    wrong = "the network has no optimizer; end its function with nn_adam, nn_sgd or another";
  else if (r->plan->still) wrong = "an optimizer's learning rate is 0; set lr in its options";
  else if (!(b->lr >= 0 && isfinite(b->lr))) wrong = "the batch's learning rate must be 0 or more";
  return wrong ? nn__state_fail(t->state, TN_EINVAL, "nn_trainer_step: %s", wrong) : TN_OK;
}

/* The step has given a non-finite value: restores the state from before it, if that was kept, and reports
 * it. */
static tn_status not_finite(nn_trainer *t) {
  if (t->before) memcpy(t->state->slab, t->before, nn__slab_bytes(t->model));
  return nn__state_fail(t->state, TN_ENUMERIC,
                        "nn_trainer_step: step %lld: the loss, a report or an updated value is NaN or "
                        "infinite; lower the learning rate or check "
                        "the inputs%s",
                        (long long)t->step + 1,
                        t->before ? "" : " (keep_last_good would have kept the state before it)");
}

tn_status nn_trainer_step(nn_trainer *t, const nn_feed *batch, double *reports) {
  nn__runner *r;
  tn_status status = check_call(t, "nn_trainer_step", batch);
  if (status == TN_OK) status = runner_of(t, "nn_trainer_step", NN__ONE_STEP, NULL, batch, &r);
  if (status == TN_OK) status = check_training(t, r, batch);
  if (status != TN_OK) return status;
  if (t->before) memcpy(t->before, t->state->slab, nn__slab_bytes(t->model));
  status = run_batch(t, "nn_trainer_step", r, batch, batch->lr != 0 ? batch->lr : r->plan->lr);
  if (status != TN_OK) {
    if (t->before) memcpy(t->state->slab, t->before, nn__slab_bytes(t->model));
    return status;
  }
  copy_reports(r, reports);
  if (!nn__runner_finite(r) || (t->before && !nn__finite(t->state))) return not_finite(t);
  t->step++;
  return TN_OK;
}

tn_status nn_trainer_evaluate(nn_trainer *t, const nn_feed *batch, double *reports) {
  nn__runner *r;
  tn_status status = check_call(t, "nn_trainer_evaluate", batch);
  if (status == TN_OK) status = runner_of(t, "nn_trainer_evaluate", NN__EVALUATE, NULL, batch, &r);
  if (status == TN_OK) status = run_batch(t, "nn_trainer_evaluate", r, batch, 0);
  if (status == TN_OK) copy_reports(r, reports);
  return status;
}

tn_status nn_trainer_predict(nn_trainer *t, const nn_feed *batch, const char *output, tn_view out) {
  nn__runner *r;
  tn_status status = check_call(t, "nn_trainer_predict", batch);
  if (status == TN_OK && (!output || !out.data))
    status = nn__state_fail(t->state, TN_EINVAL, "nn_trainer_predict: output and array must not be NULL");
  if (status == TN_OK) status = runner_of(t, "nn_trainer_predict", NN__PREDICT, output, batch, &r);
  if (status != TN_OK) return status;
  tn_view y = ag_run_output(r->run, 0);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (out.dtype != y.dtype)
    return nn__state_fail(t->state, TN_ETYPE, "nn_trainer_predict: '%s' is %s; the array is %s", output,
                          tn_dtype_name(y.dtype), tn_dtype_name(out.dtype));
  if (!tn_view_contiguous(&out) || !tn_same_shape(out.rank, out.shape, y.rank, y.shape))
    return nn__state_fail(t->state, TN_ESHAPE, "nn_trainer_predict: '%s' is %s; the array is %s%s", output,
                          nn_shape_text(want, y.rank, y.shape), nn_shape_text(have, out.rank, out.shape),
                          tn_view_contiguous(&out) ? "" : ", not contiguous");
  status = run_batch(t, "nn_trainer_predict", r, batch, 0);
  if (status == TN_OK) tn_copy(out, ag_run_output(r->run, 0));
  return status;
}
