#include "autograd/ops/op.h"

#include <string.h>

/* attr.i: [0] the address of the tn_ranks; 0: there is only one process. Input 1 is a scalar; if it is 0, the
 * result is x unchanged. */

static const tn_ranks *ranks_of(const ag_attr *attr) { return (const tn_ranks *)(intptr_t)attr->i[0]; }

static bool allreduce_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = *in;
  return ag__is_float(in->dtype) && in[1].dtype == in->dtype && in[1].rank == 0;
}

static void allreduce_run(const ag_call *call) {
  const tn_ranks *ranks = ranks_of(call->attr);
  memcpy(call->out.data, call->in[0].data, tn_view_bytes(&call->out));
  if (!ranks || tn_get(&call->in[1], 0) == 0) return;
  tn_status status = tn_ranks_sum(ranks, call->out);
  if (status != TN_OK)
    ag_fault(call, "allreduce: rank %d of %d: %s", ranks->rank, ranks->size, tn_status_text(status));
}

static void allreduce_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_allreduce(g, dy, ag_in(g, y, 1), ranks_of(ag_attr_of(g, y)));
}

const ag_op ag_op_allreduce = {.name = "allreduce",
                               .doc = "the sum over the processes of a parallel program (tensor/ranks.h), "
                                      "where the scalar `when` is not 0; else x",
                               .kind = AG_OPAQUE,
                               .arity = 2,
                               .flags = AG_NODIFF_0 << 1,
                               .fault = TN_EIO,
                               .infer = allreduce_infer,
                               .run = allreduce_run,
                               .vjp = allreduce_vjp,
                               AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {0, {0}}}})};

ag_ref ag_allreduce(ag_graph *g, ag_ref x, ag_ref when, const tn_ranks *ranks) {
  if (!when.id) when = ag_like(g, x, 1);
  return AG_EMIT(g, &ag_op_allreduce, (&(ag_attr){.i = {(int64_t)(intptr_t)ranks}}), x, when);
}
