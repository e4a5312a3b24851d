/* derivatives.c - Jacobian and Hessian products, Jacobians and Hessians, built from ag_vjp and ag_vmap
 * alone. */
#include "autograd/graph.h"
#include "autograd/ops/op.h"

#include <stdio.h>

/* An input of y's type that nobody binds: the graph is linear in it and is only differentiated with respect
 * to it. */
static ag_ref placeholder(ag_graph *g, ag_ref y) {
  char name[40];
  ag_type t = ag_type_of(g, y);
  snprintf(name, sizeof name, "(cotangent %zu)", ag_node_count(g));
  return ag_input(g, name, t.dtype, t.rank, t.shape);
}

static bool same_type(const ag_graph *g, ag_ref a, ag_ref b) {
  ag_type p = ag_type_of(g, a), q = ag_type_of(g, b);
  return p.dtype == q.dtype && tn_same_shape(p.rank, p.shape, q.rank, q.shape);
}

/* The sum over i of the inner products <d[i], v[i]>, a scalar. */
static ag_ref inner(ag_graph *g, const char *what, const ag_ref *d, const ag_ref *v, int n) {
  ag_ref sum = {0};
  char have[128], want[128];
  for (int i = 0; i < n && ag_status(g) == TN_OK; i++) {
    ag_type dt = ag_type_of(g, d[i]), vt = ag_type_of(g, v[i]);
    if (!same_type(g, d[i], v[i]))
      ag_fail(g, TN_ESHAPE, "%s: direction %d is %s, its value %s", what, i,
              ag__type_text(&vt, have, sizeof have), ag__type_text(&dt, want, sizeof want));
    ag_ref term = ag_sum_all(g, ag_mul(g, d[i], v[i]));
    sum = sum.id ? ag_add(g, sum, term) : term;
  }
  return sum;
}

static bool listed(ag_graph *g, const char *what, const void *x, const void *v, int n) {
  if (n < 1 || !x || !v)
    ag_fail(g, TN_EINVAL, "%s: there are no values to differentiate with respect to", what);
  return ag_status(g) == TN_OK;
}

ag_ref ag_jvp(ag_graph *g, ag_ref y, const ag_ref *x, const ag_ref *v, int n) {
  ag_ref out = {0};
  if (!listed(g, "jvp", x, v, n)) return out;
  ag_ref *d = tn_calloc(g->alloc, (size_t)n, sizeof *d);
  if (!d) return ag_fail(g, TN_ENOMEM, "out of memory for a derivative"), out;
  ag_ref u = placeholder(g, y);
  ag_vjp(g, y, u, x, n, d);
  ag_grad(g, inner(g, "jvp", d, v, n), &u, 1, &out);
  tn_free(g->alloc, d);
  return out;
}

void ag_hvp(ag_graph *g, ag_ref y, const ag_ref *x, const ag_ref *v, int n, ag_ref *out) {
  for (int i = 0; out && i < n; i++) out[i] = (ag_ref){0};
  if (!listed(g, "hvp", x, v, n)) return;
  ag_ref *d = tn_calloc(g->alloc, 2 * (size_t)n, sizeof *d), *fixed = d + n;
  if (!d) {
    ag_fail(g, TN_ENOMEM, "out of memory for a derivative");
    return;
  }
  ag_grad(g, y, x, n, d);
  for (int i = 0; i < n; i++) fixed[i] = ag_detach(g, v[i]);
  ag_grad(g, inner(g, "hvp", d, fixed, n), x, n, out);
  tn_free(g->alloc, d);
}

/* One unit vector for each of the n elements of `of`: [n, of's...], with 1 at element i of vector i. */
static ag_ref unit_vectors(ag_graph *g, ag_ref of) {
  ag_type t = ag_type_of(g, of);
  int64_t n = tn_numel(t.rank, t.shape), shape[TN_MAX_RANK + 1] = {n};
  for (int a = 0; a < t.rank; a++) shape[1 + a] = t.shape[a];
  return ag_reshape(g, ag_eye(g, t.dtype, n, n), t.rank + 1, shape);
}

/* The Jacobian with y flattened: [elements of y, x's...]. */
static ag_ref flat_jacobian(ag_graph *g, ag_ref y, ag_ref x) {
  ag_ref u = placeholder(g, y), dx, each = unit_vectors(g, y), out;
  ag_vjp(g, y, u, &x, 1, &dx);
  ag_vmap(g, &u, &each, 1, &dx, 1, &out);
  return out;
}

ag_ref ag_jacobian(ag_graph *g, ag_ref y, ag_ref x) {
  ag_type yt = ag_type_of(g, y), xt = ag_type_of(g, x);
  if (yt.rank + xt.rank > TN_MAX_RANK) {
    ag_fail(g, TN_ESHAPE, "jacobian: a value of rank %d by one of rank %d has more than %d axes", yt.rank,
            xt.rank, TN_MAX_RANK);
    return (ag_ref){0};
  }
  for (int a = 0; a < xt.rank; a++) yt.shape[yt.rank++] = xt.shape[a];
  return ag_reshape(g, flat_jacobian(g, y, x), yt.rank, yt.shape);
}

ag_ref ag_hessian(ag_graph *g, ag_ref y, ag_ref x) {
  ag_ref d;
  ag_grad(g, y, &x, 1, &d);
  return ag_jacobian(g, d, x);
}

ag_ref ag_hessian_diagonal(ag_graph *g, ag_ref y, ag_ref x) {
  ag_ref d;
  ag_type t = ag_type_of(g, x);
  int64_t n = tn_numel(t.rank, t.shape);
  ag_grad(g, y, &x, 1, &d);
  if (ag_status(g) != TN_OK) return (ag_ref){0};
  ag_ref rows = ag_reshape(g, flat_jacobian(g, d, x), 2, (int64_t[]){n, n});
  return ag_reshape(g, ag_diag(g, rows, 0), t.rank, t.shape);
}

void ag_per_example_grad(ag_graph *g, ag_ref y, const ag_ref *wrt, int n_wrt, const ag_ref *x,
                         const ag_ref *many, int n, ag_ref *out) {
  for (int i = 0; out && i < n_wrt; i++) out[i] = (ag_ref){0};
  if (!listed(g, "per_example_grad", wrt, out, n_wrt)) return;
  ag_ref *d = tn_calloc(g->alloc, (size_t)n_wrt, sizeof *d);
  if (!d) {
    ag_fail(g, TN_ENOMEM, "out of memory for a derivative");
    return;
  }
  ag_grad(g, y, wrt, n_wrt, d);
  ag_vmap(g, x, many, n, d, n_wrt, out);
  tn_free(g->alloc, d);
}
