/* measured.h - what was measured in the cells of a map, in the units of what is predicted from it. */
#ifndef SBNN_TRAINING_MEASURED_H
#define SBNN_TRAINING_MEASURED_H

#include "results/experiment.h"
#include "training/prepared.h"

/* Fills x->gene_measured and x->response_measured, z-scores as prepared for the training, from the training cells
 * of the matrices; x->genes and x->n_train are set. Any thread. */
void sbnn_take_measured(const sbnn_matrices *p, sbnn_experiment *x);

#endif
