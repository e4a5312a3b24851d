/* nn.h - neural networks: layers, losses, penalties, optimizers, data, training, files.
 *
 * A network is a function that appends nodes to a graph. The model calls it once per mode and batch size,
 * remembers the named parameters it met, and caches the compiled plans. Values live in a state, apart from
 * the model, so that many replicas (folds, restarts) share one model.
 *
 *     static void network(nn_model *m, void *ctx) {
 *       ag_graph *g = nn_graph(m);
 *       ag_ref x = nn_input(m, "genes", 1, (int64_t[]){1000}), y = nn_input(m, "ephys", 1, (int64_t[]){16});
 *       ag_ref h = ag_elu(g, nn_dense(m, "encoder/0", x, 512, NULL), 1.0);
 *       ag_ref mse = nn_mse(m, nn_dense(m, "readout", h, 16, NULL), y);
 *       nn_report(m, "mse", mse);
 *       ag_ref loss = ag_add(g, mse, nn_group_lasso(m, "encoder/0/kernel", 0.1));
 *       nn_freeze(m, "readout/bias");
 *       nn_adam(m, loss, &(nn_adam_options){.lr = 1e-4});
 *     }
 *
 *   names    "encoder/0/kernel"; globs match with '*' (any characters, also '/'), '?', '[01]'
 *   errors   building is sticky, as in autograd.h, and nn_error(m) has the sentence; of calls that take a
 *            state, nn_state_error(s)
 *   threads  a model may be shared: plans are built under its lock, or ahead by nn_prepare; a state belongs
 *            to one thread at a time */
#ifndef NABLA_NN_H
#define NABLA_NN_H

#include "../autograd/autograd.h"
#include "../tensor/files/csv.h"
#include "../tensor/files/npy.h"
#include "../tensor/files/read.h"
#include "data/data.h"
#include "data/folds.h"
#include "data/standardize.h"
#include "files/checkpoint.h"
#include "files/import.h"
#include "files/tensor_file.h"
#include "init/init.h"
#include "layers/layers.h"
#include "losses/losses.h"
#include "metrics/metrics.h"
#include "model/model.h"
#include "model/network.h"
#include "model/state.h"
#include "model/summary.h"
#include "model/text.h"
#include "optim/optim.h"
#include "penalties/penalties.h"
#include "prox/operators.h"
#include "solve/lbfgs.h"
#include "solve/least_squares.h"
#include "solve/newton.h"
#include "solve/solve_model.h"
#include "train/callbacks.h"
#include "train/evaluate.h"
#include "train/fit.h"
#include "train/history.h"
#include "train/plateau.h"
#include "train/replicas.h"
#include "train/schedule.h"
#include "train/trainer.h"
#include "train/weights.h"

#endif
