/* tables.c - the TSV files of a run (tables.h, docs/output.md). */
#include "tables/tables.h"

#include "output/writer.h"

#include <stdlib.h>
#include <string.h>

/* ---- metrics.tsv ---- */

static void put_scores(sbnn_writer *w, const sbnn_results *r, const sbnn_experiment *x, int stage,
                       int split) {
  for (size_t target = 0; target <= x->n_responses; target++) {
    sbnn_put(w, "%s\t%s\t%d\t%s\t%s\t", r->protocol, x->model, x->fold, sbnn_stage_names[stage],
             sbnn_split_names[split]);
    sbnn_put_name(w, target ? r->data->response_names[target - 1] : "all");
    sbnn_put_numbers(w, &x->r2[stage][split][target], 1);
  }
}

static int write_metrics(const char *directory, const sbnn_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "metrics.tsv");
  sbnn_put(&w, "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2\n");
  for (size_t i = 0; i < r->n; i++)
    for (int stage = 0; stage < SBNN_N_STAGES; stage++)
      for (int split = 0; split < SBNN_N_SPLITS; split++)
        if (r->experiments[i].r2[stage][split]) put_scores(&w, r, &r->experiments[i], stage, split);
  return sbnn_writer_close(&w, e);
}

/* ---- history.tsv ---- */

static int write_history(const char *directory, const sbnn_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "history.tsv");
  sbnn_put(&w, "fold\tmodel\tphase\tepoch\tlr\ttrain_loss\ttest_loss\ttrain_r2\ttest_r2\ttrain_accuracy\t"
               "test_accuracy\tpenalty\n");
  for (size_t i = 0; i < r->n; i++) {
    const sbnn_experiment *x = &r->experiments[i];
    for (size_t j = 0; j < x->n_history; j++) {
      const sbnn_history_row *h = &x->history[j];
      const double value[] = {h->lr,      h->train_loss,     h->test_loss,     h->train_r2,
                              h->test_r2, h->train_accuracy, h->test_accuracy, h->penalty};
      sbnn_put(&w, "%d\t%s\t%s\t%d", x->fold, x->model, h->phase, h->epoch);
      sbnn_put_numbers(&w, value, sizeof value / sizeof *value);
    }
  }
  return sbnn_writer_close(&w, e);
}

/* ---- genes.tsv ---- */

static int write_genes(const char *directory, const sbnn_results *r, sbnn_error *e) {
  bool folded = sbnn_results_folded(r);
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "genes.tsv");
  sbnn_put(&w, "%srank\tgene\tnorm\n", folded ? "model\tfold\t" : "");
  for (size_t i = 0; i < r->n; i++) {
    const sbnn_experiment *x = &r->experiments[i];
    for (size_t j = 0; j < x->n_genes; j++) {
      if (folded) sbnn_put(&w, "%s\t%d\t", x->model, x->fold);
      sbnn_put(&w, "%zu\t", j + 1);
      sbnn_put_name(&w, r->data->gene_names[x->genes[j]]);
      sbnn_put_numbers(&w, &x->norms[j], 1);
    }
  }
  return sbnn_writer_close(&w, e);
}

/* ---- predictions.tsv, latent.tsv ---- */

/* For each cell of the data set its values and fold; NULL values: none. */
typedef struct cell_row {
  const double *value;
  int fold;
} cell_row;

static void put_cells(sbnn_writer *w, const sbnn_dataset *d, const cell_row *row, bool folded,
                      size_t columns) {
  for (size_t c = 0; c < d->n_cells; c++) {
    if (!row[c].value) continue;
    sbnn_put_name(w, d->cell_names[c]);
    if (folded) sbnn_put(w, "\t%d", row[c].fold);
    sbnn_put_numbers(w, row[c].value, columns);
  }
}

static void place_rows(cell_row *row, const sbnn_experiment *x, const size_t *cells, size_t n,
                       const double *value, size_t columns) {
  if (!value || !cells) return;
  for (size_t i = 0; i < n; i++) row[cells[i]] = (cell_row){.value = value + i * columns, .fold = x->fold};
}

/* Of one model: for `cv` each cell by the fold in which it was tested, cells that are tested in none left
 * out. */
static int write_predictions(const char *directory, const char *name, const sbnn_results *r,
                             const char *model, sbnn_error *e) {
  const sbnn_dataset *d = r->data;
  bool folded = sbnn_results_folded(r);
  cell_row *row = sbnn_alloc(d->n_cells, sizeof *row);
  sbnn_writer w;
  for (size_t i = 0; i < r->n; i++) {
    const sbnn_experiment *x = &r->experiments[i];
    if (strcmp(x->model, model) != 0) continue;
    if (folded) place_rows(row, x, x->test_cells, x->n_test, x->predictions, d->n_responses);
    else place_rows(row, x, x->train_cells, x->n_train, x->predictions, d->n_responses);
  }
  sbnn_writer_open_in(&w, directory, name);
  sbnn_put(&w, folded ? "cell\tfold" : "cell");
  for (size_t j = 0; j < d->n_responses; j++) {
    sbnn_put(&w, "\t");
    sbnn_put_name(&w, d->response_names[j]);
  }
  sbnn_put(&w, "\n");
  put_cells(&w, d, row, folded, d->n_responses);
  free(row);
  return sbnn_writer_close(&w, e);
}

