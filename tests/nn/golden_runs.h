/* golden_runs.h - the narrow sparse bottleneck networks of golden/trajectory.py: network, initial values, data. */
#ifndef GOLDEN_RUNS_H
#define GOLDEN_RUNS_H

#include "nn/nn.h"

#include <math.h>
#include <stdio.h>

enum { GENES = 12, TARGETS = 3, CLASSES = 5, BATCH = 8, STEPS = 10, ROWS = BATCH * STEPS, LAYERS = 6 };

/* ---- the network ------------------------------------------------------------------------------------- */

typedef struct trajectory {
  const char *file;
  bool softmax;      /* a head of CLASSES with cross-entropy, else TARGETS with the squared error */
  int frozen_layers; /* from the bottom */
} trajectory;

static const trajectory REGRESSION = {.file = "regression.tsv"};
static const trajectory PRETRAINING = {.file = "pretraining.tsv", .softmax = true};
static const trajectory FROZEN = {.file = "frozen.tsv", .frozen_layers = 2};

static const struct {
  const char *name;
  int64_t units; /* 0: the head's */
  bool elu;
} LAYER[LAYERS] = {{"encoder/0", 10, true}, {"encoder/1", 6, true},  {"encoder/2", 2, false},
                   {"decoder/0", 6, true},  {"decoder/1", 10, true}, {"readout", 0, false}};

static inline int64_t head_units(const trajectory *t) { return t->softmax ? CLASSES : TARGETS; }

/* A kernel or a bias: parameter i of 2 * LAYERS. */
typedef struct parameter {
  char name[32], gradient[48];
  int rank;
  int64_t shape[2];
} parameter;

static inline parameter parameter_of(const trajectory *t, int i) {
  int layer = i / 2;
  int64_t in = layer == 0 ? GENES : LAYER[layer - 1].units;
  int64_t out = layer == LAYERS - 1 ? head_units(t) : LAYER[layer].units;
  bool kernel = i % 2 == 0;
  parameter p = {.rank = kernel ? 2 : 1, .shape = {kernel ? in : out, kernel ? out : 0}};
  snprintf(p.name, sizeof p.name, "%s/%s", LAYER[layer].name, kernel ? "kernel" : "bias");
  snprintf(p.gradient, sizeof p.gradient, "gradient/%s", p.name);
  return p;
}

/* Adds the gradients to the graph, as assigns to buffers of the state, beside the training step. */
static inline void network(nn_model *m, void *ctx) {
  const trajectory *t = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref h = nn_input(m, "genes", 1, (int64_t[]){GENES});
  ag_ref y = nn_input(m, "targets", 1, (int64_t[]){head_units(t)});
  for (int i = 0; i < LAYERS; i++) {
    h = nn_dense(m, LAYER[i].name, h, i == LAYERS - 1 ? head_units(t) : LAYER[i].units, NULL);
    if (LAYER[i].elu) h = ag_elu(g, h, 1.0);
  }
  for (int i = 0; i < t->frozen_layers; i++) {
    char glob[32];
    snprintf(glob, sizeof glob, "%s/*", LAYER[i].name);
    nn_freeze(m, glob);
  }

  ag_ref fit = t->softmax ? nn_softmax_cross_entropy(m, h, y) : nn_mse(m, h, y);
  ag_ref lasso = nn_group_lasso(m, "encoder/0/kernel", 0.1);
  ag_ref l2 =
      ag_add(g, nn_l2(m, "*/kernel", 1e-10), nn_l2(m, t->softmax ? "*/bias" : "*coder/?/bias", 1e-10));
  ag_ref loss = ag_add(g, ag_add(g, fit, lasso), l2);
  nn_report(m, "loss", loss);
  nn_report(m, "fit", fit);
  nn_report(m, "lasso", lasso);
  nn_report(m, "l2", l2);
  if (nn_mode_of(m) == NN_EVAL) return;

  for (int i = 2 * t->frozen_layers; i < 2 * LAYERS; i++) {
    parameter p = parameter_of(t, i);
    ag_ref value = nn_parameter(m, p.name, p.rank, p.shape, NN_ZEROS), gradient;
    ag_grad(g, loss, &value, 1, &gradient);
    ag_assign(g, nn_buffer(m, p.gradient, p.rank, p.shape, 0.0), gradient);
  }
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3});
}

/* ---- initial values and data: as in trajectory.py ---------------------------------------------------- */

static inline double draw(uint64_t *generator) {
  *generator = *generator * 6364136223846793005u + 1442695040888963407u;
  return (double)(*generator >> 11) * 0x1p-52 - 1.0;
}

static inline void initial_values(const trajectory *t, tn_view values[2 * LAYERS]) {
  uint64_t generator = 1;
  for (int i = 0; i < 2 * LAYERS; i++) {
    parameter p = parameter_of(t, i);
    double scale = p.rank == 2 ? sqrt(6.0 / (double)(p.shape[0] + p.shape[1])) : 0.1;
    for (int64_t k = 0; k < tn_view_numel(&values[i]); k++) tn_set(&values[i], k, draw(&generator) * scale);
  }
  tn_fill(tn_view_slice(values[0], 0, GENES - 1, 1, 1), 0.0);
}

typedef struct data {
  double genes[ROWS][GENES], targets[ROWS][TARGETS], labels[ROWS][CLASSES];
} data;

static inline void make_data(data *d) {
  uint64_t generator = 2;
  *d = (data){0};
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < GENES; c++) d->genes[r][c] = 1.5 * draw(&generator);
  for (int r = 0; r < ROWS; r++) d->genes[r][GENES - 1] = 0.0;
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < TARGETS; c++) d->targets[r][c] = 1.5 * draw(&generator);
  for (int r = 0; r < ROWS; r++) d->labels[r][(int)((draw(&generator) + 1.0) * (CLASSES / 2.0))] = 1.0;
}

static inline tn_view genes_of(data *d) { return tn_matrix(d->genes, TN_F64, ROWS, GENES); }

static inline tn_view targets_of(const trajectory *t, data *d) {
  return tn_matrix(t->softmax ? (void *)d->labels : (void *)d->targets, TN_F64, ROWS, head_units(t));
}

#endif
