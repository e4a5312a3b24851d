/* formulas.h - a model's formula as it stands in a paper; `t->g` is the graph. */
#ifndef NABLA_FORMULAS_H
#define NABLA_FORMULAS_H

#include "autograd/autograd.h"

#define ADD(a, b)   ag_add(t->g, a, b)
#define SUB(a, b)   ag_sub(t->g, a, b)
#define MUL(a, b)   ag_mul(t->g, a, b)
#define DIV(a, b)   ag_div(t->g, a, b)
#define EXP(a)      ag_exp(t->g, a)
#define NEG(a)      ag_neg(t->g, a)
#define SQUARE(a)   ag_square(t->g, a)
#define TIMES(a, c) ag_scale(t->g, a, c)
#define PLUS(a, c)  ag_offset(t->g, a, c)

#endif