static int write_latent(const char *directory, const sbnn_dataset *d, const sbnn_experiment *x,
                        sbnn_error *e) {
  cell_row *row = sbnn_alloc(d->n_cells, sizeof *row);
  sbnn_writer w;
  place_rows(row, x, x->train_cells, x->n_train, x->latent, (size_t)x->bottleneck);
  sbnn_writer_open_in(&w, directory, "latent.tsv");
  sbnn_put(&w, "cell");
  for (int j = 1; j <= x->bottleneck; j++) sbnn_put(&w, "\tz%d", j);
  sbnn_put(&w, "\n");
  put_cells(&w, d, row, false, (size_t)x->bottleneck);
  free(row);
  return sbnn_writer_close(&w, e);
}

/* ---- labels.tsv, overlays.tsv: with latent.tsv, all that `plot` needs for the maps ---- */

int sbnn_write_labels(const char *directory, const sbnn_dataset *d, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "labels.tsv");
  sbnn_put(&w, "cell\t");
  sbnn_put_name(&w, d->label_column);
  sbnn_put(&w, d->cell_colors ? "\tcolor\n" : "\n");
  for (size_t i = 0; i < d->n_cells; i++) {
    sbnn_put_name(&w, d->cell_names[i]);
    sbnn_put(&w, "\t");
    sbnn_put_name(&w, d->label_names[d->labels[i]]);
    sbnn_put(&w, d->cell_colors ? "\t%s\n" : "\n", d->cell_colors ? d->cell_colors[i] : "");
  }
  return sbnn_writer_close(&w, e);
}

static void put_heads(sbnn_writer *w, const char *kind, char *const *name, const size_t *at, size_t n) {
  for (size_t j = 0; j < n; j++) {
    sbnn_put(w, "\t%s:", kind);
    sbnn_put_name(w, name[at ? at[j] : j]);
  }
}

/* value: what stands under the genes and under the responses, by training row. */
static int write_heads(const char *directory, const char *name, const sbnn_dataset *d,
                       const sbnn_experiment *x, const double *const value[2], sbnn_error *e) {
  size_t genes = x->n_genes, q = x->n_responses, columns = genes + q;
  double *both = sbnn_alloc(x->n_train * columns, sizeof *both);
  cell_row *row = sbnn_alloc(d->n_cells, sizeof *row);
  sbnn_writer w;
  for (size_t i = 0; i < x->n_train; i++) {
    memcpy(both + i * columns, value[0] + i * genes, genes * sizeof *both);
    memcpy(both + i * columns + genes, value[1] + i * q, q * sizeof *both);
  }
  place_rows(row, x, x->train_cells, x->n_train, both, columns);
  sbnn_writer_open_in(&w, directory, name);
  sbnn_put(&w, "cell");
  put_heads(&w, "gene", d->gene_names, x->genes, genes);
  put_heads(&w, "response", d->response_names, NULL, q);
  sbnn_put(&w, "\n");
  put_cells(&w, d, row, false, columns);
  free(row);
  free(both);
  return sbnn_writer_close(&w, e);
}

/* What the two heads predict, and what was measured. */
static int write_overlays(const char *directory, const sbnn_dataset *d, const sbnn_experiment *x,
                          sbnn_error *e) {
  const double *const predicted[] = {x->gene_predictions, x->response_predictions}, *const measured[] = {
                                                                                        x->gene_measured,
                                                                                        x->response_measured};
  int code = write_heads(directory, "overlays.tsv", d, x, predicted, e);
  if (code != SBNN_OK || !measured[0] || !measured[1]) return code;
  return write_heads(directory, "measured.tsv", d, x, measured, e);
}

/* ---- all of them ---- */

static int write_all_predictions(const char *directory, const sbnn_results *r, sbnn_error *e) {
  static const char *const name[] = {"predictions.tsv", "predictions-nopretrain.tsv"};
  const char *model[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model);
  int code = SBNN_OK;
  for (size_t i = 0; i < models && code == SBNN_OK; i++) {
    /* One model alone is predictions.tsv, whichever it is. */
    bool second = models > 1 && strcmp(model[i], "sbnn-nopretrain") == 0;
    code = write_predictions(directory, name[second], r, model[i], e);
  }
  return code;
}

static int write_map_tables(const char *directory, const sbnn_dataset *d, const sbnn_experiment *x,
                            sbnn_error *e) {
  int code = write_latent(directory, d, x, e);
  if (code == SBNN_OK && x->gene_predictions && x->response_predictions)
    code = write_overlays(directory, d, x, e);
  return code == SBNN_OK && d->labels && d->label_column ? sbnn_write_labels(directory, d, e) : code;
}

/* The linear model has no epochs. */
static bool has_history(const sbnn_results *r) {
  for (size_t i = 0; i < r->n; i++)
    if (r->experiments[i].n_history) return true;
  return false;
}

int sbnn_write_tables(const char *directory, const sbnn_results *r, sbnn_error *e) {
  int code = write_metrics(directory, r, e);
  if (code == SBNN_OK && has_history(r)) code = write_history(directory, r, e);
  if (code == SBNN_OK) code = write_genes(directory, r, e);
  if (code == SBNN_OK) code = write_all_predictions(directory, r, e);
  if (code == SBNN_OK && !sbnn_results_folded(r) && r->n && r->experiments[0].latent)
    code = write_map_tables(directory, r->data, &r->experiments[0], e);
  return code;
}
