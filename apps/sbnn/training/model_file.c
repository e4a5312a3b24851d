/* model_file.c - see model_file.h. */
#include "training/model_file.h"

#include "data/ids.h"
#include "hash.h"
#include "json_refused.h"
#include "output/writer.h"
#include "utf8.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void sbnn_model_file_free(sbnn_model_file *m) {
  sbnn_free_strings(m->gene_names, m->n_genes);
  sbnn_free_strings(m->response_names, m->n_responses);
  free(m->gene_share);
  free(m->kept);
  sbnn_prepared_free(&m->prepared);
  sbnn_spread_free(&m->spread);
  *m = (sbnn_model_file){0};
}

enum { SCHEMA = 1, EXACT = 17 /* digits that restore a double */ };

/* ---- writing ---- */

/* jansson fails for want of memory only, but for text that is not UTF-8. */
static json_t *checked(json_t *value) {
  if (value) return value;
  fprintf(stderr, "sbnn: out of memory while writing " SBNN_MODEL_FILE "; close other programs\n");
  exit(SBNN_FAILED);
}

/* Takes over `value`. */
static void append(json_t *list, json_t *value) {
  if (json_array_append_new(list, checked(value)) != 0) checked(NULL);
}

static json_t *name_value(const char *name) {
  char *copy = sbnn_utf8(name);
  json_t *value = json_string(copy);
  free(copy);
  return checked(value);
}

/* Those at the places given; NULL: the first n. */
static json_t *names(char *const *name, const size_t *at, size_t n) {
  json_t *list = checked(json_array());
  for (size_t i = 0; i < n; i++) append(list, name_value(name[at ? at[i] : i]));
  return list;
}

static json_t *numbers(const double *value, const size_t *at, size_t n) {
  json_t *list = checked(json_array());
  for (size_t i = 0; i < n; i++) append(list, json_real(value[at ? at[i] : i]));
  return list;
}

/* Of the counts of the cells trained on, the part that is the gene's. */
static double *count_shares(const sbnn_dataset *d, const sbnn_preparation *p, const sbnn_experiment *x) {
  double total = 0, *share = sbnn_alloc(p->n_genes, sizeof *share);
  double *counts = sbnn_alloc(p->n_genes, sizeof *counts);
  for (size_t i = 0; i < x->n_train; i++) {
    sbnn_counts_gather(&d->counts, x->train_cells[i], p->genes, p->n_genes, counts);
    for (size_t j = 0; j < p->n_genes; j++) share[j] += counts[j];
  }
  free(counts);
  for (size_t j = 0; j < p->n_genes; j++) total += share[j];
  bool shared = p->x_transform == SBNN_X_COUNTS; /* without a library size there are no shares of it */
  for (size_t j = 0; j < p->n_genes; j++) share[j] = shared ? share[j] / total : 0;
  return share;
}

/* Positions of the kept genes among the chosen ones. */
static size_t *kept_positions(const sbnn_preparation *p, const sbnn_experiment *x) {
  size_t *kept = sbnn_alloc(x->n_genes, sizeof *kept);
  for (size_t i = 0; i < x->n_genes; i++)
    while (p->genes[kept[i]] != x->genes[i]) kept[i]++;
  return kept;
}

/* How the training cells lie in the kept genes, so that predict knows cells that are unlike them. */
static void put_spread(json_t *inputs, const sbnn_prepared *f, const size_t *kept, size_t n) {
  const sbnn_matrices *p = &f->matrices;
  sbnn_spread s;
  float *x = sbnn_alloc(p->n_train * n, sizeof *x);
  for (size_t i = 0; p->x && i < p->n_train; i++)
    for (size_t k = 0; k < n; k++) x[i * n + k] = p->x[i * p->n_inputs + kept[k]];
  sbnn_spread_fit(x, p->x ? p->n_train : 0, n, &s);
  free(x);
  if (s.n) {
    json_t *factor = numbers(s.factor, NULL, n * (n + 1) / 2), *farthest = checked(json_real(s.farthest));
    if (json_object_set_new(inputs, "spread", factor) || json_object_set_new(inputs, "farthest", farthest))
      checked(NULL);
  }
  sbnn_spread_free(&s);
}

static json_t *response_part(const sbnn_dataset *d, const sbnn_prepared *f) {
  const sbnn_preparation *p = &f->preparation;
  json_t *transforms = checked(json_array());
  for (size_t i = 0; i < p->n_responses; i++)
    append(transforms, json_string(sbnn_y_transform_name(p->y_transform[i])));
  return checked(json_pack(
      "{s:o, s:o, s:o, s:o, s:o}", "names", names(d->response_names, NULL, p->n_responses), "transform",
      transforms, "mean", numbers(p->y_mean, NULL, p->n_responses), "sd",
      numbers(p->y_sd, NULL, p->n_responses), "center", numbers(f->y_center, NULL, p->n_responses)));
}

