/* step.c - one training step of the sBNN in each of its phases, beside its bound: the multiply-adds it cannot
 * do without at the peak rate of one core, and 28 bytes for each trained parameter (four reads, three writes)
 * at the triad rate of the L3 cache. Where the encoder is frozen the bound counts its layers as computed once
 * and for all.
 *
 *   step [EPOCHS [PHASE]]
 *
 * `bits` is a hash of the trained state: builds that claim the same arithmetic must print the same. */
#include "bench.h"
#include "training/network.h"

enum { BATCH = 32, STEPS = 34, ROWS = BATCH * STEPS, GENES = 1000, KEPT = 25, RESPONSES = 16, CLUSTERS = 20 };
static const int hidden[] = {512, 128};

typedef struct scene {
  const char *name;
  sbnn_network network;
  int weight; /* steps of one M1 model of the paper in this phase; 0 = not part of cross-validation */
} scene;

#define NETWORK(HEAD, INPUTS, LASSO, LR, ...)                                                                \
  {                                                                                                          \
    .head = HEAD, .inputs = INPUTS, .responses = RESPONSES, .clusters = CLUSTERS, .hidden = hidden,          \
    .n_hidden = 2, .bottleneck = 2, .lasso = LASSO, .l2 = 1e-10, .lr = LR, .freeze = {                       \
      __VA_ARGS__                                                                                            \
    }                                                                                                        \
  }

static const scene scenes[] = {
    {"pretrain", NETWORK(SBNN_HEAD_CLUSTERS, GENES, 0.1, 1e-4, NULL), 1050},
    {"frozen", NETWORK(SBNN_HEAD_RESPONSES, GENES, 0.1, 1e-4, "encoder/*"), 1750},
    {"unfrozen", NETWORK(SBNN_HEAD_RESPONSES, GENES, 0.1, 5e-5, NULL), 1750},
    {"finetune", NETWORK(SBNN_HEAD_RESPONSES, KEPT, 0, 5e-5, NULL), 3500},
    {"autoencoder", NETWORK(SBNN_HEAD_GENES, KEPT, 0, 5e-5, "encoder/*", "bottleneck/*", "allo/*"), 0},
};

/* Multiply-adds of one row through the dense layers from n to m units and so on; `trained` parameters. A
 * layer costs one product forward, one for its weights and one for its input, where these are needed. */
static void count(const sbnn_network *n, double *flops, double *trained) {
  bool frozen = n->freeze[0] != NULL, second = n->head == SBNN_HEAD_GENES;
  int64_t head = n->head == SBNN_HEAD_CLUSTERS ? n->clusters : second ? n->inputs : n->responses;
  int64_t in[] = {n->inputs, 512, 128, 2, 128, 512}, out[] = {512, 128, 2, 128, 512, head};
  *flops = *trained = 0;
  int first = second ? 3 : frozen ? 2 : 0;
  for (int i = first; i < 6; i++) {
    double size = (double)(in[i] * out[i]);
    *flops += 2.0 * BATCH * size * (i == first ? 2 : 3);
    *trained += size + (double)out[i];
  }
}

static void random_fill(float *x, int64_t n, const char *stream) {
  tn_rng_normal((tn_rng){.seed = 1, .stream = tn_stream(stream)}, tn_view_of(x, TN_F32, 1, &n));
}

static void check(tn_status status, const char *what) {
  if (status == TN_OK) return;
  fprintf(stderr, "%s: %s\n", what, tn_status_text(status));
  exit(1);
}

typedef struct times {
  double *seconds, before;
  int n;
} times;

static bool on_epoch(void *ctx, const nn_epoch *e) {
  times *t = ctx;
  double now = bench_now();
  (void)e;
  t->seconds[t->n++] = now - t->before;
  t->before = now;
  return true;
}

