/* Values of the primitives against naive formulas: elementwise, reduced, contracted, moved, random; and of
 * what must be stable where the naive formula is not. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double v_add(const double *x) { return x[0] + x[1]; }
static double v_sub(const double *x) { return x[0] - x[1]; }
static double v_mul(const double *x) { return x[0] * x[1]; }
static double v_div(const double *x) { return x[0] / x[1]; }
static double v_exp(const double *x) { return exp(x[0]); }
static double v_expm1(const double *x) { return expm1(x[0]); }
static double v_log(const double *x) { return log(x[0]); }
static double v_log1p(const double *x) { return log1p(x[0]); }
static double v_sqrt(const double *x) { return sqrt(x[0]); }
static double v_tanh(const double *x) { return tanh(x[0]); }
static double v_sigmoid(const double *x) { return 1 / (1 + exp(-x[0])); }
static double v_elu(const double *x) { return x[0] > 0 ? x[0] : 0.7 * (exp(x[0]) - 1); }
static double v_greater(const double *x) { return x[0] > x[1]; }
static double v_greater_equal(const double *x) { return x[0] >= x[1]; }
static double v_equal(const double *x) { return x[0] == x[1]; }
static double v_where(const double *x) { return x[0] != 0 ? x[1] : x[2]; }

#define VALUE(NAME)                                                                                          \
  { #NAME, v_##NAME }
static const struct value {
  const char *name;
  double (*formula)(const double *x);
} values[] = {VALUE(add),     VALUE(sub),           VALUE(mul),   VALUE(div),  VALUE(exp),     VALUE(expm1),
              VALUE(log),     VALUE(log1p),         VALUE(sqrt),  VALUE(tanh), VALUE(sigmoid), VALUE(elu),
              VALUE(greater), VALUE(greater_equal), VALUE(equal), VALUE(where)};

static const ag_op *find_op(const char *name) {
  for (int i = 0; i < ag_op_count; i++) {
    if (strcmp(ag_ops[i]->name, name) == 0) return ag_ops[i];
  }
  cr_assert_fail("no op %s", name);
  return NULL;
}

/* Shapes that broadcast, and what they broadcast to. Longer than a block, scalar and empty ones included. */
static const struct shapes {
  int rank[3];
  int64_t shape[3][4];
  int out_rank;
  int64_t out[4];
} broadcasts[] = {
    {{2, 2, 2}, {{3, 4}, {3, 4}, {3, 4}}, 2, {3, 4}},
    {{2, 1, 0}, {{3, 4}, {4}, {0}}, 2, {3, 4}},
    {{0, 2, 1}, {{0}, {3, 1}, {4}}, 2, {3, 4}},
    {{2, 3, 4}, {{3, 1}, {2, 1, 4}, {2, 1, 1, 1}}, 4, {2, 2, 3, 4}},
    {{2, 1, 2}, {{3, 700}, {700}, {3, 1}}, 2, {3, 700}},
    {{0, 0, 0}, {{0}, {0}, {0}}, 0, {0}},
    {{2, 2, 1}, {{0, 4}, {1, 4}, {4}}, 2, {0, 4}},
};

/* Coarse values, so that comparisons meet equal ones: of both signs and 0, or positive where the op needs
 * that. */
static double coarse(const char *name, int input, int64_t k) {
  bool positive = strcmp(name, "div") == 0 || strcmp(name, "sqrt") == 0 || strncmp(name, "log", 3) == 0;
  int64_t step = (k * 5 + input * 3) % 7;
  return (double)(positive ? 1 + step : step - 3) / 4;
}

/* The element of an input under an element of the output: its strides are 0 along broadcast axes. */
static int64_t source_of(const struct shapes *s, int input, int64_t position) {
  int64_t at = 0, stride = 1;
  for (int a = s->out_rank - 1, b = s->rank[input] - 1; b >= 0; position /= s->out[a], a--, b--) {
    int64_t extent = s->shape[input][b];
    if (extent != 1) at += position % s->out[a] * stride;
    stride *= extent;
  }
  return at;
}

