/* data_parallel.c - one model trained by several processes over MPI. Each number of ranks (1, 2, 4, 8) gives the same bits.
 *
 *     mpicc -O2 data_parallel.c $(pkg-config --cflags --libs nabla) -o data_parallel
 *     mpirun -n 2 ./data_parallel
 *
 * Rank 0 prints a hash of the trained parameters, and the seconds of the fit, of which those in exchanges. */
#include <nabla/nn/nn.h>
#include <nabla/tensor/ranks_mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 4096, PIXELS = 784, CLASSES = 10, SHARDS = 8 };

static double in_exchange; /* seconds */

static tn_status timed_exchange(void *comm, int partner, const void *mine, void *theirs, size_t bytes) {
  double start = MPI_Wtime();
  tn_status status = tn_mpi_exchange(comm, partner, mine, theirs, bytes);
  in_exchange += MPI_Wtime() - start;
  return status;
}

static void network(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){PIXELS});
  ag_ref label = nn_input_typed(m, "label", TN_I32, 0, NULL);
  ag_ref h = ag_relu(g, nn_dense(m, "hidden/0", x, 512, NULL));
  h = nn_dropout(m, "drop", ag_relu(g, nn_dense(m, "hidden/1", h, 512, NULL)), 0.1);
  ag_ref loss = nn_sparse_cross_entropy(m, nn_dense(m, "readout", h, CLASSES, NULL), label, NULL);
  nn_report(m, "loss", loss);
  nn_gradients *d = nn_gradients_of(m, loss);
  nn_sum_over_ranks(d, ctx, SHARDS);
  nn_update(d, "*", nn_adam_rule(&(nn_adam_options){.lr = 1e-3}));
}

/* Noise around one centre for each class. */
static void make_data(float *x, int32_t *label) {
  tn_rng rng = {.seed = 1, .stream = tn_stream("data")};
  float *centre = malloc(sizeof(float) * CLASSES * PIXELS);
  tn_rng_normal(rng, tn_matrix(centre, TN_F32, CLASSES, PIXELS));
  rng.stream = tn_stream("noise");
  tn_rng_normal(rng, tn_matrix(x, TN_F32, ROWS, PIXELS));
  for (int i = 0; i < ROWS; i++) {
    label[i] = i % CLASSES;
    for (int k = 0; k < PIXELS; k++)
      x[i * PIXELS + k] = 2 * x[i * PIXELS + k] + centre[label[i] * PIXELS + k] / 4;
  }
  free(centre);
}

static uint64_t hash_parameters(const nn_state *s) {
  uint64_t hash = 1469598103934665603u; /* FNV-1a */
  for (int i = 0; i < nn_state_count(s); i++) {
    tn_view v = nn_state_view(s, i);
    if (nn_state_kind(s, i) != NN_KIND_PARAMETER) continue;
    for (size_t k = 0; k < tn_view_bytes(&v); k++)
      hash = (hash ^ ((unsigned char *)v.data)[k]) * 1099511628211u;
  }
  return hash;
}

static bool keep_loss(void *ctx, const nn_epoch *e) {
  *(double *)ctx = e->train[0];
  return true;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm all = MPI_COMM_WORLD;
  tn_ranks ranks = tn_ranks_of_mpi(&all);
  ranks.exchange = timed_exchange;
  float *x = malloc(sizeof(float) * ROWS * PIXELS);
  int32_t *label = malloc(sizeof(int32_t) * ROWS);
  make_data(x, label);

  nn_data *data;
  nn_model *m;
  nn_state *s;
  nn_fit_result result = {0};
  double loss = 0;
  if (nn_data_new(NULL, &data) || nn_data_add(data, "x", tn_matrix(x, TN_F32, ROWS, PIXELS)) ||
      nn_data_add(data, "label", tn_view_of(label, TN_I32, 1, (int64_t[]){ROWS})) ||
      nn_model_new(&(nn_model_options){.batch = 32}, network, &ranks, &m) || nn_state_new(m, &s)) {
    fprintf(stderr, "rank %d cannot begin\n", ranks.rank);
    MPI_Abort(all, 1);
  }
  nn_state_init(s, 1, 0);
  nn_fit_options fit = {
      .epochs = argc > 1 ? atoi(argv[1]) : 5, .seed = 1, .on_epoch = keep_loss, .on_epoch_ctx = &loss};
  double start = MPI_Wtime();
  if (nn_fit(m, s, data, (nn_split){0}, &fit, &result)) {
    fprintf(stderr, "rank %d: %s\n", ranks.rank, result.message);
    MPI_Abort(all, 1); /* the other ranks would wait for this one */
  }
  double seconds = MPI_Wtime() - start;
  if (ranks.rank == 0)
    printf("ranks %d: loss %.4f, parameters %016llx, %.2f s, %.2f s of it in exchanges\n", ranks.size, loss,
           (unsigned long long)hash_parameters(s), seconds, in_exchange);
  nn_state_free(s), nn_model_free(m), nn_data_free(data);
  free(x), free(label);
  MPI_Finalize();
  return 0;
}
