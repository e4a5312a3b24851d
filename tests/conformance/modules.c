/* PyTorch's ModuleInfo: the samples of its database of modules, values and gradients in f64, against modules.safetensors, which
 * modules.py exports (it says how tensors and samples are called). A module passes when every sample passes or is refused
 * by name, and one passes at least. Within 1e-9 of the largest value. */
#include "conformance.h"
#include "samples.h"

#include <math.h>

enum { MOST = 64 };

/* ---- modules ------------------------------------------------------------------------------------------- */

typedef ag_ref builder(const sample *s, nn_model *m, const ag_ref *in);
#define BUILD(NAME, CALL)                                                                                    \
  static ag_ref NAME(const sample *s, nn_model *m, const ag_ref *in) {                                       \
    ag_graph *g = nn_graph(m);                                                                               \
    (void)s, (void)g;                                                                                        \
    return CALL;                                                                                             \
  }
BUILD(celu, ag_celu(g, in[0], get(s, "alpha", 1)))
BUILD(elu, ag_elu(g, in[0], get(s, "alpha", 1)))
BUILD(gelu, ag_gelu(g, in[0]))
BUILD(gelu_exact, ag_gelu_exact(g, in[0]))
BUILD(glu, nn_glu(m, in[0]))
BUILD(hardshrink, ag_hardshrink(g, in[0], get(s, "lambd", 0.5)))
BUILD(hardswish, ag_hardswish(g, in[0]))
BUILD(hardtanh, ag_hardtanh(g, in[0], get(s, "min_val", -1), get(s, "max_val", 1)))
BUILD(leaky_relu, ag_leaky_relu(g, in[0], get(s, "negative_slope", 0)))
BUILD(log_softmax, ag_log_softmax(g, in[0], (int)get(s, "axis", -1)))
BUILD(softmax, ag_softmax(g, in[0], (int)get(s, "axis", -1)))
BUILD(softmin, ag_softmax(g, ag_neg(g, in[0]), (int)get(s, "axis", -1)))
BUILD(logsigmoid, ag_logsigmoid(g, in[0]))
BUILD(mish, ag_mish(g, in[0]))
BUILD(prelu, nn_prelu(m, "m", in[0], get(s, "shared", 0) != 0))
BUILD(relu, ag_relu(g, in[0]))
BUILD(relu6, ag_relu6(g, in[0]))
BUILD(selu, ag_selu(g, in[0]))
BUILD(silu, ag_silu(g, in[0]))
BUILD(sigmoid, ag_sigmoid(g, in[0]))
BUILD(softplus, ag_scale(g, ag_softplus(g, ag_scale(g, in[0], get(s, "beta", 1))), 1 / get(s, "beta", 1)))
BUILD(softshrink, ag_softshrink(g, in[0], get(s, "lambd", 0.5)))
BUILD(softsign, ag_softsign(g, in[0]))
BUILD(tanh_, ag_tanh(g, in[0]))
BUILD(tanhshrink, ag_tanhshrink(g, in[0]))
BUILD(threshold, ag_threshold(g, in[0], get(s, "threshold", 0), get(s, "value", 0)))
BUILD(linear,
      nn_dense(m, "m", in[0], whole(s, "units"), &(nn_dense_options){.no_bias = get(s, "no_bias", 0) != 0}))
BUILD(bilinear, nn_bilinear(m, "m", in[0], in[1], whole(s, "units"), get(s, "no_bias", 0) != 0))
BUILD(embedding, nn_embedding(m, "m", in[0], whole(s, "rows"), whole(s, "width"), NULL))
BUILD(lrn, nn_local_response_norm(m, "m", in[0],
                                  &(nn_local_response_options){whole(s, "size"), get(s, "alpha", 0),
                                                               get(s, "beta", 0), get(s, "k", 0)}))

static nn_conv_options conv_options(const sample *s, int64_t *size) {
  nn_conv_options o = {.no_bias = get(s, "no_bias", 0) != 0};
  o.conv.groups = whole(s, "groups");
  o.conv.padding = get(s, "same", 0) != 0 ? AG_PAD_SAME : AG_PAD_EXPLICIT;
  three(s, "size", size), three(s, "stride", o.conv.stride), three(s, "dilation", o.conv.dilation);
  three(s, "pad", o.conv.before), three(s, "pad", o.conv.after), three(s, "extra", o.extra);
  return o;
}
static ag_ref conv(const sample *s, nn_model *m, const ag_ref *in) {
  int64_t size[3];
  nn_conv_options o = conv_options(s, size);
  return nn_conv(m, "m", in[0], whole(s, "filters"), size, &o);
}
static ag_ref conv_transpose(const sample *s, nn_model *m, const ag_ref *in) {
  int64_t size[3];
  nn_conv_options o = conv_options(s, size);
  return nn_conv_transpose(m, "m", in[0], whole(s, "filters"), size, &o);
}

