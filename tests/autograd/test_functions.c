/* Functions of one or more arrays against PyTorch: values and gradients of tests/golden/functions.tsv in f64,
 * and second derivatives of the smooth ones against differences. */
#include "autograd/autograd.h"
#include "support/fixtures.h"
#include "support/refuse.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef ag_ref function(ag_graph *g, const ag_ref *x);

/* Calls with several results. */
static ag_ref split_and_join(ag_graph *g, ag_ref x) {
  ag_ref part[3] = {{0}};
  ag_split(g, x, 0, 3, (int64_t[]){1, 4, 2}, part);
  return ag_concat(g, (ag_ref[]){ag_scale(g, part[2], 2), part[0]}, 2, 0);
}

static ag_ref unbound(ag_graph *g, ag_ref x) {
  ag_ref row[4] = {{0}}; /* stays so where the graph fails */
  ag_unbind(g, x, 1, row);
  return ag_mul(g, row[2], row[0]);
}

static ag_ref grid_product(ag_graph *g, const ag_ref *x) {
  ag_ref grid[2] = {{0}};
  ag_meshgrid(g, x, 2, grid);
  return ag_mul(g, grid[0], grid[1]);
}

/* Slices that interleave and overlap: their cotangents meet. */
static ag_ref strided_products(ag_graph *g, ag_ref x) {
  ag_ref even = ag_slice_step(g, x, 0, 0, 4, 2), odd = ag_slice_step(g, x, 0, 1, 4, 2),
         back = ag_slice_step(g, x, 0, 7, 4, -1);
  return ag_add(g, ag_mul(g, even, odd), ag_mul(g, back, ag_slice(g, x, 0, 2, 4)));
}

static ag_ref top_places(ag_graph *g, ag_ref x) {
  ag_ref places;
  ag_topk(g, x, 2, 1, true, &places);
  return places;
}

#define FUNCTION(NAME, EXPR)                                                                                 \
  static ag_ref f_##NAME(ag_graph *g, const ag_ref *x) { return EXPR; }
#define UNARY(NAME)  FUNCTION(NAME, ag_##NAME(g, x[0]))
#define BINARY(NAME) FUNCTION(NAME, ag_##NAME(g, x[0], x[1]))
#include "functions.inc"
#undef FUNCTION

/* The same list once more, as a table. */
#define FUNCTION(NAME, EXPR) {#NAME, f_##NAME},
static const struct entry {
  const char *name;
  function *f;
} functions[] = {
#include "functions.inc"
};

static function *function_named(const char *name) {
  for (int i = 0; i < COUNT(functions); i++)
    if (strcmp(functions[i].name, name) == 0) return functions[i].f;
  cr_assert_fail("no function %s", name);
  return NULL;
}

/* Inputs as leaves x0, x1, ...; returns how many. */
static int inputs_of(ag_graph *g, const fixture *f, ag_ref *x, tn_array *in) {
  int n = 0;
  for (const tn_view *v; (v = fixture_get(f, "in", n)); n++) {
    x[n] = ag_input(g, (char[]){'x', (char)('0' + n), 0}, v->dtype, v->rank, v->shape);
    in[n] = (tn_array){.view = *v};
  }
  return n;
}

static double largest(const tn_view *v) {
  double most = 1;
  for (int64_t i = 0; i < tn_view_numel(v); i++)
    if (isfinite(tn_get(v, i))) most = fmax(most, fabs(tn_get(v, i)));
  return most;
}

static void expect_array(const fixture *f, const char *what, result r, const tn_view *want) {
  const double tolerance = 1e-13;
  double scale = largest(want);
  cr_expect(tn_same_shape(r.type.rank, r.type.shape, want->rank, want->shape), "%s: %s of another shape",
            f->name, what);
  for (int64_t i = 0; i < r.size && i < tn_view_numel(want); i++) {
    double w = tn_get(want, i);
    bool same = r.at[i] == w || (isnan(r.at[i]) && isnan(w)) || fabs(r.at[i] - w) <= tolerance * scale;
    cr_expect(same, "%s: %s, element %lld is %.17g, not %.17g (x0 = %.17g)", f->name, what, (long long)i,
              r.at[i], w, tn_get(fixture_get(f, "in", 0), i % tn_view_numel(fixture_get(f, "in", 0))));
  }
  free(r.at);
}

