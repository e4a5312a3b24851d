/* binary_cross_entropy.c - see binary_cross_entropy.h. */
#include "binary_cross_entropy.h"

/* (1 - y) x + (1 + (w - 1) y) softplus(-x). */
static ag_ref from_logits(ag_graph *g, ag_ref x, ag_ref y, double positive_weight) {
  ag_ref tail = ag_softplus(g, ag_neg(g, x));
  ag_ref factor = ag_offset(g, ag_scale(g, y, positive_weight - 1), 1);
  ag_ref rest = ag_sub(g, ag_like(g, y, 1), y);
  return ag_add(g, ag_mul(g, rest, x), ag_mul(g, factor, tail));
}

ag_ref nn_binary_cross_entropy(nn_model *m, ag_ref logits, ag_ref target,
                               const nn_binary_cross_entropy_options *options) {
  static const nn_binary_cross_entropy_options defaults = {0};
  const nn_binary_cross_entropy_options *o = options ? options : &defaults;
  const char *who = "nn_binary_cross_entropy";
  if (!nn_same_shape(m, who, logits, target, 0)) return (ag_ref){0};
  if (!(o->positive_weight >= 0 && o->smoothing >= 0 && o->smoothing <= 1)) {
    nn_fail(m, TN_EINVAL, "%s: positive_weight %g must be at least 0, smoothing %g from 0 to 1", who,
            o->positive_weight, o->smoothing);
    return (ag_ref){0};
  }
  ag_graph *g = nn_graph(m);
  if (o->smoothing > 0) target = ag_offset(g, ag_scale(g, target, 1 - o->smoothing), 0.5 * o->smoothing);
  double weight = o->positive_weight == 0 ? 1 : o->positive_weight;
  return nn_reduce(m, who, from_logits(g, logits, target, weight), &o->loss);
}

static ag_ref log_at_least(ag_graph *g, ag_ref p) { return ag_maximum(g, ag_log(g, p), ag_like(g, p, -100)); }

ag_ref nn_binary_cross_entropy_probs(nn_model *m, ag_ref p, ag_ref target, const nn_loss_options *o) {
  const char *who = "nn_binary_cross_entropy_probs";
  if (!nn_same_shape(m, who, p, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref one = ag_like(g, p, 1);
  ag_ref yes = ag_mul(g, target, log_at_least(g, p));
  ag_ref no = ag_mul(g, ag_sub(g, one, target), log_at_least(g, ag_sub(g, one, p)));
  return nn_reduce(m, who, ag_neg(g, ag_add(g, yes, no)), o);
}

ag_ref nn_focal(nn_model *m, ag_ref logits, ag_ref target, double alpha, double gamma,
                const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_focal", logits, target, 0)) return (ag_ref){0};
  if (!(gamma >= 0 && alpha <= 1)) {
    nn_fail(m, TN_EINVAL, "nn_focal: gamma %g must be at least 0, and alpha %g at most 1", gamma, alpha);
    return (ag_ref){0};
  }
  ag_graph *g = nn_graph(m);
  ag_ref p = ag_sigmoid(g, logits), one = ag_like(g, p, 1), rest = ag_sub(g, one, target);
  /* 1 - p_t = p (1 - y) + (1 - p) y */
  ag_ref wrong = ag_add(g, ag_mul(g, p, rest), ag_mul(g, ag_sub(g, one, p), target));
  ag_ref terms = ag_mul(g, from_logits(g, logits, target, 1), ag_pow(g, wrong, gamma));
  if (alpha >= 0)
    terms = ag_mul(g, terms, ag_add(g, ag_scale(g, target, alpha), ag_scale(g, rest, 1 - alpha)));
  return nn_reduce(m, "nn_focal", terms, o);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_binary_cross_entropy(m, in[0], in[1], NULL); }
static ag_ref weighted(nn_model *m, const ag_ref *in) {
  nn_binary_cross_entropy_options o = {.loss = {NN_SUM, in[2]}, .positive_weight = 3, .smoothing = 0.1};
  return nn_binary_cross_entropy(m, in[0], in[1], &o);
}
static ag_ref probs(nn_model *m, const ag_ref *in) {
  return nn_binary_cross_entropy_probs(m, in[0], in[1], NULL);
}
static ag_ref focal(nn_model *m, const ag_ref *in) { return nn_focal(m, in[0], in[1], 0.25, 2, NULL); }

#define LOGITS                                                                                               \
  {                                                                                                          \
    .rank = 2, .shape = { 4, 3 }                                                                             \
  }
#define UNIT                                                                                                 \
  { .rank = 2, .shape = {4, 3}, .low = 0.05, .high = 0.95 }
static const nn_sample samples[] = {
    {.name = "pair", .n_in = 2, .in = {LOGITS, UNIT}, .build = plain},
    {.name = "weighted", .n_in = 3, .in = {LOGITS, UNIT, {.rank = 1, .shape = {4}}}, .build = weighted}};
static const nn_sample probs_samples[] = {{.name = "pair", .n_in = 2, .in = {UNIT, UNIT}, .build = probs}};
static const nn_sample focal_samples[] = {{.name = "pair", .n_in = 2, .in = {LOGITS, UNIT}, .build = focal}};

const nn_row nn_loss_binary_cross_entropy = {"nn_binary_cross_entropy",
                                             "Cross-entropy of two classes, from logits.", samples, 2};
const nn_row nn_loss_binary_cross_entropy_probs = {
    "nn_binary_cross_entropy_probs", "Cross-entropy of two classes, from probabilities.", probs_samples, 1};
const nn_row nn_loss_focal = {"nn_focal", "Focal loss: cross-entropy with less weight on easy examples.",
                              focal_samples, 1};
