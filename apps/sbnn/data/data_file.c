/* data_file.c - writing data files (data_file.h); data_file_read.c reads them. */
#include "data/data_file.h"

#include "hash.h"
#include "nn/nn.h"
#include "utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TENSORS = 10, MAX_PAIRS = 96, PAIR_ROOM = 32 };

_Static_assert(sizeof(size_t) == 8, "starts of rows are written as they are in memory");

/* A file in the making. Owns what it made itself. */
typedef struct draft {
  nn_tensor tensor[MAX_TENSORS];
  size_t n_tensors, n_pairs, n_owned;
  const char *pair[MAX_PAIRS][2];
  void *owned[MAX_TENSORS + MAX_PAIRS];
} draft;

static void *own(draft *f, void *p) {
  f->owned[f->n_owned++] = p;
  return p;
}

/* ---- what it says of itself ---- */

static void say(draft *f, const char *key, const char *text) {
  if (!text || f->n_pairs == MAX_PAIRS) return;
  f->pair[f->n_pairs][0] = key;
  f->pair[f->n_pairs++][1] = own(f, sbnn_utf8(text));
}

static void say_number(draft *f, const char *key, size_t value) {
  char text[PAIR_ROOM];
  snprintf(text, sizeof text, "%zu", value);
  say(f, key, text);
}

static void say_hash(draft *f, const char *key, uint64_t value) {
  char text[PAIR_ROOM];
  snprintf(text, sizeof text, "%016llx", (unsigned long long)value);
  say(f, key, text);
}

static size_t count_missing(const sbnn_dataset *d) {
  size_t n = 0;
  for (size_t i = 0; i < d->n_cells * d->n_responses; i++) n += isnan(d->responses[i]) != 0;
  return n;
}

static void say_contents(draft *f, const sbnn_dataset *d) {
  say(f, "kind", SBNN_DATA_KIND);
  say(f, "schema", "1");
  say(f, "about",
      "Raw counts and raw responses of the same cells, as read: nothing is normalised, chosen or scaled. "
      "Counts are a sparse matrix by cells: those of cell i, not 0, are counts/value[start[i]:start[i+1]] of "
      "the genes counts/column[start[i]:start[i+1]]. Lists of names are UTF-8, each ended by a zero byte. "
      "Missing responses are NaN.");
  say_number(f, "cells", d->n_cells);
  say_number(f, "genes", d->n_genes);
  say_number(f, "responses", d->n_responses);
  say_number(f, "missing_responses", count_missing(d));
  if (d->labels) {
    say(f, "label_column", d->label_column);
    say_number(f, "labels", d->n_labels);
    say_number(f, "labelled_cells", d->overlap.labelled);
  }
}

static void say_sources(draft *f, const sbnn_dataset *d) {
  const sbnn_overlap *v = &d->overlap;
  if (d->x_path) {
    say(f, "x_path", d->x_path);
    say_hash(f, "x_fnv1a64", v->x_hash);
    say_number(f, "x_cells", v->x_cells);
    say(f, "x_genes_in", v->x_genes_in == SBNN_GENES_IN_ROWS ? "rows" : "columns");
  }
  if (d->y_path) {
    say(f, "y_path", d->y_path);
    say_hash(f, "y_fnv1a64", v->y_hash);
    say_number(f, "y_cells", v->y_cells);
    say(f, "y_cells_in", v->y_cells_in_rows ? "rows" : "columns");
  }
  if (d->labels_path) {
    say(f, "labels_path", d->labels_path);
    say_hash(f, "labels_fnv1a64", v->labels_hash);
  }
}

static void say_notes(draft *f, const sbnn_dataset *d) {
  size_t room = 1, used = 0;
  for (size_t i = 0; i < d->n_notes; i++) room += strlen(d->notes[i]) + 1;
  char *text = own(f, sbnn_alloc(room, 1));
  for (size_t i = 0; i < d->n_notes; i++)
    used += (size_t)snprintf(text + used, room - used, "%s%s", i ? "\n" : "", d->notes[i]);
  if (used) say(f, "notes", text);
}

/* ---- its tensors: widest types first, so that each is aligned ---- */

static void add(draft *f, const char *name, const char *dtype, size_t rows, size_t columns,
                const void *data) {
  f->tensor[f->n_tensors++] = (nn_tensor){.name = name,
                                          .dtype = dtype,
                                          .rank = columns ? 2 : 1,
                                          .shape = {(int64_t)rows, (int64_t)columns},
                                          .data = data};
}

static void add_names(draft *f, const char *tensor, char *const *name, size_t n) {
  size_t bytes = 0, at = 0;
  for (size_t i = 0; i < n; i++) bytes += strlen(name[i]) + 1;
  char *list = own(f, sbnn_alloc(bytes, 1));
  for (size_t i = 0; i < n; i++) at += (size_t)(stpcpy(list + at, name[i]) - (list + at)) + 1;
  add(f, tensor, "U8", bytes, 0, list);
}

static void add_tensors(draft *f, const sbnn_dataset *d) {
  const sbnn_counts *c = &d->counts;
  const size_t n = c->start[c->n_rows];
  add(f, "responses", "F64", d->n_cells, d->n_responses, d->responses);
  add(f, "counts/start", "U64", d->n_cells + 1, 0, c->start);
  add(f, "counts/column", "U32", n, 0, c->column);
  add(f, "counts/value", "F32", n, 0, c->value);
  if (d->labels) add(f, "label_of_cell", "I32", d->n_cells, 0, d->labels);
  add_names(f, "cell_names", d->cell_names, d->n_cells);
  add_names(f, "gene_names", d->gene_names, d->n_genes);
  add_names(f, "response_names", d->response_names, d->n_responses);
  if (d->labels) add_names(f, "label_names", d->label_names, d->n_labels);
  if (d->cell_colors) add(f, "color_of_cell", "U8", d->n_cells, sizeof *d->cell_colors, d->cell_colors);
}

static uint64_t checksum(const draft *f) {
  uint64_t hash = TN_HASH_START;
  for (size_t i = 0; i < f->n_tensors; i++) {
    const nn_tensor *t = &f->tensor[i];
    hash = tn_hash(hash, t->data, (size_t)tn_numel(t->rank, t->shape) * nn_tensor_type_bytes(t->dtype));
  }
  return hash;
}

int sbnn_data_file_write(const char *path, const sbnn_dataset *d, const char *const (*recipe)[2], size_t n,
                         sbnn_error *e) {
  char message[256] = "";
  draft *f = sbnn_alloc(1, sizeof *f);
  say_contents(f, d);
  say_sources(f, d);
  say_notes(f, d);
  for (size_t i = 0; i < n; i++) say(f, recipe[i][0], recipe[i][1]);
  add_tensors(f, d);
  say_hash(f, "fnv1a64", checksum(f));
  tn_status status = nn_tensor_file_write(path, f->tensor, f->n_tensors, (const char *const(*)[2])f->pair,
                                          (int)f->n_pairs, message);
  for (size_t i = 0; i < f->n_owned; i++) free(f->owned[i]);
  free(f);
  if (status == TN_OK) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED, "%s%s", message,
                   status == TN_EIO ? "; free space or choose a folder you may write to" : "");
}
