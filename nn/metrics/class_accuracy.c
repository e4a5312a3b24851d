/* class_accuracy.c - see class_accuracy.h. */
#include "class_accuracy.h"

#include "../model/text.h"

static double position(const int64_t *index, const void *ctx) { return (void)ctx, (double)index[0]; }

/* Checks that labels are integers with the shape of the first axes of the scores; else the model fails. */
static bool fits(nn_model *m, const char *who, ag_ref scores, ag_ref labels) {
  if (!nn_building(m)) return false;
  ag_type s = ag_type_of(nn_graph(m), scores), l = ag_type_of(nn_graph(m), labels);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (s.rank > 0 && l.rank == s.rank - 1 && tn_same_shape(l.rank, l.shape, l.rank, s.shape) &&
      l.dtype != TN_F32 && l.dtype != TN_F64)
    return true;
  nn_fail(m, TN_ESHAPE, "%s: wants scores [..., classes] and integers [...], not %s and %s %s", who,
          nn_shape_text(have, s.rank, s.shape), tn_dtype_name(l.dtype), nn_shape_text(want, l.rank, l.shape));
  return false;
}

/* [..., classes]: 1 at the label. */
static ag_ref one_hot(nn_model *m, ag_ref scores, ag_ref labels, ag_ref *positions) {
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, scores);
  *positions = nn_constant(m, 1, &t.shape[t.rank - 1], position, NULL);
  ag_ref number = ag_cast(g, labels, t.dtype);
  t.shape[t.rank - 1] = 1;
  return ag_equal(g, ag_reshape(g, number, t.rank, t.shape), *positions);
}

ag_ref nn_top_k_accuracy(nn_model *m, ag_ref scores, ag_ref labels, int k) {
  ag_ref positions;
  if (nn_building(m) && k < 1) nn_fail(m, TN_EINVAL, "nn_top_k_accuracy: k is %d; it must be at least 1", k);
  if (!fits(m, "nn_top_k_accuracy", scores, labels)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref hot = one_hot(m, scores, labels, &positions);
  ag_ref own = ag_sum_axis(g, ag_where(g, hot, scores, ag_like(g, scores, 0)), -1, true);
  ag_ref above = ag_sum_axis(g, ag_greater(g, scores, own), -1, false);
  ag_ref exists = ag_sum_axis(g, hot, -1, false);
  return ag_mean_all(g, ag_mul(g, exists, ag_less(g, above, ag_like(g, above, k))));
}

/* The predicted class is the first of the largest scores: no score is above it, and no earlier one equal. */
ag_ref nn_sparse_accuracy(nn_model *m, ag_ref scores, ag_ref labels) {
  ag_ref positions;
  if (!fits(m, "nn_sparse_accuracy", scores, labels)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref hot = one_hot(m, scores, labels, &positions);
  ag_ref own = ag_sum_axis(g, ag_where(g, hot, scores, ag_like(g, scores, 0)), -1, true);
  ag_ref place = ag_sum_axis(g, ag_mul(g, hot, positions), -1, true);
  ag_ref before = ag_mul(g, ag_equal(g, scores, own), ag_less(g, positions, place));
  ag_ref better = ag_sum_axis(g, ag_add(g, ag_greater(g, scores, own), before), -1, false);
  ag_ref exists = ag_sum_axis(g, hot, -1, false);
  return ag_mean_all(g, ag_mul(g, exists, ag_equal(g, better, ag_like(g, better, 0))));
}

ag_ref nn_binary_accuracy(nn_model *m, ag_ref scores, ag_ref target, double threshold) {
  if (!nn_same_shape(m, "nn_binary_accuracy", scores, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref guess = ag_greater(g, scores, ag_like(g, scores, threshold));
  return ag_mean_all(g, ag_equal(g, guess, ag_greater(g, target, ag_like(g, target, 0.5))));
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref sparse(nn_model *m, const ag_ref *in) { return nn_sparse_accuracy(m, in[0], in[1]); }
static ag_ref top(nn_model *m, const ag_ref *in) { return nn_top_k_accuracy(m, in[0], in[1], 2); }
static ag_ref binary(nn_model *m, const ag_ref *in) { return nn_binary_accuracy(m, in[0], in[1], 0); }

#define CLASSES                                                                                              \
  {.rank = 2, .shape = {8, 4}}, { .dtype = TN_I64, .rank = 1, .shape = {8}, .low = -1, .high = 3 }
static const nn_sample sparse_samples[] = {
    {.name = "classes", .n_in = 2, .in = {CLASSES}, .build = sparse, .order = -1}};
static const nn_sample top_samples[] = {
    {.name = "two of four", .n_in = 2, .in = {CLASSES}, .build = top, .order = -1}};
static const nn_sample binary_samples[] = {
    {.name = "logits",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 3}}},
     .build = binary,
     .order = -1}};

const nn_row nn_metric_sparse_accuracy = {
    "nn_sparse_accuracy", "The fraction of rows whose label has the largest score.", sparse_samples, 1};
const nn_row nn_metric_top_k_accuracy = {
    "nn_top_k_accuracy", "The fraction of rows whose label is among the k largest scores.", top_samples, 1};
const nn_row nn_metric_binary_accuracy = {
    "nn_binary_accuracy", "The fraction of right predictions of two classes.", binary_samples, 1};
