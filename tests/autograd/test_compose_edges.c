/* Compositions where an axis is empty or has one place, at scalars, and with paddings that stand for other numbers:
 * values by hand, and convolutions against their adjoints. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>

static ag_graph *g;
static void setup(void) { g = new_graph(); }
static void teardown(void) { ag_graph_free(g); }
TestSuite(edges, .init = setup, .fini = teardown);

#define S(...)      ((int64_t[]){__VA_ARGS__})
#define WANT(...)   (double[]){__VA_ARGS__}, (int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))
#define VECTOR(...) vector(g, WANT(__VA_ARGS__))

static ag_ref zeros(int rank, const int64_t *shape) { return ag_full(g, TN_F64, rank, shape, 0); }
static ag_ref matrix(int64_t rows, int64_t columns) { /* 1, 2, 3, ... */
  return ag_reshape(g, ag_arange(g, TN_F64, 1, (double)(rows * columns + 1), 1), 2, S(rows, columns));
}
static ag_ref index_of(int rank, const int64_t *shape, const int64_t *at) {
  return ag_constant(g, tn_view_of((void *)(uintptr_t)at, TN_I64, rank, shape));
}

static void expect_shape(const char *what, ag_ref y, int rank, const int64_t *shape) {
  ag_type t = ag_type_of(g, y);
  cr_assert_eq(ag_status(g), TN_OK, "%s: %s", what, ag_error(g));
  cr_expect(tn_same_shape(t.rank, t.shape, rank, shape), "%s: rank %d, [%d, ...]", what, t.rank,
            (int)t.shape[0]);
}

Test(edges, an_empty_axis) {
  ag_ref none = zeros(2, S(3, 0)), flat = zeros(1, S(0));
  expect_values("prod", compute(g, ag_prod(g, none, 2, false)), WANT(1, 1, 1), 0);
  expect_shape("diff", ag_diff(g, none, 1), 2, S(3, 0));
  expect_shape("roll", ag_roll(g, none, 1, 2), 2, S(3, 0));
  expect_values("diag_embed", compute(g, ag_diag_embed(g, flat, 2)), WANT(0, 0, 0, 0), 0);
  expect_values("diag_embed", compute(g, ag_diag_embed(g, flat, -1)), WANT(0), 0);
  ag_ref x = matrix(2, 3), nowhere = zeros(2, S(0, 3));
  ag_ref same = ag_put_along_axis(g, x, ag_cast(g, nowhere, TN_I64), nowhere, 0);
  expect_values("put_along_axis", compute(g, same), WANT(1, 2, 3, 4, 5, 6), 0);
}

Test(edges, attention_of_nothing) {
  static const int64_t shapes[][3] = {{0, 2, 3}, {2, 0, 3}, {2, 2, 0}}; /* heads, queries, keys */
  for (int i = 0; i < COUNT(shapes); i++) {
    const int64_t *s = shapes[i];
    ag_ref keys = zeros(3, S(s[0], s[2], 4)), values = zeros(3, S(s[0], s[2], 1));
    ag_ref y = ag_attention(g, zeros(3, S(s[0], s[1], 4)), keys, values, NULL);
    expect_shape("attention", y, 3, S(s[0], s[1], 1));
    result r = compute(g, y);
    for (int64_t k = 0; k < r.size; k++) cr_expect_eq(r.at[k], 0);
    free(r.at);
  }
}

Test(edges, a_scalar) {
  ag_ref three = ag_scalar(g, TN_F64, 3), flat = ag_flatten(g, three, 0, 0);
  expect_shape("flatten", flat, 1, S(1));
  expect_values("flatten", compute(g, flat), WANT(3), 0);
  expect_values("tensordot", compute(g, ag_tensordot(g, three, VECTOR(1, 2), NULL, NULL, 0)), WANT(3, 6), 0);
  expect_values("outer", compute(g, ag_outer(g, three, VECTOR(1, 2))), WANT(3, 6), 0);
}

Test(edges, powers_beyond_repeated_products) {
  const double x = 1.03;
  ag_ref y = ag_input(g, "x0", TN_F64, 0, NULL);
  tn_array in = {.view = tn_scalar((void *)(uintptr_t)&x, TN_F64)};
  expect_values("x^65", compute_at(g, ag_pow(g, y, 65), &in), WANT(pow(x, 65)), 1e-14);
  expect_values("x^-65", compute_at(g, ag_pow(g, y, -65), &in), WANT(pow(x, -65)), 1e-14);
}

Test(edges, places_beyond_the_index_stay) {
  ag_ref x = matrix(3, 3), y = matrix(2, 3);
  ag_ref at = index_of(2, S(1, 2), (int64_t[]){2, 0});
  expect_values("add", compute(g, ag_put_along_axis_add(g, x, at, y, 0)), WANT(1, 4, 3, 4, 5, 6, 8, 8, 9), 0);
  expect_values("put", compute(g, ag_put_along_axis(g, x, at, y, 0)), WANT(1, 2, 3, 4, 5, 6, 1, 8, 9), 0);
  ag_ref narrow = ag_cast(g, x, TN_F32), row = ag_cast(g, y, TN_F32);
  expect_values("f32", compute(g, ag_put_along_axis(g, narrow, at, row, 1)), WANT(2, 2, 1, 4, 5, 6, 7, 8, 9),
                0);
}

