/* kmeans.c - k-means (kmeans.h). Each restart is a pure function of (seed, restart number), and sums run in a
 * fixed order, so neither threads nor their schedule can change a bit of the result. */
#include "data/kmeans.h"

#include "data/random.h"
#include "interrupt.h"
#include "tensor/tensor.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The distance loops are compiled for the instruction sets that the library knows and use the one that it
 * uses. Without contraction (the build says so) all give the same bits. CLONED(f, (parameters),
 * (arguments)) makes f out of the always_inline function f_any; the first parameter is the problem p. */
#define ANY static inline __attribute__((always_inline))
#ifdef NABLA_WITHOUT_AVX512 /* CMake's NABLA_AVX512 is OFF */
#define CLONED_AVX512(NAME, PARAMETERS, ARGUMENTS)
#define IF_AVX512(NAME, ARGUMENTS)
#else
#define CLONED_AVX512(NAME, PARAMETERS, ARGUMENTS)                                                           \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2"))) static void NAME##_avx512 PARAMETERS {  \
    NAME##_any ARGUMENTS;                                                                                    \
  }
#define IF_AVX512(NAME, ARGUMENTS)                                                                           \
  if (p->avx512) NAME##_avx512 ARGUMENTS;                                                                    \
  else
#endif
#if defined(__x86_64__) && defined(__gnu_linux__)
#define CLONED(NAME, PARAMETERS, ARGUMENTS)                                                                  \
  CLONED_AVX512(NAME, PARAMETERS, ARGUMENTS)                                                                 \
  __attribute__((target("avx2"))) static void NAME##_avx2 PARAMETERS { NAME##_any ARGUMENTS; }               \
  static void NAME PARAMETERS {                                                                              \
    IF_AVX512(NAME, ARGUMENTS)                                                                               \
    if (p->avx2) NAME##_avx2 ARGUMENTS;                                                                      \
    else NAME##_any ARGUMENTS;                                                                               \
  }
#else
#define CLONED(NAME, PARAMETERS, ARGUMENTS)                                                                  \
  static void NAME PARAMETERS { NAME##_any ARGUMENTS; }
#endif

enum { BLOCK = 8, MAX_CANDIDATES = 16 }; /* centres per pass of the distance kernel; k-means++ candidates */

typedef struct problem {
  size_t n, d, k, max_iterations;
  size_t padded;   /* k rounded up to BLOCK */
  double *rows;    /* n x d */
  double *columns; /* d x n: the same, for distances of all rows to one point */
  uint64_t seed;
  bool avx512, avx2; /* what the library uses */
} problem;

/* What one thread needs; the arrays live through all of its restarts. */
typedef struct work {
  double *centers;            /* k x d */
  double *centers_by_column;  /* d x padded */
  double *moved, *half_gap;   /* k: last step of a centre; half its distance to the nearest other centre */
  double *upper, *lower;      /* n: bounds on the distances to the own and to the nearest other centre */
  double *distances;          /* padded */
  double *nearest, *trial[2]; /* n: squared distances, k-means++ */
  int32_t *labels;            /* n */
  size_t *sizes;              /* k */
} work;

/* The best restart so far. */
typedef struct best {
  double inertia;
  size_t restart;
  int32_t *labels; /* n */
  size_t n;
  bool enough; /* no restart found too few distinct rows */
} best;

static work new_work(const problem *p) {
  work w = {.centers = sbnn_alloc(p->k * p->d, sizeof(double)),
            .centers_by_column = sbnn_alloc(p->d * p->padded, sizeof(double)),
            .moved = sbnn_alloc(p->k, sizeof(double)),
            .half_gap = sbnn_alloc(p->k, sizeof(double)),
            .upper = sbnn_alloc(p->n, sizeof(double)),
            .lower = sbnn_alloc(p->n, sizeof(double)),
            .distances = sbnn_alloc(p->padded, sizeof(double)),
            .nearest = sbnn_alloc(p->n, sizeof(double)),
            .trial = {sbnn_alloc(p->n, sizeof(double)), sbnn_alloc(p->n, sizeof(double))},
            .labels = sbnn_alloc(p->n, sizeof(int32_t)),
            .sizes = sbnn_alloc(p->k, sizeof(size_t))};
  return w;
}

static void free_work(work *w) {
  double *arrays[] = {w->centers, w->centers_by_column, w->moved,   w->half_gap, w->upper,
                      w->lower,   w->distances,         w->nearest, w->trial[0], w->trial[1]};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]);
  free(w->labels);
  free(w->sizes);
}

