/* derivatives.h - derivatives beyond the gradient, and functions of one example made functions of many; part of
 * autograd.h, which includes it.
 *
 * Each appends graph, and what it returns can be differentiated again. On failure the refs are 0 and the graph
 * has the sentence. y and x are any float values of the graph. */
#ifndef NABLA_DERIVATIVES_H
#define NABLA_DERIVATIVES_H

/* The derivative of y in the direction v, forward: sum over i of dy/dx[i] v[i], of y's type; v[i] of x[i]'s type.
 * It is the derivative of the vjp by its cotangent, in which that is linear; the cotangent's value is never
 * needed and the plan leaves it out. Costs about two evaluations of y. */
ag_ref ag_jvp(ag_graph *g, ag_ref y, const ag_ref *x, const ag_ref *v, int n);

/* The Hessian of the scalar y times v: out[i] of x[i]'s type. v counts as constant. */
void ag_hvp(ag_graph *g, ag_ref y, const ag_ref *x, const ag_ref *v, int n, ag_ref *out);

/* dy/dx of shape [y's..., x's...], one vjp for all elements of y at once (ag_vmap): memory grows by the number of
 * elements of y. The Hessian of the scalar y, [x's..., x's...], and its diagonal, of x's shape, likewise by x's. */
ag_ref ag_jacobian(ag_graph *g, ag_ref y, ag_ref x);
ag_ref ag_hessian(ag_graph *g, ag_ref y, ag_ref x);
ag_ref ag_hessian_diagonal(ag_graph *g, ag_ref y, ag_ref x);

/* y[0..n_y) as functions of x[0..n), for many x at once: many[i] has x[i]'s type with one more axis in front, of
 * the same extent for all; out[k] has y[k]'s with that axis. Other values that y needs are the same for all, random
 * ones too. Ops without a rule of their own for it (ag_op.many) are repeated, example by example; loops (ag_scan) are refused. */
void ag_vmap(ag_graph *g, const ag_ref *x, const ag_ref *many, int n, const ag_ref *y, int n_y, ag_ref *out);

/* The gradients by wrt[0..n_wrt) of the scalar y, a function of the example x[0..n), for many examples as in
 * ag_vmap: out[k] is [examples, wrt[k]'s...]. */
void ag_per_example_grad(ag_graph *g, ag_ref y, const ag_ref *wrt, int n_wrt, const ag_ref *x,
                         const ag_ref *many, int n, ag_ref *out);

#endif
