/* Keras' own tests of its layers: inputs, weights and expected results, literals or the tests' NumPy references, that keras.py
 * collects into keras.safetensors while the tests run. Our layers with the same options, in f32, within the tolerance of
 * the test. One item for each comparison. */
#include "conformance.h"
#include "samples.h"

#include <math.h>

typedef ag_ref builder(const sample *s, nn_model *m, const ag_ref *in);
#define BUILD(NAME, CALL)                                                                                    \
  static ag_ref NAME(const sample *s, nn_model *m, const ag_ref *in) { return (void)s, CALL; }
#define NO_BIAS .no_bias = get(s, "no_bias", 0) != 0

static bool word(const sample *s, const char *key, const char *value) {
  char both[64];
  snprintf(both, sizeof both, "%s=%s", key, value);
  return strstr(s->options, both) != NULL;
}

/* The last input, if the sample has a mask. */
static ag_ref mask(const sample *s, const ag_ref *in) {
  return get(s, "mask", 0) != 0 ? in[s->n_in - 1] : (ag_ref){0};
}

BUILD(dense, nn_dense(m, "m", in[0], whole(s, "units"), &(nn_dense_options){NO_BIAS}))
BUILD(embedding, nn_embedding(m, "m", in[0], whole(s, "rows"), whole(s, "width"), NULL))

/* ---- convolution, pooling ---- */

static nn_conv_options conv_options(const sample *s, int64_t *size) {
  nn_conv_options o = {NO_BIAS, .multiplier = whole(s, "multiplier")};
  static const ag_padding paddings[] = {AG_PAD_EXPLICIT, AG_PAD_VALID, AG_PAD_SAME, AG_PAD_CAUSAL};
  o.conv.groups = whole(s, "groups"), o.conv.padding = paddings[whole(s, "padding")];
  three(s, "size", size), three(s, "stride", o.conv.stride), three(s, "dilation", o.conv.dilation);
  three(s, "before", o.conv.before), three(s, "after", o.conv.after), three(s, "extra", o.extra);
  return o;
}
#define CONVOLVE(NAME, CALL)                                                                                 \
  static ag_ref NAME(const sample *s, nn_model *m, const ag_ref *in) {                                       \
    int64_t size[3];                                                                                         \
    nn_conv_options o = conv_options(s, size);                                                               \
    return CALL;                                                                                             \
  }
CONVOLVE(conv, nn_conv(m, "m", in[0], whole(s, "filters"), size, &o))
CONVOLVE(conv_transpose, nn_conv_transpose(m, "m", in[0], whole(s, "filters"), size, &o))
CONVOLVE(conv_depthwise, nn_conv_depthwise(m, "m", in[0], size, &o))
CONVOLVE(conv_separable, nn_conv_separable(m, "m", in[0], whole(s, "filters"), size, &o))

static ag_pool_options pool_options(const sample *s) {
  ag_pool_options o = {.padding = whole(s, "padding") == 2 ? AG_PAD_SAME : AG_PAD_VALID};
  three(s, "size", o.size), three(s, "stride", o.stride);
  return o;
}
BUILD(max_pool, nn_max_pool(m, "m", in[0], (ag_pool_options[]){pool_options(s)}))
BUILD(average_pool, nn_average_pool(m, "m", in[0], (ag_pool_options[]){pool_options(s)}))
BUILD(global_average, nn_global_average_pool(m, "m", in[0]))
BUILD(global_max, nn_global_max_pool(m, "m", in[0]))

/* ---- normalisation ---- */

#define NORM .epsilon = get(s, "epsilon", 0), .no_scale = get(s, "no_scale", 0) != 0, NO_BIAS
BUILD(batch_norm,
      nn_batch_norm(m, "m", in[0], &(nn_batch_norm_options){NORM, .population = true, .mask = mask(s, in)}))
BUILD(layer_norm,
      nn_layer_norm(m, "m", in[0], &(nn_layer_norm_options){NORM, .axes = (int)get(s, "axes", 1)}))
BUILD(rms_norm, nn_rms_norm(m, "m", in[0], &(nn_layer_norm_options){NORM, .axes = (int)get(s, "axes", 1)}))
BUILD(group_norm, nn_group_norm(m, "m", in[0], whole(s, "groups"), &(nn_group_norm_options){NORM}))

/* ---- recurrence ---- */

