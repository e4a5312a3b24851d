/* ops.c - the parts of a step: every elementwise kernel on a block in the L1 cache; sums and maxima of the L2
 * cache; one Adam update with a group lasso under each set of plan passes; the products of the sBNN's step, ours
 * beside a plain call of BLIS. */
#include "autograd/autograd.h"
#include "bench.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <blis.h>
#pragma GCC diagnostic pop

enum { SAMPLES = 31 };

static void check(tn_status status, const char *what) {
  if (status == TN_OK) return;
  fprintf(stderr, "%s: %s\n", what, tn_status_text(status));
  exit(1);
}

/* ---- elementwise kernels ---- */

static void kernel(const ag_op *op) {
  enum { REPEATS = 2000 };
  static float x[AG_BLOCK], y[AG_BLOCK], z[AG_BLOCK], out[AG_BLOCK];
  const float *in[] = {x, y, z};
  const ag_attr attr = {.f = {1}};
  double ns[SAMPLES];
  for (int i = 0; i < AG_BLOCK; i++) x[i] = 0.1f + 0.01f * (float)i, y[i] = 1 + x[i], z[i] = 2;
  for (int s = 0; s < SAMPLES; s++) {
    double start = bench_now();
    for (int r = 0; r < REPEATS; r++) op->f32(&attr, AG_BLOCK, in, out);
    ns[s] = (bench_now() - start) * 1e9 / REPEATS / AG_BLOCK;
  }
  bench_row(op->name, "ns/element", ns, SAMPLES);
  printf("\t\n");
}

/* ---- reductions ---- */

static void reduction(tn_reduction op, int64_t rows, int64_t columns, unsigned axes) {
  enum { REPEATS = 50, MOST = 1 << 18 };
  static float x[MOST], y[MOST];
  const tn_view in = tn_matrix(x, TN_F32, rows, columns),
                out = axes & 1 ? tn_matrix(y, TN_F32, 1, columns) : tn_matrix(y, TN_F32, rows, 1);
  double ns[SAMPLES];
  char name[48];
  for (int i = 0; i < MOST; i++) x[i] = (float)(i % 7);
  for (int s = 0; s < SAMPLES; s++) {
    double start = bench_now();
    for (int r = 0; r < REPEATS; r++) tn_reduce(op, in, axes, out);
    ns[s] = (bench_now() - start) * 1e9 / REPEATS / (double)(rows * columns);
  }
  snprintf(name, sizeof name, "%s of each %s of %lldx%lld", op == TN_MAX ? "maximum" : "sum",
           axes & 1 ? "column" : "row", (long long)rows, (long long)columns);
  bench_row(name, "ns/element", ns, SAMPLES);
  printf("\t\n");
}

static void reductions(void) {
  static const int64_t columns[] = {16, 20, 64};
  for (int i = 0; i < 3; i++) reduction(TN_SUM, 4096, columns[i], 1), reduction(TN_MAX, 4096, columns[i], 1);
  reduction(TN_SUM, 64, 256, 2), reduction(TN_MAX, 64, 256, 2);
  reduction(TN_SUM, 64, 100, 2), reduction(TN_MAX, 64, 100, 2);
}

/* ---- plan passes ---- */

static ag_ref scaled(ag_graph *g, ag_ref x, double a) { return ag_scale(g, x, a); }

/* Parameter, moments, gradient [1000, 512] and a factor a row: what nn_adam appends for the first kernel. */
static void build_update(ag_graph *g) {
  const int64_t shape[] = {1000, 512}, rows[] = {1000, 1};
  ag_ref p = ag_state(g, "p", TN_F32, 2, shape), m = ag_state(g, "m", TN_F32, 2, shape),
         v = ag_state(g, "v", TN_F32, 2, shape);
  ag_ref w = ag_input(g, "w", TN_F32, 2, shape), f = ag_input(g, "f", TN_F32, 2, rows),
         u = scaled(g, p, 1e-10);
  ag_ref d = ag_add(g, ag_add(g, ag_add(g, u, u), ag_mul(g, p, f)), w);
  ag_ref m1 = ag_add(g, scaled(g, m, 0.9), scaled(g, d, 0.1));
  ag_ref v1 = ag_add(g, scaled(g, v, 0.999), scaled(g, ag_square(g, d), 0.001));
  ag_ref change =
      ag_div(g, ag_mul(g, ag_input(g, "rate", TN_F32, 0, NULL), m1), ag_offset(g, ag_sqrt(g, v1), 1e-7));
  ag_assign(g, m, m1), ag_assign(g, v, v1), ag_assign(g, p, ag_sub(g, p, change));
}

