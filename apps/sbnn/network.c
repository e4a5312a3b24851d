/* network.c - see network.h. */
#include "network.h"

#include <stdio.h>

static ag_ref dense_elu(nn_model *m, const char *stack, int layer, ag_ref x, int64_t units) {
  char name[64];
  snprintf(name, sizeof name, "%s/%d", stack, layer);
  return ag_elu(nn_graph(m), nn_dense(m, name, x, units, NULL), 1.0);
}

static ag_ref encoder(nn_model *m, const sbnn_network *n, ag_ref x) {
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
  if (n->lasso > 0) loss = ag_add(g, loss, nn_group_lasso(m, "encoder/0/kernel", n->lasso));
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
  ag_ref h = decoder(m, n, "allo", z);
  nn_output(m, "latent", z);
  if (n->head == SBNN_HEAD_CLUSTERS) clusters_head(m, n, h);
  else responses_head(m, n, h);
  if (n->head == SBNN_HEAD_GENES) genes_head(m, n, x, z);
}
