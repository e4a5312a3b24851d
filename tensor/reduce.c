/* reduce.c - sums and maxima over any axes. The order of additions is fixed and never depends on threads or
 * vectors. A contiguous run is summed in a tree: 16 interleaved partial sums per block, then blocks pairwise.
 * A sum over outer axes adds whole rows in order; many rows of few columns are added in eight parts, whose
 * sums are added. */
#include "tensor/isa.h"
#include "tensor/threads.h"
#include "tensor/vmath.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
  LANES = 16,
  QUAD = 16, /* bytes of the vectors that sums are kept in: every instruction set has these */
  MOST_QUADS = 16,
  BLOCK = 512,
  ROWS = 4,
  NARROW = 128, /* columns: so few sums are kept in registers */
  TALL = 8192,  /* rows of few columns: so many are added in parts */
  PARTS = 8
};

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
    typedef T quad __attribute__((vector_size(QUAD)));                                                       \
    enum { EACH = QUAD / sizeof(T), QUADS = LANES / EACH };                                                  \
    quad sum[ROWS][QUADS] = {0}, X;                                                                          \
    for (int64_t i = 0; i < n; i += LANES) {                                                                 \
      TN__UNROLL for (int r = 0; r < ROWS; r++) TN__UNROLL for (int q = 0; q < QUADS; q++) {                 \
        memcpy(&X, x + r * n + i + q * EACH, sizeof X);                                                      \
        sum[r][q] += EXPR;                                                                                   \
      }                                                                                                      \
    }                                                                                                        \
    T part[LANES][ROWS];                                                                                     \
    for (int k = 0; k < LANES; k++)                                                                          \
      for (int r = 0; r < ROWS; r++) part[k][r] = sum[r][k / EACH][k % EACH];                                \
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

/* A NaN stays. Without branches, so that loops become vectors. */
#define LARGER(x, y) ((((x) >= (y)) | ((x) != (x))) ? (x) : (y))

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
    TN_IVDEP for (int64_t i = 0; i < n; i++) to[i] = LARGER(to[i], x[i]);                                    \
  }                                                                                                          \
  TN_BY_ISA(max_row_##S, (T *restrict to, const T *restrict x, int64_t n), (to, x, n))                       \
  TN_ANY void max_lanes_##S##_any(const T *x, int64_t n, T *to) {                                            \
    enum { MANY = 4 * LANES };                                                                               \
    T part[MANY];                                                                                            \
    int64_t i = 0;                                                                                           \
    for (int k = 0; k < MANY; k++) part[k] = (T)-INFINITY;                                                   \
    for (; i + MANY <= n; i += MANY) max_row_##S##_any(part, x + i, MANY);                                   \
    max_row_##S##_any(part, x + i, n - i);                                                                   \
    for (int width = MANY / 2; width; width /= 2) max_row_##S##_any(part, part + width, width);              \
    *to = part[0];                                                                                           \
  }                                                                                                          \
  TN_BY_ISA(max_lanes_##S, (const T *x, int64_t n, T *to), (x, n, to))                                       \
  static T max_run_##S(const T *x, int64_t n) {                                                              \
    T best;                                                                                                  \
    max_lanes_##S(x, n, &best);                                                                              \
    return best;                                                                                             \
  }                                                                                                          \
  /* Adds rows of few columns, one after the other; the sums stay in registers. */                           \
  TN_ANY void add_stripe_##S##_any(T *to, const T *x, int64_t rows, int64_t n, int quads) {                  \
    typedef T quad __attribute__((vector_size(QUAD)));                                                       \
    enum { EACH = QUAD / sizeof(T) };                                                                        \
    quad sum[MOST_QUADS], X;                                                                                 \
    TN__UNROLL for (int q = 0; q < quads; q++) memcpy(&sum[q], to + q * EACH, sizeof X);                     \
    for (int64_t r = 0; r < rows; r++, x += n)                                                               \
      TN__UNROLL for (int q = 0; q < quads; q++) memcpy(&X, x + q * EACH, sizeof X), sum[q] += X;            \
    TN__UNROLL for (int q = 0; q < quads; q++) memcpy(to + q * EACH, &sum[q], sizeof X);                     \
  }                                                                                                          \
  TN_ANY void add_rows_##S##_any(T *to, const T *x, int64_t rows, int64_t n) {                               \
    enum { EACH = QUAD / sizeof(T) };                                                                        \
    int64_t j = 0;                                                                                           \
    for (; j + MOST_QUADS * EACH <= n; j += MOST_QUADS * EACH)                                               \
      add_stripe_##S##_any(to + j, x + j, rows, n, MOST_QUADS);                                              \
    for (; j + 4 * EACH <= n; j += 4 * EACH) add_stripe_##S##_any(to + j, x + j, rows, n, 4);                \
    for (; j + EACH <= n; j += EACH) add_stripe_##S##_any(to + j, x + j, rows, n, 1);                        \
    for (; j < n; j++) {                                                                                     \
      T sum = to[j];                                                                                         \
      for (int64_t r = 0; r < rows; r++) sum += x[r * n + j];                                                \
      to[j] = sum;                                                                                           \
    }                                                                                                        \
  }                                                                                                          \
  TN_BY_ISA(add_rows_##S, (T * to, const T *x, int64_t rows, int64_t n), (to, x, rows, n))                   \
  static T fold_run_##S(tn_reduction op, const T *x, int64_t n) {                                            \
    return op == TN_SUM ? sum_##S##_run(x, n) : op == TN_MAX ? max_run_##S(x, n) : squares_##S##_run(x, n);  \
  }                                                                                                          \
  /* Reduces n short rows, ROWS at a time; returns the number of rows done. */                               \
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
    if (op == TN_MAX) *to = LARGER(*to, x);                                                                  \
    else *to += x;                                                                                           \
  }

