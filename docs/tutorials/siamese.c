/* siamese.c - two inputs, one encoder: the same layer names are the same weights. The network learns a distance in
 * which pictures of one kind are near. Source: Hadsell, Chopra & LeCun 2006. */
#include "fashion.h"

enum { TRAIN = 10000, PAIRS = 20000, TEST = 1000, WIDTH = 16 };

static ag_ref encoder(nn_model *m, ag_ref picture) {
  ag_graph *g = nn_graph(m);
  ag_ref x = ag_reshape(g, picture, 2, (int64_t[]){nn_batch(m), PIXELS});
  ag_ref h = ag_relu(g, nn_dense(m, "encoder/0", x, 256, NULL));
  return nn_dense(m, "encoder/1", h, WIDTH, NULL);
}

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  const int64_t shape[] = {SIDE, SIDE, 1};
  ag_ref left = encoder(m, nn_input(m, "picture", 3, shape)),
         right = encoder(m, nn_input(m, "other", 3, shape));
  ag_ref loss = nn_contrastive(m, left, right, nn_input(m, "alike", 0, NULL), 1.0, NULL);
  nn_output(m, "code", left);
  nn_report(m, "contrastive", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3});
}

/* Pair i: picture i and another one; in every second pair of the same class. */
static void make_pairs(const float *pictures, const int32_t *labels, float *left, float *right,
                       float *alike) {
  tn_rng rng = {.seed = 5, .stream = tn_stream("pairs")};
  for (int64_t i = 0, draw = 0; i < PAIRS; i++) {
    int64_t a = i % TRAIN, b;
    do b = (int64_t)(tn_rng_u64(rng, (uint64_t)draw++) % TRAIN);
    while ((labels[a] == labels[b]) != (i % 2 == 0));
    memcpy(left + i * PIXELS, pictures + a * PIXELS, PIXELS * sizeof *left);
    memcpy(right + i * PIXELS, pictures + b * PIXELS, PIXELS * sizeof *right);
    alike[i] = i % 2 == 0;
  }
}

/* The fraction of pairs of codes that are classified correctly by a distance below half the margin: the mean
 * of the fractions for pairs of one kind and pairs of two kinds. */
static double told_right(const float *code, const int32_t *labels, int64_t n) {
  double right[2] = {0}, all[2] = {0};
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < i; j++) {
      double d = 0;
      for (int k = 0; k < WIDTH; k++) {
        double difference = code[i * WIDTH + k] - code[j * WIDTH + k];
        d += difference * difference;
      }
      int alike = labels[i] == labels[j];
      right[alike] += (d < 0.25) == alike, all[alike]++;
    }
  return (right[0] / all[0] + right[1] / all[1]) / 2;
}

int main(void) {
  float *pictures, *unseen, *left = malloc(PAIRS * PIXELS * sizeof *left),
                            *right = malloc(PAIRS * PIXELS * sizeof *right);
  static float alike[PAIRS], code[TEST][WIDTH];
  int32_t *labels, *truth;
  const int64_t shape[] = {PAIRS, SIDE, SIDE, 1};
  nn_data *data, *test;
  nn_model *m;
  nn_fit_result result = {0};
  fashion("train", TRAIN, SIDE, &pictures, &labels);
  fashion("t10k", TEST, SIDE, &unseen, &truth);
  make_pairs(pictures, labels, left, right, alike);
  NEED(nn_data_new(NULL, &data), "");
  NEED(nn_data_add(data, "picture", tn_view_of(left, TN_F32, 4, shape)), "picture");
  NEED(nn_data_add(data, "other", tn_view_of(right, TN_F32, 4, shape)), "other");
  NEED(nn_data_add(data, "alike", tn_view_of(alike, TN_F32, 1, shape)), "alike");
  NEED(nn_data_new(NULL, &test), "");
  NEED(nn_data_add(test, "picture", tn_view_of(unseen, TN_F32, 4, (int64_t[]){TEST, SIDE, SIDE, 1})),
       "picture");

  NEED(nn_model_new(&(nn_model_options){.batch = 64}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  nn_fit_options fit = {.epochs = 10, .seed = 1, .schedule = nn_cosine};
  NEED(nn_fit(m, s, data, (nn_split){0}, &fit, &result), result.message);
  NEED(nn_predict(m, s, test, (nn_split){0}, "code", tn_matrix(code, TN_F32, TEST, WIDTH)),
       nn_state_error(s));
  int status = figure("pairs told right", told_right(code[0], truth, TEST), 0.85);
  nn_state_free(s), nn_model_free(m), nn_data_free(data), nn_data_free(test);
  free(pictures), free(labels), free(unseen), free(truth), free(left), free(right);
  return status;
}
