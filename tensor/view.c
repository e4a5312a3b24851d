/* view.c - shapes, strided views, element access, copies between any two layouts. */
#include "tensor/tensor.h"
#include "tensor/threads.h"

#include <assert.h>
#include <math.h>
#include <string.h>

tn_view tn_view_of(void *data, tn_dtype dtype, int rank, const int64_t *shape) {
  tn_view v = {.data = data, .dtype = dtype, .rank = rank};
  int64_t step = 1;
  for (int a = rank - 1; a >= 0; a--) {
    v.shape[a] = shape[a];
    v.stride[a] = step;
    step *= shape[a];
  }
  return v;
}

tn_view tn_matrix(void *data, tn_dtype dtype, int64_t rows, int64_t cols) {
  return tn_view_of(data, dtype, 2, (const int64_t[]){rows, cols});
}

int64_t tn_numel(int rank, const int64_t *shape) {
  int64_t n = 1;
  for (int a = 0; a < rank; a++) n *= shape[a];
  return n;
}

int64_t tn_view_numel(const tn_view *v) { return tn_numel(v->rank, v->shape); }
size_t tn_view_bytes(const tn_view *v) { return (size_t)tn_view_numel(v) * tn_dtype_size(v->dtype); }

bool tn_view_contiguous(const tn_view *v) {
  int64_t step = 1;
  if (tn_view_numel(v) == 0) return true;
  for (int a = v->rank - 1; a >= 0; a--) {
    if (v->shape[a] != 1 && v->stride[a] != step) return false;
    step *= v->shape[a];
  }
  return true;
}

bool tn_same_shape(int rank_a, const int64_t *a, int rank_b, const int64_t *b) {
  return rank_a == rank_b && (rank_a == 0 || memcmp(a, b, (size_t)rank_a * sizeof *a) == 0);
}

tn_view tn_view_permute(tn_view v, const int *axes) {
  tn_view r = v;
  for (int a = 0; a < v.rank; a++) {
    assert(axes[a] >= 0 && axes[a] < v.rank);
    r.shape[a] = v.shape[axes[a]];
    r.stride[a] = v.stride[axes[a]];
  }
  return r;
}

tn_view tn_view_slice(tn_view v, int axis, int64_t start, int64_t step, int64_t count) {
  assert(axis >= 0 && axis < v.rank && count >= 0);
  assert(count == 0 || (start >= 0 && start < v.shape[axis]));
  assert(count == 0 || (start + (count - 1) * step >= 0 && start + (count - 1) * step < v.shape[axis]));
  if (count > 0) v.data = (char *)v.data + start * v.stride[axis] * (int64_t)tn_dtype_size(v.dtype);
  v.shape[axis] = count;
  v.stride[axis] *= step;
  return v;
}

tn_view tn_view_broadcast(tn_view v, int rank, const int64_t *shape) {
  tn_view r = {.data = v.data, .dtype = v.dtype, .rank = rank};
  int lead = rank - v.rank;
  assert(lead >= 0 && rank <= TN_MAX_RANK);
  for (int a = 0; a < rank; a++) {
    bool repeated = a < lead || (v.shape[a - lead] == 1 && shape[a] != 1);
    assert(repeated || v.shape[a - lead] == shape[a]);
    r.shape[a] = shape[a];
    r.stride[a] = repeated ? 0 : v.stride[a - lead];
  }
  return r;
}

/* ---- element access ---- */

static double load(const void *base, tn_dtype dtype, int64_t i) {
  switch (dtype) {
  case TN_F32: return ((const float *)base)[i];
  case TN_F64: return ((const double *)base)[i];
  case TN_I32: return ((const int32_t *)base)[i];
  case TN_I64: return (double)((const int64_t *)base)[i];
  case TN_U8: return ((const uint8_t *)base)[i];
  }
  return 0;
}

/* Saturates, as a conversion out of range would be undefined. NaN becomes 0. */
static int64_t truncated(double x, double low, double high) {
  if (isnan(x)) return 0;
  return x <= low ? (int64_t)low : x >= high ? (high >= 9.2e18 ? INT64_MAX : (int64_t)high) : (int64_t)x;
}

static void store(void *base, tn_dtype dtype, int64_t i, double x) {
  switch (dtype) {
  case TN_F32: ((float *)base)[i] = (float)x; break;
  case TN_F64: ((double *)base)[i] = x; break;
  case TN_I32: ((int32_t *)base)[i] = (int32_t)truncated(x, INT32_MIN, INT32_MAX); break;
  case TN_I64: ((int64_t *)base)[i] = truncated(x, -9223372036854775808.0, 9223372036854775807.0); break;
  case TN_U8: ((uint8_t *)base)[i] = (uint8_t)truncated(x, 0, 255); break;
  }
}

static int64_t offset_of(const tn_view *v, int64_t position) {
  int64_t offset = 0;
  for (int a = v->rank - 1; a >= 0; a--) {
    offset += position % v->shape[a] * v->stride[a];
    position /= v->shape[a];
  }
  return offset;
}

