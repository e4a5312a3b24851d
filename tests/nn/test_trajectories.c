/* A hundred steps of training, loss by loss, beside PyTorch (tests/golden/trajectories.py): a LeNet, a ResNet with
 * batch normalization, a stacked GRU, a two-layer GPT. The same bits for one thread and two, and after a stop. */
#include "test_nn.h"

#ifndef NABLA_SOURCE_DIR
#define NABLA_SOURCE_DIR "."
#endif

enum { STEPS = 100, BATCHES = 5 };

/* ---- networks ------------------------------------------------------------------------------------------ */

static void adam(nn_model *m, ag_ref loss, double lr) {
  nn_adam(m, loss, &(nn_adam_options){.lr = lr, .epsilon = 1e-7, .torch_epsilon = true});
}

static void lenet(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  (void)ctx;
  ag_ref x = nn_input(m, "x", 3, (int64_t[]){12, 12, 1}), y = nn_input_typed(m, "y", TN_I64, 0, NULL);
  nn_conv_options padded = {.conv = {.before = {1, 1}, .after = {1, 1}}};
  ag_pool_options halved = {.size = {2, 2}};
  ag_ref h = ag_tanh(g, nn_conv(m, "conv1", x, 4, (int64_t[]){5, 5}, NULL));
  h = nn_average_pool(m, "pool1", h, &halved);
  h = ag_relu(g, nn_conv(m, "conv2", h, 6, (int64_t[]){3, 3}, &padded));
  h = nn_flatten(m, nn_max_pool(m, "pool2", h, &halved));
  ag_ref logits = nn_dense(m, "dense2", ag_tanh(g, nn_dense(m, "dense1", h, 12, NULL)), 5, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, y, NULL);
  nn_report(m, "loss", loss);
  adam(m, loss, 3e-3);
}

static ag_ref conv_bn(nn_model *m, const char *conv, const char *bn, ag_ref x, int64_t filters,
                      int64_t stride) {
  nn_conv_options o = {.conv = {.stride = {stride, stride}, .before = {1, 1}, .after = {1, 1}},
                       .no_bias = true};
  return nn_batch_norm(m, bn, nn_conv(m, conv, x, filters, (int64_t[]){3, 3}, &o), NULL);
}

static ag_ref block(nn_model *m, const char *name, ag_ref x, int64_t filters, int64_t stride) {
  ag_graph *g = nn_graph(m);
  nn_conv_options strided = {.conv = {.stride = {stride, stride}}, .no_bias = true};
  if (!nn_enter(m, "block", name)) return (ag_ref){0};
  ag_ref h = ag_relu(g, conv_bn(m, "conv1", "bn1", x, filters, stride));
  h = conv_bn(m, "conv2", "bn2", h, filters, 1);
  if (stride > 1) x = nn_conv(m, "short", x, filters, (int64_t[]){1, 1}, &strided);
  return nn_leave(m, ag_relu(g, nn_residual(m, "sum", x, h)));
}

static void resnet(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  (void)ctx;
  ag_ref x = nn_input(m, "x", 3, (int64_t[]){6, 6, 3}), y = nn_input_typed(m, "y", TN_I64, 0, NULL);
  ag_ref h = ag_relu(g, conv_bn(m, "stem/conv", "stem/bn", x, 4, 1));
  h = block(m, "block2", block(m, "block1", h, 4, 1), 6, 2);
  ag_ref logits = nn_dense(m, "head", nn_global_average_pool(m, "pool", h), 5, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, y, NULL);
  nn_report(m, "loss", loss);
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 0.02, .momentum = 0.9});
}

static void gru(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input(m, "x", 2, (int64_t[]){10, 2}), y = nn_input(m, "y", 1, (int64_t[]){1});
  ag_ref h = nn_gru(m, "gru", x, 6, &(nn_gru_options){.sequence = {.layers = 2, .last = true}});
  ag_ref loss = nn_mse(m, nn_dense(m, "head", h, 1, NULL), y);
  nn_report(m, "loss", loss);
  adam(m, loss, 5e-3);
}

static void gpt(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input_typed(m, "x", TN_I64, 1, (int64_t[]){6}),
         y = nn_input_typed(m, "y", TN_I64, 1, (int64_t[]){6});
  ag_ref h = nn_learned_positions(m, "places", nn_embedding(m, "tokens", x, 11, 8, NULL), 6);
  nn_transformer_options o = {.attention.causal = true, .hidden = 16};
  h = nn_transformer(m, "block1", nn_transformer(m, "block0", h, 2, &o), 2, &o);
  ag_ref logits = nn_dense(m, "head", nn_layer_norm(m, "norm", h, NULL), 11, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, y, NULL);
  nn_report(m, "loss", loss);
  adam(m, loss, 3e-3);
}

typedef struct subject {
  const char *name;
  nn_network *network;
  int64_t batch;
} subject;

static const subject subjects[] = {
    {"lenet", lenet, 8}, {"resnet", resnet, 6}, {"gru", gru, 8}, {"gpt", gpt, 4}};
#define EACH_SUBJECT(s)                                                                                      \
  for (const subject *s = subjects; s < subjects + sizeof subjects / sizeof *subjects; s++)

/* ---- training ------------------------------------------------------------------------------------------ */

static nn_tensor_file *fixture(void) {
  char message[NN__MESSAGE];
  nn_tensor_file *f;
  cr_assert_eq(
      nn_tensor_file_open(NULL, NABLA_SOURCE_DIR "/tests/golden/trajectories.safetensors", &f, message),
      TN_OK, "%s", message);
  return f;
}

