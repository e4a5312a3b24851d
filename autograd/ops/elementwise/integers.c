/* integers.c - see integers.h. */
#include "autograd/ops/integers.h"
#include "autograd/graph.h"

bool ag__integer_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)attr;
  return !ag__is_float(in->dtype) && ag__broadcast_types(in, n, out) && ag__countable(out);
}

ag_ref ag__emit_either(ag_graph *g, const ag_op *op, const ag_op *integers, const ag_ref *in, int n,
                       int decides) {
  bool whole = in[decides].id && !ag__is_float(ag_type_of(g, in[decides]).dtype);
  return ag_emit(g, whole ? integers : op, in, n, NULL, NULL);
}

static int64_t load(const void *data, tn_dtype dtype, int64_t i) {
  if (dtype == TN_U8) return ((const uint8_t *)data)[i];
  return dtype == TN_I32 ? ((const int32_t *)data)[i] : ((const int64_t *)data)[i];
}

static void store(void *data, tn_dtype dtype, int64_t i, int64_t x) {
  if (dtype == TN_U8) ((uint8_t *)data)[i] = (uint8_t)(uint64_t)x;
  else if (dtype == TN_I32) ((int32_t *)data)[i] = (int32_t)(uint32_t)(uint64_t)x;
  else ((int64_t *)data)[i] = x;
}

/* Reads n elements from `start` on, of an operand broadcast to the result's shape. */
static void load_block(const tn_view *wide, int64_t start, int n, int64_t *block) {
  for (int i = 0; i < n; i++) {
    int64_t rest = start + i, offset = 0;
    for (int a = wide->rank - 1; a >= 0; rest /= wide->shape[a--])
      offset += rest % wide->shape[a] * wide->stride[a];
    block[i] = load(wide->data, wide->dtype, offset);
  }
}

void ag__run_integers(const ag_call *call, ag__integer_kernel *kernel) {
  int64_t block[3][AG_BLOCK], result[AG_BLOCK], total = tn_view_numel(&call->out);
  const int64_t *in[3] = {block[0], block[1], block[2]};
  for (int64_t start = 0; start < total; start += AG_BLOCK) {
    int n = total - start < AG_BLOCK ? (int)(total - start) : AG_BLOCK;
    for (int k = 0; k < call->n_in; k++) {
      tn_view wide = tn_view_broadcast(call->in[k], call->out.rank, call->out.shape);
      load_block(&wide, start, n, block[k]);
    }
    kernel(call, n, in, result);
    for (int i = 0; i < n; i++) store(call->out.data, call->out.dtype, start + i, result[i]);
  }
}