static ag_ref layer(const sample *s, nn_model *m, const char *kind, const char *name, ag_ref x,
                    const nn_recurrent_options *o) {
  int64_t units = whole(s, "units");
  bool before = get(s, "before", 0) != 0;
  if (!strcmp(kind, "gru")) return nn_gru(m, name, x, units, &(nn_gru_options){*o, before});
  if (!strcmp(kind, "lstm")) return nn_lstm(m, name, x, units, o);
  return nn_rnn(m, name, x, units, &(nn_rnn_options){.sequence = *o});
}

/* A result other than the first is a state after the last step. */
static ag_ref recurrent(const sample *s, nn_model *m, const ag_ref *in) {
  ag_ref final[NN_CELL_STATES] = {{0}};
  int result = (int)get(s, "result", 0);
  nn_recurrent_options o = {.last = get(s, "last", 0) != 0, .reverse = get(s, "reverse", 0) != 0, NO_BIAS};
  o.mask = mask(s, in);
  for (int k = 0; k < whole(s, "states") && k < NN_CELL_STATES; k++) o.initial[k] = in[1 + k];
  if (result) o.final = final;
  ag_ref y = layer(s, m, s->kind, "m", in[0], &o);
  if (!result) return y;
  ag_type t = ag_type_of(nn_graph(m), final[result - 1]);
  return ag_reshape(nn_graph(m), final[result - 1], 2, t.shape + 1);
}

/* Two layers, of which the second runs backwards, put together in Keras' ways (merge_mode). */
static ag_ref bidirectional(const sample *s, nn_model *m, const ag_ref *in) {
  ag_graph *g = nn_graph(m);
  ag_ref y[2];
  const char *kind = word(s, "inner", "gru") ? "gru" : word(s, "inner", "lstm") ? "lstm" : "rnn";
  for (int way = 0; way < 2; way++) {
    nn_recurrent_options o = {.last = get(s, "last", 0) != 0, .reverse = way == 1, NO_BIAS};
    o.mask = mask(s, in);
    for (int k = 0; k < whole(s, "states") && k < NN_CELL_STATES; k++)
      o.initial[k] = ag_slice(g, in[1 + k], 0, way, 1);
    y[way] = layer(s, m, kind, way ? "m/backward" : "m/forward", in[0], &o);
  }
  if (word(s, "merge", "first")) return y[0];
  if (word(s, "merge", "second")) return y[1];
  if (word(s, "merge", "mul")) return ag_mul(g, y[0], y[1]);
  if (word(s, "merge", "concat")) return ag_concat(g, y, 2, ag_type_of(g, y[0]).rank - 1);
  return ag_scale(g, ag_add(g, y[0], y[1]), word(s, "merge", "ave") ? 0.5 : 1);
}

/* ---- attention ---- */

static ag_ref one_head(nn_model *m, ag_ref x) { return ag_unsqueeze(nn_graph(m), x, 1); }
static ag_ref attend(const sample *s, nn_model *m, const ag_ref *in) {
  nn_attend_options o = {
      .causal = get(s, "causal", 0) != 0, .key_mask = mask(s, in), .scale = get(s, "scale", 1)};
  ag_ref y = nn_attend(m, one_head(m, in[0]), one_head(m, in[1]), one_head(m, in[2]), &o);
  return ag_squeeze(nn_graph(m), y, 1);
}
BUILD(attention, nn_attention(m, "m", in[0], whole(s, "heads"),
                              &(nn_attention_options){.key_heads = whole(s, "key_heads"),
                                                      .width = whole(s, "width"),
                                                      .value_width = whole(s, "value_width"),
                                                      .out = whole(s, "out"),
                                                      .memory = in[1],
                                                      .values = in[2],
                                                      .mask = mask(s, in),
                                                      .causal = get(s, "causal", 0) != 0,
                                                      NO_BIAS}))

static const struct {
  const char *kind;
  builder *build;
} builders[] = {
    {"dense", dense},
    {"embedding", embedding},
    {"conv_conv", conv},
    {"conv_transpose", conv_transpose},
    {"conv_depthwise", conv_depthwise},
    {"conv_separable", conv_separable},
    {"max_pool", max_pool},
    {"average_pool", average_pool},
    {"global_average", global_average},
    {"global_max", global_max},
    {"batch_norm", batch_norm},
    {"layer_norm", layer_norm},
    {"rms_norm", rms_norm},
    {"group_norm", group_norm},
    {"rnn", recurrent},
    {"gru", recurrent},
    {"lstm", recurrent},
    {"bidirectional", bidirectional},
    {"attend", attend},
    {"attention", attention},
};

