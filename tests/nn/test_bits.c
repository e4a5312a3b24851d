/* One hash of all bits that the golden runs leave: states and reports of the networks of golden/trajectory.py,
 * of a wide one whose products are divided among threads, and of one of usual layers, in f32 and f64. It must
 * be the same for any number of threads, the same under AVX2 and AVX-512, and the one that is stored in
 * golden/bits.tsv: one for instruction sets with fused multiply-adds, one for those without. `./dev bits`
 * compares compilers and levels of optimisation, and reads what is printed here. */
#include "golden_runs.h"
#include "tensor/isa.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE_IN = 300, WIDE_OUT = 40, WIDE_ROWS = 512, SIDE = 12, IMAGES = 24, KINDS = 4, COLUMNS = 2 };

/* ---- networks ---- */

static void wide_network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){WIDE_IN}), y = nn_input(m, "y", 1, (int64_t[]){WIDE_OUT});
  ag_ref h = ag_elu(g, nn_dense(m, "encoder/0", nn_dropout(m, "drop", x, 0.2), 128, NULL), 1);
  h = nn_gaussian_noise(m, "noise", nn_dense(m, "encoder/1", h, 2, NULL), 0.1);
  h = ag_elu(g, nn_dense(m, "decoder/0", h, 128, NULL), 1);
  ag_ref fit = nn_mse(m, nn_dense(m, "readout", h, WIDE_OUT, NULL), y);
  ag_ref lasso = nn_group_lasso(m, "encoder/0/kernel", 0.01);
  nn_report(m, "fit", fit);
  nn_report(m, "lasso", lasso);
  nn_adam(m, ag_add(g, ag_add(g, fit, lasso), nn_l2(m, "*/kernel", 1e-4)), &(nn_adam_options){.lr = 1e-3});
}

static void layered_network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 3, (int64_t[]){SIDE, SIDE, 3}), y = nn_input(m, "y", 1, (int64_t[]){KINDS});
  const nn_conv_options strided = {.conv = {.stride = {2, 2}}};
  ag_ref h = ag_gelu(g, nn_conv(m, "conv", x, 8, (int64_t[]){3, 3}, &strided));
  const ag_type t = ag_type_of(g, h);
  h = ag_reshape(g, h, 3, (int64_t[]){t.shape[0], t.shape[1] * t.shape[2], t.shape[3]});
  h = nn_attention(m, "attention", nn_layer_norm(m, "norm", h, NULL), 2, NULL);
  h = nn_gru(m, "gru", h, 6, NULL);
  ag_ref loss = nn_softmax_cross_entropy(m, nn_dense(m, "head", nn_flatten(m, h), KINDS, NULL), y);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-2});
}

/* ---- runs ---- */

/* A network, its data, what its training starts from. */
typedef struct run {
  nn_network *network;
  const trajectory *golden; /* NULL: not one of them */
  int64_t batch, rows;
  int epochs, rank;
  int64_t in[3], out;
} run;

static const run runs[] = {
    {network, &REGRESSION, BATCH, ROWS, 1, 1, {GENES}, TARGETS},
    {network, &PRETRAINING, BATCH, ROWS, 1, 1, {GENES}, CLASSES},
    {network, &FROZEN, BATCH, ROWS, 1, 1, {GENES}, TARGETS},
    {wide_network, NULL, 128, WIDE_ROWS, 2, 1, {WIDE_IN}, WIDE_OUT},
    {layered_network, NULL, 8, IMAGES, 2, 3, {SIDE, SIDE, 3}, KINDS},
};
enum { RUNS = sizeof runs / sizeof *runs };

static bool add_reports(void *ctx, const nn_epoch *e) {
  uint64_t *hash = ctx;
  *hash = tn_hash(*hash, e->train, (size_t)e->n_reports * sizeof *e->train);
  return true;
}

#define OK(call) cr_assert_eq((call), TN_OK, #call)

static tn_array converted(tn_view from, tn_dtype dtype) {
  tn_array a;
  OK(tn_array_new(NULL, dtype, from.rank, from.shape, &a));
  tn_copy(a.view, from);
  return a;
}

/* Values that no library computes: uniform in [-1, 1), or one-hot rows. */
static tn_array drawn(tn_dtype dtype, int rank, const int64_t *shape, bool one_hot) {
  tn_array a;
  uint64_t generator = 3;
  OK(tn_array_new(NULL, dtype, rank, shape, &a));
  tn_fill(a.view, 0);
  const int64_t n = tn_view_numel(&a.view), width = shape[rank - 1];
  for (int64_t i = 0; i < n; i += one_hot ? width : 1) {
    const double u = draw(&generator);
    if (one_hot) tn_set(&a.view, i + (int64_t)((u + 1) * 0.5 * (double)width), 1);
    else tn_set(&a.view, i, u);
  }
  return a;
}

static void make_columns(const run *r, tn_dtype dtype, tn_array columns[COLUMNS]) {
  int64_t shape[4] = {r->rows, r->in[0], r->in[1], r->in[2]};
  data d;
  if (r->golden) {
    make_data(&d);
    columns[0] = converted(genes_of(&d), dtype), columns[1] = converted(targets_of(r->golden, &d), dtype);
    return;
  }
  columns[0] = drawn(dtype, r->rank + 1, shape, false);
  columns[1] = drawn(dtype, 2, (int64_t[]){r->rows, r->out}, r->rank > 1);
}

