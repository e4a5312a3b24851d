/* reduce.c - sums and maxima over any axes. A sum over a contiguous run adds in a fixed tree: 16 interleaved
 * partial sums over blocks, blocks added pairwise; a sum over outer axes adds whole rows in order. So the
 * order never depends on threads or vectors. */
#include "tensor/isa.h"
#include "tensor/vmath.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LANES = 16, BLOCK = 512, ROWS = 4 };

/* f(x) over n <= BLOCK contiguous elements, LANES partial sums; and over ROWS such rows at once, which do not
 * wait for each other's additions. */
#define BLOCK_SUM(NAME, T, EXPR)                                                                             \
  TN_ANY void NAME##_any(const T *x, int64_t n, T *to) {                                                     \
    T part[LANES] = {0};                                                                                     \
    int64_t i = 0;                                                                                           \
    for (; i + LANES <= n; i += LANES)                                                                       \
      for (int k = 0; k < LANES; k++) {                                                                      \
        const T X = x[i + k];                                                                                \
        part[k] += EXPR;                                                                                     \
      }                                                                                                      \
    for (int k = 0; i < n; i++, k++) {                                                                       \
      const T X = x[i];                                                                                      \
      part[k] += EXPR;                                                                                       \
    }                                                                                                        \
    for (int width = LANES / 2; width; width /= 2)                                                           \
      for (int k = 0; k < width; k++) part[k] += part[k + width];                                            \
    *to = part[0];                                                                                           \
  }                                                                                                          \
  TN_BY_ISA(NAME, (const T *x, int64_t n, T *to), (x, n, to))                                                \
  TN_ANY void NAME##_rows_any(const T *x, int64_t n, T *to) {                                                \
    typedef T lanes __attribute__((vector_size(LANES * sizeof(T))));                                         \
    lanes a = {0}, b = {0}, c = {0}, d = {0}, X;                                                             \
    for (int64_t i = 0; i < n; i += LANES) {                                                                 \
      memcpy(&X, x + i, sizeof X), a += EXPR;                                                                \
      memcpy(&X, x + n + i, sizeof X), b += EXPR;                                                            \
      memcpy(&X, x + 2 * n + i, sizeof X), c += EXPR;                                                        \
      memcpy(&X, x + 3 * n + i, sizeof X), d += EXPR;                                                        \
    }                                                                                                        \
    T part[LANES][ROWS];                                                                                     \
    for (int k = 0; k < LANES; k++)                                                                          \
      part[k][0] = a[k], part[k][1] = b[k], part[k][2] = c[k], part[k][3] = d[k];                            \
    for (int width = LANES / 2; width; width /= 2)                                                           \
      for (int k = 0; k < width; k++)                                                                        \
        for (int r = 0; r < ROWS; r++) part[k][r] += part[k + width][r];                                     \
    for (int r = 0; r < ROWS; r++) to[r] += part[0][r];                                                      \
  }                                                                                                          \
  TN_BY_ISA(NAME##_rows, (const T *x, int64_t n, T *to), (x, n, to))                                         \
  static T NAME##_run(const T *x, int64_t n) { /* pairwise over blocks */                                    \
    if (n <= BLOCK) {                                                                                        \
      T sum;                                                                                                 \
      NAME(x, n, &sum);                                                                                      \
      return sum;                                                                                            \
    }                                                                                                        \
    int64_t half = (n / 2 + BLOCK - 1) / BLOCK * BLOCK;                                                      \
    return NAME##_run(x, half) + NAME##_run(x + half, n - half);                                             \
  }