static ag_ref coarse_input(ag_graph *g, const char *name, int input, const struct shapes *s, tn_dtype dtype) {
  tn_array x;
  cr_assert_eq(tn_array_new(NULL, dtype, s->rank[input], s->shape[input], &x), TN_OK);
  for (int64_t k = 0; k < tn_view_numel(&x.view); k++) tn_set(&x.view, k, coarse(name, input, k));
  ag_ref r = ag_constant(g, x.view);
  tn_array_free(&x);
  return r;
}

/* An op of fewer inputs may come out narrower: ag_broadcast makes up for it. */
static void check_broadcast(const struct value *v, const struct shapes *s, tn_dtype dtype) {
  const ag_op *op = find_op(v->name);
  ag_graph *g = new_graph();
  ag_ref in[3];
  int64_t size = tn_numel(s->out_rank, s->out);
  double *want = calloc((size_t)size + 1, sizeof *want);
  for (int i = 0; i < op->arity; i++) in[i] = coarse_input(g, v->name, i, s, dtype);
  for (int64_t k = 0; k < size; k++) {
    double x[3];
    for (int i = 0; i < op->arity; i++) x[i] = coarse(v->name, i, source_of(s, i, k));
    want[k] = v->formula(x);
  }
  ag_ref y = ag_emit(g, op, in, op->arity, &(ag_attr){.f = {strcmp(v->name, "elu") ? 0 : 0.7}}, NULL);
  expect_values(v->name, compute(g, ag_broadcast(g, y, s->out_rank, s->out)), want, size,
                tolerance_of(dtype));
  free(want);
  ag_graph_free(g);
}

Test(ops, elementwise_values_and_broadcasting) {
  for (int v = 0; v < COUNT(values); v++) {
    for (int s = 0; s < COUNT(broadcasts); s++) {
      check_broadcast(&values[v], &broadcasts[s], TN_F32);
      check_broadcast(&values[v], &broadcasts[s], TN_F64);
    }
  }
}

/* A constant of small integers 0, 1, -1, 2, -2, ... (f64), or of given ones. */
static ag_ref counting(ag_graph *g, int rank, const int64_t *shape) {
  tn_array x;
  cr_assert_eq(tn_array_new(NULL, TN_F64, rank, shape, &x), TN_OK);
  for (int64_t k = 0; k < tn_view_numel(&x.view); k++)
    tn_set(&x.view, k, (double)((k + 1) / 2 * (k & 1 ? 1 : -1)));
  ag_ref r = ag_constant(g, x.view);
  tn_array_free(&x);
  return r;
}

static ag_ref index_of(ag_graph *g, tn_dtype dtype, int rank, const int64_t *shape, const int *at) {
  int64_t wide[16];
  int32_t narrow[16];
  for (int64_t k = 0; k < tn_numel(rank, shape); k++) wide[k] = narrow[k] = at[k];
  return ag_constant(g, tn_view_of(dtype == TN_I64 ? (void *)wide : (void *)narrow, dtype, rank, shape));
}

/* The position within a shape, of which the axes in `skip` count as extent 1, of an element of the whole
 * shape. */
static int64_t without_axes(int rank, const int64_t *shape, unsigned skip, int64_t position) {
  int64_t at = 0, stride = 1;
  for (int a = rank - 1; a >= 0; position /= shape[a], a--) {
    if (skip >> a & 1) continue;
    at += position % shape[a] * stride;
    stride *= shape[a];
  }
  return at;
}

Test(ops, sums_and_maxima_over_every_set_of_axes) {
  const int64_t shape[] = {2, 3, 4};
  for (unsigned axes = 0; axes < 16; axes++) {
    bool keep = axes & 8;
    unsigned over = axes & 7;
    ag_graph *g = new_graph();
    ag_ref x = counting(g, 3, shape);
    result whole = compute(g, x);
    double sum[24] = {0}, max[24];
    for (int k = 0; k < 24; k++) max[k] = -INFINITY;
    int64_t size = 0;
    for (int64_t k = 0; k < 24; k++) {
      int64_t to = without_axes(3, shape, over, k);
      sum[to] += whole.at[k];
      max[to] = fmax(max[to], whole.at[k]);
      size = to + 1 > size ? to + 1 : size;
    }
    cr_expect_eq(ag_type_of(g, ag_sum(g, x, over, keep)).rank, keep ? 3 : 3 - __builtin_popcount(over));
    expect_values("sum", compute(g, ag_sum(g, x, over, keep)), sum, size, 0);
    expect_values("max", compute(g, ag_max(g, x, over, keep)), max, size, 0);
    free(whole.at);
    ag_graph_free(g);
  }
}

