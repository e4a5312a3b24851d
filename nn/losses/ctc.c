/* ctc.c - see ctc.h. The forward recursion in logarithms, over the places blank, label, blank, label, ...,
 * blank: alpha[s] is the log-probability of all paths that end at place s. An impossible path has a large
 * negative number and not -infinity, which would give NaN at a mask. */
#include "ctc.h"

#include "../model/text.h"

static const double impossible = -1e30;

typedef struct ctc {
  nn_model *m;
  ag_graph *g;
  int64_t batch, time, classes, most, places; /* places = 2 most + 1 */
  ag_ref emitted; /* [batch, time, places]: log-probabilities of each place's class */
  ag_ref skips;   /* [batch, places]: 0 where a path may come from two places to the left, else impossible */
} ctc;

static double at_position(const int64_t *index, const void *ctx) { return (void)ctx, (double)index[0]; }
static double is_label(const int64_t *index, const void *ctx) { return (void)ctx, (double)(index[0] % 2); }
static double is_start(const int64_t *index, const void *ctx) { return (void)ctx, index[0] == 0; }
static double label_at(const int64_t *index, const void *ctx) {
  return (void)ctx, index[1] == 2 * index[0] + 1; /* [most, places]: 1 at the place of label i */
}

/* The class of each place, [batch, places], in the model's type. */
static ag_ref spelt(const ctc *c, ag_ref labels, int64_t blank) {
  ag_graph *g = c->g;
  ag_ref number = ag_cast(g, labels, nn_dtype(c->m));
  ag_ref spread = ag_matmul(g, number, nn_constant(c->m, 2, (int64_t[]){c->most, c->places}, label_at, NULL));
  ag_ref between = ag_logical_not(g, nn_constant(c->m, 1, &c->places, is_label, NULL));
  return ag_add(g, spread, ag_scale(g, between, (double)blank));
}

/* x shifted n places to the right; impossible comes in from the left. */
static ag_ref moved(const ctc *c, ag_ref x, int64_t n) {
  ag_graph *g = c->g;
  if (n >= c->places) return ag_broadcast(g, ag_like(g, x, impossible), 2, (int64_t[]){c->batch, c->places});
  ag_ref in = ag_broadcast(g, ag_like(g, x, impossible), 2, (int64_t[]){c->batch, n});
  return ag_concat(g, (ag_ref[]){in, ag_slice(g, x, 1, 0, c->places - n)}, 2, 1);
}

static void prepare(ctc *c, ag_ref log_probs, ag_ref labels, int64_t blank) {
  ag_graph *g = c->g;
  ag_ref class = spelt(c, labels, blank);
  ag_ref column = ag_reshape(g, class, 3, (int64_t[]){c->batch, c->places, 1});
  ag_ref hot = ag_equal(g, column, nn_constant(c->m, 1, &c->classes, at_position, NULL));
  c->emitted = ag_contract(g, log_probs, hot, false, true);
  ag_ref differs = ag_not_equal(g, class, moved(c, class, 2));
  ag_ref may = ag_mul(g, differs, nn_constant(c->m, 1, &c->places, is_label, NULL));
  c->skips = ag_scale(g, ag_logical_not(g, may), impossible);
}

static ag_ref emitted_at(const ctc *c, int64_t t) {
  return ag_reshape(c->g, ag_slice(c->g, c->emitted, 1, t, 1), 2, (int64_t[]){c->batch, c->places});
}

/* alpha after step t, from alpha before it. */
static ag_ref next(const ctc *c, ag_ref alpha, int64_t t) {
  ag_graph *g = c->g;
  ag_ref stay_or_one = ag_logaddexp(g, alpha, moved(c, alpha, 1));
  ag_ref two = ag_add(g, moved(c, alpha, 2), c->skips);
  return ag_add(g, ag_logaddexp(g, stay_or_one, two), emitted_at(c, t));
}

/* A count in the model's type, [batch, 1]. */
static ag_ref count_of(const ctc *c, ag_ref x) {
  return ag_reshape(c->g, ag_cast(c->g, x, nn_dtype(c->m)), 2, (int64_t[]){c->batch, 1});
}

/* -log of the probability that the path ends at one of the last two places, [batch]. */
static ag_ref forward(const ctc *c, ag_ref times, ag_ref lengths) {
  ag_graph *g = c->g;
  ag_ref steps = count_of(c, times), length = count_of(c, lengths);
  ag_ref start = nn_constant(c->m, 1, &c->places, is_start, NULL);
  /* Paths start at one of the first two places. */
  ag_ref second = moved(c, ag_broadcast(g, start, 2, (int64_t[]){c->batch, c->places}), 1);
  second = ag_greater(g, second, ag_like(g, second, 0));
  ag_ref first = ag_add(g, ag_broadcast(g, start, 2, (int64_t[]){c->batch, c->places}), second);
  ag_ref alpha = ag_add(g, ag_scale(g, ag_logical_not(g, first), impossible), emitted_at(c, 0));
  for (int64_t t = 1; t < c->time && nn_building(c->m); t++) {
    ag_ref runs = ag_greater(g, steps, ag_like(g, steps, (double)t));
    runs = ag_broadcast(g, runs, 2, (int64_t[]){c->batch, c->places});
    alpha = ag_where(g, runs, next(c, alpha, t), alpha);
  }
  ag_ref place = nn_constant(c->m, 1, &c->places, at_position, NULL), end = ag_scale(g, length, 2);
  ag_ref last = ag_mul(g, ag_less_equal(g, place, end), ag_greater_equal(g, place, ag_offset(g, end, -1)));
  ag_ref ending = ag_add(g, alpha, ag_scale(g, ag_logical_not(g, last), impossible));
  return ag_neg(g, ag_logsumexp(g, ending, 1, false));
}

