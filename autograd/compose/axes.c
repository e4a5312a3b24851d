/* axes.c - sums, means, maxima and softmax along axes, composed of primitives. */
#include "autograd/compose/axis.h"

static ag_ref scaled_by_count(ag_graph *g, ag_ref sum, int64_t count) {
  return ag_scale(g, sum, 1 / (double)count);
}

ag_ref ag_sum_all(ag_graph *g, ag_ref x) { return ag_sum(g, x, (1u << ag_type_of(g, x).rank) - 1, false); }

ag_ref ag_mean_all(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  return scaled_by_count(g, ag_sum_all(g, x), tn_numel(t.rank, t.shape));
}

ag_ref ag_sum_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = ag__axis(g, "sum_axis", x, axis);
  return axis < 0 ? (ag_ref){0} : ag_sum(g, x, 1u << axis, keep);
}

ag_ref ag_mean_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = ag__axis(g, "mean_axis", x, axis);
  if (axis < 0) return (ag_ref){0};
  return scaled_by_count(g, ag_sum(g, x, 1u << axis, keep), ag_type_of(g, x).shape[axis]);
}

ag_ref ag_max_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = ag__axis(g, "max_axis", x, axis);
  return axis < 0 ? (ag_ref){0} : ag_max(g, x, 1u << axis, keep);
}

/* Two passes, because the mean of squares minus the squared mean loses digits. */
ag_ref ag_variance_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  ag_ref centred = ag_sub(g, x, ag_mean_axis(g, x, axis, true));
  return ag_mean_axis(g, ag_square(g, centred), axis, keep);
}

/* The maximum, detached. An infinite maximum is replaced by 0, so that a row of -inf gives -inf and not
 * NaN. */
static ag_ref shift_of(ag_graph *g, ag_ref x, int axis) {
  ag_ref top = ag_detach(g, ag_max(g, x, 1u << axis, true)), zero = ag_like(g, x, 0);
  return ag_where(g, ag_equal(g, ag_sub(g, top, top), zero), top, zero);
}

ag_ref ag_logsumexp(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = ag__axis(g, "logsumexp", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_ref shift = shift_of(g, x, axis);
  ag_ref total = ag_sum(g, ag_exp(g, ag_sub(g, x, shift)), 1u << axis, true);
  ag_ref y = ag_add(g, ag_log(g, total), shift);
  return keep ? y : ag_sum(g, y, 1u << axis, false);
}

ag_ref ag_log_softmax(ag_graph *g, ag_ref x, int axis) {
  axis = ag__axis(g, "log_softmax", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_ref shifted = ag_sub(g, x, shift_of(g, x, axis));
  return ag_sub(g, shifted, ag_log(g, ag_sum(g, ag_exp(g, shifted), 1u << axis, true)));
}

ag_ref ag_softmax(ag_graph *g, ag_ref x, int axis) {
  axis = ag__axis(g, "softmax", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_ref e = ag_exp(g, ag_sub(g, x, shift_of(g, x, axis)));
  return ag_div(g, e, ag_sum(g, e, 1u << axis, true));
}