/* Both operands of [2, 3]-batched products, plain or with broadcast batch axes, transposed or not; and k = 0.
 */
static void check_contract(int rank_a, const int64_t *batch_a, int rank_b, const int64_t *batch_b, bool ta,
                           bool tb, int64_t k) {
  enum { M = 2, N = 5 };
  int64_t a_shape[4], b_shape[4];
  for (int i = 0; i < rank_a - 2; i++) a_shape[i] = batch_a[i];
  for (int i = 0; i < rank_b - 2; i++) b_shape[i] = batch_b[i];
  a_shape[rank_a - 2] = ta ? k : M, a_shape[rank_a - 1] = ta ? M : k;
  b_shape[rank_b - 2] = tb ? N : k, b_shape[rank_b - 1] = tb ? k : N;
  ag_graph *g = new_graph();
  ag_ref a = counting(g, rank_a, a_shape), b = counting(g, rank_b, b_shape), y = ag_contract(g, a, b, ta, tb);
  cr_assert_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  ag_type t = ag_type_of(g, y);
  result va = compute(g, a), vb = compute(g, b);
  int64_t batches = tn_numel(t.rank - 2, t.shape);
  double *want = calloc((size_t)batches * M * N, sizeof *want);
  for (int64_t p = 0; p < batches; p++) {
    unsigned ones_a = 0, ones_b = 0; /* batch axes along which an operand repeats */
    int lead_a = t.rank - rank_a, lead_b = t.rank - rank_b;
    for (int i = 0; i < t.rank - 2; i++) {
      if (i < lead_a || a_shape[i - lead_a] == 1) ones_a |= 1u << i;
      if (i < lead_b || b_shape[i - lead_b] == 1) ones_b |= 1u << i;
    }
    const double *pa = va.at + without_axes(t.rank - 2, t.shape, ones_a, p) * M * k;
    const double *pb = vb.at + without_axes(t.rank - 2, t.shape, ones_b, p) * k * N;
    for (int64_t i = 0; i < M; i++) {
      for (int64_t j = 0; j < N; j++) {
        for (int64_t l = 0; l < k; l++) {
          want[(p * M + i) * N + j] += pa[ta ? l * M + i : i * k + l] * pb[tb ? j * k + l : l * N + j];
        }
      }
    }
  }
  expect_values("contract", compute(g, y), want, batches * M * N, 0);
  free(va.at), free(vb.at), free(want);
  ag_graph_free(g);
}

Test(ops, contractions_of_every_kind) {
  static const struct {
    int rank_a, rank_b;
    int64_t a[2], b[2];
  } batches[] = {{2, 2, {0}, {0}},    {3, 2, {3}, {0}},       {2, 3, {0}, {3}},   {3, 3, {3}, {3}},
                 {4, 3, {2, 1}, {3}}, {4, 4, {2, 1}, {1, 3}}, {4, 2, {2, 3}, {0}}};
  for (int flags = 0; flags < 4; flags++) {
    for (int i = 0; i < COUNT(batches); i++) {
      for (int64_t k = 0; k < 4; k += 3) {
        check_contract(batches[i].rank_a, batches[i].a, batches[i].rank_b, batches[i].b, flags & 1, flags & 2,
                       k);
      }
    }
  }
}

