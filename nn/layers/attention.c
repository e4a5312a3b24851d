/* attention.c - see attention.h. */
#include "attention.h"

#include "../model/text.h"
#include "dense.h"
#include "dropout.h"
#include "positions.h"

#include <math.h>
#include <stdio.h>

static double sees(const int64_t *index, const void *ctx) { return (void)ctx, index[1] <= index[0]; }

/* ---- attend -------------------------------------------------------------------------------------------- */

/* Writes what is wrong with the masks, or "". shape: examples, queries, keys. */
static const char *wrong_mask(char *text, size_t size, ag_graph *g, const nn_attend_options *o,
                              tn_dtype dtype, const int64_t shape[3]) {
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  const struct {
    const char *what, *axes;
    ag_ref mask;
    int rank;
    int64_t shape[3];
  } masks[] = {{"key mask", "[batch, keys]", o->key_mask, 2, {shape[0], shape[2]}},
               {"mask", "[batch, queries, keys]", o->mask, 3, {shape[0], shape[1], shape[2]}}};
  text[0] = 0;
  for (int i = 0; i < 2 && !text[0]; i++) {
    ag_type t = ag_type_of(g, masks[i].mask);
    if (!masks[i].mask.id) continue;
    if (t.dtype != TN_U8 && t.dtype != dtype)
      snprintf(text, size, "the %s must be u8 or %s, not %s", masks[i].what, tn_dtype_name(dtype),
               tn_dtype_name(t.dtype));
    else if (!tn_same_shape(t.rank, t.shape, masks[i].rank, masks[i].shape))
      snprintf(text, size, "the %s must be %s, %s, not %s", masks[i].what, masks[i].axes,
               nn_shape_text(want, masks[i].rank, masks[i].shape), nn_shape_text(have, t.rank, t.shape));
  }
  return text;
}

/* Whether the shapes of q, k, v and the masks match; fails the model otherwise. */
static bool attend_fits(nn_model *m, ag_type q, ag_type k, ag_type v, const nn_attend_options *o) {
  char a[NN_SHAPE_TEXT], b[NN_SHAPE_TEXT], c[NN_SHAPE_TEXT], text[256] = "";
  nn_shape_text(a, q.rank, q.shape), nn_shape_text(b, k.rank, k.shape), nn_shape_text(c, v.rank, v.shape);
  bool fits = q.rank == 4 && k.rank == 4 && v.rank == 4 && tn_same_shape(3, k.shape, 3, v.shape) &&
              q.shape[0] == k.shape[0] && q.shape[3] == k.shape[3] && k.shape[1] > 0 &&
              q.shape[1] % k.shape[1] == 0;
  if (!fits)
    nn_fail(
        m, TN_ESHAPE,
        "nn_attend: queries, keys and values [batch, heads, places, width] do not go together: %s, %s, %s", a,
        b, c);
  else if (*wrong_mask(text, sizeof text, nn_graph(m), o, q.dtype,
                       (int64_t[]){k.shape[0], q.shape[2], k.shape[2]}))
    nn_fail(m, TN_ESHAPE, "nn_attend: %s", text);
  return fits && !text[0];
}

/* Sets masked scores far below all others; scores: [batch, key heads, query heads per key head, queries,
 * keys]. */
static ag_ref masked(nn_model *m, ag_ref scores, const nn_attend_options *o) {
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, scores);
  ag_ref never = ag_like(g, scores, -1e30);
  if (o->causal) {
    ag_ref may = nn_constant(m, 2, &t.shape[3], sees, NULL);
    scores = ag_where(g, ag_broadcast(g, may, t.rank, t.shape), scores, never);
  }
  const ag_ref masks[] = {o->key_mask, o->mask};
  for (int i = 0; i < 2; i++) {
    if (!masks[i].id) continue;
    int64_t queries = i ? t.shape[3] : 1;
    ag_ref may =
        ag_reshape(g, ag_cast(g, masks[i], t.dtype), 5, (int64_t[]){t.shape[0], 1, 1, queries, t.shape[4]});
    scores = ag_where(g, ag_broadcast(g, may, t.rank, t.shape), scores, never);
  }
  return scores;
}