/* ---- distances ---- */

static double squared_distance(const double *a, const double *b, size_t d) {
  double sum = 0;
  for (size_t t = 0; t < d; t++) sum += (a[t] - b[t]) * (a[t] - b[t]);
  return sum;
}

/* Squared distances of one row to all centres: BLOCK independent sums, which the compiler can vectorise. */
ANY void distances_to_centers_any(const problem *p, const double *restrict centers_by_column,
                                  const double *restrict x, double *restrict out) {
  for (size_t j = 0; j < p->padded; j += BLOCK) {
    double sum[BLOCK] = {0};
    for (size_t t = 0; t < p->d; t++) {
      const double *c = centers_by_column + t * p->padded + j;
      for (size_t u = 0; u < BLOCK; u++) sum[u] += (x[t] - c[u]) * (x[t] - c[u]);
    }
    memcpy(out + j, sum, sizeof sum);
  }
}
CLONED(distances_to_centers,
       (const problem *p, const double *restrict centers_by_column, const double *restrict x,
        double *restrict out),
       (p, centers_by_column, x, out))

/* Squared distances of all rows to one row, or `nearest` where that is smaller; *total becomes the sum. */
ANY void distances_to_row_any(const problem *p, size_t row, const double *restrict nearest,
                              double *restrict out, double *total) {
  const double *x = p->rows + row * p->d;
  memset(out, 0, p->n * sizeof *out);
  for (size_t t = 0; t < p->d; t++) {
    const double *restrict column = p->columns + t * p->n;
    const double at = x[t];
    for (size_t i = 0; i < p->n; i++) out[i] += (column[i] - at) * (column[i] - at);
  }
  double sum = 0;
  for (size_t i = 0; i < p->n; i++) sum += out[i] = nearest && nearest[i] < out[i] ? nearest[i] : out[i];
  *total = sum;
}
CLONED(distances_to_row,
       (const problem *p, size_t row, const double *restrict nearest, double *restrict out, double *total),
       (p, row, nearest, out, total))

/* ---- k-means++ ---- */

/* A row with probability proportional to `weight`, whose sum in this order is `total` > 0. Never one of
 * weight 0. */
static size_t draw(const double *weight, size_t n, double total, double uniform) {
  double sum = 0;
  size_t last = 0;
  for (size_t i = 0; i < n; i++) {
    sum += weight[i];
    if (weight[i] > 0) last = i;
    if (weight[i] > 0 && sum > uniform * total) break;
  }
  return last;
}

static size_t candidates_per_step(size_t k) {
  size_t n = 2;
  for (double e = 2.718281828459045; (double)k >= e && n < MAX_CANDIDATES; e *= 2.718281828459045) n++;
  return n; /* 2 + floor(log(k)) */
}

/* Greedy k-means++ (Arthur & Vassilvitskii 2007): of a few rows drawn by squared distance, the one that
 * lowers the inertia most. False if the rows run out of distinct values. */
static bool choose_starts(const problem *p, size_t restart, work *w) {
  const sbnn_stream s = {p->seed, SBNN_STREAM_KMEANS, (uint32_t)restart};
  const size_t candidates = candidates_per_step(p->k);
  uint64_t drawn = 0;
  size_t row = (size_t)sbnn_random_below(s, drawn++, p->n);
  memcpy(w->centers, p->rows + row * p->d, p->d * sizeof(double));
  double total;
  distances_to_row(p, row, NULL, w->nearest, &total);
  for (size_t j = 1; j < p->k; j++) {
    if (!(total > 0)) return false;
    double lowest = 0;
    size_t chosen = SIZE_MAX;
    for (size_t c = 0; c < candidates; c++) {
      row = draw(w->nearest, p->n, total, sbnn_random_uniform(s, drawn++));
      double sum;
      distances_to_row(p, row, w->nearest, w->trial[0], &sum);
      if (chosen != SIZE_MAX && sum >= lowest) continue;
      lowest = sum;
      chosen = row;
      double *swap = w->trial[0];
      w->trial[0] = w->trial[1];
      w->trial[1] = swap;
    }
    total = lowest;
    double *swap = w->nearest;
    w->nearest = w->trial[1];
    w->trial[1] = swap;
    memcpy(w->centers + j * p->d, p->rows + chosen * p->d, p->d * sizeof(double));
  }
  return true;
}

