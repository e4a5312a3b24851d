/* pictures.c - from experiments to figures (pictures.h). */
#include "pictures/pictures.h"

#include "data/ids.h"
#include "figures/curves.h"
#include "figures/overlays.h"
#include "figures/scores.h"
#include "figures/short_names.h"
#include "pictures/map_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PHASES = 8, MAX_RANKS = 12, GENES = 25, NAME = 32 };

/* ---- curves: the mean over folds, epoch by epoch ---- */

typedef double row_value(const sbnn_history_row *h);
typedef bool row_filter(const sbnn_history_row *h);

static double train_r2(const sbnn_history_row *h) { return h->train_r2; }
static double test_r2(const sbnn_history_row *h) { return h->test_r2; }
static double train_loss(const sbnn_history_row *h) { return h->train_loss; }
static double test_loss(const sbnn_history_row *h) { return h->test_loss; }

static bool in_pretraining(const sbnn_history_row *h) { return strcmp(h->phase, "pretrain") == 0; }

/* The phases that fit the responses: figure 1b. */
static bool in_regression(const sbnn_history_row *h) {
  return !in_pretraining(h) && strcmp(h->phase, "autoencoder") != 0;
}

/* One line with its band; NULL both when there is no value at all. */
typedef struct mean_line {
  double *mean, *sd;
} mean_line;

static size_t count_rows(const sbnn_experiment *x, row_filter *wanted) {
  size_t n = 0;
  for (size_t j = 0; j < x->n_history; j++) n += wanted(&x->history[j]);
  return n;
}

static size_t longest(const sbnn_results *r, const char *model, row_filter *wanted) {
  size_t most = 0;
  for (size_t i = 0; i < r->n; i++) {
    size_t n = strcmp(r->experiments[i].model, model) == 0 ? count_rows(&r->experiments[i], wanted) : 0;
    if (n > most) most = n;
  }
  return most;
}

/* value[epoch * r->n + experiment]; NaN where an experiment has no such epoch. */
static double *gather(const sbnn_results *r, const char *model, row_filter *wanted, row_value *of, size_t n) {
  double *value = sbnn_alloc(n * r->n, sizeof *value);
  for (size_t k = 0; k < n * r->n; k++) value[k] = NAN;
  for (size_t i = 0; i < r->n; i++) {
    const sbnn_experiment *x = &r->experiments[i];
    size_t epoch = 0;
    if (strcmp(x->model, model) != 0) continue;
    for (size_t j = 0; j < x->n_history; j++)
      if (wanted(&x->history[j])) value[epoch++ * r->n + i] = of(&x->history[j]);
  }
  return value;
}

static mean_line line_of(const sbnn_results *r, const char *model, row_filter *wanted, row_value *of,
                         size_t n) {
  mean_line line = {sbnn_alloc(n, sizeof *line.mean), sbnn_alloc(n, sizeof *line.sd)};
  double *value = gather(r, model, wanted, of, n);
  size_t found = 0, bands = 0;
  for (size_t k = 0; k < n; k++) {
    sbnn_mean_sd m = sbnn_mean_sd_of(value + k * r->n, r->n);
    line.mean[k] = m.mean;
    line.sd[k] = m.sd;
    found += m.n;
    bands += m.n > 1;
  }
  free(value);
  if (!bands) free(line.sd), line.sd = NULL; /* a single run has no spread */
  if (!found) free(line.mean), line.mean = NULL;
  return line;
}

/* The curves of all models for one kind of row. */
typedef struct curve_set {
  sbnn_curve curve[SBNN_MAX_MODELS];
  mean_line train[SBNN_MAX_MODELS], test[SBNN_MAX_MODELS];
  int n;
} curve_set;

static const char *name_of(const char *model) {
  if (strcmp(model, "sbnn-denoise") == 0) return "denoising recipe";
  return strcmp(model, "sbnn-nopretrain") == 0 ? "without pretraining" : "with pretraining";
}

static void curves_make(const sbnn_results *r, row_filter *wanted, row_value *train, row_value *test,
                        curve_set *s) {
  const char *model[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model);
  *s = (curve_set){.n = 0};
  for (size_t m = 0; m < models; m++) {
    size_t n = longest(r, model[m], wanted);
    if (n == 0) continue;
    mean_line a = line_of(r, model[m], wanted, train, n), b = line_of(r, model[m], wanted, test, n);
    s->train[s->n] = a;
    s->test[s->n] = b;
    s->curve[s->n++] = (sbnn_curve){.name = name_of(model[m]),
                                    .n = (int64_t)n,
                                    .first_epoch = 1,
                                    .train = a.mean,
                                    .test = b.mean,
                                    .train_sd = a.sd,
                                    .test_sd = b.sd};
  }
}

