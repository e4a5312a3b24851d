/* chance.h - how many genes the data can tell from chance, whatever model uses them. */
#ifndef SBNN_LINEAR_CHANCE_H
#define SBNN_LINEAR_CHANCE_H

#include "linear/moments.h"

#include <stddef.h>
#include <stdint.h>

/* Forward selection (forward.h) takes up to k genes; counted are the first of them that each lower what is
 * left of the responses by a larger part than the best gene does after any of ten shuffles of the responses
 * among the cells, up to the first that does not. 0: no gene is better than chance. Data
 * as for sbnn_forward_select. The same seed gives the same shuffles. Any thread. */
size_t sbnn_genes_above_chance(const sbnn_linear_data *d, size_t k, uint64_t seed);

#endif
