/* cost.c - what communication costs in data-parallel training, and what more processes would give.
 *
 *     mpirun -n 2 cost BYTES SECONDS [LATENCY BANDWIDTH]
 *
 * Two processes measure tn_ranks_sum, the sum of an update's gradients, for sizes from 64 B to 4 MB, and fit
 * blocks x latency + bytes / bandwidth; a block is 32 KB. From that, for gradients of BYTES and SECONDS of computation for a
 * shard, comes the time of an update of 1024 shards on 1 to 1024 ranks: shards / ranks x SECONDS + log2(ranks) exchanges. With
 * LATENCY (seconds) and BANDWIDTH (bytes a second) of a network, also that on it. Nothing but the two processes is measured. */
#include <math.h>
#include <nabla/tensor/ranks_mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES = 9, SHARDS = 1024, BLOCK = 32768, MOST = 4 << 20 };

typedef struct network {
  double latency, bandwidth; /* seconds, bytes a second */
} network;

static double blocks(double bytes) { return ceil(bytes / BLOCK); }

static double exchange_seconds(const network *n, double bytes) {
  return blocks(bytes) * n->latency + bytes / n->bandwidth;
}

/* The fastest of many sums: the others shared the machine with something. */
static double measure(const tn_ranks *r, float *x, int64_t bytes) {
  double best = INFINITY;
  int64_t n = bytes / (int64_t)sizeof *x;
  for (int k = 0; k < 100; k++) {
    memset(x, 0, (size_t)bytes);
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    if (tn_ranks_sum(r, tn_view_of(x, TN_F32, 1, &n)) != TN_OK) MPI_Abort(MPI_COMM_WORLD, 1);
    best = fmin(best, MPI_Wtime() - start);
  }
  return best;
}

/* Least squares of the relative errors. */
static network fit(const double bytes[SIZES], const double seconds[SIZES], double *worst) {
  double aa = 0, ab = 0, bb = 0, ay = 0, by = 0;
  for (int i = 0; i < SIZES; i++) {
    double a = blocks(bytes[i]) / seconds[i], b = bytes[i] / seconds[i];
    aa += a * a, ab += a * b, bb += b * b, ay += a, by += b;
  }
  double d = aa * bb - ab * ab;
  network n = {(ay * bb - by * ab) / d, d / (aa * by - ab * ay)};
  *worst = 0;
  for (int i = 0; i < SIZES; i++)
    *worst = fmax(*worst, fabs(exchange_seconds(&n, bytes[i]) / seconds[i] - 1));
  return n;
}

static void print_table(const network *n, double bytes, double shard) {
  double one = SHARDS * shard;
  printf("%8s %14s %14s %12s %10s %11s\n", "ranks", "computation", "communication", "an update", "speed-up",
         "efficiency");
  for (int ranks = 1, level = 0; ranks <= SHARDS; ranks *= 2, level++) {
    double computes = one / ranks, talks = level * exchange_seconds(n, bytes), all = computes + talks;
    if (ranks > 4 && ranks < 64) continue;
    printf("%8d %11.2f ms %11.2f ms %9.2f ms %10.1f %10.0f%%\n", ranks, computes * 1e3, talks * 1e3,
           all * 1e3, one / all, 100 * one / all / ranks);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm all = MPI_COMM_WORLD;
  tn_ranks ranks = tn_ranks_of_mpi(&all);
  double bytes[SIZES], seconds[SIZES], worst, gradients = argc > 1 ? atof(argv[1]) : 0;
  float *x = malloc(MOST);
  if (!x || ranks.size != 2 || argc < 3) {
    fprintf(stderr, "cost: start it as: mpirun -n 2 cost BYTES SECONDS [LATENCY BANDWIDTH]\n");
    MPI_Abort(all, 2);
  }
  for (int i = 0; i < SIZES; i++) {
    bytes[i] = 64 << 2 * i;
    seconds[i] = measure(&ranks, x, (int64_t)bytes[i]);
  }
  network here = fit(bytes, seconds, &worst), there = {0};
  if (argc > 4) there = (network){atof(argv[3]), atof(argv[4])};
  if (ranks.rank == 0) {
    for (int i = 0; i < SIZES; i++)
      printf("%10.0f bytes %10.1f us, by the model %10.1f us\n", bytes[i], seconds[i] * 1e6,
             exchange_seconds(&here, bytes[i]) * 1e6);
    printf("an exchange: %.2f us a block of 32 KB + bytes / %.2f GB/s, within %.0f %% of what was measured\n",
           here.latency * 1e6, here.bandwidth / 1e9, 100 * worst);
    printf("an update of %d shards, %.2f ms each, %.2f MB of gradients; these processes:\n", SHARDS,
           atof(argv[2]) * 1e3, gradients / 1e6);
    print_table(&here, gradients, atof(argv[2]));
    if (argc > 4) printf("a network of %.1f us and %.1f GB/s:\n", there.latency * 1e6, there.bandwidth / 1e9);
    if (argc > 4) print_table(&there, gradients, atof(argv[2]));
  }
  free(x);
  MPI_Finalize();
  return 0;
}