Test(ops, contract_takes_transposes_of_the_last_two_axes_as_flags) {
  ag_graph *g = new_graph();
  ag_ref a = counting(g, 3, (int64_t[]){2, 3, 4}), b = counting(g, 3, (int64_t[]){2, 3, 5});
  ag_ref y = ag_matmul(g, ag_transpose2(g, a), b);
  cr_expect_eq(y.id, ag_contract(g, a, b, true, false).id);
  cr_expect_eq(ag_in(g, y, 0).id, a.id);
  ag_ref turned = ag_transpose(g, a, (int[]){1, 0, 2}); /* not the last two */
  cr_expect_eq(ag_in(g, ag_contract(g, turned, turned, true, false), 0).id, turned.id);
  ag_graph_free(g);
}

Test(ops, elements_are_moved_where_they_belong) {
  ag_graph *g = new_graph();
  ag_ref x = counting(g, 2, (int64_t[]){2, 3}); /* 0 1 -1; 2 -2 3 */
  int64_t six = 6, wide[] = {2, 2, 3};
#define MOVED(CALL, ...)                                                                                     \
  expect_values(#CALL, compute(g, CALL), (const double[]){__VA_ARGS__},                                      \
                (int64_t)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)), 0)
  MOVED(ag_reshape(g, x, 1, &six), 0, 1, -1, 2, -2, 3);
  MOVED(ag_transpose(g, x, ((int[]){1, 0})), 0, 2, 1, -2, -1, 3);
  MOVED(ag_broadcast(g, x, 3, wide), 0, 1, -1, 2, -2, 3, 0, 1, -1, 2, -2, 3);
  MOVED(ag_slice(g, x, 1, 1, 2), 1, -1, -2, 3);
  MOVED(ag_slice(g, x, 0, 1, 1), 2, -2, 3);
  MOVED(ag_pad(g, x, 0, 1, 0), 0, 0, 0, 0, 1, -1, 2, -2, 3);
  MOVED(ag_pad(g, x, 1, 0, 1), 0, 1, -1, 0, 2, -2, 3, 0);
  MOVED(ag_concat(g, ((ag_ref[]){x, ag_neg(g, x)}), 2, 1), 0, 1, -1, 0, -1, 1, 2, -2, 3, -2, 2, -3);
  MOVED(ag_concat(g, ((ag_ref[]){x, ag_slice(g, x, 0, 1, 1), ag_slice(g, x, 0, 0, 0)}), 3, 0), 0, 1, -1, 2,
        -2, 3, 2, -2, 3);
  MOVED(ag_row_norm(g, x), sqrt(2), sqrt(17));
  MOVED(ag_cast(g, ag_cast(g, ag_scale(g, x, 0.75), TN_I32), TN_F32), 0, 0, 0, 1, -1, 2);
  MOVED(ag_detach(g, x), 0, 1, -1, 2, -2, 3);
  ag_ref cube = counting(g, 3, (int64_t[]){2, 2, 2}); /* 0 1 -1 2 -2 3 -3 4 */
  MOVED(ag_transpose(g, cube, ((int[]){2, 0, 1})), 0, -1, -2, -3, 1, 2, 3, 4);
  MOVED(ag_transpose(g, cube, ((int[]){1, 2, 0})), 0, -2, 1, 3, -1, -3, 2, 4);
  expect_values("an empty slice", compute(g, ag_slice(g, x, 1, 3, 0)), NULL, 0, 0);
  ag_graph_free(g);
}

Test(ops, concat_takes_any_number) {
  enum { N = 20 };
  ag_graph *g = new_graph();
  ag_ref x = counting(g, 1, (int64_t[]){N}), part[N], dx;
  double weight[N], twice[N];
  for (int i = 0; i < N; i++) {
    part[N - 1 - i] = ag_slice(g, x, 0, i, 1);
    weight[N - 1 - i] = 2 * i, twice[i] = 2 * i;
  }
  ag_ref reversed = ag_concat(g, part, N, 0);
  ag_grad(g, ag_sum_all(g, ag_mul(g, reversed, vector(g, weight, N))), &x, 1, &dx);
  expect_values("concat of 20", compute(g, dx), twice, N, 0);
  ag_graph_free(g);
}

