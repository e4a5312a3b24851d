/* jvp, hvp, Jacobian, Hessian, per-example gradients against differences and against one another; ag_vmap of every
 * primitive against its examples one by one. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IN = 3, OUT = 2, N = IN * OUT };

/* A value [2] of w [3, 2] and x [3] with products, a reduction, a choice and an index. */
static ag_ref network(ag_graph *g, ag_ref x, ag_ref w) {
  ag_ref h = ag_matmul(g, ag_reshape(g, x, 2, (int64_t[]){1, IN}), ag_tanh(g, w));
  ag_ref y = ag_log_softmax(g, ag_add(g, ag_square(g, h), ag_elu(g, ag_scale(g, h, 3), 0.5)), 1);
  ag_ref order = ag_constant(g, tn_view_of((int64_t[]){1, 0, 1}, TN_I64, 1, (int64_t[]){3}));
  ag_ref picked = ag_gather_axis(g, y, order, 1, 0);
  return ag_slice(g, ag_reshape(g, ag_cumsum(g, picked, 1, false), 1, (int64_t[]){3}), 0, 1, 2);
}

static const double at_x[IN] = {0.3, -1.1, 0.7}, at_w[N] = {0.5, -0.2, 0.9, 0.4, -0.6, 0.1};

static ag_ref input(ag_graph *g, int i, int rank, const int64_t *shape) {
  return ag_input(g, (char[]){'x', (char)('0' + i), 0}, TN_F64, rank, shape);
}

static tn_array array_of(const double *x, int rank, const int64_t *shape) {
  tn_array a;
  cr_assert_eq(tn_array_new(NULL, TN_F64, rank, shape, &a), TN_OK);
  memcpy(a.view.data, x, tn_view_bytes(&a.view));
  return a;
}

typedef struct setting {
  ag_graph *g;
  ag_ref x, w, v, y, loss; /* y [2], loss rank 0 */
  tn_array in[3];          /* x, w, the direction v for w */
} setting;

static setting begin(void) {
  static const double direction[N] = {0.2, -0.4, 0.1, 0.9, -0.3, 0.5};
  const int64_t three = IN, matrix[] = {IN, OUT};
  setting s = {.g = new_graph()};
  s.x = input(s.g, 0, 1, &three), s.w = input(s.g, 1, 2, matrix), s.v = input(s.g, 2, 2, matrix);
  s.y = network(s.g, s.x, s.w);
  s.loss = ag_sum_all(s.g, ag_mul(s.g, s.y, ag_sin(s.g, s.y)));
  s.in[0] = array_of(at_x, 1, &three), s.in[1] = array_of(at_w, 2, matrix),
  s.in[2] = array_of(direction, 2, matrix);
  return s;
}

static void end(setting *s) {
  for (int i = 0; i < 3; i++) tn_array_free(&s->in[i]);
  ag_graph_free(s->g);
}

static result value(setting *s, ag_ref y) {
  cr_assert_eq(ag_status(s->g), TN_OK, "%s", ag_error(s->g));
  return compute_at(s->g, y, s->in);
}

/* d y / d w[j] by central differences, Richardson-extrapolated, of every element of y. */
static void differences(setting *s, ag_ref y, int j, double *out, int64_t n) {
  double *w = s->in[1].view.data, kept = w[j], half[64] = {0};
  for (int k = 0; k < 2; k++) {
    double t = k ? 5e-4 : 1e-3;
    w[j] = kept + t;
    result up = value(s, y);
    w[j] = kept - t;
    result down = value(s, y);
    for (int64_t i = 0; i < n; i++) (k ? half : out)[i] = (up.at[i] - down.at[i]) / (2 * t);
    free(up.at), free(down.at);
  }
  for (int64_t i = 0; i < n; i++) out[i] = (4 * half[i] - out[i]) / 3;
  w[j] = kept;
}

