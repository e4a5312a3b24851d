/* experiment.c - see experiment.h. */
#include "results/experiment.h"

#include <stdlib.h>
#include <string.h>

const char *const sbnn_stage_names[SBNN_N_STAGES] = {"frozen", "unfrozen", "pruned", "finetuned"};
const char *const sbnn_split_names[SBNN_N_SPLITS] = {"train", "test"};

void sbnn_experiment_add(sbnn_experiment *x, const sbnn_history_row *row) {
  if (x->n_history == x->history_room) {
    x->history_room = x->history_room ? 2 * x->history_room : 256;
    x->history = sbnn_realloc(x->history, x->history_room, sizeof *x->history);
  }
  x->history[x->n_history++] = *row;
}

bool sbnn_experiment_denoised(const sbnn_experiment *x) { return strcmp(x->model, "sbnn-denoise") == 0; }

void sbnn_experiment_free(sbnn_experiment *x) {
  for (int stage = 0; stage < SBNN_N_STAGES; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++) free(x->r2[stage][split]);
  free(x->train_cells);
  free(x->test_cells);
  free(x->history);
  free(x->genes);
  free(x->norms);
  free(x->all_genes);
  free(x->all_norms);
  free(x->predictions);
  free(x->latent);
  free(x->gene_predictions);
  free(x->response_predictions);
  free(x->gene_measured);
  free(x->response_measured);
  free(x->left_out);
  *x = (sbnn_experiment){0};
}

size_t sbnn_experiment_shared(const sbnn_experiment *a, const sbnn_experiment *b) {
  size_t n = 0;
  for (size_t i = 0; i < a->n_genes; i++)
    for (size_t j = 0; j < b->n_genes; j++) n += a->genes[i] == b->genes[j];
  return n;
}
