/* scale.c - how the cost of training grows: with the cells, with the genes, and from a mapped file. One core.
 *
 *   scale cells          an epoch at 1e4, 1e5, 1e6 cells of 200 genes: ns a cell
 *   scale genes          a step of the paper's network at 1e3, 3e3, 1e4, 3e4 genes: ns a gene
 *   scale mapped FILE    an epoch over a file of 250 MB, mapped, and over the same in memory, in turn: ns a
 * cell scale beyond FILE GIB   2 x 500 steps over random cells of a mapped file of so many GiB: seconds, and
 * MB of private memory
 *
 * FILE is written first if it is not there; the caller removes it. */
#include "bench.h"
#include "training/network.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BATCH = 32, RESPONSES = 16, SMALL_GENES = 200, WIDE_GENES = 2000, MAX_EPOCHS = 64 };

static const int small[] = {128, 32}, paper[] = {512, 128};

static void check(bool good, const char *what) {
  if (good) return;
  fprintf(stderr, "scale: %s\n", what);
  exit(1);
}

static double wall(void) { /* waiting for a disk counts */
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- data: noise that is cheap to make ---- */

static void noise(float *x, size_t n, uint64_t state) {
  for (size_t i = 0; i < n; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x[i] = (float)((double)(state >> 40) * 0x1p-23 - 1);
  }
}

static float *fresh(size_t rows, size_t columns, uint64_t seed) {
  float *x = malloc(rows * columns * sizeof *x);
  check(x, "out of memory");
  noise(x, rows * columns, seed);
  return x;
}

static void write_file(const char *path, size_t rows, size_t columns) {
  enum { CHUNK = 1000 };
  float *x = malloc((size_t)CHUNK * columns * sizeof *x);
  FILE *f = fopen(path, "wb");
  check(x && f, "cannot write the file");
  for (size_t i = 0; i < rows; i += CHUNK) {
    size_t n = rows - i < CHUNK ? rows - i : CHUNK;
    noise(x, n * columns, i + 1);
    check(fwrite(x, columns * sizeof *x, n, f) == n, "cannot write the file");
  }
  check(fclose(f) == 0, "cannot write the file");
  free(x);
}

static float *map_file(const char *path, size_t rows, size_t columns) {
  if (access(path, R_OK) != 0) write_file(path, rows, columns);
  int file = open(path, O_RDONLY);
  float *x = mmap(NULL, rows * columns * sizeof *x, PROT_READ, MAP_SHARED, file, 0);
  check(file >= 0 && x != MAP_FAILED, "cannot map the file");
  close(file);
  return x;
}

/* ---- training ---- */

typedef struct times {
  double seconds[MAX_EPOCHS], before;
  int n;
} times;

static bool on_epoch(void *ctx, const nn_epoch *e) {
  times *t = ctx;
  double now = wall();
  (void)e;
  t->seconds[t->n++] = now - t->before;
  t->before = now;
  return true;
}

/* Seconds of each epoch of the responses head over the split, the first one included. */
static times train(const float *x, const float *y, size_t rows, size_t genes, const int hidden[2],
                   nn_split split, int epochs) {
  sbnn_network network = {.head = SBNN_HEAD_RESPONSES,
                          .inputs = (int64_t)genes,
                          .responses = RESPONSES,
                          .hidden = hidden,
                          .n_hidden = 2,
                          .bottleneck = 2,
                          .lasso = 0.1,
                          .l2 = 1e-10,
                          .lr = 5e-5};
  nn_model *m;
  nn_state *s;
  nn_data *d;
  check(nn_model_new(&(nn_model_options){.batch = BATCH}, sbnn_network_build, &network, &m) == TN_OK,
        "model");
  check(nn_state_new(m, &s) == TN_OK, "state");
  nn_state_init(s, 1, 0);
  check(nn_data_new(NULL, &d) == TN_OK, "data");
  tn_view columns[] = {tn_matrix((float *)x, TN_F32, (int64_t)rows, (int64_t)genes),
                       tn_matrix((float *)y, TN_F32, (int64_t)rows, RESPONSES)};
  check(nn_data_add(d, "x", columns[0]) == TN_OK && nn_data_add(d, "y", columns[1]) == TN_OK, "columns");
  times t = {.before = wall()};
  nn_fit_options o = {.epochs = epochs, .on_epoch = on_epoch, .on_epoch_ctx = &t};
  check(nn_fit(m, s, d, split, &o, NULL) == TN_OK, "fit");
  nn_data_free(d), nn_state_free(s), nn_model_free(m);
  return t;
}

/* The row of an epoch's time over `n`, first epoch left out. */
static void print_epochs(const char *name, times *t, double n) {
  for (int i = 1; i < t->n; i++) t->seconds[i] *= 1e9 / n;
  bench_row(name, "ns", t->seconds + 1, t->n - 1);
  putchar('\n');
  fflush(stdout);
}

static void cells(void) {
  for (size_t rows = 10000; rows <= 1000000; rows *= 10) {
    char name[32];
    float *x = fresh(rows, SMALL_GENES, 1), *y = fresh(rows, RESPONSES, 2);
    times t = train(x, y, rows, SMALL_GENES, small, (nn_split){0}, rows > 100000 ? 4 : rows > 10000 ? 9 : 31);
    snprintf(name, sizeof name, "%zu", rows);
    print_epochs(name, &t, (double)rows);
    free(x), free(y);
  }
}

static void genes(void) {
  enum { ROWS = 32 * BATCH };
  static const size_t counts[] = {1000, 3000, 10000, 30000};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    char name[32];
    float *x = fresh(ROWS, counts[i], 1), *y = fresh(ROWS, RESPONSES, 2);
    times t = train(x, y, ROWS, counts[i], paper, (nn_split){0}, 7);
    snprintf(name, sizeof name, "%zu", counts[i]);
    print_epochs(name, &t, (double)ROWS / BATCH * (double)counts[i]);
    free(x), free(y);
  }
}

