/* summary.c - the last lines of a command (summary.h). */
#include "tables/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 28, GENES_A_LINE = 10 };

/* A name on one line, cut after `width` characters (UTF-8) and, with `pad`, filled up to it. */
static void print_name(FILE *to, const char *name, size_t width, bool pad) {
  size_t n = 0, bytes = 0, keep = 0; /* keep: bytes before the last three characters that fit */
  for (const char *c = name; *c && n <= width; c++) {
    if (((unsigned char)*c & 0xc0) == 0x80) continue;
    if (n == width - 3) keep = (size_t)(c - name);
    n++;
  }
  bytes = n > width ? keep : strlen(name);
  for (size_t i = 0; i < bytes; i++)
    fputc((unsigned char)name[i] < ' ' || name[i] == 127 ? ' ' : name[i], to);
  if (n > width) fputs("...", to);
  if (pad && n < width) fprintf(to, "%*s", (int)(width - n), "");
}

/* One column; the last ends the line, without blanks before it. */
static void print_mean_sd(FILE *to, sbnn_mean_sd m, bool last) {
  char text[48] = "     -";
  if (m.n == 1) snprintf(text, sizeof text, "%6.3f", m.mean);
  if (m.n > 1) snprintf(text, sizeof text, "%6.3f +- %.3f", m.mean, m.sd);
  if (last) fprintf(to, "  %s\n", text);
  else fprintf(to, "  %-15s", text);
}

static void print_stages(FILE *to, const sbnn_results *r, const char *model) {
  bool tested = sbnn_results_folded(r);
  fprintf(to, tested ? "%-16s  train R2         test R2\n" : "%-16s  train R2\n", model);
  for (int stage = 0; stage < SBNN_N_STAGES; stage++) {
    sbnn_mean_sd train = sbnn_results_r2(r, model, (sbnn_stage)stage, SBNN_TRAIN, 0);
    sbnn_mean_sd test = sbnn_results_r2(r, model, (sbnn_stage)stage, SBNN_TEST, 0);
    if (train.n == 0 && test.n == 0) continue;
    fprintf(to, "  %-14s", sbnn_stage_names[stage]);
    print_mean_sd(to, train, !tested);
    if (tested) print_mean_sd(to, test, true);
  }
}

/* One response with its final R2 by model. */
typedef struct response {
  size_t index;
  sbnn_mean_sd r2[SBNN_MAX_MODELS];
} response;

/* Best first by the first model; NaN last; in the table's order among equals. */
static int by_r2(const void *a, const void *b) {
  const response *x = a, *y = b;
  double rx = x->r2[0].mean, ry = y->r2[0].mean;
  if (isnan(rx) || isnan(ry)) {
    if (isnan(rx) != isnan(ry)) return isnan(rx) ? 1 : -1;
  } else if (rx != ry) return rx < ry ? 1 : -1;
  return x->index < y->index ? -1 : 1;
}

static void print_responses(FILE *to, const sbnn_results *r, size_t models, const char *const *model) {
  size_t q = r->data->n_responses;
  sbnn_split split = sbnn_results_folded(r) ? SBNN_TEST : SBNN_TRAIN;
  response *list = sbnn_alloc(q, sizeof *list);
  for (size_t j = 0; j < q; j++) {
    list[j].index = j;
    for (size_t m = 0; m < models; m++)
      list[j].r2[m] = sbnn_results_r2(r, model[m], SBNN_STAGE_FINETUNED, split, 1 + j);
  }
  qsort(list, q, sizeof *list, by_r2);
  fprintf(to, "%-*s", NAME_WIDTH, split == SBNN_TEST ? "final test R2" : "final train R2");
  for (size_t m = 0; m < models; m++) {
    bool last = m + 1 == models;
    fprintf(to, last ? "  %s\n" : "  %-15s", model[m]);
  }
  for (size_t j = 0; j < q; j++) {
    fputs("  ", to);
    print_name(to, r->data->response_names[list[j].index], NAME_WIDTH - 2, true);
    for (size_t m = 0; m < models; m++) print_mean_sd(to, list[j].r2[m], m + 1 == models);
  }
  free(list);
}

