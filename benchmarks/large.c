/* large.c - one training step of a large network, 4096-4096-4096 at batch 512, on all cores inside each op:
 * the rate of its five products beside BLIS's own rate for the same products in the same run.
 *
 *   large [STEPS [THREADS]]
 *
 * Wall-clock time: with threads nothing else counts. Read it on a machine that does nothing else. */
#include "bench.h"
#include "nn/nn.h"
#include "tensor/tensor.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <blis.h>
#pragma GCC diagnostic pop

enum { WIDTH = 4096, BATCH = 512, MOST = 100 };

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check(tn_status status, const char *what) {
  if (status == TN_OK) return;
  fprintf(stderr, "%s: %s\n", what, tn_status_text(status));
  exit(1);
}

/* ---- BLIS alone ---- */

static double blis_rate(int threads) { /* GFLOP/s of the five products of a step */
  static const struct {
    int64_t m, n, k;
    bool ta, tb;
  } products[] = {{BATCH, WIDTH, WIDTH, 0, 0},
                  {BATCH, WIDTH, WIDTH, 0, 0},
                  {WIDTH, WIDTH, BATCH, 1, 0},
                  {WIDTH, WIDTH, BATCH, 1, 0},
                  {BATCH, WIDTH, WIDTH, 0, 1}};
  const size_t bytes = (size_t)WIDTH * WIDTH * sizeof(float);
  float *a = aligned_alloc(64, bytes), *b = aligned_alloc(64, bytes), *c = aligned_alloc(64, bytes);
  if (!a || !b || !c) exit(1);
  for (int64_t i = 0; i < (int64_t)WIDTH * WIDTH; i++) a[i] = (float)(i % 7), b[i] = (float)(i % 5), c[i] = 0;
  float one = 1, zero = 0;
  double flops = 0, start = wall();
  for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
    int64_t m = products[i].m, n = products[i].n, k = products[i].k;
    rntm_t runtime;
    bli_rntm_init(&runtime);
    bli_rntm_set_num_threads(threads, &runtime);
    bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, a, products[i].ta ? 1 : k,
                 products[i].ta ? m : 1, b, products[i].tb ? 1 : n, products[i].tb ? k : 1, &zero, c, n, 1,
                 NULL, &runtime);
    flops += 2.0 * (double)(m * n * k);
  }
  double rate = flops / (wall() - start) * 1e-9;
  free(a), free(b), free(c);
  return rate;
}

/* ---- the step ---- */

static void network(nn_model *m, void *ctx) {
  const int64_t row[] = {WIDTH};
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, row), y = nn_input(m, "y", 1, row);
  ag_ref h = nn_activate(m, nn_dense(m, "hidden", x, WIDTH, NULL), NN_ELU);
  ag_ref loss = nn_mse(m, nn_dense(m, "out", h, WIDTH, NULL), y);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-4});
}

typedef struct times {
  double seconds[MOST], before, blis[MOST];
  int n, threads;
} times;

/* An epoch is one step; BLIS is measured between them, so that a noisy machine touches both alike. */
static bool on_epoch(void *ctx, const nn_epoch *e) {
  times *t = ctx;
  (void)e;
  t->seconds[t->n] = wall() - t->before;
  t->blis[t->n++] = blis_rate(t->threads);
  t->before = wall();
  return true;
}

int main(int argc, char **argv) {
  int steps = argc > 1 ? atoi(argv[1]) : 9;
  times t = {.threads = argc > 2 ? atoi(argv[2]) : tn_max_threads()};
  if (steps < 1 || steps >= MOST || t.threads < 1)
    return fprintf(stderr, "usage: large [STEPS [THREADS]]\n"), 2;
  const int64_t n = (int64_t)BATCH * WIDTH;
  float *x = calloc((size_t)n, sizeof *x), *y = calloc((size_t)n, sizeof *y);
  nn_model *m;
  nn_state *state;
  nn_data *d;
  if (!x || !y) return 1;
  tn_rng_normal((tn_rng){.stream = 1}, tn_view_of(x, TN_F32, 1, &n));
  tn_rng_normal((tn_rng){.stream = 2}, tn_view_of(y, TN_F32, 1, &n));
  check(nn_model_new(&(nn_model_options){.batch = BATCH, .threads = t.threads}, network, NULL, &m), "model");
  check(nn_state_new(m, &state), "state");
  nn_state_init(state, 1, 0);
  check(nn_data_new(NULL, &d), "data");
  check(nn_data_add(d, "x", tn_matrix(x, TN_F32, BATCH, WIDTH)), "x");
  check(nn_data_add(d, "y", tn_matrix(y, TN_F32, BATCH, WIDTH)), "y");
  t.before = wall();
  nn_fit_options o = {.epochs = steps + 1, .on_epoch = on_epoch, .on_epoch_ctx = &t};
  check(nn_fit(m, state, d, (nn_split){0}, &o, NULL), "fit");
  double rates[MOST], ratios[MOST], flops = 5 * 2.0 * BATCH * WIDTH * (double)WIDTH;
  for (int i = 0; i < steps; i++) { /* the first builds the plan */
    rates[i] = flops / t.seconds[i + 1] * 1e-9;
    ratios[i] = rates[i] / t.blis[i + 1];
  }
  printf("what\tunit\tmedian\tmin\tmax\n");
  bench_row("step", "GFLOP/s", rates, steps), putchar('\n');
  bench_row("blis", "GFLOP/s", t.blis + 1, steps), putchar('\n');
  bench_row("ratio", "", ratios, steps), putchar('\n');
  free(x), free(y);
  nn_data_free(d), nn_state_free(state), nn_model_free(m);
  return 0;
}
