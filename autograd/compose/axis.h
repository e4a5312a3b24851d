/* axis.h - shared by the compositions over axes. */
#ifndef NABLA_COMPOSE_AXIS_H
#define NABLA_COMPOSE_AXIS_H

#include "autograd/autograd.h"

/* Whether x is a value of the graph and the graph has not failed. Fails the graph if x is none. */
bool ag__given(ag_graph *g, const char *what, ag_ref x);

/* The index of an axis of x; -1, and the graph fails in the name of `what`, if there is no such axis. */
int ag__axis(ag_graph *g, const char *what, ag_ref x, int axis);

#endif
