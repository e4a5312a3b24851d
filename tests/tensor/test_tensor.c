/* Views, copies, arrays, growth, the parallel loop, matrix products and reductions. */
#include "support/draw.h"
#include "support/same.h"
#include "support/test_alloc.h"
#include "tensor/tensor.h"
#include "tensor/threads.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const tn_dtype all_dtypes[] = {TN_F32, TN_F64, TN_I32, TN_I64, TN_U8};

static tn_array array_of(tn_dtype dtype, int rank, const int64_t *shape) {
  tn_array a;
  tn_status status = tn_array_new(NULL, dtype, rank, shape, &a);
  cr_assert_eq(status, TN_OK);
  return a;
}

/* 0, 1, 2, ... */
static tn_array counting(tn_dtype dtype, int rank, const int64_t *shape) {
  tn_array a = array_of(dtype, rank, shape);
  for (int64_t i = 0, n = tn_view_numel(&a.view); i < n; i++) tn_set(&a.view, i, (double)i);
  return a;
}

static void expect_values(tn_view v, int n, const double *want) {
  cr_assert_eq(tn_view_numel(&v), n);
  for (int i = 0; i < n; i++) cr_expect_eq(tn_get(&v, i), want[i], "element %d is %g", i, tn_get(&v, i));
}
#define EXPECT(v, ...)                                                                                       \
  expect_values(v, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

/* ---- views ---- */

Test(view, shapes) {
  cr_expect_eq(tn_numel(0, NULL), 1);
  cr_expect_eq(tn_numel(3, (int64_t[]){2, 3, 4}), 24);
  cr_expect_eq(tn_numel(2, (int64_t[]){5, 0}), 0);
  cr_expect(tn_same_shape(0, NULL, 0, NULL));
  cr_expect(tn_same_shape(2, (int64_t[]){2, 3}, 2, (int64_t[]){2, 3}));
  cr_expect_not(tn_same_shape(2, (int64_t[]){2, 3}, 2, (int64_t[]){3, 2}));
  cr_expect_not(tn_same_shape(1, (int64_t[]){2}, 2, (int64_t[]){2, 1}));
  double x = 3;
  tn_view s = tn_scalar(&x, TN_F64);
  cr_expect(s.rank == 0 && tn_view_numel(&s) == 1 && tn_view_bytes(&s) == 8 && tn_get(&s, 0) == 3);
}

Test(view, permute_slice_broadcast) {
  tn_array a = counting(TN_I32, 2, (int64_t[]){2, 3});
  EXPECT(tn_view_permute(a.view, (int[]){1, 0}), 0, 3, 1, 4, 2, 5);
  EXPECT(tn_view_slice(a.view, 1, 1, 1, 2), 1, 2, 4, 5);
  EXPECT(tn_view_slice(a.view, 1, 2, -1, 3), 2, 1, 0, 5, 4, 3);
  EXPECT(tn_view_slice(tn_view_slice(a.view, 0, 1, -1, 2), 1, 2, -2, 2), 5, 3, 2, 0);
  EXPECT(tn_view_slice(a.view, 1, 0, 2, 2), 0, 2, 3, 5);
  tn_view none = tn_view_slice(a.view, 1, 3, 1, 0);
  cr_expect_eq(tn_view_numel(&none), 0);
  tn_view row = tn_view_slice(a.view, 0, 1, 1, 1);
  EXPECT(tn_view_broadcast(row, 2, (int64_t[]){2, 3}), 3, 4, 5, 3, 4, 5);
  tn_view column = tn_view_slice(a.view, 1, 1, 1, 1);
  EXPECT(tn_view_broadcast(column, 3, (int64_t[]){2, 2, 2}), 1, 1, 4, 4, 1, 1, 4, 4);
  EXPECT(tn_view_broadcast(column, 3, (int64_t[]){1, 2, 1}), 1, 4);
  tn_array_free(&a);
}

Test(view, contiguity) {
  tn_array a = counting(TN_F32, 3, (int64_t[]){2, 3, 4});
  tn_view v = a.view, t = tn_view_permute(v, (int[]){0, 2, 1}), s = tn_view_slice(v, 0, 1, 1, 1);
  tn_view part = tn_view_slice(v, 2, 0, 1, 2), empty = tn_view_slice(t, 1, 0, 1, 0);
  tn_view wide = tn_view_broadcast(tn_view_slice(v, 0, 0, 1, 1), 3, (int64_t[]){2, 3, 4});
  tn_view thin = tn_view_permute(tn_view_slice(v, 0, 0, 1, 1), (int[]){1, 0, 2});
  cr_expect(tn_view_contiguous(&v));
  cr_expect(tn_view_contiguous(&s));
  cr_expect(tn_view_contiguous(&empty));
  cr_expect(tn_view_contiguous(&thin), "the stride of an axis of extent 1 does not matter");
  cr_expect_not(tn_view_contiguous(&t));
  cr_expect_not(tn_view_contiguous(&part));
  cr_expect_not(tn_view_contiguous(&wide));
  tn_array_free(&a);
}

/* A random view into fresh memory: axes permuted, sliced with steps of both signs, broadcast. */
static tn_view random_layout(draw *d, tn_view v, bool may_repeat) {
  int axes[TN_MAX_RANK];
  for (int a = 0; a < v.rank; a++) axes[a] = a;
  for (int a = v.rank - 1; a > 0; a--) {
    int b = draw_below(d, a + 1), keep = axes[a];
    axes[a] = axes[b], axes[b] = keep;
  }
  v = tn_view_permute(v, axes);
  for (int a = 0; a < v.rank; a++) {
    if (may_repeat && draw_chance(d, 20)) {
      int64_t shape[TN_MAX_RANK];
      memcpy(shape, v.shape, sizeof shape);
      v = tn_view_broadcast(tn_view_slice(v, a, draw_below(d, (int)v.shape[a]), 1, 1), v.rank, shape);
    }
    if (draw_chance(d, 30)) v = tn_view_slice(v, a, v.shape[a] - 1, -1, v.shape[a]);
    if (draw_chance(d, 30)) v = tn_view_slice(v, a, 0, 2, (v.shape[a] + 1) / 2);
  }
  return v;
}

/* Small integers fit every element type, so every pair of types must agree. 4000 pairs of layouts. */
Test(view, copies_of_any_layout_and_type) {
  draw d = {.seed = 1};
  for (int round = 0; round < 4000; round++) {
    int rank = draw_below(&d, 5);
    int64_t shape[TN_MAX_RANK];
    for (int a = 0; a < rank; a++) shape[a] = 1 + draw_below(&d, 5);
    tn_dtype from = all_dtypes[draw_below(&d, 5)], to = all_dtypes[draw_below(&d, 5)];
    tn_array a = counting(from, rank, shape);
    for (int64_t i = 0, n = tn_view_numel(&a.view); i < n; i++) tn_set(&a.view, i, (double)(i % 97));
    tn_view src = random_layout(&d, a.view, true);
    int64_t twice[TN_MAX_RANK];
    for (int k = 0; k < rank; k++) twice[k] = 2 * src.shape[k] + 1;
    tn_array b = array_of(to, rank, twice);
    tn_fill(b.view, 99);
    tn_view dst = b.view;
    for (int k = 0; k < rank; k++)
      dst = draw_chance(&d, 50) ? tn_view_slice(dst, k, 1, draw_chance(&d, 50) ? 1 : 2, src.shape[k])
                                : tn_view_slice(dst, k, twice[k] - 1, -1, src.shape[k]);
    tn_copy(dst, src);
    int64_t n = tn_view_numel(&src), touched = 0;
    for (int64_t i = 0; i < n; i++) cr_assert_eq(tn_get(&dst, i), tn_get(&src, i), "round %d", round);
    for (int64_t i = 0; i < tn_view_numel(&b.view); i++) touched += tn_get(&b.view, i) != 99;
    cr_assert_eq(touched, n, "a copy wrote outside its destination");
    tn_array_free(&a), tn_array_free(&b);
  }
}

Test(view, conversions_saturate_and_truncate) {
  double x[] = {1.9, -1.9, 3e9, -3e9, NAN, INFINITY, -INFINITY, 1e30};
  int32_t i32[8];
  uint8_t u8[8];
  int64_t i64[8], big = INT64_C(9007199254740993), back, shape[] = {8};
  tn_view from = tn_view_of(x, TN_F64, 1, shape);
  tn_copy(tn_view_of(i32, TN_I32, 1, shape), from);
  tn_copy(tn_view_of(u8, TN_U8, 1, shape), from);
  tn_copy(tn_view_of(i64, TN_I64, 1, shape), from);
  EXPECT(tn_view_of(i32, TN_I32, 1, shape), 1, -1, INT32_MAX, INT32_MIN, 0, INT32_MAX, INT32_MIN, INT32_MAX);
  EXPECT(tn_view_of(u8, TN_U8, 1, shape), 1, 0, 255, 0, 0, 255, 0, 255);
  cr_expect(i64[2] == 3000000000 && i64[5] == INT64_MAX && i64[6] == INT64_MIN && i64[7] == INT64_MAX);
  tn_copy(tn_scalar(&back, TN_I64), tn_scalar(&big, TN_I64));
  cr_expect_eq(back, big, "the same type is copied exactly");
  tn_copy(tn_scalar(i32, TN_I32), tn_scalar(&big, TN_I64));
  cr_expect_eq(i32[0], INT32_MAX, "an index that does not fit must not wrap into one that does");
}

Test(view, empty_copies) {
  tn_array a = array_of(TN_F32, 2, (int64_t[]){0, 3}), b = array_of(TN_I64, 2, (int64_t[]){0, 3});
  tn_copy(a.view, b.view);
  tn_fill(a.view, 1);
  tn_array_free(&a), tn_array_free(&b);
}

/* ---- arrays, growth, names ---- */

Test(array, owned_zeroed_aligned) {
  test_alloc count;
  test_alloc_init(&count, 0, false);
  tn_array a;
  tn_status status = tn_array_new(&count.alloc, TN_F64, 2, (int64_t[]){3, 5}, &a);
  cr_assert_eq(status, TN_OK);
  cr_expect((uintptr_t)a.view.data % 64 == 0 && tn_view_contiguous(&a.view));
  for (int i = 0; i < 15; i++) cr_expect_eq(tn_get(&a.view, i), 0);
  tn_array_free(&a);
  tn_array_free(&a);
  tn_array_free(&(tn_array){0});
  cr_expect(count.made == 1 && count.live == 0);
}

Test(array, refusals) {
  test_alloc none;
  test_alloc_init(&none, 1, true);
  tn_array a = {.view.rank = 7};
  cr_expect_eq(tn_array_new(&none.alloc, TN_F32, 1, (int64_t[]){3}, &a), TN_ENOMEM);
  cr_expect_eq(tn_array_new(NULL, TN_F32, 1, (int64_t[]){-1}, &a), TN_ESHAPE);
  cr_expect_eq(tn_array_new(NULL, TN_F32, TN_MAX_RANK + 1, (int64_t[9]){0}, &a), TN_ESHAPE);
  cr_expect_eq(tn_array_new(NULL, TN_F32, 2, (int64_t[]){INT64_MAX, INT64_MAX}, &a), TN_ESHAPE);
  cr_expect_eq(tn_array_new(NULL, TN_F32, 3, (int64_t[]){INT64_C(1) << 40, INT64_C(1) << 40, 0}, &a),
               TN_ESHAPE);
  cr_expect_eq(a.view.rank, 7, "outputs are untouched on failure");
}

Test(array, grow) {
  test_alloc count;
  test_alloc_init(&count, 0, false);
  int *items = NULL;
  size_t cap = 0, old;
  for (int i = 0; i < 1000; i++) {
    cr_assert_eq(tn_grow(&count.alloc, &items, &cap, (size_t)i + 1, sizeof *items), TN_OK);
    items[i] = i;
  }
  for (int i = 0; i < 1000; i++) cr_assert_eq(items[i], i);
  for (size_t i = 1000; i < cap; i++) cr_assert_eq(items[i], 0, "new room is zeroed");
  cr_expect(count.made < 12, "geometric growth, not %ld allocations", (long)count.made);
  int *same = items;
  old = cap;
  count.fail_at = count.asked + 1;
  cr_expect_eq(tn_grow(&count.alloc, &items, &cap, 5000, sizeof *items), TN_ENOMEM);
  cr_expect_eq(tn_grow(&count.alloc, &items, &cap, SIZE_MAX / 2, sizeof *items), TN_ENOMEM);
  cr_expect(items == same && cap == old && items[999] == 999);
  tn_free(&count.alloc, items);
  cr_expect_eq(count.live, 0);
  cr_expect_null(tn_calloc(NULL, SIZE_MAX / 2, 3));
  cr_expect_null(tn_malloc(NULL, 0));
  cr_expect_null(tn_malloc(NULL, SIZE_MAX));
}

Test(array, names) {
  for (int s = TN_OK; s <= TN_ENOTSUP; s++) cr_expect(*tn_status_text((tn_status)s));
  cr_expect_str_eq(tn_status_text((tn_status)99), "unknown status");
  cr_expect_str_eq(tn_dtype_name(TN_I64), "i64");
  cr_expect(tn_dtype_size(TN_U8) == 1 && tn_dtype_size(TN_F64) == 8);
  cr_expect(*tn_simd_name());
}

/* ---- the parallel loop ---- */

typedef struct coverage {
  atomic_int hits[1000];
  atomic_int inner, nested_threads;
} coverage;

static void inner_body(void *ctx, int64_t i) {
  coverage *c = ctx;
  (void)i;
  c->inner++;
}

static void outer_body(void *ctx, int64_t i) {
  coverage *c = ctx;
  c->hits[i]++;
  if (i % 100 == 0) tn_parallel_for(10, 4, inner_body, c);
}

typedef struct serial {
  int64_t last; /* not atomic on purpose: a nested loop runs in order, in one thread */
} serial;

static void in_order(void *ctx, int64_t i) {
  serial *s = ctx;
  if (s->last == i - 1) s->last = i;
}

static void nested_body(void *ctx, int64_t i) {
  serial s = {-1};
  (void)i;
  tn_parallel_for(50, 4, in_order, &s);
  if (s.last == 49) (*(atomic_int *)ctx)++;
}

Test(thread, every_index_once) {
  static coverage c;
  for (int threads = 0; threads <= 4; threads++) {
    memset(&c, 0, sizeof c);
    tn_parallel_for(1000, threads, outer_body, &c);
    tn__parallel_near(1000, threads, outer_body, &c);
    for (int i = 0; i < 1000; i++) cr_assert_eq(c.hits[i], 2);
    cr_expect_eq(c.inner, 200);
  }
  tn_parallel_for(0, 4, outer_body, NULL);
  cr_expect(tn_max_threads() >= 1);
}

Test(thread, nested_is_serial) {
  atomic_int good = 0;
  tn_parallel_for(20, 2, nested_body, &good);
  tn__parallel_near(20, 2, nested_body, &good);
  cr_expect_eq(good, 40);
}
