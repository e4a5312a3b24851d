/* Every primitive: derivatives to second order, f32 gradients against f64 ones, what has no gradient; and
 * kinks, also those of compositions. The first half is driven by the descriptors: a new op is tested by
 * having cases. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NABLA_SOURCE_DIR /* the build says where the sources are; by hand: run from there */
#define NABLA_SOURCE_DIR "."
#endif

/* ---- samples: the inputs of a case ----------------------------------------------------------------- */

enum { MAX_INPUTS = 3 };

typedef struct sample {
  const ag_op *op;
  const ag_case *c;
  int n;
  tn_array in[MAX_INPUTS]; /* f64, or the index type */
} sample;

static bool has_derivative(const ag_op *op, int input) {
  return !(op->flags & AG_NO_DERIVATIVE) && !(op->flags & ((unsigned)AG_NODIFF_0 << input));
}

/* Indices are 0..3, masks 0 or 1, everything else uniform in the domain. */
static void draw(const sample *s, int input, tn_view out) {
  bool fixed = (s->op->flags & ((unsigned)AG_NODIFF_0 << input)) != 0;
  double low = s->c->low, high = s->c->high;
  if (low == 0 && high == 0) low = -2, high = 2;
  tn_rng rng = {
      .stream = tn_stream(s->op->name), .step = (uint32_t)(s->c - s->op->cases), .epoch = (uint32_t)input};
  for (int64_t i = 0; i < tn_view_numel(&out); i++) {
    uint64_t word = tn_rng_u64(rng, (uint64_t)i);
    double unit = (double)(word >> 11) * 0x1p-53;
    tn_set(&out, i, !fixed ? low + (high - low) * unit : (double)(word % (s->op->kind == AG_INDEX ? 4 : 2)));
  }
  int rank = out.rank;
  if (s->c->diagonal == 0 || fixed || rank < 2) return;
  int64_t rows = out.shape[rank - 2], columns = out.shape[rank - 1];
  for (int64_t i = 0; i < tn_view_numel(&out); i++)
    if (i / columns % rows == i % columns) tn_set(&out, i, tn_get(&out, i) + s->c->diagonal);
}

static sample new_sample(const ag_op *op, const ag_case *c) {
  sample s = {.op = op, .c = c, .n = c->n_in};
  for (int i = 0; i < s.n; i++) {
    bool index = op->kind == AG_INDEX && op->flags & ((unsigned)AG_NODIFF_0 << i);
    cr_assert_eq(tn_array_new(NULL, index ? c->index : TN_F64, c->in[i].rank, c->in[i].shape, &s.in[i]),
                 TN_OK);
    draw(&s, i, s.in[i].view);
  }
  return s;
}

static void free_sample(sample *s) {
  for (int i = 0; i < s->n; i++) tn_array_free(&s->in[i]);
}

static ag_ref emit_sample(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  const sample *s = ctx;
  return ag_emit(g, s->op, in, n, &s->c->attr, NULL);
}

/* ---- derivatives of every primitive ---------------------------------------------------------------- */

