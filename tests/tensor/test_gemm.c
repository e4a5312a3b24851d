/* The matrix product under every instruction set of this CPU: every element is a chain of multiply-adds in
 * the order of k, to the bit, whatever the shape, the strides, the alignment, the batch around it and the
 * number of threads; nothing outside the result is written. With FMA the bits of all instruction sets are the
 * same. */
#include "tensor/isa.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN = 3, UNTOUCHED = -12345 };
static const tn__isa all[] = {TN__BASELINE, TN__AVX2, TN__AVX512, TN__NEON};
enum { ISAS = sizeof all / sizeof *all };
static const char *const isa_names[] = {"baseline", "avx2", "avx512", "neon"};
static const tn_dtype types[] = {TN_F32, TN_F64};

/* How a matrix lies in its memory. */
typedef enum layout { ROWS, WIDE_ROWS, COLUMNS, APART, UPWARDS, BACKWARDS, REPEATED, LAYOUTS } layout;

typedef struct matrix {
  tn_view view;
  unsigned char *memory;
  size_t bytes;
} matrix;

/* `offset` elements from where the allocation starts, so that rows are aligned to nothing wider. */
static matrix new_matrix(tn_dtype dtype, int64_t rows, int64_t columns, layout l, int64_t offset) {
  const int64_t wide = l == ROWS ? columns : columns + MARGIN,
                n = (l == APART ? 6 : 1) * (rows + MARGIN) * (columns + MARGIN) + offset;
  matrix m = {.bytes = (size_t)n * tn_dtype_size(dtype)};
  m.memory = malloc(m.bytes);
  cr_assert(m.memory);
  tn_fill(tn_view_of(m.memory, dtype, 1, &n), UNTOUCHED);
  m.view = tn_matrix(m.memory, dtype, rows, columns);
  m.view.stride[0] = l == COLUMNS ? 1 : l == APART ? 3 * wide : l == REPEATED ? 0 : wide;
  m.view.stride[1] = l == COLUMNS ? rows + MARGIN : l == APART ? 2 : 1;
  if (l == UPWARDS) m.view.stride[0] *= -1, offset += (rows - 1) * wide;
  if (l == BACKWARDS) m.view.stride[1] *= -1, offset += columns - 1;
  m.view.data = m.memory + (size_t)offset * tn_dtype_size(dtype);
  return m;
}

/* Returns what was set, by row; to be freed. */
static double *set_random(const tn_view *v, uint32_t stream) {
  const int64_t n = v->shape[0] * v->shape[1];
  double *x = malloc((size_t)(n + 1) * sizeof *x);
  tn_rng_normal((tn_rng){.seed = 3, .stream = stream}, tn_view_of(x, TN_F64, 1, &n));
  for (int64_t i = 0; i < n; i++) tn_set(v, i, x[i]);
  for (int64_t i = 0; i < n; i++) x[i] = tn_get(v, i); /* rounded, and repeated along a stride of 0 */
  return x;
}

/* One element, with one rounding a step or (baseline) with two. Columns of b are `n` wide. */
static double chain(const double *a, const double *b, int64_t n, int64_t k, tn_dtype dtype, bool fused) {
  float f = 0;
  double d = 0;
  for (int64_t t = 0; t < k; t++) {
    const double p = a[t], q = b[t * n];
    if (dtype == TN_F64) d = fused ? fma(p, q, d) : d + p * q;
    else f = fused ? fmaf((float)p, (float)q, f) : f + (float)p * (float)q;
  }
  return dtype == TN_F32 ? (double)f : d;
}

static double scaled(tn_dtype dtype, double alpha, double y, double beta, double before) {
  if (dtype == TN_F64) return beta == 0 ? alpha * y : alpha * y + beta * before;
  const float f = (float)alpha * (float)y;
  return (double)(beta == 0 ? f : f + (float)beta * (float)before);
}

typedef struct problem {
  tn_dtype dtype;
  int64_t m, n, k;
  layout a, b, c;
  double alpha, beta;
  int64_t offset;
} problem;

/* The memory of the result as it should be; of `c`, with what was in it before. */
static void expect(const problem *p, const double *a, const double *b, const matrix *c, bool fused,
                   unsigned char *to) {
  tn_view y = c->view;
  memcpy(to, c->memory, c->bytes);
  y.data = to + ((unsigned char *)c->view.data - c->memory);
  for (int64_t i = 0; i < p->m; i++)
    for (int64_t j = 0; j < p->n; j++) {
      const double sum = chain(a + i * p->k, b + j, p->n, p->k, p->dtype, fused);
      tn_set(&y, i * p->n + j, scaled(p->dtype, p->alpha, sum, p->beta, tn_get(&y, i * p->n + j)));
    }
}

