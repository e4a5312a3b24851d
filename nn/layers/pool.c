/* pool.c - see pool.h. */
#include "pool.h"

#include "../model/text.h"

static bool is_image(nn_model *m, ag_type t) {
  char have[NN_SHAPE_TEXT];
  if (t.rank >= 3 && t.rank <= AG_SPATIAL + 2) return true;
  nn_refuse(m, TN_ESHAPE, "the input must be [batch, 1 to %d spatial axes, channels], not %s", AG_SPATIAL,
            nn_shape_text(have, t.rank, t.shape));
  return false;
}

/* False, and the model fails, if an option is negative or a window is larger than the padded image. */
static bool window_fits(nn_model *m, ag_type t, const ag_pool_options *o) {
  char have[NN_SHAPE_TEXT], size[NN_SHAPE_TEXT];
  if (!is_image(m, t)) return false;
  nn_shape_text(have, t.rank, t.shape), nn_shape_text(size, t.rank - 2, o->size);
  for (int a = 0; a < t.rank - 2; a++) {
    int64_t dilation = o->dilation[a] ? o->dilation[a] : 1, extent = o->size[a] ? o->size[a] : 1;
    int64_t around = o->padding == AG_PAD_EXPLICIT ? o->before[a] + o->after[a] : 0;
    if (o->size[a] < 0 || o->stride[a] < 0 || o->dilation[a] < 0) {
      nn_refuse(m, TN_EINVAL,
                "the window %s over %s has size %lld, stride %lld and dilation %lld along axis %d", size,
                have, (long long)o->size[a], (long long)o->stride[a], (long long)o->dilation[a], a);
      return false;
    }
    bool fills = o->padding == AG_PAD_SAME || o->padding == AG_PAD_CAUSAL;
    if (fills || (extent - 1) * dilation + 1 <= t.shape[a + 1] + around) continue;
    nn_refuse(m, TN_ESHAPE, "the window %s, with dilation %lld along axis %d, is larger than the input %s",
              size, (long long)dilation, a, have);
    return false;
  }
  return true;
}

typedef ag_ref windowed(ag_graph *g, ag_ref x, const ag_pool_options *options);
static ag_ref pool(nn_model *m, const char *who, const char *name, ag_ref x, const ag_pool_options *o,
                   windowed *f) {
  if (!nn_enter(m, who, name)) return (ag_ref){0};
  if (!window_fits(m, ag_type_of(nn_graph(m), x), o)) return (ag_ref){0};
  return nn_leave(m, f(nn_graph(m), x, o));
}

ag_ref nn_max_pool(nn_model *m, const char *name, ag_ref x, const ag_pool_options *options) {
  return pool(m, "nn_max_pool", name, x, options, ag_max_pool);
}

ag_ref nn_average_pool(nn_model *m, const char *name, ag_ref x, const ag_pool_options *options) {
  return pool(m, "nn_average_pool", name, x, options, ag_average_pool);
}

typedef ag_ref adaptive(ag_graph *g, ag_ref x, const int64_t *places);
static ag_ref to_places(nn_model *m, const char *who, const char *name, ag_ref x, const int64_t *places,
                        adaptive *f) {
  if (!nn_enter(m, who, name)) return (ag_ref){0};
  ag_type t = ag_type_of(nn_graph(m), x);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (!is_image(m, t)) return (ag_ref){0};
  for (int a = 0; a < t.rank - 2; a++) {
    if (places[a] < 1)
      return nn_refuse(m, TN_EINVAL, "%s cannot be pooled to %s places", nn_shape_text(have, t.rank, t.shape),
                       nn_shape_text(want, t.rank - 2, places));
  }
  return nn_leave(m, f(nn_graph(m), x, places));
}

ag_ref nn_adaptive_average_pool(nn_model *m, const char *name, ag_ref x, const int64_t *places) {
  return to_places(m, "nn_adaptive_average_pool", name, x, places, ag_adaptive_average_pool);
}

ag_ref nn_adaptive_max_pool(nn_model *m, const char *name, ag_ref x, const int64_t *places) {
  return to_places(m, "nn_adaptive_max_pool", name, x, places, ag_adaptive_max_pool);
}

