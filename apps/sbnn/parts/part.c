/* part.c - see part.h. Each field of the experiment is a tensor of its name, each value of the state one
 * under "state/". */
#include "parts/part.h"

#include "hash.h"
#include "output/outdir.h"
#include "parts/part_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE "state/"

char *sbnn_part_path(const char *directory, const sbnn_part *part) {
  char name[SBNN_TASK_NAME];
  sbnn_task_name(part->task, name);
  return sbnn_format("%s/%s%s%s" SBNN_PART_ENDING, directory, name, part->phase ? "." : "",
                     part->phase ? part->phase : "");
}

/* ---- the history ---- */

static const char *const phases[] = {"pretrain", "frozen", "unfrozen", "finetune", "denoise", "autoencoder"};
enum { PHASES = sizeof phases / sizeof *phases, MEASURED = 9 };

/* The numbers of a row in the order of the tensor's columns. */
static void row_numbers(sbnn_history_row *h, double *number[MEASURED]) {
  double *const all[MEASURED] = {&h->lr,      &h->train_loss,      &h->test_loss,      &h->train_r2,
                                 &h->test_r2, &h->test_r2_batches, &h->train_accuracy, &h->test_accuracy,
                                 &h->penalty};
  memcpy(number, all, sizeof all);
}

static int32_t phase_number(const char *phase) {
  int32_t i = 0;
  while (i < PHASES && strcmp(phases[i], phase) != 0) i++;
  return i;
}

/* ---- what a file says it is ---- */

enum { KIND_OF_FILE, RUN, TASK, PHASE, HASH, FACTS };

typedef struct facts {
  char task[SBNN_TASK_NAME], hash[17];
  const char *pair[FACTS][2];
} facts;

static void say_facts(const sbnn_part *part, uint64_t hash, facts *f) {
  sbnn_task_name(part->task, f->task);
  snprintf(f->hash, sizeof f->hash, "%016llx", (unsigned long long)hash);
  const char *const pair[FACTS][2] = {[KIND_OF_FILE] = {"kind", "sbnn part, schema 1"},
                                      [RUN] = {"run", part->key},
                                      [TASK] = {"task", f->task},
                                      [PHASE] = {"phase", part->phase ? part->phase : ""},
                                      [HASH] = {"fnv1a64", f->hash}};
  memcpy(f->pair, pair, sizeof pair);
}

/* Of all tensors, in whatever order. */
static uint64_t add_to_hash(uint64_t sum, const nn_tensor *t) {
  uint64_t hash = tn_hash(TN_HASH_START, t->name, strlen(t->name) + 1);
  hash = tn_hash(hash, t->dtype, strlen(t->dtype) + 1);
  hash = tn_hash(hash, t->shape, (size_t)t->rank * sizeof *t->shape);
  return sum + tn_hash(hash, t->data, (size_t)tn_numel(t->rank, t->shape) * nn_tensor_type_bytes(t->dtype));
}

/* ---- writing ---- */

typedef struct draft {
  nn_tensor *tensors;
  void **owned; /* [n] behind names or data; NULL: borrowed */
  size_t n;
} draft;

static void add(draft *f, nn_tensor t, void *owned) {
  f->tensors = sbnn_realloc(f->tensors, f->n + 1, sizeof *f->tensors);
  f->owned = sbnn_realloc(f->owned, f->n + 1, sizeof *f->owned);
  f->tensors[f->n] = t;
  f->owned[f->n++] = owned;
}

static void add_experiment(draft *f, const sbnn_experiment *x) {
  const char *base = (const char *)x;
  for (size_t i = 0; i < PART_SCALARS; i++)
    add(f, (nn_tensor){part_scalars[i].name, part_scalars[i].dtype, .data = base + part_scalars[i].offset},
        NULL);
  for (size_t i = 0; i < PART_ARRAYS; i++) {
    const part_field *a = &part_arrays[i];
    const void *data;
    memcpy(&data, base + a->offset, sizeof data);
    if (!data) continue;
    nn_tensor t = {a->name, a->dtype, a->columns == EXTENT_ONE ? 1 : 2, .data = data};
    t.shape[0] = (int64_t)part_extent_of(x, a->rows);
    t.shape[1] = (int64_t)part_extent_of(x, a->columns);
    add(f, t, NULL);
  }
}

static char *r2_name(int stage, int split) {
  return sbnn_format("r2/%s/%s", sbnn_stage_names[stage], sbnn_split_names[split]);
}

static void add_r2(draft *f, const sbnn_experiment *x) {
  for (int stage = 0; stage < SBNN_N_STAGES; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++) {
      if (!x->r2[stage][split]) continue;
      char *name = r2_name(stage, split);
      add(f, (nn_tensor){name, "F64", 1, {1 + (int64_t)x->n_responses}, .data = x->r2[stage][split]}, name);
    }
}

