/* pairs.c - see pairs.h. */
#include "pairs.h"

#include "../model/text.h"

static ag_ref dot(ag_graph *g, ag_ref a, ag_ref b) { return ag_sum_axis(g, ag_mul(g, a, b), -1, false); }

/* Checks that a and b are [batch, n] of one shape, and target is [batch]. */
static bool pairs_fit(nn_model *m, const char *who, ag_ref a, ag_ref b, ag_ref target) {
  if (!nn_same_shape(m, who, a, b, 2)) return false;
  ag_graph *g = nn_graph(m);
  ag_type x = ag_type_of(g, a), y = ag_type_of(g, target);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (x.rank == 2 && y.rank == 1 && y.shape[0] == x.shape[0] && y.dtype == x.dtype) return true;
  nn_fail(m, TN_ESHAPE, "%s: wants pairs [batch, n] and a target [batch], not %s and %s %s", who,
          nn_shape_text(have, x.rank, x.shape), tn_dtype_name(y.dtype), nn_shape_text(want, y.rank, y.shape));
  return false;
}

ag_ref nn_cosine_embedding(nn_model *m, ag_ref a, ag_ref b, ag_ref target, double margin,
                           const nn_loss_options *o) {
  const double tiny = 1e-12; /* as in PyTorch */
  if (!pairs_fit(m, "nn_cosine_embedding", a, b, target)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref sizes = ag_mul(g, ag_offset(g, dot(g, a, a), tiny), ag_offset(g, dot(g, b, b), tiny));
  ag_ref cosine = ag_div(g, dot(g, a, b), ag_sqrt(g, sizes)), one = ag_like(g, cosine, 1);
  ag_ref alike = ag_greater(g, target, ag_like(g, target, 0));
  ag_ref terms = ag_where(g, alike, ag_sub(g, one, cosine), ag_relu(g, ag_offset(g, cosine, -margin)));
  return nn_reduce(m, "nn_cosine_embedding", terms, o);
}

static ag_ref distance(ag_graph *g, ag_ref a, ag_ref b) {
  ag_ref d = ag_offset(g, ag_sub(g, a, b), 1e-6);
  return ag_sqrt(g, dot(g, d, d));
}

ag_ref nn_triplet(nn_model *m, nn_triple x, double margin, bool swap, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_triplet", x.anchor, x.positive, 2) ||
      !nn_same_shape(m, "nn_triplet", x.anchor, x.negative, 2))
    return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref near = distance(g, x.anchor, x.positive), far = distance(g, x.anchor, x.negative);
  if (swap) far = ag_minimum(g, far, distance(g, x.positive, x.negative));
  return nn_reduce(m, "nn_triplet", ag_relu(g, ag_offset(g, ag_sub(g, near, far), margin)), o);
}

ag_ref nn_margin_ranking(nn_model *m, ag_ref a, ag_ref b, ag_ref target, double margin,
                         const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_margin_ranking", a, b, 0) || !nn_same_shape(m, "nn_margin_ranking", a, target, 0))
    return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref lead = ag_mul(g, target, ag_sub(g, a, b));
  return nn_reduce(m, "nn_margin_ranking", ag_relu(g, ag_sub(g, ag_like(g, lead, margin), lead)), o);
}

