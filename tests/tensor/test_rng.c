/* Philox against the published answers, and what the draws made of it promise. */
#include "support/same.h"
#include "tensor/tensor.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* kat_vectors of Random123, philox4x32 with 10 rounds: counter = {block, stream, step, epoch}, key = {seed,
 * replica}. */
Test(rng, known_answers) {
  tn_rng zero = {0};
  cr_expect_eq(tn_rng_u64(zero, 0), 0x6627e8d5e169c58d);
  cr_expect_eq(tn_rng_u64(zero, 1), 0xbc57ac4c9b00dbd8);
  tn_rng ones = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
  cr_expect_eq(tn_rng_u64(ones, UINT64_C(0x1fffffffe)), 0x408f276d41c83b0e);
  cr_expect_eq(tn_rng_u64(ones, UINT64_C(0x1ffffffff)), 0xa20bc7c66d5451fd);
  tn_rng pi = {.seed = 0xa4093822,
               .replica = 0x299f31d0,
               .stream = 0x85a308d3,
               .step = 0x13198a2e,
               .epoch = 0x03707344};
  cr_expect_eq(tn_rng_u64(pi, UINT64_C(2) * 0x243f6a88), 0xd16cfe0994fdcceb);
  cr_expect_eq(tn_rng_u64(pi, UINT64_C(2) * 0x243f6a88 + 1), 0x5001e42024126ea1);
}

Test(rng, stream_names) {
  cr_expect_eq(tn_stream(""), 0x811c9dc5, "FNV-1a");
  cr_expect_eq(tn_stream("a"), 0xe40c292c);
  cr_expect_eq(tn_stream("foobar"), 0xbf9cf968);
}

typedef void fill(tn_rng rng, tn_view out);

/* Means of x^1..x^4 over a million draws, each within 5 of its standard errors. */
static void expect_moments(fill *f, tn_dtype dtype, const double *mean, const double *sd) {
  enum { N = 1000003 };
  void *x = malloc(N * tn_dtype_size(dtype));
  tn_view v = tn_view_of(x, dtype, 1, (int64_t[]){N});
  f((tn_rng){.seed = 5, .stream = 3}, v);
  double sum[4] = {0};
  for (int64_t i = 0; i < N; i++) {
    double y = tn_get(&v, i), p = 1;
    cr_assert(isfinite(y));
    for (int k = 0; k < 4; k++) sum[k] += p *= y;
  }
  for (int k = 0; k < 4; k++)
    cr_expect(fabs(sum[k] / N - mean[k]) < 5 * sd[k] / sqrt(N), "moment %d of %s is %g", k + 1,
              tn_dtype_name(dtype), sum[k] / N);
  free(x);
}

Test(rng, uniform_moments) {
  const double mean[] = {1. / 2, 1. / 3, 1. / 4, 1. / 5}, sd[] = {0.289, 0.298, 0.283, 0.267};
  expect_moments(tn_rng_uniform, TN_F32, mean, sd);
  expect_moments(tn_rng_uniform, TN_F64, mean, sd);
}

Test(rng, normal_moments) {
  const double mean[] = {0, 1, 0, 3}, sd[] = {1, 1.415, 3.873, 9.798};
  expect_moments(tn_rng_normal, TN_F32, mean, sd);
  expect_moments(tn_rng_normal, TN_F64, mean, sd);
}

Test(rng, uniform_range) {
  enum { N = 1 << 20 };
  static float x[N];
  static int bin[64];
  tn_rng_uniform((tn_rng){.seed = 8}, tn_view_of(x, TN_F32, 1, (int64_t[]){N}));
  for (int i = 0; i < N; i++) {
    cr_assert(x[i] >= 0 && x[i] < 1);
    cr_assert_eq(x[i] * 0x1p24f, floorf(x[i] * 0x1p24f), "24 bits");
    bin[(int)(x[i] * 64)]++;
  }
  double chi2 = 0; /* 63 degrees of freedom: mean 63, sd 11.2 */
  for (int b = 0; b < 64; b++) chi2 += (bin[b] - N / 64.) * (bin[b] - N / 64.) / (N / 64.);
  cr_expect(chi2 < 63 + 5 * 11.3, "chi-square %g", chi2);
}

