/* Attention in blocks: the values and derivatives of the same written with one array of all scores; the same bits for any
 * number of threads and with passes off; memory without that array; what is refused. */
#include "autograd/autograd.h"
#include "support/same.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { HEADS = 5, WIDTH = 3, VALUES = 2, MOST_INPUTS = 4 };

typedef struct what {
  int64_t queries, keys, rows;
  bool causal, masked, whole; /* whole: with all scores at once */
} what;

static ag_ref whole(ag_graph *g, const ag_ref *in, const what *w) {
  ag_ref scores = ag_contract(g, in[0], in[1], false, true), never = ag_like(g, scores, -1e30);
  if (w->causal) {
    ag_ref row = ag_reshape(g, ag_arange(g, TN_F64, 0, (double)w->queries, 1), 2, (int64_t[]){w->queries, 1});
    ag_ref column = ag_reshape(g, ag_arange(g, TN_F64, 0, (double)w->keys, 1), 2, (int64_t[]){1, w->keys});
    if (ag_type_of(g, in[0]).dtype == TN_F32)
      row = ag_cast(g, row, TN_F32), column = ag_cast(g, column, TN_F32);
    scores = ag_where(g, ag_greater_equal(g, row, column), scores, never);
  }
  if (w->masked) scores = ag_where(g, ag_reshape(g, in[3], 3, (int64_t[]){HEADS, 1, w->keys}), scores, never);
  return ag_matmul(g, ag_softmax(g, scores, -1), in[2]);
}

static ag_ref attention(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  const what *w = ctx;
  (void)n;
  ag_attention_options o = {.causal = w->causal, .rows = w->rows};
  if (w->masked) o.visible = in[3];
  ag_ref y = w->whole ? whole(g, in, w) : ag_attention(g, in[0], in[1], in[2], &o);
  return ag_sum_all(g, ag_mul(g, y, ag_sin(g, y)));
}

static ag_type type_of_input(const what *w, int i, tn_dtype dtype) {
  const ag_type types[] = {{dtype, 3, {HEADS, w->queries, WIDTH}},
                           {dtype, 3, {HEADS, w->keys, WIDTH}},
                           {dtype, 3, {HEADS, w->keys, VALUES}},
                           {dtype, 2, {HEADS, w->keys}}};
  return types[i];
}

static const char *const names[] = {"q", "k", "v", "visible"};
enum { DERIVED = 3, OUTPUTS = 1 + 2 * DERIVED };

typedef struct values {
  tn_array of[OUTPUTS];
} values;

/* The loss, its gradients, the Hessian's product with ones. */
static void build(ag_graph *g, const what *w, tn_dtype dtype, ag_ref *out) {
  ag_ref in[MOST_INPUTS], sum = {0};
  for (int i = 0; i < 3 + w->masked; i++) {
    ag_type t = type_of_input(w, i, dtype);
    in[i] = ag_input(g, names[i], dtype, t.rank, t.shape);
  }
  out[0] = attention(g, in, 3, w);
  ag_grad(g, out[0], in, DERIVED, out + 1);
  for (int i = 0; i < DERIVED; i++) {
    ag_ref s = ag_sum_all(g, out[1 + i]);
    sum = sum.id ? ag_add(g, sum, s) : s;
  }
  ag_grad(g, sum, in, DERIVED, out + 1 + DERIVED);
}

static void fill_input(int i, tn_view v) {
  tn_rng_normal((tn_rng){.seed = 4, .stream = (uint32_t)i}, v);
  for (int64_t k = 0; i == 3 && k < tn_view_numel(&v); k++) tn_set(&v, k, k % 3 != 0 && k / v.shape[1] != 1);
}

static values evaluate(const what *w, tn_dtype dtype, unsigned flags, int threads) {
  ag_graph *g;
  ag_ref out[OUTPUTS];
  ag_plan *plan;
  ag_run *run;
  tn_array in[MOST_INPUTS];
  values v;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  build(g, w, dtype, out);
  tn_status status = ag_compile(g, out, OUTPUTS, flags, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, threads, &run), TN_OK);
  for (int i = 0; i < 3 + w->masked; i++) {
    ag_type t = type_of_input(w, i, dtype);
    cr_assert_eq(tn_array_new(NULL, t.dtype, t.rank, t.shape, &in[i]), TN_OK);
    fill_input(i, in[i].view);
    cr_assert_eq(ag_run_bind(run, ag_plan_find_leaf(plan, names[i]), in[i].view), TN_OK);
  }
  for (int step = 0; step < 2; step++)
    cr_assert_eq(ag_run_step(run, (tn_rng){0}), TN_OK, "%s", ag_run_error(run));
  for (int i = 0; i < OUTPUTS; i++) {
    ag_type t = ag_type_of(g, out[i]);
    cr_assert_eq(tn_array_new(NULL, t.dtype, t.rank, t.shape, &v.of[i]), TN_OK);
    tn_copy(v.of[i].view, ag_run_output(run, i));
  }
  for (int i = 0; i < 3 + w->masked; i++) tn_array_free(&in[i]);
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
  return v;
}

static void forget(values *v) {
  for (int i = 0; i < OUTPUTS; i++) tn_array_free(&v->of[i]);
}

/* No stair, one, several, of one block and of several; a last block that is not whole; more queries than keys. */
static const what cases[] = {{7, 7, 0, false, false, false},  {7, 7, 2, true, false, false},
                             {40, 40, 2, true, false, false}, {41, 29, 4, true, true, false},
                             {9, 11, 4, false, true, false},  {12, 5, 3, true, false, false},
                             {1, 6, 3, true, true, false}};