static const char *const x_transforms[] = {[SBNN_X_COUNTS] = "counts", [SBNN_X_NONE] = "none"};

static json_t *whole(const sbnn_recipe_options *o, const sbnn_dataset *d, const sbnn_prepared *f,
                     const sbnn_experiment *x, uint64_t weights) {
  const sbnn_preparation *p = &f->preparation;
  double *share = count_shares(d, p, x);
  size_t *kept = kept_positions(p, x);
  char hex[17];
  snprintf(hex, sizeof hex, "%016llx", (unsigned long long)weights);
  json_t *hidden = checked(json_array());
  for (int i = 0; i < o->n_hidden; i++) append(hidden, json_integer(o->hidden[i]));
  json_t *inputs =
      checked(json_pack("{s:s, s:o, s:o, s:o}", "transform", x_transforms[p->x_transform], "genes",
                        names(d->gene_names, x->genes, x->n_genes), "mean",
                        numbers(p->x_mean, kept, x->n_genes), "sd", numbers(p->x_sd, kept, x->n_genes)));
  put_spread(inputs, f, kept, x->n_genes);
  json_t *library =
      checked(json_pack("{s:o, s:o, s:f}", "genes", names(d->gene_names, p->genes, p->n_genes), "share",
                        numbers(share, NULL, p->n_genes), "median", p->median_library));
  json_t *root = checked(json_pack("{s:i, s:s, s:{s:s, s:s}, s:{s:o, s:i}, s:o, s:o, s:o}", "schema", SCHEMA,
                                   "kind", "sbnn model", "weights", "file", SBNN_WEIGHTS_FILE, "fnv1a64", hex,
                                   "network", "hidden", hidden, "bottleneck", o->bottleneck, "library",
                                   library, "inputs", inputs, "responses", response_part(d, f)));
  free(share);
  free(kept);
  return root;
}

/* Piece by piece: json_dumps would lose pieces (jansson 2.14) where memory is refused. */
static int put_piece(const char *piece, size_t n, void *w) {
  sbnn_put_bytes(w, piece, n);
  return 0;
}

int sbnn_model_file_write(const char *directory, const sbnn_recipe_options *o, const sbnn_dataset *d,
                          const sbnn_prepared *f, const sbnn_experiment *x, sbnn_error *e) {
  char *path = sbnn_path_in(directory, SBNN_MODEL_FILE),
       *weights = sbnn_path_in(directory, SBNN_WEIGHTS_FILE);
  uint64_t hash;
  int code = SBNN_OK;
  if (sbnn_hash_file(weights, &hash)) {
    sbnn_writer w;
    json_t *root = whole(o, d, f, x, hash);
    sbnn_writer_open(&w, path);
    if (json_dump_callback(root, put_piece, &w, JSON_INDENT(1) | JSON_REAL_PRECISION(EXACT)) && !w.error)
      w.error = ENOMEM;
    sbnn_put(&w, "\n");
    json_decref(root);
    code = sbnn_writer_close(&w, e);
  }
  free(path);
  free(weights);
  return code;
}

/* ---- reading ---- */

/* What the checks share; the first thing that is wrong is kept in `wrong`. */
typedef struct reader {
  const char *path;
  const char *wrong;
} reader;

static void wrong(reader *r, const char *what) {
  if (!r->wrong) r->wrong = what;
}

/* An array of *n elements; *n 0: of any length but 0. */
static json_t *array_of(reader *r, json_t *object, const char *key, size_t *n) {
  json_t *list = json_object_get(object, key);
  size_t length = json_array_size(list);
  if (!json_is_array(list) || length == 0 || (*n && length != *n)) {
    wrong(r, key);
    return NULL;
  }
  *n = length;
  return list;
}

static char **read_names(reader *r, json_t *object, const char *key, size_t *n) {
  json_t *list = array_of(r, object, key, n);
  if (!list) return NULL;
  char **name = sbnn_alloc(*n, sizeof *name);
  for (size_t i = 0; i < *n; i++) {
    const char *text = json_string_value(json_array_get(list, i));
    if (!text || !*text) wrong(r, key);
    name[i] = sbnn_strdup(text ? text : "");
  }
  return name;
}

static double *read_numbers(reader *r, json_t *object, const char *key, size_t n) {
  double *value = sbnn_alloc(n, sizeof *value);
  json_t *list = n ? array_of(r, object, key, &n) : NULL; /* 0: the names are wrong already */
  for (size_t i = 0; list && i < n; i++) {
    json_t *v = json_array_get(list, i);
    value[i] = json_number_value(v);
    if (!json_is_number(v)) wrong(r, key);
  }
  return value;
}

