#include "autograd/ops/op.h"

#include <stdio.h>

/* attr.i: [0] axis, [1] descending. */

static bool argsort_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n;
  *out = *in;
  out->dtype = TN_I64;
  return attr->i[0] >= 0 && attr->i[0] < in->rank && ag__countable(out);
}

static void argsort_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char shape[128];
  (void)n;
  snprintf(text, size, "axis %lld of %s", (long long)attr->i[0],
           ag__shape_text(in->rank, in->shape, shape, sizeof shape));
}

/* Sorts one line by heapsort in the output, which needs no other memory. Ties are ordered by position, so the
 * sort is stable. NaN is the largest value. */
#define SORT(T)                                                                                              \
  static bool before_##T(const T *x, int64_t stride, int64_t a, int64_t b, bool descending) {                \
    T p = x[a * stride], q = x[b * stride];                                                                  \
    if (p != p || q != q) { /* NaN */                                                                        \
      if ((p != p) == (q != q)) return a < b;                                                                \
      return (q != q) != descending;                                                                         \
    }                                                                                                        \
    if (p == q) return a < b;                                                                                \
    return (p < q) != descending;                                                                            \
  }                                                                                                          \
  static void sink_##T(const T *x, int64_t *y, int64_t stride, int64_t top, int64_t n, bool descending) {    \
    for (int64_t child; (child = 2 * top + 1) < n; top = child) {                                            \
      if (child + 1 < n && before_##T(x, stride, y[child * stride], y[(child + 1) * stride], descending))    \
        child++;                                                                                             \
      int64_t a = y[top * stride], b = y[child * stride];                                                    \
      if (!before_##T(x, stride, a, b, descending)) return;                                                  \
      y[top * stride] = b, y[child * stride] = a;                                                            \
    }                                                                                                        \
  }                                                                                                          \
  static void sort_##T(const void *from, int64_t *y, int64_t stride, int64_t n, bool descending) {           \
    const T *x = from;                                                                                       \
    for (int64_t i = 0; i < n; i++) y[i * stride] = i;                                                       \
    for (int64_t top = n / 2; top-- > 0;) sink_##T(x, y, stride, top, n, descending);                        \
    for (int64_t last = n; last-- > 1;) {                                                                    \
      int64_t largest = y[0];                                                                                \
      y[0] = y[last * stride], y[last * stride] = largest;                                                   \
      sink_##T(x, y, stride, 0, last, descending);                                                           \
    }                                                                                                        \
  }
SORT(float)
SORT(double)
SORT(int32_t)
SORT(int64_t)
SORT(uint8_t)

typedef void sorter(const void *from, int64_t *y, int64_t stride, int64_t n, bool descending);
static sorter *const sorters[] = {[TN_F32] = sort_float,
                                  [TN_F64] = sort_double,
                                  [TN_I32] = sort_int32_t,
                                  [TN_I64] = sort_int64_t,
                                  [TN_U8] = sort_uint8_t};

static void argsort_run(const ag_call *call) {
  int axis = (int)call->attr->i[0];
  const tn_view *x = &call->in[0];
  int64_t outer = tn_numel(axis, x->shape), n = x->shape[axis];
  int64_t inner = tn_numel(x->rank - axis - 1, x->shape + axis + 1);
  for (int64_t o = 0; o < outer; o++)
    for (int64_t k = 0; k < inner; k++) {
      int64_t at = o * n * inner + k;
      sorters[x->dtype]((const char *)x->data + (size_t)at * tn_dtype_size(x->dtype),
                        (int64_t *)call->out.data + at, inner, n, call->attr->i[1]);
    }
}

const ag_op ag_op_argsort = {.name = "argsort",
                             .doc = "the indices (i64) that sort the values along one axis, ascending or "
                                    "descending; stable; NaN is the largest; any element type",
                             .kind = AG_OPAQUE,
                             .arity = 1,
                             .flags = AG_NO_DERIVATIVE,
                             .infer = argsort_infer,
                             .explain = argsort_explain,
                             .run = argsort_run,
                             .many = ag__many_axis,
                             AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {1, 0}, .order = -1},
                                      {.n_in = 1, .in = {{3, {2, 5, 3}}}, .attr.i = {1, 1}, .order = -1})};

ag_ref ag_argsort(ag_graph *g, ag_ref x, int axis, bool descending) {
  return AG_EMIT(g, &ag_op_argsort, (&(ag_attr){.i = {axis, descending}}), x);
}
