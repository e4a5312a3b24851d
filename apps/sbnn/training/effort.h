/* effort.h - what a model is called, how many genes it starts from, and how much work it is, for progress.
 * Pure: any thread. */
#ifndef SBNN_EFFORT_H
#define SBNN_EFFORT_H

#include "data/dataset.h"
#include "options/options.h"

/* What tables call the model: "sbnn", "sbnn-nopretrain", "sbnn-denoise". */
const char *sbnn_model_name(const sbnn_options *o, bool pretrain);

/* The genes that it chooses from: all, or --variable-genes. */
size_t sbnn_model_inputs(const sbnn_options *o, const sbnn_dataset *d);

/* Work units (weights x cells, relative) of one epoch of `phase` with so many genes to start from, and of all
 * epochs of one model. */
double sbnn_epoch_units(const sbnn_options *o, const char *phase, size_t n_inputs);
double sbnn_model_units(const sbnn_options *o, size_t n_inputs, bool pretrain, bool autoencoder);

#endif