enum { CASES = sizeof cases / sizeof *cases };

Test(attention, values_gradients_and_hessian_products_are_those_of_all_scores_at_once) {
  for (int c = 0; c < CASES; c++)
    for (int f32 = 0; f32 < 2; f32++) {
      what all = cases[c];
      all.whole = true;
      values blocks = evaluate(&cases[c], f32 ? TN_F32 : TN_F64, 0, 1),
             expected = evaluate(&all, f32 ? TN_F32 : TN_F64, 0, 1);
      for (int i = 0; i < OUTPUTS; i++) {
        double error = largest_error(blocks.of[i].view, expected.of[i].view);
        cr_expect_leq(error, f32 ? 2e-4 : 1e-12, "case %d, output %d: %g", c, i, error);
      }
      forget(&blocks), forget(&expected);
    }
}

Test(attention, same_bits_for_any_threads_and_passes) {
  static const unsigned flags[] = {0, AG_NO_FUSE, AG_NO_REUSE, AG_NO_IN_PLACE, AG_NO_COMBINE, AG_NO_PANELS};
  for (int c = 0; c < CASES; c++) {
    values one = evaluate(&cases[c], TN_F32, 0, 1);
    for (int k = 0; k < 8; k++) {
      values other = evaluate(&cases[c], TN_F32, k < 6 ? flags[k] : 0, k < 6 ? 1 + k % 3 : k - 4);
      for (int i = 0; i < OUTPUTS; i++)
        cr_expect_eq(same_bits(one.of[i].view, other.of[i].view), -1, "case %d, output %d, variant %d", c, i,
                     k);
      forget(&other);
    }
    forget(&one);
  }
}

Test(attention, derivatives_to_second_order) {
  double x[1000];
  tn_rng_normal((tn_rng){.seed = 6}, tn_view_of(x, TN_F64, 1, (int64_t[]){1000}));
  static const what checked[] = {{6, 6, 2, true, false, false}, {5, 4, 3, false, false, false}};
  for (int c = 0; c < 2; c++) {
    tn_view at[3];
    int64_t used = 0;
    for (int i = 0; i < 3; i++) {
      ag_type t = type_of_input(&checked[c], i, TN_F64);
      at[i] = tn_view_of(x + used, TN_F64, t.rank, t.shape);
      used += tn_view_numel(&at[i]);
    }
    ag_gradcheck_report report;
    tn_status status =
        ag_gradcheck(attention, &checked[c], at, 3, &(ag_gradcheck_options){.order = 2}, &report);
    cr_expect_eq(status, TN_OK, "%s", report.message);
  }
}

/* Bytes of the arena of a loss with its gradients, and a Hessian product. */
static size_t arena(int64_t places, bool second) {
  enum { WIDE = 16 };
  ag_graph *g;
  ag_ref in[3], out[7];
  ag_plan *plan;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  for (int i = 0; i < 3; i++) in[i] = ag_input(g, names[i], TN_F32, 3, (int64_t[]){HEADS, places, WIDE});
  ag_ref y = ag_attention(g, in[0], in[1], in[2], &(ag_attention_options){.causal = true});
  out[0] = ag_sum_all(g, ag_square(g, y));
  ag_grad(g, out[0], in, 3, out + 1);
  if (second) ag_grad(g, ag_sum_all(g, ag_square(g, out[1])), in, 3, out + 4);
  cr_assert_eq(ag_compile(g, out, second ? 7 : 4, 0, &plan), TN_OK, "%s", ag_error(g));
  size_t bytes = ag_plan_arena_bytes(plan);
  ag_plan_free(plan), ag_graph_free(g);
  return bytes;
}

Test(attention, memory_grows_as_the_places) {
  for (int second = 0; second < 2; second++) {
    size_t a = arena(1024, second), b = arena(2048, second), c = arena(4096, second);
    cr_log_info("%zu, %zu, %zu bytes at 1024, 2048, 4096 places", a, b, c);
    cr_expect_lt((double)b, 2.1 * (double)a, "%zu, %zu, %zu", a, b, c);
    cr_expect_lt((double)c, 2.1 * (double)b, "%zu, %zu, %zu", a, b, c);
    cr_expect_lt((double)c, HEADS * 4096.0 * 4096 * sizeof(float) / 2, "%zu", c);
  }
}

Test(attention, says_what_does_not_fit) {
  ag_graph *g;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref q = ag_input(g, "q", TN_F32, 3, (int64_t[]){2, 3, 4}),
         k = ag_input(g, "k", TN_F32, 3, (int64_t[]){2, 5, 3});
  cr_expect_eq(ag_attention(g, q, k, k, NULL).id, 0);
  cr_expect_eq(ag_status(g), TN_ESHAPE);
  cr_expect_not_null(strstr(ag_error(g), "[n, keys, width]"), "%s", ag_error(g));
  ag_graph_free(g);
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  q = ag_input(g, "q", TN_F32, 3, (int64_t[]){2, 3, 4});
  ag_ref seen = ag_input(g, "seen", TN_F32, 2, (int64_t[]){2, 4});
  cr_expect_eq(ag_attention(g, q, q, q, &(ag_attention_options){.visible = seen}).id, 0);
  cr_expect_eq(ag_status(g), TN_ESHAPE);
  ag_graph_free(g);
}
