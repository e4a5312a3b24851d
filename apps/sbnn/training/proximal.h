/* proximal.h - a network of just so many genes, by a penalty whose zeros are exact. Private to training/. */
#ifndef SBNN_TRAINING_PROXIMAL_H
#define SBNN_TRAINING_PROXIMAL_H

#include "training/fitting.h"

/* From the weights of `from` (NULL: fresh) to a network of which just so many genes have weights other than 0,
 * by an adaptive group lasso that grows from epoch to epoch, in the epochs of the phase. The lambda it took
 * goes to out->lasso. Exit code; the sentence is in s->e. */
int sbnn__sparsify(sbnn__fitting *s, const sbnn__net *from, const sbnn_phase_options *o, size_t genes,
                   sbnn__net *f);

#endif
