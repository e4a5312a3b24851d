/* gemm_f32.c - f32 products for CPUs with AVX-512. Every element is one chain of fused multiply-adds in the
 * order of k, so its bits follow from its row and column alone: no tile, panel or thread can change them.
 * Small products, the layers of small networks at small batches, are multiplied where they lie, since packing
 * would cost more than it saves; large ones are packed a block at a time into buffers on the stack. Nothing
 * is allocated. */
#include "tensor/gemm.h"

#if defined(__x86_64__) && defined(__gnu_linux__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define INLINE static inline __attribute__((always_inline)) AVX512

enum {
  WIDTH = 16,  /* floats of a vector */
  LINE = 64,   /* bytes of a cache line */
  STRIP = 32,  /* columns of c that are worked on together */
  SUMS = 16,   /* vectors of a tile: 8 rows of a strip, or 16 rows of one vector */
  SHORT = 64,  /* depth up to which c is the largest matrix */
  FEW = 64,    /* rows of c: with more, packing both factors pays */
  DEPTH = 192, /* of a packed block: a strip of b stays in the L1 cache, */
  BLOCK = 384  /* and so many rows of a in L2 */
};

INLINE __m512 load(bool whole, __mmask16 mask, const float *x) {
  return whole ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps(mask, x);
}

/* A masked store costs many times a plain one. */
INLINE void store(bool whole, __mmask16 mask, float *x, __m512 y) {
  if (whole) _mm512_storeu_ps(x, y);
  else _mm512_mask_storeu_ps(x, mask, y);
}

typedef struct factor { /* elements apart: down a column, along a row */
  const float *x;
  int64_t rs, cs;
} factor;

typedef struct strip { /* of b: up to two vectors wide */
  const float *x;
  int64_t rs, second; /* from row to row; from the first vector to the second */
  int64_t columns, depth;
  bool more;        /* on top of what is in c */
  const char *next; /* to prefetch: two lines with each row of b, `step` bytes from row to row */
  int64_t step;
} strip;

/* Of c: `rows` by `wide` vectors, the last of which whole or as far as b goes. */
INLINE void tile(int rows, int wide, bool whole, const float *x, int64_t rs, int64_t cs, const strip *p,
                 float *c, int64_t crs) {
  __m512 sum[SUMS];
  const float *x4 = x + 4 * rs, *x8 = x + 8 * rs, *x12 = x + 12 * rs, *b = p->x;
  const int64_t k = p->depth, brs = p->rs, second = p->second, step = p->step;
  const char *next = p->next;
  const __mmask16 mask = whole ? 0xffff : (__mmask16)(0xffffu >> (wide * WIDTH - p->columns));
  UNROLL
  for (int r = 0; r < rows * wide; r++) sum[r] = _mm512_setzero_ps();
  if (p->more) {
    const float *from = c;
    UNROLL
    for (int r = 0; r < rows; r++, from += crs) {
      sum[r * wide] = load(wide > 1 || whole, mask, from);
      if (wide > 1) sum[r * wide + 1] = load(whole, mask, from + WIDTH);
    }
  }
  __asm__("" : "+r"(c), "+r"(crs)); /* else every row's address is kept, in registers that the loop needs */
  for (int64_t t = 0; t < k; t++, b += brs, x += cs, x4 += cs, x8 += cs, x12 += cs, next += step) {
    const __m512 first = load(wide > 1 || whole, mask, b);
    const __m512 last = wide > 1 ? load(whole, mask, b + second) : first;
    _mm_prefetch(next, _MM_HINT_T1);
    if (wide > 1) _mm_prefetch(next + LINE, _MM_HINT_T1);
    UNROLL
    for (int r = 0; r < rows; r++) {
      const float *row = r < 4 ? x : r < 8 ? x4 : r < 12 ? x8 : x12;
      const __m512 y = _mm512_set1_ps(row[r % 4 * rs]);
      sum[r * wide] = _mm512_fmadd_ps(y, first, sum[r * wide]);
      if (wide > 1) sum[r * wide + 1] = _mm512_fmadd_ps(y, last, sum[r * wide + 1]);
    }
  }
  UNROLL
  for (int r = 0; r < rows; r++, c += crs) {
    store(wide > 1 || whole, mask, c, sum[r * wide]);
    if (wide > 1) store(whole, mask, c + WIDTH, sum[r * wide + 1]);
  }
}

