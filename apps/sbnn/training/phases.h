/* phases.h - the phases of a training, one after the other. The paper's: pretraining, frozen, unfrozen, pruning,
 * fine-tuning, second head. Source of every constant: the paper and its notebooks; the options carry them.
 * Private to training/. Functions return an exit code; the sentence is in s->e. order [n_inputs]: columns of
 * x, the kept ones first. */
#ifndef SBNN_PHASES_H
#define SBNN_PHASES_H

#include "training/fitting.h"

/* Up to pruning, on all inputs: the network before it, and the order that it gives the inputs. */
int sbnn__train_on_all_genes(sbnn__fitting *s, sbnn__net *unfrozen, size_t *order);

/* The training on the kept genes, from the weights of `from` or fresh (NULL), as s->name; the second head. */
int sbnn__train_on_kept_genes(sbnn__fitting *s, const sbnn__net *from, const size_t *order);

/* Both: all of the paper's recipe. */
int sbnn__train_by_paper(sbnn__fitting *s, size_t *order);

#endif
