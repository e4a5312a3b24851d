/* conv.c - convolutions of f32 images, channels last, one thread: forward, by input, by kernel; GFLOP/s beside the limit
 * of one core. */
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

static void time_one(const shape *s, ag_graph *g, ag_ref y, const char *what, double flops, double limit) {
  ag_plan *plan;
  ag_run *run;
  tn_array leaves[3] = {0};
  double rate[SAMPLES];
  char name[64];
  check(ag_compile(g, &y, 1, 0, &plan), ag_error(g));
  check(ag_run_new(plan, 1, &run), "run");
  bind_random(plan, run, leaves);
  for (int i = -2; i < SAMPLES; i++) {
    double start = bench_now();
    check(ag_run_step(run, (tn_rng){0}), "step");
    if (i >= 0) rate[i] = flops / (bench_now() - start) * 1e-9;
  }
  snprintf(name, sizeof name, "%s, %s", s->name, what);
  bench_row(name, "GFLOP/s", rate, SAMPLES);
  printf("\t%.2f of the limit\n", rate[SAMPLES / 2] / limit);
  for (int i = 0; i < 3; i++) tn_array_free(&leaves[i]);
  ag_run_free(run);
  ag_plan_free(plan);
}

int main(void) {
  static const shape shapes[] = {
      {"16 channels of 32 x 32", 64, 32, 16, 3, 16, {.padding = AG_PAD_SAME}},
      {"64 channels of 16 x 16", 64, 16, 64, 3, 64, {.padding = AG_PAD_SAME}},
      {"256 channels of 8 x 8", 64, 8, 256, 3, 256, {.padding = AG_PAD_SAME}},
      {"16 to 32 by stride 2", 64, 32, 16, 3, 32, {.stride = {2, 2}, .padding = AG_PAD_SAME}},
      {"1 to 20 by 5 x 5", 64, 28, 1, 5, 20, {.groups = 1}},
      {"20 to 50 by 5 x 5", 64, 12, 20, 5, 50, {.groups = 1}},
      {"depthwise 64 of 16 x 16", 64, 16, 64, 3, 64, {.padding = AG_PAD_SAME, .groups = 64}}};
  const double limit = bench_fma_rate(20000000);
  printf("the limit of one core: %.0f GFLOP/s (%s)\n", limit, tn_simd_name());
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const shape *s = &shapes[i];
    ag_graph *g;
    ag_ref out[3];
    check(ag_graph_new(NULL, &g), "graph");
    build(g, s, out);
    check(ag_status(g), ag_error(g));
    ag_type t = ag_type_of(g, out[0]), k = ag_type_of(g, out[2]);
    double flops = 2.0 * (double)tn_numel(3, t.shape) * (double)tn_numel(4, k.shape);
    time_one(s, g, out[0], "forward", flops, limit);
    time_one(s, g, out[1], "by input", flops, limit);
    time_one(s, g, out[2], "by kernel", flops, limit);
    ag_graph_free(g);
  }
  return 0;
}
