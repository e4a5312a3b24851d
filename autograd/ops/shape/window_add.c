#include "autograd/ops/op.h"
#include "autograd/ops/shape/windows.h"

/* attr.i: [0] axis of the windows, [1] extent of the sum, [2] stride, [3] dilation, [4] padding before. */

static bool window_add_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  const int64_t *i = attr->i, most = INT32_MAX; /* so that no index overflows */
  (void)n;
  if (!ag__is_float(in->dtype) || i[0] < 0 || i[0] >= in->rank - 1 || i[1] < 0 || i[2] < 1 || i[3] < 1)
    return false;
  if (i[2] > most || i[3] > most || i[4] > most || i[4] < -most) return false;
  if (in->shape[i[0]] > most || in->shape[i[0] + 1] > most) return false;
  *out = *in;
  out->rank--;
  out->shape[in->rank - 1] = 0;
  out->shape[i[0]] = i[1];
  for (int a = (int)i[0] + 1; a < out->rank; a++) out->shape[a] = in->shape[a + 1];
  return ag__countable(out);
}

/* Windows are added in their order, so that the sums always have the same bits. */
#define ADD_WINDOWS(T)                                                                                       \
  for (int64_t o = 0; o < w.outer; o++) {                                                                    \
    const T *from = (const T *)call->in[0].data + o * w.count * w.size * w.inner;                            \
    T *to = (T *)call->out.data + o * w.extent * w.inner;                                                    \
    for (int64_t k = 0; k < w.count * w.size; k++, from += w.inner) {                                        \
      int64_t place = ag__place_in(&w, k);                                                                   \
      for (int64_t c = 0; place >= 0 && c < w.inner; c++) to[place * w.inner + c] += from[c];                \
    }                                                                                                        \
  }

static void window_add_run(const ag_call *call) {
  const int64_t *i = call->attr->i;
  ag__windows w = ag__windows_of(&call->out, (int)i[0], &call->in[0], i[2], i[3], i[4]);
  tn_fill(call->out, 0);
  if (call->out.dtype == TN_F32) ADD_WINDOWS(float)
  else ADD_WINDOWS(double)
}

static void window_add_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_attr at = *ag_attr_of(g, y);
  ag_type t = ag_type_of(g, ag_in(g, y, 0));
  int64_t count = t.shape[at.i[0]], size = t.shape[at.i[0] + 1];
  int64_t covered = (count - 1) * at.i[2] + (size - 1) * at.i[3] + 1;
  if (count == 0 || size == 0) dx[0] = ag_broadcast(g, ag_like(g, dy, 0), t.rank, t.shape);
  else dx[0] = ag_window(g, dy, (int)at.i[0], size, at.i[2], at.i[3], at.i[4], covered - at.i[1] - at.i[4]);
}

const ag_op ag_op_window_add = {.name = "window_add",
                                .doc =
                                    "the adjoint of window: adds windows [..., count, size, ...], where they "
                                    "overlap, onto one axis of that extent; elements outside are dropped",
                                .kind = AG_OPAQUE,
                                .arity = 1,
                                .infer = window_add_infer,
                                .run = window_add_run,
                                .vjp = window_add_vjp,
                                .many = ag__many_axis,
                                AG_CASES({.n_in = 1, .in = {{3, {4, 3, 2}}}, .attr.i = {0, 7, 2, 1, 1}},
                                         {.n_in = 1, .in = {{3, {2, 3, 2}}}, .attr.i = {1, 9, 3, 2, 0}},
                                         {.n_in = 1, .in = {{4, {2, 3, 4, 2}}}, .attr.i = {1, 3, 1, 1, -1}})};

ag_ref ag_window_add(ag_graph *g, ag_ref x, int axis, int64_t extent, int64_t stride, int64_t dilation,
                     int64_t before) {
  return AG_EMIT(g, &ag_op_window_add, (&(ag_attr){.i = {axis, extent, stride, dilation, before}}), x);
}
