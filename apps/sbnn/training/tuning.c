/* tuning.c - see tuning.h: the last fifth
 * of the training rows, which are in random order, tests networks trained on the others in half the epochs.
 * What is tested later sees none of it. Z-scores and clusters are those of all training rows. */
#include "training/tuning.h"

#include "training/choose_genes.h"
#include "training/phases.h"

#include <math.h>
#include <stdlib.h>

/* What a trial borrows. */
typedef struct inner {
  sbnn_matrices p;
  sbnn_training t;
  const sbnn__fitting *outer;
  int epochs, done; /* of all trials of a search that tells of itself as one phase */
} inner;

static int split(const sbnn__fitting *s, inner *in) {
  size_t first = s->p->n_train * 4 / 5;
  int code = sbnn__divide(s, NULL, s->p->n_train, &first);
  *in = (inner){.p = *s->p, .t = *s->t, .outer = s};
  in->p.n_train = first;
  in->p.n_test = s->p->n_train - in->p.n_train;
  in->t.autoencoder = false;
  in->t.by_batch = false;
  in->t.model_path = in->t.rescue_path = NULL;
  in->t.parts = NULL; /* other data, the same names */
  return code;
}

static int half(int epochs) { return (epochs + 1) / 2; }

int sbnn_noise_epochs(const sbnn_recipe_options *o) { return half(o->finetune.epochs); }

/* ---- noise ---- */

/* Validation R2 of the network on the chosen genes with the noise in `o`. */
static int try_noise(const sbnn__fitting *in, const sbnn_recipe_options *o, const size_t *order, double *r2) {
  sbnn_experiment trial = {.model = in->out->model, .fold = in->out->fold, .n_genes = in->out->n_genes};
  sbnn__fitting s = *in;
  s.o = o;
  s.out = &trial;
  int code = sbnn__train_on_kept_genes(&s, NULL, order);
  if (code == SBNN_OK) *r2 = trial.r2[SBNN_STAGE_FINETUNED][SBNN_TEST][0];
  sbnn_experiment_free(&trial);
  return code;
}

static int choose_noise(const sbnn__fitting *s, size_t *order, sbnn_recipe_options *o) {
  inner in;
  int code = split(s, &in);
  sbnn_experiment chosen = {.model = s->out->model, .fold = s->out->fold};
  sbnn__fitting fitting = {.p = &in.p, .t = &in.t, .o = s->o, .out = &chosen, .e = s->e, .name = "noise"};
  sbnn_recipe_options trial = *s->o;
  trial.finetune.epochs = sbnn_noise_epochs(s->o);
  if (code == SBNN_OK) code = sbnn__choose_genes(&fitting, order);
  double best = -INFINITY, r2;
  for (int i = 0; i < SBNN_NOISE_LEVELS && code == SBNN_OK; i++) {
    trial.input_noise = 0.2 * (i / 2 + 1);
    trial.bottleneck_noise = 0.1 * (i % 2);
    code = try_noise(&fitting, &trial, order, &r2);
    if (code != SBNN_OK || !(r2 > best)) continue;
    best = r2;
    o->input_noise = trial.input_noise;
    o->bottleneck_noise = trial.bottleneck_noise;
  }
  sbnn_experiment_free(&chosen);
  return code;
}

int sbnn__set_noise(const sbnn__fitting *s, size_t *order, sbnn_recipe_options *o) {
  sbnn_experiment *x = s->out;
  bool search = o->noise == SBNN_NOISE_AUTO;
  if (search && sbnn_parts_load(s->t->parts, s->t->task, "noise", x, NULL)) {
    o->input_noise = x->input_noise;
    o->bottleneck_noise = x->bottleneck_noise;
    return SBNN_OK;
  }
  int code = search ? choose_noise(s, order, o) : SBNN_OK;
  x->input_noise = o->input_noise;
  x->bottleneck_noise = o->bottleneck_noise;
  return search && code == SBNN_OK ? sbnn_parts_store(s->t->parts, s->t->task, "noise", x, NULL, s->e) : code;
}