static void curves_free(curve_set *s) {
  for (int i = 0; i < s->n; i++) {
    free(s->train[i].mean);
    free(s->train[i].sd);
    free(s->test[i].mean);
    free(s->test[i].sd);
  }
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

static int training_curves(const char *directory, const sbnn_results *r, sbnn_error *e) {
  curve_set s;
  sbnn_phase phase[MAX_PHASES];
  sbnn_level level[MAX_RANKS];
  char level_name[MAX_RANKS][NAME];
  curves_make(r, in_regression, train_r2, test_r2, &s);
  const char *model[SBNN_MAX_MODELS] = {0};
  bool pretrained = sbnn_results_models(r, model) > 0 && strcmp(model[0], "sbnn") == 0;
  sbnn_curves what = {.n_curves = s.n,
                      .curve = s.curve,
                      .n_phases = phases_of(&r->experiments[0], phase),
                      .phase = phase,
                      .n_levels = levels_of(r, genes_kept(r), level, level_name),
                      .level = level,
                      .x_label = pretrained ? NULL : "Epoch"};
  int code = sbnn_figure_r2(directory, "training_curves", &what, e);
  curves_free(&s);
  return code;
}

static int pretraining(const char *directory, const sbnn_results *r, sbnn_error *e) {
  curve_set s;
  curves_make(r, in_pretraining, train_loss, test_loss, &s);
  sbnn_curves what = {.n_curves = s.n, .curve = s.curve};
  int code = s.n ? sbnn_figure_cross_entropy(directory, "pretraining", &what, e) : SBNN_OK;
  curves_free(&s);
  return code;
}

/* ---- R2 by response, by number of genes ---- */

static int responses(const char *directory, const sbnn_results *r, sbnn_error *e) {
  const char *model[SBNN_MAX_MODELS];
  sbnn_response_scores scores[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model), q = r->data->n_responses, found = 0;
  double *value = sbnn_alloc(2 * q * models, sizeof *value);
  for (size_t m = 0; m < models; m++) {
    double *r2 = value + 2 * q * m, *sd = r2 + q;
    for (size_t j = 0; j < q; j++) {
      sbnn_mean_sd s = sbnn_results_r2(r, model[m], SBNN_STAGE_FINETUNED, SBNN_TEST, 1 + j);
      r2[j] = s.mean;
      sd[j] = s.sd;
      found += s.n;
    }
    scores[m] = (sbnn_response_scores){
        .name = name_of(model[m]),
        .r2 = r2,
        .sd = sd,
        .pooled = sbnn_results_r2(r, model[m], SBNN_STAGE_FINETUNED, SBNN_TEST, 0).mean};
  }
  int code = SBNN_OK;
  if (found)
    code = sbnn_figure_responses(
        directory, "responses",
        &(sbnn_responses_chart){(int)q, (int)models, (const char *const *)r->data->response_names, scores},
        e);
  free(value);
  return code;
}

/* The rows of one rank, ascending by genes. */
static void path_of_rank(const sbnn_results *r, size_t rank, double *value, sbnn_path_scores *path) {
  int n = 0;
  double *genes = value, *r2 = genes + r->n_path, *sd = r2 + r->n_path;
  for (size_t i = 0; i < r->n_path; i++) {
    const sbnn_srrr_mean *row = &r->path[i];
    if (row->rank != rank) continue;
    int at = n++;
    for (; at > 0 && genes[at - 1] > row->genes; at--)
      genes[at] = genes[at - 1], r2[at] = r2[at - 1], sd[at] = sd[at - 1];
    genes[at] = row->genes, r2[at] = row->r2, sd[at] = row->sd;
  }
  *path = (sbnn_path_scores){.n = n, .genes = genes, .r2 = r2, .sd = sd};
}

static int by_genes(const char *directory, const sbnn_results *r, sbnn_error *e) {
  size_t rank[MAX_RANKS], k;
  char name[MAX_RANKS][NAME];
  sbnn_path_scores path[MAX_RANKS];
  int n = 0;
  double *value = sbnn_alloc(3 * r->n_path * MAX_RANKS, sizeof *value);
  for (size_t i = 0; i < r->n_path && n < MAX_RANKS; i++) {
    for (k = 0; k < (size_t)n && rank[k] != r->path[i].rank; k++) {}
    if (k < (size_t)n) continue;
    rank[n] = r->path[i].rank;
    path_of_rank(r, rank[n], value + 3 * r->n_path * (size_t)n, &path[n]);
    snprintf(name[n], NAME, "sRRR, rank %zu", rank[n]);
    path[n].name = name[n];
    n++;
  }
  int code = sbnn_figure_by_genes(directory, "by_genes", n, path, GENES, e);
  free(value);
  return code;
}

/* ---- the latent map ---- */

static bool is_linear(const sbnn_experiment *x) { return strcmp(x->model, "srrr") == 0; }

/* ---- the overlays ---- */

/* Predictions of the shown columns, side by side. */
typedef struct side_data {
  const char *name[SBNN_OVERLAYS];
  size_t column[SBNN_OVERLAYS];
  int n;
  double *value;
} side_data;

static sbnn_overlay_side side_make(side_data *s, const size_t *order, size_t rows, const double *predictions,
                                   size_t columns) {
  s->value = sbnn_alloc(rows * (size_t)s->n, sizeof *s->value);
  for (size_t i = 0; i < rows; i++)
    for (int k = 0; k < s->n; k++)
      s->value[i * (size_t)s->n + (size_t)k] = predictions[order[i] * columns + s->column[k]];
  return (sbnn_overlay_side){.n = s->n, .name = s->name, .value = s->value};
}

/* Those with the largest norms, which stand first. */
static void choose_genes(const sbnn_dataset *d, const sbnn_experiment *x, side_data *s) {
  for (size_t j = 0; j < x->n_genes && s->n < SBNN_OVERLAYS; j++) {
    s->name[s->n] = d->gene_names[x->genes[j]];
    s->column[s->n++] = j;
  }
}

/* Those predicted best at the end, best first. */
static void choose_responses(const sbnn_dataset *d, const sbnn_experiment *x, side_data *s) {
  int stage = sbnn_last_stage(x);
  const double *r2 = stage >= 0 ? x->r2[stage][SBNN_TRAIN] : NULL;
  bool *taken = sbnn_alloc(x->n_responses, sizeof *taken);
  while (s->n < SBNN_OVERLAYS && (size_t)s->n < x->n_responses) {
    size_t best = x->n_responses;
    for (size_t j = 0; j < x->n_responses; j++)
      if (!taken[j] && (best == x->n_responses || (r2 && r2[1 + j] > r2[1 + best]))) best = j;
    taken[best] = true;
    s->name[s->n] = d->response_names[best];
    s->column[s->n++] = best;
  }
  free(taken);
}

/* Those that were asked for; `column` maps them to names (NULL: as they are). */
static void take_choice(const size_t *chosen, size_t n, char *const *name, const size_t *column,
                        side_data *s) {
  for (size_t k = 0; k < n && k < SBNN_OVERLAYS; k++) {
    s->name[s->n] = name[column ? column[chosen[k]] : chosen[k]];
    s->column[s->n++] = chosen[k];
  }
}

static int overlays(const char *directory, const sbnn_results *r, const sbnn_map_data *m, const sbnn_map *map,
                    sbnn_error *e) {
  const sbnn_dataset *d = r->data;
  const sbnn_experiment *x = &r->experiments[0];
  const sbnn_overlay_choice *c = &r->overlays;
  side_data genes = {.n = 0}, responses = {.n = 0};
  if (c->n_genes) take_choice(c->genes, c->n_genes, d->gene_names, x->genes, &genes);
  else choose_genes(d, x, &genes);
  if (c->n_responses) take_choice(c->responses, c->n_responses, d->response_names, NULL, &responses);
  else choose_responses(d, x, &responses);
  sbnn_overlays what = {.map = *map};
  what.gene = side_make(&genes, m->order, x->n_train, x->gene_predictions, x->n_genes);
  what.response = side_make(&responses, m->order, x->n_train, x->response_predictions, x->n_responses);
  if (is_linear(x)) {
    what.lo = -1, what.hi = 1;
    what.bar = "Linear prediction (z-score)";
    what.gene.heading = "Genes (regressed on the map)";
    what.response.heading = "Responses (predicted)";
  }
  int code = sbnn_figure_overlays(directory, "overlays", &what, e);
  free(genes.value);
  free(responses.value);
  return code;
}

/* ---- all of them ---- */

static int maps(const char *directory, const sbnn_results *r, sbnn_error *e) {
  const sbnn_experiment *x = &r->experiments[0];
  sbnn_map_data data;
  if (x->fold > 0 || !x->latent || x->bottleneck < 2) return SBNN_OK;
  sbnn_map map = sbnn_map_make(r->data, x, &data);
  if (is_linear(x)) map.x_label = "Component 1", map.y_label = "Component 2";
  int code = sbnn_figure_map(directory, "latent_map", &map, e);
  if (code == SBNN_OK && x->gene_predictions && x->response_predictions)
    code = overlays(directory, r, &data, &map, e);
  sbnn_map_data_free(&data);
  return code;
}

static int draw_all(const char *directory, const sbnn_results *r, sbnn_error *e) {
  int code = by_genes(directory, r, e);
  if (r->n == 0) return code;
  if (code == SBNN_OK) code = training_curves(directory, r, e);
  if (code == SBNN_OK) code = pretraining(directory, r, e);
  if (code == SBNN_OK && sbnn_results_folded(r)) code = responses(directory, r, e);
  if (code == SBNN_OK) code = maps(directory, r, e);
  return code;
}

/* Names without the barcodes of antibodies. */
int sbnn_write_pictures(const char *directory, const sbnn_results *r, sbnn_error *e) {
  if (!sbnn_figures_available()) return SBNN_OK;
  const sbnn_dataset *d = r->data;
  sbnn_dataset shown = *d;
  sbnn_results of = *r;
  of.data = &shown;
  shown.gene_names = sbnn_short_names(d->gene_names, d->n_genes);
  shown.response_names = sbnn_short_names(d->response_names, d->n_responses);
  int code = draw_all(directory, &of, e);
  sbnn_free_strings(shown.gene_names, d->n_genes);
  sbnn_free_strings(shown.response_names, d->n_responses);
  return code;
}
