/* limits.c - what this machine can do at best: multiply-adds of one core and of all, and bandwidth from each
 * level of memory. Every other figure is to be read beside these, from the same run. */
#include "bench.h"
#include "tensor/tensor.h"

enum { SAMPLES = 9, MAX_THREADS = 64 };

typedef struct crew { /* each thread's own rate, in its own CPU time */
  double rate[MAX_THREADS];
  size_t bytes; /* 0: multiply-adds */
  int repeats;
  bool read;
} crew;

/* The sum of x, by loads as wide as the instruction set has. */
#define SUM_OF(NAME, ATTRIBUTE, WIDTH)                                                                       \
  __attribute__((noinline)) ATTRIBUTE static float NAME(const float *x, int64_t n) {                         \
    enum { CHAINS = 12 };                                                                                    \
    typedef float vec __attribute__((vector_size(4 * WIDTH), aligned(4)));                                   \
    vec part[CHAINS] = {0};                                                                                  \
    float sum = 0;                                                                                           \
    for (int64_t i = 0; i + CHAINS * WIDTH <= n; i += CHAINS * WIDTH) {                                      \
      BENCH_UNROLL for (int k = 0; k < CHAINS; k++) part[k] += *(const vec *)(x + i + k * WIDTH);            \
    }                                                                                                        \
    for (int k = 0; k < CHAINS; k++) sum += part[k][0];                                                      \
    __asm__ volatile("" ::: "memory"); /* called again with the same arguments: not the same call */         \
    return sum;                                                                                              \
  }
SUM_OF(sum_of_baseline, , 4)
#if defined(__x86_64__) && defined(__gnu_linux__)
SUM_OF(sum_of_avx2, __attribute__((target("avx2"))), 8)
SUM_OF(sum_of_avx512, __attribute__((target("avx512f"))), 16)
#endif

static float sum_of(const float *x, int64_t n) {
#if defined(__x86_64__) && defined(__gnu_linux__)
  if (!strcmp(tn_simd_name(), "avx512")) return sum_of_avx512(x, n);
  if (!strcmp(tn_simd_name(), "avx2")) return sum_of_avx2(x, n);
#endif
  return sum_of_baseline(x, n);
}

static double read_rate(const float *x, size_t bytes, int repeats) {
  int64_t n = (int64_t)(bytes / sizeof *x);
  float sink = sum_of(x, n);
  double start = bench_now();
  for (int r = 0; r < repeats; r++) sink += sum_of(x, n);
  double rate = (double)bytes * repeats / (bench_now() - start) * 1e-9;
  if (sink == 1) fprintf(stderr, " ");
  return rate;
}

static void one(void *ctx, int64_t i) {
  crew *c = ctx;
  if (c->bytes == 0) {
    c->rate[i] = bench_fma_rate(3000000);
    return;
  }
  float *x = calloc(c->bytes, 1);
  if (!x) return;
  memset(x, 0, c->bytes); /* real pages */
  c->rate[i] = c->read ? read_rate(x, c->bytes, c->repeats) : bench_triad_rate(x, c->bytes, c->repeats);
  free(x);
}

static void measure(const char *name, const char *unit, size_t bytes, bool read, int threads) {
  double sums[SAMPLES];
  char row[64];
  for (int s = 0; s < SAMPLES; s++) {
    crew c = {.bytes = bytes, .read = read, .repeats = (int)((64u << 20) / (bytes + 1)) + 1};
    tn_parallel_for(threads, threads, one, &c);
    sums[s] = 0;
    for (int i = 0; i < threads; i++) sums[s] += c.rate[i];
  }
  snprintf(row, sizeof row, "%s, %d thread%s", name, threads, threads > 1 ? "s" : "");
  bench_row(row, unit, sums, SAMPLES);
  putchar('\n');
  fflush(stdout);
}

int main(void) {
  static const struct {
    const char *name;
    size_t bytes;
  } levels[] = {
      {"L1 24 KB", 24 << 10}, {"L2 600 KB", 600 << 10}, {"L3 12 MB", 12 << 20}, {"memory 192 MB", 192 << 20}};
  int all = tn_max_threads() < MAX_THREADS ? tn_max_threads() : MAX_THREADS;
  printf("what\tunit\tmedian\tmin\tmax\n");
  for (int threads = 1; threads <= all; threads += all > 1 ? all - 1 : 1) {
    char name[64];
    measure("multiply-adds f32", "GFLOP/s", 0, false, threads);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
      snprintf(name, sizeof name, "read %s", levels[i].name);
      measure(name, "GB/s", levels[i].bytes, true, threads);
      snprintf(name, sizeof name, "triad %s", levels[i].name);
      measure(name, "GB/s", levels[i].bytes, false, threads);
    }
  }
  return 0;
}
