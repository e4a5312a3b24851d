/* kmeans.c - k-means as `sbnn cv --protocol paper` does it on the M1 responses: 1213 cells, 16 responses, 20
 * clusters, 1000 restarts on all cores. Prints seconds of wall time and the inertia for each seed.
 *
 *   kmeans [SEEDS [LABELS]]    (3 seeds; LABELS: a file for the clusters of the first one, a line a cell)
 *
 * The data are looked for in $NABLA_DATA, the folder that holds data/. */
#include "data/kmeans.h"
#include "bench.h"
#include "data/prepare.h"
#include "tensor/tensor.h"

enum { MAX_SEEDS = 100 };

static int fail(const sbnn_error *e) { return fprintf(stderr, "kmeans: %s\n", e->text), e->code; }

/* z-scored responses of all cells [cells, responses], for the caller to free. */
static int read_responses(const char *folder, float **y, size_t *cells, size_t *responses, sbnn_error *e) {
  char x_path[1024], y_path[1024];
  sbnn_dataset d;
  sbnn_preparation p = {0};
  snprintf(x_path, sizeof x_path, "%s/data/m1/gene_counts.csv", folder);
  snprintf(y_path, sizeof y_path, "%s/data/m1/ephys_values.csv", folder);
  int code = sbnn_dataset_read(&(sbnn_dataset_options){.x_path = x_path, .y_path = y_path}, &d, e);
  if (code != SBNN_OK) return code;
  size_t *all = sbnn_alloc(d.n_cells, sizeof *all);
  for (size_t i = 0; i < d.n_cells; i++) all[i] = i;
  *cells = d.n_cells;
  *responses = d.n_responses;
  *y = sbnn_alloc(d.n_cells * d.n_responses, sizeof **y);
  code = sbnn_prepare_fit(&d, (sbnn_rows){all, d.n_cells}, &(sbnn_prepare_options){0}, &p, e);
  if (code == SBNN_OK) code = sbnn_prepare_apply(&p, &d, (sbnn_rows){all, d.n_cells}, NULL, *y, e);
  sbnn_preparation_free(&p);
  sbnn_dataset_free(&d);
  free(all);
  return code;
}

static int write_labels(const char *path, const sbnn_kmeans *km) {
  FILE *f = fopen(path, "w");
  for (size_t i = 0; f && i < km->n; i++) fprintf(f, "%d\n", (int)km->labels[i]);
  if (f && fclose(f) == 0) return 0;
  return fprintf(stderr, "kmeans: cannot write %s\n", path), 1;
}

int main(int argc, char **argv) {
  const char *folder = getenv("NABLA_DATA");
  int seeds = argc > 1 ? atoi(argv[1]) : 3, threads = tn_max_threads();
  double seconds[MAX_SEEDS], inertia[MAX_SEEDS];
  size_t cells, responses;
  float *y;
  sbnn_error e = {0};
  if (seeds < 1 || seeds > MAX_SEEDS) return fprintf(stderr, "usage: kmeans [SEEDS [LABELS]]\n"), 2;
  if (!folder) return printf("SKIPPED: set NABLA_DATA to the folder that holds data/m1\n"), 0;
  if (read_responses(folder, &y, &cells, &responses, &e) != SBNN_OK) return fail(&e);
  for (int s = 0; s < seeds; s++) {
    sbnn_kmeans km;
    sbnn_kmeans_options o = {.clusters = 20, .restarts = 1000, .seed = (uint64_t)s, .threads = threads};
    double start = sbnn_clock();
    if (sbnn_kmeans_fit(y, cells, responses, &o, &km, &e) != SBNN_OK) return fail(&e);
    seconds[s] = sbnn_clock() - start;
    inertia[s] = km.inertia;
    if (s == 0 && argc > 2 && write_labels(argv[2], &km) != 0) return 1;
    sbnn_kmeans_free(&km);
  }
  printf("what\tunit\tmedian\tmin\tmax\n");
  bench_row("k-means", "s", seconds, seeds), putchar('\n');
  bench_row("k-means", "inertia", inertia, seeds), putchar('\n');
  free(y);
  return 0;
}
