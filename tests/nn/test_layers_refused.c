/* What does not fit a layer: one sentence with the layer, its name and the shapes; and inputs by type. */
#include "test_nn.h"

/* ---- typed inputs ------------------------------------------------------------------------------------ */

/* The rows of a table [4, 2] by ids [batch]. */
static void looks_up(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  ag_ref ids = nn_input_typed(m, "ids", *(tn_dtype *)ctx, 0, NULL);
  nn_output(m, "rows", ag_gather(g, nn_parameter(m, "table", 2, (int64_t[]){4, 2}, NN_GLOROT_NORMAL), ids));
}

Test(typed_inputs, integers_are_read_as_they_are_or_widened) {
  for (int c = 0; c < 3; c++) {
    static const tn_dtype column[] = {TN_I64, TN_I32, TN_U8};
    tn_dtype read = TN_I64;
    nn_model *m = make_model(&(nn_model_options){.batch = 2, .eval_batch = 2}, looks_up, &read);
    nn_state *s = make_state(m, 1);
    nn_data *d;
    tn_array ids;
    float out[3][2];
    OK(tn_array_new(NULL, column[c], 1, (int64_t[]){3}, &ids));
    for (int i = 0; i < 3; i++) tn_set(&ids.view, i, 3 - i);
    OK(nn_data_new(NULL, &d));
    OK(nn_data_add(d, "ids", ids.view));
    OK(nn_predict(m, s, d, (nn_split){0}, "rows", tn_matrix(out, TN_F32, 3, 2)));
    for (int i = 0; i < 6; i++)
      cr_expect_eq((double)out[i / 2][i % 2], value_at(s, "table", (3 - i / 2) * 2 + i % 2));
    nn_data_free(d);
    tn_array_free(&ids);
    nn_state_free(s);
    nn_model_free(m);
  }
}

Test(typed_inputs, fractions_and_wider_integers_are_refused) {
  tn_dtype read = TN_I32;
  int64_t wide[3] = {0};
  double fractions[3] = {0};
  float out[3][2];
  nn_model *m = make_model(NULL, looks_up, &read);
  nn_state *s = make_state(m, 1);
  for (int c = 0; c < 2; c++) {
    nn_data *d;
    OK(nn_data_new(NULL, &d));
    OK(nn_data_add(d, "ids",
                   tn_view_of(c ? (void *)wide : fractions, c ? TN_I64 : TN_F64, 1, (int64_t[]){3})));
    cr_assert_eq(nn_predict(m, s, d, (nn_split){0}, "rows", tn_matrix(out, TN_F32, 3, 2)), TN_ETYPE);
    SAYS(nn_state_error(s), c ? "column 'ids' holds i64, but the network reads i32"
                              : "column 'ids' holds f64, but the network reads i32");
    nn_data_free(d);
  }
  nn_state_free(s);
  nn_model_free(m);
}

/* ---- sentences ----------------------------------------------------------------------------------------- */

typedef struct refusal {
  ag_ref (*build)(nn_model *m, ag_ref x);
  int rank; /* of a row of x; extents 3, 4, 5, 6 */
  tn_dtype dtype;
  tn_status status;
  const char *says;
} refusal;

static void refused(nn_model *m, void *ctx) {
  const refusal *r = ctx;
  r->build(m, nn_input_typed(m, "x", r->dtype, r->rank, (int64_t[]){3, 4, 5, 6}));
}

static void expect_refusals(const refusal *r, size_t n) {
  for (; n; n--, r++) {
    nn_model *m = NULL;
    nn_model_options o = {.batch = 2};
    tn_status status = nn_model_new(&o, refused, (void *)r, &m);
    cr_expect_eq(status, r->status, "%s: %s", r->says, nn_error(m));
    cr_expect(strstr(nn_error(m), r->says), "'%s' does not say '%s'", nn_error(m), r->says);
    nn_model_free(m);
  }
}

#define REFUSE(NAME, CALL)                                                                                   \
  static ag_ref NAME(nn_model *m, ag_ref x) { return CALL; }
