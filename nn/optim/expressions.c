/* expressions.c - kernels for what expressions.def lists; nn_minimize gives them to the graph. */
#include "nn/internal.h"

#define AG_EXPRESSIONS      "nn/optim/expressions.def"
#define AG_EXPRESSION_TABLE nn__expressions
#define AG_EXPRESSION_EXTERN
#include "autograd/expressions.inc"