Test(derivatives, jacobian_by_differences_and_jvp_by_the_jacobian) {
  setting s = begin();
  ag_ref jacobian = ag_jacobian(s.g, s.y, s.w), jvp = ag_jvp(s.g, s.y, &s.w, &s.v, 1);
  double want[OUT * N], column[OUT], along[OUT] = {0};
  for (int j = 0; j < N; j++) {
    differences(&s, s.y, j, column, OUT);
    for (int i = 0; i < OUT; i++)
      want[i * N + j] = column[i], along[i] += column[i] * ((double *)s.in[2].view.data)[j];
  }
  ag_type t = ag_type_of(s.g, jacobian);
  cr_expect(tn_same_shape(t.rank, t.shape, 3, (int64_t[]){OUT, IN, OUT}));
  expect_values("jacobian", value(&s, jacobian), want, OUT * N, 1e-9);
  expect_values("jvp", value(&s, jvp), along, OUT, 1e-9);
  end(&s);
}

Test(derivatives, the_plan_of_a_jvp_reads_no_cotangent) {
  setting s = begin();
  ag_ref jvp = ag_jvp(s.g, s.y, (ag_ref[]){s.x, s.w}, (ag_ref[]){ag_scale(s.g, s.x, 2), s.v}, 2);
  ag_plan *plan;
  cr_assert_eq(ag_compile(s.g, &jvp, 1, 0, &plan), TN_OK, "%s", ag_error(s.g));
  cr_expect_eq(ag_plan_leaf_count(plan), 3);
  ag_plan_free(plan);
  end(&s);
}

Test(derivatives, hessian_by_differences_and_hvp_and_diagonal_by_the_hessian) {
  setting s = begin();
  ag_ref gradient, hv, hessian = ag_hessian(s.g, s.loss, s.w),
                       diagonal = ag_hessian_diagonal(s.g, s.loss, s.w);
  ag_grad(s.g, s.loss, &s.w, 1, &gradient);
  ag_hvp(s.g, s.loss, &s.w, &s.v, 1, &hv);
  double h[N * N], column[N], times_v[N] = {0}, own[N];
  for (int j = 0; j < N; j++) {
    differences(&s, gradient, j, column, N);
    for (int i = 0; i < N; i++)
      h[i * N + j] = column[i], times_v[i] += column[i] * ((double *)s.in[2].view.data)[j];
    own[j] = column[j];
  }
  expect_values("hessian", value(&s, hessian), h, N * N, 1e-8);
  expect_values("hvp", value(&s, hv), times_v, N, 1e-8);
  expect_values("hessian's diagonal", value(&s, diagonal), own, N, 1e-8);
  end(&s);
}

/* A third derivative: the hvp's own gradient. */
Test(derivatives, an_hvp_can_be_derived) {
  setting s = begin();
  ag_ref hv, third;
  ag_hvp(s.g, s.loss, &s.w, &s.v, 1, &hv);
  ag_ref sum = ag_sum_all(s.g, hv);
  ag_grad(s.g, sum, &s.w, 1, &third);
  double want[N];
  for (int j = 0; j < N; j++) differences(&s, sum, j, &want[j], 1);
  expect_values("third", value(&s, third), want, N, 1e-7);
  end(&s);
}

Test(derivatives, per_example_gradients_are_those_of_each_example) {
  enum { B = 4 };
  setting s = begin();
  double many[B * IN], want[B * N];
  for (int k = 0; k < B * IN; k++) many[k] = sin(3 * k + 1);
  ag_ref gradient, xs = ag_constant(s.g, tn_view_of(many, TN_F64, 2, (int64_t[]){B, IN})), each;
  ag_grad(s.g, s.loss, &s.w, 1, &gradient);
  for (int b = 0; b < B; b++) {
    memcpy(s.in[0].view.data, many + b * IN, IN * sizeof *many);
    result r = value(&s, gradient);
    memcpy(want + b * N, r.at, sizeof(double) * N);
    free(r.at);
  }
  size_t before = ag_node_count(s.g);
  ag_per_example_grad(s.g, s.loss, &s.w, 1, &s.x, &xs, 1, &each);
  cr_expect(ag_node_count(s.g) < 3 * before, "it was unrolled: %zu nodes", ag_node_count(s.g));
  expect_values("per example", value(&s, each), want, B * N, 1e-13);
  end(&s);
}