/* ---- penalty ---- */

static const double lasso_levels[SBNN_LASSO_LEVELS] = {0.001, 0.01, 0.1, 1};

int sbnn_lasso_epochs(const sbnn_recipe_options *o, bool pretrain) {
  int before = pretrain ? half(o->pretrain.epochs) + half(o->frozen.epochs) + half(o->unfrozen.epochs)
                        : half(o->no_pretrain_phase.epochs);
  return before + half(o->finetune.epochs);
}

/* All phases of all trials are one phase to those who watch. */
static bool on_epoch(void *ctx, const sbnn_epoch *epoch) {
  inner *in = ctx;
  const sbnn_training *t = in->outer->t;
  const sbnn_epoch of_all = {epoch->experiment, "lasso", ++in->done, in->epochs, epoch->r2};
  return !t->hook || t->hook(t->hook_ctx, &of_all);
}

/* Validation R2, after pruning and fine-tuning, with the penalty in `o`; -infinity if that leaves no gene. */
static int try_lasso(inner *in, const sbnn_recipe_options *o, double *r2) {
  const sbnn__fitting *s = in->outer;
  sbnn_experiment trial = {.model = s->out->model, .fold = s->out->fold};
  sbnn__fitting fitting = {.p = &in->p, .t = &in->t, .o = o, .out = &trial, .e = s->e, .name = "lasso"};
  size_t *order = sbnn_alloc(in->p.n_inputs, sizeof *order);
  trial.n_responses = in->p.n_responses;
  trial.n_train = in->p.n_train;
  trial.n_test = in->p.n_test;
  int code = sbnn__train_by_paper(&fitting, order);
  *r2 = -INFINITY;
  if (code == SBNN_OK && trial.n_genes) *r2 = trial.r2[SBNN_STAGE_FINETUNED][SBNN_TEST][0];
  free(order);
  sbnn_experiment_free(&trial);
  return code;
}

static int choose_lasso(const sbnn__fitting *s, sbnn_recipe_options *o) {
  inner in;
  sbnn_recipe_options trial = *s->o;
  int code = split(s, &in);
  in.t.hook = on_epoch;
  in.t.hook_ctx = &in;
  in.t.may_be_empty = true;
  in.epochs = SBNN_LASSO_LEVELS * sbnn_lasso_epochs(s->o, s->p->clusters != NULL);
  sbnn_phase_options *const phases[] = {&trial.pretrain, &trial.frozen, &trial.unfrozen, &trial.finetune,
                                        &trial.no_pretrain_phase};
  for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) phases[i]->epochs = half(phases[i]->epochs);
  double best = -INFINITY, r2;
  for (int i = 0; i < SBNN_LASSO_LEVELS && code == SBNN_OK; i++) {
    trial.lasso = lasso_levels[i];
    code = try_lasso(&in, &trial, &r2);
    if (code != SBNN_OK || !(r2 > best)) continue;
    best = r2;
    o->lasso = trial.lasso;
  }
  if (code == SBNN_OK && best == -INFINITY)
    code = sbnn_fail(s->e, SBNN_BAD_INPUT,
                     "every penalty that --lasso auto tries removes all genes; give --lasso a number, or "
                     "give --genes instead of --lasso auto");
  return code;
}

int sbnn__set_lasso(const sbnn__fitting *s, sbnn_recipe_options *o) {
  sbnn_experiment *x = s->out;
  bool search = o->lasso == SBNN_LASSO_AUTO;
  if (search && sbnn_parts_load(s->t->parts, s->t->task, "lasso", x, NULL)) {
    o->lasso = x->lasso;
    return SBNN_OK;
  }
  int code = search ? choose_lasso(s, o) : SBNN_OK;
  x->lasso = o->lasso;
  return search && code == SBNN_OK ? sbnn_parts_store(s->t->parts, s->t->task, "lasso", x, NULL, s->e) : code;
}
