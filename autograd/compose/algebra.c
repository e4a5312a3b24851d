/* algebra.c - linear algebra on the factorisations (linear.h). */
#include "autograd/autograd.h"
#include "autograd/compose/axis.h"
#include "autograd/graph.h"

static bool is_square(ag_graph *g, const char *what, ag_ref a) {
  ag_type t = ag_type_of(g, a);
  char text[128];
  bool square = t.rank >= 2 && t.shape[t.rank - 1] == t.shape[t.rank - 2] && t.shape[t.rank - 1] > 0;
  if (!ag__given(g, what, a)) return false;
  if (!square)
    ag_fail(g, TN_ESHAPE, "%s: want square matrices [..., n, n], not %s", what,
            ag__type_text(&t, text, sizeof text));
  return square;
}

static bool fits(ag_graph *g, const char *what, ag_ref a, ag_ref b) {
  ag_type ta = ag_type_of(g, a), tb = ag_type_of(g, b);
  char text[2][128];
  bool fit = ta.rank >= 2 && tb.rank >= 2 && ta.shape[ta.rank - 2] == tb.shape[tb.rank - 2];
  if (!ag__given(g, what, a) || !ag__given(g, what, b)) return false;
  if (!fit)
    ag_fail(g, TN_ESHAPE, "%s: a %s and b %s have different numbers of rows", what,
            ag__type_text(&ta, text[0], sizeof text[0]), ag__type_text(&tb, text[1], sizeof text[1]));
  return fit;
}

static ag_ref eye_like(ag_graph *g, ag_ref a) {
  ag_type t = ag_type_of(g, a);
  return ag_eye(g, t.dtype, t.shape[t.rank - 1], t.shape[t.rank - 1]);
}

static ag_ref log_diagonal(ag_graph *g, ag_ref a) {
  return ag_sum_axis(g, ag_log(g, ag_abs(g, ag_diagonal(g, a, 0, -2, -1))), -1, false);
}

/* ---- symmetric positive definite ---- */

ag_ref ag_cholesky_solve(ag_graph *g, ag_ref l, ag_ref b) {
  return ag_triangular_solve(g, l, ag_triangular_solve(g, l, b, 0), AG_SOLVE_TRANSPOSED);
}

ag_ref ag_solve_spd(ag_graph *g, ag_ref a, ag_ref b) {
  if (!is_square(g, "solve_spd", a) || !fits(g, "solve_spd", a, b)) return (ag_ref){0};
  return ag_cholesky_solve(g, ag_cholesky(g, a), b);
}

ag_ref ag_inverse_spd(ag_graph *g, ag_ref a) {
  if (!is_square(g, "inverse_spd", a)) return (ag_ref){0};
  return ag_cholesky_solve(g, ag_cholesky(g, a), eye_like(g, a));
}

ag_ref ag_logdet_spd(ag_graph *g, ag_ref a) {
  return is_square(g, "logdet_spd", a) ? ag_scale(g, log_diagonal(g, ag_cholesky(g, a)), 2) : (ag_ref){0};
}

/* ---- general ---- */

typedef struct factors {
  ag_ref lu, order, sign; /* [..., n, n], [..., 1, n], [...] */
  int64_t n;
} factors;

static factors factor(ag_graph *g, ag_ref a) {
  factors f = {.n = ag_type_of(g, a).shape[ag_type_of(g, a).rank - 1]};
  ag_ref packed = ag_lu_packed(g, a);
  ag_type t = ag_type_of(g, packed);
  int axis = t.rank - 2;
  if (!packed.id) return f;
  f.lu = ag_slice(g, packed, axis, 0, f.n);
  f.order = ag_slice(g, packed, axis, f.n, 1);
  f.sign = ag_reshape(g, ag_slice(g, ag_slice(g, packed, axis, f.n + 1, 1), axis + 1, 0, 1), axis, t.shape);
  return f;
}

/* The matrix P' of a = P L U: its row i has a one in column order[i]. */
static ag_ref permutation(ag_graph *g, const factors *f) {
  ag_ref number = ag_arange(g, ag_type_of(g, f->order).dtype, 0, (double)f->n, 1);
  return ag_equal(g, ag_transpose2(g, f->order), number);
}

ag_ref ag_solve(ag_graph *g, ag_ref a, ag_ref b) {
  ag_type t = ag_type_of(g, b);
  if (!is_square(g, "solve", a)) return (ag_ref){0};
  if (t.rank == 1) {
    ag_ref x = ag_solve(g, a, ag_reshape(g, b, 2, (int64_t[]){t.shape[0], 1}));
    return ag_type_of(g, x).rank == 2 ? ag_reshape(g, x, 1, t.shape) : x;
  }
  if (!fits(g, "solve", a, b)) return (ag_ref){0};
  factors f = factor(g, a);
  ag_ref x = ag_triangular_solve(g, f.lu, ag_matmul(g, permutation(g, &f), b), AG_SOLVE_UNIT);
  return ag_triangular_solve(g, f.lu, x, AG_SOLVE_UPPER);
}

ag_ref ag_inverse(ag_graph *g, ag_ref a) {
  return is_square(g, "inverse", a) ? ag_solve(g, a, eye_like(g, a)) : (ag_ref){0};
}

