/* random_graph.h - graphs drawn at random: every primitive, loops, broadcasting and empty shapes, aliases of
 * aliases, gradients, random values, and states with the updates that are hardest on a planner. */
#ifndef NABLA_TEST_RANDOM_GRAPH_H
#define NABLA_TEST_RANDOM_GRAPH_H

#include "autograd/autograd.h"
#include "draw.h"

enum { RANDOM_LEAVES = 24, RANDOM_OUTPUTS = 8, RANDOM_VALUES = 200 };

typedef struct random_graph {
  ag_graph *g;
  tn_dtype dtype;
  draw d;
  ag_ref pool[RANDOM_VALUES]; /* float values of `dtype`, to draw operands from */
  int n_pool;
  ag_ref states[RANDOM_LEAVES];
  int n_states;
  ag_ref outputs[RANDOM_OUTPUTS];
  int n_outputs, n_leaves;
  const char *names[RANDOM_LEAVES];
  char name_text[RANDOM_LEAVES][16];
  tn_array leaves[RANDOM_LEAVES]; /* the values a run starts from */
} random_graph;

/* The graph of a seed; its status tells whether it could be built. */
void random_graph_new(random_graph *r, uint32_t seed, tn_dtype dtype);
/* The same of any draws; one of bytes grows no further when they end. */
void random_graph_drawn(random_graph *r, draw d, tn_dtype dtype);
void random_graph_free(random_graph *r);

#endif
