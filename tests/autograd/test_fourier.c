/* Fourier transforms and resized images beyond values (test_peer.c): there and back for extents of every kind, second
 * derivatives, what is refused. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void there_and_back(int64_t n, tn_dtype dtype) {
  tn_array x;
  cr_assert_eq(tn_array_new(NULL, dtype, 2, (int64_t[]){2, n}, &x), TN_OK);
  tn_rng_normal((tn_rng){.seed = 1}, x.view);
  double *want = malloc((size_t)(2 * n) * sizeof *want);
  for (int64_t i = 0; i < 2 * n; i++) want[i] = tn_get(&x.view, i);
  ag_graph *g = new_graph();
  ag_ref in = ag_input(g, "x0", dtype, 2, x.view.shape), half = ag_rfft(g, in);
  ag_ref zero = ag_broadcast(g, ag_like(g, in, 0), 3, (int64_t[]){2, n, 1});
  ag_ref whole = ag_concat(g, (ag_ref[]){ag_reshape(g, in, 3, (int64_t[]){2, n, 1}), zero}, 2, 2);
  double tolerance = dtype == TN_F32 ? 4e-6 : 1e-13;
  expect_values("irfft(rfft(x))", compute_at(g, ag_irfft(g, half, n), &x), want, 2 * n, tolerance);
  ag_ref again = ag_slice(g, ag_ifft(g, ag_fft(g, whole)), 2, 0, 1);
  expect_values("ifft(fft(x))", compute_at(g, again, &x), want, 2 * n, tolerance);
  ag_graph_free(g);
  tn_array_free(&x);
  free(want);
}

Test(fourier, there_and_back) {
  const int64_t extents[] = {1, 2, 3, 64, 65, 97, 128, 134, 1000, 1018, 4096};
  for (int i = 0; i < COUNT(extents); i++) there_and_back(extents[i], i % 2 ? TN_F32 : TN_F64);
}

/* What it costs to know no extent: factors keep the constants far below a matrix of n by n. */
Test(fourier, factors_keep_constants_small) {
  ag_graph *g = new_graph();
  ag_plan *plan;
  ag_ref y = ag_rfft(g, ag_input(g, "x", TN_F32, 1, (int64_t[]){65536}));
  cr_assert_eq(ag_compile(g, &y, 1, 0, &plan), TN_OK, "%s", ag_error(g));
  for (uint32_t id = 1; id < ag_node_count(g); id++) {
    ag_type t = ag_type_of(g, (ag_ref){id});
    cr_expect_leq(tn_numel(t.rank, t.shape), 2 * 65538);
  }
  ag_plan_free(plan);
  ag_graph_free(g);
}

static ag_ref f_power(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  return (void)n, (void)ctx, ag_sum_axis(g, ag_square(g, ag_rfft(g, in[0])), -1, false);
}
static ag_ref f_filtered(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  return (void)n, (void)ctx, ag_irfft(g, ag_square(g, ag_rfft(g, in[0])), 5);
}
static ag_ref f_resized(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  ag_ref x = ag_reshape(g, in[0], 3, (int64_t[]){1, 5, 1});
  ag_ref y = ag_resize_to(g, x, (int64_t[]){7}, AG_RESIZE_CUBIC, true);
  return (void)n, (void)ctx,
         ag_square(g, ag_resize_to(g, ag_square(g, y), (int64_t[]){14}, AG_RESIZE_NEAREST, false));
}

Test(fourier, derivatives_to_second_order) {
  double x[] = {0.3, -1.2, 0.7, 0.1, -0.4};
  tn_view at = tn_view_of(x, TN_F64, 1, (int64_t[]){5});
  ag_function *const all[] = {f_power, f_filtered, f_resized};
  for (int i = 0; i < COUNT(all); i++) {
    ag_gradcheck_report report;
    cr_expect_eq(ag_gradcheck(all[i], NULL, &at, 1, NULL, &report), TN_OK, "%d: %s", i, report.message);
  }
}

typedef ag_ref call(ag_graph *g, ag_ref x, ag_ref image);
#define CALL(NAME, EXPRESSION)                                                                               \
  static ag_ref bad_##NAME(ag_graph *g, ag_ref x, ag_ref image) { return (void)x, (void)image, EXPRESSION; }
CALL(scalar, ag_rfft(g, ag_sum_all(g, x)))
CALL(pairs, ag_fft(g, x))
CALL(inverse, ag_ifft(g, x))
CALL(count, ag_irfft(g, ag_rfft(g, x), 12))
CALL(prime, ag_rfft(g, ag_broadcast(g, ag_sum_all(g, x), 1, (int64_t[]){10007})))
CALL(rank, ag_resize_to(g, x, (int64_t[]){3}, AG_RESIZE_LINEAR, false))
CALL(extent, ag_resize_to(g, image, (int64_t[]){3, 0}, AG_RESIZE_LINEAR, false))
CALL(corners, ag_resize_to(g, image, (int64_t[]){3, 3}, AG_RESIZE_NEAREST, true))

Test(fourier, what_does_not_fit_is_refused) {
  const struct {
    call *f;
    const char *words;
  } cases[] = {
      {bad_scalar, "rfft: want [..., n]"},
      {bad_pairs, "fft: want [..., n, 2] with n from 1, not a value of rank 1 whose last extent is 10"},
      {bad_inverse, "ifft: want"},
      {bad_count, "irfft: 12 places have 7 frequencies, not 6"},
      {bad_prime, "10007 has the prime factor 10007"},
      {bad_rank, "resize_to: want [batch"},
      {bad_extent, "resize_to: 4 places of axis 1 cannot become 0"},
      {bad_corners, "`corners` needs linear or cubic"}};
  for (int i = 0; i < COUNT(cases); i++) {
    ag_graph *g = new_graph();
    ag_ref y = cases[i].f(g, ag_input(g, "x", TN_F64, 1, (int64_t[]){10}),
                          ag_input(g, "i", TN_F64, 4, (int64_t[]){1, 5, 4, 2}));
    cr_expect(y.id == 0 && strstr(ag_error(g), cases[i].words), "%s: %s", cases[i].words, ag_error(g));
    ag_graph_free(g);
  }
}