static void check_isa(const problem *p, const matrix *a, const matrix *b, const matrix *c,
                      const unsigned char *before, const unsigned char *want, tn__isa isa) {
  const tn__isa used = tn__isa_used;
  for (int threads = 1; threads <= 3; threads++) {
    memcpy(c->memory, before, c->bytes);
    tn__isa_used = isa;
    tn_gemm(p->alpha, a->view, b->view, p->beta, c->view, threads);
    tn__isa_used = used;
    cr_assert_eq(memcmp(c->memory, want, c->bytes), 0,
                 "%s, %s, %d threads: [%d, %d] of inner %d, layouts %d %d %d, alpha %g, beta %g, offset %d",
                 isa_names[isa], tn_dtype_name(p->dtype), threads, (int)p->m, (int)p->n, (int)p->k, p->a,
                 p->b, p->c, p->alpha, p->beta, (int)p->offset);
  }
}

static void check(problem p) {
  matrix a = new_matrix(p.dtype, p.m, p.k, p.a, p.offset), b = new_matrix(p.dtype, p.k, p.n, p.b, p.offset),
         c = new_matrix(p.dtype, p.m, p.n, p.c, p.offset);
  unsigned char *before = malloc(c.bytes), *want[2] = {malloc(c.bytes), malloc(c.bytes)};
  double *x = set_random(&a.view, 1), *y = set_random(&b.view, 2);
  memcpy(before, c.memory, c.bytes);
  for (int fused = 0; fused <= 1; fused++) expect(&p, x, y, &c, fused, want[fused]);
  for (int i = 0; i < ISAS; i++)
    if (tn__isa_runs(all[i])) check_isa(&p, &a, &b, &c, before, want[all[i] != TN__BASELINE], all[i]);
  free(a.memory), free(b.memory), free(c.memory), free(before), free(want[0]), free(want[1]);
  free(x), free(y);
}

#define COUNT(X) (sizeof(X) / sizeof *(X))

Test(gemm, small_shapes_of_both_layouts) {
  static const int64_t extents[] = {1, 2, 3, 7, 9, 16, 17, 33, 40}, depths[] = {0, 1, 2, 7, 17, 65};
  for (size_t d = 0; d < COUNT(types); d++)
    for (size_t i = 0; i < COUNT(extents); i++)
      for (size_t j = 0; j < COUNT(extents); j++)
        for (size_t k = 0; k < COUNT(depths); k++)
          for (int l = 0; l < 4; l++)
            check((problem){types[d], extents[i], extents[j], depths[k], l & 1 ? COLUMNS : WIDE_ROWS,
                            l & 2 ? COLUMNS : WIDE_ROWS, WIDE_ROWS, 1, 0, 0});
}

/* Every height of a tile and every width of its last vector, under every instruction set: in place, packed, and
 * packed in several parts of the inner dimension. */
Test(gemm, every_height_and_width_of_tiles) {
  static const int64_t widths[] = {1, 2, 3, 4, 6, 8, 13, 16, 25, 32, 33}, depths[] = {5, 70, 200};
  static const layout lefts[] = {WIDE_ROWS, COLUMNS, APART};
  for (size_t d = 0; d < COUNT(types); d++)
    for (int64_t m = 1; m <= 17; m++)
      for (size_t j = 0; j < COUNT(widths); j++)
        for (size_t k = 0; k < COUNT(depths); k++)
          for (int l = 0; l < 6; l++)
            check((problem){types[d], m, widths[j], depths[k], lefts[l % 3], l < 3 ? WIDE_ROWS : COLUMNS,
                            WIDE_ROWS, 1, 0, 0});
}

/* Rows are taken in blocks of 192 doubles or 384 floats: the last one may be a low tile. */
Test(gemm, a_few_rows_after_a_block) {
  static const int64_t widths[] = {4, 8, 13, 16, 33};
  for (size_t d = 0; d < COUNT(types); d++)
    for (int64_t rest = 1; rest <= 8; rest++)
      for (size_t j = 0; j < COUNT(widths); j++)
        for (int l = 0; l < 4; l++)
          check((problem){types[d], (types[d] == TN_F32 ? 384 : 192) + rest, widths[j], 200,
                          l & 1 ? COLUMNS : ROWS, l & 2 ? COLUMNS : ROWS, ROWS, 1, 0, 0});
}

