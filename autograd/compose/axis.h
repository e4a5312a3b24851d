/* axis.h - what the compositions over axes share. */
#ifndef NABLA_COMPOSE_AXIS_H
#define NABLA_COMPOSE_AXIS_H

#include "autograd/autograd.h"

/* Whether x is a value and the graph in order; fails it if not. */
bool ag__given(ag_graph *g, const char *what, ag_ref x);

/* The axis of x counted from the front, or -1 after failing the graph in the name of `what`. */
int ag__axis(ag_graph *g, const char *what, ag_ref x, int axis);

#endif
