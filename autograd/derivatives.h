/* derivatives.h - derivatives beyond the gradient, and vmap, which maps a function of one example to many;
 * part of autograd.h, which includes it.
 *
 * Each function appends nodes, and its results can be differentiated again. On failure the refs are 0 and
 * ag_error has the sentence. y and x are any float values of the graph. */
#ifndef NABLA_DERIVATIVES_H
#define NABLA_DERIVATIVES_H

/* The derivative of y in the direction v, forward: sum over i of dy/dx[i] v[i], of y's type; v[i] of x[i]'s
 * type. It is computed as the derivative of the vjp with respect to its cotangent, in which the vjp is
 * linear. It costs about two evaluations of y. */
ag_ref ag_jvp(ag_graph *g, ag_ref y, const ag_ref *x, const ag_ref *v, int n);

/* The Hessian of the scalar y times v: out[i] has x[i]'s type. v is taken as a constant. */
void ag_hvp(ag_graph *g, ag_ref y, const ag_ref *x, const ag_ref *v, int n, ag_ref *out);

/* Returns y, whose derivative recomputes the nodes that y needs and that were appended since `since`
 * (ag_node_count before them), instead of keeping their values (PyTorch's checkpoint). This takes less
 * memory, and the time of one more evaluation of that part. y and the values that the part reads from outside
 * are kept. Random values are those of the first evaluation. The gradient has the same bits unless several
 * parts read one value; then sums are added in another order. Parts may lie within one another, and in the
 * body of a loop. A derivative with respect to a value inside the part is refused (TN_EINVAL).
 *
 *     size_t since = ag_node_count(g);
 *     h = ag_recompute(g, since, block(g, h));
 *
 * Chen et al. 2016, "Training deep nets with sublinear memory cost". */
ag_ref ag_recompute(ag_graph *g, size_t since, ag_ref y);

/* ag_jacobian is dy/dx, of shape [y's..., x's...]. It is one vjp for all elements of y at once (ag_vmap), so
 * memory grows with the number of elements of y. ag_hessian is the Hessian of the scalar y, [x's..., x's...],
 * and ag_hessian_diagonal its diagonal, of x's shape; memory of both grows with the number of elements of
 * x. */
ag_ref ag_jacobian(ag_graph *g, ag_ref y, ag_ref x);
ag_ref ag_hessian(ag_graph *g, ag_ref y, ag_ref x);
ag_ref ag_hessian_diagonal(ag_graph *g, ag_ref y, ag_ref x);

/* Evaluates y[0..n_y), functions of x[0..n), for many examples at once. many[i] has x[i]'s type with one more
 * axis in front, of the same extent for all i; out[k] has y[k]'s type with that axis. All examples share the
 * other values that y needs, random ones too. An op without a rule for it (ag_op.many) is repeated for each
 * example. A loop (ag_scan) becomes one loop over all examples. */
void ag_vmap(ag_graph *g, const ag_ref *x, const ag_ref *many, int n, const ag_ref *y, int n_y, ag_ref *out);

/* The gradient of the scalar y, a function of the example x[0..n), with respect to wrt[0..n_wrt), for each of
 * many examples (as in ag_vmap): out[k] is [examples, wrt[k]'s...]. */
void ag_per_example_grad(ag_graph *g, ag_ref y, const ag_ref *wrt, int n_wrt, const ag_ref *x,
                         const ag_ref *many, int n, ag_ref *out);

#endif