static bool lookup(const nn_tensor_file *f, const char *network, const char *prefix, const char *name,
                   tn_view *out) {
  char key[512];
  snprintf(key, sizeof key, "%s/%s%s", network, prefix, name);
  const nn_tensor *t = nn_tensor_file_find(f, key);
  if (t) *out = tn_view_of((void *)t->data, strcmp(t->dtype, "I64") ? TN_F64 : TN_I64, t->rank, t->shape);
  return t != NULL;
}

static nn_model *model_of(const subject *s, int threads) {
  nn_model_options o = {.dtype = TN_F64, .batch = s->batch, .threads = threads};
  return make_model(&o, s->network, NULL);
}

/* The state from which the fixture's training starts: it has every parameter. */
static nn_state *state_of(const subject *s, nn_model *m, const nn_tensor_file *f) {
  nn_state *state = make_state(m, 1);
  for (size_t k = 0; k < m->n_variables; k++) {
    const nn__variable *v = &m->variables[k];
    tn_view from, to = nn__view(state, v);
    if (v->kind > NN__BUFFER) continue;
    cr_assert(lookup(f, s->name, "initial.", v->name, &from), "%s: no '%s'", s->name, v->name);
    cr_assert(tn_same_shape(from.rank, from.shape, to.rank, to.shape), "%s: the shape of '%s'", s->name,
              v->name);
    tn_copy(to, from);
  }
  return state;
}

/* Steps first to last - 1; losses[k] gets the loss before step k. */
static void run_steps(const subject *s, nn_model *m, nn_state *state, const nn_tensor_file *f, int first,
                      int last, double *losses) {
  nn_trainer *t;
  tn_view x, y;
  cr_assert(lookup(f, s->name, "", "x", &x) && lookup(f, s->name, "", "y", &y));
  OK(nn_trainer_new(m, state, NULL, &t));
  for (int k = first; k < last; k++) {
    int64_t row = k % BATCHES * s->batch;
    nn_column columns[] = {{"x", tn_view_slice(x, 0, row, 1, s->batch)},
                           {"y", tn_view_slice(y, 0, row, 1, s->batch)}};
    double reports[NN_MAX_REPORTS];
    tn_status status = nn_trainer_step(t, &(nn_feed){.columns = columns, .n = 2}, reports);
    cr_assert_eq(status, TN_OK, "%s: %s", s->name, nn_state_error(state));
    losses[k] = reports[0];
  }
  nn_trainer_free(t);
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static void expect_final(const subject *s, const nn_model *m, const nn_state *state,
                         const nn_tensor_file *f) {
  double worst = 0;
  for (size_t k = 0; k < m->n_variables; k++) {
    const nn__variable *v = &m->variables[k];
    tn_view want, have = nn__view(state, v);
    if (v->kind > NN__BUFFER) continue;
    cr_assert(lookup(f, s->name, "final.", v->name, &want), "%s: no '%s'", s->name, v->name);
    for (int64_t i = 0; i < tn_view_numel(&have); i++)
      worst = fmax(worst, fabs(tn_get(&have, i) - tn_get(&want, i)));
  }
  cr_expect(worst <= 1e-9, "%s: a value is off by %g after %d steps", s->name, worst, STEPS);
  cr_log_info("%s: values within %.1e", s->name, worst);
}

Test(trajectories, are_those_of_pytorch) {
  nn_tensor_file *f = fixture();
  EACH_SUBJECT(s) {
    nn_model *m = model_of(s, 1);
    nn_state *state = state_of(s, m, f);
    double losses[STEPS], worst = 0;
    tn_view want;
    run_steps(s, m, state, f, 0, STEPS, losses);
    cr_assert(lookup(f, s->name, "", "loss", &want));
    for (int k = 0; k < STEPS; k++) worst = fmax(worst, fabs(losses[k] - tn_get(&want, k)));
    cr_expect(worst <= 1e-9, "%s: a loss is off by %g", s->name, worst);
    double begin = 0, end = 0;
    for (int k = 0; k < BATCHES; k++) begin += losses[k] / BATCHES, end += losses[STEPS - 1 - k] / BATCHES;
    cr_expect(end < 0.9 * begin, "%s: %g is not much less than %g", s->name, end, begin);
    cr_log_info("%s: loss %.3f to %.3f, within %.1e", s->name, begin, end, worst);
    expect_final(s, m, state, f);
    nn_state_free(state);
    nn_model_free(m);
  }
  nn_tensor_file_close(f);
}

Test(trajectories, same_bits_for_two_threads_and_after_a_stop) {
  nn_tensor_file *f = fixture();
  char path[64];
  snprintf(path, sizeof path, "/tmp/nabla-trajectory-%ld.safetensors", (long)getpid());
  EACH_SUBJECT(s) {
    nn_model *one = model_of(s, 1), *two = model_of(s, 2);
    nn_state *a = state_of(s, one, f), *b = state_of(s, two, f), *stopped = state_of(s, one, f),
             *resumed = make_state(one, 7);
    double losses[STEPS];
    run_steps(s, one, a, f, 0, 30, losses);
    run_steps(s, two, b, f, 0, 30, losses);
    cr_expect(same_bits(a, b), "%s: two threads give other bits", s->name);
    run_steps(s, one, stopped, f, 0, 13, losses);
    OK(nn_state_save(stopped, path, NULL, 0, NULL));
    OK(nn_state_load(resumed, path, NULL));
    run_steps(s, one, resumed, f, 13, 30, losses);
    cr_expect(same_bits(a, resumed), "%s: other bits after a stop", s->name);
    nn_state_free(a), nn_state_free(b), nn_state_free(stopped), nn_state_free(resumed);
    nn_model_free(one), nn_model_free(two);
  }
  remove(path);
  nn_tensor_file_close(f);
}