/* ---- Lloyd with Hamerly's bounds (2010) ---- */

static void spread_centers(const problem *p, work *w) {
  for (size_t j = 0; j < p->k; j++)
    for (size_t t = 0; t < p->d; t++) w->centers_by_column[t * p->padded + j] = w->centers[j * p->d + t];
}

static void measure_gaps(const problem *p, work *w) {
  for (size_t j = 0; j < p->k; j++) {
    double least = INFINITY;
    distances_to_centers(p, w->centers_by_column, w->centers + j * p->d, w->distances);
    for (size_t c = 0; c < p->k; c++)
      if (c != j && w->distances[c] < least) least = w->distances[c];
    w->half_gap[j] = 0.5 * sqrt(least);
  }
}

/* Looks at all centres; true if the label has changed. Of equally near centres the first is taken. */
static bool scan(const problem *p, work *w, size_t i) {
  double first = INFINITY, second = INFINITY;
  int32_t label = 0;
  distances_to_centers(p, w->centers_by_column, p->rows + i * p->d, w->distances);
  for (size_t j = 0; j < p->k; j++) {
    double v = w->distances[j];
    if (v < first) second = first, first = v, label = (int32_t)j;
    else if (v < second) second = v;
  }
  w->upper[i] = sqrt(first);
  w->lower[i] = sqrt(second);
  bool changed = label != w->labels[i];
  w->labels[i] = label;
  return changed;
}

/* Assigns every row to its nearest centre; a row whose bounds exclude any other centre is passed over. The
 * slack covers the bounds' rounding. Returns how many labels changed. */
static size_t assign(const problem *p, work *w) {
  const double slack = 1 + 1e-9;
  size_t changes = 0;
  for (size_t i = 0; i < p->n; i++) {
    size_t own = (size_t)w->labels[i];
    double safe = w->half_gap[own] > w->lower[i] ? w->half_gap[own] : w->lower[i];
    if (w->upper[i] * slack < safe) continue;
    w->upper[i] = sqrt(squared_distance(p->rows + i * p->d, w->centers + own * p->d, p->d));
    if (w->upper[i] * slack < safe) continue;
    changes += scan(p, w, i);
  }
  return changes;
}

/* Gives every empty cluster the row farthest from its own centre, out of a cluster that can spare one. */
static size_t fill_empty(const problem *p, work *w) {
  size_t moved = 0;
  for (size_t j = 0; j < p->k; j++) {
    if (w->sizes[j] > 0) continue;
    double most = -1;
    size_t far = 0;
    for (size_t i = 0; i < p->n; i++) {
      size_t own = (size_t)w->labels[i];
      double v = squared_distance(p->rows + i * p->d, w->centers + own * p->d, p->d);
      if (w->sizes[own] > 1 && v > most) most = v, far = i;
    }
    w->sizes[w->labels[far]]--;
    w->sizes[j] = 1;
    w->labels[far] = (int32_t)j;
    memcpy(w->centers + j * p->d, p->rows + far * p->d, p->d * sizeof(double)); /* its distance is now 0 */
    moved++;
  }
  return moved;
}

static void count_sizes(const problem *p, work *w) {
  memset(w->sizes, 0, p->k * sizeof *w->sizes);
  for (size_t i = 0; i < p->n; i++) w->sizes[w->labels[i]]++;
}

/* Moves the centres to the means of their rows; `moved` is how far. */
static void update_centers(const problem *p, work *w) {
  double *means = w->centers_by_column; /* free until spread_centers; k x d here */
  memset(means, 0, p->k * p->d * sizeof *means);
  for (size_t i = 0; i < p->n; i++) {
    double *mean = means + (size_t)w->labels[i] * p->d;
    const double *x = p->rows + i * p->d;
    for (size_t t = 0; t < p->d; t++) mean[t] += x[t];
  }
  for (size_t j = 0; j < p->k; j++) {
    double *mean = means + j * p->d;
    for (size_t t = 0; t < p->d; t++) mean[t] /= (double)w->sizes[j];
    w->moved[j] = sqrt(squared_distance(mean, w->centers + j * p->d, p->d));
  }
  memcpy(w->centers, means, p->k * p->d * sizeof *means);
  memset(w->centers_by_column, 0, p->d * p->padded * sizeof *means);
  spread_centers(p, w);
}

