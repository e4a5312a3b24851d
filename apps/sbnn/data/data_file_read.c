/* data_file_read.c - reading data files, which may be damaged, or made by others (data_file.h). */
#include "data/data_file.h"
#include "data/dataset_labels.h"
#include "data/ids.h"
#include "data/text.h"
#include "hash.h"
#include "interrupt.h"
#include "nn/nn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A file being read. */
typedef struct input {
  const char *path;
  nn_tensor_file *file;
  sbnn_error *e;
} input;

static int damaged(const input *f, const char *tensor, const char *what) {
  return sbnn_fail(f->e, SBNN_BAD_INPUT, "%s is damaged, or not by sbnn prep: '%s' %s; make it again",
                   f->path, tensor, what);
}

static int open_file(const char *path, nn_tensor_file **file, sbnn_error *e) {
  char message[256] = "";
  sbnn_interrupt_mapped(path);
  tn_status status = nn_tensor_file_open(NULL, path, file, message);
  if (status != TN_OK)
    return sbnn_fail(e, status == TN_ENOMEM ? SBNN_FAILED : SBNN_BAD_INPUT,
                     "%s; --data takes what sbnn prep has written, tables go to --x and --y", message);
  const char *kind = nn_tensor_file_metadata(*file, "kind"),
             *schema = nn_tensor_file_metadata(*file, "schema");
  int code = SBNN_OK;
  if (!kind || strcmp(kind, SBNN_DATA_KIND) != 0)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s is a safetensors file, but no data file; --data takes what sbnn prep has written",
                     path);
  else if (!schema || strcmp(schema, "1") != 0)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s is a data file of schema %.20s, and this sbnn reads schema 1; make it again with "
                     "this sbnn's prep",
                     path, schema ? schema : "unknown");
  if (code == SBNN_OK) return SBNN_OK;
  nn_tensor_file_close(*file);
  *file = NULL;
  return code;
}

/* ---- one tensor ---- */

/* The tensor of this name, dtype and rank, aligned. `wanted`: it must be there (else *t may be NULL). */
static int find(const input *f, const char *tensor, const char *dtype, int rank, bool wanted,
                const nn_tensor **t) {
  *t = nn_tensor_file_find(f->file, tensor);
  if (!*t) return wanted ? damaged(f, tensor, "is missing") : SBNN_OK;
  if (strcmp((*t)->dtype, dtype) != 0 || (*t)->rank != rank) {
    char what[64];
    snprintf(what, sizeof what, "is no %s of %d dimension%s", dtype, rank, rank == 1 ? "" : "s");
    return damaged(f, tensor, what);
  }
  if ((uintptr_t)(*t)->data % nn_tensor_type_bytes(dtype))
    return damaged(f, tensor, "is not aligned (widest types come first)");
  return SBNN_OK;
}

static int wrong_size(const input *f, const char *tensor, int64_t has, size_t wanted) {
  char what[80];
  snprintf(what, sizeof what, "has %" PRId64 " entries, not %zu", has, wanted);
  return damaged(f, tensor, what);
}

/* Copies a list of names, of which no two are the same; *n is their number. */
static int read_names(const input *f, const char *tensor, char ***names, size_t *n) {
  const nn_tensor *t;
  int code = find(f, tensor, "U8", 1, true, &t);
  if (code != SBNN_OK) return code;
  const char *text = t->data;
  if (t->bytes == 0 || text[t->bytes - 1] != 0) return damaged(f, tensor, "does not end with a zero byte");
  size_t count = 0, first, second;
  for (size_t i = 0; i < t->bytes; i++) count += text[i] == 0;
  *names = sbnn_alloc(count, sizeof **names);
  *n = count;
  for (size_t i = 0; i < count; i++, text += strlen(text) + 1) (*names)[i] = sbnn_strdup(text);
  sbnn_index index;
  sbnn_index_build(&index, *names, count, &first, &second);
  sbnn_index_free(&index);
  if (second == SBNN_ABSENT) return SBNN_OK;
  char what[120];
  snprintf(what, sizeof what, "has '%s' twice", sbnn_shown((*names)[first]));
  return damaged(f, tensor, what);
}

/* ---- counts ---- */

static int check_rows(const input *f, const sbnn_counts *c, size_t n) {
  if (c->start[0] != 0 || c->start[c->n_rows] != n)
    return damaged(f, "counts/start", "does not run from 0 to the number of counts");
  for (size_t i = 0; i < c->n_rows; i++)
    if (c->start[i] > c->start[i + 1] || c->start[i + 1] > n)
      return damaged(f, "counts/start", "does not ascend");
  for (size_t i = 0; i < c->n_rows; i++)
    for (size_t k = c->start[i]; k < c->start[i + 1]; k++) {
      if (c->column[k] >= c->n_cols) return damaged(f, "counts/column", "has a gene that does not exist");
      if (k > c->start[i] && c->column[k] <= c->column[k - 1])
        return damaged(f, "counts/column", "does not ascend within a cell");
      if (c->value[k] == 0) return damaged(f, "counts/value", "has a count of 0, which is to be left out");
    }
  return SBNN_OK;
}