/* Adds, or folds in the maximum of, a contiguous row element by element. */
#define ROW_FOLDS(T, S)                                                                                      \
  TN_ANY void add_row_##S##_any(T *restrict to, const T *restrict x, int64_t n) {                            \
    for (int64_t i = 0; i < n; i++) to[i] += x[i];                                                           \
  }                                                                                                          \
  TN_BY_ISA(add_row_##S, (T *restrict to, const T *restrict x, int64_t n), (to, x, n))                       \
  TN_ANY void add_squares_##S##_any(T *restrict to, const T *restrict x, int64_t n) {                        \
    for (int64_t i = 0; i < n; i++) to[i] += x[i] * x[i];                                                    \
  }                                                                                                          \
  TN_BY_ISA(add_squares_##S, (T *restrict to, const T *restrict x, int64_t n), (to, x, n))                   \
  TN_ANY void max_row_##S##_any(T *restrict to, const T *restrict x, int64_t n) {                            \
    for (int64_t i = 0; i < n; i++) to[i] = to[i] >= x[i] || isnan(to[i]) ? to[i] : x[i];                    \
  }                                                                                                          \
  TN_BY_ISA(max_row_##S, (T *restrict to, const T *restrict x, int64_t n), (to, x, n))                       \
  static T max_run_##S(const T *x, int64_t n) {                                                              \
    T best = (T)-INFINITY;                                                                                   \
    for (int64_t i = 0; i < n && !isnan(best); i++) best = best >= x[i] ? best : x[i];                       \
    return best;                                                                                             \
  }                                                                                                          \
  static T fold_run_##S(tn_reduction op, const T *x, int64_t n) {                                            \
    return op == TN_SUM ? sum_##S##_run(x, n) : op == TN_MAX ? max_run_##S(x, n) : squares_##S##_run(x, n);  \
  }                                                                                                          \
  /* One result for each of n short rows, as many as come in groups; returns how many. */                    \
  static int64_t fold_rows_##S(tn_reduction op, T *to, const T *x, int64_t n, int64_t columns) {             \
    int64_t i = 0;                                                                                           \
    if (op == TN_MAX || columns > BLOCK || columns % LANES) return 0;                                        \
    for (; i + ROWS <= n; i += ROWS)                                                                         \
      if (op == TN_SUM) sum_##S##_rows(x + i * columns, columns, to + i);                                    \
      else squares_##S##_rows(x + i * columns, columns, to + i);                                             \
    return i;                                                                                                \
  }                                                                                                          \
  static void fold_row_##S(tn_reduction op, T *to, const T *x, int64_t n) {                                  \
    if (op == TN_SUM) add_row_##S(to, x, n);                                                                 \
    else if (op == TN_MAX) max_row_##S(to, x, n);                                                            \
    else add_squares_##S(to, x, n);                                                                          \
  }                                                                                                          \
  static void fold_one_##S(tn_reduction op, T *to, T x) {                                                    \
    if (op == TN_MAX) *to = *to >= x || isnan(*to) ? *to : x;                                                \
    else *to += x;                                                                                           \
  }

BLOCK_SUM(sum_f32, float, X)
BLOCK_SUM(squares_f32, float, X *X)
BLOCK_SUM(sum_f64, double, X)
BLOCK_SUM(squares_f64, double, X *X)
ROW_FOLDS(float, f32)
ROW_FOLDS(double, f64)

/* Adjacent axes of one kind (kept or reduced) merged, so that the loops below see few and long axes. `in`
 * must be contiguous. */
typedef struct shape3 {
  int rank;
  int64_t extent[TN_MAX_RANK];
  bool reduced[TN_MAX_RANK];
} shape3;

static shape3 merged(const tn_view *in, unsigned axes) {
  shape3 s = {0};
  for (int a = 0; a < in->rank; a++) {
    bool reduced = axes >> a & 1;
    if (in->shape[a] == 1) continue;
    if (s.rank && s.reduced[s.rank - 1] == reduced) s.extent[s.rank - 1] *= in->shape[a];
    else {
      s.extent[s.rank] = in->shape[a];
      s.reduced[s.rank++] = reduced;
    }
  }
  return s;
}

/* Recursion over the merged axes; at the innermost a kernel over a contiguous run. `x` walks the input, `to`
 * the output. */
#define WALK(T, S)                                                                                           \
  static const T *walk_##S(tn_reduction op, const shape3 *s, int axis, const T *x, T *to) {                  \
    int64_t n = s->extent[axis], below = 1, done = 0;                                                        \
    if (axis == s->rank - 1) {                                                                               \
      if (s->reduced[axis]) fold_one_##S(op, to, fold_run_##S(op, x, n));                                    \
      else fold_row_##S(op, to, x, n);                                                                       \
      return x + n;                                                                                          \
    }                                                                                                        \
    for (int a = axis + 1; a < s->rank; a++) below *= s->reduced[a] ? 1 : s->extent[a];                      \
    if (axis == s->rank - 2 && s->reduced[axis + 1]) {                                                       \
      done = fold_rows_##S(op, to, x, n, s->extent[axis + 1]);                                               \
      x += done * s->extent[axis + 1];                                                                       \
    }                                                                                                        \
    for (int64_t i = done; i < n; i++)                                                                       \
      x = walk_##S(op, s, axis + 1, x, s->reduced[axis] ? to : to + i * below);                              \
    return x;                                                                                                \
  }

WALK(float, f32)
WALK(double, f64)

void tn_reduce(tn_reduction op, tn_view in, unsigned axes, tn_view out) {
  assert(tn_view_contiguous(&in) && tn_view_contiguous(&out) && in.dtype == out.dtype);
  tn_fill(out, op == TN_MAX ? -INFINITY : 0);
  if (tn_view_numel(&in) == 0) return;
  shape3 s = merged(&in, axes);
  if (s.rank == 0) s = (shape3){.rank = 1, .extent = {1}, .reduced = {true}};
  if (in.dtype == TN_F32) walk_f32(op, &s, 0, in.data, out.data);
  else walk_f64(op, &s, 0, in.data, out.data);
}