/* ---- vmap of every primitive ----------------------------------------------------------------------- */

enum { EXAMPLES = 3, MAX_INPUTS = 3 };

static bool is_index(const ag_op *op, int i) {
  return op->kind == AG_INDEX && op->flags & ((unsigned)AG_NODIFF_0 << i);
}

/* Input i of a case, or many of them, with numbers that differ from example to example. */
static tn_array draw(const ag_op *op, const ag_case *c, int i, int64_t examples) {
  int64_t shape[8] = {examples}, lead = examples > 0;
  tn_array a;
  for (int k = 0; k < c->in[i].rank; k++) shape[lead + k] = c->in[i].shape[k];
  cr_assert_eq(tn_array_new(NULL, is_index(op, i) ? c->index : TN_F64, c->in[i].rank + (int)lead, shape, &a),
               TN_OK);
  double low = c->low, high = c->high;
  if (low == 0 && high == 0) low = -2, high = 2;
  for (int64_t k = 0; k < tn_view_numel(&a.view); k++) {
    uint64_t word = tn_rng_u64((tn_rng){.stream = tn_stream(op->name), .step = (uint32_t)i}, (uint64_t)k);
    tn_set(&a.view, k,
           is_index(op, i) ? (double)(word % 4) : low + (high - low) * (double)(word >> 11) * 0x1p-53);
  }
  int rank = a.view.rank;
  for (int64_t k = 0; c->diagonal != 0 && rank >= 2 && k < tn_view_numel(&a.view); k++) {
    int64_t columns = a.view.shape[rank - 1], row = k / columns % a.view.shape[rank - 2];
    if (row == k % columns && !is_index(op, i)) tn_set(&a.view, k, tn_get(&a.view, k) + c->diagonal);
  }
  return a;
}

static tn_view example(const tn_array *all, bool each, int b) {
  tn_view v = all->view;
  if (!each) return v;
  v = tn_view_slice(v, 0, b, 1, 1);
  return tn_view_of(v.data, v.dtype, v.rank - 1, v.shape + 1);
}

/* Inputs in `which` vary; the result of vmap and of each example must agree. */
static void check_case(const ag_op *op, const ag_case *c, unsigned which) {
  ag_graph *g = new_graph();
  ag_ref x[MAX_INPUTS], one[MAX_INPUTS], many[MAX_INPUTS], all;
  tn_array in[MAX_INPUTS];
  int n = 0;
  for (int i = 0; i < c->n_in; i++) {
    bool each = which >> i & 1;
    in[i] = draw(op, c, i, each ? EXAMPLES : 0);
    tn_view first = example(&in[i], each, 0);
    x[i] = each ? ag_input(g, (char[]){'o', (char)('0' + i), 0}, first.dtype, first.rank, first.shape)
                : ag_constant(g, first);
    if (each) one[n] = x[i], many[n++] = ag_constant(g, in[i].view);
  }
  ag_ref y = ag_emit(g, op, x, c->n_in, &c->attr, NULL);
  ag_vmap(g, one, many, n, &y, 1, &all);
  cr_assert_eq(ag_status(g), TN_OK, "%s, case %d, inputs 0x%x: %s", op->name, (int)(c - op->cases), which,
               ag_error(g));
  result got = compute(g, all);
  for (int b = 0; b < EXAMPLES; b++) {
    ag_graph *h = new_graph();
    for (int i = 0; i < c->n_in; i++) x[i] = ag_constant(h, example(&in[i], which >> i & 1, b));
    result want = compute(h, ag_emit(h, op, x, c->n_in, &c->attr, NULL));
    cr_assert_eq(want.size * EXAMPLES, got.size, "%s: %lld of %lld elements", op->name, (long long)want.size,
                 (long long)got.size);
    for (int64_t k = 0; k < want.size; k++) {
      double have = got.at[b * want.size + k];
      cr_expect(fabs(have - want.at[k]) <= 1e-13 * fmax(1, fabs(want.at[k])),
                "%s, case %d, inputs 0x%x, example %d: %g, not %g", op->name, (int)(c - op->cases), which, b,
                have, want.at[k]);
    }
    free(want.at);
    ag_graph_free(h);
  }
  free(got.at);
  for (int i = 0; i < c->n_in; i++) tn_array_free(&in[i]);
  ag_graph_free(g);
}

