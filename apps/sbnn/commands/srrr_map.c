/* srrr_map.c - see srrr_map.h. */
#include "commands/srrr_map.h"

#include "commands/room_options.h"
#include "commands/srrr_own.h"
#include "linear/srrr.h"
#include "linear/svd.h"
#include "training/measured.h"

#include <stdlib.h>
#include <string.h>

/* The lowest rank that has a plane to draw; 0: none. */
static size_t map_rank(const sbnn_options *o) {
  const sbnn_whole_list *ranks = &sbnn_srrr_own_of(o)->ranks;
  int best = 0;
  for (int i = 0; i < ranks->n; i++)
    if (ranks->value[i] > 1 && (best == 0 || ranks->value[i] < best)) best = ranks->value[i];
  return (size_t)best;
}

/* Columns of the fit, largest norm first. */
static void sort_genes(const sbnn_srrr_fit *fit, size_t *order) {
  for (size_t i = 0; i < fit->n_genes; i++) {
    size_t at = i;
    for (; at > 0 && fit->norms[order[at - 1]] < fit->norms[i]; at--) order[at] = order[at - 1];
    order[at] = i;
  }
}

/* f [n x q] = X_G B' */
static double *predict(const sbnn_matrices *p, const sbnn_srrr_fit *fit) {
  size_t q = p->n_responses, g = fit->n_genes;
  double *f = sbnn_alloc(p->n_train * q, sizeof *f);
  for (size_t i = 0; i < p->n_train; i++)
    for (size_t c = 0; c < q; c++)
      for (size_t k = 0; k < g; k++)
        f[i * q + c] += (double)p->x[i * p->n_inputs + fit->genes[k]] * fit->relaxed[c * g + k];
  return f;
}

/* The principal axes of f [n x q], which has rank r: z [n x r], columns orthogonal, largest first. */
static double *principal_axes(const double *f, size_t n, size_t q, size_t r) {
  double *square = sbnn_alloc(q * q, sizeof *square), *values = sbnn_alloc(q, sizeof *values),
         *axes = sbnn_alloc(q * q, sizeof *axes), *z = sbnn_alloc(n * r, sizeof *z);
  for (size_t i = 0; i < n; i++)
    for (size_t a = 0; a < q; a++)
      for (size_t b = 0; b < q; b++) square[a * q + b] += f[i * q + a] * f[i * q + b];
  sbnn_svd(q, q, square, values, axes);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < r; k++)
      for (size_t c = 0; c < q; c++) z[i * r + k] += f[i * q + c] * axes[k * q + c];
  free(square);
  free(values);
  free(axes);
  return z;
}

/* Adds to out[i * stride] the projection of the column `input` on the axis z[i * rank]. */
static void project(const sbnn_matrices *p, size_t input, const double *z, size_t rank, double *out,
                    size_t stride) {
  double xz = 0, zz = 0;
  for (size_t i = 0; i < p->n_train; i++) {
    xz += (double)p->x[i * p->n_inputs + input] * z[i * rank];
    zz += z[i * rank] * z[i * rank];
  }
  for (size_t i = 0; i < p->n_train && zz > 0; i++) out[i * stride] += xz / zz * z[i * rank];
}

/* As every R2 of the tables: from the z-scores as floats. */
static double *scores(const sbnn_matrices *p, const double *f) {
  size_t n = p->n_train, q = p->n_responses;
  double *r2 = sbnn_alloc(q + 1, sizeof *r2);
  float *predicted = sbnn_alloc(n * q, sizeof *predicted);
  for (size_t i = 0; i < n * q; i++) predicted[i] = (float)f[i];
  tn_view truth = tn_matrix(p->y, TN_F32, (int64_t)n, (int64_t)q),
          guess = tn_matrix(predicted, TN_F32, (int64_t)n, (int64_t)q);
  for (size_t c = 0; c <= q; c++) r2[c] = nn_r2(truth, guess, (int)c - 1);
  free(predicted);
  return r2;
}

/* As the network's are: the tables restore floats exactly, so that `plot` draws the same. */
static void to_floats(double *value, size_t n) {
  for (size_t i = 0; i < n; i++) value[i] = (double)(float)value[i];
}

static void fill(const sbnn_prepared *prepared, const sbnn_srrr_fit *fit, size_t rank, sbnn_experiment *x) {
  const sbnn_matrices *p = &prepared->matrices;
  size_t n = p->n_train, q = p->n_responses, g = fit->n_genes, *order = sbnn_alloc(g, sizeof *order);
  *x = (sbnn_experiment){
      .model = "srrr", .n_train = n, .n_responses = q, .n_genes = g, .bottleneck = (int)rank};
  sort_genes(fit, order);
  x->response_predictions = predict(p, fit);
  x->r2[SBNN_STAGE_FINETUNED][SBNN_TRAIN] = scores(p, x->response_predictions);
  x->latent = principal_axes(x->response_predictions, n, q, rank);
  x->genes = sbnn_alloc(g, sizeof *x->genes);
  x->norms = sbnn_alloc(g, sizeof *x->norms);
  x->gene_predictions = sbnn_alloc(n * g, sizeof *x->gene_predictions);
  for (size_t j = 0; j < g; j++) {
    size_t input = fit->genes[order[j]];
    x->genes[j] = p->input_genes[input];
    x->norms[j] = fit->norms[order[j]];
    for (size_t k = 0; k < rank; k++) project(p, input, x->latent + k, rank, x->gene_predictions + j, g);
  }
  sbnn_take_measured(p, x);
  to_floats(x->latent, n * rank);
  to_floats(x->gene_predictions, n * g);
  to_floats(x->response_predictions, n * q);
  x->predictions = sbnn_alloc(n * q, sizeof *x->predictions);
  memcpy(x->predictions, x->response_predictions, n * q * sizeof *x->predictions);
  sbnn_to_own_units(prepared, x->predictions, n);
  x->train_cells = sbnn_alloc(n, sizeof *x->train_cells);
  for (size_t i = 0; i < n; i++) x->train_cells[i] = i;
  free(order);
}

int sbnn_srrr_map(const sbnn_session *session, sbnn_experiment *x, sbnn_error *e) {
  const sbnn_options *o = session->options;
  size_t n = session->data->n_cells, rank = map_rank(o);
  double start = sbnn_clock();
  sbnn_prepared prepared;
  *x = (sbnn_experiment){0};
  if (rank == 0) return SBNN_OK;
  size_t *cells = sbnn_alloc(n, sizeof *cells);
  for (size_t i = 0; i < n; i++) cells[i] = i;
  const sbnn_matrices_options how = sbnn_matrices_options_of(o, false, 1);
  int code = sbnn_prepared_make(session->data, &how, NULL, &(sbnn_cells){.train = cells, .n_train = n},
                                &prepared, e);
  free(cells);
  if (code != SBNN_OK) return code;
  const sbnn_matrices *p = &prepared.matrices;
  sbnn_moments m;
  sbnn_srrr_fit fit = {0};
  sbnn_moments_make(&(sbnn_linear_data){p->x, p->y, n, p->n_inputs, p->n_responses}, &m);
  sbnn_srrr *s = sbnn_srrr_new(&m, rank);
  code = sbnn_srrr_solve_genes(s, o->genes ? (size_t)o->genes : SBNN_MAP_GENES, &fit, e);
  if (code == SBNN_OK && fit.n_genes > 0) fill(&prepared, &fit, rank, x);
  x->seconds = sbnn_clock() - start;
  sbnn_srrr_fit_free(&fit);
  sbnn_srrr_free(s);
  sbnn_moments_free(&m);
  sbnn_prepared_free(&prepared);
  return code;
}