/* The product over the last axis, as a tree of halves: value and derivatives are right even if an element is
 * 0. */
static ag_ref product(ag_graph *g, ag_ref x) {
  if (!x.id) return x;
  ag_type t = ag_type_of(g, x);
  int axis = t.rank - 1;
  for (int64_t n = t.shape[axis]; x.id && n > 1; n = (n + 1) / 2) {
    ag_ref head = ag_slice(g, x, axis, 0, n / 2), tail = ag_slice(g, x, axis, n - n / 2, n / 2);
    ag_ref y = ag_mul(g, head, tail);
    x = n % 2 ? ag_concat(g, (ag_ref[]){y, ag_slice(g, x, axis, n / 2, 1)}, 2, axis) : y;
  }
  return ag_reshape(g, x, axis, t.shape);
}

ag_ref ag_det(ag_graph *g, ag_ref a) {
  if (!is_square(g, "det", a)) return (ag_ref){0};
  factors f = factor(g, a);
  return ag_mul(g, f.sign, product(g, ag_diagonal(g, f.lu, 0, -2, -1)));
}

void ag_slogdet(ag_graph *g, ag_ref a, ag_ref *sign, ag_ref *log_det) {
  *sign = *log_det = (ag_ref){0};
  if (!is_square(g, "slogdet", a)) return;
  factors f = factor(g, a);
  *sign = ag_mul(g, f.sign, product(g, ag_sign(g, ag_diagonal(g, f.lu, 0, -2, -1))));
  *log_det = log_diagonal(g, f.lu);
}

void ag_lu(ag_graph *g, ag_ref a, ag_ref *p, ag_ref *l, ag_ref *u) {
  *p = *l = *u = (ag_ref){0};
  if (!is_square(g, "lu", a)) return;
  factors f = factor(g, a);
  *p = ag_transpose2(g, permutation(g, &f));
  *l = ag_add(g, ag_lower_triangle(g, f.lu, -1), eye_like(g, a));
  *u = ag_upper_triangle(g, f.lu, 0);
}

ag_ref ag_matrix_power(ag_graph *g, ag_ref a, int n) {
  if (!is_square(g, "matrix_power", a)) return (ag_ref){0};
  ag_type t = ag_type_of(g, a);
  if (n == 0) return ag_broadcast(g, eye_like(g, a), t.rank, t.shape);
  unsigned left = n < 0 ? 0u - (unsigned)n : (unsigned)n;
  ag_ref square = n < 0 ? ag_inverse(g, a) : a, power = {0};
  for (; left; left >>= 1) {
    if (left & 1) power = power.id ? ag_matmul(g, power, square) : square;
    if (left > 1) square = ag_matmul(g, square, square);
    if (!square.id) return square;
  }
  return power;
}

/* ---- orthogonal ---- */

void ag_qr(ag_graph *g, ag_ref a, ag_ref *q, ag_ref *r) {
  ag_type t = ag_type_of(g, a);
  char text[128];
  *q = *r = (ag_ref){0};
  if (!ag__given(g, "qr", a)) return;
  int axis = t.rank - 2;
  if (axis < 0 || t.shape[axis] < 1 || t.shape[axis + 1] < 1) {
    ag_fail(g, TN_ESHAPE, "qr: want matrices [..., m, n], not %s", ag__type_text(&t, text, sizeof text));
    return;
  }
  int64_t m = t.shape[axis], n = t.shape[axis + 1], k = m < n ? m : n;
  ag_ref packed = ag_qr_packed(g, n > m ? ag_slice(g, a, axis + 1, 0, m) : a);
  *q = ag_slice(g, packed, axis, 0, m);
  *r = ag_slice(g, packed, axis, m, k);
  if (n == k) return;
  ag_ref rest = ag_contract(g, *q, ag_slice(g, a, axis + 1, m, n - m), true, false);
  *r = ag_concat(g, (ag_ref[]){*r, rest}, 2, axis + 1);
}

ag_ref ag_lstsq(ag_graph *g, ag_ref a, ag_ref b) {
  ag_type t = ag_type_of(g, a);
  ag_ref q, r;
  if (!fits(g, "lstsq", a, b)) return (ag_ref){0};
  if (t.shape[t.rank - 2] < t.shape[t.rank - 1]) {
    ag_fail(g, TN_ESHAPE, "lstsq: %lld equations do not determine %lld unknowns",
            (long long)t.shape[t.rank - 2], (long long)t.shape[t.rank - 1]);
    return (ag_ref){0};
  }
  ag_qr(g, a, &q, &r);
  return ag_triangular_solve(g, r, ag_contract(g, q, b, true, false), AG_SOLVE_UPPER);
}

void ag_eigh(ag_graph *g, ag_ref a, ag_ref *values, ag_ref *vectors) {
  *values = *vectors = (ag_ref){0};
  if (!is_square(g, "eigh", a)) return;
  ag_type t = ag_type_of(g, a);
  int axis = t.rank - 2;
  int64_t n = t.shape[axis];
  ag_ref packed = ag_eigh_packed(g, a);
  *vectors = ag_slice(g, packed, axis, 0, n);
  *values = ag_reshape(g, ag_slice(g, packed, axis, n, 1), axis + 1, t.shape);
}
