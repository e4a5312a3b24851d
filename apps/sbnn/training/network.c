/* network.c - see network.h. */
#include "training/network.h"

#include <stdio.h>

static ag_ref dense_elu(nn_model *m, const char *stack, int layer, ag_ref x, int64_t units) {
  char name[64];
  snprintf(name, sizeof name, "%s/%d", stack, layer);
  return ag_elu(nn_graph(m), nn_dense(m, name, x, units, NULL), 1.0);
}

/* z + strength s N(0, 1), s = the sd of each unit over the batch (divisor B - 1), a constant to the gradient:
 * the network cannot make the noise small by shrinking its units, nor large by widening them. */
static ag_ref batch_noise(nn_model *m, ag_ref z, double strength) {
  int64_t batch = nn_batch(m);
  if (nn_mode_of(m) == NN_EVAL || strength == 0 || batch < 2) return z;
  ag_graph *g = nn_graph(m);
  ag_type type = ag_type_of(g, z);
  ag_ref off = ag_sub(g, z, ag_mean_axis(g, z, 0, true));
  ag_ref squares = ag_sum_axis(g, ag_square(g, off), 0, true);
  ag_ref sd = ag_detach(g, ag_sqrt(g, ag_scale(g, squares, 1.0 / (double)(batch - 1))));
  ag_ref noise = ag_normal(g, "bottleneck/noise", type.dtype, type.rank, type.shape);
  return ag_add(g, z, ag_scale(g, ag_mul(g, noise, sd), strength));
}

static ag_ref encoder(nn_model *m, const sbnn_network *n, ag_ref x) {
  x = nn_gaussian_noise(m, "input/noise", x, n->input_noise);
  for (int i = 0; i < n->n_hidden; i++) x = dense_elu(m, "encoder", i, x, n->hidden[i]);
  return nn_dense(m, "bottleneck", x, n->bottleneck, NULL);
}

static ag_ref decoder(nn_model *m, const sbnn_network *n, const char *stack, ag_ref z) {
  for (int i = 0; i < n->n_hidden; i++) z = dense_elu(m, stack, i, z, n->hidden[n->n_hidden - 1 - i]);
  return z;
}

/* Adam on the loss and the penalties. "?*" keeps clear of the readouts, whose names have no digit. */
static void train(nn_model *m, const sbnn_network *n, ag_ref loss) {
  ag_graph *g = nn_graph(m);
  for (int i = 0; i < 3; i++)
    if (n->freeze[i]) nn_freeze(m, n->freeze[i]);
  if (n->row_lasso) nn_prox_adaptive_lasso(m, "encoder/0/kernel", n->row_lasso);
  else if (n->lasso > 0 && n->proximal) nn_prox_group_lasso(m, "encoder/0/kernel", n->lasso);
  else if (n->lasso > 0) loss = ag_add(g, loss, nn_group_lasso(m, "encoder/0/kernel", n->lasso));
  if (n->l2 > 0) {
    loss = ag_add(g, loss, nn_l2(m, "*/kernel", n->l2));
    loss = ag_add(g, loss, nn_l2(m, "*/[0-9]/bias", n->l2));
    loss = ag_add(g, loss, nn_l2(m, "bottleneck/bias", n->l2));
    if (n->head == SBNN_HEAD_CLUSTERS) loss = ag_add(g, loss, nn_l2(m, "allo/clusters/bias", n->l2));
  }
  nn_adam(m, loss, &(nn_adam_options){.lr = n->lr});
}

static void clusters_head(nn_model *m, const sbnn_network *n, ag_ref h) {
  ag_ref labels = nn_input(m, "clusters", 1, &n->clusters);
  ag_ref logits = nn_dense(m, "allo/clusters", h, n->clusters, NULL);
  ag_ref loss = nn_softmax_cross_entropy(m, logits, labels);
  nn_report(m, "cross_entropy", loss);
  nn_report(m, "accuracy", nn_accuracy(m, logits, labels));
  train(m, n, loss);
}

static void responses_head(nn_model *m, const sbnn_network *n, ag_ref h) {
  ag_ref prediction = nn_dense(m, "allo/readout", h, n->responses, NULL);
  nn_output(m, "responses", prediction);
  if (n->head != SBNN_HEAD_RESPONSES) return;
  ag_ref loss = nn_mse(m, prediction, nn_input(m, "y", 1, &n->responses));
  nn_report(m, "mse", loss);
  train(m, n, loss);
}

static void genes_head(nn_model *m, const sbnn_network *n, ag_ref x, ag_ref z) {
  ag_ref h = decoder(m, n, "auto", ag_detach(nn_graph(m), z));
  ag_ref prediction = nn_dense(m, "auto/readout", h, n->inputs, NULL);
  nn_output(m, "genes", prediction);
  ag_ref loss = nn_mse(m, prediction, x);
  nn_report(m, "mse", loss);
  train(m, n, loss);
}

void sbnn_network_build(nn_model *m, void *ctx) {
  const sbnn_network *n = ctx;
  ag_ref x = nn_input(m, "x", 1, &n->inputs);
  ag_ref z = encoder(m, n, x);
  nn_output(m, "latent", z);
  z = batch_noise(m, z, n->bottleneck_noise);
  ag_ref h = decoder(m, n, "allo", z);
  if (n->head == SBNN_HEAD_CLUSTERS) clusters_head(m, n, h);
  else responses_head(m, n, h);
  if (n->head == SBNN_HEAD_GENES) genes_head(m, n, x, z);
}
