/* ops.c - table of all primitives, in the order of ops.def. */
#include "autograd/graph.h"
#include "ops/op.h"

#include <stdarg.h>
#include <stdio.h>

const ag_op *const ag_ops[] = {
#define AG_OP(name, params) &ag_op_##name,
#include "ops/ops.def"
#undef AG_OP
};
const int ag_op_count = (int)(sizeof ag_ops / sizeof *ag_ops);

void ag_fault(const ag_call *call, const char *format, ...) {
  va_list args;
  if (!call->error || *call->error) return;
  va_start(args, format);
  vsnprintf(call->error, AG_SENTENCE, format, args);
  va_end(args);
}

const ag_op *ag_op_of(const ag_graph *g, ag_ref node) { return ag__node_of(g, node)->op; }
