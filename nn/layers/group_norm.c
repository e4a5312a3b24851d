/* group_norm.c - see group_norm.h. */
#include "group_norm.h"

#include "../model/text.h"

/* x as [batch, places, groups, channels of a group], normalized over places and channels. */
static ag_ref normalized(ag_graph *g, ag_ref x, int64_t groups, double epsilon) {
  ag_type t = ag_type_of(g, x);
  int64_t channels = t.shape[t.rank - 1], width = channels / groups;
  int64_t places = tn_numel(t.rank - 2, t.shape + 1);
  ag_ref y = ag_reshape(g, x, 4, (int64_t[]){t.shape[0], places, groups, width});
  unsigned axes = 1u << 1 | 1u << 3;
  double n = (double)(places * width);
  ag_ref centred = ag_sub(g, y, ag_scale(g, ag_sum(g, y, axes, true), 1 / n));
  ag_ref variance = ag_scale(g, ag_sum(g, ag_square(g, centred), axes, true), 1 / n);
  y = ag_div(g, centred, ag_sqrt(g, ag_offset(g, variance, epsilon)));
  return ag_reshape(g, y, t.rank, t.shape);
}

/* groups 0: each channel is a group. */
static ag_ref group_norm(nn_model *m, ag_ref x, int64_t groups, const nn_group_norm_options *options) {
  static const nn_group_norm_options defaults = {0};
  const nn_group_norm_options *o = options ? options : &defaults;
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  nn_shape_text(have, t.rank, t.shape);
  if (t.rank < 2 || (groups == 0 && t.rank < 3))
    return nn_refuse(m, TN_ESHAPE, "the input must be [batch, ..., channels], not %s", have);
  const int64_t *channels = &t.shape[t.rank - 1];
  if (groups == 0) groups = *channels;
  if (groups < 0 || *channels % groups || !(o->epsilon >= 0))
    return nn_refuse(m, TN_ESHAPE, "the channels of %s cannot be cut into %lld groups, with epsilon %g", have,
                     (long long)groups, o->epsilon);
  ag_ref y = normalized(g, x, groups, o->epsilon == 0 ? 1e-5 : o->epsilon);
  if (!o->no_scale) y = ag_mul(g, y, nn_parameter(m, "scale", 1, channels, NN_ONES));
  if (!o->no_bias) y = ag_add(g, y, nn_parameter(m, "bias", 1, channels, NN_ZEROS));
  return nn_leave(m, y);
}

ag_ref nn_group_norm(nn_model *m, const char *name, ag_ref x, int64_t groups,
                     const nn_group_norm_options *options) {
  if (!nn_enter(m, "nn_group_norm", name)) return (ag_ref){0};
  return group_norm(m, x, groups > 0 ? groups : -1, options);
}

ag_ref nn_instance_norm(nn_model *m, const char *name, ag_ref x, const nn_group_norm_options *options) {
  if (!nn_enter(m, "nn_instance_norm", name)) return (ag_ref){0};
  return group_norm(m, x, 0, options);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref two(nn_model *m, const ag_ref *in) { return nn_group_norm(m, "gn", in[0], 2, NULL); }
static ag_ref instance(nn_model *m, const ag_ref *in) { return nn_instance_norm(m, "in", in[0], NULL); }

static const nn_sample samples[] = {
    {.name = "images", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 4}}}, .build = two},
    {.name = "vectors", .n_in = 1, .in = {{.rank = 2, .shape = {3, 6}}}, .build = two},
};
static const nn_sample instance_samples[] = {
    {.name = "series", .n_in = 1, .in = {{.rank = 3, .shape = {2, 5, 3}}}, .build = instance},
};

const nn_row nn_layer_group_norm = {"nn_group_norm", "Normalizes each group of channels of each example.",
                                    samples, 2};
const nn_row nn_layer_instance_norm = {"nn_instance_norm", "Normalizes each channel of each example.",
                                       instance_samples, 1};
