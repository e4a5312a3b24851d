/* cost.c - see cost.h. */
#include "training/cost.h"

#include "training/tuning.h"

#include <string.h>

size_t sbnn_model_inputs(size_t variable_genes, const sbnn_dataset *d) {
  return variable_genes && d->n_genes > variable_genes ? variable_genes : d->n_genes;
}

/* Multiplications a cell and epoch, up to a factor: forward and backward of what is trained. */
static double phase_cost(const sbnn_recipe_options *o, size_t inputs, bool frozen) {
  double decoder = 0, first = (double)inputs * o->hidden[0], middle = 0;
  for (int i = 0; i + 1 < o->n_hidden; i++) middle += (double)o->hidden[i] * o->hidden[i + 1];
  decoder = middle + 16.0 * o->hidden[0];
  return frozen ? first + middle + 3 * decoder : 2 * first + 3 * middle + 3 * decoder;
}

/* On as many genes as the phase has and with the options of its recipe. */
double sbnn_epoch_cost(const sbnn_model_options *m, const char *phase, size_t n_inputs) {
  static const char *const on_kept[] = {"finetune", "noise", "denoise", "autoencoder"};
  const sbnn_recipe_options *o = m->own.recipe == SBNN_RECIPE_DENOISE ? &m->chooser : &m->own;
  for (size_t i = 0; i < sizeof on_kept / sizeof *on_kept; i++)
    if (strcmp(phase, on_kept[i]) == 0) return phase_cost(&m->own, (size_t)m->own.genes, false);
  double cost = phase_cost(o, n_inputs, strcmp(phase, "frozen") == 0);
  return strcmp(phase, "pretrain") == 0 ? cost * o->pretrain_fraction : cost;
}

double sbnn_model_cost(const sbnn_model_options *m, size_t n_inputs, bool pretrain, bool autoencoder) {
  const sbnn_recipe_options *o = &m->own;
  double cost = sbnn_epoch_cost(m, "finetune", n_inputs) *
                (o->finetune.epochs + (autoencoder ? o->autoencoder.epochs : 0) +
                 (o->noise == SBNN_NOISE_AUTO ? SBNN_NOISE_LEVELS * sbnn_noise_epochs(o) : 0));
  if (o->select != SBNN_SELECT_NETWORK) return cost;
  double full = sbnn_epoch_cost(m, "unfrozen", n_inputs);
  if (o->lasso == SBNN_LASSO_AUTO) cost += SBNN_LASSO_LEVELS * full * sbnn_lasso_epochs(o, pretrain);
  if (!pretrain) return cost + full * o->no_pretrain_phase.epochs;
  return cost + full * o->unfrozen.epochs + sbnn_epoch_cost(m, "pretrain", n_inputs) * o->pretrain.epochs +
         sbnn_epoch_cost(m, "frozen", n_inputs) * o->frozen.epochs;
}
