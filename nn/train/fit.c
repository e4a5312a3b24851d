/* fit.c - the fit loop: shuffle, step, validate, keep the best state.
 *
 * Random numbers of a fit are pure functions of (seed, replica, phase, epoch, step): the order of the rows is
 * drawn from the stream "shuffle/<phase>", and the network's own random nodes see the key's seed exclusive-or
 * the hash of "phase/<phase>". Any step can therefore be replayed, which diagnose.c relies on. */
#include "nn/internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- set-up ------------------------------------------------------------------------------------------ */

static tn_status check(nn__fit *f) {
  const nn_fit_options *o = f->options;
  nn_state *s = f->state;
  const char *wrong = NULL;
  f->monitor = -1;
  for (int i = 0; i < f->model->n_reports; i++) {
    f->names[i] = f->model->reports[i].name;
    if (o->monitor && !strcmp(o->monitor, f->names[i])) f->monitor = i;
  }
  if (o->epochs < 0 || o->patience < 0 || o->first_epoch < 0 || !(o->min_delta >= 0))
    wrong = "an option is negative";
  else if (o->epochs == 0) wrong = "epochs is 0, so nothing would be trained; set it to 1 or more";
  else if (o->monitor && f->monitor < 0) wrong = "the monitored value is not among the reports";
  else if (o->monitor && !o->valid.n) wrong = "monitoring needs validation rows";
  else if (!o->monitor && (o->patience || o->restore_best))
    wrong = "patience and restore_best need a monitor";
  if (wrong) return nn__state_fail(s, TN_EINVAL, "nn_fit: %s", wrong);
  tn_status status = nn__state_check(f->model, s, "nn_fit");
  if (status == TN_OK) status = nn__split_check(s, "nn_fit", f->data, f->rows);
  return status == TN_OK && o->valid.n ? nn__split_check(s, "nn_fit", f->data, o->valid) : status;
}

/* The random stream "purpose/phase", without allocating. */
static uint32_t phase_stream(const char *purpose, const char *phase) {
  char name[NN__NAME];
  snprintf(name, sizeof name, "%s/%s", purpose, phase);
  return tn_stream(name);
}

/* Refuses a network without an optimizer, or with a learning rate of 0. */
static tn_status check_training(nn__fit *f) {
  const nn__plan *plan = (f->train.full.plan ? &f->train.full : &f->train.rest)->plan;
  const char *wrong = NULL;
  if (!plan->trains) wrong = "the network has no optimizer; end its function with nn_adam, nn_sgd or another";
  else if (plan->still) wrong = "an optimizer's learning rate is 0; set lr in its options";
  return wrong ? nn__state_fail(f->state, TN_EINVAL, "nn_fit: %s", wrong) : TN_OK;
}

/* With ranks, an epoch consists of whole updates of full batches; this rank takes its share of the steps. */
static tn_status share(nn__fit *f) {
  const nn_model *m = f->model;
  f->used = f->train.n;
  if (!m->shards) return TN_OK;
  int64_t updates = f->train.n / f->train.batch / m->shards;
  f->used = updates * m->shards * f->train.batch;
  f->train.steps = updates * nn__steps_of_update(m);
  if (updates) return TN_OK;
  return nn__state_fail(
      f->state, TN_EINVAL,
      "nn_fit: an update over ranks takes %d batches of %lld rows, more than the %lld rows there are",
      m->shards, (long long)f->train.batch, (long long)f->train.n);
}

static tn_status allocate(nn__fit *f) {
  const tn_alloc *a = f->model->alloc;
  size_t bytes = nn__slab_bytes(f->model);
  f->order = tn_calloc(a, (size_t)f->train.n, sizeof *f->order);
  f->start = tn_malloc(a, bytes);
  if (f->options->restore_best) f->best = tn_malloc(a, bytes);
  if (!f->order || !f->start || (f->options->restore_best && !f->best)) {
    return nn__state_fail(f->state, TN_ENOMEM, "nn_fit: out of memory");
  }
  memcpy(f->start, f->state->slab, bytes);
  return TN_OK;
}