static void print_genes(FILE *to, const sbnn_results *r, const sbnn_experiment *x) {
  const char *first = sbnn_experiment_denoised(x) ? "the most useful" : "largest norm";
  if (x->n_genes == 1) fprintf(to, "The gene kept:\n");
  else fprintf(to, "The %zu genes kept, %s first:\n", x->n_genes, first);
  for (size_t j = 0; j < x->n_genes; j++) {
    bool last = j + 1 == x->n_genes || (j + 1) % GENES_A_LINE == 0;
    fputs(j % GENES_A_LINE ? " " : "  ", to);
    print_name(to, r->data->gene_names[x->genes[j]], NAME_WIDTH, false);
    if (last) fputc('\n', to);
  }
}

static void print_map(FILE *to, const sbnn_results *r, const sbnn_experiment *x) {
  double accuracy = sbnn_map_accuracy(r->data, x);
  if (!isnan(accuracy))
    fprintf(to, "Map: %.3f of the cells have the same '%s' as most of their %d nearest neighbours\n",
            accuracy, r->data->label_column, SBNN_MAP_NEIGHBOURS);
}

void sbnn_print_low_r2(FILE *to, double best, bool tested) {
  enum { LOW_PERCENT = 5 };
  if (100 * best >= LOW_PERCENT || isnan(best)) return;
  fprintf(
      to,
      "R2 is near 0%s: %s cells are hardly predicted better than by the mean of each response. Check that an "
      "id is the same cell in both tables, that --x has raw counts, and that there are enough cells\n",
      best < -0.01 ? " or below" : "", tested ? "unseen" : "even the trained");
}

static double best_r2(const sbnn_results *r, const char *const *model, size_t models, sbnn_split split) {
  double best = NAN;
  for (size_t m = 0; m < models; m++)
    best = fmax(best, sbnn_results_r2(r, model[m], SBNN_STAGE_FINETUNED, split, 0).mean);
  return best;
}

void sbnn_print_summary(FILE *to, const sbnn_results *r) {
  const char *model[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model), folds = 0;
  if (r->n == 0) return;
  for (size_t i = 0; i < r->n; i++) folds += strcmp(r->experiments[i].model, model[0]) == 0;
  if (sbnn_results_folded(r))
    fprintf(to, "%zu folds, protocol %s: mean +- sd over folds\n", folds, r->protocol);
  if (r->data->groups)
    fprintf(to, "Each group of '%s' (%zu) is either in training or in test, never in both\n",
            r->data->group_column, r->data->n_groups);
  for (size_t m = 0; m < models; m++) print_stages(to, r, model[m]);
  print_responses(to, r, models, model);
  if (!sbnn_results_folded(r))
    fputs("  (training cells; sbnn cv measures how well unseen cells are predicted)\n", to);
  bool tested = sbnn_results_folded(r);
  sbnn_print_low_r2(to, best_r2(r, model, models, tested ? SBNN_TEST : SBNN_TRAIN), tested);
  if (!sbnn_results_folded(r))
    for (size_t i = 0; i < r->n; i++) {
      print_genes(to, r, &r->experiments[i]);
      print_map(to, r, &r->experiments[i]);
    }
}

void sbnn_print_short(FILE *to, const sbnn_results *r) {
  const char *model[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model);
  sbnn_split split = sbnn_results_folded(r) ? SBNN_TEST : SBNN_TRAIN;
  for (size_t m = 0; m < models; m++) {
    sbnn_mean_sd r2 = sbnn_results_r2(r, model[m], SBNN_STAGE_FINETUNED, split, 0);
    fprintf(to, "  %s: %s R2 %.3f", model[m], sbnn_split_names[split], r2.mean);
    if (r2.n > 1) fprintf(to, " +- %.3f over %zu folds", r2.sd, r2.n);
    fputc('\n', to);
  }
  if (split == SBNN_TEST) sbnn_print_low_r2(to, best_r2(r, model, models, split), true);
}
