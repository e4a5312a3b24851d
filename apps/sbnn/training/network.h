/* network.h - the sparse bottleneck network as a composition of nn/: one builder for every phase.
 *
 *   genes - encoder/0 elu - encoder/1 elu - bottleneck (linear)
 *
 *   bottleneck - allo/0 elu - allo/1 elu - allo/readout   -> responses
 *                                        - allo/clusters  -> k-means classes
 *   bottleneck - auto/0 elu - auto/1 elu - auto/readout   -> kept genes
 *
 * The decoders mirror the encoder's widths. A phase is a head, a freeze glob, a penalty and a learning rate;
 * weights travel between phases by name. Source: Bernaerts, Berens and Kobak. */
#ifndef SBNN_NETWORK_H
#define SBNN_NETWORK_H

#include "nn/nn.h"

typedef enum sbnn_head {
  SBNN_HEAD_CLUSTERS,  /* softmax: columns x, clusters; reports cross_entropy, accuracy */
  SBNN_HEAD_RESPONSES, /* alloencoder: columns x, y; report mse; outputs responses, latent */
  SBNN_HEAD_GENES /* autoencoder, on a fixed latent: column x; report mse; outputs genes, responses, latent */
} sbnn_head;

typedef struct sbnn_network {
  sbnn_head head;
  int64_t inputs, responses, clusters;
  const int *hidden; /* [n_hidden], borrowed */
  int n_hidden;
  int64_t bottleneck;
  double lasso;             /* group lasso on encoder/0/kernel; 0 = off */
  bool proximal;            /* the lasso as a proximal operator, whose zeros are exact */
  const tn_view *row_lasso; /* [inputs, 1]: in place of the lasso a proximal one for each input; NULL: none */
  double l2;                /* on every kernel and bias but a regression readout's bias; 0 = off */
  const char *freeze[3];    /* globs; NULL = none */
  double lr;                /* of Adam */
  double input_noise;       /* in training: sd of the noise on every input; 0 = off */
  double bottleneck_noise;  /* the same on the bottleneck, in sds of each unit over the batch; 0 = off */
} sbnn_network;

/* An nn_network; ctx is an sbnn_network. Pure; may run on several models at once. */
void sbnn_network_build(nn_model *m, void *ctx);

#endif