static tn_status prepare(nn__fit *f) {
  const nn_fit_options *o = f->options;
  tn_status status = check(f);
  if (status != TN_OK) return status;
  f->phase = o->phase ? o->phase : "";
  f->first = o->first_epoch ? o->first_epoch : 1;
  f->shuffle = phase_stream("shuffle", f->phase);
  f->seed = o->seed ^ phase_stream("phase", f->phase);
  const nn__use fit = {.purpose = NN__FIT, .data = f->data, .weights = &o->weights, .given = &f->hoisted};
  status = nn__hoist(f->model, f->state, &fit, f->rows, &f->hoisted);
  if (status != TN_OK) return status;
  status = nn__pass_new(f->model, f->state, &fit, f->rows, &f->train);
  if (status == TN_OK) status = check_training(f);
  if (status == TN_OK) status = nn__weights_read(f->state, "nn_fit", &f->train, &o->weights);
  if (status == TN_OK) status = nn__watch_new(f);
  if (status == TN_OK && o->valid.n) {
    const nn_weights of_rows = {.rows = o->weights.rows};
    const nn__use validate = {
        .purpose = NN__VALIDATE, .data = f->data, .weights = &of_rows, .given = &f->hoisted_valid};
    status = nn__hoist(f->model, f->state, &validate, o->valid, &f->hoisted_valid);
    if (status == TN_OK) status = nn__pass_new(f->model, f->state, &validate, o->valid, &f->valid);
  }
  if (status == TN_OK) status = share(f);
  return status == TN_OK ? allocate(f) : status;
}

static void release(nn__fit *f) {
  const tn_alloc *a = f->model->alloc;
  nn__pass_free(&f->train);
  nn__pass_free(&f->valid);
  nn__runner_free(&f->watch);
  nn__hoisted_free(&f->hoisted);
  nn__hoisted_free(&f->hoisted_valid);
  tn_free(a, f->order);
  tn_free(a, f->start);
  tn_free(a, f->best);
}

/* ---- epochs ------------------------------------------------------------------------------------------ */

/* Reports an error of ag_run_step, with epoch and step. */
static tn_status step_failed(nn__fit *f, tn_status status, const nn__runner *r, int epoch, int64_t k) {
  return nn__state_fail(f->state, status, "nn_fit: epoch %d, step %lld: %.160s", epoch, (long long)k + 1,
                        nn__why(r, status));
}

/* Sums over all ranks; does nothing without ranks. */
static tn_status over_ranks(nn__fit *f, double *sums, int n) {
  const tn_ranks *ranks = f->model->ranks;
  if (!f->model->shards || !ranks || ranks->size == 1) return TN_OK;
  tn_status status = tn_ranks_sum(ranks, tn_view_of(sums, TN_F64, 1, (int64_t[]){n}));
  return status == TN_OK ? TN_OK : nn__state_fail(f->state, status, "nn_fit: a rank does not answer");
}

/* Handles a non-finite value. With ranks the fit is not replayed, as all ranks would have to do it
 * together. */
static tn_status not_finite(nn__fit *f, int epoch, int64_t k) {
  if (!f->model->shards) return nn__diagnose(f, epoch, k);
  memcpy(f->state->slab, f->start, nn__slab_bytes(f->model));
  return nn__state_fail(
      f->state, TN_ENUMERIC,
      "nn_fit: epoch %d, step %lld: the loss, a report or a parameter became NaN or infinite on one of "
      "the ranks; the state is that before the fit",
      epoch, (long long)k + 1);
}

/* Ranks stop together, after the update in which one of them had a non-finite value. */
static tn_status check_step(nn__fit *f, int epoch, int64_t k, double *bad) {
  bool last = (k + 1) % nn__steps_of_update(f->model) == 0;
  tn_status status = last ? over_ranks(f, bad, 1) : TN_OK;
  return status == TN_OK && last && *bad != 0 ? not_finite(f, epoch, k) : status;
}