double tn_get(const tn_view *v, int64_t position) { return load(v->data, v->dtype, offset_of(v, position)); }
void tn_set(const tn_view *v, int64_t position, double value) {
  store(v->data, v->dtype, offset_of(v, position), value);
}

/* ---- copies ---- */

/* An element of 4 or 8 bytes of any type. */
typedef uint32_t __attribute__((may_alias)) word32;
typedef uint64_t __attribute__((may_alias)) word64;

typedef struct line { /* elements of a view, `step` apart */
  const tn_view *v;
  int64_t first, step;
} line;

static void copy_line(line to_line, line from_line, int64_t n) {
  const tn_view *dst = to_line.v, *src = from_line.v;
  const int64_t d = to_line.first, dstep = to_line.step, s = from_line.first, sstep = from_line.step;
  size_t size = tn_dtype_size(dst->dtype);
  if (dst->dtype != src->dtype) {
    for (int64_t i = 0; i < n; i++)
      store(dst->data, dst->dtype, d + i * dstep, load(src->data, src->dtype, s + i * sstep));
  } else if (dstep == 1 && sstep == 1) {
    memcpy((char *)dst->data + d * (int64_t)size, (const char *)src->data + s * (int64_t)size,
           (size_t)n * size);
  } else if (size == 4) {
    word32 *to = (word32 *)dst->data + d;
    const word32 *from = (const word32 *)src->data + s;
    for (int64_t i = 0; i < n; i++) to[i * dstep] = from[i * sstep];
  } else if (size == 8) {
    word64 *to = (word64 *)dst->data + d;
    const word64 *from = (const word64 *)src->data + s;
    for (int64_t i = 0; i < n; i++) to[i * dstep] = from[i * sstep];
  } else {
    uint8_t *to = (uint8_t *)dst->data + d;
    const uint8_t *from = (const uint8_t *)src->data + s;
    for (int64_t i = 0; i < n; i++) to[i * dstep] = from[i * sstep];
  }
}

void tn_copy(tn_view dst, tn_view src) {
  assert(tn_same_shape(dst.rank, dst.shape, src.rank, src.shape));
  if (tn_view_numel(&dst) == 0) return;
  if (tn_view_contiguous(&dst) && tn_view_contiguous(&src)) {
    copy_line((line){&dst, 0, 1}, (line){&src, 0, 1}, tn_view_numel(&dst));
    return;
  }
  int last = dst.rank - 1;
  int64_t index[TN_MAX_RANK] = {0}, d = 0, s = 0;
  for (;;) { /* counts up the indices of all axes but the last */
    copy_line((line){&dst, d, dst.stride[last]}, (line){&src, s, src.stride[last]}, dst.shape[last]);
    int a = last - 1;
    for (; a >= 0; a--) {
      d += dst.stride[a], s += src.stride[a];
      if (++index[a] < dst.shape[a]) break;
      d -= index[a] * dst.stride[a], s -= index[a] * src.stride[a];
      index[a] = 0;
    }
    if (a < 0) return;
  }
}

typedef struct copies {
  tn_view dst, src;
  int axis;
  int64_t parts;
} copies;

static void copy_part(void *ctx, int64_t i) {
  const copies *c = ctx;
  int64_t extent = c->dst.shape[c->axis], first = extent * i / c->parts,
          count = extent * (i + 1) / c->parts - first;
  tn_copy(tn_view_slice(c->dst, c->axis, first, 1, count), tn_view_slice(c->src, c->axis, first, 1, count));
}

/* Divides the first axis that is long enough, else the last, among threads. */
void tn__copy(tn_view dst, tn_view src, int threads) {
  enum { WORTH_THREADS = 1 << 15 /* elements */ };
  copies c = {dst, src, 0, 1};
  while (c.axis < dst.rank - 1 && dst.shape[c.axis] < 2 * (int64_t)threads) c.axis++;
  if (threads > 1 && dst.rank > 0 && tn_view_numel(&dst) >= WORTH_THREADS) {
    c.parts = dst.shape[c.axis] < 4 * (int64_t)threads ? dst.shape[c.axis] : 4 * (int64_t)threads;
    tn__parallel_near(c.parts, threads, copy_part, &c);
  } else tn_copy(dst, src);
}

#define FILL(T)                                                                                              \
  do {                                                                                                       \
    T *to = dst.data, x;                                                                                     \
    store(&x, dst.dtype, 0, value);                                                                          \
    for (int64_t i = 0; i < n; i++) to[i] = x;                                                               \
  } while (0)

void tn_fill(tn_view dst, double value) {
  int64_t n = tn_view_numel(&dst);
  if (!tn_view_contiguous(&dst))
    for (int64_t i = 0; i < n; i++) tn_set(&dst, i, value);
  else if (dst.dtype == TN_F32) FILL(float);
  else if (dst.dtype == TN_F64) FILL(double);
  else if (dst.dtype == TN_I32) FILL(int32_t);
  else if (dst.dtype == TN_I64) FILL(int64_t);
  else FILL(uint8_t);
}
