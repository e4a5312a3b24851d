/* The general expressions of combine.def. */
#define AG_EXPRESSIONS "autograd/plan/combine.def"
#define USE(g)         (void)(g)
#define SUITE          combine
#include "support/expression_trees.h"
