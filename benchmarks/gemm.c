/* gemm.c - a yardstick for other timings: products that BLIS makes by itself, which no change of ours can
 * speed up or slow down. `./dev bench store` and `check` run it between the steps they time.
 *
 *   gemm [REPEATS] */
#include "bench.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <blis.h>
#pragma GCC diagnostic pop

enum { M = 256, K = 1000, N = 512, MAX_REPEATS = 10000 };

int main(int argc, char **argv) {
  static float a[M * K], b[K * N], c[M * N];
  static double us[MAX_REPEATS];
  int repeats = argc > 1 ? atoi(argv[1]) : 200;
  if (repeats < 1 || repeats > MAX_REPEATS) return fprintf(stderr, "usage: gemm [REPEATS]\n"), 2;
  for (int i = 0; i < M * K; i++) a[i] = (float)(i % 7);
  for (int i = 0; i < K * N; i++) b[i] = (float)(i % 5);
  float one = 1, zero = 0;
  rntm_t runtime;
  bli_rntm_init(&runtime);
  bli_rntm_set_num_threads(1, &runtime);
  for (int r = 0; r < repeats; r++) {
    double start = bench_now();
    bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, M, N, K, &one, a, K, 1, b, N, 1, &zero, c, N, 1, NULL,
                 &runtime);
    us[r] = (bench_now() - start) * 1e6;
  }
  printf("what\tunit\tmedian\tmin\tmax\n");
  bench_row("gemm 256x1000x512", "us", us, repeats);
  putchar('\n');
  return 0;
}
