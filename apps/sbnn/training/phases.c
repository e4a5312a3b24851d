/* phases.c - see phases.h. A phase builds its model, takes over weights by name, fits, and hands its state
 * on. */
#include "training/phases.h"

#include "training/proximal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void take_weights(sbnn__net *to, const sbnn__net *from) {
  nn_state_copy(to->state, "", from->state, "", true);
}

/* ---- phases that are finished, of this run or of one that was interrupted ---- */

static int keep_part(sbnn__fitting *s, const char *name, const sbnn__net *f, int code) {
  return code == SBNN_OK ? sbnn_parts_store(s->t->parts, s->t->task, name, s->out, f->state, s->e) : code;
}

/* The phase as it was at its end, with all that was known then. *taken false: it has to be run. */
static int take_part(sbnn__fitting *s, const char *name, sbnn_network network, sbnn__net *f, bool *taken) {
  *taken = false;
  if (!sbnn_parts_has(s->t->parts, s->t->task, name)) return SBNN_OK;
  int code = sbnn__net_new(s, network, f);
  if (code != SBNN_OK) return code;
  *taken = sbnn_parts_load(s->t->parts, s->t->task, name, s->out, f->state);
  if (!*taken) sbnn__net_free(f);
  return SBNN_OK;
}

/* ---- the phases ---- */

/* The softmax head on k-means classes: the first part of the clustered training rows trains, the rest
 * validates. */
static int pretrain(sbnn__fitting *s, sbnn__net *f) {
  const sbnn_matrices *p = s->p;
  s->name = "pretrain";
  sbnn_network network = sbnn__network_for(s, SBNN_HEAD_CLUSTERS, s->o->pretrain.lr);
  int code = sbnn__net_new(s, network, f);
  if (code != SBNN_OK) return code;
  size_t n = 0, rows = p->n_train + p->n_test, k = (size_t)p->n_clusters;
  int64_t *kept = sbnn_alloc(p->n_train, sizeof *kept);
  float *one_hot = sbnn_alloc(rows * k, sizeof *one_hot);
  for (size_t i = 0; i < p->n_train; i++)
    if (p->clusters[i] >= 0) {
      kept[n++] = (int64_t)i;
      one_hot[i * k + (size_t)p->clusters[i]] = 1;
    }
  size_t first = (size_t)floor(s->o->pretrain_fraction * (double)n);
  code = sbnn__divide(s, kept, n, &first);
  const int64_t n_fit = (int64_t)first;
  s->out->cells_clustered = n;
  s->out->clusters_used = k;
  s->out->pretrain_epoch = s->o->pretrain.epochs;
  tn_status status =
      nn_data_add(s->data, "clusters", tn_matrix(one_hot, TN_F32, (int64_t)rows, p->n_clusters));
  if (status != TN_OK) code = sbnn__failed(s, status, NULL);
  else if (code == SBNN_OK && (n_fit < 1 || n_fit == (int64_t)n))
    code = sbnn_fail(s->e, SBNN_BAD_INPUT,
                     "pretraining: %zu cells in clusters of at least %d leave none to train or to validate "
                     "on; use fewer --clusters or --no-pretrain",
                     n, s->o->cluster_min);
  else if (code == SBNN_OK) {
    bool best = s->o->pretrain_weights == SBNN_WEIGHTS_BEST;
    sbnn__fit_plan c = {.rows = {kept, n_fit},
                        .valid = {kept + n_fit, (int64_t)n - n_fit},
                        .last = s->o->pretrain.epochs,
                        .monitor = best ? "cross_entropy" : NULL,
                        .best_epoch = best ? &s->out->pretrain_epoch : NULL};
    code = sbnn__fit(s, f, &c);
  }
  free(kept);
  free(one_hot);
  return code;
}

static sbnn__fit_plan all_rows(const sbnn__fitting *s, int epochs) {
  return (sbnn__fit_plan){.rows = sbnn__train_rows(s), .valid = sbnn__test_rows(s), .last = epochs};
}

/* Under --prune-at best the phase before pruning leaves the epoch with the best R2: of the test rows as
 * published, of a fifth of the training rows, which do not train, under strict and where none are tested. */
static int watch_for_best(const sbnn__fitting *s, sbnn__fit_plan *c) {
  bool published = s->o->protocol == SBNN_PROTOCOL_PAPER && c->valid.n > 0;
  int code = SBNN_OK;
  if (!published) {
    size_t first = (size_t)c->rows.n * 4 / 5;
    code = sbnn__divide(s, NULL, (size_t)c->rows.n, &first);
    c->rows.n = (int64_t)first;
    c->best_on = (nn_split){c->rows.rows + c->rows.n, (int64_t)s->p->n_train - c->rows.n};
  } else {
    c->best_on = c->valid;
  }
  c->monitor = "mse";
  c->best_epoch = &s->out->prune_epoch;
  return code;
}