/* Whether to use ag_attention, which works block by block: if the scores would be by far the largest array. A
 * mask or bias [queries, keys] is as large already, so that does not count. */
static bool by_blocks(ag_type q, ag_type k, const nn_attend_options *o) {
  enum { FEW = 64 };
  return !o->bias.id && !o->mask.id && q.shape[2] > FEW && k.shape[2] > FEW;
}

/* x [batch, heads (or a divisor of it), a, b] as [batch * heads, a, b]: key heads are repeated. */
static ag_ref of_each_head(ag_graph *g, ag_ref x, int64_t heads) {
  ag_type t = ag_type_of(g, x);
  int64_t own = t.shape[1], wide[] = {t.shape[0], own, heads / own, t.shape[2], t.shape[3]};
  if (own < heads) {
    x = ag_reshape(g, x, 5, (int64_t[]){t.shape[0], own, 1, t.shape[2], t.shape[3]});
    x = ag_broadcast(g, x, 5, wide);
  }
  return ag_reshape(g, x, 3, (int64_t[]){t.shape[0] * heads, t.shape[2], t.shape[3]});
}

static ag_ref attend_by_blocks(ag_graph *g, ag_ref q, ag_ref k, ag_ref v, const nn_attend_options *o) {
  ag_type a = ag_type_of(g, q), c = ag_type_of(g, v);
  int64_t heads = a.shape[1];
  ag_attention_options how = {.causal = o->causal};
  if (o->key_mask.id) {
    ag_ref seen = ag_cast(g, o->key_mask, a.dtype);
    seen = ag_reshape(g, seen, 4, (int64_t[]){a.shape[0], 1, 1, c.shape[2]});
    how.visible = ag_reshape(g, of_each_head(g, seen, heads), 2, (int64_t[]){a.shape[0] * heads, c.shape[2]});
  }
  double scale = o->scale == 0 ? 1 / sqrt((double)a.shape[3]) : o->scale;
  ag_ref y = ag_attention(g, of_each_head(g, ag_scale(g, q, scale), heads), of_each_head(g, k, heads),
                          of_each_head(g, v, heads), &how);
  return ag_reshape(g, y, 4, (int64_t[]){a.shape[0], heads, a.shape[2], c.shape[3]});
}

static ag_ref attend(nn_model *m, ag_ref q, ag_ref k, ag_ref v, const nn_attend_options *o) {
  ag_graph *g = nn_graph(m);
  ag_type a = ag_type_of(g, q), b = ag_type_of(g, k), c = ag_type_of(g, v);
  int64_t batch = a.shape[0], shared = b.shape[1], each = a.shape[1] / shared;
  double scale = o->scale == 0 ? 1 / sqrt((double)a.shape[3]) : o->scale;
  q = ag_reshape(g, ag_scale(g, q, scale), 5, (int64_t[]){batch, shared, each, a.shape[2], a.shape[3]});
  k = ag_reshape(g, k, 5, (int64_t[]){batch, shared, 1, b.shape[2], b.shape[3]});
  v = ag_reshape(g, v, 5, (int64_t[]){batch, shared, 1, c.shape[2], c.shape[3]});
  ag_ref scores = ag_contract(g, q, k, false, true);
  if (o->bias.id) {
    int64_t shape[] = {batch, a.shape[1], a.shape[2], b.shape[2]};
    ag_ref bias = ag_broadcast(g, o->bias, 4, shape);
    ag_type s = ag_type_of(g, scores);
    scores = ag_add(g, scores, ag_reshape(g, bias, 5, s.shape));
  }
  ag_ref y = ag_matmul(g, ag_softmax(g, masked(m, scores, o), -1), v);
  return ag_reshape(g, y, 4, (int64_t[]){batch, a.shape[1], a.shape[2], c.shape[3]});
}