static void loosen_bounds(const problem *p, work *w) {
  double most = 0;
  for (size_t j = 0; j < p->k; j++) most = w->moved[j] > most ? w->moved[j] : most;
  for (size_t i = 0; i < p->n; i++) {
    w->upper[i] += w->moved[w->labels[i]];
    w->lower[i] -= most;
  }
}

static void forget_bounds(const problem *p, work *w) {
  for (size_t i = 0; i < p->n; i++) w->upper[i] = INFINITY, w->lower[i] = 0;
}

static void iterate(const problem *p, work *w) {
  spread_centers(p, w);
  memset(w->labels, 0, p->n * sizeof *w->labels);
  for (size_t i = 0; i < p->n; i++) scan(p, w, i);
  for (size_t iteration = 0; iteration < p->max_iterations; iteration++) {
    count_sizes(p, w);
    size_t moved = fill_empty(p, w);
    update_centers(p, w);
    if (moved) forget_bounds(p, w);
    else loosen_bounds(p, w);
    measure_gaps(p, w);
    if (assign(p, w) == 0) break;
  }
  count_sizes(p, w); /* if stopped early, the centres are still those of the labels before */
  if (fill_empty(p, w) == 0) update_centers(p, w);
}

/* ---- exchanges ---- */

/* Moves row i from cluster a to b: both means follow. */
static void move_row(const problem *p, work *w, size_t i, size_t a, size_t b) {
  const double *x = p->rows + i * p->d, from = (double)w->sizes[a], to = (double)w->sizes[b];
  for (size_t t = 0; t < p->d; t++) {
    double *ca = &w->centers[a * p->d + t], *cb = &w->centers[b * p->d + t];
    *ca += (*ca - x[t]) / (from - 1);
    *cb += (x[t] - *cb) / (to + 1);
    w->centers_by_column[t * p->padded + a] = *ca;
    w->centers_by_column[t * p->padded + b] = *cb;
  }
  w->sizes[a]--, w->sizes[b]++;
  w->labels[i] = (int32_t)b;
}

/* The cluster that row i had better be in: leaving the own one takes n/(n-1) of the squared distance off the
 * inertia, joining another adds n/(n+1) of it. */
static size_t better_cluster(const problem *p, work *w, size_t i) {
  size_t own = (size_t)w->labels[i], better = own;
  double n = (double)w->sizes[own];
  if (w->sizes[own] < 2) return own;
  distances_to_centers(p, w->centers_by_column, p->rows + i * p->d, w->distances);
  double least = w->distances[own] * (n / (n - 1)) * (1 - 1e-9); /* rounding is no gain */
  for (size_t j = 0; j < p->k; j++) {
    double m = (double)w->sizes[j], cost = w->distances[j] * (m / (m + 1));
    if (j != own && cost < least) least = cost, better = j;
  }
  return better;
}

/* Single rows change clusters as long as that lowers the inertia (Hartigan 1975), which escapes from where
 * Lloyd's iteration stands still: there each row has its nearest centre, but no allowance is made for the
 * centres moving along. Where no exchange is left, Lloyd's conditions hold too. */
static void exchange(const problem *p, work *w) {
  size_t since = 0; /* rows looked at since the last exchange */
  for (size_t i = 0, looks = 0; since < p->n && looks < p->max_iterations * p->n;
       i = (i + 1) % p->n, looks++) {
    size_t own = (size_t)w->labels[i], better = better_cluster(p, w, i);
    since = better == own ? since + 1 : 0;
    if (better != own) move_row(p, w, i, own, better);
  }
  update_centers(p, w); /* without the rounding of many moves */
}

static double inertia_of(const problem *p, const work *w) {
  double sum = 0;
  for (size_t i = 0; i < p->n; i++)
    sum += squared_distance(p->rows + i * p->d, w->centers + (size_t)w->labels[i] * p->d, p->d);
  return sum;
}

/* ---- restarts ---- */

static void keep_better(best *b, double inertia, size_t restart, const int32_t *labels) {
  if (inertia > b->inertia || (inertia == b->inertia && restart > b->restart)) return;
  b->inertia = inertia;
  b->restart = restart;
  memcpy(b->labels, labels, b->n * sizeof *labels);
}

