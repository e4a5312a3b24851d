/* results.c - what the writers ask of a finished command (results.h). */
#include "results/results.h"

#include "nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool sbnn_results_folded(const sbnn_results *r) { return r->n > 0 && r->experiments[0].fold > 0; }

size_t sbnn_results_models(const sbnn_results *r, const char *model[SBNN_MAX_MODELS]) {
  size_t found = 0;
  for (size_t i = 0; i < r->n; i++) {
    size_t j = 0;
    while (j < found && strcmp(model[j], r->experiments[i].model) != 0) j++;
    if (j == found && found < SBNN_MAX_MODELS) model[found++] = r->experiments[i].model;
  }
  return found;
}

int sbnn_last_stage(const sbnn_experiment *x) {
  int stage = SBNN_N_STAGES - 1;
  while (stage >= 0 && !x->r2[stage][SBNN_TRAIN] && !x->r2[stage][SBNN_TEST]) stage--;
  return stage;
}

sbnn_mean_sd sbnn_mean_sd_of(const double *value, size_t n) {
  sbnn_mean_sd m = {.mean = 0};
  double squares = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(value[i])) m.mean += value[i], m.n++;
  m.mean = m.n ? m.mean / (double)m.n : NAN;
  for (size_t i = 0; i < n; i++)
    if (!isnan(value[i])) squares += (value[i] - m.mean) * (value[i] - m.mean);
  m.sd = m.n ? sqrt(squares / (double)m.n) : NAN;
  return m;
}

sbnn_mean_sd sbnn_results_r2(const sbnn_results *r, const char *model, sbnn_stage stage, sbnn_split split,
                             size_t target) {
  double *value = sbnn_alloc(r->n, sizeof *value);
  size_t n = 0;
  for (size_t i = 0; i < r->n; i++) {
    const sbnn_experiment *x = &r->experiments[i];
    if (strcmp(x->model, model) == 0 && x->r2[stage][split]) value[n++] = x->r2[stage][split][target];
  }
  sbnn_mean_sd m = sbnn_mean_sd_of(value, n);
  free(value);
  return m;
}

size_t sbnn_named_labels(const sbnn_dataset *d) {
  size_t n = d->n_labels;
  return n && strcmp(d->label_names[n - 1], "unlabelled") == 0 ? n - 1 : n;
}

double *sbnn_map_positions(const sbnn_experiment *x) {
  size_t n = x->n_train, d = (size_t)x->bottleneck;
  double *map = sbnn_alloc(n * d, sizeof *map), *unit = sbnn_alloc(n, sizeof *unit);
  memcpy(map, x->latent, n * d * sizeof *map);
  for (size_t k = 0; k < d && sbnn_experiment_denoised(x); k++) {
    for (size_t i = 0; i < n; i++) unit[i] = map[i * d + k];
    sbnn_mean_sd m = sbnn_mean_sd_of(unit, n);
    for (size_t i = 0; i < n; i++) map[i * d + k] = (unit[i] - m.mean) / (m.sd > 0 ? m.sd : 1);
  }
  free(unit);
  return map;
}

double sbnn_map_accuracy(const sbnn_dataset *d, const sbnn_experiment *x) {
  size_t named = sbnn_named_labels(d);
  if (!x->latent || named < 2 || x->n_train > SBNN_MAP_MOST_CELLS) return NAN;
  int32_t *label = sbnn_alloc(x->n_train, sizeof *label);
  for (size_t i = 0; i < x->n_train; i++) {
    label[i] = d->labels[x->train_cells[i]];
    if (label[i] >= (int32_t)named) label[i] = -1;
  }
  double *map = sbnn_map_positions(x);
  const int64_t n = (int64_t)x->n_train;
  double accuracy = NAN;
  tn_status status =
      nn_neighbour_accuracy(tn_matrix(map, TN_F64, n, x->bottleneck), tn_view_of(label, TN_I32, 1, &n),
                            (int64_t)named, SBNN_MAP_NEIGHBOURS, &accuracy);
  if (status != TN_OK) accuracy = NAN; /* no memory */
  free(map);
  free(label);
  return accuracy;
}
