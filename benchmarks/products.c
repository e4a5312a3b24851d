/* products.c - the matrix products of usual networks, each layer forward and its two gradients, in f32 and
 * f64, under each instruction set of this CPU: rate, share of the peak of multiply-adds, time over its bound,
 * and BLIS (with its kernels for the same instruction set) beside it.
 *
 *   products [ROUNDS [TEXT]]     only the products whose name contains TEXT
 *
 * In each round the peak, the product, BLIS and the rate of a triad over as many bytes as the product touches
 * are timed one after the other, so that a busy machine disturbs all alike; medians of the rounds' ratios.
 * The bound is the multiply-adds at the peak, or all operands and the result once at the triad's rate,
 * whichever takes longer. */
#include "bench.h"

#include <sys/wait.h>
#include <unistd.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <blis.h>
#pragma GCC diagnostic pop

enum { MOST_ROUNDS = 1000 };
static const double SAMPLE = 2e-4; /* seconds of one timing */

static const struct layer {
  const char *name;
  int64_t rows, in, out;
} layers[] = {
    {"sbnn 1", 32, 1000, 512},        {"sbnn 2", 32, 512, 128},       {"sbnn 3", 32, 128, 2},
    {"mlp 1", 128, 784, 512},         {"mlp 2", 128, 512, 512},       {"mlp 3", 128, 512, 10},
    {"lstm step", 32, 256, 1024},     {"lstm input", 4096, 96, 1024}, {"gru step", 32, 64, 192},
    {"gpt attention", 256, 384, 384}, {"gpt up", 256, 384, 1536},     {"gpt down", 256, 1536, 384},
    {"gpt scores", 256, 64, 256},     {"gpt values", 256, 256, 64},   {"vae 1", 128, 2000, 128},
    {"16 cubed", 16, 16, 16},         {"64 cubed", 64, 64, 64},       {"256 cubed", 256, 256, 256},
};

typedef struct product {
  tn_view a, b, c;
  double alpha;
} product;

static void by_ours(const product *p) { tn_gemm(1, p->a, p->b, 0, p->c, 1); }

static void by_blis(const product *p) {
  const dim_t m = p->c.shape[0], n = p->c.shape[1], k = p->a.shape[1];
  const trans_t as_is = BLIS_NO_TRANSPOSE;
  rntm_t runtime;
  bli_rntm_init(&runtime);
  bli_rntm_set_num_threads(1, &runtime);
  float one = 1, zero = 0;
  double one64 = 1, zero64 = 0;
  if (p->c.dtype == TN_F32)
    bli_sgemm_ex(as_is, as_is, m, n, k, &one, p->a.data, p->a.stride[0], p->a.stride[1], p->b.data,
                 p->b.stride[0], p->b.stride[1], &zero, p->c.data, n, 1, NULL, &runtime);
  else
    bli_dgemm_ex(as_is, as_is, m, n, k, &one64, p->a.data, p->a.stride[0], p->a.stride[1], p->b.data,
                 p->b.stride[0], p->b.stride[1], &zero64, p->c.data, n, 1, NULL, &runtime);
}

/* Seconds of one call, by as many as fill a sample. */
static double seconds_of(void (*multiply)(const product *), const product *p, double guess) {
  const int repeats = guess < SAMPLE ? (int)(SAMPLE / guess) + 1 : 1;
  const double start = bench_now();
  for (int r = 0; r < repeats; r++) multiply(p);
  return (bench_now() - start) / repeats;
}