ag_ref nn_contrastive(nn_model *m, ag_ref a, ag_ref b, ag_ref target, double margin,
                      const nn_loss_options *o) {
  if (!pairs_fit(m, "nn_contrastive", a, b, target)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref d = ag_row_norm(g, ag_sub(g, a, b)); /* its derivative is 0 where a = b */
  ag_type t = ag_type_of(g, target);
  d = ag_reshape(g, d, 1, t.shape);
  ag_ref apart = ag_square(g, ag_relu(g, ag_sub(g, ag_like(g, d, margin), d)));
  ag_ref alike = ag_mul(g, target, ag_square(g, d));
  ag_ref terms = ag_add(g, alike, ag_mul(g, ag_sub(g, ag_like(g, target, 1), target), apart));
  return nn_reduce(m, "nn_contrastive", ag_scale(g, terms, 0.5), o);
}

/* The rows of a divided by their length. */
static ag_ref directions(ag_graph *g, ag_ref a) {
  ag_ref size = ag_sqrt(g, ag_offset(g, ag_sum_axis(g, ag_square(g, a), -1, true), 1e-12));
  return ag_div(g, a, size);
}

ag_ref nn_info_nce(nn_model *m, ag_ref a, ag_ref b, double temperature, bool both, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_info_nce", a, b, 2)) return (ag_ref){0};
  if (ag_type_of(nn_graph(m), a).rank != 2 || !(temperature > 0)) {
    nn_fail(m, TN_EINVAL, "nn_info_nce: wants matrices [batch, n] and a temperature above 0, not %g",
            temperature);
    return (ag_ref){0};
  }
  ag_graph *g = nn_graph(m);
  ag_ref u = directions(g, a), v = directions(g, b);
  ag_ref similar = ag_scale(g, ag_contract(g, u, v, false, true), 1 / temperature);
  ag_ref own = ag_scale(g, dot(g, u, v), 1 / temperature);
  ag_ref all = ag_logsumexp(g, similar, 1, false);
  if (both) all = ag_scale(g, ag_add(g, all, ag_logsumexp(g, similar, 0, false)), 0.5);
  return nn_reduce(m, "nn_info_nce", ag_sub(g, all, own), o);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref cosine(nn_model *m, const ag_ref *in) {
  return nn_cosine_embedding(m, in[0], in[1], in[2], -0.5, NULL);
}
static ag_ref triplet(nn_model *m, const ag_ref *in) {
  return nn_triplet(m, (nn_triple){in[0], in[1], in[2]}, 1.5, false, NULL);
}
static ag_ref swapped(nn_model *m, const ag_ref *in) {
  return nn_triplet(m, (nn_triple){in[0], in[1], in[2]}, 1.5, true, &(nn_loss_options){.reduction = NN_SUM});
}
static ag_ref ranking(nn_model *m, const ag_ref *in) {
  return nn_margin_ranking(m, in[0], in[1], in[2], 0.3, NULL);
}
static ag_ref contrastive(nn_model *m, const ag_ref *in) {
  return nn_contrastive(m, in[0], in[1], in[2], 3, NULL);
}
static ag_ref partners(nn_model *m, const ag_ref *in) {
  return nn_info_nce(m, in[0], in[1], 0.5, true, NULL);
}

#define ROWS                                                                                                 \
  {                                                                                                          \
    .rank = 2, .shape = { 5, 3 }                                                                             \
  }
static const nn_sample cosine_samples[] = {
    {.name = "pairs", .n_in = 3, .in = {ROWS, ROWS, {.rank = 1, .shape = {5}}}, .build = cosine}};
static const nn_sample triplet_samples[] = {
    {.name = "triplets", .n_in = 3, .in = {ROWS, ROWS, ROWS}, .build = triplet},
    {.name = "swapped, sum", .n_in = 3, .in = {ROWS, ROWS, ROWS}, .build = swapped}};
static const nn_sample ranking_samples[] = {
    {.name = "pairs", .n_in = 3, .in = {ROWS, ROWS, ROWS}, .build = ranking}};
static const nn_sample contrastive_samples[] = {
    {.name = "pairs",
     .n_in = 3,
     .in = {ROWS, ROWS, {.rank = 1, .shape = {5}, .low = 0, .high = 1}},
     .build = contrastive}};
static const nn_sample partner_samples[] = {
    {.name = "pairs", .n_in = 2, .in = {ROWS, ROWS}, .build = partners}};

const nn_row nn_loss_info_nce = {"nn_info_nce",
                                 "InfoNCE: each row must find its partner among the rows of the batch.",
                                 partner_samples, 1};
const nn_row nn_loss_cosine_embedding = {
    "nn_cosine_embedding", "The cosine of pairs: high for similar pairs, low for others.", cosine_samples, 1};
const nn_row nn_loss_triplet = {
    "nn_triplet", "The anchor must be nearer to the positive than to the negative, by a margin.",
    triplet_samples, 2};
const nn_row nn_loss_margin_ranking = {"nn_margin_ranking", "One score must exceed another by a margin.",
                                       ranking_samples, 1};
const nn_row nn_loss_contrastive = {
    "nn_contrastive", "Similar pairs near each other, others beyond a margin.", contrastive_samples, 1};
