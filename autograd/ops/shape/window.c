#include "autograd/ops/op.h"
#include "autograd/ops/shape/windows.h"

/* attr.i: [0] axis, [1] size, [2] stride, [3] dilation, [4] zeros before, [5] zeros after (negative: cut
 * off). */

static bool window_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  const int64_t *i = attr->i;
  int64_t reach, padded;
  (void)n;
  if (i[0] < 0 || i[0] >= in->rank || in->rank == TN_MAX_RANK || i[1] < 1 || i[2] < 1 || i[3] < 1)
    return false;
  if (__builtin_mul_overflow(i[1] - 1, i[3], &reach) ||
      __builtin_add_overflow(in->shape[i[0]], i[4], &padded) ||
      __builtin_add_overflow(padded, i[5], &padded) || reach >= padded)
    return false;
  *out = *in;
  out->rank++;
  for (int a = in->rank; a > i[0] + 1; a--) out->shape[a] = in->shape[a - 1];
  out->shape[i[0]] = (padded - reach - 1) / i[2] + 1;
  out->shape[i[0] + 1] = i[1];
  return ag__countable(out);
}

static void window_run(const ag_call *call) {
  const int64_t *i = call->attr->i;
  ag__windows w = ag__windows_of(&call->in[0], (int)i[0], &call->out, i[2], i[3], i[4]);
  size_t size = tn_dtype_size(call->out.dtype), run = (size_t)w.inner * size;
  char *to = call->out.data;
  for (int64_t o = 0; o < w.outer; o++) {
    const char *from = (const char *)call->in[0].data + (size_t)(o * w.extent) * run;
    for (int64_t k = 0; k < w.count * w.size; k++, to += run) {
      int64_t place = ag__place_in(&w, k);
      if (place >= 0) memcpy(to, from + (size_t)place * run, run);
      else memset(to, 0, run);
    }
  }
}

static void window_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_attr at = *ag_attr_of(g, y);
  int64_t extent = ag_type_of(g, ag_in(g, y, 0)).shape[at.i[0]];
  dx[0] = ag_window_add(g, dy, (int)at.i[0], extent, at.i[2], at.i[3], at.i[4]);
}

const ag_op ag_op_window = {.name = "window",
                            .doc = "replaces an axis by two, windows and their elements: element j < size of "
                                   "window i is that at i stride - before + j dilation, or 0 outside; as "
                                   "many windows as fit (negative before or after cut the axis)",
                            .kind = AG_VIEW,
                            .arity = 1,
                            .infer = window_infer,
                            .run = window_run,
                            .vjp = window_vjp,
                            .many = ag__many_axis,
                            AG_CASES({.n_in = 1, .in = {{2, {7, 3}}}, .attr.i = {0, 3, 2, 1, 1, 0}},
                                     {.n_in = 1, .in = {{2, {2, 8}}}, .attr.i = {1, 3, 1, 2, 2, 1}},
                                     {.n_in = 1, .in = {{3, {2, 9, 2}}}, .attr.i = {1, 2, 3, 2, -1, -2}})};

ag_ref ag_window(ag_graph *g, ag_ref x, int axis, int64_t size, int64_t stride, int64_t dilation,
                 int64_t before, int64_t after) {
  ag_attr attr = {.i = {axis, size, stride, dilation, before, after}};
  ag_type t = ag_type_of(g, x), out;
  bool side_by_side = size == stride && (dilation == 1 || size == 1) && before == 0 && after == 0;
  if (x.id && side_by_side && window_infer(&t, 1, &attr, &out) && out.shape[axis] * size == t.shape[axis])
    return ag_reshape(g, x, out.rank, out.shape);
  return AG_EMIT(g, &ag_op_window, &attr, x);
}