#define EACH_CASE(op, c)                                                                                     \
  for (int op##_i = 0; op##_i < ag_op_count; op##_i++)                                                       \
    for (const ag_op *op = ag_ops[op##_i]; op; op = NULL)                                                    \
      for (const ag_case *c = op->cases; c < op->cases + op->n_cases; c++)

Test(ops, every_derivative_to_second_order) {
  int checked = 0;
  EACH_CASE(op, c) {
    if (c->order < 0) continue;
    sample s = new_sample(op, c);
    ag_gradcheck_options options = {.order = c->order};
    tn_view at[MAX_INPUTS];
    for (int i = 0; i < s.n; i++) {
      at[i] = s.in[i].view;
      if (!has_derivative(op, i)) options.constant_inputs |= 1u << i;
    }
    ag_gradcheck_report report;
    tn_status status = ag_gradcheck(emit_sample, &s, at, s.n, &options, &report);
    cr_expect_eq(status, TN_OK, "%s, case %d: %s", op->name, (int)(c - op->cases), report.message);
    cr_log_info("%-12s case %d: error %.1e at order %d", op->name, (int)(c - op->cases), report.error,
                report.order);
    free_sample(&s);
    checked++;
  }
  cr_expect_geq(checked, 50);
}

/* d<u, op(x)>/dx_i for each input that has one, everything in `dtype`, as doubles. */
static void gradients(const sample *s, tn_dtype dtype, result *out) {
  ag_graph *g = new_graph();
  ag_ref in[MAX_INPUTS], wrt[MAX_INPUTS], dx[MAX_INPUTS];
  int n_wrt = 0;
  for (int i = 0; i < s->n; i++) {
    const tn_view *v = &s->in[i].view;
    in[i] = ag_input(g, (char[]){'x', (char)('0' + i), 0}, v->dtype, v->rank, v->shape);
    if (v->dtype == TN_F64) in[i] = ag_cast(g, in[i], dtype);
    if (has_derivative(s->op, i)) wrt[n_wrt++] = in[i];
  }
  ag_ref y = emit_sample(g, in, s->n, s);
  ag_type t = ag_type_of(g, y);
  ag_ref u = ag_cast(g, ag_normal(g, "u", TN_F64, t.rank, t.shape), t.dtype);
  ag_grad(g, ag_sum_all(g, ag_mul(g, y, u)), wrt, n_wrt, dx);
  for (int i = 0, k = 0; i < s->n; i++) {
    if (has_derivative(s->op, i)) out[i] = compute_at(g, dx[k++], s->in);
  }
  ag_graph_free(g);
}

/* The error of f32, relative to the largest element of the tensor: a few roundings of 2^-24 = 6e-8. */
static double f32_error(const sample *s, int input, const result *f32, const result *f64) {
  double error = 0, scale = 0;
  cr_assert_eq(f32->size, f64->size, "%s: input %d", s->op->name, input);
  for (int64_t k = 0; k < f64->size; k++) {
    error = fmax(error, fabs(f32->at[k] - f64->at[k]));
    scale = fmax(scale, fabs(f64->at[k]));
  }
  return error == 0 ? 0 : error / scale;
}

Test(ops, f32_gradients_are_the_f64_ones) {
  const double bound = 2e-6;
  double worst = 0;
  EACH_CASE(op, c) {
    if (c->order < 0) continue;
    sample s = new_sample(op, c);
    result f32[MAX_INPUTS] = {0}, f64[MAX_INPUTS] = {0};
    gradients(&s, TN_F32, f32);
    gradients(&s, TN_F64, f64);
    for (int i = 0; i < s.n; i++) {
      double error = f32_error(&s, i, &f32[i], &f64[i]);
      cr_expect(error <= bound, "%s, case %d, input %d: relative error %.2g", op->name, (int)(c - op->cases),
                i, error);
      worst = fmax(worst, error);
      free(f32[i].at), free(f64[i].at);
    }
    free_sample(&s);
  }
  cr_log_info("largest relative error %.2g", worst);
}

/* The printed list. An op is on it for one of three reasons: its derivative is zero by definition, it has
 * nothing to differentiate by, or it is an effect. */
Test(ops, every_op_has_a_gradient_or_is_listed) {
  const char *const without[] = {"floor",   "round",   "greater", "greater_equal", "equal",
                                 "argsort", "uniform", "normal",  "detach",        "assign"};
  int listed = 0;
  for (int i = 0; i < ag_op_count; i++) {
    const ag_op *op = ag_ops[i];
    bool differentiable = false;
    for (const ag_case *c = op->cases; c < op->cases + op->n_cases; c++) differentiable |= c->order >= 0;
    cr_expect(op->n_cases > 0 && op->doc && *op->doc, "%s has no case or no documentation", op->name);
    cr_expect_eq(differentiable, op->vjp != NULL, "%s: a derivative and cases that check it come together",
                 op->name);
    if (differentiable) continue;
    cr_log_info("no gradient: %s", op->name);
    cr_assert(listed < COUNT(without) && strcmp(op->name, without[listed]) == 0, "%s: not on the list",
              op->name);
    listed++;
  }
  cr_expect_eq(listed, COUNT(without));
}

static char *whole_file(const char *path) {
  FILE *f = fopen(path, "rb");
  char *text = calloc(1, 1 << 16);
  cr_assert(f && fread(text, 1, (1 << 16) - 1, f) > 0, "%s cannot be read", path);
  fclose(f);
  return text;
}

Test(ops, the_guide_shows_the_op_as_it_is) {
  char *guide = whole_file(NABLA_SOURCE_DIR "/docs/adding_an_op.md");
  char *op = whole_file(NABLA_SOURCE_DIR "/autograd/ops/elementwise/elu.c");
  cr_expect(strstr(guide, op), "docs/adding_an_op.md shows another elu.c");
  free(guide), free(op);
}

Test(ops, masks_and_detach_stop_gradients_and_assign_refuses_them) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){3}), dx[1];
  ag_ref masks = ag_add(g, ag_greater(g, x, ag_like(g, x, 0)), ag_equal(g, x, x));
  ag_grad(g, ag_sum_all(g, ag_add(g, masks, ag_detach(g, ag_exp(g, x)))), &x, 1, dx);
  expect_values("masks and detach", compute(g, dx[0]), (double[]){0, 0, 0}, 3, 0);
  ag_ref state = ag_state(g, "w", TN_F64, 1, (int64_t[]){3});
  ag_grad(g, ag_sum_all(g, ag_assign(g, state, ag_exp(g, x))), &x, 1, dx);
  cr_expect(ag_status(g) != TN_OK && strstr(ag_error(g), "assign"), "%s", ag_error(g));
  ag_graph_free(g);
}