REFUSE(dense, nn_dense(m, "a", x, 2, NULL))
REFUSE(dense_twice, (nn_dense(m, "a", x, 2, NULL), nn_dense(m, "a", x, 3, NULL)))
REFUSE(embedding, nn_embedding(m, "a", x, 4, 2, NULL))
REFUSE(padding, nn_embedding(m, "a", x, 4, 2, &(nn_embedding_options){.padded = true, .padding_row = 4}))
REFUSE(batch_norm, nn_batch_norm(m, "a", x, NULL))
REFUSE(momentum, nn_batch_norm(m, "a", x, &(nn_batch_norm_options){.momentum = 2}))
REFUSE(layer_norm, nn_layer_norm(m, "a", x, &(nn_layer_norm_options){.axes = 2}))
REFUSE(group_norm, nn_group_norm(m, "a", x, 2, NULL))
REFUSE(instance_norm, nn_instance_norm(m, "a", x, NULL))
REFUSE(conv, nn_conv(m, "a", x, 2, (int64_t[]){3, 3}, NULL))
REFUSE(conv_large, nn_conv(m, "a", x, 2, (int64_t[]){4, 4}, NULL))
REFUSE(conv_stride, nn_conv(m, "a", x, 2, (int64_t[]){2, 2}, &(nn_conv_options){.conv.stride = {-1}}))
REFUSE(conv_groups, nn_conv(m, "a", x, 2, (int64_t[]){2, 2}, &(nn_conv_options){.conv.groups = 2}))
REFUSE(separable_large, nn_conv_separable(m, "a", x, 2, (int64_t[]){2, 5}, NULL))
REFUSE(transpose, nn_conv_transpose(m, "a", x, 2, (int64_t[]){2, 0}, NULL))
REFUSE(upsample, nn_upsample(m, "a", x, (int64_t[]){2, 0}, AG_RESIZE_NEAREST))
REFUSE(spatial_dropout, nn_spatial_dropout(m, "a", x, 0.5))
REFUSE(alpha_dropout, nn_alpha_dropout(m, "a", x, 1))
/* Losses: x is [2, 3, ...] or integers; other values are made from it. */
static ag_ref ids_of(nn_model *m, ag_ref x) { return ag_cast(nn_graph(m), x, TN_I64); }
static ag_ref turned(nn_model *m, ag_ref x) { return ag_transpose2(nn_graph(m), x); }
REFUSE(bce, nn_binary_cross_entropy(m, x, turned(m, x), NULL))
REFUSE(bce_smoothing, nn_binary_cross_entropy(m, x, x, &(nn_binary_cross_entropy_options){.smoothing = 2}))
REFUSE(bce_weights,
       nn_binary_cross_entropy(m, x, x, &(nn_binary_cross_entropy_options){.loss.weights = turned(m, x)}))
REFUSE(sparse_shape, nn_sparse_cross_entropy(m, x, ids_of(m, x), NULL))
REFUSE(sparse_type, nn_sparse_cross_entropy(m, x, ag_sum_axis(nn_graph(m), x, -1, false), NULL))
REFUSE(nll_weights, nn_nll(m, x, ids_of(m, ag_sum_axis(nn_graph(m), x, -1, false)),
                           &(nn_sparse_cross_entropy_options){.class_weights = x}))
REFUSE(huber, nn_huber(m, x, x, 0, NULL))
REFUSE(cosine, nn_cosine_embedding(m, x, x, x, 0, NULL))
REFUSE(multi_margin, nn_multi_margin(m, x, x, NULL))
REFUSE(ctc, nn_ctc(m, x, x, x, x, NULL))
REFUSE(reduction, nn_squared_error(m, x, x, &(nn_loss_options){.reduction = 9}))

