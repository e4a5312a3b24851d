#include "autograd/ops/op.h"
#include "tensor/threads.h"

/* attr.i: [0] the bit mask of axes, [1] keep: reduced axes stay with extent 1. */

static void sum_run(const ag_call *call) {
  unsigned axes = (unsigned)call->attr->i[0];
  tn__reduce(TN_SUM, call->in[0], axes, ag__kept(call->in[0], axes, call->out), call->threads);
}

static void sum_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_type t = ag_type_of(g, ag_in(g, y, 0));
  dx[0] = ag_broadcast(g, ag__with_axes(g, dy, t, (unsigned)ag_attr_of(g, y)->i[0]), t.rank, t.shape);
}

const ag_op ag_op_sum = {.name = "sum",
                         .doc = "the sum over a set of axes",
                         .kind = AG_REDUCE,
                         .arity = 1,
                         .infer = ag__reduced_type,
                         .explain = ag__reduced_explain,
                         .run = sum_run,
                         .vjp = sum_vjp,
                         .many = ag__many_axes,
                         AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {3, 0}},
                                  {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {2, 1}},
                                  {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {5, 0}})};

ag_ref ag_sum(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  return AG_EMIT(g, &ag_op_sum, (&(ag_attr){.i = {axes, keep}}), x);
}
