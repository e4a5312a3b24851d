/* Every public constructor, called wrongly in every way its arguments allow: refs that are none or of no graph,
 * NULL, negative ranks and extents, axes and enumerators out of range. Each call must leave a sentence in the
 * graph, give id 0, and touch nothing it should not. */
#include "autograd/autograd.h"
#include "autograd/expressions.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct bad {
  ag_graph *g;
  ag_ref x;           /* f64[2, 3] */
  ag_ref index;       /* i64[2] */
  ag_ref none, alien; /* no value; a number beyond the graph's values */
  ag_ref out[8];
} bad;

typedef struct call {
  const char *text;
  ag_ref (*f)(bad *b);
} call;

/* An op by its name, so that rows can emit it with attributes that no constructor gives it. */
static const ag_op *op_named(const char *name) {
  for (int k = 0; k < ag_op_count; k++)
    if (strcmp(ag_ops[k]->name, name) == 0) return ag_ops[k];
  cr_assert_fail("no op %s", name);
  return NULL;
}

/* One row: an expression that gives a ref (0 for a call that gives none). */
#define BAD(N, EXPR)                                                                                         \
  static ag_ref bad_##N(bad *b) {                                                                            \
    ag_graph *g = b->g;                                                                                      \
    ag_ref x = b->x, index = b->index, none = b->none, alien = b->alien, *out = b->out;                      \
    (void)x, (void)index, (void)none, (void)alien, (void)out;                                                \
    return EXPR;                                                                                             \
  }
#define VOID(CALL)    (CALL, (ag_ref){0})
#define S(...)        ((int64_t[]){__VA_ARGS__})
#define AXES(...)     ((int[]){__VA_ARGS__})
#define SQUARE(N)     ag_full(g, TN_F64, 2, S(N, N), 1)
#define RANK(N)       ag_full(g, TN_F64, N, S(1, 1, 1, 1, 1, 1, 1, 1), 1)
#define IMAGE         ag_full(g, TN_F64, 3, S(1, 5, 2), 1)    /* a series of two channels */
#define KERNEL        ag_full(g, TN_F64, 3, S(2, 2, 1), 1)    /* of two taps */
#define WINDOWS       ag_full(g, TN_F64, 4, S(1, 2, 2, 1), 1) /* two of two places, of one channel */
#define INDEX2        ag_full(g, TN_I64, 2, S(2, 3), 0)
#define CUBE(A, B, C) ag_full(g, TN_F64, 3, S(A, B, C), 1)
#define SHORT(X)      ag_cast(g, X, TN_F32)
#define NUMBER        ag_sum_all(g, x)
#define LONG          (INT64_C(1) << 32)
#define LONGEST       ag_full(g, TN_U8, 1, S((INT64_C(1) << 60) - 1), 0)
#define A(...)        (&(ag_attr){.i = {__VA_ARGS__}})
#define EMIT(NAME, ATTR, ...)                                                                                \
  ag_emit(g, op_named(NAME), (ag_ref[]){__VA_ARGS__},                                                        \
          (int)(sizeof((ag_ref[]){__VA_ARGS__}) / sizeof(ag_ref)), ATTR, NULL)
#include "misuse.inc"
#undef BAD

#define BAD(N, EXPR) {#EXPR, bad_##N},
static const call calls[] = {
#include "misuse.inc"
};

static void check(const call *c) {
  bad b = {.g = new_graph(), .alien = {12345}};
  b.x = ag_input(b.g, "x", TN_F64, 2, (int64_t[]){2, 3});
  b.index = ag_input(b.g, "index", TN_I64, 1, (int64_t[]){2});
  ag_ref y = c->f(&b);
  cr_expect(ag_status(b.g) != TN_OK, "%s was accepted", c->text);
  cr_expect(*ag_error(b.g), "%s: no sentence", c->text);
  cr_expect_eq(y.id, 0, "%s gave a value", c->text);
  ag_graph_free(b.g);
}

Test(misuse, bad_arguments_leave_a_sentence) {
  for (int i = 0; i < COUNT(calls); i++) check(&calls[i]);
  cr_expect_geq(COUNT(calls), 300);
}

/* No primitive without a row that calls it. */
Test(misuse, every_primitive_is_called) {
  for (int k = 0; k < ag_op_count; k++) {
    char word[64];
    bool found = false;
    snprintf(word, sizeof word, "ag_%s(", ag_ops[k]->name);
    for (int i = 0; i < COUNT(calls) && !found; i++) found = strstr(calls[i].text, word) != NULL;
    cr_expect(found, "%s is never misused", ag_ops[k]->name);
  }
}