static void read_network(reader *r, json_t *network, sbnn_model_file *m) {
  size_t n = 0;
  json_t *list = array_of(r, network, "hidden", &n);
  if (n > SBNN_MAX_HIDDEN) wrong(r, "hidden"), n = 0;
  m->n_hidden = (int)n;
  for (size_t i = 0; list && i < n; i++) {
    json_int_t width = json_integer_value(json_array_get(list, i));
    if (width < 1 || width > 100000) wrong(r, "hidden");
    m->hidden[i] = (int)width;
  }
  json_int_t units = json_integer_value(json_object_get(network, "bottleneck"));
  if (units < 1 || units > 100000) wrong(r, "bottleneck");
  m->bottleneck = (int)units;
}

static void read_library(reader *r, json_t *library, sbnn_model_file *m) {
  sbnn_preparation *p = &m->prepared.preparation;
  m->gene_names = read_names(r, library, "genes", &m->n_genes);
  if (!m->gene_names) m->n_genes = 0;
  m->gene_share = read_numbers(r, library, "share", m->n_genes);
  p->median_library = json_number_value(json_object_get(library, "median"));
  if (!(p->median_library > 0)) wrong(r, "median");
  p->n_genes = m->n_genes;
  p->genes = sbnn_alloc(m->n_genes, sizeof *p->genes);
  for (size_t j = 0; j < m->n_genes; j++) p->genes[j] = j;
}

/* Absent in files of before there was a choice. */
static sbnn_x_transform read_x_transform(reader *r, json_t *inputs) {
  json_t *word = json_object_get(inputs, "transform");
  for (int i = SBNN_X_COUNTS; word && i <= SBNN_X_NONE; i++)
    if (json_is_string(word) && strcmp(json_string_value(word), x_transforms[i]) == 0)
      return (sbnn_x_transform)i;
  if (word) wrong(r, "inputs");
  return SBNN_X_COUNTS;
}

static void read_inputs(reader *r, json_t *inputs, sbnn_model_file *m) {
  sbnn_preparation *p = &m->prepared.preparation;
  p->x_transform = read_x_transform(r, inputs);
  sbnn_index index;
  char **name = read_names(r, inputs, "genes", &m->n_kept);
  if (!name) m->n_kept = 0;
  double *mean = read_numbers(r, inputs, "mean", m->n_kept), *sd = read_numbers(r, inputs, "sd", m->n_kept);
  m->kept = sbnn_alloc(m->n_kept, sizeof *m->kept);
  p->x_mean = sbnn_alloc(m->n_genes, sizeof *p->x_mean);
  p->x_sd = sbnn_alloc(m->n_genes, sizeof *p->x_sd);
  sbnn_index_build(&index, m->gene_names, m->n_genes, NULL, NULL);
  for (size_t i = 0; i < m->n_kept; i++) {
    size_t at = sbnn_index_find(&index, name[i]);
    if (at == SBNN_ABSENT || !(sd[i] >= 0)) {
      wrong(r, "inputs");
      break;
    }
    m->kept[i] = at;
    p->x_mean[at] = mean[i];
    p->x_sd[at] = sd[i];
  }
  sbnn_index_free(&index);
  sbnn_free_strings(name, m->n_kept);
  free(mean);
  free(sd);
}

/* Absent in files of before there was one. */
static void read_spread(reader *r, json_t *inputs, sbnn_model_file *m) {
  size_t n = m->n_kept, values = n * (n + 1) / 2;
  if (!json_object_get(inputs, "spread") || n == 0) return;
  if (n > SBNN_SPREAD_MOST) {
    wrong(r, "spread");
    return;
  }
  m->spread = (sbnn_spread){n, read_numbers(r, inputs, "spread", values),
                            json_number_value(json_object_get(inputs, "farthest"))};
  for (size_t i = 0; i < n; i++)
    if (!(m->spread.factor[i * (i + 1) / 2 + i] > 0)) wrong(r, "spread");
}

static void read_responses(reader *r, json_t *responses, sbnn_model_file *m) {
  sbnn_preparation *p = &m->prepared.preparation;
  m->response_names = read_names(r, responses, "names", &m->n_responses);
  if (!m->response_names) m->n_responses = 0;
  p->n_responses = m->n_responses;
  p->y_mean = read_numbers(r, responses, "mean", m->n_responses);
  p->y_sd = read_numbers(r, responses, "sd", m->n_responses);
  m->prepared.y_center = read_numbers(r, responses, "center", m->n_responses);
  size_t n = m->n_responses;
  char **transform = read_names(r, responses, "transform", &n);
  p->y_transform = sbnn_alloc(m->n_responses, sizeof *p->y_transform);
  for (size_t i = 0; transform && i < n && i < m->n_responses; i++)
    if (!sbnn_y_transform_named(transform[i], &p->y_transform[i])) wrong(r, "transform");
  if (transform) sbnn_free_strings(transform, n);
}

