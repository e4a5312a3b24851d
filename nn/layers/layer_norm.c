/* layer_norm.c - see layer_norm.h. */
#include "layer_norm.h"

#include "../model/text.h"

/* For layer norm and RMS norm: the number of normalized axes; -1, and the model fails, if it is wrong. */
static int axes_of(nn_model *m, const ag_type *t, const nn_layer_norm_options *o) {
  int axes = o->axes ? o->axes : 1;
  char have[NN_SHAPE_TEXT];
  if (axes > 0 && axes < t->rank && o->epsilon >= 0) return axes;
  nn_refuse(m, TN_ESHAPE, "%d axes of %s cannot be normalized beside a batch, with epsilon %g", axes,
            nn_shape_text(have, t->rank, t->shape), o->epsilon);
  return -1;
}

static ag_ref mean_of(ag_graph *g, ag_ref x, int axes) {
  ag_type t = ag_type_of(g, x);
  if (!x.id) return x; /* building has failed, so there is no shape */
  unsigned mask = ((1u << axes) - 1) << (t.rank - axes);
  return ag_scale(g, ag_sum(g, x, mask, true), 1 / (double)tn_numel(axes, t.shape + t.rank - axes));
}

static ag_ref over_root(ag_graph *g, ag_ref x, ag_ref variance, double epsilon) {
  return ag_div(g, x, ag_sqrt(g, ag_offset(g, variance, epsilon)));
}

ag_ref nn_layer_norm(nn_model *m, const char *name, ag_ref x, const nn_layer_norm_options *options) {
  static const nn_layer_norm_options defaults = {0};
  const nn_layer_norm_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_layer_norm", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  int axes = axes_of(m, &t, o);
  if (axes < 0) return (ag_ref){0};
  const int64_t *shape = t.shape + t.rank - axes;
  ag_ref centred = ag_sub(g, x, mean_of(g, x, axes));
  ag_ref variance = mean_of(g, ag_square(g, centred), axes);
  ag_ref y = over_root(g, centred, variance, o->epsilon == 0 ? 1e-5 : o->epsilon);
  if (!o->no_scale) y = ag_mul(g, y, nn_parameter(m, "scale", axes, shape, NN_ONES));
  if (!o->no_bias) y = ag_add(g, y, nn_parameter(m, "bias", axes, shape, NN_ZEROS));
  return nn_leave(m, y);
}

ag_ref nn_rms_norm(nn_model *m, const char *name, ag_ref x, const nn_layer_norm_options *options) {
  static const nn_layer_norm_options defaults = {0};
  const nn_layer_norm_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_rms_norm", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  int axes = axes_of(m, &t, o);
  if (axes < 0) return (ag_ref){0};
  ag_ref y = over_root(g, x, mean_of(g, ag_square(g, x), axes), o->epsilon == 0 ? 1e-6 : o->epsilon);
  if (!o->no_scale) y = ag_mul(g, y, nn_parameter(m, "scale", axes, t.shape + t.rank - axes, NN_ONES));
  return nn_leave(m, y);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_layer_norm(m, "ln", in[0], NULL); }
static ag_ref two_axes(nn_model *m, const ag_ref *in) {
  return nn_layer_norm(m, "ln", in[0], &(nn_layer_norm_options){.axes = 2, .epsilon = 1e-3});
}
static ag_ref rms(nn_model *m, const ag_ref *in) { return nn_rms_norm(m, "rms", in[0], NULL); }

static const nn_sample samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 4}}}, .build = plain},
    {.name = "two axes", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 4}}}, .build = two_axes},
};
static const nn_sample rms_samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 4}}}, .build = rms},
};

const nn_row nn_layer_layer_norm = {
    "nn_layer_norm", "Normalizes each vector to mean 0 and variance 1, then scales and shifts it.", samples,
    2};
const nn_row nn_layer_rms_norm = {
    "nn_rms_norm", "Divides each vector by its root mean square, then scales it.", rms_samples, 1};
