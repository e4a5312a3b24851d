/* Convolution, pooling, products over axes and linear algebra beside PyTorch: values and derivatives of the cases
 * in tests/golden/shapes.txt. */
#include "autograd/autograd.h"
#include "support/peer.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#ifndef NABLA_SOURCE_DIR
#define NABLA_SOURCE_DIR "."
#endif

typedef ag_ref builder(ag_graph *g, const ag_ref *in, const peer_case *c);

/* ---- convolution and pooling: the first number says how many axes the next ones go over ---- */

static const int64_t *take(const int64_t *from, int64_t axes, int64_t *to) {
  memcpy(to, from, (size_t)axes * sizeof *to);
  return from + axes;
}

static ag_ref conv(ag_graph *g, const ag_ref *in, const peer_case *c) {
  ag_conv_options o = {.groups = 0};
  const int64_t axes = c->ints[0], *i = take(c->ints + 1, axes, o.stride);
  i = take(i, axes, o.dilation);
  take(i, axes, o.before), i = take(i, axes, o.after);
  o.groups = *i;
  return ag_conv(g, in[0], in[1], &o);
}

static ag_ref conv_same(ag_graph *g, const ag_ref *in, const peer_case *c) {
  ag_conv_options o = {.padding = AG_PAD_SAME};
  take(c->ints + 1, c->ints[0], o.dilation);
  return ag_conv(g, in[0], in[1], &o);
}

static ag_ref conv_transpose(ag_graph *g, const ag_ref *in, const peer_case *c) {
  ag_conv_options o = {.groups = 0};
  const int64_t axes = c->ints[0], *i = take(c->ints + 1, axes, o.stride);
  i = take(i, axes, o.dilation);
  take(i, axes, o.before), i = take(i, axes, o.after);
  o.groups = *i;
  return ag_conv_transpose(g, in[0], in[1], &o, i + 1);
}

static ag_pool_options pool_options(const peer_case *c, const int64_t **rest) {
  ag_pool_options o = {.padding = AG_PAD_EXPLICIT};
  const int64_t axes = c->ints[0], *i = take(c->ints + 1, axes, o.size);
  i = take(i, axes, o.stride), i = take(i, axes, o.dilation);
  take(i, axes, o.before), i = take(i, axes, o.after);
  *rest = i;
  return o;
}

static ag_pool_options whole_pool_options(const peer_case *c) {
  const int64_t *i;
  ag_pool_options o = pool_options(c, &i);
  o.round_up = i[0], o.count_padding = i[1];
  return o;
}

static ag_ref max_pool(ag_graph *g, const ag_ref *in, const peer_case *c) {
  ag_pool_options o = whole_pool_options(c);
  return ag_max_pool(g, in[0], &o);
}
static ag_ref average_pool(ag_graph *g, const ag_ref *in, const peer_case *c) {
  ag_pool_options o = whole_pool_options(c);
  return ag_average_pool(g, in[0], &o);
}
static ag_ref lp_pool(ag_graph *g, const ag_ref *in, const peer_case *c) {
  ag_pool_options o = whole_pool_options(c);
  return ag_lp_pool(g, in[0], 3, &o);
}
static ag_ref adaptive_max_pool(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_adaptive_max_pool(g, in[0], c->ints + 1);
}
static ag_ref adaptive_average_pool(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_adaptive_average_pool(g, in[0], c->ints + 1);
}
static ag_ref unfold(ag_graph *g, const ag_ref *in, const peer_case *c) {
  const int64_t *i;
  ag_pool_options o = pool_options(c, &i);
  return ag_unfold(g, in[0], &o);
}
static ag_ref fold(ag_graph *g, const ag_ref *in, const peer_case *c) {
  const int64_t *i;
  ag_pool_options o = pool_options(c, &i);
  return ag_fold(g, in[0], i, &o);
}

/* ---- products, diagonals ---- */

