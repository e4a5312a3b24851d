/* cost.h - how much work a model is, for progress. Pure: any thread. */
#ifndef SBNN_TRAINING_COST_H
#define SBNN_TRAINING_COST_H

#include "data/dataset.h"
#include "training/recipe.h"

/* The genes that a model chooses from: all, or the most variable ones (0: all). */
size_t sbnn_model_inputs(size_t variable_genes, const sbnn_dataset *d);

/* Weights x cells, up to a factor: of one epoch of `phase` with so many genes to start from, and of all epochs
 * of one model. */
double sbnn_epoch_cost(const sbnn_model_options *o, const char *phase, size_t n_inputs);
double sbnn_model_cost(const sbnn_model_options *o, size_t n_inputs, bool pretrain, bool autoencoder);

#endif