ag_ref nn_attend(nn_model *m, ag_ref q, ag_ref k, ag_ref v, const nn_attend_options *options) {
  static const nn_attend_options defaults = {0};
  const nn_attend_options *o = options ? options : &defaults;
  if (!nn_building(m)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  if (!attend_fits(m, ag_type_of(g, q), ag_type_of(g, k), ag_type_of(g, v), o)) return (ag_ref){0};
  if (by_blocks(ag_type_of(g, q), ag_type_of(g, k), o)) return attend_by_blocks(g, q, k, v, o);
  return attend(m, q, k, v, o);
}

/* ---- attention ------------------------------------------------------------------------------------------- */

/* [batch, places, any] -> [batch, heads, places, width] through a dense layer. */
static ag_ref project(nn_model *m, const char *name, ag_ref x, int64_t heads, int64_t width, bool no_bias) {
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  ag_ref y = nn_dense(m, name, x, heads * width, &(nn_dense_options){.no_bias = no_bias});
  y = ag_reshape(g, y, 4, (int64_t[]){t.shape[0], t.shape[1], heads, width});
  return ag_transpose(g, y, (int[]){0, 2, 1, 3});
}

typedef struct parts { /* projections of multi-head attention */
  ag_ref memory, values;
  int64_t heads, key_heads, width, value_width, out;
} parts;

static bool attention_fits(nn_model *m, ag_type t, const parts *p, const nn_attend_options *how) {
  char have[NN_SHAPE_TEXT], other[NN_SHAPE_TEXT], third[NN_SHAPE_TEXT], text[256];
  ag_type memory = ag_type_of(nn_graph(m), p->memory), values = ag_type_of(nn_graph(m), p->values);
  nn_shape_text(have, t.rank, t.shape), nn_shape_text(other, memory.rank, memory.shape);
  nn_shape_text(third, values.rank, values.shape);
  if (t.rank != 3 || memory.rank != 3 || t.shape[0] != memory.shape[0]) {
    nn_refuse(m, TN_ESHAPE, "the input must be [batch, time, channels], and memory too, not %s and %s", have,
              other);
  } else if (values.rank != 3 || !tn_same_shape(2, values.shape, 2, memory.shape)) {
    nn_refuse(m, TN_ESHAPE, "values must be [batch, keys, any] for the keys %s, not %s", other, third);
  } else if (p->heads < 1 || p->key_heads < 1 || p->heads % p->key_heads || p->width < 1 ||
             p->value_width < 1 || p->out < 1) {
    nn_refuse(m, TN_EINVAL, "%lld heads of width %lld and %lld key heads do not fit the input %s",
              (long long)p->heads, (long long)p->width, (long long)p->key_heads, have);
  } else if (*wrong_mask(text, sizeof text, nn_graph(m), how, t.dtype,
                         (int64_t[]){t.shape[0], t.shape[1], memory.shape[1]})) {
    nn_refuse(m, TN_ESHAPE, "%s", text);
  } else {
    return true;
  }
  return false;
}

static parts parts_of(ag_type t, ag_ref x, int64_t heads, const nn_attention_options *o) {
  parts p = {.memory = o->memory.id ? o->memory : x, .heads = heads};
  p.values = o->values.id ? o->values : p.memory;
  p.key_heads = o->key_heads ? o->key_heads : heads;
  p.width = o->width ? o->width : heads > 0 && t.shape[2] % heads == 0 ? t.shape[2] / heads : 0;
  p.value_width = o->value_width ? o->value_width : p.width;
  p.out = o->out ? o->out : t.shape[2];
  return p;
}

ag_ref nn_attention(nn_model *m, const char *name, ag_ref x, int64_t heads,
                    const nn_attention_options *options) {
  static const nn_attention_options defaults = {0};
  const nn_attention_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_attention", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  parts p = parts_of(t, x, heads, o);
  nn_attend_options how = {.causal = o->causal, .key_mask = o->key_mask, .mask = o->mask};
  if (!attention_fits(m, t, &p, &how)) return (ag_ref){0};
  ag_ref q = project(m, "query", x, heads, p.width, o->no_bias);
  ag_ref k = project(m, "key", p.memory, p.key_heads, p.width, o->no_bias);
  ag_ref v = project(m, "value", p.values, p.key_heads, p.value_width, o->no_bias);
  if (o->rotary) {
    double base = o->rotary_base == 0 ? 10000 : o->rotary_base;
    q = nn_rotary(m, q, base, 0), k = nn_rotary(m, k, base, 0);
  }
  ag_ref y = ag_transpose(g, nn_attend(m, q, k, v, &how), (int[]){0, 2, 1, 3});
  y = ag_reshape(g, y, 3, (int64_t[]){t.shape[0], t.shape[1], heads * p.value_width});
  y = nn_dropout(m, "dropout", y, o->dropout);
  return nn_leave(m, nn_dense(m, "out", y, p.out, &(nn_dense_options){.no_bias = o->no_bias}));
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref attends(nn_model *m, const ag_ref *in) {
  return nn_attend(m, in[0], in[1], in[2], &(nn_attend_options){.bias = in[3]});
}
static ag_ref self(nn_model *m, const ag_ref *in) { return nn_attention(m, "mha", in[0], 2, NULL); }
static ag_ref masks(nn_model *m, const ag_ref *in) {
  return nn_attention(m, "mha", in[0], 2, &(nn_attention_options){.causal = true, .key_mask = in[1]});
}
static ag_ref cross(nn_model *m, const ag_ref *in) {
  return nn_attention(m, "mha", in[0], 2, &(nn_attention_options){.memory = in[1]});
}
static ag_ref apart(nn_model *m, const ag_ref *in) {
  nn_attention_options o = {
      .memory = in[1], .values = in[2], .mask = in[3], .width = 3, .value_width = 2, .out = 5};
  return nn_attention(m, "mha", in[0], 2, &o);
}
static ag_ref grouped(nn_model *m, const ag_ref *in) {
  nn_attention_options o = {.key_heads = 2, .width = 2, .causal = true, .rotary = true, .no_bias = true};
  return nn_attention(m, "mha", in[0], 4, &o);
}

static const nn_sample attend_samples[] = {{.name = "bias",
                                            .n_in = 4,
                                            .in = {{.rank = 4, .shape = {2, 4, 3, 2}},
                                                   {.rank = 4, .shape = {2, 2, 5, 2}},
                                                   {.rank = 4, .shape = {2, 2, 5, 3}},
                                                   {.rank = 4, .shape = {2, 4, 3, 5}}},
                                            .build = attends}};
static const nn_sample samples[] = {
    {.name = "self", .n_in = 1, .in = {{.rank = 3, .shape = {2, 4, 6}}}, .build = self},
    {.name = "causal, key mask",
     .n_in = 2,
     .in = {{.rank = 3, .shape = {2, 4, 6}},
            {.dtype = TN_U8, .rank = 2, .shape = {2, 4}, .low = 0, .high = 1}},
     .build = masks},
    {.name = "cross",
     .n_in = 2,
     .in = {{.rank = 3, .shape = {2, 3, 4}}, {.rank = 3, .shape = {2, 5, 6}}},
     .build = cross},
    {.name = "grouped queries, rotary", .n_in = 1, .in = {{.rank = 3, .shape = {2, 4, 6}}}, .build = grouped},
    {.name = "keys and values apart, mask of each query",
     .n_in = 4,
     .in = {{.rank = 3, .shape = {2, 3, 4}},
            {.rank = 3, .shape = {2, 5, 6}},
            {.rank = 3, .shape = {2, 5, 3}},
            {.dtype = TN_U8, .rank = 3, .shape = {2, 3, 5}, .low = 0, .high = 1}},
     .build = apart},
};

const nn_row nn_layer_attend = {"nn_attend", "Scaled dot-product attention.", attend_samples, 1};
const nn_row nn_layer_attention = {
    "nn_attention", "Multi-head attention: self-attention, or cross-attention to a memory.", samples, 5};
