/* A hundred steps of training in f64, loss by loss and value by value, beside PyTorch (trajectories.py): a LeNet, a ResNet with
 * batch normalization, a stacked GRU, a two-layer GPT, within 1e-9. The same bits for one thread and two, and for a
 * process that is killed and another that resumes from what it saved. */
#include "conformance.h"
#include "nn/internal.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 100, BATCHES = 5, KILLED = 37 };

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

static bool lookup(const nn_tensor_file *f, const char *network, const char *prefix, const char *name,
                   tn_view *out) {
  char key[512];
  snprintf(key, sizeof key, "%s/%s%s", network, prefix, name);
  const nn_tensor *t = nn_tensor_file_find(f, key);
  if (t) *out = tn_view_of((void *)t->data, strcmp(t->dtype, "I64") ? TN_F64 : TN_I64, t->rank, t->shape);
  return t != NULL;
}

typedef struct training {
  const subject *s;
  const nn_tensor_file *f;
  nn_model *m;
  nn_state *state;
  char why[512]; /* "": all went well */
} training;

/* Fills the state with the fixture's values before the first step; it has all of them. */
static void start(training *t) {
  for (size_t k = 0; k < t->m->n_variables && !*t->why; k++) {
    const nn__variable *v = &t->m->variables[k];
    tn_view from, to = nn__view(t->state, v);
    if (v->kind > NN__BUFFER) continue;
    if (lookup(t->f, t->s->name, "initial.", v->name, &from) &&
        tn_same_shape(from.rank, from.shape, to.rank, to.shape))
      tn_copy(to, from);
    else snprintf(t->why, sizeof t->why, "the fixture has no '%.200s' of this shape", v->name);
  }
}

static void begin(training *t, const subject *s, const nn_tensor_file *f, int threads) {
  nn_model_options o = {.dtype = TN_F64, .batch = s->batch, .threads = threads};
  *t = (training){.s = s, .f = f};
  tn_status status = nn_model_new(&o, s->network, NULL, &t->m);
  if (status == TN_OK) status = nn_state_new(t->m, &t->state);
  if (status != TN_OK) {
    snprintf(t->why, sizeof t->why, "%s", nn_error(t->m));
    return;
  }
  nn_state_init(t->state, 1, 0);
  start(t);
}

static void end(training *t) {
  nn_state_free(t->state);
  nn_model_free(t->m);
}

/* Steps first to last - 1; losses[k] gets the loss before step k. */
static void run_steps(training *t, int first, int last, double *losses) {
  nn_trainer *trainer = NULL;
  tn_view x, y;
  int64_t batch = t->s->batch;
  if (*t->why) return;
  tn_status status = nn_trainer_new(t->m, t->state, NULL, &trainer);
  if (!lookup(t->f, t->s->name, "", "x", &x) || !lookup(t->f, t->s->name, "", "y", &y)) status = TN_EINVAL;
  for (int k = first; k < last && status == TN_OK; k++) {
    int64_t row = k % BATCHES * batch;
    nn_column columns[] = {{"x", tn_view_slice(x, 0, row, 1, batch)},
                           {"y", tn_view_slice(y, 0, row, 1, batch)}};
    double reports[NN_MAX_REPORTS];
    status = nn_trainer_step(trainer, &(nn_feed){.columns = columns, .n = 2}, reports);
    losses[k] = reports[0];
  }
  if (status != TN_OK)
    snprintf(t->why, sizeof t->why, "%s %s", tn_status_text(status), nn_state_error(t->state));
  nn_trainer_free(trainer);
}

/* ---- the items ----------------------------------------------------------------------------------------- */

static double farthest(tn_view have, tn_view want) {
  double worst = 0;
  for (int64_t i = 0; i < tn_view_numel(&have); i++) {
    double e = fabs(tn_get(&have, i) - tn_get(&want, i));
    if (!(e <= worst)) worst = isnan(e) ? INFINITY : e;
  }
  return worst;
}

