/* Batches of a contraction are shared among threads: the same bits for any number of them, with either operand
 * broadcast, with fewer batches than threads and with more, and each batch as if it were multiplied alone. */
#include "autograd/autograd.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { M = 40, K = 50, N = 60 };

static void fill(tn_view v, uint32_t stream) {
  const int64_t n = tn_view_numel(&v);
  tn_rng_normal((tn_rng){.seed = 6, .stream = stream}, tn_view_of(v.data, TN_F32, 1, &n));
}

/* y = a b of [batches, M, K] (or [M, K]) and [K, N] batches, run on `threads`. */
static void multiply(tn_view a, tn_view b, tn_view y, int threads) {
  ag_graph *g;
  ag_plan *plan;
  ag_run *run;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref x = ag_input(g, "a", TN_F32, a.rank, a.shape), w = ag_input(g, "b", TN_F32, b.rank, b.shape);
  ag_ref product = ag_contract(g, x, w, false, false);
  cr_assert_eq(ag_compile(g, &product, 1, 0, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, threads, &run), TN_OK);
  cr_assert_eq(ag_run_bind(run, ag_plan_find_leaf(plan, "a"), a), TN_OK);
  cr_assert_eq(ag_run_bind(run, ag_plan_find_leaf(plan, "b"), b), TN_OK);
  cr_assert_eq(ag_run_step(run, (tn_rng){0}), TN_OK);
  tn_view out = ag_run_output(run, 0);
  cr_assert_eq(tn_view_bytes(&out), tn_view_bytes(&y));
  memcpy(y.data, out.data, tn_view_bytes(&y));
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
}

static void check(int64_t batches, bool shared_left) {
  float *a = malloc(sizeof *a * (size_t)(batches * M * K)),
        *b = malloc(sizeof *b * (size_t)(batches * K * N)),
        *y = malloc(sizeof *y * (size_t)(batches * M * N)), *alone = malloc(sizeof *alone * M * N);
  tn_view left =
              shared_left ? tn_matrix(a, TN_F32, M, K) : tn_view_of(a, TN_F32, 3, (int64_t[]){batches, M, K}),
          right = tn_view_of(b, TN_F32, 3, (int64_t[]){batches, K, N}),
          out = tn_view_of(y, TN_F32, 3, (int64_t[]){batches, M, N});
  fill(left, 1), fill(right, 2);
  for (int threads = 1; threads <= 3; threads++) {
    memset(y, 0, tn_view_bytes(&out));
    multiply(left, right, out, threads);
    for (int64_t t = 0; t < batches; t++) {
      tn_gemm(1, tn_matrix(a + (shared_left ? 0 : t * M * K), TN_F32, M, K),
              tn_matrix(b + t * K * N, TN_F32, K, N), 0, tn_matrix(alone, TN_F32, M, N), 1);
      cr_assert_eq(memcmp(alone, y + t * M * N, sizeof *alone * M * N), 0, "batch %d of %d, %d threads",
                   (int)t, (int)batches, threads);
    }
  }
  free(a), free(b), free(y), free(alone);
}

Test(contract_batches, same_bits_for_any_number_of_threads) {
  static const int64_t batches[] = {1, 2, 3, 10, 37};
  for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
    check(batches[i], false), check(batches[i], true);
}
