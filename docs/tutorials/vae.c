/* vae.c - a variational autoencoder for counts: negative binomial likelihood, a two-dimensional code. The
 * data are synthetic cells of four types; the code must separate the types, though the network never sees
 * them. Sources: Kingma & Welling 2014; Lopez et al. 2018 (scVI). */
#include "tutorial.h"

#include <math.h>

enum { CELLS = 2000, GENES = 200, TYPES = 4, CODE = 2 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref counts = nn_input(m, "counts", 1, (int64_t[]){GENES});
  ag_ref h = ag_relu(g, nn_dense(m, "encoder", ag_log1p(g, counts), 64, NULL));
  ag_ref mean = nn_dense(m, "mean", h, CODE, NULL), log_variance = nn_dense(m, "log_variance", h, CODE, NULL);
  ag_ref code = mean;
  if (nn_mode_of(m) == NN_TRAIN) {
    ag_ref noise = ag_normal(g, "noise", TN_F32, 2, (int64_t[]){nn_batch(m), CODE});
    code = ag_add(g, mean, ag_mul(g, noise, ag_exp(g, ag_scale(g, log_variance, 0.5))));
  }

  /* Fractions of the cell's sum; there is one dispersion per gene. */
  ag_ref d = ag_relu(g, nn_dense(m, "decoder", code, 64, NULL));
  ag_ref share = ag_softmax(g, nn_dense(m, "share", d, GENES, NULL), -1);
  ag_ref expected = ag_offset(g, ag_mul(g, share, ag_sum_axis(g, counts, -1, true)), 1e-6);
  ag_ref theta = ag_exp(g, nn_parameter(m, "log_theta", 1, (int64_t[]){GENES}, NN_ZEROS));
  ag_ref nll = ag_scale(g, nn_negative_binomial(m, expected, theta, counts, NULL), GENES);

  /* KL(N(mean, variance) | N(0, 1)), the mean over cells */
  ag_ref terms =
      ag_sub(g, ag_add(g, ag_exp(g, log_variance), ag_square(g, mean)), ag_offset(g, log_variance, 1));
  ag_ref kl = ag_scale(g, ag_mean_all(g, terms), 0.5 * CODE);
  nn_output(m, "code", mean);
  nn_report(m, "nll", nll);
  nn_report(m, "kl", kl);
  nn_adam(m, ag_add(g, nll, kl), &(nn_adam_options){.lr = 2e-3});
}

/* Type t has its own 20 genes, five times as high; a Poisson number by Knuth's products. */
static void make_cells(float *counts) {
  tn_rng rng = {.seed = 1, .stream = tn_stream("cells")};
  uint64_t draw = 0;
  for (int i = 0; i < CELLS; i++)
    for (int j = 0; j < GENES; j++) {
      double rate = j / 20 == i % TYPES ? 5 : 1, limit = exp(-rate), product = 1;
      int n = -1;
      do n++, product *= ((double)(tn_rng_u64(rng, draw++) >> 11) + 0.5) * 0x1p-53;
      while (product > limit);
      counts[i * GENES + j] = (float)n;
    }
}

/* The fraction of cells that are nearest to the centre of their own type. */
static double purity(const float *code) {
  double centre[TYPES][CODE] = {{0}};
  int right = 0;
  for (int i = 0; i < CELLS; i++)
    for (int k = 0; k < CODE; k++) centre[i % TYPES][k] += code[i * CODE + k] / (CELLS / TYPES);
  for (int i = 0; i < CELLS; i++) {
    double nearest = INFINITY;
    int type = 0;
    for (int t = 0; t < TYPES; t++) {
      double d = hypot(code[i * CODE] - centre[t][0], code[i * CODE + 1] - centre[t][1]);
      if (d < nearest) nearest = d, type = t;
    }
    right += type == i % TYPES;
  }
  return (double)right / CELLS;
}

int main(void) {
  static float counts[CELLS * GENES], code[CELLS * CODE];
  nn_data *data;
  nn_model *m;
  nn_fit_result result = {0};
  make_cells(counts);
  NEED(nn_data_new(NULL, &data), "");
  NEED(nn_data_add(data, "counts", tn_matrix(counts, TN_F32, CELLS, GENES)), "counts");
  NEED(nn_model_new(&(nn_model_options){.batch = 128}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  nn_fit_options fit = {.epochs = 60, .seed = 1, .schedule = nn_cosine};
  NEED(nn_fit(m, s, data, (nn_split){0}, &fit, &result), result.message);
  NEED(nn_predict(m, s, data, (nn_split){0}, "code", tn_matrix(code, TN_F32, CELLS, CODE)),
       nn_state_error(s));
  nn_state_free(s), nn_model_free(m), nn_data_free(data);
  return figure("cells nearest to their own type", purity(code), 0.95);
}