static double distance_of_values(training *t) {
  double worst = 0;
  for (size_t k = 0; k < t->m->n_variables; k++) {
    const nn__variable *v = &t->m->variables[k];
    tn_view want;
    if (v->kind > NN__BUFFER) continue;
    if (!lookup(t->f, t->s->name, "final.", v->name, &want)) return INFINITY;
    worst = fmax(worst, farthest(nn__view(t->state, v), want));
  }
  return worst;
}

static void count(conformance *c, const training *t, const char *what, bool holds, const char *text) {
  char name[64];
  snprintf(name, sizeof name, "%s, %s", t->s->name, what);
  conformance_count(c, holds && !*t->why ? PASSED : FAILED, name, "%s%s%s", text, *t->why ? "; " : "",
                    t->why);
}

static void against_pytorch(conformance *c, training *t) {
  double losses[STEPS] = {0}, first = 0, last = 0;
  char text[160];
  tn_view want;
  int64_t steps = STEPS;
  run_steps(t, 0, STEPS, losses);
  bool found = lookup(t->f, t->s->name, "", "loss", &want);
  double worst = found ? farthest(tn_view_of(losses, TN_F64, 1, &steps), want) : INFINITY;
  for (int k = 0; k < BATCHES; k++) first += losses[k] / BATCHES, last += losses[STEPS - 1 - k] / BATCHES;
  snprintf(text, sizeof text, "loss %.3f to %.3f, within %.1e", first, last, worst);
  count(c, t, "losses", worst <= 1e-9 && last < 0.9 * first, text);
  worst = distance_of_values(t);
  snprintf(text, sizeof text, "within %.1e after %d steps", worst, STEPS);
  count(c, t, "values", worst <= 1e-9, text);
}

static bool same_bits(const training *a, const training *b) {
  size_t n = nn__slab_bytes(a->m);
  return !*a->why && !*b->why && n == nn__slab_bytes(b->m) && !memcmp(a->state->slab, b->state->slab, n);
}

static void on_two_threads(conformance *c, const training *one) {
  training two;
  double losses[STEPS];
  begin(&two, one->s, one->f, 2);
  run_steps(&two, 0, STEPS, losses);
  count(c, &two, "two threads", same_bits(one, &two), "the bits of one");
  end(&two);
}

/* A child saves its state after KILLED steps and is killed in a later one. */
static void killed_and_resumed(conformance *c, const training *whole) {
  training t;
  double losses[STEPS];
  char path[64];
  int status = 0;
  snprintf(path, sizeof path, "/tmp/nabla-trajectory-%ld.safetensors", (long)getpid());
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    begin(&t, whole->s, whole->f, 1);
    run_steps(&t, 0, KILLED, losses);
    if (!*t.why && nn_state_save(t.state, path, NULL, 0, NULL) == TN_OK) {
      run_steps(&t, KILLED, KILLED + 9, losses);
      raise(SIGKILL);
    }
    _exit(1);
  }
  bool killed = child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status);
  begin(&t, whole->s, whole->f, 1);
  if (!*t.why && nn_state_load(t.state, path, NULL) != TN_OK)
    snprintf(t.why, sizeof t.why, "%s", nn_state_error(t.state));
  run_steps(&t, KILLED, STEPS, losses);
  count(c, &t, "killed and resumed", killed && same_bits(whole, &t), "the bits of one run");
  end(&t);
  remove(path);
}

int main(void) {
  conformance c = {.suite = "trajectories"};
  char message[NN__MESSAGE];
  nn_tensor_file *f;
  if (nn_tensor_file_open(NULL, NABLA_FIXTURES "/trajectories.safetensors", &f, message) == TN_ENOTSUP)
    return 77;
  training runs[sizeof subjects / sizeof *subjects], *t = runs;
  EACH_SUBJECT(s) { /* first what forks, while the process has one thread */
    begin(t, s, f, 1);
    against_pytorch(&c, t);
    killed_and_resumed(&c, t++);
  }
  for (training *one = runs; one < t; one++) {
    on_two_threads(&c, one);
    end(one);
  }
  nn_tensor_file_close(f);
  return conformance_done(&c);
}