/* A phase of the responses head. */
typedef struct regression {
  const char *name;
  const sbnn_phase_options *o;
  const char *freeze; /* a glob; NULL: nothing */
  sbnn_stage stage;   /* that it ends with */
} regression;

/* What is frozen has no slots of the optimizer: a part fits into the network that made it and no other. */
static sbnn_network network_of(const sbnn__fitting *s, const regression *r) {
  sbnn_network network = sbnn__network_for(s, SBNN_HEAD_RESPONSES, r->o->lr);
  network.freeze[0] = r->freeze;
  return network;
}

/* From `from` (NULL: fresh weights) through one fit; scores the result. */
static int regress(sbnn__fitting *s, const sbnn__net *from, const regression *r, sbnn__net *f) {
  s->name = r->name;
  sbnn_network network = network_of(s, r);
  sbnn__fit_plan c = all_rows(s, r->o->epochs);
  bool last = r->stage == SBNN_STAGE_UNFROZEN;
  network.proximal = last && s->o->penalty == SBNN_PENALTY_PROXIMAL && s->o->genes == 0;
  int code = last && s->o->prune_at == SBNN_PRUNE_AT_BEST ? watch_for_best(s, &c) : SBNN_OK;
  if (code == SBNN_OK) code = sbnn__net_new(s, network, f);
  if (code == SBNN_OK && from) take_weights(f, from);
  if (code == SBNN_OK) code = sbnn__fit(s, f, &c);
  return code == SBNN_OK ? sbnn__score(s, f, r->stage) : code;
}

/* The phase before pruning. */
static int unfreeze(sbnn__fitting *s, const sbnn__net *from, const sbnn_phase_options *o, sbnn__net *f) {
  size_t genes = (size_t)s->o->genes;
  if (s->o->penalty != SBNN_PENALTY_PROXIMAL || genes == 0 || genes >= s->p->n_inputs)
    return regress(s, from, &(regression){"unfrozen", o, NULL, SBNN_STAGE_UNFROZEN}, f);
  s->name = "unfrozen";
  int code = sbnn__sparsify(s, from, o, genes, f);
  return code == SBNN_OK ? sbnn__score(s, f, SBNN_STAGE_UNFROZEN) : code;
}

static int by_norm(const void *a, const void *b, void *norms) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = ((double *)norms)[i], y = ((double *)norms)[j];
  return x > y ? -1 : x < y ? 1 : i < j ? -1 : i > j;
}

/* How many genes pruning keeps: as many as asked for, or as the penalty has left. */
static size_t kept(const sbnn_recipe_options *o, size_t n, const double *norms) {
  size_t nonzero = 0;
  for (size_t i = 0; i < n; i++) nonzero += norms[i] > 0;
  if (o->penalty == SBNN_PENALTY_PROXIMAL) return nonzero;
  return (size_t)o->genes < n ? (size_t)o->genes : n;
}

/* Ranks the inputs by the norm of their outgoing weights and records the largest ones in `out`. */
static int rank_genes(sbnn__fitting *s, const sbnn__net *f, size_t *order) {
  sbnn_experiment *x = s->out;
  tn_view kernel;
  size_t n = s->p->n_inputs;
  if (!nn_state_find(f->state, "encoder/0/kernel", &kernel))
    return sbnn__failed(s, TN_EINVAL, "no first kernel");
  x->n_all = n;
  x->all_norms = sbnn_alloc(n, sizeof *x->all_norms);
  x->all_genes = sbnn_alloc(n, sizeof *x->all_genes);
  sbnn__row_norms(kernel, x->all_norms);
  memcpy(x->all_genes, s->p->input_genes, n * sizeof *x->all_genes);
  for (size_t i = 0; i < n; i++) order[i] = i;
  qsort_r(order, n, sizeof *order, by_norm, x->all_norms);
  x->n_genes = kept(s->o, n, x->all_norms);
  if (x->n_genes == 0 && !s->t->may_be_empty)
    return sbnn_fail(s->e, SBNN_BAD_INPUT,
                     "the penalty %g leaves no gene; give a lower one, or the number of --genes to be kept",
                     s->o->lasso);
  x->genes = sbnn_alloc(x->n_genes, sizeof *x->genes);
  x->norms = sbnn_alloc(x->n_genes, sizeof *x->norms);
  for (size_t r = 0; r < x->n_genes; r++) {
    x->genes[r] = s->p->input_genes[order[r]];
    x->norms[r] = x->all_norms[order[r]];
  }
  return SBNN_OK;
}

/* The kept columns of x, largest norm first, as a matrix of its own. */
static float *kept_columns(const sbnn_matrices *p, const size_t *order, size_t n) {
  size_t rows = p->n_train + p->n_test;
  float *x = sbnn_alloc(rows * n, sizeof *x);
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < n; k++) x[i * n + k] = p->x[i * p->n_inputs + order[k]];
  return x;
}