Test(gemm, layers_of_networks) {
  static const int64_t shapes[][3] = {{32, 300, 1000}, {300, 32, 32}, {32, 16, 512},  {700, 16, 32},
                                      {3, 5, 1025},    {401, 67, 70}, {66, 131, 400}, {37, 401, 200},
                                      {80, 90, 193},   {450, 70, 65}, {2, 900, 70},   {900, 2, 70},
                                      {1, 500, 300},   {500, 1, 300}, {66, 530, 330}};
  for (size_t d = 0; d < COUNT(types); d++)
    for (size_t s = 0; s < COUNT(shapes); s++)
      for (int l = 0; l < 4; l++)
        check((problem){types[d], shapes[s][0], shapes[s][1], shapes[s][2], l & 1 ? COLUMNS : ROWS,
                        l & 2 ? COLUMNS : ROWS, s % 2 ? ROWS : COLUMNS, 1, 0, 0});
}

Test(gemm, any_strides_of_operands_and_result) {
  static const int64_t shapes[][3] = {{1, 1, 1}, {5, 9, 70}, {70, 40, 66}, {19, 140, 3}, {120, 3, 40}};
  for (size_t d = 0; d < COUNT(types); d++)
    for (size_t s = 0; s < COUNT(shapes); s++)
      for (int l = 0; l < LAYOUTS * LAYOUTS * REPEATED; l++)
        check((problem){types[d], shapes[s][0], shapes[s][1], shapes[s][2], l % LAYOUTS,
                        l / LAYOUTS % LAYOUTS, l / LAYOUTS / LAYOUTS, 1, 0, l % 4});
}

Test(gemm, alpha_and_beta) {
  static const double factors[][2] = {{2.5, 0}, {1, 1}, {-0.3, 0.7}, {0, 2}, {0, 0}, {1, -1}};
  static const layout results[] = {ROWS, COLUMNS, APART, UPWARDS};
  for (size_t d = 0; d < COUNT(types); d++)
    for (size_t f = 0; f < COUNT(factors); f++)
      for (size_t r = 0; r < COUNT(results); r++) {
        check((problem){types[d], 33, 45, 20, ROWS, COLUMNS, results[r], factors[f][0], factors[f][1], 1});
        check((problem){types[d], 130, 150, 200, COLUMNS, ROWS, results[r], factors[f][0], factors[f][1], 0});
        check((problem){types[d], 4, 3, 0, ROWS, ROWS, results[r], factors[f][0], factors[f][1], 0});
      }
}

/* What was never written is not read: NaN stays out. */
Test(gemm, beta_of_zero_reads_no_result) {
  float a[6] = {1, 2, 3, 4, 5, 6}, c[4] = {NAN, NAN, NAN, NAN};
  tn_view x = tn_matrix(a, TN_F32, 2, 3), y = tn_view_permute(x, (int[]){1, 0}),
          z = tn_matrix(c, TN_F32, 2, 2);
  tn_gemm(1, x, y, 0, z, 1);
  cr_expect(c[0] == 14 && c[1] == 32 && c[2] == 32 && c[3] == 77);
}

/* Rows and columns by themselves have the bits that they have in the whole, at any number of threads. */
Test(gemm, parts_are_as_in_the_whole) {
  enum { M = 97, N = 83, K = 210 };
  for (size_t d = 0; d < COUNT(types); d++)
    for (int l = 0; l < 4; l++) {
      matrix a = new_matrix(types[d], M, K, l & 1 ? COLUMNS : ROWS, 0),
             b = new_matrix(types[d], K, N, l & 2 ? COLUMNS : ROWS, 0),
             c = new_matrix(types[d], M, N, ROWS, 0), part = new_matrix(types[d], M, N, ROWS, 0);
      free(set_random(&a.view, 1)), free(set_random(&b.view, 2));
      tn_gemm(1, a.view, b.view, 0, c.view, 1);
      for (int64_t first = 0; first < M; first += 13)
        for (int64_t count = 1; first + count <= M; count += 29) {
          const int64_t column = first % N, columns = count < N - column ? count : N - column;
          tn_gemm(1, tn_view_slice(a.view, 0, first, 1, count), tn_view_slice(b.view, 1, column, 1, columns),
                  0, tn_view_slice(tn_view_slice(part.view, 0, first, 1, count), 1, column, 1, columns),
                  1 + (int)count % 3);
          for (int64_t i = first; i < first + count; i++)
            for (int64_t j = column; j < column + columns; j++)
              cr_assert_eq(tn_get(&part.view, i * N + j), tn_get(&c.view, i * N + j));
        }
      free(a.memory), free(b.memory), free(c.memory), free(part.memory);
    }
}