BLOCK_SUM(sum_f32, float, X)
BLOCK_SUM(squares_f32, float, X *X)
BLOCK_SUM(sum_f64, double, X)
BLOCK_SUM(squares_f64, double, X *X)
ROW_FOLDS(float, f32)
ROW_FOLDS(double, f64)

/* The shape with adjacent axes of one kind (kept or reduced) merged, so that loops run over few, long axes.
 * `in` must be contiguous. */
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
    if (axis == s->rank - 2 && s->reduced[axis] && op == TN_SUM && s->extent[axis + 1] <= NARROW) {          \
      add_rows_##S(to, x, n, s->extent[axis + 1]);                                                           \
      return x + n * s->extent[axis + 1];                                                                    \
    }                                                                                                        \
    for (int64_t i = done; i < n; i++)                                                                       \
      x = walk_##S(op, s, axis + 1, x, s->reduced[axis] ? to : to + i * below);                              \
    return x;                                                                                                \
  }

WALK(float, f32)
WALK(double, f64)

typedef struct job {
  tn_reduction op;
  shape3 s;
  tn_dtype dtype;
  const char *x;
  char *to;
  int64_t parts, below_in, below_out; /* ranges of axis 0; elements per index of axis 0 */
} job;

static void walk(const job *j, const shape3 *s, const char *x, char *to) {
  if (j->dtype == TN_F32) walk_f32(j->op, s, 0, (const float *)(const void *)x, (float *)(void *)to);
  else walk_f64(j->op, s, 0, (const double *)(const void *)x, (double *)(void *)to);
}

/* Computes the results of one range of axis 0, which is kept. */
static void run_results(void *ctx, int64_t i) {
  const job *j = ctx;
  shape3 s = j->s;
  int64_t size = (int64_t)tn_dtype_size(j->dtype), first = s.extent[0] * i / j->parts;
  s.extent[0] = s.extent[0] * (i + 1) / j->parts - first;
  if (s.extent[0]) walk(j, &s, j->x + first * j->below_in * size, j->to + first * j->below_out * size);
}

/* Sums one range of the rows into a buffer of its own. */
static void run_rows(void *ctx, int64_t i) {
  const job *j = ctx;
  int64_t n = j->s.extent[1], size = (int64_t)tn_dtype_size(j->dtype), first = j->s.extent[0] * i / PARTS,
          rows = j->s.extent[0] * (i + 1) / PARTS - first;
  char *to = j->to + i * NARROW * size;
  const char *x = j->x + first * n * size;
  memset(to, 0, (size_t)(n * size));
  if (j->dtype == TN_F32) add_rows_f32((float *)(void *)to, (const float *)(const void *)x, rows, n);
  else add_rows_f64((double *)(void *)to, (const double *)(const void *)x, rows, n);
}

static bool is_tall(tn_reduction op, const shape3 *s) {
  return op == TN_SUM && s->rank == 2 && s->reduced[0] && !s->reduced[1] && s->extent[0] >= TALL &&
         s->extent[1] <= NARROW;
}

static void sum_in_parts(job *j, tn_view out, int threads) {
  _Alignas(64) double parts[PARTS * NARROW];
  j->to = (char *)parts;
  tn__parallel_near(PARTS, threads, run_rows, j);
  if (j->dtype == TN_F32)
    for (int i = 0; i < PARTS; i++)
      add_row_f32(out.data, (float *)(void *)parts + i * NARROW, j->s.extent[1]);
  else
    for (int i = 0; i < PARTS; i++) add_row_f64(out.data, parts + i * NARROW, j->s.extent[1]);
}

void tn_reduce(tn_reduction op, tn_view in, unsigned axes, tn_view out) { tn__reduce(op, in, axes, out, 1); }

void tn__reduce(tn_reduction op, tn_view in, unsigned axes, tn_view out, int threads) {
  enum { WORTH_THREADS = 1 << 15 /* elements */ };
  assert(tn_view_contiguous(&in) && tn_view_contiguous(&out) && in.dtype == out.dtype);
  tn_fill(out, op == TN_MAX ? -INFINITY : 0);
  int64_t numel = tn_view_numel(&in);
  if (numel == 0) return;
  job j = {.op = op, .s = merged(&in, axes), .dtype = in.dtype, .x = in.data, .to = out.data, .parts = 1};
  if (j.s.rank == 0) j.s = (shape3){.rank = 1, .extent = {1}, .reduced = {true}};
  if (numel < WORTH_THREADS) threads = 1;
  if (is_tall(op, &j.s)) {
    sum_in_parts(&j, out, threads);
    return;
  }
  if (j.s.rank < 2 || j.s.reduced[0] || threads < 2) {
    walk(&j, &j.s, j.x, j.to);
    return;
  }
  j.parts = 4 * (int64_t)threads;
  j.below_in = numel / j.s.extent[0], j.below_out = tn_view_numel(&out) / j.s.extent[0];
  tn__parallel_near(j.parts, threads, run_results, &j);
}
