/* hinge.c - see hinge.h. */
#include "hinge.h"

#include "../model/text.h"
#include "binary_cross_entropy.h"

static double position(const int64_t *index, const void *ctx) { return (void)ctx, (double)index[0]; }

/* max(0, margin - x). */
static ag_ref below(ag_graph *g, ag_ref x, double margin) {
  return ag_relu(g, ag_sub(g, ag_like(g, x, margin), x));
}

ag_ref nn_hinge(nn_model *m, ag_ref scores, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_hinge", scores, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  return nn_reduce(m, "nn_hinge", below(g, ag_mul(g, target, scores), 1), o);
}

ag_ref nn_squared_hinge(nn_model *m, ag_ref scores, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_squared_hinge", scores, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  return nn_reduce(m, "nn_squared_hinge", ag_square(g, below(g, ag_mul(g, target, scores), 1)), o);
}

ag_ref nn_soft_margin(nn_model *m, ag_ref scores, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_soft_margin", scores, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  return nn_reduce(m, "nn_soft_margin", ag_softplus(g, ag_neg(g, ag_mul(g, target, scores))), o);
}

ag_ref nn_hinge_embedding(nn_model *m, ag_ref distance, ag_ref target, double margin,
                          const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_hinge_embedding", distance, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref alike = ag_greater(g, target, ag_like(g, target, 0));
  return nn_reduce(m, "nn_hinge_embedding", ag_where(g, alike, distance, below(g, distance, margin)), o);
}

/* ---- several classes ------------------------------------------------------------------------------------ */

static bool margin_fits(nn_model *m, ag_ref scores, ag_ref labels, const nn_multi_margin_options *o) {
  if (!nn_building(m)) return false;
  ag_graph *g = nn_graph(m);
  ag_type s = ag_type_of(g, scores), l = ag_type_of(g, labels), w = ag_type_of(g, o->class_weights);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  nn_shape_text(have, s.rank, s.shape), nn_shape_text(want, l.rank, l.shape);
  if (s.rank != 2 || l.rank != 1 || l.shape[0] != s.shape[0] || l.dtype == TN_F32 || l.dtype == TN_F64)
    nn_fail(m, TN_ESHAPE,
            "nn_multi_margin: wants scores [batch, classes] and integers [batch], not %s and %s %s", have,
            tn_dtype_name(l.dtype), want);
  else if (o->class_weights.id && (w.rank != 1 || w.shape[0] != s.shape[1]))
    nn_fail(m, TN_ESHAPE, "nn_multi_margin: the class weights have %s, the scores %s",
            nn_shape_text(want, w.rank, w.shape), have);
  return nn_building(m);
}

ag_ref nn_multi_margin(nn_model *m, ag_ref scores, ag_ref labels, const nn_multi_margin_options *options) {
  static const nn_multi_margin_options defaults = {0};
  const nn_multi_margin_options *o = options ? options : &defaults;
  if (!margin_fits(m, scores, labels, o)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, scores);
  ag_ref number = ag_reshape(g, ag_cast(g, labels, t.dtype), 2, (int64_t[]){t.shape[0], 1});
  ag_ref hot = ag_equal(g, number, nn_constant(m, 1, &t.shape[1], position, NULL));
  ag_ref own = ag_sum_axis(g, ag_mul(g, hot, scores), -1, true);
  ag_ref each = below(g, ag_sub(g, own, scores), o->margin == 0 ? 1 : o->margin);
  if (o->squared) each = ag_square(g, each);
  each = ag_mul(g, each, ag_logical_not(g, hot));
  ag_ref terms = ag_mean_axis(g, each, -1, false);
  if (o->class_weights.id)
    terms = ag_mul(g, terms, ag_sum_axis(g, ag_mul(g, hot, o->class_weights), -1, false));
  return nn_reduce(m, "nn_multi_margin", terms, &o->loss);
}

ag_ref nn_categorical_hinge(nn_model *m, ag_ref scores, ag_ref target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_categorical_hinge", scores, target, 1)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref right = ag_sum_axis(g, ag_mul(g, target, scores), -1, false);
  ag_ref wrong = ag_max_axis(g, ag_mul(g, ag_sub(g, ag_like(g, target, 1), target), scores), -1, false);
  return nn_reduce(m, "nn_categorical_hinge", ag_relu(g, ag_offset(g, ag_sub(g, wrong, right), 1)), o);
}