typedef struct search {
  const problem *p;
  atomic_size_t next; /* restart */
  size_t restarts;
  best *best; /* one a worker */
} search;

/* Takes restarts until there are none left, or one found too few distinct rows (then all do). */
static void work_on(void *ctx, int64_t worker) {
  search *s = ctx;
  const problem *p = s->p;
  best *own = &s->best[worker];
  work w = new_work(p);
  for (size_t r; own->enough && (r = atomic_fetch_add(&s->next, 1)) < s->restarts && !sbnn_interrupted();) {
    if (!(own->enough = choose_starts(p, r, &w))) break;
    iterate(p, &w);
    exchange(p, &w);
    keep_better(own, inertia_of(p, &w), r, w.labels);
  }
  free_work(&w);
}

/* The best of all restarts; not `enough` if there are too few distinct rows. */
static best run_restarts(const problem *p, size_t restarts, int threads) {
  search s = {.p = p, .restarts = restarts, .best = sbnn_alloc((size_t)threads, sizeof *s.best)};
  for (int t = 0; t < threads; t++)
    s.best[t] = (best){INFINITY, SIZE_MAX, sbnn_alloc(p->n, sizeof(int32_t)), p->n, true};
  tn_parallel_for(threads, threads, work_on, &s);
  best overall = s.best[0];
  for (int t = 1; t < threads; t++) {
    overall.enough &= s.best[t].enough;
    keep_better(&overall, s.best[t].inertia, s.best[t].restart, s.best[t].labels);
    free(s.best[t].labels);
  }
  free(s.best);
  return overall;
}

/* Sizes and centres from the winning labels. */
static void finish(const problem *p, const best *b, sbnn_kmeans *r) {
  *r = (sbnn_kmeans){.n = p->n, .d = p->d, .k = p->k, .inertia = b->inertia, .restart = b->restart};
  r->labels = b->labels;
  r->centers = sbnn_alloc(p->k * p->d, sizeof *r->centers);
  r->sizes = sbnn_alloc(p->k, sizeof *r->sizes);
  for (size_t i = 0; i < p->n; i++) {
    size_t own = (size_t)b->labels[i];
    r->sizes[own]++;
    for (size_t t = 0; t < p->d; t++) r->centers[own * p->d + t] += p->rows[i * p->d + t];
  }
  for (size_t j = 0; j < p->k; j++)
    for (size_t t = 0; t < p->d; t++) r->centers[j * p->d + t] /= (double)r->sizes[j];
}

int sbnn_kmeans_fit(const float *data, size_t n, size_t d, const sbnn_kmeans_options *o, sbnn_kmeans *r,
                    sbnn_error *e) {
  *r = (sbnn_kmeans){0};
  problem p = {.n = n,
               .d = d,
               .seed = o->seed,
               .avx512 = !strcmp(tn_simd_name(), "avx512"),
               .avx2 = !strcmp(tn_simd_name(), "avx2")};
  p.k = o->clusters ? o->clusters : 20;
  p.max_iterations = o->max_iterations ? o->max_iterations : 300;
  p.padded = (p.k + BLOCK - 1) / BLOCK * BLOCK;
  if (n < p.k)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%zu cells cannot make %zu clusters; give more cells or fewer --clusters", n, p.k);
  p.rows = sbnn_alloc(n * d, sizeof *p.rows);
  p.columns = sbnn_alloc(n * d, sizeof *p.columns);
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < d; t++) p.rows[i * d + t] = p.columns[t * n + i] = (double)data[i * d + t];
  int code = SBNN_OK;
  best b = run_restarts(&p, o->restarts ? o->restarts : 1000, o->threads > 0 ? o->threads : 1);
  if (sbnn_interrupted()) {
    code = sbnn_fail(e, SBNN_INTERRUPTED, "interrupted in k-means; nothing was written");
    free(b.labels);
  } else if (b.enough) {
    finish(&p, &b, r);
  } else {
    code =
        sbnn_fail(e, SBNN_BAD_INPUT,
                  "the responses of the %zu cells have fewer than %zu distinct rows and cannot make as many "
                  "clusters; give more cells or fewer --clusters",
                  n, p.k);
    free(b.labels);
  }
  free(p.rows);
  free(p.columns);
  return code;
}

void sbnn_kmeans_free(sbnn_kmeans *r) {
  free(r->labels);
  free(r->centers);
  free(r->sizes);
  *r = (sbnn_kmeans){0};
}
