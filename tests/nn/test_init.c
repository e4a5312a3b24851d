/* Initializers: what they promise of the numbers, and which parameter starts by which. */
#include "test_nn.h"

typedef struct start {
  int rank;
  int64_t shape[4];
  nn_initializer rule;
} start;

static void one_parameter(nn_model *m, void *ctx) {
  const start *s = ctx;
  nn_parameter_as(m, "w", s->rank, s->shape, s->rule);
}

typedef struct moments {
  double mean, sd, low, high;
} moments;

static moments moments_of(tn_dtype dtype, nn_initializer rule) {
  start s = {2, {300, 100}, rule};
  moments r = {.low = INFINITY, .high = -INFINITY};
  nn_model *m = make_model(&(nn_model_options){.dtype = dtype}, one_parameter, &s);
  nn_state *state = make_state(m, 5);
  double squares = 0, n = 300 * 100;
  for (int64_t i = 0; i < 300 * 100; i++) {
    double x = value_at(state, "w", i);
    r.mean += x / n;
    r.low = fmin(r.low, x), r.high = fmax(r.high, x);
  }
  for (int64_t i = 0; i < 300 * 100; i++) squares += pow(value_at(state, "w", i) - r.mean, 2);
  r.sd = sqrt(squares / n);
  nn_state_free(state);
  nn_model_free(m);
  return r;
}

Test(init, statistics) {
  const double cut = 0.87962566103423978, fan = 200, root = sqrt(1.5 / 300);
  const struct {
    nn_initializer rule;
    double mean, sd, low, high;
  } cases[] = {
      {nn_init_constant(0.3), 0.3, 0, 0.3, 0.3},
      {nn_init_normal(1, 0.5), 1, 0.5, -INFINITY, INFINITY},
      {nn_init_uniform(-1, 3), 1, 4 / sqrt(12), -1, 3},
      {nn_init_truncated_normal(1, 0.5), 1, 0.5 * cut, 0, 2},
      {nn_init_variance_scaling(1.5, NN_FAN_IN, NN_SPREAD_TRUNCATED_NORMAL), 0, root, -2 * root / cut,
       2 * root / cut},
      {nn_init_variance_scaling(2, NN_FAN_OUT, NN_SPREAD_NORMAL), 0, sqrt(2. / 100), -INFINITY, INFINITY},
      {nn_init_variance_scaling(1, NN_FAN_AVERAGE, NN_SPREAD_UNIFORM), 0, sqrt(1 / fan), -sqrt(3 / fan),
       sqrt(3 / fan)}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    for (tn_dtype dtype = TN_F32; dtype <= TN_F64; dtype++) {
      moments r = moments_of(dtype, cases[c].rule);
      double sd = fmax(cases[c].sd, 1e-6);
      cr_expect_float_eq(r.mean, cases[c].mean, 0.02 * sd, "%zu: mean %g", c, r.mean);
      cr_expect_float_eq(r.sd, cases[c].sd, 0.02 * sd, "%zu: sd %g", c, r.sd);
      cr_expect(r.low >= cases[c].low - 1e-6 && r.high <= cases[c].high + 1e-6, "%zu: %g to %g", c, r.low,
                r.high);
      if (isfinite(cases[c].high)) cr_expect_geq(r.high, cases[c].high - 0.02 * sd);
    }
  }
}

/* The shorter side is orthonormal, times the gain. */
Test(init, orthogonal) {
  const start cases[] = {{2, {20, 7}, nn_init_orthogonal(1)},
                         {2, {7, 20}, nn_init_orthogonal(1.5)},
                         {2, {64, 64}, nn_init_orthogonal(1)},
                         {4, {3, 2, 4, 5}, nn_init_orthogonal(2)},
                         {1, {5}, nn_init_orthogonal(1)}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    for (tn_dtype dtype = TN_F32; dtype <= TN_F64; dtype++) {
      nn_model *m = make_model(&(nn_model_options){.dtype = dtype}, one_parameter, (void *)&cases[c]);
      nn_state *s = make_state(m, 5);
      int64_t columns = cases[c].shape[cases[c].rank - 1];
      int64_t rows = tn_numel(cases[c].rank, cases[c].shape) / columns, n = rows < columns ? rows : columns;
      double gain = cases[c].rule.args[0], worst = 0;
      for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
          double dot = 0;
          for (int64_t k = 0; k < (rows < columns ? columns : rows); k++)
            dot += rows <= columns ? value_at(s, "w", i * columns + k) * value_at(s, "w", j * columns + k)
                                   : value_at(s, "w", k * columns + i) * value_at(s, "w", k * columns + j);
          worst = fmax(worst, fabs(dot - (i == j ? gain * gain : 0)));
        }
      }
      cr_expect(worst < (dtype == TN_F32 ? 2e-6 : 1e-14), "%zu: %g", c, worst);
      nn_state_free(s);
      nn_model_free(m);
    }
  }
}

Test(init, identity) {
  start flat = {2, {2, 3}, nn_init_identity(2)}, field = {3, {3, 2, 2}, nn_init_identity(1)};
  const double flat_want[] = {2, 0, 0, 0, 2, 0}, field_want[] = {0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0};
  for (int c = 0; c < 2; c++) {
    nn_model *m = make_model(NULL, one_parameter, c ? &field : &flat);
    nn_state *s = make_state(m, 1);
    for (int i = 0; i < (c ? 12 : 6); i++) cr_expect_eq(value_at(s, "w", i), (c ? field_want : flat_want)[i]);
    nn_state_free(s);
    nn_model_free(m);
  }
}

/* ---- by glob ------------------------------------------------------------------------------------------- */

static void two_layers(nn_model *m, void *ctx) {
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN});
  nn_dense(m, "b", nn_dense(m, "a", x, HIDDEN, NULL), OUT, NULL);
  nn_initialize(m, ctx ? "c/*" : "*/bias", nn_init_constant(0.25));
}

Test(init, by_glob) {
  nn_model *m = make_model(NULL, two_layers, NULL);
  nn_state *s = make_state(m, 1);
  cr_expect_eq(value_at(s, "a/bias", 0), 0.25);
  cr_expect_eq(value_at(s, "b/bias", 2), 0.25);
  cr_expect_neq(value_at(s, "a/kernel", 0), 0.25);
  nn_state_free(s);
  nn_model_free(m);
  fails(two_layers, &m, TN_EINVAL, "nn_initialize: no parameter declared so far matches 'c/*'");
}