ag_ref nn_global_average_pool(nn_model *m, const char *name, ag_ref x) {
  if (!nn_enter(m, "nn_global_average_pool", name)) return (ag_ref){0};
  if (!is_image(m, ag_type_of(nn_graph(m), x))) return (ag_ref){0};
  return nn_leave(m, ag_global_average_pool(nn_graph(m), x, false));
}

ag_ref nn_global_max_pool(nn_model *m, const char *name, ag_ref x) {
  if (!nn_enter(m, "nn_global_max_pool", name)) return (ag_ref){0};
  if (!is_image(m, ag_type_of(nn_graph(m), x))) return (ag_ref){0};
  return nn_leave(m, ag_global_max_pool(nn_graph(m), x, false));
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref max_plain(nn_model *m, const ag_ref *in) {
  return nn_max_pool(m, "pool", in[0], &(ag_pool_options){.size = {2, 3}});
}
static ag_ref max_padded(nn_model *m, const ag_ref *in) {
  ag_pool_options o = {.size = {3}, .stride = {2}, .before = {1}, .after = {1}};
  return nn_max_pool(m, "pool", in[0], &o);
}
static ag_ref average_plain(nn_model *m, const ag_ref *in) {
  return nn_average_pool(m, "pool", in[0], &(ag_pool_options){.size = {2, 2, 2}, .stride = {1, 1, 1}});
}
static ag_ref average_padded(nn_model *m, const ag_ref *in) {
  ag_pool_options o = {
      .size = {3, 3}, .stride = {2, 2}, .before = {1, 1}, .after = {1, 1}, .count_padding = true};
  return nn_average_pool(m, "pool", in[0], &o);
}
static ag_ref adaptive_average(nn_model *m, const ag_ref *in) {
  return nn_adaptive_average_pool(m, "pool", in[0], (int64_t[]){2, 3});
}
static ag_ref adaptive_max(nn_model *m, const ag_ref *in) {
  return nn_adaptive_max_pool(m, "pool", in[0], (int64_t[]){2, 3});
}
static ag_ref global_average(nn_model *m, const ag_ref *in) {
  return nn_global_average_pool(m, "pool", in[0]);
}
static ag_ref global_max(nn_model *m, const ag_ref *in) { return nn_global_max_pool(m, "pool", in[0]); }

#define IMAGE                                                                                                \
  {                                                                                                          \
    {                                                                                                        \
      .rank = 4, .shape = { 2, 4, 5, 2 }                                                                     \
    }                                                                                                        \
  }
static const nn_sample max_samples[] = {
    {.name = "image", .n_in = 1, .in = {{.rank = 4, .shape = {2, 4, 6, 2}}}, .build = max_plain},
    {.name = "series, padded", .n_in = 1, .in = {{.rank = 3, .shape = {2, 7, 3}}}, .build = max_padded}};
static const nn_sample average_samples[] = {
    {.name = "volume", .n_in = 1, .in = {{.rank = 5, .shape = {1, 3, 2, 3, 2}}}, .build = average_plain},
    {.name = "image, padded", .n_in = 1, .in = IMAGE, .build = average_padded}};
static const nn_sample adaptive_average_samples[] = {
    {.name = "image", .n_in = 1, .in = IMAGE, .build = adaptive_average}};
static const nn_sample adaptive_max_samples[] = {
    {.name = "image", .n_in = 1, .in = IMAGE, .build = adaptive_max}};
static const nn_sample global_average_samples[] = {
    {.name = "image", .n_in = 1, .in = IMAGE, .build = global_average}};
static const nn_sample global_max_samples[] = {
    {.name = "image", .n_in = 1, .in = IMAGE, .build = global_max}};

const nn_row nn_layer_max_pool = {"nn_max_pool", "The maximum of each window.", max_samples, 2};
const nn_row nn_layer_average_pool = {"nn_average_pool", "The average of each window.", average_samples, 2};
const nn_row nn_layer_adaptive_average_pool = {
    "nn_adaptive_average_pool", "Average pooling to a given number of places.", adaptive_average_samples, 1};
const nn_row nn_layer_adaptive_max_pool = {
    "nn_adaptive_max_pool", "Maximum pooling to a given number of places.", adaptive_max_samples, 1};
const nn_row nn_layer_global_average_pool = {"nn_global_average_pool", "The average over all places.",
                                             global_average_samples, 1};
const nn_row nn_layer_global_max_pool = {"nn_global_max_pool", "The maximum over all places.",
                                         global_max_samples, 1};