static ag_ref einsum(ag_graph *g, const ag_ref *in, const peer_case *c) {
  char equation[sizeof c->text];
  strcpy(equation, c->text);
  for (char *p = equation; *p; p++)
    if (*p == '_') *p = ' ';
  return ag_einsum(g, equation, in, c->n_in);
}
static ag_ref tensordot(ag_graph *g, const ag_ref *in, const peer_case *c) {
  int a[8], b[8], n = (int)c->ints[0];
  for (int i = 0; i < n; i++) a[i] = (int)c->ints[1 + i], b[i] = (int)c->ints[1 + n + i];
  return ag_tensordot(g, in[0], in[1], a, b, n);
}
static ag_ref bilinear(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return (void)c, ag_bilinear(g, in[0], in[1], in[2]);
}
static ag_ref lower_triangle(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_lower_triangle(g, in[0], c->ints[0]);
}
static ag_ref upper_triangle(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_upper_triangle(g, in[0], c->ints[0]);
}
static ag_ref diagonal(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_diagonal(g, in[0], c->ints[0], (int)c->ints[1], (int)c->ints[2]);
}

#define ONE(NAME)                                                                                            \
  static ag_ref NAME(ag_graph *g, const ag_ref *in, const peer_case *c) {                                    \
    return (void)c, ag_##NAME(g, in[0]);                                                                     \
  }
#define TWO(NAME)                                                                                            \
  static ag_ref NAME(ag_graph *g, const ag_ref *in, const peer_case *c) {                                    \
    return (void)c, ag_##NAME(g, in[0], in[1]);                                                              \
  }
TWO(outer)
TWO(inner)
TWO(vdot)
TWO(batch_dot)
TWO(matvec)
TWO(kron)
ONE(diagonal_matrix)
ONE(trace)

/* ---- linear algebra ---- */

ONE(cholesky)
ONE(inverse_spd)
ONE(logdet_spd)
ONE(inverse)
ONE(det)
TWO(solve_spd)
TWO(solve)
TWO(lstsq)

static ag_ref triangular_solve(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_triangular_solve(g, in[0], in[1], (unsigned)c->ints[0]);
}
static ag_ref matrix_power(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_matrix_power(g, in[0], (int)c->ints[0]);
}

/* One result of a function with several. */
#define PART(NAME, RESULT, CALL)                                                                             \
  static ag_ref NAME(ag_graph *g, const ag_ref *in, const peer_case *c) {                                    \
    ag_ref r1, r2, r3;                                                                                       \
    (void)c, (void)r3;                                                                                       \
    CALL;                                                                                                    \
    return RESULT;                                                                                           \
  }
PART(log_det, r2, ag_slogdet(g, in[0], &r1, &r2))
PART(eigh_values, r1, ag_eigh(g, in[0], &r1, &r2))
PART(eigh_vectors, r2, ag_eigh(g, in[0], &r1, &r2))
PART(qr_q, r1, ag_qr(g, in[0], &r1, &r2))
PART(qr_r, r2, ag_qr(g, in[0], &r1, &r2))
PART(lu_lower, r2, ag_lu(g, in[0], &r1, &r2, &r3))
PART(lu_upper, r3, ag_lu(g, in[0], &r1, &r2, &r3))

static ag_ref resize_to(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_resize_to(g, in[0], c->ints + 2, (ag_resize)c->ints[0], c->ints[1]);
}
static ag_ref irfft(ag_graph *g, const ag_ref *in, const peer_case *c) {
  return ag_irfft(g, in[0], c->ints[0]);
}
ONE(rfft)
ONE(fft)
ONE(ifft)

