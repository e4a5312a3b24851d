/* choose_genes.h - which genes the denoising recipe keeps. Private to training/. */
#ifndef SBNN_TRAINING_CHOOSE_GENES_H
#define SBNN_TRAINING_CHOOSE_GENES_H

#include "training/fitting.h"

/* By a linear model (linear/choose.h) or by the paper's network, as s->o->select says: fills genes and norms of
 * s->out, and order [n_inputs]: columns of x, the kept ones first. Exit code; the sentence is in s->e. */
int sbnn__choose_genes(sbnn__fitting *s, size_t *order);

#endif