ag_ref nn_multilabel_soft_margin(nn_model *m, ag_ref logits, ag_ref target, const nn_loss_options *o) {
  const char *who = "nn_multilabel_soft_margin";
  if (!nn_same_shape(m, who, logits, target, 1)) return (ag_ref){0};
  nn_binary_cross_entropy_options none = {.loss.reduction = NN_NONE};
  ag_ref each = nn_binary_cross_entropy(m, logits, target, &none);
  return nn_reduce(m, who, ag_mean_axis(nn_graph(m), each, -1, false), o);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref hinge(nn_model *m, const ag_ref *in) { return nn_hinge(m, in[0], in[1], NULL); }
static ag_ref squared(nn_model *m, const ag_ref *in) { return nn_squared_hinge(m, in[0], in[1], NULL); }
static ag_ref soft(nn_model *m, const ag_ref *in) { return nn_soft_margin(m, in[0], in[1], NULL); }
static ag_ref embedding(nn_model *m, const ag_ref *in) {
  return nn_hinge_embedding(m, in[0], in[1], 1.5, NULL);
}
static ag_ref multi(nn_model *m, const ag_ref *in) { return nn_multi_margin(m, in[0], in[1], NULL); }
static ag_ref multi_squared(nn_model *m, const ag_ref *in) {
  ag_ref w = ag_constant(nn_graph(m), tn_view_of((double[]){0.5, 1, 2, 3}, TN_F64, 1, (int64_t[]){4}));
  nn_multi_margin_options o = {
      .margin = 0.6, .squared = true, .class_weights = ag_cast(nn_graph(m), w, nn_dtype(m))};
  return nn_multi_margin(m, in[0], in[1], &o);
}
static ag_ref multilabel(nn_model *m, const ag_ref *in) {
  return nn_multilabel_soft_margin(m, in[0], in[1], NULL);
}
static ag_ref categorical(nn_model *m, const ag_ref *in) {
  return nn_categorical_hinge(m, in[0], in[1], NULL);
}

#define PAIR                                                                                                 \
  {.rank = 2, .shape = {4, 3}}, {                                                                            \
    .rank = 2, .shape = { 4, 3 }                                                                             \
  }
#define CLASSES                                                                                              \
  {.rank = 2, .shape = {5, 4}}, {                                                                            \
    .dtype = TN_I64, .rank = 1, .shape = { 5 }                                                               \
  }
static const nn_sample hinge_samples[] = {{.name = "pair", .n_in = 2, .in = {PAIR}, .build = hinge}};
static const nn_sample squared_samples[] = {{.name = "pair", .n_in = 2, .in = {PAIR}, .build = squared}};
static const nn_sample soft_samples[] = {{.name = "pair", .n_in = 2, .in = {PAIR}, .build = soft}};
static const nn_sample embedding_samples[] = {{.name = "pair", .n_in = 2, .in = {PAIR}, .build = embedding}};
static const nn_sample multi_samples[] = {
    {.name = "plain", .n_in = 2, .in = {CLASSES}, .build = multi},
    {.name = "squared, class weights", .n_in = 2, .in = {CLASSES}, .build = multi_squared}};
static const nn_sample multilabel_samples[] = {
    {.name = "pair", .n_in = 2, .in = {PAIR}, .build = multilabel}};
static const nn_sample categorical_samples[] = {
    {.name = "pair", .n_in = 2, .in = {PAIR}, .build = categorical}};

const nn_row nn_loss_categorical_hinge = {
    "nn_categorical_hinge",
    "The score of the right class must exceed the largest other score by a margin of 1.", categorical_samples,
    1};
const nn_row nn_loss_hinge = {"nn_hinge", "0 for a score on the right side by a margin of 1, else linear.",
                              hinge_samples, 1};
const nn_row nn_loss_squared_hinge = {"nn_squared_hinge", "The square of nn_hinge's terms.", squared_samples,
                                      1};
const nn_row nn_loss_soft_margin = {"nn_soft_margin", "The logistic loss of targets -1 and 1.", soft_samples,
                                    1};
const nn_row nn_loss_hinge_embedding = {
    "nn_hinge_embedding", "Small distances for similar pairs, distances beyond a margin for others.",
    embedding_samples, 1};
const nn_row nn_loss_multi_margin = {"nn_multi_margin",
                                     "The score of the right class must exceed each other score by a margin.",
                                     multi_samples, 2};
const nn_row nn_loss_multilabel_soft_margin = {
    "nn_multilabel_soft_margin", "Binary cross-entropy averaged over the classes.", multilabel_samples, 1};