static void check_values(const fixture *f) {
  ag_graph *g = new_graph();
  ag_ref x[FIXTURE_ARRAYS], wrt[FIXTURE_ARRAYS], dx[FIXTURE_ARRAYS];
  tn_array in[FIXTURE_ARRAYS];
  int n = inputs_of(g, f, x, in), n_wrt = 0;
  ag_ref y = function_named(f->name)(g, x);
  cr_assert_eq(ag_status(g), TN_OK, "%s: %s", f->name, ag_error(g));
  expect_array(f, "value", compute_at(g, y, in), fixture_get(f, "out", 0));
  const tn_view *dy = fixture_get(f, "dy", 0);
  for (int i = 0; i < n; i++)
    if (ag_type_of(g, x[i]).dtype == TN_F64) wrt[n_wrt++] = x[i];
  if (dy) ag_vjp(g, y, ag_constant(g, *dy), wrt, n_wrt, dx);
  for (int i = 0; i < n_wrt && dy; i++) {
    cr_assert_eq(ag_status(g), TN_OK, "%s: %s", f->name, ag_error(g));
    expect_array(f, "gradient", compute_at(g, dx[i], in), fixture_get(f, "grad", i));
  }
  ag_graph_free(g);
}

Test(functions, values_and_gradients_are_those_of_pytorch) {
  FILE *file = fopen(NABLA_SOURCE_DIR "/tests/golden/functions.tsv", "r");
  bool seen[COUNT(functions)] = {false};
  fixture f;
  cr_assert(file);
  for (; fixture_next(file, &f); fixture_free(&f)) {
    check_values(&f);
    for (int i = 0; i < COUNT(functions); i++) seen[i] |= strcmp(functions[i].name, f.name) == 0;
  }
  fclose(file);
  for (int i = 0; i < COUNT(functions); i++)
    cr_expect(seen[i], "%s has no case in functions.tsv", functions[i].name);
}

/* ---- second derivatives ---------------------------------------------------------------------------- */

static ag_ref call(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n;
  return (*(function *const *)ctx)(g, in);
}

/* Those whose cases keep clear of kinks and poles. */
static const char *const smooth[] = {
    "sin",     "cos",        "tan",        "atan",      "sinh",  "cosh",  "asinh",   "erf",        "erfc",
    "exp2",    "polygamma1", "lgamma",     "sinc",      "silu",  "mish",  "gelu",    "gelu_exact", "softplus",
    "sigmoid", "logsigmoid", "tanhshrink", "logaddexp", "hypot", "power", "pow_1_5", "atan2"};

static void check_smooth(const fixture *f) {
  function *one = function_named(f->name);
  tn_view at[FIXTURE_ARRAYS];
  ag_gradcheck_report report;
  int n = 0;
  for (const tn_view *v; (v = fixture_get(f, "in", n)); n++) at[n] = *v;
  tn_status status = ag_gradcheck(call, &one, at, n, &(ag_gradcheck_options){.tolerance = 1e-6}, &report);
  cr_expect_eq(status, TN_OK, "%s: %s", f->name, report.message);
}

Test(functions, second_derivatives) {
  FILE *file = fopen(NABLA_SOURCE_DIR "/tests/golden/functions.tsv", "r");
  bool done[COUNT(smooth)] = {false}; /* the first case of each */
  fixture f;
  cr_assert(file);
  for (; fixture_next(file, &f); fixture_free(&f))
    for (int i = 0; i < COUNT(smooth); i++)
      if (!done[i] && strcmp(f.name, smooth[i]) == 0) done[i] = true, check_smooth(&f);
  fclose(file);
  for (int i = 0; i < COUNT(smooth); i++) cr_expect(done[i], "%s has no case", smooth[i]);
}

/* ---- allocations refused --------------------------------------------------------------------------- */

static tn_status value_and_gradient(const tn_alloc *alloc, void *ctx) {
  const fixture *f = ctx;
  ag_graph *g = NULL;
  ag_ref x[FIXTURE_ARRAYS], wrt[FIXTURE_ARRAYS], dx[FIXTURE_ARRAYS];
  tn_array in[FIXTURE_ARRAYS];
  int n_wrt = 0;
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  int n = inputs_of(g, f, x, in);
  for (int i = 0; i < n; i++)
    if (ag_type_of(g, x[i]).dtype == TN_F64) wrt[n_wrt++] = x[i];
  ag_ref y = function_named(f->name)(g, x);
  if (fixture_get(f, "dy", 0)) ag_vjp(g, y, ag_constant(g, *fixture_get(f, "dy", 0)), wrt, n_wrt, dx);
  status = ag_status(g);
  cr_assert(status == TN_OK || strstr(ag_error(g), "out of memory"), "%s: %s", f->name, ag_error(g));
  ag_graph_free(g);
  return status;
}

Test(functions, every_allocation_refused_once) {
  FILE *file = fopen(NABLA_SOURCE_DIR "/tests/golden/functions.tsv", "r");
  long requests = 0;
  fixture f;
  cr_assert(file);
  for (; fixture_next(file, &f); fixture_free(&f)) requests += refuse_each(value_and_gradient, &f, f.name);
  fclose(file);
  cr_log_info("%ld requests refused", requests);
  cr_expect_geq(requests, 1000);
}