Test(layers_refused, losses_name_shapes) {
  static const refusal cases[] = {
      {bce, 1, 0, TN_ESHAPE,
       "nn_binary_cross_entropy: the values must have one type and shape, not f32 [2, 3] and f32 [3, 2]"},
      {bce_smoothing, 1, 0, TN_EINVAL,
       "nn_binary_cross_entropy: positive_weight 0 must be at least 0, smoothing 2 from 0 to 1"},
      {bce_weights, 1, 0, TN_ESHAPE,
       "nn_binary_cross_entropy: the weights, f32 [3, 2], must have the first axes of the terms, f32 [2, 3]"},
      {sparse_shape, 1, 0, TN_ESHAPE,
       "nn_sparse_cross_entropy: the labels, [2, 3], must have the first axes of the scores, [2, 3]"},
      {sparse_type, 1, 0, TN_ETYPE,
       "nn_sparse_cross_entropy: the labels must be integers (nn_input_typed), not f32 [2]"},
      {nll_weights, 1, 0, TN_ESHAPE, "nn_nll: the class weights have [2, 3], the scores [2, 3]"},
      {huber, 1, 0, TN_EINVAL, "nn_huber: the threshold 0 must be above 0"},
      {cosine, 1, 0, TN_ESHAPE,
       "nn_cosine_embedding: wants pairs [batch, n] and a target [batch], not [2, 3] and f32 [2, 3]"},
      {multi_margin, 1, 0, TN_ESHAPE,
       "nn_multi_margin: wants scores [batch, classes] and integers [batch], not [2, 3] and f32 [2, 3]"},
      {ctc, 1, 0, TN_ESHAPE, "not [2, 3] and floats [2, 3], [2, 3], [2, 3]"},
      {reduction, 1, 0, TN_EINVAL, "nn_squared_error: there is no reduction 9"},
  };
  expect_refusals(cases, sizeof cases / sizeof *cases);
}

static ag_ref heads(nn_model *m, ag_ref x, int rank) {
  ag_type t = ag_type_of(nn_graph(m), x);
  t.shape[t.rank] = t.shape[t.rank + 1] = 1;
  return ag_reshape(nn_graph(m), x, rank, t.shape);
}
REFUSE(attend, nn_attend(m, heads(m, x, 4), heads(m, turned(m, x), 4), heads(m, x, 4), NULL))
REFUSE(attention, nn_attention(m, "a", x, 2, NULL))
REFUSE(attention_heads, nn_attention(m, "a", x, 3, NULL))
REFUSE(attention_groups, nn_attention(m, "a", x, 4, &(nn_attention_options){.key_heads = 3}))
REFUSE(attention_mask, nn_attention(m, "a", x, 2, &(nn_attention_options){.key_mask = x}))
REFUSE(attention_mask_type, nn_attention(m, "a", x, 2, &(nn_attention_options){.key_mask = ids_of(m, x)}))
REFUSE(learned, nn_learned_positions(m, "a", x, 2))
REFUSE(sines, nn_sinusoidal_positions(m, x))
REFUSE(rotary, nn_rotary(m, turned(m, x), 1e4, 0))
REFUSE(transformer, nn_transformer(m, "a", x, 2, NULL))
REFUSE(squeeze, nn_squeeze_excite(m, "a", x, 2))
REFUSE(residual, nn_residual(m, "a", x, turned(m, x)))
REFUSE(lstm, nn_lstm(m, "a", x, 2, NULL))
REFUSE(lstm_state, nn_lstm(m, "a", x, 2, &(nn_recurrent_options){.initial = {x}}))
REFUSE(gru_mask, nn_gru(m, "a", x, 2, &(nn_gru_options){.sequence.mask = x}))
REFUSE(gru_mask_type, nn_gru(m, "a", x, 2, &(nn_gru_options){.sequence.mask = ids_of(m, x)}))
REFUSE(rnn_cell, nn_rnn_cell(m, "a", x, 2, x))

