/* The expressions of nn/optim/expressions.def that are one tree; test_nn_expressions.c has the updates. */
#include "nn/internal.h"

#define AG_EXPRESSIONS "nn/optim/expressions.def"
#define USE(g)         ag_use_expressions(g, nn__expressions)
#define SUITE          nn_expression_trees
#include "support/expression_trees.h"
