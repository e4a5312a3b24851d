/* rows.h - the tables of layers, losses and metrics as one array, and a row's sample as a model with data. */
#ifndef TEST_NN_ROWS_H
#define TEST_NN_ROWS_H

#include "test_nn.h"

#define NN_LAYER(name)  extern const nn_row nn_layer_##name;
#define NN_LOSS(name)   extern const nn_row nn_loss_##name;
#define NN_METRIC(name) extern const nn_row nn_metric_##name;
#include "nn/layers/layers.h"
#include "nn/losses/losses.h"
#include "nn/metrics/metrics.h"
#undef NN_LAYER
#undef NN_LOSS
#undef NN_METRIC

static const nn_row *const rows[] = {
#define NN_LAYER(name)  &nn_layer_##name,
#define NN_LOSS(name)   &nn_loss_##name,
#define NN_METRIC(name) &nn_metric_##name,
#include "nn/layers/layers.h"
#include "nn/losses/losses.h"
#include "nn/metrics/metrics.h"
#undef NN_LAYER
#undef NN_LOSS
#undef NN_METRIC
};

#define EACH_SAMPLE(row, s)                                                                                  \
  for (size_t row##_i = 0; row##_i < sizeof rows / sizeof *rows; row##_i++)                                  \
    for (const nn_row *row = rows[row##_i]; row; row = NULL)                                                 \
      for (const nn_sample *s = row->samples; s < row->samples + row->n_samples; s++)

/* A sample on stage: its network calls it on columns "in0", "in1", ... and minimizes the mean of what it
 * gives. */
typedef struct stage {
  const nn_row *row;
  const nn_sample *s;
  tn_array in[NN_SAMPLE_INPUTS];
  nn_data *d;
  nn_model *m;
  ag_type out[2]; /* by mode */
} stage;

static inline const char *input_name(int i) {
  static const char *const names[NN_SAMPLE_INPUTS] = {"in0", "in1", "in2", "in3"};
  return names[i];
}

static inline tn_dtype input_dtype(const nn_sample *s, int i, tn_dtype model) {
  return s->in[i].dtype == TN_F32 ? model : s->in[i].dtype;
}

static inline void stage_network(nn_model *m, void *ctx) {
  stage *t = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref in[NN_SAMPLE_INPUTS];
  for (int i = 0; i < t->s->n_in; i++)
    in[i] = nn_input_typed(m, input_name(i), input_dtype(t->s, i, nn_dtype(m)), t->s->in[i].rank - 1,
                           t->s->in[i].shape + 1);
  ag_ref y = t->s->build(m, in), factor = nn_parameter(m, "harness", 0, NULL, NN_ONES);
  ag_type type = t->out[nn_mode_of(m)] = ag_type_of(g, y);
  ag_ref mean = ag_mul(g, factor, ag_mean_all(g, y));
  if (type.rank && type.shape[0] == nn_batch(m)) nn_output(m, "y", y);
  nn_report(m, "mean", mean);
  if (t->s->order >= 0) nn_sgd(m, mean, &(nn_sgd_options){.lr = 0.01});
}

/* Uniform over the sample's domain; integers with both ends. */
static inline void draw_input(const nn_sample *s, int i, tn_view out) {
  double low = s->in[i].low, high = s->in[i].high;
  bool whole = s->in[i].dtype != TN_F32;
  if (low == 0 && high == 0) low = whole ? 0 : -2, high = whole ? 3 : 2;
  tn_rng rng = {.seed = 7, .stream = tn_stream(s->name), .step = (uint32_t)i};
  for (int64_t k = 0; k < tn_view_numel(&out); k++) {
    double unit = (double)(tn_rng_u64(rng, (uint64_t)k) >> 11) * 0x1p-53;
    tn_set(&out, k, whole ? floor(low + (high + 1 - low) * unit) : low + (high - low) * unit);
  }
}

/* The inputs as data; no model yet. */
static inline void open_data(stage *t, const nn_row *row, const nn_sample *s, tn_dtype dtype) {
  *t = (stage){.row = row, .s = s};
  OK(nn_data_new(NULL, &t->d));
  for (int i = 0; i < s->n_in; i++) {
    OK(tn_array_new(NULL, input_dtype(s, i, dtype), s->in[i].rank, s->in[i].shape, &t->in[i]));
    draw_input(s, i, t->in[i].view);
    OK(nn_data_add(t->d, input_name(i), t->in[i].view));
  }
}

static inline nn_model_options stage_options(const stage *t, tn_dtype dtype, const tn_alloc *alloc) {
  int64_t batch = t->s->in[0].shape[0];
  return (nn_model_options){.alloc = alloc, .dtype = dtype, .batch = batch, .eval_batch = batch};
}

static inline void open_stage(stage *t, const nn_row *row, const nn_sample *s, tn_dtype dtype) {
  open_data(t, row, s, dtype);
  nn_model_options o = stage_options(t, dtype, NULL);
  tn_status status = nn_model_new(&o, stage_network, t, &t->m);
  cr_assert_eq(status, TN_OK, "%s, %s: %s", row->name, s->name, nn_error(t->m));
}

static inline void close_stage(stage *t) {
  nn_model_free(t->m);
  nn_data_free(t->d);
  for (int i = 0; i < t->s->n_in; i++) tn_array_free(&t->in[i]);
}

/* Initial values, moved a little so that no bias is 0 and no scale 1. Buffers stay. */
static inline nn_state *moved_state(nn_model *m) {
  nn_state *s = make_state(m, 5);
  for (size_t k = 0; k < m->n_variables; k++) {
    tn_view v = nn__view(s, &m->variables[k]);
    if (m->variables[k].kind != NN__PARAMETER) continue;
    for (int64_t i = 0; i < tn_view_numel(&v); i++) {
      uint64_t word = tn_rng_u64((tn_rng){.seed = 9, .stream = (uint32_t)k}, (uint64_t)i);
      tn_set(&v, i, tn_get(&v, i) + 0.3 * ((double)(word >> 11) * 0x1p-53 - 0.5));
    }
  }
  return s;
}

/* ---- a sample in a graph of one's own: the model lends its names ----------------------------------------
 */

static inline void lend(nn_model *m, ag_graph *g, nn_mode mode, int64_t batch) {
  m->graph = g;
  m->mode = mode;
  m->rows = batch;
  m->build++;
  m->n_scopes = 0;
}

/* The k-th variable of the model is this value in the present build. */
static inline void stand_in(nn_model *m, size_t k, ag_ref value) {
  m->variables[k].build = m->build;
  m->variables[k].frozen = false;
  m->variables[k].ref = value;
}

/* Variables whose values the caller supplies: parameters, and buffers unless the sample assigns to them. */
static inline bool lent(const nn__variable *v, bool buffers) {
  if (!strcmp(v->name, "harness")) return false;
  return v->kind == NN__PARAMETER || (v->kind == NN__BUFFER && buffers);
}

/* Only a state can be assigned to: where inputs stand in for the buffers, building fails if the sample does so. */
static inline bool assigns_buffers(stage *t, nn_mode mode) {
  ag_ref in[NN_SAMPLE_INPUTS];
  ag_graph *g;
  OK(ag_graph_new(NULL, &g));
  lend(t->m, g, mode, t->s->in[0].shape[0]);
  for (int i = 0; i < t->s->n_in; i++)
    in[i] = ag_input(g, input_name(i), t->in[i].view.dtype, t->in[i].view.rank, t->in[i].view.shape);
  for (size_t k = 0; k < t->m->n_variables; k++) {
    const nn__variable *v = &t->m->variables[k];
    if (lent(v, true)) stand_in(t->m, k, ag_input(g, v->name, v->type.dtype, v->type.rank, v->type.shape));
  }
  t->s->build(t->m, in);
  bool assigns = ag_status(g) != TN_OK;
  t->m->graph = NULL;
  ag_graph_free(g);
  return assigns;
}

#endif
