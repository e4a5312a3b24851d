/* conv.c - see conv.h. */
#include "conv.h"

#include "../model/text.h"

#include <string.h>

static const nn_conv_options defaults = {0};

/* The number of spatial axes. 0, and the model fails, if the rank is wrong, an extent is not positive, a
 * stride or dilation is negative, or the groups do not divide the channels and filters. */
static int spatial_of(nn_model *m, const ag_type *t, int64_t filters, const int64_t *size,
                      const nn_conv_options *o) {
  char have[NN_SHAPE_TEXT], kernel[NN_SHAPE_TEXT];
  int spatial = t->rank - 2;
  nn_shape_text(have, t->rank, t->shape);
  if (spatial < 1 || spatial > AG_SPATIAL) {
    nn_refuse(m, TN_ESHAPE, "the input must be [batch, 1 to %d spatial axes, channels], not %s", AG_SPATIAL,
              have);
    return 0;
  }
  nn_shape_text(kernel, spatial, size);
  int64_t groups = o->conv.groups ? o->conv.groups : 1;
  if (filters < 1 || groups < 1 || t->shape[t->rank - 1] % groups || filters % groups) {
    nn_refuse(m, TN_ESHAPE, "%lld filters and the channels of %s cannot be cut into %lld groups",
              (long long)filters, have, (long long)groups);
    return 0;
  }
  for (int a = 0; a < spatial; a++) {
    if (size[a] > 0 && o->conv.stride[a] >= 0 && o->conv.dilation[a] >= 0) continue;
    nn_refuse(m, TN_EINVAL,
              "the kernel %s over %s has size %lld, stride %lld and dilation %lld along axis %d", kernel,
              have, (long long)size[a], (long long)o->conv.stride[a], (long long)o->conv.dilation[a], a);
    return 0;
  }
  return spatial;
}

/* Checks that the dilated kernel is not larger than the padded input; else the model fails. */
static bool reaches(nn_model *m, const ag_type *t, const int64_t *size, const nn_conv_options *o) {
  char have[NN_SHAPE_TEXT], kernel[NN_SHAPE_TEXT];
  if (o->conv.padding == AG_PAD_SAME || o->conv.padding == AG_PAD_CAUSAL) return true;
  for (int a = 0; a < t->rank - 2; a++) {
    int64_t dilation = o->conv.dilation[a] ? o->conv.dilation[a] : 1, reach, room, around = 0;
    int64_t between = o->conv.input_dilation[a] > 1 ? o->conv.input_dilation[a] : 1;
    bool given = o->conv.padding == AG_PAD_EXPLICIT;
    if ((given && __builtin_add_overflow(o->conv.before[a], o->conv.after[a], &around)) ||
        __builtin_mul_overflow(size[a] - 1, dilation, &reach) ||
        __builtin_mul_overflow(t->shape[a + 1] - 1, between, &room) ||
        __builtin_add_overflow(room, around, &room))
      return true; /* overflow: ag_conv refuses it */
    if (reach <= room) continue;
    nn_refuse(m, TN_ESHAPE, "the kernel %s, with dilation %lld along axis %d, is larger than the input %s",
              nn_shape_text(kernel, t->rank - 2, size), (long long)dilation, a,
              nn_shape_text(have, t->rank, t->shape));
    return false;
  }
  return true;
}

static ag_ref kernel_of(nn_model *m, int spatial, const int64_t *size, int64_t in, int64_t out,
                        const nn_conv_options *o) {
  int64_t shape[AG_SPATIAL + 2];
  memcpy(shape, size, (size_t)spatial * sizeof *size);
  shape[spatial] = in, shape[spatial + 1] = out;
  return nn_parameter(m, "kernel", spatial + 2, shape, o->kernel == NN_ZEROS ? NN_GLOROT_UNIFORM : o->kernel);
}

static ag_ref finish(nn_model *m, ag_ref y, int64_t channels, const nn_conv_options *o) {
  if (!o->no_bias) y = ag_add(nn_graph(m), y, nn_parameter(m, "bias", 1, &channels, NN_ZEROS));
  return nn_leave(m, y);
}

ag_ref nn_conv(nn_model *m, const char *name, ag_ref x, int64_t filters, const int64_t *size,
               const nn_conv_options *options) {
  const nn_conv_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_conv", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  int spatial = spatial_of(m, &t, filters, size, o);
  if (!spatial || !reaches(m, &t, size, o)) return (ag_ref){0};
  int64_t groups = o->conv.groups ? o->conv.groups : 1;
  ag_ref k = kernel_of(m, spatial, size, t.shape[t.rank - 1] / groups, filters, o);
  return finish(m, ag_conv(g, x, k, &o->conv), filters, o);
}

ag_ref nn_conv_transpose(nn_model *m, const char *name, ag_ref x, int64_t filters, const int64_t *size,
                         const nn_conv_options *options) {
  const nn_conv_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_conv_transpose", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  int spatial = spatial_of(m, &t, filters, size, o);
  if (!spatial) return (ag_ref){0};
  int64_t groups = o->conv.groups ? o->conv.groups : 1;
  ag_ref k = kernel_of(m, spatial, size, filters / groups, t.shape[t.rank - 1], o);
  return finish(m, ag_conv_transpose(g, x, k, &o->conv, o->extra), filters, o);
}

