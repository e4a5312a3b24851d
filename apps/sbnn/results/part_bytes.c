/* part_bytes.c - see part_bytes.h. */
#include "results/part_bytes.h"

#include "hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[] = "sbnn part 4\n";
static const char *const phases[] = {"pretrain", "frozen", "unfrozen", "finetune", "denoise", "autoencoder"};
enum { PHASES = sizeof phases / sizeof *phases };

/* ---- bytes ---- */

static void put(sbnn_part_bytes *b, const void *data, size_t n) {
  if (b->n == 0 && b->room == 0) {
    b->data = sbnn_alloc(b->room = 4096, 1);
    memcpy(b->data, magic, b->n = sizeof magic);
  }
  if (b->room - b->n < n) b->data = sbnn_realloc(b->data, b->room = 2 * b->room + n, 1);
  if (n) memcpy(b->data + b->n, data, n);
  b->n += n;
}

static bool get(sbnn_part_bytes *b, void *data, size_t n) {
  if (b->n - b->at < n) return false;
  memcpy(data, b->data + b->at, n);
  b->at += n;
  return true;
}

/* n elements of an array that may be missing. */
static void put_array(sbnn_part_bytes *b, const void *data, size_t n, size_t size) {
  uint64_t count = data ? n : UINT64_MAX;
  put(b, &count, sizeof count);
  if (data) put(b, data, n * size);
}

static bool get_array(sbnn_part_bytes *b, void *pointer, size_t n, size_t size) {
  uint64_t count;
  void *data = NULL;
  if (!get(b, &count, sizeof count)) return false;
  if (count != UINT64_MAX) {
    if (count != n || (n && (b->n - b->at) / n < size)) return false;
    data = sbnn_alloc(n, size);
    get(b, data, n * size);
  }
  memcpy(pointer, &data, sizeof data);
  return true;
}

void sbnn_part_seal(sbnn_part_bytes *b) {
  uint64_t hash = sbnn_hash(SBNN_HASH_START, b->data, b->n);
  put(b, &hash, sizeof hash);
}

bool sbnn_part_check(sbnn_part_bytes *b) {
  uint64_t hash;
  if (b->n < sizeof magic + sizeof hash || memcmp(b->data, magic, sizeof magic) != 0) return false;
  b->n -= sizeof hash;
  memcpy(&hash, b->data + b->n, sizeof hash);
  b->at = sizeof magic;
  return hash == sbnn_hash(SBNN_HASH_START, b->data, b->n);
}

/* ---- an experiment ---- */

typedef struct sizes {
  uint64_t n_train, n_test, n_responses, n_history, n_genes, n_all, clusters_used, cells_clustered;
  int32_t bottleneck, pretrain_epoch, prune_epoch, unused;
  double lasso, seconds, input_noise, bottleneck_noise;
} sizes;

typedef struct stored_row {
  int32_t phase, epoch;
  double value[9];
} stored_row;

static void put_history(sbnn_part_bytes *b, const sbnn_experiment *x) {
  for (size_t i = 0; i < x->n_history; i++) {
    const sbnn_history_row *h = &x->history[i];
    stored_row row = {.phase = 0,
                      .epoch = h->epoch,
                      .value = {h->lr, h->train_loss, h->test_loss, h->train_r2, h->test_r2,
                                h->test_r2_batches, h->train_accuracy, h->test_accuracy, h->penalty}};
    while (row.phase < PHASES && strcmp(phases[row.phase], h->phase) != 0) row.phase++;
    put(b, &row, sizeof row);
  }
}

static bool get_history(sbnn_part_bytes *b, size_t n, sbnn_experiment *x) {
  for (size_t i = 0; i < n; i++) {
    stored_row row;
    if (!get(b, &row, sizeof row) || row.phase < 0 || row.phase >= PHASES) return false;
    const double *v = row.value;
    sbnn_experiment_add(x, &(sbnn_history_row){phases[row.phase], row.epoch, v[0], v[1], v[2], v[3], v[4],
                                               v[5], v[6], v[7], v[8]});
  }
  return true;
}

/* Rows that predictions are of. */
static size_t predicted(const sbnn_experiment *x) { return x->n_test ? x->n_test : x->n_train; }

/* The arrays in their order, through `one`. */
#define FOR_EACH_ARRAY(one)                                                                                  \
  one(train_cells, x->n_train) one(test_cells, x->n_test) one(genes, x->n_genes) one(norms, x->n_genes)      \
      one(all_genes, x->n_all) one(all_norms, x->n_all) one(predictions, predicted(x) * x->n_responses)      \
          one(latent, x->n_train *(size_t)x->bottleneck) one(gene_predictions, x->n_train * x->n_genes)      \
              one(response_predictions, x->n_train * x->n_responses) one(left_out, x->n_responses)

