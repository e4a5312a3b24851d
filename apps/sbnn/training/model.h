/* model.h - one model from fresh weights to its end, by its recipe. */
#ifndef SBNN_TRAINING_MODEL_H
#define SBNN_TRAINING_MODEL_H

#include "training/training.h"

/* Trains the model and fills `out`: everything but the cells, names and own units, which the caller knows.
 * SBNN_NUMERICAL names phase and node; SBNN_INTERRUPTED. Threads: any number at once, on different
 * experiments. */
int sbnn_train_model(const sbnn_matrices *p, const sbnn_training *t, sbnn_experiment *out, sbnn_error *e);

#endif
