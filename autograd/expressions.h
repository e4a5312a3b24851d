/* expressions.h - kernels for whole expressions. A plan computes a chain of elementwise ops block by block,
 * with one pass over the block for each op. For an expression in a table, one kernel does all of it in one
 * pass, with the same roundings in the same order, so no bit changes. autograd's own table has general
 * expressions only (plan/combine.def). For your own formula, such as an update rule or a penalty, write a
 * table:
 *
 *     // rule.def: the largest first
 *     AG_EXPRESSION(step, SUB(A, DIV(MUL(S, B), ADD(SQRT(C), T))))
 *
 *     // rule.c
 *     #define AG_EXPRESSIONS      "rule.def"
 *     #define AG_EXPRESSION_TABLE rule_expressions
 *     #include <nabla/autograd/expressions.inc>
 *     ... ag_use_expressions(g, rule_expressions);
 *
 * A tree consists of ADD, SUB, MUL, DIV, SQRT, GREATER and WHERE over operands. The same letter is the same
 * operand.
 *   A, B, C, G any operand, read element by element
 *   S, T, U, W, X, Y, Q, R operands that are constant within a block: scalars, or one value per row
 * AG_EXPRESSION takes A, B, C and S, T, U. AG_EXPRESSION_UPDATE(name, gradient, first, second, step) computes a
 * parameter's next value (step) and two moments at once: it takes all letters, and D, M, V stand for the values of its
 * first three trees. */
#ifndef NABLA_AUTOGRAD_EXPRESSIONS_H
#define NABLA_AUTOGRAD_EXPRESSIONS_H

#include "autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  AG_EXPRESSION_WIDE = 4,   /* operands that are read element by element */
  AG_EXPRESSION_SLOTS = 12, /* all operands */
  AG_EXPRESSION_TREES = 4,  /* of an update: step, second moment, first moment, gradient */
  AG_EXPRESSION_OPS = 17    /* entries of a tree: ops, operands and an end */
};

typedef struct ag_expression { /* made by expressions.inc; a table ends with one that is all NULL */
  void (*f32)(const ag_attr *attr, int n, const float *const *in, float *out);
  void (*f64)(const ag_attr *attr, int n, const double *const *in, double *out);
  const ag_op *trees[AG_EXPRESSION_TREES][AG_EXPRESSION_OPS]; /* the first is that of the result */
} ag_expression;

extern const ag_op ag_expression_slots[AG_EXPRESSION_SLOTS], ag_expression_names[AG_EXPRESSION_TREES];

/* Plans compiled from this graph look for the table's expressions before the general ones. The table must
 * outlive graph and plans (static storage). Adding it again changes nothing. */
void ag_use_expressions(ag_graph *g, const ag_expression *table);

#ifdef __cplusplus
}
#endif
#endif