static uint32_t hash_of(const nn_state *s) {
  uint32_t h = 2166136261u;
  for (int i = 0; i < nn_state_count(s); i++) {
    tn_view v = nn_state_view(s, i);
    const unsigned char *x = v.data;
    for (size_t k = 0; k < tn_view_bytes(&v); k++) h = (h ^ x[k]) * 16777619u;
  }
  return h;
}

static double run(const scene *s, int epochs, double peak, double triad) {
  sbnn_network network = s->network;
  nn_model *m;
  nn_state *state;
  nn_data *d;
  float *x = calloc((size_t)ROWS * GENES, sizeof *x), *y = calloc((size_t)ROWS * RESPONSES, sizeof *y),
        *c = calloc((size_t)ROWS * CLUSTERS, sizeof *c);
  random_fill(x, (int64_t)ROWS * network.inputs, "x");
  random_fill(y, (int64_t)ROWS * RESPONSES, "y");
  for (int i = 0; i < ROWS; i++) c[i * CLUSTERS + i % CLUSTERS] = 1;
  check(nn_model_new(&(nn_model_options){.batch = BATCH}, sbnn_network_build, &network, &m), "model");
  check(nn_state_new(m, &state), "state");
  nn_state_init(state, 1, 0);
  check(nn_data_new(NULL, &d), "data");
  check(nn_data_add(d, "x", tn_matrix(x, TN_F32, ROWS, network.inputs)), "x");
  check(nn_data_add(d, "y", tn_matrix(y, TN_F32, ROWS, RESPONSES)), "y");
  check(nn_data_add(d, "clusters", tn_matrix(c, TN_F32, ROWS, CLUSTERS)), "clusters");
  times t = {calloc((size_t)epochs + 1, sizeof(double)), bench_now(), 0};
  nn_fit_options o = {.epochs = epochs + 1, .phase = s->name, .on_epoch = on_epoch, .on_epoch_ctx = &t};
  check(nn_fit(m, state, d, (nn_split){0}, &o, NULL), "fit");
  double flops, trained, median, *us = t.seconds + 1; /* the first epoch builds the plan */
  for (int i = 0; i < epochs; i++) us[i] *= 1e6 / STEPS;
  count(&network, &flops, &trained);
  double bound = flops / peak * 1e-3 + 28 * trained / triad * 1e-3;
  bench_row(s->name, "us", us, epochs);
  median = us[epochs / 2];
  printf("\t%.5g\t%.2f\t%08x\n", bound, median / bound, hash_of(state));
  fflush(stdout);
  free(t.seconds), free(x), free(y), free(c);
  nn_data_free(d), nn_state_free(state), nn_model_free(m);
  return s->weight * median * 1e-6;
}

int main(int argc, char **argv) {
  enum { TRIAD_BYTES = 12 << 20, SAMPLES = 7 };
  int epochs = argc > 1 ? atoi(argv[1]) : 20;
  double peak[SAMPLES], triad[SAMPLES], model = 0;
  float *memory = calloc(TRIAD_BYTES, 1);
  if (epochs < 1) return fprintf(stderr, "usage: step [EPOCHS [PHASE]]\n"), 2;
  for (int i = 0; i < SAMPLES; i++) {
    peak[i] = bench_fma_rate(4000000);
    triad[i] = bench_triad_rate(memory, TRIAD_BYTES, 20);
  }
  free(memory);
  printf("what\tunit\tmedian\tmin\tmax\tbound\tratio\tbits\n");
  bench_row("fma_peak", "GFLOP/s", peak, SAMPLES);
  printf("\t\t\t\n");
  bench_row("l3_triad", "GB/s", triad, SAMPLES);
  printf("\t\t\t\n");
  for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
    if (argc < 3 || !strcmp(argv[2], scenes[i].name))
      model += run(&scenes[i], epochs, peak[SAMPLES / 2], triad[SAMPLES / 2]);
  printf("m1_model\ts\t%.5g\t\t\t\t\t\n", model);
  return 0;
}
