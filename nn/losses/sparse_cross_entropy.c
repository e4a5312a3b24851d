/* sparse_cross_entropy.c - see sparse_cross_entropy.h. A label becomes a one-hot row. The row of an ignored
 * label is all 0, so a label out of range reads no memory. */
#include "sparse_cross_entropy.h"

#include "../model/text.h"

static double position(const int64_t *index, const void *ctx) { return (void)ctx, (double)index[0]; }

/* [..., classes]: 1 at the label. */
static ag_ref one_hot(nn_model *m, ag_ref labels, int64_t classes, const nn_sparse_cross_entropy_options *o) {
  ag_graph *g = nn_graph(m);
  ag_ref number = ag_cast(g, labels, nn_dtype(m));
  ag_type t = ag_type_of(g, number);
  t.shape[t.rank++] = 1;
  number = ag_reshape(g, number, t.rank, t.shape);
  ag_ref hot = ag_equal(g, number, nn_constant(m, 1, &classes, position, NULL));
  if (!o->ignores) return hot;
  return ag_mul(g, hot, ag_not_equal(g, number, ag_like(g, number, (double)o->ignored)));
}

static bool fits(nn_model *m, const char *who, ag_ref x, ag_ref labels,
                 const nn_sparse_cross_entropy_options *o) {
  if (!nn_building(m)) return false;
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x), l = ag_type_of(g, labels), w = ag_type_of(g, o->class_weights);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  nn_shape_text(have, t.rank, t.shape), nn_shape_text(want, l.rank, l.shape);
  if (t.rank < 1 || l.rank != t.rank - 1 || !tn_same_shape(l.rank, l.shape, l.rank, t.shape))
    nn_fail(m, TN_ESHAPE, "%s: the labels, %s, must have the first axes of the scores, %s", who, want, have);
  else if (l.dtype == TN_F32 || l.dtype == TN_F64)
    nn_fail(m, TN_ETYPE, "%s: the labels must be integers (nn_input_typed), not %s %s", who,
            tn_dtype_name(l.dtype), want);
  else if (o->class_weights.id && (w.rank != 1 || w.shape[0] != t.shape[t.rank - 1]))
    nn_fail(m, TN_ESHAPE, "%s: the class weights have %s, the scores %s", who,
            nn_shape_text(want, w.rank, w.shape), have);
  else if (!(o->smoothing >= 0 && o->smoothing <= 1) || o->reduction == NN_BATCH_MEAN)
    nn_fail(m, TN_EINVAL, "%s: smoothing %g must be from 0 to 1, and the reduction mean, sum or none", who,
            o->smoothing);
  return nn_building(m);
}

/* Sums over classes, multiplies by the weights, reduces. */
static ag_ref reduced(nn_model *m, const char *who, ag_ref log_probs, ag_ref labels,
                      const nn_sparse_cross_entropy_options *o) {
  ag_graph *g = nn_graph(m);
  if (!log_probs.id) return log_probs; /* building has failed, so there is no shape */
  ag_type t = ag_type_of(g, log_probs);
  int64_t classes = t.shape[t.rank - 1];
  ag_ref hot = one_hot(m, labels, classes, o), spread = {0};
  if (o->smoothing > 0) spread = ag_sum_axis(g, hot, -1, true); /* 1 for a label that counts, else 0 */
  if (o->class_weights.id) hot = ag_mul(g, hot, o->class_weights);
  ag_ref weight = ag_sum_axis(g, hot, -1, false), shares = hot;
  if (o->smoothing > 0) {
    if (o->class_weights.id) spread = ag_mul(g, spread, o->class_weights);
    shares =
        ag_add(g, ag_scale(g, hot, 1 - o->smoothing), ag_scale(g, spread, o->smoothing / (double)classes));
  }
  ag_ref zero = ag_like(g, shares, 0); /* 0 log 0 is 0 here, not NaN */
  ag_ref each = ag_where(g, ag_equal(g, shares, zero), zero, ag_mul(g, shares, log_probs));
  ag_ref terms = ag_neg(g, ag_sum_axis(g, each, -1, false));
  nn_loss_options rest = {o->reduction == NN_MEAN ? NN_SUM : o->reduction, o->weights};
  ag_ref loss = nn_reduce(m, who, terms, &rest);
  return o->reduction == NN_MEAN ? ag_div(g, loss, ag_sum_all(g, weight)) : loss;
}