static void add_history(draft *f, const sbnn_experiment *x) {
  int64_t n = (int64_t)x->n_history;
  double *measured = sbnn_alloc(x->n_history * MEASURED, sizeof *measured), *number[MEASURED];
  int32_t *place = sbnn_alloc(x->n_history * 2, sizeof *place);
  for (size_t i = 0; i < x->n_history; i++) {
    sbnn_history_row row = x->history[i];
    row_numbers(&row, number);
    for (size_t k = 0; k < MEASURED; k++) measured[i * MEASURED + k] = *number[k];
    place[2 * i] = phase_number(row.phase);
    place[2 * i + 1] = row.epoch;
  }
  add(f, (nn_tensor){"history/measured", "F64", 2, {n, MEASURED}, .data = measured}, measured);
  add(f, (nn_tensor){"history/phase_and_epoch", "I32", 2, {n, 2}, .data = place}, place);
}

static void add_state(draft *f, const nn_state *state) {
  for (int i = 0; i < nn_state_count(state); i++) {
    tn_view v = nn_state_view(state, i);
    char *name = sbnn_format(STATE "%s", nn_state_name(state, i));
    nn_tensor t = {name, v.dtype == TN_F64 ? "F64" : "F32", v.rank, .data = v.data};
    memcpy(t.shape, v.shape, sizeof t.shape);
    add(f, t, name);
  }
}

int sbnn_part_write(const char *path, const sbnn_part *part, const sbnn_experiment *x, const nn_state *state,
                    sbnn_error *e) {
  draft f = {0};
  add_experiment(&f, x);
  add_r2(&f, x);
  add_history(&f, x);
  if (state) add_state(&f, state);
  int code = sbnn_part_write_tensors(path, part, f.tensors, f.n, e);
  for (size_t i = 0; i < f.n; i++) free(f.owned[i]);
  free(f.owned);
  free(f.tensors);
  return code;
}

int sbnn_part_write_tensors(const char *path, const sbnn_part *part, const nn_tensor *tensors, size_t n,
                            sbnn_error *e) {
  facts about;
  char message[256] = "";
  uint64_t hash = 0;
  if (sbnn_check_memory(e) != SBNN_OK) return e->code; /* a score may be missing since */
  for (size_t i = 0; i < n; i++) hash = add_to_hash(hash, &tensors[i]);
  say_facts(part, hash, &about);
  tn_status status =
      nn_tensor_file_write(path, tensors, n, (const char *const(*)[2])about.pair, FACTS, message);
  if (status == TN_OK) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED, "what is finished could not be written (%s)%s", message,
                   status == TN_EIO ? "; free space or choose a directory you may write to" : "");
}

/* ---- reading ---- */

static const nn_tensor *find(const nn_tensor_file *f, const char *name, const char *dtype, int rank,
                             size_t rows, size_t columns) {
  const nn_tensor *t = nn_tensor_file_find(f, name);
  bool good = t && t->rank == rank && strcmp(t->dtype, dtype) == 0 &&
              (rank < 1 || t->shape[0] == (int64_t)rows) && (rank < 2 || t->shape[1] == (int64_t)columns);
  return good ? t : NULL;
}

/* A tensor's elements in memory of their own; the caller frees. */
static void *copy_of(const nn_tensor *t) {
  void *data = sbnn_alloc(t->bytes, 1);
  if (t->bytes) memcpy(data, t->data, t->bytes);
  return data;
}

static bool get_scalars(const nn_tensor_file *f, sbnn_experiment *x) {
  for (size_t i = 0; i < PART_SCALARS; i++) {
    const nn_tensor *t = find(f, part_scalars[i].name, part_scalars[i].dtype, 0, 0, 0);
    if (!t) return false;
    memcpy((char *)x + part_scalars[i].offset, t->data, t->bytes);
  }
  return true;
}

static bool are_bools(const nn_tensor *t) {
  for (size_t i = 0; i < t->bytes; i++)
    if (((const unsigned char *)t->data)[i] > 1) return false;
  return true;
}

static bool get_arrays(const nn_tensor_file *f, sbnn_experiment *x) {
  for (size_t i = 0; i < PART_ARRAYS; i++) {
    const part_field *a = &part_arrays[i];
    if (!nn_tensor_file_find(f, a->name)) continue;
    const nn_tensor *t = find(f, a->name, a->dtype, a->columns == EXTENT_ONE ? 1 : 2,
                              part_extent_of(x, a->rows), part_extent_of(x, a->columns));
    if (!t || (strcmp(a->dtype, "BOOL") == 0 && !are_bools(t))) return false;
    void *data = copy_of(t);
    memcpy((char *)x + a->offset, &data, sizeof data);
  }
  return true;
}

static bool get_r2(const nn_tensor_file *f, sbnn_experiment *x) {
  bool good = true;
  for (int stage = 0; stage < SBNN_N_STAGES && good; stage++)
    for (int split = 0; split < SBNN_N_SPLITS && good; split++) {
      char *name = r2_name(stage, split);
      if (nn_tensor_file_find(f, name)) {
        const nn_tensor *t = find(f, name, "F64", 1, x->n_responses + 1, 0);
        good = t != NULL;
        if (t) x->r2[stage][split] = copy_of(t);
      }
      free(name);
    }
  return good;
}

