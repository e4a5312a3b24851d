/* embedding.c - see embedding.h. */
#include "embedding.h"

#include "../init/normal.h"
#include "../model/text.h"

/* y, detached where the id is that of the padding row. */
static ag_ref without_padding(nn_model *m, ag_ref y, ag_ref ids, int64_t padding_row) {
  ag_graph *g = nn_graph(m);
  ag_ref number = ag_cast(g, ids, nn_dtype(m));
  ag_type t = ag_type_of(g, number);
  t.shape[t.rank++] = 1;
  ag_ref kept = ag_not_equal(g, number, ag_like(g, number, (double)padding_row));
  kept = ag_reshape(g, kept, t.rank, t.shape);
  ag_type full = ag_type_of(g, y);
  return ag_where(g, ag_broadcast(g, kept, full.rank, full.shape), y, ag_detach(g, y));
}

ag_ref nn_embedding(nn_model *m, const char *name, ag_ref ids, int64_t rows, int64_t width,
                    const nn_embedding_options *options) {
  static const nn_embedding_options defaults = {0};
  const nn_embedding_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_embedding", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type type = ag_type_of(g, ids);
  char have[NN_SHAPE_TEXT];
  if (type.dtype == TN_F32 || type.dtype == TN_F64)
    return nn_refuse(m, TN_ETYPE, "the ids must be integers (nn_input_typed), not %s %s",
                     tn_dtype_name(type.dtype), nn_shape_text(have, type.rank, type.shape));
  if (o->padded && (o->padding_row < 0 || o->padding_row >= rows))
    return nn_refuse(m, TN_EINVAL, "padding_row %lld is none of the %lld rows", (long long)o->padding_row,
                     (long long)rows);
  ag_ref table = nn_parameter_as(m, "table", 2, (int64_t[]){rows, width}, nn_init_normal(0, 1));
  if (type.dtype == TN_U8) ids = ag_cast(g, ids, TN_I32);
  ag_ref y = ag_gather(g, table, ids);
  if (o->padded) y = without_padding(m, y, ids, o->padding_row);
  return nn_leave(m, y);
}

ag_ref nn_embedding_bag(nn_model *m, const char *name, ag_ref ids, int64_t rows, int64_t width,
                        const nn_embedding_options *options) {
  const bool sum = options && options->sum;
  if (!nn_building(m)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, ids);
  char have[NN_SHAPE_TEXT];
  if (t.rank != 2) {
    nn_fail(m, TN_ESHAPE, "nn_embedding_bag '%s': the ids must be [batch, places], not %s", name ? name : "",
            nn_shape_text(have, t.rank, t.shape));
    return (ag_ref){0};
  }
  ag_ref y = nn_embedding(m, name, ids, rows, width, options);
  if (!options || !options->padded) return sum ? ag_sum_axis(g, y, 1, false) : ag_mean_axis(g, y, 1, false);
  ag_ref number = ag_reshape(g, ag_cast(g, ids, nn_dtype(m)), 3, (int64_t[]){t.shape[0], t.shape[1], 1});
  ag_ref counts = ag_not_equal(g, number, ag_like(g, number, (double)options->padding_row));
  ag_ref total = ag_sum_axis(g, ag_mul(g, y, counts), 1, false);
  if (sum) return total;
  ag_ref n = ag_sum_axis(g, counts, 1, false);
  return ag_div(g, total, ag_maximum(g, n, ag_like(g, n, 1)));
}

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_embedding(m, "embed", in[0], 4, 3, NULL); }

static ag_ref padded(nn_model *m, const ag_ref *in) {
  return nn_embedding(m, "embed", in[0], 4, 3, &(nn_embedding_options){.padded = true, .padding_row = 1});
}

static ag_ref bag(nn_model *m, const ag_ref *in) {
  nn_embedding_options o = {.padded = true, .padding_row = 1};
  return nn_embedding_bag(m, "bag", in[0], 4, 3, &o);
}
static ag_ref summed(nn_model *m, const ag_ref *in) {
  return nn_embedding_bag(m, "bag", in[0], 4, 3, &(nn_embedding_options){.sum = true});
}

static const nn_sample bag_samples[] = {
    {.name = "mean, padded",
     .n_in = 1,
     .in = {{.dtype = TN_I64, .rank = 2, .shape = {3, 4}}},
     .build = bag,
     .order = -1},
    {.name = "sum", .n_in = 1, .in = {{.dtype = TN_I64, .rank = 2, .shape = {3, 4}}}, .build = summed}};
static const nn_sample samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.dtype = TN_I64, .rank = 2, .shape = {2, 5}}}, .build = plain},
    {.name = "one byte each", .n_in = 1, .in = {{.dtype = TN_U8, .rank = 1, .shape = {6}}}, .build = plain},
    {.name = "padded",
     .n_in = 1,
     .in = {{.dtype = TN_I32, .rank = 2, .shape = {3, 4}}},
     .build = padded,
     .order = -1},
};

const nn_row nn_layer_embedding_bag = {"nn_embedding_bag",
                                       "The mean or sum of the table rows of each example.", bag_samples, 2};
const nn_row nn_layer_embedding = {"nn_embedding", "A row of a trained table for each id.", samples, 3};