#define NORM                                                                                                 \
  .epsilon = get(s, "epsilon", 0), .no_scale = get(s, "no_scale", 0) != 0,                                   \
  .no_bias = get(s, "no_bias", 0) != 0
BUILD(batch_norm,
      nn_batch_norm(m, "m", in[0], &(nn_batch_norm_options){NORM, .momentum = get(s, "momentum", 0)}))
BUILD(layer_norm,
      nn_layer_norm(m, "m", in[0], &(nn_layer_norm_options){NORM, .axes = (int)get(s, "axes", 1)}))
BUILD(rms_norm, nn_rms_norm(m, "m", in[0], &(nn_layer_norm_options){NORM, .axes = (int)get(s, "axes", 1)}))
BUILD(group_norm, nn_group_norm(m, "m", in[0], whole(s, "groups"), &(nn_group_norm_options){NORM}))
BUILD(instance_norm, nn_instance_norm(m, "m", in[0], &(nn_group_norm_options){NORM}))

static ag_pool_options pool_options(const sample *s) {
  ag_pool_options o = {.round_up = get(s, "round_up", 0) != 0,
                       .count_padding = get(s, "count_padding", 0) != 0};
  three(s, "size", o.size), three(s, "stride", o.stride), three(s, "dilation", o.dilation);
  three(s, "pad", o.before), three(s, "pad", o.after);
  return o;
}
static const int64_t *places(const sample *s, int64_t *out) { return three(s, "places", out), out; }
BUILD(max_pool, nn_max_pool(m, "m", in[0], (ag_pool_options[]){pool_options(s)}))
BUILD(avg_pool, nn_average_pool(m, "m", in[0], (ag_pool_options[]){pool_options(s)}))
BUILD(lp_pool, ag_lp_pool(g, in[0], get(s, "p", 2), (ag_pool_options[]){pool_options(s)}))
BUILD(adaptive_avg, nn_adaptive_average_pool(m, "m", in[0], places(s, (int64_t[3]){0})))
BUILD(adaptive_max, nn_adaptive_max_pool(m, "m", in[0], places(s, (int64_t[3]){0})))

/* ---- recurrence ---- */

static nn_recurrent_options sequence(const sample *s, nn_model *m, const ag_ref *in) {
  nn_recurrent_options o = {.layers = (int)get(s, "layers", 1),
                            .bidirectional = get(s, "bidirectional", 0) != 0,
                            .no_bias = get(s, "no_bias", 0) != 0};
  for (int k = 1; k < s->n_in; k++) o.initial[k - 1] = ag_transpose(nn_graph(m), in[k], (int[]){1, 0, 2});
  return o;
}
BUILD(rnn,
      nn_rnn(m, "m", in[0], whole(s, "units"), &(nn_rnn_options){sequence(s, m, in), get(s, "relu", 0) != 0}))
BUILD(gru, nn_gru(m, "m", in[0], whole(s, "units"), &(nn_gru_options){.sequence = sequence(s, m, in)}))
BUILD(lstm, nn_lstm(m, "m", in[0], whole(s, "units"), (nn_recurrent_options[]){sequence(s, m, in)}))
BUILD(rnn_cell, nn_rnn_cell(m, "m", in[0], whole(s, "units"), s->n_in > 1 ? in[1] : (ag_ref){0}))
BUILD(gru_cell, nn_gru_cell(m, "m", in[0], whole(s, "units"), s->n_in > 1 ? in[1] : (ag_ref){0}, NULL))
static ag_ref lstm_cell(const sample *s, nn_model *m, const ag_ref *in) {
  ag_ref state[2] = {{0}}, next[2];
  for (int k = 1; k < s->n_in; k++) state[k - 1] = in[k];
  return nn_lstm_cell(m, "m", in[0], whole(s, "units"), state, next);
}

/* ---- losses ---- */