static bool get_history(const nn_tensor_file *f, sbnn_experiment *x) {
  const nn_tensor *any = nn_tensor_file_find(f, "history/measured");
  size_t n = any && any->rank == 2 ? (size_t)any->shape[0] : 0;
  const nn_tensor *m = find(f, "history/measured", "F64", 2, n, MEASURED),
                  *p = find(f, "history/phase_and_epoch", "I32", 2, n, 2);
  if (!m || !p) return false;
  for (size_t i = 0; i < n; i++) {
    int32_t place[2];
    sbnn_history_row row = {0};
    double *number[MEASURED];
    memcpy(place, (const char *)p->data + i * sizeof place, sizeof place);
    if (place[0] < 0 || place[0] >= PHASES) return false;
    row.phase = phases[place[0]];
    row.epoch = place[1];
    row_numbers(&row, number);
    for (size_t k = 0; k < MEASURED; k++)
      memcpy(number[k], (const char *)m->data + (i * MEASURED + k) * sizeof(double), sizeof(double));
    sbnn_experiment_add(x, &row);
  }
  return true;
}

/* set: copies the values; else: are all there, and no others? */
static bool get_state(const nn_tensor_file *f, nn_state *state, bool set) {
  int n = state ? nn_state_count(state) : 0, values = 0;
  for (size_t i = 0; i < nn_tensor_file_count(f); i++)
    values += strncmp(nn_tensor_file_at(f, i)->name, STATE, sizeof STATE - 1) == 0;
  bool good = values == n;
  for (int i = 0; i < n && good; i++) {
    tn_view v = nn_state_view(state, i);
    char *name = sbnn_format(STATE "%s", nn_state_name(state, i));
    const nn_tensor *t = nn_tensor_file_find(f, name);
    good = t && t->rank >= 0 && strcmp(t->dtype, v.dtype == TN_F64 ? "F64" : "F32") == 0 &&
           tn_same_shape(t->rank, t->shape, v.rank, v.shape);
    if (good && set && t->bytes) memcpy(v.data, t->data, t->bytes);
    free(name);
  }
  return good;
}

static bool says(const nn_tensor_file *f, const char *const pair[2]) {
  const char *is = nn_tensor_file_metadata(f, pair[0]);
  return is && strcmp(is, pair[1]) == 0;
}

/* Whole, and of this run, task and phase? */
static int check_facts(const nn_tensor_file *f, const char *path, const sbnn_part *part, sbnn_error *e) {
  facts wanted;
  uint64_t hash = 0;
  bool whole = true;
  for (size_t i = 0; i < nn_tensor_file_count(f); i++) {
    const nn_tensor *t = nn_tensor_file_at(f, i);
    if (t->rank < 0 || nn_tensor_type_bytes(t->dtype) == 0) whole = false;
    else hash = add_to_hash(hash, t);
  }
  say_facts(part, hash, &wanted);
  if (!whole || !says(f, wanted.pair[KIND_OF_FILE]) || !says(f, wanted.pair[HASH]))
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s is damaged, or is not a part of a run of this sbnn", path);
  for (int i = RUN; i <= PHASE; i++) {
    const char *key = wanted.pair[i][0], *is = nn_tensor_file_metadata(f, key);
    if (!says(f, wanted.pair[i]))
      return sbnn_fail(e, SBNN_BAD_INPUT, "%s belongs to another %s: '%.60s', not '%.60s'", path, key,
                       is ? is : "", wanted.pair[i][1]);
  }
  return SBNN_OK;
}

int sbnn_part_open(const char *path, const sbnn_part *part, nn_tensor_file **f, sbnn_error *e) {
  char message[256] = "";
  if (nn_tensor_file_open(NULL, path, f, message) != TN_OK)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s", message);
  int code = check_facts(*f, path, part, e);
  if (code != SBNN_OK) nn_tensor_file_close(*f);
  return code;
}

int sbnn_part_read(const char *path, const sbnn_part *part, sbnn_experiment *x, nn_state *state,
                   sbnn_error *e) {
  nn_tensor_file *f;
  sbnn_experiment read = {.model = part->task->model, .fold = part->task->fold};
  int code = sbnn_part_open(path, part, &f, e);
  if (code != SBNN_OK) return code;
  if (!(get_scalars(f, &read) && get_arrays(f, &read) && get_r2(f, &read) && get_history(f, &read) &&
        get_state(f, state, false)))
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s does not have the contents of a part of this run", path);
  if (code == SBNN_OK) {
    (void)get_state(f, state, true);
    sbnn_experiment_free(x);
    *x = read;
  } else {
    sbnn_experiment_free(&read);
  }
  nn_tensor_file_close(f);
  return code;
}