static void prefetch(strip *b, const float *next) {
  b->next = (const char *)next;
  b->step = b->rs * (int64_t)sizeof *next;
}

typedef struct job {
  factor a, b;
  float *c;
  int64_t m, n, k, crs;
  const tn_prefetch *next;
} job;

/* Functions of their own: inlined into one they would spill each other's registers. Numbers are passed one by
 * one, since a structure copied as a vector from where it has just been put together waits for all that came
 * before. */
#define TILE(NAME, ROWS, WIDE, WHOLE)                                                                        \
  __attribute__((noinline)) AVX512 static void NAME(const float *x, int64_t rs, int64_t cs, const strip *b,  \
                                                    float *c, int64_t crs) {                                 \
    tile(ROWS, WIDE, WHOLE, x, rs, cs, b, c, crs);                                                           \
  }
TILE(tile_8_strip, 8, 2, true)
TILE(tile_4_two, 4, 2, false)
TILE(tile_2_two, 2, 2, false)
TILE(tile_1_two, 1, 2, false)
TILE(tile_16_vector, 16, 1, true)
TILE(tile_8_one, 8, 1, false)
TILE(tile_4_one, 4, 1, false)
TILE(tile_2_one, 2, 1, false)
TILE(tile_1_one, 1, 1, false)

typedef void multiply_tile(const float *x, int64_t rs, int64_t cs, const strip *b, float *c, int64_t crs);

/* `rows` of c from those of x and a strip of b: as many tiles of the largest height as there are, then of
 * half of it, ... The first one prefetches; the others have b, which is there already. */
static void run_strip(int64_t rows, const float *x, int64_t rs, int64_t cs, strip *b, float *c, int64_t crs) {
  static multiply_tile *const two[] = {tile_1_two, tile_2_two, tile_4_two, tile_8_strip},
                              *const one[] = {tile_1_one, tile_2_one, tile_4_one, tile_8_one, tile_16_vector};
  const bool wide = b->columns > WIDTH;
  int size = wide ? b->columns == STRIP ? 3 : 2 : b->columns == WIDTH ? 4 : 3;
  for (; rows > 0; size--)
    for (int64_t high = 1 << size; rows >= high; rows -= high) {
      (wide ? two : one)[size](x, rs, cs, b, c, crs);
      x += high * rs, c += high * crs;
      prefetch(b, b->x);
    }
}

/* ---- where they lie ---- */

static void move_strip(strip *b, const job *p, int64_t j) {
  b->x = p->b.x + j;
  b->columns = p->n - j < STRIP ? p->n - j : STRIP;
}

/* Of what is read after the product, piece `number`: as much as goes with one tile. */
static void prefetch_piece(strip *b, const tn_prefetch *s, int64_t number) {
  const size_t piece = (size_t)b->depth * 2 * LINE, at = (size_t)(number / s->n) * piece;
  if (at >= s->bytes) return;
  b->next = (const char *)s->from[number % s->n] + at;
  b->step = 2 * LINE;
}

/* Where k is short the result is the largest matrix: it is written row by row. */
static void by_rows(const job *p) {
  enum { HIGH = SUMS / 2 };
  strip b = {.rs = p->b.rs, .second = WIDTH, .depth = p->k};
  int64_t tiles = 0;
  for (int64_t i = 0; i < p->m; i += HIGH)
    for (int64_t j = 0; j < p->n; j += STRIP) {
      move_strip(&b, p, j);
      prefetch(&b, b.x);
      if (p->next) prefetch_piece(&b, p->next, tiles++);
      run_strip(p->m - i < HIGH ? p->m - i : HIGH, p->a.x + i * p->a.rs, p->a.rs, p->a.cs, &b,
                p->c + i * p->crs + j, p->crs);
    }
}

static void by_columns(const job *p) {
  strip b = {.rs = p->b.rs, .second = WIDTH, .depth = p->k};
  for (int64_t j = 0; j < p->n; j += STRIP) {
    move_strip(&b, p, j);
    prefetch(&b, b.x + STRIP); /* the next columns: no hardware sees them coming */
    run_strip(p->m, p->a.x, p->a.rs, p->a.cs, &b, p->c + j, p->crs);
  }
}