static const nn_sparse_cross_entropy_options defaults = {0};

ag_ref nn_sparse_cross_entropy(nn_model *m, ag_ref logits, ag_ref labels,
                               const nn_sparse_cross_entropy_options *options) {
  const nn_sparse_cross_entropy_options *o = options ? options : &defaults;
  const char *who = "nn_sparse_cross_entropy";
  if (!fits(m, who, logits, labels, o)) return (ag_ref){0};
  return reduced(m, who, ag_log_softmax(nn_graph(m), logits, -1), labels, o);
}

ag_ref nn_nll(nn_model *m, ag_ref log_probs, ag_ref labels, const nn_sparse_cross_entropy_options *options) {
  nn_sparse_cross_entropy_options o = options ? *options : defaults;
  if (nn_building(m) && o.smoothing != 0)
    nn_fail(m, TN_EINVAL, "nn_nll: it has no label smoothing (%g); nn_sparse_cross_entropy has", o.smoothing);
  if (!fits(m, "nn_nll", log_probs, labels, &o)) return (ag_ref){0};
  return reduced(m, "nn_nll", log_probs, labels, &o);
}

ag_ref nn_smooth_labels(nn_model *m, ag_ref labels, double share) {
  if (!nn_building(m)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, labels);
  if (!(share >= 0 && share <= 1) || t.rank < 1) {
    nn_fail(m, TN_EINVAL, "nn_smooth_labels: the share %g must be from 0 to 1, and labels have a last axis",
            share);
    return (ag_ref){0};
  }
  return ag_offset(g, ag_scale(g, labels, 1 - share), share / (double)t.shape[t.rank - 1]);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_sparse_cross_entropy(m, in[0], in[1], NULL); }
static ag_ref options(nn_model *m, const ag_ref *in) {
  nn_sparse_cross_entropy_options o = {
      .class_weights =
          ag_constant(nn_graph(m), tn_view_of((double[]){0.5, 1, 2, 3}, TN_F64, 1, (int64_t[]){4})),
      .smoothing = 0.2,
      .ignores = true,
      .ignored = 2};
  o.class_weights = ag_cast(nn_graph(m), o.class_weights, nn_dtype(m));
  return nn_sparse_cross_entropy(m, in[0], in[1], &o);
}
static ag_ref none(nn_model *m, const ag_ref *in) {
  nn_sparse_cross_entropy_options o = {.reduction = NN_NONE, .weights = in[2]};
  return nn_sparse_cross_entropy(m, in[0], in[1], &o);
}
static ag_ref nll(nn_model *m, const ag_ref *in) { return nn_nll(m, in[0], in[1], NULL); }

#define SCORES                                                                                               \
  {                                                                                                          \
    .rank = 3, .shape = { 3, 5, 4 }                                                                          \
  }
#define LABELS                                                                                               \
  {                                                                                                          \
    .dtype = TN_I64, .rank = 2, .shape = { 3, 5 }                                                            \
  }
static const nn_sample samples[] = {
    {.name = "sequence", .n_in = 2, .in = {SCORES, LABELS}, .build = plain},
    {.name = "class weights, smoothing, ignored", .n_in = 2, .in = {SCORES, LABELS}, .build = options},
    {.name = "none, weights",
     .n_in = 3,
     .in = {SCORES, {.dtype = TN_I32, .rank = 2, .shape = {3, 5}}, {.rank = 2, .shape = {3, 5}}},
     .build = none},
    {.name = "some are no class",
     .n_in = 2,
     .in = {SCORES, {.dtype = TN_I64, .rank = 2, .shape = {3, 5}, .low = -2, .high = 3}},
     .build = plain}};
static const nn_sample nll_samples[] = {
    {.name = "sequence", .n_in = 2, .in = {SCORES, LABELS}, .build = nll}};

const nn_row nn_loss_sparse_cross_entropy = {
    "nn_sparse_cross_entropy", "Cross-entropy between class numbers and the softmax of logits.", samples, 4};
const nn_row nn_loss_nll = {"nn_nll", "The negative log-probability of the class.", nll_samples, 1};