Test(layers_refused, sequences_name_layer_and_shapes) {
  static const refusal cases[] = {
      {attend, 1, 0, TN_ESHAPE,
       "nn_attend: queries, keys and values [batch, heads, places, width] do not go together: [2, 3, 1, 1], "
       "[3, 2, 1, 1], [2, 3, 1, 1]"},
      {attention, 1, 0, TN_ESHAPE,
       "nn_attention 'a': the input must be [batch, time, channels], and memory too, not [2, 3] and [2, 3]"},
      {attention_heads, 2, 0, TN_EINVAL,
       "nn_attention 'a': 3 heads of width 0 and 3 key heads do not fit the input [2, 3, 4]"},
      {attention_groups, 2, 0, TN_EINVAL,
       "nn_attention 'a': 4 heads of width 1 and 3 key heads do not fit the input [2, 3, 4]"},
      {attention_mask, 2, 0, TN_ESHAPE,
       "nn_attention 'a': the key mask must be [batch, keys], [2, 3], not [2, 3, 4]"},
      {attention_mask_type, 2, 0, TN_ESHAPE, "nn_attention 'a': the key mask must be u8 or f32, not i64"},
      {learned, 2, 0, TN_ESHAPE,
       "nn_learned_positions 'a': the input must be [batch, time, channels] with at most 2 times, not [2, 3, "
       "4]"},
      {sines, 1, 0, TN_ESHAPE,
       "nn_sinusoidal_positions: the input must be [batch, time, channels], not [2, 3]"},
      {rotary, 2, 0, TN_ESHAPE,
       "nn_rotary: the input must be [..., time, an even width] and the base above 0, not [2, 4, 3] and "
       "10000"},
      {transformer, 1, 0, TN_ESHAPE,
       "nn_transformer 'a': the input must be [batch, time, channels], not [2, 3]"},
      {squeeze, 1, 0, TN_ESHAPE,
       "nn_squeeze_excite 'a': the input must be [batch, places..., channels] and the ratio at least 1, not "
       "[2, 3] and 2"},
      {residual, 1, 0, TN_ESHAPE,
       "nn_residual 'a': [2, 3] cannot be added to [3, 2]: all axes but the last must agree"},
      {lstm, 1, 0, TN_ESHAPE,
       "nn_lstm 'a': the input must be [batch, time, in], units and layers at least 1, not [2, 3], 2 and 1"},
      {lstm_state, 2, 0, TN_ESHAPE, "nn_lstm 'a': the initial state must be [1, 2, 2], not [2, 3, 4]"},
      {gru_mask, 2, 0, TN_ESHAPE, "nn_gru 'a': the mask must be [batch, time] of [2, 3, 4], not [2, 3, 4]"},
      {gru_mask_type, 2, 0, TN_ETYPE, "nn_gru 'a': the mask must be u8 or f32, not i64"},
      {rnn_cell, 1, 0, TN_ESHAPE,
       "nn_rnn 'a': the state must be [batch, units] beside an input [2, 3], not [2, 3]"},
  };
  expect_refusals(cases, sizeof cases / sizeof *cases);
}

REFUSE(max_pool, nn_max_pool(m, "a", x, &(ag_pool_options){.size = {4, 2}}))
REFUSE(max_pool_stride, nn_max_pool(m, "a", x, &(ag_pool_options){.size = {2, 2}, .stride = {1, -2}}))
REFUSE(adaptive, nn_adaptive_average_pool(m, "a", x, (int64_t[]){2, 0}))
REFUSE(global_pool, nn_global_max_pool(m, "a", x))
REFUSE(shuffle, nn_pixel_shuffle(m, x, 2))
REFUSE(flatten, nn_flatten(m, ag_sum_all(nn_graph(m), x)))
REFUSE(prelu, nn_prelu(m, "a", x, false))
REFUSE(glu, nn_glu(m, x))
REFUSE(bilinear, nn_bilinear(m, "a", x, turned(m, x), 2, false))
REFUSE(drop_path, nn_drop_path(m, "a", x, -1))
REFUSE(top_k, nn_top_k_accuracy(m, x, x, 2))
REFUSE(activation, nn_activate(m, x, (nn_activation)99))