/* Straight from the mapping, which nobody writes to. */
static int read_counts(const input *f, sbnn_dataset *d) {
  const nn_tensor *start, *column, *value;
  int code = find(f, "counts/start", "U64", 1, true, &start);
  if (code == SBNN_OK) code = find(f, "counts/column", "U32", 1, true, &column);
  if (code == SBNN_OK) code = find(f, "counts/value", "F32", 1, true, &value);
  if (code != SBNN_OK) return code;
  if ((uint64_t)start->shape[0] != d->n_cells + 1)
    return wrong_size(f, "counts/start", start->shape[0], d->n_cells + 1);
  if (value->shape[0] != column->shape[0])
    return wrong_size(f, "counts/value", value->shape[0], (size_t)column->shape[0]);
  if (d->n_genes > UINT32_MAX) return damaged(f, "gene_names", "has more than 2^32 names");
  d->counts = (sbnn_counts){.n_rows = d->n_cells,
                            .n_cols = d->n_genes,
                            .start = (size_t *)(uintptr_t)start->data,
                            .column = (uint32_t *)(uintptr_t)column->data,
                            .value = (float *)(uintptr_t)value->data,
                            .borrowed = true};
  return check_rows(f, &d->counts, (size_t)column->shape[0]);
}

/* ---- responses and labels ---- */

static int read_responses(const input *f, sbnn_dataset *d) {
  const nn_tensor *t;
  int code = find(f, "responses", "F64", 2, true, &t);
  if (code != SBNN_OK) return code;
  if ((uint64_t)t->shape[0] != d->n_cells) return wrong_size(f, "responses", t->shape[0], d->n_cells);
  if ((uint64_t)t->shape[1] != d->n_responses) return wrong_size(f, "responses", t->shape[1], d->n_responses);
  d->responses = sbnn_alloc(d->n_cells * d->n_responses, sizeof *d->responses);
  memcpy(d->responses, t->data, t->bytes);
  return SBNN_OK;
}

static int read_colors(const input *f, sbnn_dataset *d) {
  const nn_tensor *t;
  int code = find(f, "color_of_cell", "U8", 2, false, &t);
  if (code != SBNN_OK || !t) return code;
  if ((uint64_t)t->shape[0] != d->n_cells || t->shape[1] != sizeof *d->cell_colors)
    return damaged(f, "color_of_cell", "is not eight bytes for each cell");
  d->cell_colors = sbnn_alloc(d->n_cells, sizeof *d->cell_colors);
  memcpy(d->cell_colors, t->data, t->bytes);
  for (size_t i = 0; i < d->n_cells; i++)
    if (!memchr(d->cell_colors[i], 0, sizeof *d->cell_colors) || !sbnn_is_color(d->cell_colors[i]))
      return damaged(f, "color_of_cell", "has a value that is not a colour like '#1f77b4'");
  return SBNN_OK;
}

static int index_labels(const input *f, const nn_tensor *t, char *const *names, size_t n, sbnn_dataset *d) {
  const int32_t *label = t->data;
  const char **label_of_cell = sbnn_alloc(d->n_cells, sizeof *label_of_cell);
  int code = SBNN_OK;
  for (size_t i = 0; i < d->n_cells && code == SBNN_OK; i++)
    if (label[i] < 0 || (size_t)label[i] >= n)
      code = damaged(f, "label_of_cell", "has a label that does not exist");
    else label_of_cell[i] = names[label[i]];
  if (code == SBNN_OK) sbnn_dataset_index_labels(d, label_of_cell);
  free(label_of_cell);
  return code;
}

static int read_labels(const input *f, sbnn_dataset *d) {
  const nn_tensor *t;
  const char *column = nn_tensor_file_metadata(f->file, "label_column");
  char **names = NULL;
  size_t n = 0;
  int code = find(f, "label_of_cell", "I32", 1, false, &t);
  if (code != SBNN_OK || !t) return code;
  if ((uint64_t)t->shape[0] != d->n_cells) return wrong_size(f, "label_of_cell", t->shape[0], d->n_cells);
  code = read_colors(f, d);
  if (code == SBNN_OK) code = read_names(f, "label_names", &names, &n);
  if (code == SBNN_OK) {
    d->label_column = sbnn_strdup(column ? column : "label");
    code = index_labels(f, t, names, n, d);
  }
  sbnn_free_strings(names, n);
  return code;
}

/* ---- the recipe ---- */

static char *text_of(const input *f, const char *key) {
  const char *text = nn_tensor_file_metadata(f->file, key);
  return text ? sbnn_strdup(text) : NULL;
}

static uint64_t number_of(const input *f, const char *key, int base) {
  const char *text = nn_tensor_file_metadata(f->file, key);
  return text ? strtoull(text, NULL, base) : 0;
}

static bool says(const input *f, const char *key, const char *word) {
  const char *text = nn_tensor_file_metadata(f->file, key);
  return text && strcmp(text, word) == 0;
}

