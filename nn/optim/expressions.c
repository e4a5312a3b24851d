/* expressions.c - kernels of the expressions in expressions.def; nn_minimize adds them to the graph. */
#include "nn/internal.h"

#define AG_EXPRESSIONS      "nn/optim/expressions.def"
#define AG_EXPRESSION_TABLE nn__expressions
#define AG_EXPRESSION_EXTERN
#include "autograd/expressions.inc"
