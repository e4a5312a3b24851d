/* random_network.h - for random graphs: loops (also nested, with random numbers, carried or spread over
 * threads), attention, convolution, pooling. */
#ifndef NABLA_TEST_RANDOM_NETWORK_H
#define NABLA_TEST_RANDOM_NETWORK_H

#include "autograd/autograd.h"
#include "draw.h"

/* One of them, of three values of one float type; id 0 if their shapes do not allow it. */
ag_ref random_network(ag_graph *g, draw *d, const ag_ref *x);

#endif