static tn_status run_epoch(nn__fit *f, int epoch, double *means) {
  double sums[NN_MAX_REPORTS] = {0}, bad = 0;
  nn__fit_shuffle(f, epoch);
  for (int64_t k = 0; k < f->train.steps; k++) {
    tn_status status = nn__fit_step(f, epoch, k);
    const nn__runner *r = nn__pass_runner(&f->train, f->model->shards ? 0 : k);
    if (status != TN_OK) return step_failed(f, status, r, epoch, k);
    bad += !nn__runner_finite(r);
    status = check_step(f, epoch, k, &bad);
    if (status != TN_OK) return status;
    for (int i = 0; i < r->plan->n_outputs; i++) {
      sums[i] += nn__runner_value(r, i) * (double)r->plan->rows;
    }
  }
  tn_status status = over_ranks(f, sums, NN_MAX_REPORTS);
  for (int i = 0; i < f->model->n_reports; i++) means[i] = sums[i] / (double)f->used;
  return status;
}

/* Keeps the best state; returns false when patience is used up. */
static bool follow_best(nn__fit *f, int epoch, const double *valid) {
  nn_fit_result *r = f->result;
  if (f->monitor < 0) return true;
  double value = valid[f->monitor];
  double gain = f->options->higher ? value - r->best : r->best - value;
  if (!isnan(value) && (!r->best_epoch || gain > f->options->min_delta)) {
    r->best = value;
    r->best_epoch = epoch;
    if (f->best) memcpy(f->best, f->state->slab, nn__slab_bytes(f->model));
  }
  int since = r->best_epoch ? epoch - r->best_epoch : epoch - f->first + 1;
  return !f->options->patience || since < f->options->patience;
}

static tn_status report_epoch(nn__fit *f, int epoch, const double *train, const double *valid) {
  const nn_fit_options *o = f->options;
  nn_epoch e = {.epoch = epoch,
                .epochs = o->epochs,
                .lr = nn__fit_rate(f, epoch, f->train.steps - 1),
                .n_reports = f->model->n_reports,
                .names = f->names,
                .train = train,
                .valid = o->valid.n ? valid : NULL,
                .state = f->state};
  if (!o->on_epoch || o->on_epoch(o->on_epoch_ctx, &e)) return TN_OK;
  return nn__state_fail(f->state, TN_ESTOPPED, "nn_fit: stopped after epoch %d", epoch);
}

static tn_status run(nn__fit *f) {
  const nn_fit_options *o = f->options;
  double train[NN_MAX_REPORTS] = {0}, valid[NN_MAX_REPORTS] = {0};
  tn_status status = TN_OK;
  for (int epoch = f->first; epoch <= o->epochs && status == TN_OK; epoch++) {
    status = run_epoch(f, epoch, train);
    if (status != TN_OK) return status;
    if (nn__watch_due(f, epoch) && !nn__watch_finite(f)) return not_finite(f, epoch, f->train.steps - 1);
    if (o->valid.n) status = nn__pass_means(&f->valid, f->state, "nn_fit", o->valid, valid);
    if (status != TN_OK) return status;
    f->result->epochs = epoch;
    bool patient = follow_best(f, epoch, valid);
    status = report_epoch(f, epoch, train, valid);
    if (!patient) break;
  }
  /* No loss has been computed with the parameters of the last step yet, so they are checked here. */
  if (f->result->epochs && !nn__finite(f->state)) {
    return not_finite(f, f->result->epochs, f->train.steps - 1);
  }
  if (f->best && f->result->best_epoch) memcpy(f->state->slab, f->best, nn__slab_bytes(f->model));
  return status;
}

tn_status nn_fit(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, const nn_fit_options *o,
                 nn_fit_result *result) {
  nn_fit_result ignored;
  if (!m || !s || !d || !o) {
    if (result)
      *result = (nn_fit_result){.message = "nn_fit: model, state, data and options must not be NULL"};
    return TN_EINVAL;
  }
  nn__fit f = {
      .model = m, .state = s, .data = d, .rows = rows, .options = o, .result = result ? result : &ignored};
  *f.result = (nn_fit_result){0};
  s->error[0] = '\0';
  tn_status status = prepare(&f);
  if (status == TN_OK) status = run(&f);
  if (status != TN_OK) snprintf(f.result->message, sizeof f.result->message, "%s", s->error);
  release(&f);
  return status;
}