/* ---- packed ---- */

/* x[i][j] <-> x[j][i]: pairs, fours, then quarters of registers change places. */
INLINE void transpose16(__m512 x[16]) {
  __m512 y[16];
  UNROLL
  for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
  }
  UNROLL
  for (int i = 0; i < 16; i += 4) {
    x[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(y[i]), _mm512_castps_pd(y[i + 2])));
    x[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(y[i]), _mm512_castps_pd(y[i + 2])));
    x[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(y[i + 1]), _mm512_castps_pd(y[i + 3])));
    x[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(y[i + 1]), _mm512_castps_pd(y[i + 3])));
  }
  UNROLL
  for (int i = 0; i < 4; i++) {
    y[i] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0x88);
    y[i + 4] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0xdd);
    y[i + 8] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0x88);
    y[i + 12] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0xdd);
  }
  UNROLL
  for (int i = 0; i < 4; i++) {
    x[i] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0x88);
    x[i + 8] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0xdd);
    x[i + 4] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0x88);
    x[i + 12] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0xdd);
  }
}

/* to[t][j] = from[t along + j across] for t < k and j < columns; 0 for the other j < WIDTH. */
AVX512 static void pack(const float *from, int64_t along, int64_t across, int64_t columns, int64_t k,
                        float *to) {
  const __mmask16 mask = columns > 0 ? (__mmask16)(0xffffu >> (WIDTH - columns)) : 0;
  if (across == 1 || columns == 1) {
    for (int64_t t = 0; t < k; t++)
      _mm512_store_ps(to + t * WIDTH, _mm512_maskz_loadu_ps(mask, from + t * along));
    return;
  }
  if (along != 1) {
    for (int64_t i = 0; i < k * WIDTH; i++)
      to[i] = i % WIDTH < columns ? from[i / WIDTH * along + i % WIDTH * across] : 0;
    return;
  }
  for (int64_t t = 0; t < k; t += 16) {
    int depth = k - t < 16 ? (int)(k - t) : 16;
    __mmask16 some = (__mmask16)(0xffffu >> (16 - depth));
    __m512 x[16];
    UNROLL
    for (int j = 0; j < 16; j++)
      x[j] = j < columns ? _mm512_maskz_loadu_ps(some, from + j * across + t) : _mm512_setzero_ps();
    transpose16(x);
    UNROLL
    for (int d = 0; d < 16; d++)
      if (d < depth) _mm512_store_ps(to + (t + d) * WIDTH, x[d]);
  }
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* A strip of from[t along + j across], packed into `to`. */
static strip pack_strip(const float *from, int64_t along, int64_t across, int64_t columns, int64_t depth,
                        float *to) {
  strip b = {.x = to, .rs = WIDTH, .second = DEPTH * WIDTH, .columns = columns, .depth = depth};
  pack(from, along, across, smaller(columns, WIDTH), depth, to);
  if (columns > WIDTH) pack(from + WIDTH * across, along, across, columns - WIDTH, depth, to + DEPTH * WIDTH);
  prefetch(&b, to);
  return b;
}

/* Rows i.. of c at depth t.., from a packed as [row / 16][t][row % 16] (NULL: as it lies). */
static void by_strips(const job *p, int64_t i, int64_t t, const float *packed) {
  _Alignas(64) float right[2 * DEPTH * WIDTH];
  const int64_t rows = smaller(p->m - i, BLOCK), depth = smaller(p->k - t, DEPTH);
  for (int64_t j = 0; j < p->n; j += STRIP) {
    strip b = pack_strip(p->b.x + t * p->b.rs + j * p->b.cs, p->b.rs, p->b.cs, smaller(p->n - j, STRIP),
                         depth, right);
    b.more = t > 0;
    float *c = p->c + i * p->crs + j;
    if (!packed) {
      run_strip(rows, p->a.x + i * p->a.rs + t * p->a.cs, p->a.rs, p->a.cs, &b, c, p->crs);
      continue;
    }
    for (int64_t r = 0; r < rows; r += WIDTH)
      run_strip(smaller(rows - r, WIDTH), packed + r * depth, 1, WIDTH, &b, c + r * p->crs, p->crs);
  }
}

static void by_blocks(const job *p) {
  _Alignas(64) float left[BLOCK * DEPTH];
  for (int64_t t = 0; t < p->k; t += DEPTH)
    for (int64_t i = 0; i < p->m; i += BLOCK) {
      const int64_t depth = smaller(p->k - t, DEPTH), rows = smaller(p->m - i, BLOCK);
      for (int64_t r = 0; r < rows; r += WIDTH)
        pack(p->a.x + (i + r) * p->a.rs + t * p->a.cs, p->a.cs, p->a.rs, smaller(rows - r, WIDTH), depth,
             left + r * depth);
      by_strips(p, i, t, left);
    }
}

/* Row r of `from`, STRIP apart, becomes column r of c, as far as there are rows and columns. */
AVX512 static void turn(const float *from, int64_t rows, int64_t columns, float *c, int64_t crs) {
  for (int64_t r = 0; r < rows; r += WIDTH, from += WIDTH * STRIP, c += WIDTH) {
    const int64_t high = smaller(rows - r, WIDTH);
    const __mmask16 mask = (__mmask16)(0xffffu >> (WIDTH - high));
    for (int64_t j = 0; j < columns; j += WIDTH) {
      __m512 x[16];
      UNROLL
      for (int i = 0; i < 16; i++)
        x[i] = i < high ? _mm512_load_ps(from + i * STRIP + j) : _mm512_setzero_ps();
      transpose16(x);
      UNROLL
      for (int i = 0; i < 16; i++)
        if (i < columns - j) store(high == WIDTH, mask, c + (j + i) * crs, x[i]);
    }
  }
}

/* c' = b' a', with b' where it lies: only a is packed, and c turned. */
static void by_transpose(const job *p) {
  _Alignas(64) float right[2 * DEPTH * WIDTH], turned[BLOCK * STRIP];
  for (int64_t i = 0; i < p->m; i += STRIP)
    for (int64_t j = 0; j < p->n; j += BLOCK) {
      const int64_t rows = smaller(p->n - j, BLOCK), columns = smaller(p->m - i, STRIP);
      for (int64_t t = 0; t < p->k; t += DEPTH) {
        strip b = pack_strip(&p->a.x[i * p->a.rs + t * p->a.cs], p->a.cs, p->a.rs, columns,
                             smaller(p->k - t, DEPTH), right);
        b.more = t > 0;
        run_strip(rows, p->b.x + j * p->b.cs + t * p->b.rs, p->b.cs, p->b.rs, &b, turned, STRIP);
      }
      turn(turned, rows, columns, p->c + i * p->crs + j, p->crs);
    }
}

static void multiply(const tn_view *a, const tn_view *b, const tn_view *c, const tn_prefetch *next) {
  job p = {.a = {a->data, a->stride[0], a->stride[1]},
           .b = {b->data, b->stride[0], b->stride[1]},
           .c = c->data,
           .m = c->shape[0],
           .n = c->shape[1],
           .k = a->shape[1],
           .crs = c->stride[0],
           .next = next};
  const bool in_place = p.n == 1 || p.b.cs == 1;
  if (p.m > FEW && p.n > STRIP && p.k > SHORT) by_blocks(&p);
  else if (in_place && p.k <= SHORT) by_rows(&p);
  else if (in_place) by_columns(&p);
  else if (2 * p.m * (p.n + p.k) < p.n * p.k) by_transpose(&p); /* fewer elements change places */
  else
    for (int64_t t = 0; t < p.k; t += DEPTH)
      for (int64_t i = 0; i < p.m; i += BLOCK) by_strips(&p, i, t, NULL);
}

bool tn__has_gemm_f32(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

bool tn__gemm_f32(const tn_view *a, const tn_view *b, const tn_view *c, const tn_prefetch *next) {
  if (c->dtype != TN_F32 || !(c->stride[1] == 1 || c->shape[1] == 1) || a->shape[1] == 0 ||
      !tn__has_gemm_f32())
    return false;
  multiply(a, b, c, next);
  return true;
}

#else

bool tn__has_gemm_f32(void) { return false; }

bool tn__gemm_f32(const tn_view *a, const tn_view *b, const tn_view *c, const tn_prefetch *next) {
  return (void)a, (void)b, (void)c, (void)next, false;
}

#endif
