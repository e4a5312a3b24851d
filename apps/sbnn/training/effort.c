/* effort.c - see effort.h. */
#include "training/effort.h"

#include "training/phases.h"

#include <string.h>

const char *sbnn_model_name(const sbnn_options *o, bool pretrain) {
  if (o->recipe == SBNN_RECIPE_DENOISE) return "sbnn-denoise";
  return pretrain ? "sbnn" : "sbnn-nopretrain";
}

size_t sbnn_model_inputs(const sbnn_options *o, const sbnn_dataset *d) {
  size_t most = (size_t)o->variable_genes;
  return most && d->n_genes > most ? most : d->n_genes;
}

/* Multiplications a cell and epoch, up to a factor: forward and backward of what is trained. */
static double phase_units(const sbnn_options *o, size_t inputs, bool frozen) {
  double decoder = 0, first = (double)inputs * o->hidden[0], middle = 0;
  for (int i = 0; i + 1 < o->n_hidden; i++) middle += (double)o->hidden[i] * o->hidden[i + 1];
  decoder = middle + 16.0 * o->hidden[0];
  return frozen ? first + middle + 3 * decoder : 2 * first + 3 * middle + 3 * decoder;
}

/* On as many genes as the phase has and with the options of its recipe. */
double sbnn_epoch_units(const sbnn_options *o, const char *phase, size_t n_inputs) {
  static const char *const on_kept[] = {"finetune", "noise", "denoise", "autoencoder"};
  sbnn_options paper;
  for (size_t i = 0; i < sizeof on_kept / sizeof *on_kept; i++)
    if (strcmp(phase, on_kept[i]) == 0) return phase_units(o, (size_t)o->genes, false);
  if (o->recipe == SBNN_RECIPE_DENOISE) sbnn_options_selector(o, &paper), o = &paper;
  double units = phase_units(o, n_inputs, strcmp(phase, "frozen") == 0);
  return strcmp(phase, "pretrain") == 0 ? units * o->pretrain_fraction : units;
}

double sbnn_model_units(const sbnn_options *o, size_t n_inputs, bool pretrain, bool autoencoder) {
  double units = sbnn_epoch_units(o, "finetune", n_inputs) *
                 (o->finetune.epochs + (autoencoder ? o->autoencoder.epochs : 0) +
                  (o->noise == SBNN_NOISE_AUTO ? SBNN_NOISE_LEVELS * sbnn_noise_epochs(o) : 0));
  if (o->select != SBNN_SELECT_NETWORK) return units;
  double full = sbnn_epoch_units(o, "unfrozen", n_inputs);
  if (o->lasso == SBNN_LASSO_AUTO) units += SBNN_LASSO_LEVELS * full * sbnn_lasso_epochs(o, pretrain);
  if (!pretrain) return units + full * o->no_pretrain_phase.epochs;
  return units + full * o->unfrozen.epochs + sbnn_epoch_units(o, "pretrain", n_inputs) * o->pretrain.epochs +
         sbnn_epoch_units(o, "frozen", n_inputs) * o->frozen.epochs;
}