Test(derivatives, vmap_of_every_primitive) {
  int checked = 0;
  for (int k = 0; k < ag_op_count; k++) {
    const ag_op *op = ag_ops[k];
    if (op->kind == AG_RANDOM || op->kind == AG_EFFECT) continue;
    for (const ag_case *c = op->cases; c < op->cases + op->n_cases; c++)
      for (unsigned which = 1; which < 1u << c->n_in; which++) check_case(op, c, which), checked++;
  }
  cr_expect_geq(checked, 150);
}

Test(derivatives, vmap_of_random_values_and_of_what_does_not_vary) {
  ag_graph *g = new_graph();
  const int64_t two = 2;
  ag_ref x = input(g, 0, 1, &two), noise = ag_normal(g, "noise", TN_F64, 1, &two), out[2];
  ag_ref xs = ag_constant(g, tn_view_of((double[]){0, 0, 1, 1, 2, 2}, TN_F64, 2, (int64_t[]){3, 2}));
  ag_ref y[] = {ag_add(g, x, noise), noise};
  ag_vmap(g, &x, &xs, 1, y, 2, out);
  result sum = compute(g, out[0]), same = compute(g, out[1]);
  for (int k = 0; k < 6; k++) cr_expect(sum.at[k] == same.at[k % 2] + k / 2 && same.at[k] == same.at[k % 2]);
  free(sum.at), free(same.at);
  ag_graph_free(g);
}

#define REFUSED(WORDS, ...)                                                                                  \
  do {                                                                                                       \
    setting s = begin();                                                                                     \
    ag_ref out[2] = {{1}, {1}};                                                                              \
    (void)out;                                                                                               \
    __VA_ARGS__;                                                                                             \
    cr_expect(ag_status(s.g) != TN_OK && strstr(ag_error(s.g), WORDS), "'%s'", ag_error(s.g));               \
    end(&s);                                                                                                 \
  } while (0)

Test(derivatives, bad_calls_are_refused_with_a_sentence) {
  REFUSED("jvp: direction 0 is f64[3], its value f64[3, 2]", (void)ag_jvp(s.g, s.y, &s.w, &s.x, 1));
  REFUSED("jvp: there are no values", (void)ag_jvp(s.g, s.y, NULL, NULL, 1));
  REFUSED("rank 1", ag_hvp(s.g, s.y, &s.w, &s.v, 1, out));
  REFUSED("vmap: input 0 is f64[3] for one example and f64[3, 2] for many",
          ag_vmap(s.g, &s.x, &s.w, 1, &s.y, 1, out));
  REFUSED("vmap: no inputs", ag_vmap(s.g, NULL, NULL, 0, &s.y, 1, out));
  REFUSED("jacobian", {
    const int64_t ones[] = {1, 1, 1, 1, 1};
    ag_ref deep = input(s.g, 3, 5, ones);
    (void)ag_jacobian(s.g, ag_square(s.g, deep), deep);
  });
}

/* Elementwise ops read what was broadcast, so a derivative by the broadcast itself would be wrong without a word. */
Test(derivatives, by_a_broadcast_is_refused) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){3}), w = ag_input(g, "w", TN_F64, 2, (int64_t[]){2, 3});
  ag_ref wide = ag_broadcast(g, x, 2, (int64_t[]){2, 3}), out[2];
  ag_ref y = ag_sum_all(g, ag_mul(g, wide, w));
  ag_grad(g, y, (ag_ref[]){x, w}, 2, out);
  cr_assert_eq(ag_status(g), TN_OK);
  ag_grad(g, y, &wide, 1, out);
  cr_assert_eq(ag_status(g), TN_EINVAL);
  cr_assert(strstr(ag_error(g), "differentiate with respect to the value that was broadcast"), "%s",
            ag_error(g));
  ag_graph_free(g);
}
