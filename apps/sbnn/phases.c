/* phases.c - see phases.h. A phase builds its model, takes over weights by name, fits, and hands its state
 * on. */
#include "phases.h"

#include "interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct phase { /* a built model with its values */
  sbnn_network network;
  nn_model *model;
  nn_state *state;
} phase;

typedef struct session {
  const sbnn_problem *p;
  const sbnn_training *t;
  const sbnn_options *o;
  sbnn_experiment *out;
  sbnn_error *e;
  nn_data *data;
  int64_t *rows;             /* 0 .. n_train + n_test - 1: train, then test */
  double sst[SBNN_N_SPLITS]; /* sum of squares of y over the rows of a split */
  const char *name;          /* of the phase under way */
} session;

/* ---- small pieces ---- */

static int failed(session *s, tn_status status, const char *message) {
  int code = status == TN_ENUMERIC ? SBNN_NUMERICAL : status == TN_ESTOPPED ? SBNN_INTERRUPTED : SBNN_FAILED;
  if (status == TN_ESTOPPED)
    return sbnn_fail(s->e, code, "interrupted in phase '%s'; nothing was written", s->name);
  if (status == TN_ENOMEM)
    return sbnn_fail(
        s->e, code,
        "phase '%s': out of memory; use fewer --threads or a smaller --hidden, or close other programs",
        s->name);
  if (!message || !*message) message = tn_status_text(status);
  if (strncmp(message, "phase '", 7) == 0) return sbnn_fail(s->e, code, "%s", message); /* it names it */
  return sbnn_fail(s->e, code, "phase '%s': %s", s->name, message);
}

static nn_split train_rows(const session *s) { return (nn_split){s->rows, (int64_t)s->p->n_train}; }
static nn_split test_rows(const session *s) {
  return (nn_split){s->rows + s->p->n_train, (int64_t)s->p->n_test};
}

static double sum_of_squares(const float *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
  return sum;
}

/* Row norms of a [rows, columns] f32 kernel. */
static void row_norms(tn_view kernel, double *norms) {
  size_t columns = (size_t)kernel.shape[1];
  for (int64_t r = 0; r < kernel.shape[0]; r++)
    norms[r] = sqrt(sum_of_squares((const float *)kernel.data + (size_t)r * columns, columns));
}

static double lasso_value(const phase *f) {
  tn_view kernel;
  double sum = 0;
  if (f->network.lasso <= 0 || !nn_state_find(f->state, "encoder/0/kernel", &kernel)) return 0;
  double *norms = sbnn_alloc((size_t)kernel.shape[0], sizeof *norms);
  row_norms(kernel, norms);
  for (int64_t r = 0; r < kernel.shape[0]; r++) sum += norms[r];
  free(norms);
  return f->network.lasso * sum;
}

/* ---- building a phase ---- */

static void phase_free(phase *f) {
  nn_state_free(f->state);
  nn_model_free(f->model);
  *f = (phase){0};
}

/* Fresh weights; the caller copies over what the phase takes from an earlier one. */
static int phase_new(session *s, sbnn_network network, phase *f) {
  *f = (phase){.network = network};
  nn_model_options mo = {.batch = s->o->batch};
  tn_status status = nn_model_new(&mo, sbnn_network_build, &f->network, &f->model);
  if (status == TN_OK) status = nn_state_new(f->model, &f->state);
  if (status != TN_OK) return failed(s, status, f->model ? nn_error(f->model) : NULL);
  nn_state_init(f->state, (uint32_t)s->o->seed, s->t->replica);
  return SBNN_OK;
}

static sbnn_network network_for(const session *s, sbnn_head head, double lr) {
  return (sbnn_network){.head = head,
                        .inputs = (int64_t)s->p->n_inputs,
                        .responses = (int64_t)s->p->n_responses,
                        .clusters = s->p->n_clusters,
                        .hidden = s->o->hidden,
                        .n_hidden = s->o->n_hidden,
                        .bottleneck = s->o->bottleneck,
                        .lasso = s->o->lasso,
                        .l2 = s->o->l2,
                        .lr = lr};
}

static void take_weights(phase *to, const phase *from) {
  nn_state_copy(to->state, "", from->state, "", true);
}

/* ---- fitting ---- */

typedef struct watch {
  session *s;
  phase *f;
} watch;

static double r2_of_mse(const session *s, sbnn_split split, double mse) {
  size_t n = split == SBNN_TRAIN ? s->p->n_train : s->p->n_test;
  return 1 - mse * (double)(n * s->p->n_responses) / s->sst[split];
}

