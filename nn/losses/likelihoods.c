/* likelihoods.c - see likelihoods.h. */
#include "likelihoods.h"

#include "../model/text.h"

/* Stirling's formula for log(n!) where n > 1, else 0. */
static ag_ref stirling(ag_graph *g, ag_ref n) {
  const double two_pi = 6.28318530717958647693;
  ag_ref many = ag_greater(g, n, ag_like(g, n, 1)), safe = ag_where(g, many, n, ag_like(g, n, 1));
  ag_ref log_n = ag_log(g, safe);
  ag_ref term = ag_sub(g, ag_mul(g, safe, log_n), safe);
  term = ag_add(g, term, ag_scale(g, ag_log(g, ag_scale(g, safe, two_pi)), 0.5));
  return ag_where(g, many, term, ag_like(g, n, 0));
}

ag_ref nn_poisson(nn_model *m, ag_ref log_rate, ag_ref counts, const nn_poisson_options *options) {
  static const nn_poisson_options defaults = {0};
  const nn_poisson_options *o = options ? options : &defaults;
  if (!nn_same_shape(m, "nn_poisson", log_rate, counts, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref rate = o->rate ? log_rate : ag_exp(g, log_rate);
  if (o->rate) log_rate = ag_log(g, ag_offset(g, rate, 1e-8));
  ag_ref terms = ag_sub(g, rate, ag_mul(g, counts, log_rate));
  if (o->full) terms = ag_add(g, terms, stirling(g, counts));
  return nn_reduce(m, "nn_poisson", terms, &o->loss);
}

ag_ref nn_gaussian_nll(nn_model *m, ag_ref mean, ag_ref target, ag_ref variance, bool full,
                       const nn_loss_options *o) {
  const char *who = "nn_gaussian_nll";
  const double half_log_two_pi = 0.91893853320467274178;
  if (!nn_same_shape(m, who, mean, target, 0) || !nn_same_shape(m, who, mean, variance, 0))
    return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref v = ag_maximum(g, variance, ag_like(g, variance, 1e-6));
  ag_ref square = ag_div(g, ag_square(g, ag_sub(g, target, mean)), v);
  ag_ref terms = ag_scale(g, ag_add(g, ag_log(g, v), square), 0.5);
  if (full) terms = ag_offset(g, terms, half_log_two_pi);
  return nn_reduce(m, who, terms, o);
}

/* ---- counts with more spread than Poisson's -------------------------------------------------------------- */

/* log NB: lgamma(x + t) - lgamma(t) - lgamma(x + 1) + t log(t / (t + u)) + x log(u / (t + u)). */
static ag_ref log_nb(ag_graph *g, ag_ref mean, ag_ref theta, ag_ref x) {
  ag_ref total = ag_log(g, ag_add(g, theta, mean));
  ag_ref ways = ag_sub(g, ag_lgamma(g, ag_add(g, x, theta)),
                       ag_add(g, ag_lgamma(g, theta), ag_lgamma(g, ag_offset(g, x, 1))));
  ag_ref failures = ag_mul(g, theta, ag_sub(g, ag_log(g, theta), total));
  ag_ref successes = ag_sub(g, ag_xlogy(g, x, mean), ag_mul(g, x, total));
  return ag_add(g, ways, ag_add(g, failures, successes));
}

/* theta: of the counts' shape, or broadcast to it. */
static bool theta_fits(nn_model *m, const char *who, ag_ref theta, ag_ref counts) {
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  ag_type t = ag_type_of(nn_graph(m), theta), c = ag_type_of(nn_graph(m), counts);
  bool fits = t.rank <= c.rank;
  for (int i = 1; fits && i <= t.rank; i++)
    fits = t.shape[t.rank - i] == c.shape[c.rank - i] || t.shape[t.rank - i] == 1;
  if (!fits)
    nn_fail(m, TN_ESHAPE, "%s: theta is %s; it must have the shape of the counts, %s, or that of a row", who,
            nn_shape_text(have, t.rank, t.shape), nn_shape_text(want, c.rank, c.shape));
  return nn_building(m);
}

ag_ref nn_negative_binomial(nn_model *m, ag_ref mean, ag_ref theta, ag_ref counts, const nn_loss_options *o) {
  const char *who = "nn_negative_binomial";
  if (!nn_same_shape(m, who, mean, counts, 0) || !theta_fits(m, who, theta, counts)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  return nn_reduce(m, who, ag_neg(g, log_nb(g, mean, theta, counts)), o);
}

ag_ref nn_zinb(nn_model *m, ag_ref mean, ag_ref theta, ag_ref zero_logits, ag_ref counts,
               const nn_loss_options *o) {
  const char *who = "nn_zinb";
  if (!nn_same_shape(m, who, mean, counts, 0) || !nn_same_shape(m, who, zero_logits, counts, 0) ||
      !theta_fits(m, who, theta, counts))
    return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref other = ag_neg(g, ag_softplus(g, ag_neg(g, zero_logits))); /* log sigmoid */
  ag_ref own = ag_neg(g, ag_softplus(g, zero_logits));
  ag_ref nb = ag_add(g, own, log_nb(g, mean, theta, counts));
  ag_ref zero = ag_less_equal(g, counts, ag_like(g, counts, 0));
  return nn_reduce(m, who, ag_neg(g, ag_where(g, zero, ag_logaddexp(g, other, nb), nb)), o);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref poisson(nn_model *m, const ag_ref *in) { return nn_poisson(m, in[0], in[1], NULL); }
static ag_ref poisson_rate(nn_model *m, const ag_ref *in) {
  return nn_poisson(m, in[0], in[1], &(nn_poisson_options){.rate = true, .full = true});
}
static ag_ref gaussian(nn_model *m, const ag_ref *in) {
  return nn_gaussian_nll(m, in[0], in[1], in[2], true, NULL);
}
static ag_ref nb(nn_model *m, const ag_ref *in) { return nn_negative_binomial(m, in[0], in[1], in[2], NULL); }
static ag_ref zinb(nn_model *m, const ag_ref *in) {
  ag_graph *g = nn_graph(m); /* sets half of the counts to 0 */
  ag_ref counts = ag_mul(g, in[3], ag_greater(g, in[3], ag_like(g, in[3], 2)));
  return nn_zinb(m, in[0], in[1], in[2], counts, NULL);
}

#define ANY                                                                                                  \
  {                                                                                                          \
    .rank = 2, .shape = { 4, 3 }                                                                             \
  }
#define POSITIVE                                                                                             \
  { .rank = 2, .shape = {4, 3}, .low = 0.3, .high = 4 }
static const nn_sample poisson_samples[] = {
    {.name = "logarithm", .n_in = 2, .in = {ANY, POSITIVE}, .build = poisson},
    {.name = "rate, full", .n_in = 2, .in = {POSITIVE, POSITIVE}, .build = poisson_rate}};
static const nn_sample gaussian_samples[] = {
    {.name = "full", .n_in = 3, .in = {ANY, ANY, POSITIVE}, .build = gaussian}};
static const nn_sample nb_samples[] = {
    {.name = "counts", .n_in = 3, .in = {POSITIVE, POSITIVE, POSITIVE}, .build = nb}};
static const nn_sample zinb_samples[] = {
    {.name = "counts", .n_in = 4, .in = {POSITIVE, POSITIVE, ANY, POSITIVE}, .build = zinb}};

const nn_row nn_loss_poisson = {"nn_poisson", "The negative log-likelihood of Poisson counts.",
                                poisson_samples, 2};
const nn_row nn_loss_gaussian_nll = {"nn_gaussian_nll", "The negative log-likelihood of normal numbers.",
                                     gaussian_samples, 1};
const nn_row nn_loss_negative_binomial = {
    "nn_negative_binomial", "The negative log-likelihood of negative binomial counts.", nb_samples, 1};
const nn_row nn_loss_zinb = {
    "nn_zinb", "The negative log-likelihood of zero-inflated negative binomial counts.", zinb_samples, 1};