#define KIND(NAME)                                                                                           \
  { #NAME, NAME }
static const struct {
  const char *kind;
  builder *build;
} kinds[] = {KIND(conv),
             KIND(conv_same),
             KIND(conv_transpose),
             KIND(max_pool),
             KIND(average_pool),
             KIND(lp_pool),
             KIND(adaptive_max_pool),
             KIND(adaptive_average_pool),
             KIND(unfold),
             KIND(fold),
             KIND(einsum),
             KIND(tensordot),
             KIND(outer),
             KIND(inner),
             KIND(vdot),
             KIND(batch_dot),
             KIND(matvec),
             KIND(kron),
             KIND(bilinear),
             KIND(lower_triangle),
             KIND(upper_triangle),
             KIND(diagonal),
             KIND(diagonal_matrix),
             KIND(trace),
             KIND(cholesky),
             KIND(inverse_spd),
             KIND(logdet_spd),
             KIND(inverse),
             KIND(det),
             KIND(solve_spd),
             KIND(solve),
             KIND(lstsq),
             KIND(triangular_solve),
             KIND(matrix_power),
             KIND(log_det),
             KIND(eigh_values),
             KIND(eigh_vectors),
             KIND(qr_q),
             KIND(qr_r),
             KIND(lu_lower),
             KIND(lu_upper),
             KIND(resize_to),
             KIND(rfft),
             KIND(irfft),
             KIND(fft),
             KIND(ifft)};

/* ---- comparison ---- */

enum { TOLERANCE_DIGITS = 12 };

/* Relative to the largest value of the peer's. */
static void expect_like(ag_graph *g, ag_ref y, const peer_case *c, const char *what, const tn_array *want) {
  double scale = 1e-300, error = 0;
  result r = compute_at(g, y, c->in);
  bool same = tn_same_shape(r.type.rank, r.type.shape, want->view.rank, want->view.shape);
  cr_expect(same, "%s %s: %s has another shape", c->kind, c->text, what);
  for (int64_t i = 0; same && i < r.size; i++) {
    double w = tn_get(&want->view, i);
    scale = fmax(scale, fabs(w));
    error = fmax(error, isfinite(r.at[i]) ? fabs(r.at[i] - w) : INFINITY);
  }
  cr_expect(error <= pow(10, -TOLERANCE_DIGITS) * fmax(scale, 1e-3), "%s %s: %s is off by %.3g of %.3g",
            c->kind, c->text, what, error, scale);
  free(r.at);
}

static void check(const peer_case *c, builder *build) {
  static const char *const names[] = {"x0", "x1", "x2", "x3"};
  ag_graph *g = new_graph();
  ag_ref in[PEER_OPERANDS], dx[PEER_OPERANDS];
  for (int i = 0; i < c->n_in; i++)
    in[i] = ag_input(g, names[i], TN_F64, c->in[i].view.rank, c->in[i].view.shape);
  ag_ref y = build(g, in, c);
  cr_assert_eq(ag_status(g), TN_OK, "%s %s: %s", c->kind, c->text, ag_error(g));
  expect_like(g, y, c, "the value", &c->out);
  ag_vjp(g, y, ag_constant(g, c->u.view), in, c->n_in, dx);
  cr_assert_eq(ag_status(g), TN_OK, "%s %s: %s", c->kind, c->text, ag_error(g));
  for (int i = 0; i < c->n_in; i++) expect_like(g, dx[i], c, "a derivative", &c->grad[i]);
  ag_graph_free(g);
}

Test(peer, values_and_derivatives_are_those_of_pytorch) {
  int seen[COUNT(kinds)] = {0}, cases = 0;
  FILE *f = fopen(NABLA_SOURCE_DIR "/tests/golden/shapes.txt", "r");
  cr_assert_not_null(f);
  for (peer_case c; peer_next(f, &c); peer_free(&c), cases++) {
    int k = 0;
    while (k < COUNT(kinds) && strcmp(kinds[k].kind, c.kind) != 0) k++;
    cr_assert(k < COUNT(kinds), "no test of %s", c.kind);
    check(&c, kinds[k].build);
    seen[k]++;
  }
  fclose(f);
  for (int k = 0; k < COUNT(kinds); k++) cr_expect_gt(seen[k], 0, "no case of %s", kinds[k].kind);
  cr_log_info("%d cases", cases);
}
