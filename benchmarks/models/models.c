/* models.c - the networks of networks.def, trained by orders that come on standard input.
 *
 *   models list                       name, batch, rows, steps of a round, its work (models.h), parameters, of each
 *   models NAME export FILE           data and initial weights, as safetensors
 *   models NAME run FILE THREADS      reads them, takes the first step, then obeys, a line each, and answers in JSON:
 *     train N     N steps: their seconds and losses
 *     infer ROWS  the output of so many rows: seconds of the median, mean of the output
 *     memory      peak memory in MB
 *
 * The file's weights have their names, the columns of the data "data/NAME". Wall-clock time. */
#include "models.h"

#include <string.h>
#include <time.h>

#define NETWORK(name) extern const models_network models_##name;
#include "networks.def"
#undef NETWORK

static const models_network *const networks[] = {
#define NETWORK(name) &models_##name,
#include "networks.def"
#undef NETWORK
};
enum { N_NETWORKS = sizeof networks / sizeof *networks, PREFIX = 5 };

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct timed {
  const models_network *of;
  nn_model *model;
  nn_state *state;
  nn_trainer *trainer;
  nn_column columns[MODELS_COLUMNS];
  int n_columns;
  int64_t step;
} timed;

static void open_model(timed *t, const models_network *of, int threads) {
  *t = (timed){.of = of};
  models_check(
      nn_model_new(&(nn_model_options){.batch = of->batch, .threads = threads}, of->network, NULL, &t->model),
      of->name, nn_error(t->model));
  models_check(nn_state_new(t->model, &t->state), of->name, nn_error(t->model));
}

/* ---- export ---- */

static nn_tensor tensor_of(const char *name, const tn_view *v) {
  nn_tensor t = {.name = name, .dtype = v->dtype == TN_I32 ? "I32" : "F32", .rank = v->rank, .data = v->data};
  memcpy(t.shape, v->shape, sizeof t.shape);
  return t;
}

static void export_file(const models_network *of, const char *path) {
  enum { MOST = 512 };
  static char names[MODELS_COLUMNS][64];
  static nn_tensor tensors[MOST];
  char message[TN_FILE_MESSAGE] = "";
  size_t n = 0;
  timed t;
  open_model(&t, of, 1);
  nn_state_init(t.state, 1, 0);
  int columns = of->data(t.columns, of->rows);
  for (int i = 0; i < columns; i++) {
    snprintf(names[i], sizeof names[i], "data/%s", t.columns[i].name);
    tensors[n++] = tensor_of(names[i], &t.columns[i].view);
  }
  for (int i = 0; i < nn_state_count(t.state) && n < MOST; i++) {
    if (nn_state_kind(t.state, i) > NN_KIND_BUFFER) continue;
    tn_view v = nn_state_view(t.state, i);
    tensors[n++] = tensor_of(nn_state_name(t.state, i), &v);
  }
  models_check(nn_tensor_file_write(path, tensors, n, NULL, 0, message), path, message);
  nn_state_free(t.state), nn_model_free(t.model);
}

/* ---- run ---- */

static void read_columns(timed *t, const nn_tensor_file *file) {
  for (size_t i = 0; i < nn_tensor_file_count(file) && t->n_columns < MODELS_COLUMNS; i++) {
    const nn_tensor *x = nn_tensor_file_at(file, i);
    if (strncmp(x->name, "data/", PREFIX) != 0) continue;
    tn_dtype type = strcmp(x->dtype, "I32") ? TN_F32 : TN_I32;
    tn_view view = tn_view_of((void *)(uintptr_t)x->data, type, x->rank, x->shape);
    t->columns[t->n_columns++] = (nn_column){x->name + PREFIX, view};
  }
}

/* Rows first to first + n of all columns. */
static void rows_of(const timed *t, int64_t first, int64_t n, nn_column *out) {
  for (int i = 0; i < t->n_columns; i++) {
    tn_view v = t->columns[i].view;
    v.data = (char *)v.data + first * v.stride[0] * (int64_t)tn_dtype_size(v.dtype);
    v.shape[0] = n;
    out[i] = (nn_column){t->columns[i].name, v};
  }
}