Test(edges, axes_in_the_other_order) {
  ag_ref cube = ag_reshape(g, ag_arange(g, TN_F64, 0, 12, 1), 3, S(2, 2, 3));
  expect_values("1, 0", compute(g, ag_diagonal(g, cube, 0, 1, 0)), WANT(0, 9, 1, 10, 2, 11), 0);
  expect_values("2, 1", compute(g, ag_diagonal(g, cube, 0, 2, 1)), WANT(0, 4, 6, 10), 0);
  expect_values("1, 2", compute(g, ag_diagonal(g, cube, 1, 1, 2)), WANT(1, 5, 7, 11), 0);
}

Test(edges, einsum_without_a_result) {
  ag_ref x = matrix(2, 3), v = VECTOR(1, 10, 100);
  expect_values("...j,j", compute(g, ag_einsum(g, "...j,j", (ag_ref[]){x, v}, 2)), WANT(321, 654), 0);
  expect_values("...ba", compute(g, ag_einsum(g, "...ba", &x, 1)), WANT(1, 4, 2, 5, 3, 6), 0);
}

Test(edges, windows_of_one_place) {
  ag_ref x = ag_reshape(g, ag_arange(g, TN_F64, 1, 7, 1), 3, S(1, 6, 1));
  ag_pool_options one = {.size = {1}}, behind = {.size = {2}, .stride = {2}, .padding = AG_PAD_CAUSAL},
                  cut = {.size = {1}, .before = {0}, .stride = {4}};
  expect_values("one place", compute(g, ag_max_pool(g, x, &one)), WANT(1, 2, 3, 4, 5, 6), 0);
  expect_values("causal", compute(g, ag_max_pool(g, x, &behind)), WANT(1, 3, 5), 0);
  expect_values("strides", compute(g, ag_average_pool(g, x, &cut)), WANT(1, 5), 0);
}

Test(edges, folded_without_padding) {
  ag_ref windows = ag_reshape(g, ag_arange(g, TN_F64, 1, 5, 1), 4, S(1, 2, 2, 1)); /* (1, 2), (3, 4) */
  ag_pool_options valid = {.size = {2}, .padding = AG_PAD_VALID},
                  apart = {.size = {2}, .stride = {2}, .dilation = {1}};
  expect_values("valid", compute(g, ag_fold(g, windows, S(3), &valid)), WANT(1, 5, 4), 0);
  expect_values("apart", compute(g, ag_fold(g, windows, S(4), &apart)), WANT(1, 2, 3, 4), 0);
}

/* Of windows that are none, or empty. */
Test(edges, gradient_of_no_windows) {
  static const int64_t shapes[][3] = {{0, 2, 3}, {2, 0, 3}};
  for (int i = 0; i < COUNT(shapes); i++) {
    ag_ref x = ag_input(g, i ? "x1" : "x0", TN_F64, 3, shapes[i]), dx;
    ag_ref y = ag_window_add(g, x, 0, 4, 1, 1, 0);
    expect_shape("window_add", y, 2, S(4, 3));
    ag_grad(g, ag_sum_all(g, ag_square(g, y)), &x, 1, &dx);
    expect_shape("gradient", dx, 3, shapes[i]);
  }
}

/* <conv(x), y> = <x, transpose(y)> for every padding. A causal one reads no later place either, so it is the adjoint of
 * a convolution that is padded behind. */
Test(edges, transposed_convolutions_are_adjoints) {
  static const ag_padding paddings[] = {AG_PAD_EXPLICIT, AG_PAD_VALID, AG_PAD_SAME, AG_PAD_CAUSAL};
  for (int i = 0; i < COUNT(paddings); i++)
    for (int64_t stride = 1; stride <= 4; stride++) {
      const bool causal = paddings[i] == AG_PAD_CAUSAL;
      ag_conv_options o = {.stride = {stride}, .padding = paddings[i]}, forward = o;
      if (causal) forward = (ag_conv_options){.stride = {stride}, .after = {3 - stride}};
      const int64_t extent = causal || paddings[i] == AG_PAD_SAME ? 4 * stride : 3 + 3 * stride;
      ag_ref x = ag_sin(g, ag_reshape(g, ag_arange(g, TN_F64, 0, (double)extent * 2, 1), 3, S(1, extent, 2)));
      ag_ref kernel = ag_cos(g, ag_reshape(g, ag_arange(g, TN_F64, 0, 30, 1), 3, S(3, 2, 5)));
      ag_ref y = ag_conv(g, x, kernel, &forward);
      ag_type t = ag_type_of(g, y);
      cr_assert_eq(ag_status(g), TN_OK, "%s", ag_error(g));
      ag_ref dy = ag_exp(g, ag_scale(g, ag_sin(g, y), -1)), back = ag_conv_transpose(g, dy, kernel, &o, NULL);
      expect_shape("transposed", back, 3, S(1, extent, 2));
      cr_expect_eq(t.shape[1], 4, "padding %d, stride %d", paddings[i], (int)stride);
      ag_ref there = ag_sum_all(g, ag_mul(g, y, dy)), here = ag_sum_all(g, ag_mul(g, x, back));
      expect_values("adjoint", compute(g, ag_sub(g, there, here)), WANT(0), 1e-12);
    }
}
