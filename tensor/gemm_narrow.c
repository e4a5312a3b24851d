/* gemm_narrow.c - f32 products for CPUs with AVX-512 whose inner dimension is short: the layers of small
 * networks at small batches, where packing costs more than it saves and where BLIS is slow (16 columns, two
 * columns, products by a transpose). Every element is one chain of fused multiply-adds in the order of k, so
 * its bits follow from its row and column alone: no tile, panel or thread can change them. */
#include "tensor/gemm.h"

#if defined(__x86_64__) && defined(__gnu_linux__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define INLINE static inline __attribute__((always_inline)) AVX512

enum { WIDTH = 16, ROWS = 16 /* of a tile: sixteen accumulators of sixteen floats */, SHORT = 64 };

typedef struct factor { /* elements apart: down a column, along a row */
  const float *x;
  int64_t rs, cs;
} factor;

/* `rows` of c, up to WIDTH columns as `mask` says. */
INLINE void tile(int rows, int64_t k, const float *a, int64_t rs, int64_t cs, const float *b, int64_t brs,
                 __mmask16 mask, float *c, int64_t crs) {
  __m512 sum[ROWS];
  const float *a4 = a + 4 * rs, *a8 = a + 8 * rs, *a12 = a + 12 * rs;
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) sum[r] = _mm512_setzero_ps();
  for (int64_t t = 0; t < k; t++, b += brs, a += cs, a4 += cs, a8 += cs, a12 += cs) {
    __m512 x = _mm512_maskz_loadu_ps(mask, b);
    _mm_prefetch((const char *)(b + WIDTH), _MM_HINT_T1); /* the next columns: no hardware sees them coming */
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      const float *row = r < 4 ? a : r < 8 ? a4 : r < 12 ? a8 : a12;
      sum[r] = _mm512_fmadd_ps(_mm512_set1_ps(row[r % 4 * rs]), x, sum[r]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) _mm512_mask_storeu_ps(c + r * crs, mask, sum[r]);
}

/* Up to ROWS rows of up to WIDTH columns. */
AVX512 static void strip(int64_t rows, int64_t k, factor a, const float *b, int64_t brs, __mmask16 mask,
                         float *c, int64_t crs) {
  const float *x = a.x;
  if (rows == 16) {
    tile(16, k, x, a.rs, a.cs, b, brs, mask, c, crs);
    return;
  }
  if (rows & 8) tile(8, k, x, a.rs, a.cs, b, brs, mask, c, crs), x += 8 * a.rs, c += 8 * crs;
  if (rows & 4) tile(4, k, x, a.rs, a.cs, b, brs, mask, c, crs), x += 4 * a.rs, c += 4 * crs;
  if (rows & 2) tile(2, k, x, a.rs, a.cs, b, brs, mask, c, crs), x += 2 * a.rs, c += 2 * crs;
  if (rows & 1) tile(1, k, x, a.rs, a.cs, b, brs, mask, c, crs);
}

/* x[i][j] <-> x[j][i]: pairs, fours, then quarters of registers change places. */
INLINE void transpose16(__m512 x[16]) {
  __m512 y[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    x[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(y[i]), _mm512_castps_pd(y[i + 2])));
    x[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(y[i]), _mm512_castps_pd(y[i + 2])));
    x[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(y[i + 1]), _mm512_castps_pd(y[i + 3])));
    x[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(y[i + 1]), _mm512_castps_pd(y[i + 3])));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    y[i] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0x88);
    y[i + 4] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0xdd);
    y[i + 8] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0x88);
    y[i + 12] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    x[i] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0x88);
    x[i + 8] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0xdd);
    x[i + 4] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0x88);
    x[i + 12] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0xdd);
  }
}

/* to[t][j] = from[j][t] for t < k and j < columns; what lies beyond `columns` is 0. */
AVX512 static void pack_transposed(const float *from, int64_t stride, int columns, int64_t k, float *to) {
  for (int64_t t = 0; t < k; t += 16) {
    int depth = k - t < 16 ? (int)(k - t) : 16;
    __mmask16 mask = (__mmask16)(0xffffu >> (16 - depth));
    __m512 x[16];
#pragma GCC unroll 16
    for (int j = 0; j < 16; j++)
      x[j] = j < columns ? _mm512_maskz_loadu_ps(mask, from + j * stride + t) : _mm512_setzero_ps();
    transpose16(x);
#pragma GCC unroll 16
    for (int d = 0; d < 16; d++)
      if (d < depth) _mm512_store_ps(to + (t + d) * WIDTH, x[d]);
  }
}

typedef struct job {
  factor a, b;
  float *c;
  int64_t m, n, k, crs;
} job;

/* Rows i.. and columns j.. of c, from column j of b at `right`. */
AVX512 static void corner(const job *p, int64_t i, int64_t j, const float *right, int64_t brs) {
  int64_t rows = p->m - i < ROWS ? p->m - i : ROWS, columns = p->n - j < WIDTH ? p->n - j : WIDTH;
  factor a = {p->a.x + i * p->a.rs, p->a.rs, p->a.cs};
  strip(rows, p->k, a, right, brs, (__mmask16)(0xffffu >> (16 - columns)), p->c + i * p->crs + j, p->crs);
}

/* Where k is short the result is the largest matrix: it is written row by row. */
AVX512 static void by_rows(const job *p) {
  for (int64_t i = 0; i < p->m; i += ROWS)
    for (int64_t j = 0; j < p->n; j += WIDTH) corner(p, i, j, p->b.x + j, p->b.rs);
}

AVX512 static void by_columns(const job *p) {
  for (int64_t j = 0; j < p->n; j += WIDTH)
    for (int64_t i = 0; i < p->m; i += ROWS) corner(p, i, j, p->b.x + j, p->b.rs);
}

AVX512 static void by_packed_columns(const job *p) {
  _Alignas(64) float packed[TN__NARROW_DEPTH * WIDTH];
  for (int64_t j = 0; j < p->n; j += WIDTH) {
    int columns = p->n - j < WIDTH ? (int)(p->n - j) : WIDTH;
    pack_transposed(p->b.x + j * p->b.cs, p->b.cs, columns, p->k, packed);
    for (int64_t i = 0; i < p->m; i += ROWS) corner(p, i, j, packed, WIDTH);
  }
}

AVX512 static void multiply(const tn_view *a, const tn_view *b, const tn_view *c) {
  job p = {.a = {a->data, a->stride[0], a->stride[1]},
           .b = {b->data, b->stride[0], b->stride[1]},
           .c = c->data,
           .m = c->shape[0],
           .n = c->shape[1],
           .k = a->shape[1],
           .crs = c->stride[0]};
  if (p.n > 1 && p.b.cs != 1) by_packed_columns(&p);
  else if (p.k <= SHORT) by_rows(&p);
  else by_columns(&p);
}

bool tn__gemm_narrow(const tn_view *a, const tn_view *b, const tn_view *c) {
  int64_t n = c->shape[1], k = a->shape[1];
  bool fits = c->dtype == TN_F32 && k <= TN__NARROW_DEPTH && (c->stride[1] == 1 || n == 1) &&
              (b->stride[1] == 1 || b->stride[0] == 1 || n == 1);
  if (!fits || !__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
    return false;
  multiply(a, b, c);
  return true;
}

#else

bool tn__gemm_narrow(const tn_view *a, const tn_view *b, const tn_view *c) {
  return (void)a, (void)b, (void)c, false;
}

#endif