Test(ops, gather_and_scatter_add_move_rows) {
  for (int wide = 0; wide < 2; wide++) {
    tn_dtype dtype = wide ? TN_I64 : TN_I32;
    ag_graph *g = new_graph();
    ag_ref x = counting(g, 2, (int64_t[]){2, 3});
    ag_ref index = index_of(g, dtype, 2, (int64_t[]){2, 2}, (int[]){1, 1, 0, 1});
    MOVED(ag_gather(g, x, index), 2, -2, 3, 2, -2, 3, 0, 1, -1, 2, -2, 3);
    MOVED(ag_scatter_add(g, ag_gather(g, x, index), index, 3), 0, 1, -1, 6, -6, 9, 0, 0, 0);
    ag_graph_free(g);
  }
}

/* Runs y, which must fail with `sentence`; and so must the reference. */
static void expect_fault(ag_graph *g, ag_ref y, tn_status status, const char *sentence) {
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  cr_assert_eq(ag_compile(g, &y, 1, 0, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  for (int again = 0; again < 2; again++) {
    cr_expect_eq(ag_run_step(run, (tn_rng){0}), status);
    cr_expect(strstr(ag_run_error(run), sentence), "%s", ag_run_error(run));
  }
  ag_type t = ag_type_of(g, y);
  double memory[16];
  tn_view out = tn_view_of(memory, TN_F64, t.rank, t.shape);
  cr_expect_eq(ag_reference(g, &y, 1, false, NULL, NULL, 0, (tn_rng){0}, &out), status);
  ag_run_free(run);
  ag_plan_free(plan);
}

Test(ops, an_index_beyond_its_rows_fails_the_run_and_says_where) {
  ag_graph *g = new_graph();
  ag_ref x = counting(g, 2, (int64_t[]){4, 2}), y = counting(g, 2, (int64_t[]){3, 2});
  const int64_t three = 3;
  ag_ref high = index_of(g, TN_I32, 1, &three, (int[]){1, 0, 9});
  ag_ref low = index_of(g, TN_I64, 1, &three, (int[]){0, -1, 2});
  ag_scope_push(g, "lookup");
  ag_ref rows = ag_gather(g, x, high), sums = ag_scatter_add(g, y, low, 3);
  ag_ref twice = ag_index_select(g, y, 1, index_of(g, TN_I64, 1, &three, (int[]){0, 1, 2}));
  ag_scope_pop(g);
  expect_fault(g, rows, TN_EINVAL, "gather: index 9 of 4 rows, at position 2 (in lookup)");
  expect_fault(g, sums, TN_EINVAL, "scatter_add: index -1 of 3 rows, at position 1");
  expect_fault(g, twice, TN_EINVAL, "index 2 of 2 rows, at position 2");
  ag_graph_free(g);
}

Test(ops, random_values_depend_on_their_name_only) {
  ag_graph *g = new_graph();
  const int64_t n = 4000;
  ag_ref u = ag_uniform(g, "u", TN_F32, 1, &n), other = ag_uniform(g, "v", TN_F32, 1, &n);
  ag_ref z = ag_normal(g, "z", TN_F64, 1, &n), coin = ag_bernoulli(g, "coin", TN_F32, 1, &n, 0.25);
  result ru = compute(g, u), again = compute(g, u), rv = compute(g, other), rz = compute(g, z),
         rc = compute(g, coin);
  double mean_u = 0, mean_z = 0, square_z = 0, heads = 0, equal = 0;
  for (int64_t k = 0; k < n; k++) {
    cr_assert(ru.at[k] >= 0 && ru.at[k] < 1 && (rc.at[k] == 0 || rc.at[k] == 1));
    mean_u += ru.at[k] / n, mean_z += rz.at[k] / n, square_z += rz.at[k] * rz.at[k] / n,
        heads += rc.at[k] / n;
    equal += ru.at[k] == rv.at[k];
  }
  cr_expect(memcmp(ru.at, again.at, (size_t)n * sizeof(double)) == 0);
  cr_expect(equal < 10 && fabs(mean_u - 0.5) < 0.02 && fabs(mean_z) < 0.08 && fabs(square_z - 1) < 0.1);
  cr_expect(fabs(heads - 0.25) < 0.03);
  free(ru.at), free(again.at), free(rv.at), free(rz.at), free(rc.at);
  ag_graph_free(g);
}

Test(ops, stable_where_the_naive_formula_is_not) {
  ag_graph *g = new_graph();
  ag_ref x = vector(g, (double[]){1000, 1000, -INFINITY}, 3),
         none = vector(g, (double[]){-INFINITY, -INFINITY}, 2);
  ag_ref far = vector(g, (double[]){-800, 0, 800}, 3), dx[1];
  expect_values("logsumexp", compute(g, ag_logsumexp(g, x, 0, false)), (double[]){1000 + log(2)}, 1, 1e-15);
  expect_values("logsumexp of nothing", compute(g, ag_logsumexp(g, none, 0, false)), (double[]){-INFINITY}, 1,
                0);
  expect_values("softmax", compute(g, ag_softmax(g, x, 0)), (double[]){0.5, 0.5, 0}, 3, 1e-15);
  expect_values("softplus", compute(g, ag_softplus(g, far)), (double[]){0, log(2), 800}, 3, 1e-15);
  expect_values("sigmoid", compute(g, ag_sigmoid(g, far)), (double[]){0, 0.5, 1}, 3, 1e-15);
  ag_grad(g, ag_sum_all(g, ag_softplus(g, far)), &far, 1, dx);
  expect_values("softplus'", compute(g, dx[0]), (double[]){0, 0.5, 1}, 3, 1e-15);
  ag_grad(g, ag_sum_all(g, dx[0]), &far, 1, dx);
  expect_values("softplus''", compute(g, dx[0]), (double[]){0, 0.25, 0}, 3, 1e-15);
  ag_ref shifted = vector(g, (double[]){1e9, 1e9 + 1, 1e9 + 2}, 3);
  expect_values("variance", compute(g, ag_variance_axis(g, shifted, 0, false)), (double[]){2. / 3}, 1, 1e-15);
  ag_graph_free(g);
}

/* ---- integers -------------------------------------------------------------------------------------- */

static ag_ref whole(ag_graph *g, tn_dtype dtype, int64_t n, const int64_t *x) {
  tn_array a;
  cr_assert_eq(tn_array_new(NULL, dtype, 1, &n, &a), TN_OK);
  tn_copy(a.view, tn_view_of((void *)(uintptr_t)x, TN_I64, 1, &n));
  if (dtype == TN_I64) memcpy(a.view.data, x, (size_t)n * sizeof *x); /* past 2^53 too */
  ag_ref r = ag_constant(g, a.view);
  tn_array_free(&a);
  return r;
}

Test(ops, integers_are_added_compared_chosen_and_moved) {
  const tn_dtype types[] = {TN_I32, TN_I64, TN_U8};
  for (int k = 0; k < 3; k++) {
    ag_graph *g = new_graph();
    ag_ref a = whole(g, types[k], 3, (int64_t[]){7, 2, 5}), b = whole(g, types[k], 3, (int64_t[]){3, 2, 9});
    ag_ref column = ag_unsqueeze(g, a, 1), two = whole(g, types[k], 1, (int64_t[]){2});
    MOVED(ag_add(g, a, b), 10, 4, 14);
    MOVED(ag_sub(g, ag_add(g, a, b), two), 8, 2, 12);
    MOVED(ag_mul(g, column, b), 21, 14, 63, 6, 4, 18, 15, 10, 45);
    MOVED(ag_fmod(g, a, two), 1, 0, 1);
    MOVED(ag_less(g, a, b), 0, 0, 1);
    MOVED(ag_greater_equal(g, a, b), 1, 1, 0);
    MOVED(ag_logical_or(g, ag_equal(g, a, b), ag_greater(g, a, b)), 1, 1, 0);
    MOVED(ag_where(g, ag_less(g, a, b), a, b), 3, 2, 5);
    MOVED(ag_where(g, ag_less(g, a, b), ag_cast(g, a, TN_F32), ag_scalar(g, TN_F32, -1)), -1, -1, 5);
    MOVED(ag_broadcast(g, column, 2, ((int64_t[]){3, 2})), 7, 7, 2, 2, 5, 5);
    MOVED(ag_gather(g, a, whole(g, TN_I64, 2, (int64_t[]){2, 0})), 5, 7);
    MOVED(ag_flip(g, ag_concat(g, ((ag_ref[]){a, b}), 2, 0), 0), 9, 2, 3, 5, 2, 7);
    MOVED(ag_sort(g, a, 0, false), 2, 5, 7);
    MOVED(ag_tile(g, two, 1, ((int64_t[]){3})), 2, 2, 2);
    cr_expect_eq(ag_type_of(g, ag_less(g, a, b)).dtype, types[k]);
    ag_graph_free(g);
  }
}

Test(ops, integers_wrap_round_and_are_exact_beyond_doubles) {
  ag_graph *g = new_graph();
  const int64_t large = (int64_t)1 << 53;
  ag_ref big = whole(g, TN_I64, 2, (int64_t[]){large, large + 1}), same = whole(g, TN_I64, 1, &large);
  MOVED(ag_equal(g, big, same), 1, 0);
  MOVED(ag_sub(g, big, same), 0, 1);
  MOVED(ag_add(g, whole(g, TN_U8, 1, (int64_t[]){250}), whole(g, TN_U8, 1, (int64_t[]){10})), 4);
  MOVED(ag_add(g, whole(g, TN_I32, 1, (int64_t[]){INT32_MAX}), whole(g, TN_I32, 1, (int64_t[]){1})),
        INT32_MIN);
  MOVED(ag_add(g, whole(g, TN_I64, 1, (int64_t[]){INT64_MAX}), whole(g, TN_I64, 1, (int64_t[]){1})), -0x1p63);
  expect_fault(g, ag_cast(g, ag_fmod(g, big, whole(g, TN_I64, 1, (int64_t[]){0})), TN_F64), TN_ENUMERIC,
               "an integer divided by 0");
  ag_graph_free(g);
}

Test(ops, what_refuses_integers_says_so) {
  ag_graph *g = new_graph();
  ag_ref a = whole(g, TN_I32, 2, (int64_t[]){1, 2});
  cr_expect_eq(ag_exp(g, a).id, 0);
  cr_expect(strstr(ag_error(g), "exp: operands i32[2] are integers"), "%s", ag_error(g));
  ag_graph_free(g);
}

Test(ops, messages_name_target_and_attributes) {
#define SAYS(SENTENCE, CALL)                                                                                 \
  do {                                                                                                       \
    ag_graph *g = new_graph();                                                                               \
    ag_ref x = ag_input(g, "x", TN_F64, 2, (int64_t[]){3, 4});                                               \
    (void)(CALL);                                                                                            \
    cr_expect(strstr(ag_error(g), SENTENCE), "%s", ag_error(g));                                             \
    ag_graph_free(g);                                                                                        \
  } while (0)
  SAYS("reshape: [3, 4] has 12 elements, the target [5, 3] has 15", ag_reshape(g, x, 2, ((int64_t[]){5, 3})));
  SAYS("slice: 3 places from 2 in steps of 1 along axis 1 do not lie in [3, 4]", ag_slice(g, x, 1, 2, 3));
  SAYS("transpose: [1, 1] is no permutation of the axes of [3, 4]", ag_transpose(g, x, ((int[]){1, 1})));
  SAYS("broadcast: [3, 4] cannot be broadcast to [3, 5]", ag_broadcast(g, x, 2, ((int64_t[]){3, 5})));
  SAYS("matmul: f64[3, 4] times f64[3, 4]: the last extent", ag_matmul(g, x, x));
  SAYS("sum: the set of axes 0x4 names one that [3, 4] has not", ag_sum(g, x, 4, false));
  SAYS("concat: operand 1, f64[4, 3], cannot be joined to f64[3, 4] along axis 0",
       ag_concat(g, ((ag_ref[]){x, ag_transpose2(g, x)}), 2, 0));
  SAYS("pad: 0 before, -1 after, 0 between along axis 0 of [3, 4]", ag_pad(g, x, 0, 0, -1));
  SAYS("gather: the index is f64, not i32 or i64", ag_gather(g, x, x));
}