/* Large enough for threads and for every block. */
Test(gemm, same_bits_for_any_number_of_threads) {
  enum { M = 500, N = 410, K = 300 };
  for (size_t d = 0; d < COUNT(types); d++)
    for (int l = 0; l < 4; l++) {
      matrix a = new_matrix(types[d], M, K, l & 1 ? COLUMNS : ROWS, 0),
             b = new_matrix(types[d], K, N, l & 2 ? COLUMNS : ROWS, 0),
             c = new_matrix(types[d], M, N, ROWS, 0);
      unsigned char *first = malloc(c.bytes);
      free(set_random(&a.view, 1)), free(set_random(&b.view, 2));
      for (int threads = 1; threads <= 5; threads++) {
        tn_gemm(1, a.view, b.view, 0, c.view, threads);
        if (threads == 1) memcpy(first, c.memory, c.bytes);
        cr_assert_eq(memcmp(c.memory, first, c.bytes), 0);
        tn_fill(c.view, 0);
      }
      free(a.memory), free(b.memory), free(c.memory), free(first);
    }
}

/* Whatever is asked for, more or less than there are tiles to fetch it with. */
Test(gemm, prefetch_changes_nothing) {
  enum { M = 20, N = 70, K = 32 };
  static float x[K * M], y[K * N], z[M * N], again[M * N], memory[3][5000];
  const int64_t nx = K * M, ny = K * N;
  tn_rng_normal((tn_rng){.seed = 4, .stream = 1}, tn_view_of(x, TN_F32, 1, &nx));
  tn_rng_normal((tn_rng){.seed = 4, .stream = 2}, tn_view_of(y, TN_F32, 1, &ny));
  tn_view a = tn_view_permute(tn_matrix(x, TN_F32, K, M), (int[]){1, 0}), b = tn_matrix(y, TN_F32, K, N);
  tn_gemm(1, a, b, 0, tn_matrix(z, TN_F32, M, N), 1);
  for (int n = 1; n <= 3; n++)
    for (size_t bytes = 4; bytes <= sizeof memory[0]; bytes *= 17)
      for (int threads = 1; threads <= 2; threads++) {
        tn_prefetch next = {.from = {memory[0], memory[1], memory[2]}, .n = n, .bytes = bytes};
        memset(again, 0, sizeof again);
        tn_gemm_prefetch(a, b, tn_matrix(again, TN_F32, M, N), threads, &next);
        cr_assert_arr_eq(again, z, sizeof z);
      }
}

/* What the machine lacks is not tested: say so. */
Test(gemm, every_instruction_set) {
  static char lacking[64];
  for (int i = 0; i < ISAS; i++)
    if (!tn__isa_runs(all[i])) strcat(strcat(lacking, *lacking ? ", " : ""), isa_names[i]);
#ifndef __aarch64__
  if (!strcmp(lacking, "neon")) return;
#endif
  if (*lacking) cr_skip_test("this CPU lacks %s", lacking);
}

Test(gemm, instruction_set_by_name) {
  const char *wanted = getenv("NABLA_ISA");
  cr_expect_eq(tn__isa_named(NULL, TN__AVX512), TN__AVX512);
  cr_expect_eq(tn__isa_named("avx2", TN__AVX512), TN__AVX2);
  cr_expect_eq(tn__isa_named("baseline", TN__AVX512), TN__BASELINE);
  cr_expect_eq(tn__isa_named("baseline", TN__NEON), TN__BASELINE);
  cr_expect_eq(tn__isa_named("avx512", TN__AVX2), TN__AVX2);
  cr_expect_eq(tn__isa_named("avx512", TN__NEON), TN__NEON);
  cr_expect_eq(tn__isa_named("neon", TN__AVX2), TN__AVX2);
  cr_expect_eq(tn__isa_named("sse9", TN__AVX2), TN__AVX2);
  cr_expect_eq(tn__isa_named("", TN__BASELINE), TN__BASELINE);
  for (int i = 0; i < ISAS; i++) /* as this process was started */
    if (wanted && !strcmp(wanted, isa_names[i]) && tn__isa_runs(all[i]))
      cr_expect_str_eq(tn_simd_name(), wanted);
}