static void read_sources(const input *f, sbnn_dataset *d) {
  sbnn_overlap *v = &d->overlap;
  d->x_path = text_of(f, "x_path");
  d->y_path = text_of(f, "y_path");
  d->labels_path = text_of(f, "labels_path");
  v->x_hash = number_of(f, "x_fnv1a64", 16);
  v->y_hash = number_of(f, "y_fnv1a64", 16);
  v->labels_hash = number_of(f, "labels_fnv1a64", 16);
  v->x_cells = (size_t)number_of(f, "x_cells", 10);
  v->y_cells = (size_t)number_of(f, "y_cells", 10);
  v->shared = d->n_cells;
  v->x_genes_in = says(f, "x_genes_in", "rows") ? SBNN_GENES_IN_ROWS : SBNN_GENES_IN_COLUMNS;
  v->y_cells_in_rows = !says(f, "y_cells_in", "columns");
  char *notes = text_of(f, "notes"), *rest = notes;
  for (char *line; (line = strsep(&rest, "\n"));) sbnn_dataset_note(d, line);
  free(notes);
}

/* Also what tells one file's contents from another's. A file by others may be without. */
static int check_sum(const input *f, uint64_t *hash) {
  const char *text = nn_tensor_file_metadata(f->file, "fnv1a64");
  *hash = TN_HASH_START;
  for (size_t i = 0; i < nn_tensor_file_count(f->file); i++) {
    const nn_tensor *t = nn_tensor_file_at(f->file, i);
    *hash = tn_hash(*hash, t->data, t->bytes);
  }
  if (!text || *hash == number_of(f, "fnv1a64", 16)) return SBNN_OK;
  return sbnn_fail(f->e, SBNN_BAD_INPUT,
                   "%s is damaged: its contents do not have its checksum; make it again", f->path);
}

int sbnn_data_file_read(const char *path, sbnn_dataset *d, sbnn_error *e) {
  input f = {.path = path, .e = e};
  int code = open_file(path, &f.file, e);
  if (code != SBNN_OK) return code;
  d->mapping = f.file;
  d->data_path = sbnn_strdup(path);
  code = check_sum(&f, &d->data_hash);
  if (code == SBNN_OK) code = read_names(&f, "cell_names", &d->cell_names, &d->n_cells);
  if (code == SBNN_OK) code = read_names(&f, "gene_names", &d->gene_names, &d->n_genes);
  if (code == SBNN_OK) code = read_names(&f, "response_names", &d->response_names, &d->n_responses);
  if (code == SBNN_OK) code = read_counts(&f, d);
  if (code == SBNN_OK) code = read_responses(&f, d);
  if (code == SBNN_OK) code = read_labels(&f, d);
  if (code == SBNN_OK) read_sources(&f, d);
  return code;
}

/* ---- telling ---- */

int sbnn_data_file_describe(FILE *to, const char *path, sbnn_error *e) {
  static const struct {
    const char *what, *key;
  } lines[] = {{"cells", "cells"},
               {"genes", "genes"},
               {"responses", "responses"},
               {"missing", "missing_responses"},
               {"label column", "label_column"},
               {"labels", "labels"},
               {"labelled", "labelled_cells"},
               {"counts from", "x_path"},
               {"  fnv1a64", "x_fnv1a64"},
               {"responses from", "y_path"},
               {"  fnv1a64", "y_fnv1a64"},
               {"labels from", "labels_path"},
               {"  fnv1a64", "labels_fnv1a64"},
               {"made by sbnn", "version"},
               {"  commit", "commit"},
               {"  x-genes-in", "x-genes-in"},
               {"  label-column", "label-column"},
               {"  x-transform", "x-transform"},
               {"fnv1a64", "fnv1a64"}};
  sbnn_dataset d = {0};
  int code = sbnn_data_file_read(path, &d, e);
  if (code == SBNN_OK) code = sbnn_dataset_check_raw(&d, SBNN_X_NONE, path, path, e);
  for (size_t i = 0; i < sizeof lines / sizeof *lines && code == SBNN_OK; i++) {
    const char *text = nn_tensor_file_metadata(d.mapping, lines[i].key);
    if (text) fprintf(to, "%-16s %s\n", lines[i].what, text);
  }
  for (size_t i = 0; code == SBNN_OK && i < d.n_notes; i++) fprintf(to, "%-16s %s\n", "note", d.notes[i]);
  for (size_t i = 0; code == SBNN_OK && i < nn_tensor_file_count(d.mapping); i++) {
    const nn_tensor *t = nn_tensor_file_at(d.mapping, i);
    char shape[64];
    snprintf(shape, sizeof shape, t->rank == 2 ? "%" PRId64 " x %" PRId64 : "%" PRId64, t->shape[0],
             t->shape[1]);
    fprintf(to, "%-16s %s, %s, %zu bytes\n", t->name, t->dtype, shape, t->bytes);
  }
  sbnn_dataset_free(&d);
  return code;
}