ag_ref nn_conv_depthwise(nn_model *m, const char *name, ag_ref x, const int64_t *size,
                         const nn_conv_options *options) {
  const nn_conv_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_conv_depthwise", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  int64_t multiplier = o->multiplier ? o->multiplier : 1;
  int spatial = spatial_of(m, &t, multiplier, size, o);
  if (!spatial || !reaches(m, &t, size, o)) return (ag_ref){0};
  int64_t channels = t.shape[t.rank - 1];
  ag_ref k = kernel_of(m, spatial, size, channels, multiplier, o);
  return finish(m, ag_conv_depthwise(g, x, k, &o->conv), channels * multiplier, o);
}

ag_ref nn_conv_separable(nn_model *m, const char *name, ag_ref x, int64_t filters, const int64_t *size,
                         const nn_conv_options *options) {
  const nn_conv_options *o = options ? options : &defaults;
  nn_conv_options depthwise = *o, pointwise = {.kernel = o->kernel, .no_bias = o->no_bias};
  if (!nn_enter(m, "nn_conv_separable", name)) return (ag_ref){0};
  depthwise.no_bias = true;
  ag_ref h = nn_conv_depthwise(m, "depthwise", x, size, &depthwise);
  return nn_leave(m, nn_conv(m, "pointwise", h, filters, (int64_t[]){1, 1, 1}, &pointwise));
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref causal(nn_model *m, const ag_ref *in) {
  nn_conv_options o = {.conv = {.padding = AG_PAD_CAUSAL, .dilation = {2}}};
  return nn_conv(m, "conv", in[0], 4, (int64_t[]){3}, &o);
}
static ag_ref plain(nn_model *m, const ag_ref *in) {
  return nn_conv(m, "conv", in[0], 3, (int64_t[]){3, 2}, NULL);
}
static ag_ref strided(nn_model *m, const ag_ref *in) {
  nn_conv_options o = {.conv = {.stride = {2, 1}, .before = {1, 1}, .after = {1, 1}, .groups = 2}};
  return nn_conv(m, "conv", in[0], 4, (int64_t[]){3, 3}, &o);
}
static ag_ref same(nn_model *m, const ag_ref *in) {
  nn_conv_options o = {.conv = {.padding = AG_PAD_SAME}, .no_bias = true};
  return nn_conv(m, "conv", in[0], 2, (int64_t[]){3, 3, 3}, &o);
}
static ag_ref transpose(nn_model *m, const ag_ref *in) {
  nn_conv_options o = {.conv = {.stride = {2, 2}, .before = {1, 0}, .after = {1, 0}, .groups = 2},
                       .extra = {1, 0}};
  return nn_conv_transpose(m, "conv", in[0], 4, (int64_t[]){3, 2}, &o);
}
static ag_ref depthwise(nn_model *m, const ag_ref *in) {
  nn_conv_options o = {.conv = {.stride = {2, 2}}, .multiplier = 2};
  return nn_conv_depthwise(m, "conv", in[0], (int64_t[]){3, 3}, &o);
}
static ag_ref separable(nn_model *m, const ag_ref *in) {
  return nn_conv_separable(m, "conv", in[0], 4, (int64_t[]){3}, NULL);
}

static const nn_sample samples[] = {
    {.name = "causal, dilated", .n_in = 1, .in = {{.rank = 3, .shape = {2, 6, 3}}}, .build = causal},
    {.name = "image", .n_in = 1, .in = {{.rank = 4, .shape = {2, 4, 4, 2}}}, .build = plain},
    {.name = "strided, groups", .n_in = 1, .in = {{.rank = 4, .shape = {2, 5, 4, 4}}}, .build = strided},
    {.name = "volume, same", .n_in = 1, .in = {{.rank = 5, .shape = {1, 3, 2, 3, 2}}}, .build = same},
};
static const nn_sample transpose_samples[] = {
    {.name = "strided, groups", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 4}}}, .build = transpose},
};
static const nn_sample depthwise_samples[] = {
    {.name = "two of each", .n_in = 1, .in = {{.rank = 4, .shape = {2, 5, 5, 3}}}, .build = depthwise},
};
static const nn_sample separable_samples[] = {
    {.name = "series", .n_in = 1, .in = {{.rank = 3, .shape = {2, 6, 3}}}, .build = separable},
};

const nn_row nn_layer_conv = {"nn_conv", "Convolution: a kernel slides over one to three axes.", samples, 4};
const nn_row nn_layer_conv_transpose = {
    "nn_conv_transpose", "Transposed convolution: the adjoint of a convolution, which up-samples.",
    transpose_samples, 1};
const nn_row nn_layer_conv_depthwise = {
    "nn_conv_depthwise", "Depthwise convolution: each channel on its own.", depthwise_samples, 1};
const nn_row nn_layer_conv_separable = {
    "nn_conv_separable", "Separable convolution: depthwise, then across channels.", separable_samples, 1};
