#include "autograd/ops/op.h"

static void normal_run(const ag_call *call) { tn_rng_normal(call->rng, call->out); }

const ag_op ag_op_normal = {
    .name = "normal",
    .doc = "normal random numbers of mean 0 and standard deviation 1; the name is their stream",
    .kind = AG_RANDOM,
    .flags = AG_NO_DERIVATIVE,
    .infer = ag__random_type,
    .run = normal_run,
    AG_CASES({.attr.i = {2, 3, 4, [AG__RANDOM_DTYPE] = TN_F32}, .order = -1},
             {.attr.i = {1, 7, [AG__RANDOM_DTYPE] = TN_F64}, .order = -1})};

ag_ref ag_normal(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape) {
  return ag__emit_random(g, &ag_op_normal, name, dtype, rank, shape);
}