static void update(const char *name, unsigned flags) {
  ag_graph *g;
  ag_plan *plan;
  ag_run *run;
  tn_array memory[8] = {0};
  double us[SAMPLES];
  check(ag_graph_new(NULL, &g), "graph");
  build_update(g);
  check(ag_compile(g, NULL, 0, flags | AG_WITH_EFFECTS, &plan), ag_error(g));
  check(ag_run_new(plan, 1, &run), "run");
  for (int i = 0; i < ag_plan_leaf_count(plan); i++) {
    ag_type t = ag_plan_leaf_type(plan, i);
    check(tn_array_new(NULL, t.dtype, t.rank, t.shape, &memory[i]), "memory");
    tn_fill(memory[i].view, 1e-3);
    check(ag_run_bind(run, i, memory[i].view), "bind");
  }
  for (int s = 0; s < SAMPLES; s++) {
    double start = bench_now();
    check(ag_run_step(run, (tn_rng){0}), "step");
    us[s] = (bench_now() - start) * 1e6;
  }
  bench_row(name, "us", us, SAMPLES);
  printf("\t%d steps\n", ag_plan_step_count(plan));
  for (int i = 0; i < 8; i++) tn_array_free(&memory[i]);
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
}

/* ---- products ---- */

typedef struct product {
  int64_t m, k, n;
  bool ta, tb;
} product;

static tn_view operand(float *x, int64_t rows, int64_t columns, bool transposed) {
  if (!transposed) return tn_matrix(x, TN_F32, rows, columns);
  return tn_view_permute(tn_matrix(x, TN_F32, columns, rows), (int[]){1, 0});
}

static void plain_blis(tn_view a, tn_view b, tn_view c) {
  float one_ = 1, zero = 0;
  rntm_t runtime;
  bli_rntm_init(&runtime);
  bli_rntm_set_num_threads(1, &runtime);
  bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, c.shape[0], c.shape[1], a.shape[1], &one_, a.data,
               a.stride[0], a.stride[1], b.data, b.stride[0], b.stride[1], &zero, c.data, c.stride[0],
               c.stride[1], NULL, &runtime);
}

/* Timed with everything but the caches of the core left warm: other matrices pass through them in between. */
static void multiply(const product *p) {
  enum { JUNK = 1 << 20 };
  static float junk[JUNK];
  float *x = aligned_alloc(64, 4096 * 1024), *y = aligned_alloc(64, 4096 * 1024),
        *z = aligned_alloc(64, 4096 * 1024);
  double ours[SAMPLES], theirs[SAMPLES], flops = 2.0 * (double)(p->m * p->n * p->k);
  if (!x || !y || !z) exit(1);
  for (int i = 0; i < 1024 * 1024; i++) x[i] = (float)(i % 7), y[i] = (float)(i % 5), z[i] = 0;
  tn_view a = operand(x, p->m, p->k, p->ta), b = operand(y, p->k, p->n, p->tb),
          c = tn_matrix(z, TN_F32, p->m, p->n);
  for (int s = 0; s < SAMPLES; s++) {
    for (int i = 0; i < JUNK; i++) junk[i] += 1;
    double start = bench_now();
    tn_gemm(1, a, b, 0, c, 1);
    ours[s] = (bench_now() - start) * 1e6;
    for (int i = 0; i < JUNK; i++) junk[i] += 1;
    start = bench_now();
    plain_blis(a, b, c);
    theirs[s] = (bench_now() - start) * 1e6;
  }
  char name[64];
  snprintf(name, sizeof name, "product %dx%dx%d%s%s", (int)p->m, (int)p->k, (int)p->n, p->ta ? " A'" : "",
           p->tb ? " B'" : "");
  bench_row(name, "us", ours, SAMPLES);
  bench_sort(theirs, SAMPLES);
  printf("\t%.4g GFLOP/s; BLIS %.4g us\n", flops / ours[SAMPLES / 2] * 1e-3, theirs[SAMPLES / 2]);
  free(x), free(y), free(z);
}

int main(void) {
  static const product products[] = {{32, 1000, 512, 0, 0}, {32, 512, 128, 0, 0}, {32, 128, 2, 0, 0},
                                     {32, 2, 128, 0, 0},    {32, 128, 512, 0, 0}, {32, 512, 16, 0, 0},
                                     {32, 25, 512, 0, 0},   {32, 16, 512, 0, 1},  {32, 512, 128, 0, 1},
                                     {32, 128, 512, 0, 1},  {32, 2, 128, 0, 1},   {1000, 32, 512, 1, 0},
                                     {512, 32, 128, 1, 0},  {128, 32, 512, 1, 0}, {512, 32, 16, 1, 0},
                                     {128, 32, 2, 1, 0},    {25, 32, 512, 1, 0},  {256, 1000, 512, 0, 0}};
  printf("what\tunit\tmedian\tmin\tmax\tnote\n");
  for (int i = 0; i < ag_op_count; i++)
    if (ag_ops[i]->kind == AG_ELEMENTWISE && ag_ops[i]->f32) kernel(ag_ops[i]);
  reductions();
  update("adam, all passes", 0);
  update("adam, not combined", AG_NO_COMBINE);
  update("adam, not fused", AG_NO_FUSE);
  for (size_t i = 0; i < sizeof products / sizeof *products; i++) multiply(&products[i]);
  return 0;
}