static void mapped(const char *path) {
  enum { ROWS = 312500 };
  float *file = map_file(path, ROWS, SMALL_GENES), *x = malloc((size_t)ROWS * SMALL_GENES * sizeof *x),
        *y = fresh(ROWS, RESPONSES, 2);
  times both[2] = {{.n = 1}, {.n = 1}};
  check(x, "out of memory");
  memcpy(x, file, (size_t)ROWS * SMALL_GENES * sizeof *x); /* which also fills the page cache */
  for (int round = 0; round < 3; round++)
    for (int k = 0; k < 2; k++) {
      times t = train(k ? x : file, y, ROWS, SMALL_GENES, small, (nn_split){0}, 3);
      for (int i = 1; i < t.n; i++) both[k].seconds[both[k].n++] = t.seconds[i];
    }
  print_epochs("mapped", &both[0], ROWS);
  print_epochs("in memory", &both[1], ROWS);
  munmap(file, (size_t)ROWS * SMALL_GENES * sizeof *x);
  free(x), free(y);
}

static double private_megabytes(void) {
  char line[256];
  double kb = 0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f)) sscanf(line, "RssAnon: %lf kB", &kb);
  if (f) fclose(f);
  return kb / 1024;
}

static void beyond(const char *path, double gib) {
  size_t rows = (size_t)(gib * 0x1p30 / (WIDE_GENES * sizeof(float)));
  enum { STEPS = 500 };
  int64_t n = STEPS * BATCH, *split = malloc((size_t)n * sizeof *split);
  float *file = map_file(path, rows, WIDE_GENES), *y = fresh(rows, RESPONSES, 2);
  uint64_t state = 7;
  madvise(file, rows * WIDE_GENES * sizeof *file,
          MADV_RANDOM); /* read what is asked for, not what surrounds it */
  check(split, "out of memory");
  for (int64_t i = 0; i < n; i++) { /* anywhere in the file */
    state = state * 6364136223846793005u + 1442695040888963407u;
    split[i] = (int64_t)((state >> 33) % rows);
  }
  times t = train(file, y, rows, WIDE_GENES, small, (nn_split){split, n}, 2);
  double megabytes = private_megabytes(), *us = t.seconds + 1;
  *us *= 1e6 / STEPS;
  bench_row("step", "us", us, 1), putchar('\n');
  bench_row("private memory", "MB", &megabytes, 1), putchar('\n');
  free(split), free(y);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "genes";
  printf("what\tunit\tmedian\tmin\tmax\n");
  fflush(stdout);
  if (!strcmp(what, "cells")) cells();
  else if (!strcmp(what, "genes")) genes();
  else if (!strcmp(what, "mapped") && argc > 2) mapped(argv[2]);
  else if (!strcmp(what, "beyond") && argc > 3) beyond(argv[2], atof(argv[3]));
  else return fprintf(stderr, "usage: scale cells | genes | mapped FILE | beyond FILE GIB\n"), 2;
  return 0;
}