static ag_ref build(const sample *s, nn_model *m) {
  ag_ref in[INPUTS], y;
  for (int i = 0; i < s->n_in; i++) in[i] = input(s, m, i);
  for (size_t i = 0; i < sizeof builders / sizeof *builders; i++) {
    if (strcmp(builders[i].kind, s->kind) != 0) continue;
    y = builders[i].build(s, m, in);
    return word(s, "act", "relu") ? ag_relu(nn_graph(m), y) : y;
  }
  nn_fail(m, TN_ENOTSUP, "there is no layer of kind '%s'", s->kind);
  return (ag_ref){0};
}

/* ---- one sample ------------------------------------------------------------------------------------------ */

static void network(nn_model *m, void *ctx) { nn_report(m, "mean", ag_mean_all(nn_graph(m), build(ctx, m))); }

/* How far outside the test's tolerance the worst element is: at most 1 is inside. */
static double excess(const sample *s, tn_view have, tn_view want) {
  double worst = 0, atol = get(s, "atol", 1e-6), rtol = get(s, "rtol", 1e-6);
  if (!tn_same_shape(have.rank, have.shape, want.rank, want.shape)) return INFINITY;
  for (int64_t i = 0; i < tn_view_numel(&want); i++) {
    double x = tn_get(&have, i), y = tn_get(&want, i), e = fabs(x - y) / (atol + rtol * fabs(y));
    if (!(e <= worst)) worst = isnan(e) ? INFINITY : e;
  }
  return worst;
}

static double run(const sample *s, ag_graph *g, ag_ref y, char *why, size_t size) {
  ag_plan *plan = NULL;
  ag_run *r = NULL;
  tn_view value;
  double worst = NAN;
  tn_status status = ag_compile(g, &y, 1, 0, &plan);
  if (status == TN_OK) status = ag_run_new(plan, 1, &r);
  for (int leaf = 0; status == TN_OK && leaf < ag_plan_leaf_count(plan); leaf++) {
    const char *name = ag_plan_leaf_name(plan, leaf);
    status = find(s, "", name, &value) ? ag_run_bind(r, leaf, value) : TN_EINVAL;
    if (status != TN_OK) snprintf(why, size, "no value that fits '%s'", name);
  }
  if (status == TN_OK) status = ag_run_step(r, (tn_rng){0});
  if (status != TN_OK && !*why)
    snprintf(why, size, "%s", *ag_error(g) ? ag_error(g) : tn_status_text(status));
  if (status == TN_OK && find(s, "", "out", &value)) worst = excess(s, ag_run_output(r, 0), value);
  ag_run_free(r);
  ag_plan_free(plan);
  return worst;
}

static double check(sample *s, char *why, size_t size) {
  double worst = NAN;
  ag_graph *g = NULL;
  take_inputs(s);
  nn_model_options options = {.dtype = TN_F32};
  options.batch = options.eval_batch = s->in[0].rank ? s->in[0].shape[0] : 1;
  tn_status status = nn_model_new(&options, network, s, &s->m);
  if (status == TN_OK) status = ag_graph_new(NULL, &g);
  if (status == TN_OK) {
    nn_model *m = s->m;
    m->graph = g, m->mode = get(s, "train", 0) != 0 ? NN_TRAIN : NN_EVAL, m->n_scopes = 0, m->build++;
    worst = run(s, g, build(s, m), why, size);
    m->graph = NULL;
  } else {
    snprintf(why, size, "%s", nn_error(s->m));
  }
  ag_graph_free(g);
  nn_model_free(s->m);
  return worst;
}

int main(void) {
  conformance c = {.suite = "keras"};
  char message[NN__MESSAGE];
  nn_tensor_file *f;
  if (nn_tensor_file_open(NULL, NABLA_FIXTURES "/keras.safetensors", &f, message) == TN_ENOTSUP) return 77;
  for (int k = 0;; k++) {
    sample s = {.f = f};
    char why[256] = "";
    snprintf(s.number, sizeof s.number, "%d", k);
    const char *note = nn_tensor_file_metadata(f, s.number);
    if (!note) break;
    take(&s, note);
    if (!strcmp(s.kind, "refused")) {
      conformance_count(&c, REFUSED, s.name, "%s", s.options);
      continue;
    }
    double worst = check(&s, why, sizeof why);
    conformance_count(&c, worst <= 1 ? PASSED : FAILED, s.name, "%.2g of the tolerance%s%s", worst,
                      *why ? ": " : "", why);
  }
  nn_tensor_file_close(f);
  return conformance_done(&c);
}
