/* conv.c - convolutions of f32 images, channels last: forward, by input, by kernel.
 *
 *   conv                  one thread: GFLOP/s beside the limit of one core
 *   conv serve THREADS    for conv_peer.py: prints each shape ("name batch size in taps out stride before groups"),
 *                         then answers lines "SHAPE WHICH" (WHICH: 0 to 2) with the seconds of one run */
#include "autograd/autograd.h"
#include "bench.h"

enum { SAMPLES = 15 };

static void check(tn_status status, const char *what) {
  if (status == TN_OK) return;
  fprintf(stderr, "%s: %s\n", what, tn_status_text(status));
  exit(1);
}

typedef struct shape {
  const char *name;
  int64_t batch, size, in, taps, out; /* square images and kernels; channels of all groups */
  ag_conv_options options;
} shape;

/* The value of one output, and both derivatives for a cotangent "u". */
static void build(ag_graph *g, const shape *s, ag_ref *out) {
  const int64_t groups = s->options.groups ? s->options.groups : 1;
  ag_ref in[2] = {ag_input(g, "x", TN_F32, 4, (int64_t[]){s->batch, s->size, s->size, s->in}),
                  ag_input(g, "k", TN_F32, 4, (int64_t[]){s->taps, s->taps, s->in / groups, s->out})};
  out[0] = ag_conv(g, in[0], in[1], &s->options);
  ag_type t = ag_type_of(g, out[0]);
  ag_vjp(g, out[0], ag_input(g, "u", TN_F32, t.rank, t.shape), in, 2, out + 1);
}

static void bind_random(const ag_plan *plan, ag_run *run, tn_array *leaves) {
  for (int i = 0; i < ag_plan_leaf_count(plan); i++) {
    ag_type t = ag_plan_leaf_type(plan, i);
    check(tn_array_new(NULL, t.dtype, t.rank, t.shape, &leaves[i]), "leaf");
    tn_rng_normal((tn_rng){.seed = (uint32_t)i}, leaves[i].view);
    check(ag_run_bind(run, i, leaves[i].view), "bind");
  }
}

static const char *const which[] = {"forward", "by input", "by kernel"};

typedef struct timed {
  ag_plan *plan;
  ag_run *run;
  tn_array leaves[3];
} timed;

static void prepare(timed *t, ag_graph *g, ag_ref y, int threads) {
  *t = (timed){0};
  check(ag_compile(g, &y, 1, 0, &t->plan), ag_error(g));
  check(ag_run_new(t->plan, threads, &t->run), "run");
  bind_random(t->plan, t->run, t->leaves);
  check(ag_run_step(t->run, (tn_rng){0}), "step");
}

static void drop(timed *t) {
  for (int i = 0; i < 3; i++) tn_array_free(&t->leaves[i]);
  ag_run_free(t->run);
  ag_plan_free(t->plan);
}

static void time_one(const shape *s, ag_graph *g, ag_ref y, const char *what, double flops, double limit) {
  timed t;
  double rate[SAMPLES];
  char name[64];
  prepare(&t, g, y, 1);
  for (int i = -1; i < SAMPLES; i++) {
    double start = bench_now();
    check(ag_run_step(t.run, (tn_rng){0}), "step");
    if (i >= 0) rate[i] = flops / (bench_now() - start) * 1e-9;
  }
  snprintf(name, sizeof name, "%s, %s", s->name, what);
  bench_row(name, "GFLOP/s", rate, SAMPLES);
  printf("\t%.2f of the limit\n", rate[SAMPLES / 2] / limit);
  drop(&t);
}

static const shape shapes[] = {
    {"16 channels of 32 x 32", 64, 32, 16, 3, 16, {.padding = AG_PAD_SAME}},
    {"64 channels of 16 x 16", 64, 16, 64, 3, 64, {.padding = AG_PAD_SAME}},
    {"256 channels of 8 x 8", 64, 8, 256, 3, 256, {.padding = AG_PAD_SAME}},
    {"16 to 32 by stride 2", 64, 32, 16, 3, 32, {.stride = {2, 2}, .before = {1, 1}, .after = {1, 1}}},
    {"3 to 16", 64, 32, 3, 3, 16, {.padding = AG_PAD_SAME}},
    {"1 to 20 by 5 x 5", 64, 28, 1, 5, 20, {.groups = 1}},
    {"20 to 50 by 5 x 5", 64, 12, 20, 5, 50, {.groups = 1}},
    {"depthwise 64 of 16 x 16", 64, 16, 64, 3, 64, {.padding = AG_PAD_SAME, .groups = 64}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static ag_graph *new_graph(const shape *s, ag_ref *out) {
  ag_graph *g;
  check(ag_graph_new(NULL, &g), "graph");
  build(g, s, out);
  check(ag_status(g), ag_error(g));
  return g;
}

static int serve(int threads) {
  static timed all[SHAPES][3];
  int i, k;
  for (i = 0; i < SHAPES; i++) {
    const shape *s = &shapes[i];
    ag_ref out[3];
    ag_graph *g = new_graph(s, out);
    for (k = 0; k < 3; k++) prepare(&all[i][k], g, out[k], threads);
    ag_graph_free(g);
    const int stride = s->options.stride[0] ? (int)s->options.stride[0] : 1;
    const int before = s->options.padding == AG_PAD_SAME ? 1 : (int)s->options.before[0];
    printf("%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", s->name, (int)s->batch, (int)s->size, (int)s->in,
           (int)s->taps, (int)s->out, stride, before, s->options.groups ? (int)s->options.groups : 1);
  }
  printf("\n");
  fflush(stdout);
  while (scanf("%d %d", &i, &k) == 2 && i >= 0 && i < SHAPES && k >= 0 && k < 3) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    check(ag_run_step(all[i][k].run, (tn_rng){0}), "step");
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.9f\n", (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec));
    fflush(stdout);
  }
  for (i = 0; i < SHAPES; i++)
    for (k = 0; k < 3; k++) drop(&all[i][k]);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 2 && !strcmp(argv[1], "serve")) return serve(atoi(argv[2]));
  const double limit = bench_fma_rate(20000000);
  printf("the limit of one core: %.0f GFLOP/s (%s)\n", limit, tn_simd_name());
  for (int i = 0; i < SHAPES; i++) {
    const shape *s = &shapes[i];
    ag_ref out[3];
    ag_graph *g = new_graph(s, out);
    ag_type t = ag_type_of(g, out[0]), k = ag_type_of(g, out[2]);
    double flops = 2.0 * (double)tn_numel(3, t.shape) * (double)tn_numel(4, k.shape);
    for (int w = 0; w < 3; w++) time_one(s, g, out[w], which[w], flops, limit);
    ag_graph_free(g);
  }
  return 0;
}