static double *as_double(const tn_array *a) {
  size_t n = (size_t)tn_view_numel(&a->view);
  double *x = sbnn_alloc(n, sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = ((const float *)a->view.data)[i];
  return x;
}

/* Predictions of the finished model: test rows where there are some, else the training rows; the latent of
 * the latter. */
static int keep_predictions(sbnn__fitting *s, sbnn__net *f) {
  sbnn_experiment *x = s->out;
  nn_split rows = s->p->n_test ? sbnn__test_rows(s) : sbnn__train_rows(s);
  tn_array a = {0};
  int code = sbnn__predict(s, f, rows, "responses", (int64_t)s->p->n_responses, &a);
  if (code == SBNN_OK) x->predictions = as_double(&a);
  tn_array_free(&a);
  if (code != SBNN_OK || s->p->n_test) return code;
  code = sbnn__predict(s, f, rows, "latent", s->o->bottleneck, &a);
  if (code == SBNN_OK) x->latent = as_double(&a);
  tn_array_free(&a);
  return code;
}

/* The second head: starts from the first one's hidden layers, on the fixed latent, towards the kept genes; or
 * as a run that ended after it, on the way to its files, left it. */
static int autoencode(sbnn__fitting *s, const sbnn__net *from, sbnn__net *f) {
  sbnn_experiment *x = s->out;
  s->name = "autoencoder";
  sbnn_network network = sbnn__network_for(s, SBNN_HEAD_GENES, s->o->autoencoder.lr);
  network.lasso = 0;
  network.freeze[0] = "encoder/*";
  network.freeze[1] = "bottleneck/*";
  network.freeze[2] = "allo/*";
  bool taken = false;
  int code = take_part(s, s->name, network, f, &taken);
  if (code == SBNN_OK && !taken) code = sbnn__net_new(s, network, f);
  if (code != SBNN_OK || taken) return code;
  take_weights(f, from);
  nn_state_copy(f->state, "auto/", from->state, "allo/", true);
  tn_array genes = {0};
  code = sbnn__fit(s, f, &(sbnn__fit_plan){.rows = sbnn__train_rows(s), .last = s->o->autoencoder.epochs});
  if (code == SBNN_OK) code = sbnn__predict(s, f, sbnn__train_rows(s), "genes", (int64_t)x->n_genes, &genes);
  if (code == SBNN_OK) x->gene_predictions = as_double(&genes);
  tn_array_free(&genes);
  return keep_part(s, s->name, f, code);
}

static int save(sbnn__fitting *s, const sbnn__net *f) {
  char message[256] = "";
  if (!s->t->model_path) return SBNN_OK;
  tn_status status = nn_state_save(f->state, s->t->model_path, s->t->metadata, s->t->n_metadata, message);
  if (status == TN_OK) return SBNN_OK;
  return sbnn_fail(s->e, SBNN_FAILED,
                   "the model could not be written (%s); free space or choose another --out",
                   *message ? message : tn_status_text(status));
}

/* The network on the kept genes alone: what pruning leaves of `from`, or fresh (NULL). */
static int small_network(sbnn__fitting *s, const sbnn__net *from, sbnn_network network, const size_t *order,
                         sbnn__net *f) {
  int code = sbnn__net_new(s, network, f);
  if (code != SBNN_OK || !from) return code;
  int64_t n = (int64_t)s->p->n_inputs, *keep = sbnn_alloc((size_t)n, sizeof *keep);
  for (int64_t i = 0; i < n; i++) keep[i] = (int64_t)order[i];
  tn_status status = nn_prune_inputs(f->state, from->state, "encoder/0/kernel", keep, n, false);
  free(keep);
  return status == TN_OK ? sbnn__score(s, f, SBNN_STAGE_PRUNED) : sbnn__failed(s, status, NULL);
}

/* The first head on the kept genes, from small_network to the end of its training, scored, with its
 * predictions; or as an interrupted run left it. */
static int first_head(sbnn__fitting *s, const sbnn__net *from, const size_t *order, sbnn__net *f) {
  sbnn_network network = sbnn__network_for(s, SBNN_HEAD_RESPONSES, s->o->finetune.lr);
  network.lasso = 0;
  bool taken = false;
  int code = take_part(s, s->name, network, f, &taken);
  if (code != SBNN_OK || taken) return code;
  code = small_network(s, from, network, order, f);
  sbnn__fit_plan c = all_rows(s, s->o->finetune.epochs);
  if (code == SBNN_OK) code = sbnn__fit(s, f, &c);
  if (code == SBNN_OK) code = sbnn__score(s, f, SBNN_STAGE_FINETUNED);
  if (code == SBNN_OK) code = keep_predictions(s, f);
  return keep_part(s, s->name, f, code);
}

/* On the kept genes, inputs order[0 ..]: fine-tuning of the pruned network, or all of the training if there
 * is none; the second head. */
int sbnn__train_on_kept_genes(sbnn__fitting *full, const sbnn__net *unfrozen, const size_t *order) {
  sbnn_matrices small = *full->p;
  size_t n = full->out->n_genes;
  small.x = kept_columns(full->p, order, n);
  small.n_inputs = n;
  sbnn__fitting s = {
      .p = &small, .t = full->t, .o = full->o, .out = full->out, .e = full->e, .name = full->name};
  sbnn__net first = {0}, second = {0};
  int code = sbnn__open_data(&s);
  if (code == SBNN_OK) code = first_head(&s, unfrozen, order, &first);
  if (code == SBNN_OK && s.t->autoencoder) code = autoencode(&s, &first, &second);
  if (code == SBNN_OK) code = save(&s, s.t->autoencoder ? &second : &first);
  sbnn__net_free(&first);
  sbnn__net_free(&second);
  sbnn__close_data(&s);
  free(small.x);
  return code;
}

/* Through the phases before pruning, from the last one that is finished on. */
static int to_unfrozen(sbnn__fitting *s, sbnn__net *first, sbnn__net *frozen, sbnn__net *unfrozen) {
  const sbnn_recipe_options *o = s->o;
  const regression freeze = {"frozen", &o->frozen, "encoder/*", SBNN_STAGE_FROZEN};
  bool taken = false, pretrained = s->p->clusters != NULL;
  sbnn_network responses = sbnn__network_for(s, SBNN_HEAD_RESPONSES, o->unfrozen.lr);
  int code = take_part(s, "unfrozen", responses, unfrozen, &taken);
  if (code != SBNN_OK || taken) return code;
  if (!pretrained)
    return keep_part(s, "unfrozen", unfrozen, unfreeze(s, NULL, &o->no_pretrain_phase, unfrozen));
  code = take_part(s, freeze.name, network_of(s, &freeze), frozen, &taken);
  if (code == SBNN_OK && !taken) {
    code = take_part(s, "pretrain", sbnn__network_for(s, SBNN_HEAD_CLUSTERS, o->pretrain.lr), first, &taken);
    if (code == SBNN_OK && !taken) code = keep_part(s, "pretrain", first, pretrain(s, first));
    if (code == SBNN_OK) code = keep_part(s, freeze.name, frozen, regress(s, first, &freeze, frozen));
    sbnn__net_free(first);
  }
  if (code != SBNN_OK) return code;
  return keep_part(s, "unfrozen", unfrozen, unfreeze(s, frozen, &o->unfrozen, unfrozen));
}

/* The paper's training on all inputs, up to pruning, and the order of the inputs in it. */
int sbnn__train_on_all_genes(sbnn__fitting *s, sbnn__net *unfrozen, size_t *order) {
  sbnn__net first = {0}, frozen = {0};
  int code = sbnn__open_data(s);
  if (code == SBNN_OK) code = to_unfrozen(s, &first, &frozen, unfrozen);
  if (code == SBNN_OK) code = rank_genes(s, unfrozen, order);
  sbnn__net_free(&first);
  sbnn__net_free(&frozen);
  sbnn__close_data(s);
  return code;
}

/* No gene is left: from pruning on it is the mean of the training cells, whose R2 is 0. */
static void predict_mean(sbnn__fitting *s) {
  sbnn_experiment *x = s->out;
  size_t q = s->p->n_responses;
  for (int stage = SBNN_STAGE_PRUNED; stage <= SBNN_STAGE_FINETUNED; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++)
      if (split == SBNN_TRAIN || s->p->n_test) x->r2[stage][split] = sbnn_alloc(1 + q, sizeof(double));
  x->predictions = sbnn_alloc((s->p->n_test ? s->p->n_test : s->p->n_train) * q, sizeof(double));
  for (int epoch = 1; epoch <= s->o->finetune.epochs; epoch++)
    sbnn_experiment_add(
        x,
        &(sbnn_history_row){
            .phase = s->name, .epoch = epoch, .lr = s->o->finetune.lr, .train_loss = NAN, .test_loss = NAN});
}

int sbnn__train_by_paper(sbnn__fitting *s, size_t *order) {
  sbnn__net unfrozen = {0};
  int code = sbnn__train_on_all_genes(s, &unfrozen, order);
  s->name = "finetune";
  if (code == SBNN_OK && s->out->n_genes == 0) predict_mean(s);
  else if (code == SBNN_OK) code = sbnn__train_on_kept_genes(s, &unfrozen, order);
  sbnn__net_free(&unfrozen);
  return code;
}
