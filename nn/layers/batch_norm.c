/* batch_norm.c - see batch_norm.h. */
#include "batch_norm.h"

#include "../model/text.h"

/* running = (1 - momentum) running + momentum now; `now` is detached. */
static void follow(ag_graph *g, ag_ref running, ag_ref now, double momentum) {
  ag_ref kept = ag_scale(g, running, 1 - momentum);
  ag_assign(g, running, ag_add(g, kept, ag_scale(g, ag_detach(g, now), momentum)));
}

typedef struct places { /* the positions over which the moments are taken */
  ag_ref share;         /* weight of each in a mean, of x's rank; id 0: 1 / n */
  ag_ref unbiased;      /* n / (n - 1), the factor of the unbiased variance */
  double n;
} places;

static places places_of(ag_graph *g, ag_ref x, ag_ref mask) {
  ag_type t = ag_type_of(g, x), mt = ag_type_of(g, mask);
  places p = {.n = (double)tn_numel(t.rank - 1, t.shape)};
  double unbiased = p.n < 2 ? 1 : p.n / (p.n - 1);
  p.unbiased = ag_scalar(g, t.dtype, unbiased);
  if (!mask.id) return p;
  for (int a = mt.rank; a < t.rank; a++) mt.shape[a] = 1;
  ag_ref weight = ag_reshape(g, ag_cast(g, mask, t.dtype), t.rank, mt.shape);
  double rest = p.n / (double)tn_numel(t.rank, mt.shape); /* positions of x per element of the mask */
  ag_ref n = ag_maximum(g, ag_scale(g, ag_sum_all(g, weight), rest), ag_scalar(g, t.dtype, 1));
  p.share = ag_div(g, weight, n);
  p.unbiased = ag_div(g, n, ag_maximum(g, ag_offset(g, n, -1), ag_like(g, n, 1)));
  return p;
}

/* The mean over all axes but the last. */
static ag_ref mean_over(ag_graph *g, ag_ref x, const places *p) {
  int rank = ag_type_of(g, x).rank;
  if (rank < 1) return (ag_ref){0}; /* the graph has failed */
  unsigned axes = (1u << (rank - 1)) - 1;
  if (p->share.id) return ag_sum(g, ag_mul(g, x, p->share), axes, false);
  return ag_scale(g, ag_sum(g, x, axes, false), 1 / p->n);
}

/* (x - mean) / sqrt(variance + epsilon) with the moments of the batch; updates the running moments. */
static ag_ref by_batch(ag_graph *g, ag_ref x, ag_ref mean, ag_ref variance, const nn_batch_norm_options *o) {
  places p = places_of(g, x, o->mask);
  double momentum = o->momentum == 0 ? 0.1 : o->momentum;
  ag_ref now = mean_over(g, x, &p), centred = ag_sub(g, x, now);
  ag_ref spread = mean_over(g, ag_square(g, centred), &p);
  follow(g, mean, now, momentum);
  follow(g, variance, o->population ? spread : ag_mul(g, spread, p.unbiased), momentum);
  return ag_div(g, centred, ag_sqrt(g, ag_offset(g, spread, o->epsilon == 0 ? 1e-5 : o->epsilon)));
}

static ag_ref by_running(ag_graph *g, ag_ref x, ag_ref mean, ag_ref variance,
                         const nn_batch_norm_options *o) {
  ag_ref sd = ag_sqrt(g, ag_offset(g, variance, o->epsilon == 0 ? 1e-5 : o->epsilon));
  return ag_div(g, ag_sub(g, x, mean), sd);
}

ag_ref nn_batch_norm(nn_model *m, const char *name, ag_ref x, const nn_batch_norm_options *options) {
  static const nn_batch_norm_options defaults = {0};
  const nn_batch_norm_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_batch_norm", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank < 2)
    return nn_refuse(m, TN_ESHAPE, "the input must be [batch, ..., channels], not %s",
                     nn_shape_text(have, t.rank, t.shape));
  if (!(o->momentum >= 0 && o->momentum <= 1 && o->epsilon >= 0))
    return nn_refuse(m, TN_EINVAL, "momentum %g must be from 0 to 1, and epsilon %g at least 0", o->momentum,
                     o->epsilon);
  ag_type mask = ag_type_of(g, o->mask);
  char other[NN_SHAPE_TEXT];
  if (o->mask.id &&
      (mask.rank < 1 || mask.rank >= t.rank || !tn_same_shape(mask.rank, mask.shape, mask.rank, t.shape) ||
       (mask.dtype != TN_U8 && mask.dtype != t.dtype)))
    return nn_refuse(m, TN_ESHAPE,
                     "the mask must be of u8 or %s and have leading axes of the input %s, not %s %s",
                     tn_dtype_name(t.dtype), nn_shape_text(have, t.rank, t.shape), tn_dtype_name(mask.dtype),
                     nn_shape_text(other, mask.rank, mask.shape));
  const int64_t *channels = &t.shape[t.rank - 1];
  ag_ref mean = nn_buffer(m, "mean", 1, channels, 0), variance = nn_buffer(m, "variance", 1, channels, 1);
  bool train = nn_mode_of(m) == NN_TRAIN && !o->frozen;
  ag_ref y = train ? by_batch(g, x, mean, variance, o) : by_running(g, x, mean, variance, o);
  if (!o->no_scale) y = ag_mul(g, y, nn_parameter(m, "scale", 1, channels, NN_ONES));
  if (!o->no_bias) y = ag_add(g, y, nn_parameter(m, "bias", 1, channels, NN_ZEROS));
  return nn_leave(m, y);
}

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_batch_norm(m, "bn", in[0], NULL); }

static ag_ref bare(nn_model *m, const ag_ref *in) {
  return nn_batch_norm(
      m, "bn", in[0],
      &(nn_batch_norm_options){
          .epsilon = 1e-3, .momentum = 0.01, .population = true, .no_scale = true, .no_bias = true});
}

static ag_ref frozen(nn_model *m, const ag_ref *in) {
  return nn_batch_norm(m, "bn", in[0], &(nn_batch_norm_options){.frozen = true});
}

static ag_ref some(nn_model *m, const ag_ref *in) {
  return nn_batch_norm(m, "bn", in[0], &(nn_batch_norm_options){.mask = in[1]});
}

static const nn_sample samples[] = {
    {.name = "vectors", .n_in = 1, .in = {{.rank = 2, .shape = {6, 3}}}, .build = plain},
    {.name = "images", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 4}}}, .build = plain},
    {.name = "Keras, no scale, no bias", .n_in = 1, .in = {{.rank = 3, .shape = {2, 4, 3}}}, .build = bare},
    {.name = "mask",
     .n_in = 2,
     .in = {{.rank = 3, .shape = {4, 3, 2}},
            {.dtype = TN_U8, .rank = 2, .shape = {4, 3}, .low = 0, .high = 1}},
     .build = some},
    {.name = "frozen", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = frozen},
};

const nn_row nn_layer_batch_norm = {
    "nn_batch_norm", "Normalizes each channel over the batch, then scales and shifts it.", samples, 5};