static void train(timed *t, int64_t steps) {
  double start = wall(), *losses = models_memory(steps, sizeof *losses), reports[NN_MAX_REPORTS];
  for (int64_t k = 0; k < steps; k++) {
    nn_column batch[MODELS_COLUMNS];
    rows_of(t, t->step++ * t->of->batch % t->of->rows, t->of->batch, batch);
    models_check(nn_trainer_step(t->trainer, &(nn_feed){.columns = batch, .n = t->n_columns}, reports),
                 "train", nn_state_error(t->state));
    losses[k] = reports[0];
  }
  printf("{\"seconds\": %.9g, \"losses\": [", wall() - start);
  for (int64_t k = 0; k < steps; k++) printf("%s%.7g", k ? ", " : "", losses[k]);
  printf("]}\n");
  free(losses);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static tn_view output_of(const models_network *of, int64_t rows) {
  int64_t shape[TN_MAX_RANK] = {rows};
  memcpy(shape + 1, of->shape, sizeof of->shape);
  int rank = of->rank + 1;
  return tn_view_of(models_memory(tn_numel(rank, shape), sizeof(float)), TN_F32, rank, shape);
}

static void infer(timed *t, int64_t rows) {
  enum { MOST = 2000 };
  double seconds[MOST], start = wall(), mean = 0;
  nn_column batch[MODELS_COLUMNS];
  tn_view out = output_of(t->of, rows);
  int n = -1; /* the first call compiles */
  rows_of(t, 0, rows, batch);
  do {
    double begin = wall();
    models_check(
        nn_trainer_predict(t->trainer, &(nn_feed){.columns = batch, .n = t->n_columns}, t->of->output, out),
        "infer", nn_state_error(t->state));
    if (n >= 0) seconds[n] = wall() - begin;
    else start = wall();
    n++;
  } while (n < 1 || (n < MOST && wall() - start < 0.5));
  qsort(seconds, (size_t)n, sizeof *seconds, ascending);
  int64_t count = tn_numel(out.rank, out.shape);
  for (int64_t i = 0; i < count; i++) mean += ((float *)out.data)[i] / (double)count;
  printf("{\"seconds\": %.9g, \"mean\": %.7g}\n", seconds[n / 2], mean);
  free(out.data);
}

static double peak_memory(void) { /* in MB */
  char line[128];
  long kb = 0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
  if (f) fclose(f);
  return (double)kb / 1024;
}

static void run(const models_network *of, const char *path, int threads) {
  char line[64], message[TN_FILE_MESSAGE] = "";
  long n;
  double start = wall();
  nn_tensor_file *file;
  timed t;
  open_model(&t, of, threads);
  models_check(nn_state_load(t.state, path, message), path, message);
  models_check(nn_tensor_file_open(NULL, path, &file, message), path, message);
  read_columns(&t, file);
  models_check(nn_trainer_new(t.model, t.state, &(nn_trainer_options){.seed = 1}, &t.trainer), of->name,
               nn_state_error(t.state));
  train(&t, 1);
  printf("{\"first\": %.6g}\n", wall() - start);
  while (fflush(stdout), fgets(line, sizeof line, stdin))
    if (sscanf(line, "train %ld", &n) == 1 && n > 0) train(&t, n);
    else if (sscanf(line, "infer %ld", &n) == 1 && n > 0 && n <= of->rows) infer(&t, n);
    else if (!strncmp(line, "memory", 6)) printf("{\"megabytes\": %.1f}\n", peak_memory());
    else printf("{\"error\": \"train N, infer ROWS or memory\"}\n");
  nn_trainer_free(t.trainer), nn_tensor_file_close(file);
  nn_state_free(t.state), nn_model_free(t.model);
}

static long long parameters_of(const models_network *of) {
  long long n = 0;
  timed t;
  open_model(&t, of, 1);
  for (int i = 0; i < nn_state_count(t.state); i++) {
    const tn_view v = nn_state_view(t.state, i);
    if (nn_state_kind(t.state, i) == NN_KIND_PARAMETER) n += (long long)tn_view_numel(&v);
  }
  nn_state_free(t.state), nn_model_free(t.model);
  return n;
}

static void list(const models_network *of) {
  const models_work *w = &of->work;
  printf("%s\t%lld\t%lld\t%d\t%.17g\t%.17g\t%.17g\t%.17g\t%lld\t%s\n", of->name, (long long)of->batch,
         (long long)of->rows, of->chunk, w->infer, w->train, w->weights, w->places, parameters_of(of),
         tn_simd_name());
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "list")) {
    for (int i = 0; i < N_NETWORKS; i++) list(networks[i]);
    return 0;
  }
  for (int i = 0; argc > 3 && i < N_NETWORKS; i++) {
    if (strcmp(argv[1], networks[i]->name) != 0) continue;
    if (!strcmp(argv[2], "export")) return export_file(networks[i], argv[3]), 0;
    if (!strcmp(argv[2], "run") && argc > 4) return run(networks[i], argv[3], atoi(argv[4])), 0;
  }
  return fprintf(stderr, "usage: models list | NAME export FILE | NAME run FILE THREADS\n"), 2;
}
