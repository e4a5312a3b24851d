#include "autograd/ops/op.h"
#include "tensor/threads.h"

/* attr.i: as for sum. */

static void max_run(const ag_call *call) {
  unsigned axes = (unsigned)call->attr->i[0];
  tn__reduce(TN_MAX, call->in[0], axes, ag__kept(call->in[0], axes, call->out), call->threads);
}

/* Elements that share the maximum share the derivative evenly, so it does not depend on their order. */
static void max_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref x = ag_in(g, y, 0);
  ag_type t = ag_type_of(g, x);
  unsigned axes = (unsigned)ag_attr_of(g, y)->i[0];
  ag_ref tie = ag_equal(g, x, ag__with_axes(g, y, t, axes));
  ag_ref share = ag_div(g, ag__with_axes(g, dy, t, axes), ag_sum(g, tie, axes, true));
  dx[0] = ag_mul(g, tie, share);
}

const ag_op ag_op_max = {
    .name = "max",
    .doc = "the maximum over a set of axes; ties share the derivative; -inf over no elements",
    .kind = AG_REDUCE,
    .arity = 1,
    .infer = ag__reduced_type,
    .explain = ag__reduced_explain,
    .run = max_run,
    .vjp = max_vjp,
    .many = ag__many_axes,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {3, 0}},
             {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {2, 1}},
             {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {5, 0}})};

ag_ref ag_max(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  return AG_EMIT(g, &ag_op_max, (&(ag_attr){.i = {axes, keep}}), x);
}