static void measure(const char *name, const char *which, const product *p, float *memory, int rounds) {
  static double rate[MOST_ROUNDS], of_peak[MOST_ROUNDS], over[MOST_ROUNDS], to_blis[MOST_ROUNDS];
  const double flops = 2.0 * (double)tn_view_numel(&p->c) * (double)p->a.shape[1],
               bytes = (double)(tn_view_bytes(&p->a) + tn_view_bytes(&p->b) + tn_view_bytes(&p->c));
  const double half = p->c.dtype == TN_F64 ? 0.5 : 1;
  double ours = seconds_of(by_ours, p, SAMPLE), blis = seconds_of(by_blis, p, SAMPLE);
  for (int r = 0; r < rounds; r++) {
    const double peak = half * bench_fma_rate(20000) * 1e9;
    ours = seconds_of(by_ours, p, ours);
    blis = seconds_of(by_blis, p, blis);
    const double triad = bench_triad_rate(memory, (size_t)bytes, (int)(4e6 / bytes) + 1) * 1e9;
    const double bound = flops / peak > bytes / triad ? flops / peak : bytes / triad;
    rate[r] = flops / ours * 1e-9;
    of_peak[r] = flops / ours / peak * 100;
    over[r] = ours / bound;
    to_blis[r] = blis / ours;
  }
  bench_sort(rate, rounds), bench_sort(of_peak, rounds), bench_sort(over, rounds),
      bench_sort(to_blis, rounds);
  const int mid = rounds / 2;
  printf("%s\t%s\t%s\t%s\t%dx%dx%d\t%.1f\t%.0f\t%.2f\t%.2f\n", tn_simd_name(), tn_dtype_name(p->c.dtype),
         name, which, (int)p->c.shape[0], (int)p->a.shape[1], (int)p->c.shape[1], rate[mid], of_peak[mid],
         over[mid], to_blis[mid]);
  fflush(stdout);
}

static tn_view random_matrix(tn_dtype dtype, int64_t rows, int64_t columns) {
  const int64_t n = rows * columns;
  void *x = tn_malloc(NULL, (size_t)n * tn_dtype_size(dtype));
  if (!x) exit(1);
  tn_rng_normal((tn_rng){.seed = 1}, tn_view_of(x, dtype, 1, &n));
  return tn_matrix(x, dtype, rows, columns);
}

static tn_view turned(tn_view v) { return tn_view_permute(v, (int[]){1, 0}); }

static void measure_layer(const struct layer *l, tn_dtype dtype, float *memory, int rounds) {
  tn_view x = random_matrix(dtype, l->rows, l->in), w = random_matrix(dtype, l->in, l->out),
          y = random_matrix(dtype, l->rows, l->out);
  measure(l->name, "forward", &(product){.a = x, .b = w, .c = y}, memory, rounds);
  measure(l->name, "by kernel", &(product){.a = turned(x), .b = y, .c = w}, memory, rounds);
  measure(l->name, "by input", &(product){.a = y, .b = turned(w), .c = x}, memory, rounds);
  tn_free(NULL, x.data), tn_free(NULL, w.data), tn_free(NULL, y.data);
}

static int run(int rounds, const char *text) {
  enum { BYTES = 48 << 20 };
  float *memory = calloc(BYTES, 1);
  if (!memory) return 1;
  for (int warm = 0; warm < 20; warm++) bench_fma_rate(1000000);
  for (tn_dtype dtype = TN_F32; dtype <= TN_F64; dtype++)
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
      if (!text || strstr(layers[i].name, text)) measure_layer(&layers[i], dtype, memory, rounds);
  free(memory);
  return 0;
}

/* A process for each instruction set: it is chosen when a program is loaded. */
static int run_each(int rounds, const char *text) {
  static const struct {
    const char *name;
    arch_t blis;
  } isas[] = {{"avx512", BLIS_ARCH_SKX}, {"avx2", BLIS_ARCH_HASWELL}, {"baseline", BLIS_ARCH_PENRYN}};
  for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
    char kernels[16], count[16];
    snprintf(kernels, sizeof kernels, "%d", (int)isas[i].blis), snprintf(count, sizeof count, "%d", rounds);
    fflush(stdout);
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      setenv("NABLA_ISA", isas[i].name, 1), setenv("BLIS_ARCH_TYPE", kernels, 1);
      execl("/proc/self/exe", "products", count, text, (char *)NULL);
      _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 15;
  const char *text = argc > 2 ? argv[2] : NULL, *isa = getenv("NABLA_ISA");
  if (rounds < 1 || rounds > MOST_ROUNDS) return fprintf(stderr, "usage: products [ROUNDS [TEXT]]\n"), 2;
  if (isa) return strcmp(isa, tn_simd_name()) ? 0 : run(rounds, text);
  printf("isa\ttype\tlayer\tproduct\tsize\tGFLOP/s\t%% of peak\ttime / bound\tBLIS's time / ours\n");
  return run_each(rounds, text);
}
