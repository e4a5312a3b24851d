/* gradbench.h - what an evaluation of GradBench (github.com/gradbench/gradbench) is written with.
 *
 * An evaluation is a function that reads its input from JSON and appends values to a graph. What it names as outputs is
 * compiled once and run as often as the message asks for. One file each, one line in evaluations.def. */
#ifndef NABLA_GRADBENCH_H
#define NABLA_GRADBENCH_H

#include "autograd/autograd.h"

#include <jansson.h>

enum { GB_OUTPUTS = 64, GB_LEAVES = 8 };

typedef struct gb_call {
  const char *function;
  const json_t *input;
  ag_graph *g;
  ag_ref out[GB_OUTPUTS];
  int n_out;
  struct {
    char name[16];
    tn_view view; /* memory of this call */
  } leaves[GB_LEAVES];
  int n_leaves;
  ag_run *run;
  char error[256]; /* "": none */
} gb_call;

typedef struct gb_evaluation {
  const char *name;
  const char *functions;               /* separated by blanks */
  void (*build)(gb_call *c);           /* appends the graph, names its outputs */
  void (*run)(gb_call *c);             /* one evaluation; NULL: one step of the plan */
  json_t *(*result)(const gb_call *c); /* NULL: the first output */
} gb_evaluation;

/* The answer to one message of the protocol, a new object. */
json_t *gb_answer(const json_t *message);

/* ---- for evaluations ------------------------------------------------------------------------------------ */

/* The first failure is kept; the answer then says it. */
void gb_fail(gb_call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool gb_is(const gb_call *c, const char *function);

/* A member of the input, numbers nested as deep as the rank. Below a member: "data/model/weights". gb_leaf: bound when the
 * plan runs, so that it can be differentiated and changed; gb_constant: part of the graph, of type f64 or, for
 * gb_indices, i64. "": the input itself. */
ag_ref gb_leaf(gb_call *c, const char *member);
ag_ref gb_constant(gb_call *c, const char *member);
ag_ref gb_indices(gb_call *c, const char *member);
double gb_number(gb_call *c, const char *member);
int64_t gb_extent(gb_call *c, const char *member); /* a number that is a size: 1 or more */
const json_t *gb_member(gb_call *c, const char *member);
int64_t gb_places(gb_call *c, ag_ref x, int axis); /* x's extent */

void gb_output(gb_call *c, ag_ref x);

/* The gradient of the scalar y by the vector x: in reverse, or as one derivative in each direction. */
ag_ref gb_gradient(ag_graph *g, ag_ref y, ag_ref x, bool forward);

/* Output i as nested arrays of numbers, or a number. */
json_t *gb_array(const gb_call *c, int i);
const double *gb_values(const gb_call *c, int i);

/* One step of the plan. */
void gb_step(gb_call *c);

/* Descends from the first leaf's value until it is at a minimum of output 0, whose gradient is output 1, and leaves
 * the argument in the leaf. The rule is that of GradBench's particle and saddle. */
void gb_descend(gb_call *c);

#define EVALUATION(name) extern const gb_evaluation gb_##name;
#include "evaluations.def"
#undef EVALUATION

#endif