/* ---- kinks: what the documentation says the derivatives are there ---------------------------------- */

/* f' and f'' of sum(f(x)), the latter as the derivative of sum(f'(x)). */
static void expect_derivatives(const char *what, ag_graph *g, ag_ref x, ag_ref y, const double *first,
                               const double *second) {
  ag_type t = ag_type_of(g, x);
  ag_ref dx, ddx;
  ag_grad(g, ag_sum_all(g, y), &x, 1, &dx);
  ag_grad(g, ag_sum_all(g, dx), &x, 1, &ddx);
  expect_values(what, compute(g, dx), first, tn_numel(t.rank, t.shape), 1e-14);
  expect_values(what, compute(g, ddx), second, tn_numel(t.rank, t.shape), 1e-14);
}

Test(ops, derivatives_at_kinks) {
  ag_graph *g = new_graph();
  ag_ref x = vector(g, (double[]){-0.0, 0, 1}, 3);
#define KINK(CALL, ...) expect_derivatives(#CALL, g, x, CALL, __VA_ARGS__)
  KINK(ag_elu(g, x, 0.5), (double[]){0.5, 0.5, 1}, (double[]){0.5, 0.5, 0});
  KINK(ag_abs(g, x), (double[]){0, 0, 1}, (double[]){0, 0, 0});
  KINK(ag_relu(g, x), (double[]){0, 0, 1}, (double[]){0, 0, 0});
  KINK(ag_leaky_relu(g, x, 0.25), (double[]){0.25, 0.25, 1}, (double[]){0, 0, 0});
  KINK(ag_clamp(g, x, 0, 2), (double[]){0, 0, 1}, (double[]){0, 0, 0});
  KINK(ag_pow(g, x, 2), (double[]){0, 0, 2}, (double[]){2, 2, 2});
  KINK(ag_pow(g, x, 1), (double[]){1, 1, 1}, (double[]){0, 0, 0});
  KINK(ag_maximum(g, x, ag_scale(g, x, 3)), (double[]){2, 2, 3}, (double[]){0, 0, 0});
  x = vector(g, (double[]){3, 1, 3, 3}, 4);
  KINK(ag_max(g, x, 1, false), (double[]){1. / 3, 0, 1. / 3, 1. / 3}, (double[]){0, 0, 0, 0});
  x = ag_constant(g, tn_view_of((double[]){0, 0, 3, 4}, TN_F64, 2, (int64_t[]){2, 2}));
  KINK(ag_row_norm(g, x), (double[]){0, 0, 0.6, 0.8}, (double[]){0, 0, 0.032, -0.024});
  ag_ref squared = ag_square(g, ag_row_norm(g, x));
  KINK(squared, (double[]){0, 0, 6, 8}, (double[]){0, 0, 2, 2});
  ag_graph_free(g);
}

/* where() does not let NaN through. */
Test(ops, where_does_not_leak_the_side_not_taken) {
  ag_graph *g = new_graph();
  ag_ref x = vector(g, (double[]){-1, 0, 4}, 3), zero = ag_like(g, x, 0);
  ag_ref safe = ag_where(g, ag_greater(g, x, zero), ag_log(g, x), zero);
  expect_values("where", compute(g, safe), (double[]){0, 0, log(4)}, 3, 1e-15);
  ag_graph_free(g);
}