/* The first n of a longer fill are a shorter fill, for every n: a draw depends on its position only. */
Test(rng, position_only) {
  fill *fills[] = {tn_rng_uniform, tn_rng_normal};
  tn_rng rng = {1, 2, 3, 4, 5};
  for (int f = 0; f < 4; f++) {
    tn_dtype dtype = f / 2 ? TN_F64 : TN_F32;
    double longer[42], shorter[42];
    fills[f % 2](rng, tn_view_of(longer, dtype, 1, (int64_t[]){41}));
    for (int64_t n = 0; n <= 41; n++) {
      memset(shorter, 0xFF, sizeof shorter);
      fills[f % 2](rng, tn_view_of(shorter, dtype, 1, &n));
      cr_assert_eq(memcmp(longer, shorter, (size_t)n * tn_dtype_size(dtype)), 0);
      unsigned char beyond = ((unsigned char *)shorter)[(size_t)n * tn_dtype_size(dtype)];
      cr_assert(beyond == 0xFF, "wrote past the end");
    }
  }
}

Test(rng, every_field_matters) {
  tn_rng base = {1, 2, 3, 4, 5}, other[5] = {base, base, base, base, base};
  other[0].seed++, other[1].replica++, other[2].stream++, other[3].step++, other[4].epoch++;
  for (int i = 0; i < 5; i++) cr_expect_neq(tn_rng_u64(base, 0), tn_rng_u64(other[i], 0));
}

Test(rng, permutations) {
  for (int64_t n = 0; n <= 200; n++) {
    int64_t p[200];
    bool seen[200] = {false};
    tn_rng_permutation((tn_rng){.seed = 4, .epoch = (uint32_t)n}, n, p);
    for (int64_t i = 0; i < n; i++) {
      cr_assert(p[i] >= 0 && p[i] < n && !seen[p[i]]);
      seen[p[i]] = true;
    }
  }
}

/* All 120 orders of five, equally often: chi-square of 119 degrees of freedom, sd 15.4. */
Test(rng, permutations_are_uniform) {
  enum { DRAWS = 120000 };
  static int count[3125];
  for (uint32_t e = 0; e < DRAWS; e++) {
    int64_t p[5];
    int code = 0;
    tn_rng_permutation((tn_rng){.seed = 4, .epoch = e}, 5, p);
    for (int i = 0; i < 5; i++) code = 5 * code + (int)p[i];
    count[code]++;
  }
  double chi2 = 0;
  int orders = 0;
  for (int c = 0; c < 3125; c++)
    if (count[c]) orders++, chi2 += (count[c] - 1000.) * (count[c] - 1000.) / 1000;
  cr_expect_eq(orders, 120);
  cr_expect(chi2 < 119 + 5 * 15.5, "chi-square %g", chi2);
}

/* The draws are made of blocks: the k-th 64-bit word is words 2k and 2k + 1. */
Test(rng, blocks_are_what_draws_are_made_of) {
  const tn_rng rng = {.seed = 3, .replica = 5, .stream = 7, .step = 11, .epoch = 13};
  uint32_t words[4];
  for (uint32_t i = 0; i < 4; i++) {
    tn_rng_block(rng, i, words);
    cr_expect_eq(tn_rng_u64(rng, 2 * i), (uint64_t)words[0] << 32 | words[1]);
    cr_expect_eq(tn_rng_u64(rng, 2 * i + 1), (uint64_t)words[2] << 32 | words[3]);
  }
}

/* Published values of FNV-1a. */
Test(rng, hash) {
  cr_expect_eq(tn_hash(TN_HASH_START, "", 0), UINT64_C(0xcbf29ce484222325));
  cr_expect_eq(tn_hash(TN_HASH_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
  cr_expect_eq(tn_hash(tn_hash(TN_HASH_START, "foo", 3), "bar", 3), UINT64_C(0x85944171f73967e8));
}