/* Weights of encoder and alloencoder, biases aside; a double, for the widths are only claimed. */
static double count_weights(const sbnn_model_file *m) {
  double n = 0, before = (double)m->n_kept, after = (double)m->n_responses;
  for (int i = 0; i < m->n_hidden; i++) {
    n += (before + after) * m->hidden[i];
    before = after = m->hidden[i];
  }
  return n + (before + after) * m->bottleneck;
}

/* The file's, and that it can hold the network: room for one that it cannot must not be asked for. */
static int check_weights(const char *directory, const sbnn_model_file *m, json_t *weights, sbnn_error *e) {
  const char *hex = json_string_value(json_object_get(weights, "fnv1a64"));
  char *path = sbnn_path_in(directory, SBNN_WEIGHTS_FILE), have[17] = "";
  uint64_t hash;
  int code = SBNN_OK;
  if (!sbnn_hash_file(path, &hash))
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s cannot be read (%s); it belongs beside " SBNN_MODEL_FILE, path,
                     strerror(errno));
  else snprintf(have, sizeof have, "%016llx", (unsigned long long)hash);
  if (code == SBNN_OK && (!hex || strcmp(hex, have) != 0))
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s is damaged, or not the file that " SBNN_MODEL_FILE
                     " was written with; copy both from the "
                     "results of one 'sbnn train'",
                     path);
  struct stat file;
  if (code == SBNN_OK && stat(path, &file) == 0 && count_weights(m) * sizeof(float) > (double)file.st_size)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s is too small for the network that " SBNN_MODEL_FILE
                     " describes; copy both from the results of one 'sbnn train'",
                     path);
  free(path);
  return code;
}

/* "runs/train-denoise, runs/train-paper": folders in the one of `path` that hold a model; NULL: none. The caller
 * frees. */
static char *models_beside(const char *path) {
  char *pattern = sbnn_format("%.*s*/" SBNN_MODEL_FILE, (int)(strlen(path) - strlen(SBNN_MODEL_FILE)), path);
  char *list = NULL;
  glob_t found;
  if (glob(pattern, 0, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; i++)
      list = sbnn_joined(
          list, " or ",
          sbnn_format("%.*s", (int)(strlen(found.gl_pathv[i]) - sizeof SBNN_MODEL_FILE), found.gl_pathv[i]));
    globfree(&found);
  }
  free(pattern);
  return list;
}

static json_t *load(const char *path, sbnn_error *e) {
  json_error_t error = {0};
  char *others = access(path, R_OK) != 0 && errno == ENOENT ? models_beside(path) : NULL;
  if (others) {
    sbnn_fail(e, SBNN_BAD_INPUT, "%s does not exist, but folders beside it hold models: give --model %s",
              path, others);
    free(others);
    return NULL;
  }
  if (access(path, R_OK) != 0) {
    sbnn_fail(e, SBNN_BAD_INPUT,
              "%s cannot be opened (%s); --model needs a folder of results of 'sbnn train'", path,
              strerror(errno));
    return NULL;
  }
  json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (root) return root;
  if (sbnn_json_check_memory(&error, path, e) != SBNN_OK) return NULL;
  sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %d, column %d: %s; copy the results of 'sbnn train' again", path,
            error.line, error.column, error.text);
  return NULL;
}

int sbnn_model_file_read(const char *directory, sbnn_model_file *m, sbnn_error *e) {
  *m = (sbnn_model_file){0};
  char *path = sbnn_path_in(directory, SBNN_MODEL_FILE);
  reader r = {.path = path};
  json_t *root = load(path, e);
  int code = root ? SBNN_OK : e->code;
  if (root && json_integer_value(json_object_get(root, "schema")) != SCHEMA)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s is not a model file of this version (its 'schema' is not %d); train again", path,
                     SCHEMA);
  if (code == SBNN_OK) {
    read_network(&r, json_object_get(root, "network"), m);
    read_library(&r, json_object_get(root, "library"), m);
    read_inputs(&r, json_object_get(root, "inputs"), m);
    read_spread(&r, json_object_get(root, "inputs"), m);
    read_responses(&r, json_object_get(root, "responses"), m);
    if (r.wrong)
      code = sbnn_fail(e, SBNN_BAD_INPUT, "%s: '%s' is invalid; copy the results of 'sbnn train' again", path,
                       r.wrong);
  }
  if (code == SBNN_OK) code = check_weights(directory, m, json_object_get(root, "weights"), e);
  if (code != SBNN_OK) sbnn_model_file_free(m);
  json_decref(root);
  free(path);
  return code;
}
