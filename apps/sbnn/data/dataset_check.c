/* dataset_check.c - what a data set must be to be trained on (dataset.h). */
#include "data/dataset.h"

#include "data/text.h"

#include <math.h>
#include <stdlib.h>

static int check_counts(const sbnn_dataset *d, sbnn_x_transform transform, const char *path, sbnn_error *e) {
  const sbnn_counts *c = &d->counts;
  for (size_t i = 0; i < d->n_cells; i++)
    for (size_t k = c->start[i]; k < c->start[i + 1]; k++) {
      float v = c->value[k];
      if ((v >= 0 || transform == SBNN_X_NONE) && isfinite(v)) continue;
      return sbnn_fail(
          e, SBNN_BAD_INPUT,
          "%s: the count of gene '%s' in cell '%s' is %g; give raw counts, which are not negative and "
          "below 3.4e38%s",
          path, sbnn_shown(d->gene_names[c->column[k]]), sbnn_shown(d->cell_names[i]), (double)v,
          isfinite(v) ? ", or use --x-transform none" : "");
    }
  return SBNN_OK;
}

static int check_responses(const sbnn_dataset *d, const char *path, bool may_miss, sbnn_error *e) {
  const size_t q = d->n_responses;
  for (size_t i = 0; i < d->n_cells * q; i++)
    if (!isfinite(d->responses[i]) && !(may_miss && isnan(d->responses[i])))
      return sbnn_fail(
          e, SBNN_BAD_INPUT, "%s: response '%s' of cell '%s' is %g; give a finite number or remove the cell",
          path, sbnn_shown(d->response_names[i % q]), sbnn_shown(d->cell_names[i / q]), d->responses[i]);
  return SBNN_OK;
}

static int check_responses_vary(const sbnn_dataset *d, const char *path, sbnn_error *e) {
  const size_t q = d->n_responses;
  for (size_t r = 0; r < q; r++) {
    size_t i = 1;
    while (i < d->n_cells && d->responses[i * q + r] == d->responses[r]) i++;
    if (i >= d->n_cells)
      return sbnn_fail(e, SBNN_BAD_INPUT,
                       "%s: response '%s' is %g in all %zu cells, so nothing can be learned; remove it, or "
                       "use --drop-responses '%s'",
                       path, sbnn_shown(d->response_names[r]), d->responses[r], d->n_cells,
                       sbnn_shown(d->response_names[r]));
  }
  return SBNN_OK;
}

/* A gene that is off in a cell varies if it is on in any; one that is on in all, if two counts differ. */
static void find_varying(const sbnn_dataset *d, bool *varies) {
  const sbnn_counts *c = &d->counts;
  size_t *on = sbnn_alloc(d->n_genes, sizeof *on);
  float *first = sbnn_alloc(d->n_genes, sizeof *first);
  for (size_t k = 0; k < c->start[d->n_cells]; k++) {
    size_t g = c->column[k];
    if (on[g]++ == 0) first[g] = c->value[k];
    varies[g] |= c->value[k] != first[g];
  }
  for (size_t g = 0; g < d->n_genes; g++) varies[g] |= on[g] > 0 && on[g] < d->n_cells;
  free(on);
  free(first);
}

static int check_genes(const sbnn_dataset *d, const char *path, sbnn_error *e) {
  const size_t p = d->n_genes;
  size_t first = 0, constant = 0;
  bool *varies = sbnn_alloc(p, sizeof *varies);
  find_varying(d, varies);
  for (size_t g = p; g-- > 0;)
    if (!varies[g]) first = g, constant++;
  free(varies);
  if (constant == 0) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s: gene '%s' has the count %g in all %zu cells (of the %zu genes, %zu %s constant) and cannot "
      "be scaled; remove constant genes, or let --variable-genes choose fewer than %zu",
      path, sbnn_shown(d->gene_names[first]), (double)sbnn_counts_at(&d->counts, 0, first), d->n_cells, p,
      constant, constant == 1 ? "is" : "are", p);
}

int sbnn_dataset_check(const sbnn_dataset *d, size_t variable_genes, sbnn_x_transform x_transform,
                       const char *x_path, const char *y_path, sbnn_error *e) {
  int code = check_counts(d, x_transform, x_path, e);
  if (code == SBNN_OK) code = check_responses(d, y_path, false, e);
  if (code == SBNN_OK) code = check_responses_vary(d, y_path, e);
  bool selection = variable_genes > 0 && variable_genes < d->n_genes;
  if (code == SBNN_OK && !selection) code = check_genes(d, x_path, e);
  return code;
}

int sbnn_dataset_check_raw(const sbnn_dataset *d, sbnn_x_transform x_transform, const char *x_path,
                           const char *y_path, sbnn_error *e) {
  int code = check_counts(d, x_transform, x_path, e);
  return code == SBNN_OK ? check_responses(d, y_path, true, e) : code;
}