#define LOSS (&(nn_loss_options){.reduction = (nn_reduction)get(s, "reduction", 0)})
BUILD(absolute_error, nn_absolute_error(m, in[0], in[1], LOSS))
BUILD(squared_error, nn_squared_error(m, in[0], in[1], LOSS))
BUILD(smooth_l1, nn_smooth_l1(m, in[0], in[1], get(s, "beta", 1), LOSS))
BUILD(huber, nn_huber(m, in[0], in[1], get(s, "delta", 1), LOSS))
BUILD(kl, nn_kl(m, in[0], in[1], get(s, "log_target", 0) != 0, LOSS))
BUILD(soft_margin, nn_soft_margin(m, in[0], in[1], LOSS))
BUILD(hinge_embedding, nn_hinge_embedding(m, in[0], in[1], get(s, "margin", 1), LOSS))
BUILD(bce, nn_binary_cross_entropy_probs(m, in[0], in[1], LOSS))
BUILD(bce_logits, nn_binary_cross_entropy(m, in[0], in[1], &(nn_binary_cross_entropy_options){.loss = *LOSS}))
BUILD(poisson, nn_poisson(m, in[0], in[1],
                          &(nn_poisson_options){*LOSS, get(s, "log_input", 1) == 0, get(s, "full", 0) != 0}))
BUILD(gaussian, nn_gaussian_nll(m, in[0], in[1], in[2], get(s, "full", 0) != 0, LOSS))
BUILD(margin_ranking, nn_margin_ranking(m, in[0], in[1], in[2], get(s, "margin", 0), LOSS))
BUILD(cosine, nn_cosine_embedding(m, in[0], in[1], in[2], get(s, "margin", 0), LOSS))
BUILD(multilabel, nn_multilabel_soft_margin(m, in[0], in[1], LOSS))
BUILD(ctc, nn_ctc(m, ag_log_softmax(g, in[0], -1), in[1], in[2], in[3],
                  &(nn_ctc_options){(nn_reduction)get(s, "reduction", 0), whole(s, "blank"),
                                    get(s, "zero_infinity", 0) != 0}))

static double class_weight(const int64_t *index, const void *ctx) {
  char key[32];
  snprintf(key, sizeof key, "weight%d", (int)index[0]);
  return get(ctx, key, 1);
}
static nn_sparse_cross_entropy_options class_options(const sample *s, nn_model *m) {
  nn_sparse_cross_entropy_options o = {.reduction = (nn_reduction)get(s, "reduction", 0),
                                       .smoothing = get(s, "smoothing", 0),
                                       .ignores = true,
                                       .ignored = whole(s, "ignored")};
  int64_t n = whole(s, "weights");
  if (n) o.class_weights = nn_constant(m, 1, &n, class_weight, s);
  return o;
}
BUILD(nll, nn_nll(m, in[0], in[1], (nn_sparse_cross_entropy_options[]){class_options(s, m)}))
BUILD(cross_entropy,
      nn_sparse_cross_entropy(m, in[0], in[1], (nn_sparse_cross_entropy_options[]){class_options(s, m)}))

BUILD(multi_margin,
      nn_multi_margin(m, in[0], in[1],
                      &(nn_multi_margin_options){*LOSS, get(s, "margin", 1), get(s, "squared", 0) != 0,
                                                 class_options(s, m).class_weights}))

/* ---- attention ---- */

BUILD(attention, nn_attention(m, "m", in[0], whole(s, "heads"),
                              &(nn_attention_options){.memory = in[1], .no_bias = get(s, "no_bias", 0) != 0}))
BUILD(transformer,
      nn_transformer(m, "m", in[0], whole(s, "heads"),
                     &(nn_transformer_options){.memory = s->n_in > 1 ? in[1] : (ag_ref){0},
                                               .hidden = whole(s, "hidden"),
                                               .activation = get(s, "gelu", 0) != 0 ? NN_GELU_EXACT : NN_RELU,
                                               .post_norm = get(s, "post_norm", 0) != 0}))