Test(layers_refused, small_layers_name_shapes) {
  static const refusal cases[] = {
      {max_pool, 3, 0, TN_ESHAPE,
       "nn_max_pool 'a': the window [4, 2], with dilation 1 along axis 0, is larger than the input [2, 3, 4, "
       "5]"},
      {max_pool_stride, 3, 0, TN_EINVAL,
       "nn_max_pool 'a': the window [2, 2] over [2, 3, 4, 5] has size 2, stride -2 and dilation 0 along axis "
       "1"},
      {adaptive, 3, 0, TN_EINVAL,
       "nn_adaptive_average_pool 'a': [2, 3, 4, 5] cannot be pooled to [2, 0] places"},
      {global_pool, 1, 0, TN_ESHAPE,
       "nn_global_max_pool 'a': the input must be [batch, 1 to 3 spatial axes, channels], not [2, 3]"},
      {shuffle, 3, 0, TN_ESHAPE,
       "nn_pixel_shuffle: the input must be [batch, height, width, channels 2^2], not [2, 3, 4, 5]"},
      {flatten, 1, 0, TN_ESHAPE, "nn_flatten: the input must be [batch, ...], not []"},
      {prelu, 0, 0, TN_ESHAPE, "nn_prelu 'a': the input must be [batch, ..., channels], not [2]"},
      {glu, 1, 0, TN_ESHAPE, "nn_glu: the last axis of [2, 3] cannot be halved"},
      {bilinear, 1, 0, TN_ESHAPE,
       "nn_bilinear 'a': the inputs must be [batch, n] and [batch, k], not [2, 3] and [3, 2]"},
      {drop_path, 1, 0, TN_EINVAL, "nn_drop_path 'a': the rate -1 must be at least 0 and below 1"},
      {top_k, 1, 0, TN_ESHAPE,
       "nn_top_k_accuracy: wants scores [..., classes] and integers [...], not [2, 3] and f32 [2, 3]"},
      {activation, 1, 0, TN_EINVAL, "nn_activate: there is no activation 99"},
  };
  expect_refusals(cases, sizeof cases / sizeof *cases);
}

Test(layers_refused, name_layer_and_shapes) {
  static const refusal cases[] = {
      {dense, 0, 0, TN_ESHAPE, "nn_dense 'a': the input must be [batch, ..., in], not [2]"},
      {dense_twice, 1, 0, TN_ESHAPE,
       "nn_dense: 'a/kernel' has [3, 2] in this model but [3, 3] was asked for"},
      {embedding, 1, 0, TN_ETYPE,
       "nn_embedding 'a': the ids must be integers (nn_input_typed), not f32 [2, 3]"},
      {padding, 1, TN_I32, TN_EINVAL, "nn_embedding 'a': padding_row 4 is none of the 4 rows"},
      {batch_norm, 0, 0, TN_ESHAPE, "nn_batch_norm 'a': the input must be [batch, ..., channels], not [2]"},
      {momentum, 1, 0, TN_EINVAL, "nn_batch_norm 'a': momentum 2 must be from 0 to 1"},
      {layer_norm, 1, 0, TN_ESHAPE,
       "nn_layer_norm 'a': 2 axes of [2, 3] cannot be normalized beside a batch"},
      {group_norm, 1, 0, TN_ESHAPE, "nn_group_norm 'a': the channels of [2, 3] cannot be cut into 2 groups"},
      {instance_norm, 1, 0, TN_ESHAPE,
       "nn_instance_norm 'a': the input must be [batch, ..., channels], not [2, 3]"},
      {conv, 1, 0, TN_ESHAPE,
       "nn_conv 'a': the input must be [batch, 1 to 3 spatial axes, channels], not [2, 3]"},
      {conv_large, 3, 0, TN_ESHAPE,
       "nn_conv 'a': the kernel [4, 4], with dilation 1 along axis 0, is larger than the input [2, 3, 4, 5]"},
      {conv_stride, 3, 0, TN_EINVAL,
       "nn_conv 'a': the kernel [2, 2] over [2, 3, 4, 5] has size 2, stride -1 and dilation 0 along axis 0"},
      {conv_groups, 3, 0, TN_ESHAPE,
       "nn_conv 'a': 2 filters and the channels of [2, 3, 4, 5] cannot be cut into 2 groups"},
      {separable_large, 3, 0, TN_ESHAPE,
       "nn_conv_depthwise 'a/depthwise': the kernel [2, 5], with dilation 1 along axis 1, is larger than the "
       "input [2, 3, 4, 5]"},
      {transpose, 3, 0, TN_EINVAL, "nn_conv_transpose 'a': the kernel [2, 0] over [2, 3, 4, 5] has size 0"},
      {upsample, 3, 0, TN_EINVAL,
       "nn_upsample 'a': the factor 0 along axis 1 of [2, 3, 4, 5] must be at least 1"},
      {spatial_dropout, 1, 0, TN_ESHAPE,
       "nn_spatial_dropout 'a': the input must be [batch, places..., channels], not [2, 3]"},
      {alpha_dropout, 1, 0, TN_EINVAL, "nn_alpha_dropout 'a': the rate 1 must be at least 0 and below 1"},
  };
  expect_refusals(cases, sizeof cases / sizeof *cases);
}