static void set_initial(const run *r, nn_state *s) {
  nn_state_init(s, 1, 0);
  tn_view values[2 * LAYERS];
  if (!r->golden) return;
  for (int i = 0; i < 2 * LAYERS; i++)
    cr_assert(nn_state_find(s, parameter_of(r->golden, i).name, &values[i]));
  initial_values(r->golden, values);
}

static uint64_t hash_run(const run *r, tn_dtype dtype, int threads, uint64_t hash) {
  const nn_model_options options = {.dtype = dtype, .batch = r->batch, .threads = threads};
  nn_model *m = NULL;
  nn_state *s;
  nn_data *d;
  tn_array columns[COLUMNS];
  cr_assert_eq(nn_model_new(&options, r->network, (void *)(uintptr_t)r->golden, &m), TN_OK, "%s",
               nn_error(m));
  OK(nn_state_new(m, &s));
  set_initial(r, s);
  make_columns(r, dtype, columns);
  OK(nn_data_new(NULL, &d));
  OK(nn_data_add(d, r->golden ? "genes" : "x", columns[0].view));
  OK(nn_data_add(d, r->golden ? "targets" : "y", columns[1].view));
  const nn_fit_options fit = {
      .epochs = r->epochs, .keep_order = r->golden, .on_epoch = add_reports, .on_epoch_ctx = &hash};
  nn_fit_result result;
  cr_assert_eq(nn_fit(m, s, d, (nn_split){0}, &fit, &result), TN_OK, "%s", result.message);
  for (int i = 0; i < nn_state_count(s); i++) {
    tn_view v = nn_state_view(s, i);
    hash = tn_hash(hash, v.data, tn_view_bytes(&v));
  }
  nn_data_free(d);
  for (int i = 0; i < COLUMNS; i++) tn_array_free(&columns[i]);
  nn_state_free(s);
  nn_model_free(m);
  return hash;
}

static uint64_t hash_all(int threads) {
  uint64_t hash = TN_HASH_START;
  for (int i = 0; i < RUNS; i++)
    for (tn_dtype dtype = TN_F32; dtype <= TN_F64; dtype++) hash = hash_run(&runs[i], dtype, threads, hash);
  return hash;
}

/* ---- what is stored ---- */

/* In f64 the elementwise functions are libm's, which has other last bits in other versions and on CPUs
 * without fused multiply-adds. */
static uint64_t hash_libm(void) {
  double (*volatile const functions[])(double) = {exp, expm1, log, log1p, tanh, sin, cos, sqrt, erf};
  uint64_t hash = TN_HASH_START, generator = 5;
  for (int i = 0; i < 4000; i++) {
    const double x = fabs(draw(&generator)) * (i % 4 ? 1 : 10);
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
      const double y = functions[k](x);
      hash = tn_hash(hash, &y, sizeof y);
    }
  }
  return hash;
}

/* 0: the table has no such row. */
static uint64_t stored(const char *name) {
  char path[4096], line[256], word[32], digits[32];
  uint64_t hash = 0;
  snprintf(path, sizeof path, "%s/tests/golden/bits.tsv", NABLA_SOURCE_DIR);
  FILE *f = fopen(path, "r");
  cr_assert_not_null(f, "cannot read %s", path);
  while (fgets(line, sizeof line, f))
    if (sscanf(line, "%31[a-z]\t%31[0-9a-f]", word, digits) == 2 && strcmp(word, name) == 0)
      hash = strtoull(digits, NULL, 16);
  fclose(f);
  return hash;
}

static const char *class_of(tn__isa isa) { return isa == TN__BASELINE ? "baseline" : "fma"; }

/* All numbers of threads under one instruction set. */
static uint64_t hash_of_isa(tn__isa isa) {
  static const int threads[] = {1, 2, 3, 8};
  const tn__isa used = tn__isa_used;
  uint64_t first = 0;
  tn__isa_used = isa;
  for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
    const uint64_t hash = hash_all(threads[i]);
    fprintf(stderr, "bits\t%s\t%s\t%d\t%016llx\n", tn_simd_name(), class_of(isa), threads[i],
            (unsigned long long)hash);
    if (i == 0) first = hash;
    cr_expect_eq(hash, first, "%s: %d threads give other bits than one", tn_simd_name(), threads[i]);
  }
  tn__isa_used = used;
  return first;
}

Test(bits, golden_runs) {
  const uint64_t libm = hash_libm();
  const bool comparable = libm == stored("libm");
  uint64_t of_class[2] = {0}; /* by: has fused multiply-adds */
  fprintf(stderr, "bits\tlibm\tlibm\t1\t%016llx\n", (unsigned long long)libm);
  for (tn__isa isa = TN__BASELINE; isa <= TN__NEON; isa++) {
    if (!tn__isa_runs(isa)) {
      if (isa != TN__NEON)
        fprintf(stderr, "bits\t%s\tSKIPPED: this CPU has none\n", isa == TN__AVX2 ? "avx2" : "avx512");
      continue;
    }
    const uint64_t hash = hash_of_isa(isa);
    uint64_t *of = &of_class[isa != TN__BASELINE];
    if (*of) cr_expect_eq(hash, *of, "instruction set %d gives other bits than the one before", (int)isa);
    *of = hash;
    if (comparable)
      cr_expect_eq(hash, stored(class_of(isa)), "%s: %016llx is not what golden/bits.tsv has", class_of(isa),
                   (unsigned long long)hash);
  }
  if (!comparable)
    cr_skip_test("the C library's functions have other bits than those that golden/bits.tsv was made with: "
                 "compared were threads and instruction sets only");
}
