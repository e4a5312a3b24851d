/* factor.c - see factor.h. Blocks of columns are factored by short loops; the update of the rest of the
 * matrix is one product. */
#include "tensor/factor.h"
#include "tensor/isa.h"
#include "tensor/vmath.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 48 /* columns of a block */ };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static tn_view part(tn_view a, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  return tn_view_slice(tn_view_slice(a, 0, row, 1, rows), 1, column, 1, columns);
}

static tn_view turned(tn_view a) { return tn_view_permute(a, (int[]){1, 0}); }

/* c -= a b */
static void subtract_product(tn_view a, tn_view b, tn_view c, int threads) {
  if (tn_view_numel(&c) > 0 && a.shape[1] > 0) tn_gemm(-1, a, b, 1, c, threads);
}

/* *sum = a' b in eight partial sums for any width of vectors; y += factor x. */
#define LOOPS(T, SUFFIX)                                                                                     \
  TN_ANY void multiply_add_##SUFFIX##_any(const T *a, const T *b, int64_t n, T *sum) {                       \
    T s[8] = {0};                                                                                            \
    int64_t i = 0;                                                                                           \
    for (; i + 8 <= n; i += 8)                                                                               \
      for (int k = 0; k < 8; k++) s[k] += a[i + k] * b[i + k];                                               \
    for (int k = 0; i < n; i++, k++) s[k] += a[i] * b[i];                                                    \
    *sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));                                \
  }                                                                                                          \
  TN_BY_ISA(multiply_add_##SUFFIX, (const T *a, const T *b, int64_t n, T *sum), (a, b, n, sum))              \
  TN_ANY void add_##SUFFIX##_any(T *y, const T *x, T factor, int64_t n) {                                    \
    TN_IVDEP for (int64_t i = 0; i < n; i++) y[i] += factor * x[i];                                          \
  }                                                                                                          \
  TN_BY_ISA(add_##SUFFIX, (T * y, const T *x, T factor, int64_t n), (y, x, factor, n))
LOOPS(float, f32)
LOOPS(double, f64)

#define T       float
#define F(name) name##_f32
#define EPSILON FLT_EPSILON
#include "tensor/factor.inc"
#undef T
#undef F
#undef EPSILON
#define T       double
#define F(name) name##_f64
#define EPSILON DBL_EPSILON
#include "tensor/factor.inc"
#undef T
#undef F
#undef EPSILON

int64_t tn_cholesky(tn_view a, int threads) {
  int64_t n = a.shape[0];
  for (int64_t j = 0; j < n; j += WIDTH) {
    int64_t width = least(WIDTH, n - j);
    tn_view below = part(a, j, n - j, 0, j);
    subtract_product(below, turned(part(a, j, width, 0, j)), part(a, j, n - j, j, width), threads);
    int64_t bad = a.dtype == TN_F32 ? cholesky_block_f32(&a, j, width) : cholesky_block_f64(&a, j, width);
    if (bad >= 0) return bad;
  }
  for (int64_t i = 0; i < n; i++) tn_fill(part(a, i, 1, i + 1 < n ? i + 1 : 0, n - i - 1), 0);
  return -1;
}

int64_t tn_solve_triangular(tn_view a, tn_view b, bool lower, bool unit, int threads) {
  int64_t n = a.shape[0], m = b.shape[1], blocks = (n + WIDTH - 1) / WIDTH;
  for (int64_t k = 0; k < blocks && m > 0; k++) {
    int64_t i = (lower ? k : blocks - 1 - k) * WIDTH, rows = least(WIDTH, n - i), from = lower ? 0 : i + rows;
    int64_t done = lower ? i : n - from;
    if (done > 0)
      subtract_product(part(a, i, rows, from, done), part(b, from, done, 0, m), part(b, i, rows, 0, m),
                       threads);
    tn_view block = part(a, i, rows, i, rows), right = part(b, i, rows, 0, m);
    int64_t bad = a.dtype == TN_F32 ? solve_block_f32(&block, &right, lower, unit)
                                    : solve_block_f64(&block, &right, lower, unit);
    if (bad >= 0) return i + bad;
  }
  return -1;
}

int tn_lu(tn_view a, tn_view order, int threads) {
  int64_t n = a.shape[0];
  int sign = 1;
  for (int64_t i = 0; i < n; i++) tn_set(&order, i, (double)i);
  for (int64_t j = 0; j < n; j += WIDTH) {
    int64_t width = least(WIDTH, n - j), rest = n - j - width;
    sign *= a.dtype == TN_F32 ? lu_block_f32(&a, j, width, &order) : lu_block_f64(&a, j, width, &order);
    if (rest == 0) continue;
    tn_view right = part(a, j, width, j + width, rest);
    (void)tn_solve_triangular(part(a, j, width, j, width), right, true, true,
                              threads); /* a unit diagonal is never singular */
    subtract_product(part(a, j + width, rest, j, width), right, part(a, j + width, rest, j + width, rest),
                     threads);
  }
  return sign;
}

void tn_qr(tn_view q, tn_view r) {
  if (q.dtype == TN_F32) qr_f32(&q, &r);
  else qr_f64(&q, &r);
}

bool tn_eigh(tn_view v, tn_view w, tn_view room) {
  return v.dtype == TN_F32 ? eigh_f32(&v, w.data, room.data) : eigh_f64(&v, w.data, room.data);
}