void sbnn_part_put_experiment(sbnn_part_bytes *b, const sbnn_experiment *x) {
  sizes s;
  memset(&s, 0, sizeof s); /* gaps too: the bytes are hashed */
  s.n_train = x->n_train, s.n_test = x->n_test, s.n_responses = x->n_responses, s.n_history = x->n_history;
  s.n_genes = x->n_genes, s.n_all = x->n_all, s.clusters_used = x->clusters_used;
  s.cells_clustered = x->cells_clustered, s.bottleneck = x->bottleneck, s.pretrain_epoch = x->pretrain_epoch;
  s.prune_epoch = x->prune_epoch, s.lasso = x->lasso;
  s.seconds = x->seconds, s.input_noise = x->input_noise, s.bottleneck_noise = x->bottleneck_noise;
  put(b, &s, sizeof s);
  put_history(b, x);
  for (int stage = 0; stage < SBNN_N_STAGES; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++)
      put_array(b, x->r2[stage][split], x->n_responses + 1, sizeof(double));
#define PUT(field, count) put_array(b, x->field, count, sizeof *x->field);
  FOR_EACH_ARRAY(PUT)
#undef PUT
}

bool sbnn_part_get_experiment(sbnn_part_bytes *b, sbnn_experiment *x) {
  sizes s;
  if (!get(b, &s, sizeof s) || !get_history(b, s.n_history, x)) return false;
  x->n_train = s.n_train, x->n_test = s.n_test, x->n_responses = s.n_responses, x->n_genes = s.n_genes;
  x->n_all = s.n_all, x->clusters_used = s.clusters_used, x->cells_clustered = s.cells_clustered;
  x->bottleneck = s.bottleneck, x->pretrain_epoch = s.pretrain_epoch, x->seconds = s.seconds;
  x->prune_epoch = s.prune_epoch, x->lasso = s.lasso;
  x->input_noise = s.input_noise, x->bottleneck_noise = s.bottleneck_noise;
  for (int stage = 0; stage < SBNN_N_STAGES; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++)
      if (!get_array(b, &x->r2[stage][split], x->n_responses + 1, sizeof(double))) return false;
#define GET(field, count)                                                                                    \
  if (!get_array(b, &x->field, count, sizeof *x->field)) return false;
  FOR_EACH_ARRAY(GET)
#undef GET
  return true;
}

/* ---- a state ---- */

void sbnn_part_put_state(sbnn_part_bytes *b, const nn_state *state) {
  uint64_t n = state ? (uint64_t)nn_state_count(state) : 0;
  put(b, &n, sizeof n);
  for (uint64_t i = 0; i < n; i++) {
    const char *name = nn_state_name(state, (int)i);
    tn_view v = nn_state_view(state, (int)i);
    uint64_t length = strlen(name), bytes = tn_view_bytes(&v);
    put(b, &length, sizeof length);
    put(b, name, length);
    put(b, &bytes, sizeof bytes);
    put(b, v.data, bytes);
  }
}

bool sbnn_part_get_state(sbnn_part_bytes *b, nn_state *state) {
  uint64_t n, length, bytes;
  if (!get(b, &n, sizeof n)) return false;
  for (uint64_t i = 0; i < n; i++) {
    char name[512] = "";
    tn_view v;
    if (!get(b, &length, sizeof length) || length >= sizeof name || !get(b, name, length) ||
        !get(b, &bytes, sizeof bytes) || !state || !nn_state_find(state, name, &v) ||
        tn_view_bytes(&v) != bytes || !get(b, v.data, bytes))
      return false;
  }
  return b->at == b->n;
}

/* ---- files ---- */

int sbnn_part_write(const char *path, const void *data, size_t n, sbnn_error *e) {
  if (tn_atomic_write(path, data, n) == TN_OK) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED,
                   "%s could not be written (%s); free space or choose a directory you may write to", path,
                   strerror(errno));
}

unsigned char *sbnn_part_slurp(const char *path, size_t *n) {
  FILE *f = fopen(path, "rbe");
  unsigned char *data = NULL;
  size_t room = 0, got = 1;
  for (*n = 0; f && got > 0; *n += got) {
    if (room - *n < 4096) data = sbnn_realloc(data, room = 2 * room + 65536, 1);
    got = fread(data + *n, 1, room - *n - 1, f);
  }
  bool good = f && !ferror(f);
  if (f) fclose(f);
  if (good) data[*n] = '\0';
  else free(data), data = NULL;
  return data;
}