static const struct {
  const char *kind;
  builder *build;
} builders[] = {
#define K(NAME)                                                                                              \
  { #NAME, NAME }
    K(celu),
    K(elu),
    K(gelu),
    K(gelu_exact),
    K(glu),
    K(hardshrink),
    K(hardswish),
    K(hardtanh),
    K(leaky_relu),
    K(log_softmax),
    K(softmax),
    K(softmin),
    K(logsigmoid),
    K(mish),
    K(prelu),
    K(relu),
    K(relu6),
    K(selu),
    K(silu),
    K(sigmoid),
    K(softplus),
    K(softshrink),
    K(softsign),
    {"tanh", tanh_},
    K(tanhshrink),
    K(threshold),
    K(linear),
    K(bilinear),
    K(embedding),
    K(lrn),
    K(conv),
    K(conv_transpose),
    K(batch_norm),
    K(layer_norm),
    K(rms_norm),
    K(group_norm),
    K(instance_norm),
    K(max_pool),
    K(avg_pool),
    K(lp_pool),
    {"adaptive_avg_pool", adaptive_avg},
    {"adaptive_max_pool", adaptive_max},
    K(rnn),
    K(gru),
    K(lstm),
    K(rnn_cell),
    K(gru_cell),
    K(lstm_cell),
    K(absolute_error),
    K(squared_error),
    K(smooth_l1),
    K(huber),
    K(kl),
    K(soft_margin),
    K(hinge_embedding),
    K(bce),
    K(bce_logits),
    K(poisson),
    K(gaussian),
    K(margin_ranking),
    K(cosine),
    {"multilabel_soft_margin", multilabel},
    K(ctc),
    K(nll),
    K(cross_entropy),
    K(multi_margin),
    K(attention),
    K(transformer)};

static ag_ref build(const sample *s, nn_model *m, const ag_ref *in) {
  for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
    if (!strcmp(builders[i].kind, s->kind)) return builders[i].build(s, m, in);
  nn_fail(m, TN_ENOTSUP, "there is no module of kind '%s'", s->kind);
  return (ag_ref){0};
}

/* ---- one sample ------------------------------------------------------------------------------------------ */

static void network(nn_model *m, void *ctx) {
  const sample *s = ctx;
  ag_ref in[INPUTS];
  for (int i = 0; i < s->n_in; i++) in[i] = input(s, m, i);
  nn_report(m, "mean", ag_mean_all(nn_graph(m), build(s, m, in)));
}

typedef struct outputs {
  int n;
  ag_ref wrt[MOST], ref[MOST + 1];
  char name[MOST][64];
  bool theirs_is_nan;
} outputs;

static void differentiate(outputs *o, ag_ref x, const char *name) {
  if (o->n == MOST) return;
  o->wrt[o->n] = x;
  snprintf(o->name[o->n++], sizeof o->name[0], "%s", name);
}

/* The module and the derivatives of sum(u out) in a graph of their own. */
static void compose(const sample *s, ag_graph *g, tn_view u, outputs *o) {
  nn_model *m = s->m;
  ag_ref in[INPUTS];
  m->graph = g, m->mode = NN_TRAIN, m->n_scopes = 0, m->build++;
  for (int i = 0; i < s->n_in; i++) {
    char name[16];
    snprintf(name, sizeof name, "in%d", i);
    in[i] = input(s, m, i);
    if (s->in[i].dtype == TN_F64) differentiate(o, in[i], name);
  }
  ag_ref y = build(s, m, in);
  for (size_t k = 0; k < m->n_variables; k++) {
    const nn__variable *v = &m->variables[k];
    if (v->kind == NN__PARAMETER && nn__declared(m, v)) differentiate(o, v->ref, v->name);
  }
  o->ref[0] = y;
  ag_type t = ag_type_of(g, y);
  bool fits = tn_same_shape(t.rank, t.shape, u.rank, u.shape);
  if (!fits) nn_fail(m, TN_ESHAPE, "the result has another shape");
  if (fits) ag_grad(g, ag_sum_all(g, ag_mul(g, y, ag_constant(g, u))), o->wrt, o->n, o->ref + 1);
  m->graph = NULL;
}

/* PyTorch's own value is NaN where ours is a number: a root or logarithm of what is below 0, in a branch that it does not take or
 * without the absolute value that ours takes. Such samples compare nothing and are refused. */
static bool only_theirs_is_nan(tn_view have, tn_view want) {
  if (!tn_same_shape(have.rank, have.shape, want.rank, want.shape)) return false;
  for (int64_t i = 0; i < tn_view_numel(&want); i++)
    if (isnan(tn_get(&want, i)) && isfinite(tn_get(&have, i))) return true;
  return false;
}

static double compare(outputs *o, tn_view have, tn_view want) {
  o->theirs_is_nan |= only_theirs_is_nan(have, want);
  return conformance_distance(have, want);
}

/* Runs the plan with the fixture's values; the largest relative error, or NaN with a sentence. */
static double run(const sample *s, ag_graph *g, outputs *o, char *why, size_t size) {
  ag_plan *plan = NULL;
  ag_run *r = NULL;
  nn_state *state = NULL;
  double worst = NAN;
  tn_view want;
  tn_status status = nn_state_new(s->m, &state);
  if (status == TN_OK) nn_state_init(state, 1, 0);
  if (status == TN_OK) status = ag_compile(g, o->ref, o->n + 1, AG_WITH_EFFECTS, &plan);
  if (status == TN_OK) status = ag_run_new(plan, 1, &r);
  for (int leaf = 0; status == TN_OK && leaf < ag_plan_leaf_count(plan); leaf++) {
    const char *name = ag_plan_leaf_name(plan, leaf);
    const nn__variable *v = nn__find(s->m, name);
    if (find(s, "", name, &want)) status = ag_run_bind(r, leaf, want);
    else status = v && v->kind == NN__BUFFER ? ag_run_bind(r, leaf, nn__view(state, v)) : TN_EINVAL;
    if (status != TN_OK) snprintf(why, size, "no value that fits '%s'", name);
  }
  if (status == TN_OK) status = ag_run_step(r, (tn_rng){0});
  if (status != TN_OK && !*why)
    snprintf(why, size, "%s", *ag_error(g) ? ag_error(g) : tn_status_text(status));
  if (status == TN_OK && find(s, "", "out", &want)) worst = compare(o, ag_run_output(r, 0), want);
  for (int i = 0; status == TN_OK && i < o->n; i++)
    if (find(s, "d.", o->name[i], &want)) worst = fmax(worst, compare(o, ag_run_output(r, i + 1), want));
  ag_run_free(r);
  ag_plan_free(plan);
  nn_state_free(state);
  return worst;
}

static verdict check(sample *s, char *why, size_t size) {
  nn_model_options options = {.dtype = TN_F64};
  outputs o = {.n = 0};
  ag_graph *g = NULL;
  tn_view u;
  *why = 0;
  take_inputs(s);
  options.batch = options.eval_batch = s->in[0].rank ? s->in[0].shape[0] : 1;
  tn_status status = nn_model_new(&options, network, s, &s->m);
  if (status != TN_OK || !find(s, "", "u", &u) || ag_graph_new(NULL, &g) != TN_OK) {
    snprintf(why, size, "%s", nn_error(s->m));
    nn_model_free(s->m);
    return FAILED;
  }
  compose(s, g, u, &o);
  double error = run(s, g, &o, why, size);
  if (!*why && !(error <= 1e-9)) snprintf(why, size, "relative error %.2g", error);
  ag_graph_free(g);
  nn_model_free(s->m);
  if (o.theirs_is_nan && isinf(error)) {
    snprintf(why, size, "PyTorch's own value is NaN, this one a number");
    return REFUSED;
  }
  return error <= 1e-9 ? PASSED : FAILED;
}

/* ---- all of them ----------------------------------------------------------------------------------------- */

typedef struct tally {
  char module[64], why[256];
  int passed, failed, refused;
} tally;

static void close_module(conformance *c, tally *t) {
  if (!t->module[0]) return;
  verdict v = t->failed ? FAILED : t->passed ? PASSED : REFUSED;
  conformance_count(c, v, t->module, "%d samples pass, %d fail, %d are refused%s%s", t->passed, t->failed,
                    t->refused, t->why[0] ? ": " : "", t->why);
  *t = (tally){.passed = 0};
}

int main(void) {
  conformance c = {.suite = "modules"};
  char message[NN__MESSAGE];
  nn_tensor_file *f;
  tally t = {.passed = 0};
  if (nn_tensor_file_open(NULL, NABLA_FIXTURES "/modules.safetensors", &f, message) == TN_ENOTSUP) return 77;
  for (int k = 0;; k++) {
    sample s = {.f = f};
    char why[256] = "";
    snprintf(s.number, sizeof s.number, "%d", k);
    const char *note = nn_tensor_file_metadata(f, s.number);
    if (!note) break;
    take(&s, note);
    size_t word = strcspn(s.name, " ");
    if (strlen(t.module) != word || strncmp(t.module, s.name, word) != 0) close_module(&c, &t);
    snprintf(t.module, sizeof t.module, "%.*s", (int)word, s.name);
    verdict v = strcmp(s.kind, "refused") ? check(&s, why, sizeof why) : REFUSED;
    if (v == REFUSED && !*why) snprintf(why, sizeof why, "%.255s", s.options);
    if (v == REFUSED) t.refused++;
    if (v == FAILED) t.failed++, printf("  %s (%s %s): %s\n", s.name, s.kind, s.options, why);
    if (v == PASSED) t.passed++;
    else if (!t.why[0] || v == FAILED) snprintf(t.why, sizeof t.why, "%.255s", why);
  }
  close_module(&c, &t);
  nn_tensor_file_close(f);
  return conformance_done(&c);
}