static bool on_epoch(void *ctx, const nn_epoch *e) {
  const watch *w = ctx;
  session *s = w->s;
  bool classes = w->f->network.head == SBNN_HEAD_CLUSTERS,
       responses = w->f->network.head == SBNN_HEAD_RESPONSES;
  sbnn_history_row row = {.phase = s->name,
                          .epoch = e->epoch,
                          .lr = e->lr,
                          .train_loss = e->train[0],
                          .test_loss = e->valid ? e->valid[0] : NAN,
                          .train_r2 = responses ? r2_of_mse(s, SBNN_TRAIN, e->train[0]) : NAN,
                          .test_r2 = responses && e->valid ? r2_of_mse(s, SBNN_TEST, e->valid[0]) : NAN,
                          .train_accuracy = classes ? e->train[1] : NAN,
                          .test_accuracy = classes && e->valid ? e->valid[1] : NAN,
                          .penalty = lasso_value(w->f)};
  sbnn_experiment_add(s->out, &row);
  double shown = responses ? (e->valid ? row.test_r2 : row.train_r2) : NAN;
  bool go_on = !s->t->hook || s->t->hook(s->t->hook_ctx, s->out, s->name, e->epoch, e->epochs, shown);
  return go_on && !sbnn_interrupted();
}

static int fit(session *s, phase *f, nn_split rows, nn_split valid, int epochs, bool best) {
  nn_fit_result result = {0};
  watch w = {s, f};
  nn_fit_options fo = {.epochs = epochs,
                       .seed = (uint32_t)s->o->seed,
                       .replica = s->t->replica,
                       .phase = s->name,
                       .valid = valid,
                       .monitor = best ? "cross_entropy" : NULL,
                       .restore_best = best,
                       .on_epoch = on_epoch,
                       .on_epoch_ctx = &w};
  tn_status status = nn_fit(f->model, f->state, s->data, rows, &fo, &result);
  if (status == TN_ENUMERIC && s->t->rescue_path) {
    tn_status saved = nn_state_save(f->state, s->t->rescue_path, s->t->metadata, s->t->n_metadata, NULL);
    if (saved == TN_OK)
      return sbnn_fail(s->e, SBNN_NUMERICAL, "%s; the last good weights are in %s", result.message,
                       s->t->rescue_path);
  }
  if (status != TN_OK) return failed(s, status, *result.message ? result.message : nn_error(f->model));
  if (best) s->out->pretrain_epoch = result.best_epoch;
  return SBNN_OK;
}

/* ---- evaluation at the end of a stage ---- */

static int predict(session *s, phase *f, nn_split rows, const char *output, int64_t columns, tn_array *out) {
  tn_status status = tn_array_new(NULL, TN_F32, 2, (int64_t[]){rows.n, columns}, out);
  if (status == TN_OK && rows.n) status = nn_predict(f->model, f->state, s->data, rows, output, out->view);
  return status == TN_OK ? SBNN_OK : failed(s, status, nn_error(f->model));
}

static int score(session *s, phase *f, sbnn_stage stage) {
  int64_t q = (int64_t)s->p->n_responses;
  for (int split = 0; split < SBNN_N_SPLITS; split++) {
    nn_split rows = split == SBNN_TRAIN ? train_rows(s) : test_rows(s);
    tn_array prediction = {0};
    if (rows.n == 0) continue;
    int code = predict(s, f, rows, "responses", q, &prediction);
    if (code == SBNN_OK) {
      float *y = s->p->y + (split == SBNN_TRAIN ? 0 : s->p->n_train * s->p->n_responses);
      tn_view truth = tn_matrix(y, TN_F32, rows.n, q);
      double *r2 = s->out->r2[stage][split] = sbnn_alloc((size_t)q + 1, sizeof *r2);
      for (int column = -1; column < q; column++) r2[column + 1] = nn_r2(truth, prediction.view, column);
    }
    tn_array_free(&prediction);
    if (code != SBNN_OK) return code;
  }
  return SBNN_OK;
}

/* ---- phases that are finished, of this run or of one that was interrupted ---- */

static int keep_part(session *s, const char *name, const phase *f, int code) {
  return code == SBNN_OK ? sbnn_parts_store(s->t->parts, name, s->out, f->state, s->e) : code;
}

/* The phase as it was at its end, with all that was known then. *taken false: it has to be run. */
static int take_part(session *s, const char *name, sbnn_network network, phase *f, bool *taken) {
  *taken = false;
  if (!sbnn_parts_has(s->t->parts, name)) return SBNN_OK;
  int code = phase_new(s, network, f);
  if (code != SBNN_OK) return code;
  *taken = sbnn_parts_load(s->t->parts, name, s->out, f->state);
  if (!*taken) phase_free(f);
  return SBNN_OK;
}