static bool fits(nn_model *m, ag_ref log_probs, ag_ref labels, ag_ref times, ag_ref lengths,
                 const nn_ctc_options *o) {
  if (!nn_building(m)) return false;
  ag_graph *g = nn_graph(m);
  ag_type p = ag_type_of(g, log_probs), l = ag_type_of(g, labels), t = ag_type_of(g, times),
          n = ag_type_of(g, lengths);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT], a[NN_SHAPE_TEXT], b[NN_SHAPE_TEXT];
  bool whole = l.dtype > TN_F64 && t.dtype > TN_F64 && n.dtype > TN_F64;
  if (p.rank != 3 || l.rank != 2 || t.rank != 1 || n.rank != 1 || l.shape[0] != p.shape[0] ||
      t.shape[0] != p.shape[0] || n.shape[0] != p.shape[0] || !whole)
    nn_fail(m, TN_ESHAPE,
            "nn_ctc: wants log-probabilities [batch, time, classes] and integers [batch, labels], [batch], "
            "[batch], "
            "not %s and %s %s, %s, %s",
            nn_shape_text(have, p.rank, p.shape), whole ? "integers" : "floats",
            nn_shape_text(want, l.rank, l.shape), nn_shape_text(a, t.rank, t.shape),
            nn_shape_text(b, n.rank, n.shape));
  else if (o->blank < 0 || o->blank >= p.shape[2] || o->reduction == NN_BATCH_MEAN)
    nn_fail(m, TN_EINVAL,
            "nn_ctc: the blank %lld must be one of %lld classes, the reduction mean, sum or none",
            (long long)o->blank, (long long)p.shape[2]);
  return nn_building(m);
}

ag_ref nn_ctc(nn_model *m, ag_ref log_probs, ag_ref labels, ag_ref times, ag_ref lengths,
              const nn_ctc_options *options) {
  static const nn_ctc_options defaults = {0};
  const nn_ctc_options *o = options ? options : &defaults;
  if (!fits(m, log_probs, labels, times, lengths, o)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type p = ag_type_of(g, log_probs);
  ctc c = {.m = m, .g = g, .batch = p.shape[0], .time = p.shape[1], .classes = p.shape[2]};
  c.most = ag_type_of(g, labels).shape[1];
  c.places = 2 * c.most + 1;
  prepare(&c, log_probs, labels, o->blank);
  ag_ref terms = forward(&c, times, lengths);
  ag_ref never = ag_greater(g, terms, ag_like(g, terms, -0.5 * impossible)), zero = ag_like(g, terms, 0);
  ag_ref instead = o->zero_infinity ? zero : ag_like(g, terms, 1.0 / 0.0);
  terms = ag_where(g, never, instead, terms);
  if (o->reduction == NN_MEAN) {
    ag_ref length = ag_cast(g, lengths, p.dtype);
    terms = ag_div(g, terms, ag_maximum(g, length, ag_like(g, length, 1)));
  }
  return nn_reduce(m, "nn_ctc", terms, &(nn_loss_options){.reduction = o->reduction});
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref mean(nn_model *m, const ag_ref *in) {
  return nn_ctc(m, ag_log_softmax(nn_graph(m), in[0], -1), in[1], in[2], in[3], NULL);
}
static ag_ref none(nn_model *m, const ag_ref *in) {
  nn_ctc_options o = {.reduction = NN_NONE, .blank = 3, .zero_infinity = true};
  return nn_ctc(m, ag_log_softmax(nn_graph(m), in[0], -1), in[1], in[2], in[3], &o);
}

static const nn_sample samples[] = {
    {.name = "mean",
     .n_in = 4,
     .in = {{.rank = 3, .shape = {3, 6, 4}},
            {.dtype = TN_I64, .rank = 2, .shape = {3, 2}, .low = 1, .high = 3},
            {.dtype = TN_I64, .rank = 1, .shape = {3}, .low = 5, .high = 6},
            {.dtype = TN_I64, .rank = 1, .shape = {3}, .low = 0, .high = 2}},
     .build = mean},
    {.name = "none, another blank",
     .n_in = 4,
     .in = {{.rank = 3, .shape = {2, 7, 4}},
            {.dtype = TN_I64, .rank = 2, .shape = {2, 3}, .low = 0, .high = 2},
            {.dtype = TN_I64, .rank = 1, .shape = {2}, .low = 4, .high = 7},
            {.dtype = TN_I64, .rank = 1, .shape = {2}, .low = 1, .high = 2}},
     .build = none},
};

const nn_row nn_loss_ctc = {
    "nn_ctc", "CTC: sequences of labels whose alignment to the time steps is unknown.", samples, 2};
