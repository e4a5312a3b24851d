/* reductions.h - compositions over axes: moments, norms, products, running sums, order; part of autograd.h, which
 * includes it.
 *
 * x is of a float type. `axes` is a set (bit a = axis a); a single axis may be negative (from the end). A
 * reduced axis stays with extent 1 if `keep`, else it is dropped. */
#ifndef NABLA_REDUCTIONS_H
#define NABLA_REDUCTIONS_H

#define AG_ALL_AXES (~0u) /* for `axes`: all that x has */

ag_ref ag_amax(ag_graph *g, ag_ref x, unsigned axes,
               bool keep); /* ties share the derivative; a NaN gives NaN */
ag_ref ag_amin(ag_graph *g, ag_ref x, unsigned axes, bool keep);
ag_ref ag_mean(ag_graph *g, ag_ref x, unsigned axes, bool keep);
/* Divided by count - ddof; ddof is 0 for a population, 1 for a sample. The derivative of std is 0 where std
 * is 0. */
ag_ref ag_var(ag_graph *g, ag_ref x, unsigned axes, int ddof, bool keep);
ag_ref ag_std(ag_graph *g, ag_ref x, unsigned axes, int ddof, bool keep);
ag_ref ag_prod(ag_graph *g, ag_ref x, unsigned axes, bool keep); /* derivatives right at zeros too */
/* (sum |x|^p)^(1/p); p = INFINITY: the largest |x|, -INFINITY: the smallest, 0: how many are not 0. Derivative 0
 * where the norm is 0. */
ag_ref ag_norm(ag_graph *g, ag_ref x, double p, unsigned axes, bool keep);
ag_ref ag_logsumexp_over(ag_graph *g, ag_ref x, unsigned axes, bool keep);
ag_ref ag_any(ag_graph *g, ag_ref x, unsigned axes, bool keep); /* 0 or 1 in x's type */
ag_ref ag_all(ag_graph *g, ag_ref x, unsigned axes, bool keep);
ag_ref ag_count_nonzero(ag_graph *g, ag_ref x, unsigned axes, bool keep);            /* in x's type */
ag_ref ag_nansum(ag_graph *g, ag_ref x, unsigned axes, bool keep);                   /* NaN counts as 0 */
ag_ref ag_nanmean(ag_graph *g, ag_ref x, unsigned axes, bool keep);                  /* NaN does not count */
ag_ref ag_nan_to_num(ag_graph *g, ag_ref x, double nan, double above, double below); /* for NaN, inf, -inf */

/* Along one axis: element i of the result is over elements 0 to i of x. cumsum is a primitive. */
ag_ref ag_cumprod(ag_graph *g, ag_ref x, int axis); /* derivatives right at zeros too */
ag_ref ag_cummax(ag_graph *g, ag_ref x, int axis);  /* ties share the derivative */
ag_ref ag_cummin(ag_graph *g, ag_ref x, int axis);
ag_ref ag_logcumsumexp(ag_graph *g, ag_ref x, int axis);
ag_ref ag_diff(ag_graph *g, ag_ref x, int axis); /* x[i + 1] - x[i] */

/* Order along one axis. Places are i64 and have no derivative; the derivative of a value goes to the place it
 * came from. NaN sorts as the largest; equal values keep their order. x may have any type where the result is
 * places or sorted values. */
ag_ref ag_sort(ag_graph *g, ag_ref x, int axis, bool descending);
/* The k largest (smallest) in order; *places may be NULL. */
ag_ref ag_topk(ag_graph *g, ag_ref x, int64_t k, int axis, bool largest, ag_ref *places);
ag_ref ag_argmax(ag_graph *g, ag_ref x, int axis, bool keep); /* the first of equal ones */
ag_ref ag_argmin(ag_graph *g, ag_ref x, int axis, bool keep);
ag_ref ag_kthvalue(ag_graph *g, ag_ref x, int64_t k, int axis, bool keep); /* k = 1: the smallest */
ag_ref ag_median(ag_graph *g, ag_ref x, int axis, bool keep); /* of two the lower; NaN if x has one */
/* q in [0, 1], linear between neighbours; NaN if x has one. */
ag_ref ag_quantile(ag_graph *g, ag_ref x, double q, int axis, bool keep);
/* For each of `values`, the number (i64) of elements of the ascending vector `sorted` that are less than it
 * (right: less or equal). All pairs are compared: n * m operations. */
ag_ref ag_searchsorted(ag_graph *g, ag_ref sorted, ag_ref values, bool right);

#endif