/* ---- the phases ---- */

/* The softmax head on k-means classes: the first part of the clustered training rows trains, the rest
 * validates. */
static int pretrain(session *s, phase *f) {
  const sbnn_problem *p = s->p;
  s->name = "pretrain";
  sbnn_network network = network_for(s, SBNN_HEAD_CLUSTERS, s->o->pretrain.lr);
  int code = phase_new(s, network, f);
  if (code != SBNN_OK) return code;
  size_t n = 0, rows = p->n_train + p->n_test, k = (size_t)p->n_clusters;
  int64_t *kept = sbnn_alloc(p->n_train, sizeof *kept);
  float *one_hot = sbnn_alloc(rows * k, sizeof *one_hot);
  for (size_t i = 0; i < p->n_train; i++)
    if (p->clusters[i] >= 0) {
      kept[n++] = (int64_t)i;
      one_hot[i * k + (size_t)p->clusters[i]] = 1;
    }
  int64_t n_fit = (int64_t)floor(s->o->pretrain_fraction * (double)n);
  s->out->cells_clustered = n;
  s->out->clusters_used = k;
  s->out->pretrain_epoch = s->o->pretrain.epochs;
  tn_status status =
      nn_data_add(s->data, "clusters", tn_matrix(one_hot, TN_F32, (int64_t)rows, p->n_clusters));
  if (status != TN_OK) code = failed(s, status, NULL);
  else if (n_fit < 1 || n_fit == (int64_t)n)
    code = sbnn_fail(s->e, SBNN_BAD_INPUT,
                     "pretraining: %zu cells in clusters of at least %d leave none to train or to validate "
                     "on; use fewer --clusters or --no-pretrain",
                     n, s->o->cluster_min);
  else {
    bool best = s->o->pretrain_weights == SBNN_WEIGHTS_BEST;
    code = fit(s, f, (nn_split){kept, n_fit}, (nn_split){kept + n_fit, (int64_t)n - n_fit},
               s->o->pretrain.epochs, best);
  }
  free(kept);
  free(one_hot);
  return code;
}

/* From `from` (NULL: fresh weights) through one fit of the responses head; scores the result. */
static int regress(session *s, const phase *from, const char *name, const sbnn_phase_options *o,
                   const char *freeze, sbnn_stage stage, phase *f) {
  s->name = name;
  sbnn_network network = network_for(s, SBNN_HEAD_RESPONSES, o->lr);
  network.freeze[0] = freeze;
  int code = phase_new(s, network, f);
  if (code == SBNN_OK && from) take_weights(f, from);
  if (code == SBNN_OK) code = fit(s, f, train_rows(s), test_rows(s), o->epochs, false);
  return code == SBNN_OK ? score(s, f, stage) : code;
}

static int by_norm(const void *a, const void *b, void *norms) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = ((double *)norms)[i], y = ((double *)norms)[j];
  return x > y ? -1 : x < y ? 1 : i < j ? -1 : i > j;
}

/* Ranks the inputs by the norm of their outgoing weights and records the largest ones in `out`. */
static int rank_genes(session *s, const phase *f, size_t *order) {
  sbnn_experiment *x = s->out;
  tn_view kernel;
  size_t n = s->p->n_inputs;
  if (!nn_state_find(f->state, "encoder/0/kernel", &kernel)) return failed(s, TN_EINVAL, "no first kernel");
  x->n_all = n;
  x->all_norms = sbnn_alloc(n, sizeof *x->all_norms);
  x->all_genes = sbnn_alloc(n, sizeof *x->all_genes);
  row_norms(kernel, x->all_norms);
  memcpy(x->all_genes, s->p->input_genes, n * sizeof *x->all_genes);
  for (size_t i = 0; i < n; i++) order[i] = i;
  qsort_r(order, n, sizeof *order, by_norm, x->all_norms);
  x->n_genes = (size_t)s->o->genes < n ? (size_t)s->o->genes : n;
  x->genes = sbnn_alloc(x->n_genes, sizeof *x->genes);
  x->norms = sbnn_alloc(x->n_genes, sizeof *x->norms);
  for (size_t r = 0; r < x->n_genes; r++) {
    x->genes[r] = s->p->input_genes[order[r]];
    x->norms[r] = x->all_norms[order[r]];
  }
  return SBNN_OK;
}

/* The kept columns of x, largest norm first, as a matrix of its own. */
static float *kept_columns(const sbnn_problem *p, const size_t *order, size_t n) {
  size_t rows = p->n_train + p->n_test;
  float *x = sbnn_alloc(rows * n, sizeof *x);
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < n; k++) x[i * n + k] = p->x[i * p->n_inputs + order[k]];
  return x;
}

