/* vae.c - a variational autoencoder for counts of 2000 genes, negative binomial. Source: Lopez et al. 2018. */
#include "../models.h"

#include <math.h>

enum { GENES = 2000, HIDDEN = 128, CODE = 10, KINDS = 3 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref counts = nn_input(m, "counts", 1, (int64_t[]){GENES}),
         noise = nn_input(m, "noise", 1, (int64_t[]){CODE});
  ag_ref h = ag_relu(g, nn_dense(m, "encoder", ag_log1p(g, counts), HIDDEN, NULL));
  ag_ref mean = nn_dense(m, "mean", h, CODE, NULL), log_variance = nn_dense(m, "log_variance", h, CODE, NULL);
  ag_ref code = ag_add(g, mean, ag_mul(g, noise, ag_exp(g, ag_scale(g, log_variance, 0.5))));
  ag_ref d = ag_relu(g, nn_dense(m, "decoder", code, HIDDEN, NULL));
  ag_ref share = ag_softmax(g, nn_dense(m, "share", d, GENES, NULL), -1);
  ag_ref expected = ag_offset(g, ag_mul(g, share, ag_sum_axis(g, counts, -1, true)), 1e-6);
  ag_ref theta = ag_exp(g, nn_parameter(m, "log_theta", 1, (int64_t[]){GENES}, NN_ZEROS));
  ag_ref nll = ag_scale(g, nn_negative_binomial(m, expected, theta, counts, NULL), GENES);
  ag_ref terms =
      ag_sub(g, ag_add(g, ag_exp(g, log_variance), ag_square(g, mean)), ag_offset(g, log_variance, 1));
  ag_ref loss = ag_add(g, nll, ag_scale(g, ag_mean_all(g, terms), 0.5 * CODE));
  nn_output(m, "mean", mean);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3, .epsilon = 1e-8, .torch_epsilon = true});
}

/* Kind k has its own third of the genes, four times as high. A Poisson number by Knuth's products. */
static int data(nn_column *c, int64_t rows) {
  float *counts = models_floats(&c[0], "counts", 2, (int64_t[]){rows, GENES});
  models_floats(&c[1], "noise", 2, (int64_t[]){rows, CODE});
  tn_rng rng = {.seed = 1, .stream = tn_stream("cells")};
  uint64_t draw = 0;
  for (int64_t i = 0; i < rows * GENES; i++) {
    int64_t gene = i % GENES, kind = i / GENES % KINDS;
    double rate = (gene % KINDS == kind ? 2 : 0.5) * (double)(1 + gene % 5) / 3, limit = exp(-rate),
           product = 1;
    int n = -1;
    do n++, product *= ((double)(tn_rng_u64(rng, draw++) >> 11) + 0.5) * 0x1p-53;
    while (product > limit);
    counts[i] = (float)n;
  }
  tn_rng_normal((tn_rng){.seed = 2}, c[1].view);
  return 2;
}

enum { ENCODER = GENES * HIDDEN, CODES = HIDDEN * CODE };

const models_network models_vae = {.name = "vae",
                                   .network = network,
                                   .output = "mean",
                                   .rank = 1,
                                   .shape = {CODE},
                                   .batch = 128,
                                   .rows = 2048,
                                   .chunk = 32,
                                   .work = {ENCODER + CODES,
                                            2 * ENCODER + 3 * (2 * CODES + CODE * HIDDEN + HIDDEN * GENES),
                                            ENCODER + CODES, 1},
                                   .data = data};
