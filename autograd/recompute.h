/* recompute.h - the node behind a part of a graph that is recomputed, for grad.c. */
#ifndef NABLA_RECOMPUTE_H
#define NABLA_RECOMPUTE_H

#include "autograd/graph.h"

extern const ag_op ag__op_recompute;

/* Whether x lies inside the part before this node: it has no derivative through the node. */
bool ag__recomputed(ag_graph *g, ag_ref node, ag_ref x);

#endif