static int open_data(session *s) {
  const sbnn_problem *p = s->p;
  int64_t rows = (int64_t)(p->n_train + p->n_test);
  tn_status status = nn_data_new(NULL, &s->data);
  if (status == TN_OK)
    status = nn_data_add(s->data, "x", tn_matrix(p->x, TN_F32, rows, (int64_t)p->n_inputs));
  if (status == TN_OK)
    status = nn_data_add(s->data, "y", tn_matrix(p->y, TN_F32, rows, (int64_t)p->n_responses));
  s->rows = sbnn_alloc((size_t)rows, sizeof *s->rows);
  for (int64_t i = 0; i < rows; i++) s->rows[i] = i;
  s->sst[SBNN_TRAIN] = sum_of_squares(p->y, p->n_train * p->n_responses);
  s->sst[SBNN_TEST] = sum_of_squares(p->y + p->n_train * p->n_responses, p->n_test * p->n_responses);
  return status == TN_OK ? SBNN_OK : failed(s, status, NULL);
}

static void close_data(session *s) {
  nn_data_free(s->data);
  free(s->rows);
  s->data = NULL;
  s->rows = NULL;
}

static double *as_double(const tn_array *a) {
  size_t n = (size_t)tn_view_numel(&a->view);
  double *x = sbnn_alloc(n, sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = ((const float *)a->view.data)[i];
  return x;
}

/* Predictions of the finished model: test rows where there are some, else the training rows; the latent of
 * the latter. */
static int keep_predictions(session *s, phase *f) {
  sbnn_experiment *x = s->out;
  nn_split rows = s->p->n_test ? test_rows(s) : train_rows(s);
  tn_array a = {0};
  int code = predict(s, f, rows, "responses", (int64_t)s->p->n_responses, &a);
  if (code == SBNN_OK) x->predictions = as_double(&a);
  tn_array_free(&a);
  if (code != SBNN_OK || s->p->n_test) return code;
  code = predict(s, f, rows, "latent", s->o->bottleneck, &a);
  if (code == SBNN_OK) x->latent = as_double(&a);
  tn_array_free(&a);
  return code;
}

/* The second head: starts from the first one's hidden layers, on the fixed latent, towards the kept genes. */
static int autoencode(session *s, const phase *from, phase *f) {
  sbnn_experiment *x = s->out;
  s->name = "autoencoder";
  sbnn_network network = network_for(s, SBNN_HEAD_GENES, s->o->autoencoder.lr);
  network.lasso = 0;
  network.freeze[0] = "encoder/*";
  network.freeze[1] = "bottleneck/*";
  network.freeze[2] = "allo/*";
  int code = phase_new(s, network, f);
  if (code != SBNN_OK) return code;
  take_weights(f, from);
  nn_state_copy(f->state, "auto/", from->state, "allo/", true);
  tn_array genes = {0};
  code = fit(s, f, train_rows(s), (nn_split){0}, s->o->autoencoder.epochs, false);
  if (code == SBNN_OK) code = predict(s, f, train_rows(s), "genes", (int64_t)x->n_genes, &genes);
  if (code == SBNN_OK) x->gene_predictions = as_double(&genes);
  tn_array_free(&genes);
  return code;
}

static int save(session *s, const phase *f) {
  char message[256] = "";
  if (!s->t->model_path) return SBNN_OK;
  tn_status status = nn_state_save(f->state, s->t->model_path, s->t->metadata, s->t->n_metadata, message);
  if (status == TN_OK || status == TN_ENOTSUP) return SBNN_OK;
  return sbnn_fail(s->e, SBNN_FAILED,
                   "the model could not be written (%s); free space or choose another --out",
                   *message ? message : tn_status_text(status));
}

/* From the unfrozen network's kept rows to the end of fine-tuning, scored, with its predictions. */
static int finetune(session *s, const phase *unfrozen, sbnn_network network, const int64_t *keep,
                    phase *pruned) {
  int code = phase_new(s, network, pruned);
  if (code == SBNN_OK) {
    tn_status status = nn_prune_inputs(pruned->state, unfrozen->state, "encoder/0/kernel", keep,
                                       (int64_t)s->p->n_inputs, false);
    code = status == TN_OK ? score(s, pruned, SBNN_STAGE_PRUNED) : failed(s, status, NULL);
  }
  if (code == SBNN_OK) code = fit(s, pruned, train_rows(s), test_rows(s), s->o->finetune.epochs, false);
  if (code == SBNN_OK) code = score(s, pruned, SBNN_STAGE_FINETUNED);
  if (code == SBNN_OK) code = keep_predictions(s, pruned);
  return keep_part(s, "finetune", pruned, code);
}

/* On the kept genes alone: a smaller network with the kept rows of the first kernel; fine-tuning; the second
 * head. */
static int after_pruning(session *full, const phase *unfrozen, const size_t *order) {
  sbnn_problem small = *full->p;
  size_t n = full->out->n_genes;
  int64_t *keep = sbnn_alloc(n, sizeof *keep);
  for (size_t i = 0; i < n; i++) keep[i] = (int64_t)order[i];
  small.x = kept_columns(full->p, order, n);
  small.n_inputs = n;
  session s = {.p = &small, .t = full->t, .o = full->o, .out = full->out, .e = full->e, .name = "finetune"};
  phase pruned = {0}, second = {0};
  sbnn_network network = network_for(&s, SBNN_HEAD_RESPONSES, s.o->finetune.lr);
  network.lasso = 0;
  bool taken = false;
  int code = open_data(&s);
  if (code == SBNN_OK) code = take_part(&s, "finetune", network, &pruned, &taken);
  if (code == SBNN_OK && !taken) code = finetune(&s, unfrozen, network, keep, &pruned);
  if (code == SBNN_OK && s.t->autoencoder) code = autoencode(&s, &pruned, &second);
  if (code == SBNN_OK) code = save(&s, s.t->autoencoder ? &second : &pruned);
  phase_free(&pruned);
  phase_free(&second);
  close_data(&s);
  free(small.x);
  free(keep);
  return code;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Through the phases before pruning, from the last one that is finished on. */
static int to_unfrozen(session *s, phase *first, phase *frozen, phase *unfrozen) {
  const sbnn_options *o = s->o;
  bool taken = false, pretrained = s->p->clusters != NULL;
  sbnn_network responses = network_for(s, SBNN_HEAD_RESPONSES, o->unfrozen.lr);
  int code = take_part(s, "unfrozen", responses, unfrozen, &taken);
  if (code != SBNN_OK || taken) return code;
  if (!pretrained)
    return keep_part(
        s, "unfrozen", unfrozen,
        regress(s, NULL, "unfrozen", &o->no_pretrain_phase, NULL, SBNN_STAGE_UNFROZEN, unfrozen));
  code = take_part(s, "frozen", responses, frozen, &taken);
  if (code == SBNN_OK && !taken) {
    code = take_part(s, "pretrain", network_for(s, SBNN_HEAD_CLUSTERS, o->pretrain.lr), first, &taken);
    if (code == SBNN_OK && !taken) code = keep_part(s, "pretrain", first, pretrain(s, first));
    if (code == SBNN_OK)
      code = keep_part(s, "frozen", frozen,
                       regress(s, first, "frozen", &o->frozen, "encoder/*", SBNN_STAGE_FROZEN, frozen));
    phase_free(first);
  }
  if (code != SBNN_OK) return code;
  return keep_part(s, "unfrozen", unfrozen,
                   regress(s, frozen, "unfrozen", &o->unfrozen, NULL, SBNN_STAGE_UNFROZEN, unfrozen));
}

int sbnn_train_model(const sbnn_problem *p, const sbnn_training *t, sbnn_experiment *out, sbnn_error *e) {
  session s = {.p = p, .t = t, .o = t->options, .out = out, .e = e, .name = "start"};
  phase first = {0}, frozen = {0}, unfrozen = {0};
  double start = now();
  size_t *order = sbnn_alloc(p->n_inputs, sizeof *order);
  out->n_responses = p->n_responses;
  out->n_train = p->n_train;
  out->n_test = p->n_test;
  out->bottleneck = t->options->bottleneck;
  int code = open_data(&s);
  if (code == SBNN_OK) code = to_unfrozen(&s, &first, &frozen, &unfrozen);
  if (code == SBNN_OK) code = rank_genes(&s, &unfrozen, order);
  close_data(&s);
  if (code == SBNN_OK) code = after_pruning(&s, &unfrozen, order);
  phase_free(&first);
  phase_free(&frozen);
  phase_free(&unfrozen);
  free(order);
  out->seconds = now() - start;
  return code;
}

int sbnn_count_epochs(const sbnn_options *o, bool pretrain_first, bool autoencoder) {
  int n = o->finetune.epochs + (autoencoder ? o->autoencoder.epochs : 0);
  return n + (pretrain_first ? o->pretrain.epochs + o->frozen.epochs + o->unfrozen.epochs
                             : o->no_pretrain_phase.epochs);
}
