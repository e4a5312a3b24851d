/* training_curves.c - R2 by epoch, mean and sd over folds, one curve per model (figure 1b); of r->levels, for
 * each rank the one whose number of genes is nearest to that of the networks. */
#include "pictures/mean_curves.h"
#include "pictures/picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_PHASES = 8, MAX_RANKS = 12, NAME = 32 };

static double train_r2(const sbnn_history_row *h) { return h->train_r2; }
static double test_r2(const sbnn_history_row *h) { return h->test_r2; }

/* The phases that fit the responses: figure 1b. */
static bool in_regression(const sbnn_history_row *h) {
  return strcmp(h->phase, "pretrain") != 0 && strcmp(h->phase, "autoencoder") != 0;
}

/* Where the phases of the first model's first fold begin and end, as epochs counted on. */
static int phases_of(const sbnn_experiment *x, sbnn_phase phase[MAX_PHASES]) {
  int n = 0;
  double epoch = 0;
  const char *last = "";
  for (size_t j = 0; j < x->n_history; j++) {
    const sbnn_history_row *h = &x->history[j];
    if (!in_regression(h)) continue;
    if (strcmp(h->phase, last) != 0) {
      if (n == MAX_PHASES) break;
      const char *name = strcmp(h->phase, "finetune") == 0 ? "pruned, fine-tuned" : h->phase;
      phase[n++] = (sbnn_phase){.name = name, .from = epoch};
      last = h->phase;
    }
    phase[n - 1].to = ++epoch;
  }
  return n;
}

static double genes_kept(const sbnn_results *r) {
  return (double)(r->genes_kept ? r->genes_kept : r->experiments[0].n_genes);
}

static bool is_nearer(const sbnn_srrr_mean *a, const sbnn_srrr_mean *b, double genes) {
  return fabs(a->genes - genes) < fabs(b->genes - genes);
}

/* For each rank the penalty whose number of genes is nearest to `genes`; returns how many ranks. */
static int levels_of(const sbnn_results *r, double genes, sbnn_level level[MAX_RANKS],
                     char name[MAX_RANKS][NAME]) {
  const sbnn_srrr_mean *nearest[MAX_RANKS];
  int n = 0;
  for (size_t i = 0; i < r->n_levels; i++) {
    int k = 0;
    while (k < n && nearest[k]->rank != r->levels[i].rank) k++;
    if (k == MAX_RANKS) continue;
    if (k == n) nearest[n++] = &r->levels[i];
    else if (is_nearer(&r->levels[i], nearest[k], genes)) nearest[k] = &r->levels[i];
  }
  for (int k = 0; k < n; k++) {
    snprintf(name[k], NAME, "sRRR, rank %zu", nearest[k]->rank);
    level[k] = (sbnn_level){name[k], nearest[k]->r2};
  }
  return n;
}

int sbnn_picture_training_curves(const char *directory, const char *name, const sbnn_results *r,
                                 sbnn_error *e) {
  if (r->n == 0) return SBNN_OK;
  sbnn_mean_curves s;
  sbnn_phase phase[MAX_PHASES];
  sbnn_level level[MAX_RANKS];
  char level_name[MAX_RANKS][NAME];
  sbnn_mean_curves_make(r, in_regression, train_r2, test_r2, &s);
  const char *model[SBNN_MAX_MODELS] = {0};
  bool pretrained = sbnn_results_models(r, model) > 0 && strcmp(model[0], "sbnn") == 0;
  sbnn_curves what = {.n_curves = s.n,
                      .curve = s.curve,
                      .n_phases = phases_of(&r->experiments[0], phase),
                      .phase = phase,
                      .n_levels = levels_of(r, genes_kept(r), level, level_name),
                      .level = level,
                      .x_label = pretrained ? NULL : "Epoch"};
  int code = sbnn_figure_r2(directory, name, &what, e);
  sbnn_mean_curves_free(&s);
  return code;
}
