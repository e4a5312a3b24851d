/* dataset_labels.c - a label and a colour per cell (dataset_labels.h). */
#include "data/dataset_labels.h"

#include "data/ids.h"
#include "data/table.h"
#include "data/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char unlabelled[] = "unlabelled";

/* ---- names ---- */

static int compare_labels(const void *a, const void *b) {
  const char *x = *(const char *const *)a, *y = *(const char *const *)b;
  int last = (strcmp(x, unlabelled) == 0) - (strcmp(y, unlabelled) == 0);
  return last ? last : strcmp(x, y);
}

typedef struct cell_color {
  int32_t label;
  const char *color;
} cell_color;

static int compare_colors(const void *a, const void *b) {
  const cell_color *x = a, *y = b;
  return x->label != y->label ? (x->label < y->label ? -1 : 1) : strcmp(x->color, y->color);
}

/* The colour most frequent in each label: the longest run after sorting. */
static void pick_label_colors(sbnn_dataset *d) {
  cell_color *c = sbnn_alloc(d->n_cells, sizeof *c);
  for (size_t i = 0; i < d->n_cells; i++) c[i] = (cell_color){d->labels[i], d->cell_colors[i]};
  qsort(c, d->n_cells, sizeof *c, compare_colors);
  size_t *best = sbnn_alloc(d->n_labels, sizeof *best);
  d->label_colors = sbnn_alloc(d->n_labels, sizeof *d->label_colors);
  for (size_t i = 0, end; i < d->n_cells; i = end) {
    for (end = i + 1; end < d->n_cells && compare_colors(&c[i], &c[end]) == 0; end++) {}
    if (end - i <= best[c[i].label]) continue;
    best[c[i].label] = end - i;
    memcpy(d->label_colors[c[i].label], c[i].color, sizeof *d->label_colors);
  }
  free(best);
  free(c);
}

void sbnn_dataset_index_labels(sbnn_dataset *d, const char *const *label_of_cell) {
  const char **names = sbnn_alloc(d->n_cells, sizeof *names),
             **sorted = sbnn_alloc(d->n_cells, sizeof *sorted);
  for (size_t i = 0; i < d->n_cells; i++)
    names[i] = label_of_cell[i] && *label_of_cell[i] ? label_of_cell[i] : unlabelled;
  memcpy(sorted, names, d->n_cells * sizeof *names);
  qsort(sorted, d->n_cells, sizeof *sorted, compare_labels);
  sbnn_strings unique = {0};
  for (size_t i = 0; i < d->n_cells; i++)
    if (i == 0 || strcmp(sorted[i - 1], sorted[i]) != 0) sbnn_strings_add(&unique, sorted[i]);
  free(d->labels);
  free(d->label_colors);
  sbnn_free_strings(d->label_names, d->n_labels);
  d->n_labels = unique.n;
  d->label_names = sbnn_strings_take(&unique);
  d->labels = sbnn_alloc(d->n_cells, sizeof *d->labels);
  d->label_colors = NULL;
  d->overlap.labelled = 0;
  sbnn_index x;
  sbnn_index_build(&x, d->label_names, d->n_labels, NULL, NULL);
  for (size_t i = 0; i < d->n_cells; i++) {
    d->labels[i] = (int32_t)sbnn_index_find(&x, names[i]);
    d->overlap.labelled += strcmp(names[i], unlabelled) != 0;
  }
  sbnn_index_free(&x);
  if (d->cell_colors) pick_label_colors(d);
  free(names);
  free(sorted);
}

void sbnn_dataset_drop_labels(sbnn_dataset *d) {
  sbnn_free_strings(d->label_names, d->n_labels);
  free(d->label_column);
  free(d->labels);
  free(d->cell_colors);
  free(d->label_colors);
  free(d->labels_path);
  d->label_names = NULL;
  d->label_column = d->labels_path = NULL;
  d->labels = NULL;
  d->cell_colors = d->label_colors = NULL;
  d->n_labels = d->overlap.labelled = 0;
  d->overlap.labels_hash = 0;
}

/* ---- the file's columns ---- */

/* What stands before "color" or "colour", without a mark between: "" in "color", "family" in "family_color".
 * False: the column is no colour. */
static bool is_color_name(const char *name, size_t *stem) {
  size_t n = strlen(name);
  for (size_t k = 5; k <= 6 && k <= n; k++) {
    if (strcasecmp(name + n - k, k == 5 ? "color" : "colour") != 0) continue;
    *stem = n == k ? 0 : n - k - 1;
    return n == k || strchr("_-. ", name[n - k - 1]) != NULL;
  }
  return false;
}

/* The label's own colours, else those of no column in particular. */
static size_t color_column(const sbnn_labels *l, const char *label) {
  size_t found = SBNN_ABSENT, stem;
  for (size_t j = 0; j < l->n_cols; j++) {
    if (!is_color_name(l->col_ids[j], &stem)) continue;
    if (stem > 0 && stem == strlen(label) && strncmp(l->col_ids[j], label, stem) == 0) return j;
    if (stem == 0 && found == SBNN_ABSENT) found = j;
  }
  return found;
}

static int label_column(const sbnn_labels *l, const char *wanted, size_t *column, sbnn_error *e) {
  size_t stem;
  for (*column = 0; *column < l->n_cols; ++*column)
    if (wanted ? strcmp(l->col_ids[*column], wanted) == 0 : !is_color_name(l->col_ids[*column], &stem))
      return SBNN_OK;
  if (!wanted)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: there are colours but no labels; add a column of labels",
                     l->path);
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s: there is no column '%s'; the first one is '%s': choose one that exists", l->path,
                   wanted, sbnn_shown(l->col_ids[0]));
}

bool sbnn_is_color(const char *s) {
  if (*s == '\0') return true; /* none given */
  if (*s != '#' || strlen(s) != 7) return false;
  for (int i = 1; i < 7; i++)
    if (!isxdigit((unsigned char)s[i])) return false;
  return true;
}

static int set_color(const sbnn_labels *l, size_t row, size_t column, char out[8], sbnn_error *e) {
  const char *text = l->text[row * l->n_cols + column];
  if (!sbnn_is_color(text))
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: cell '%s' has the %s '%.40s'; write colours like #1f77b4",
                     l->path, sbnn_shown(l->row_ids[row]), l->col_ids[column], text);
  memcpy(out, text, strlen(text) + 1);
  return SBNN_OK;
}

/* ---- joining ---- */

static int join(const sbnn_labels *l, size_t label, size_t color, sbnn_dataset *d, sbnn_error *e) {
  const char **label_of_cell = sbnn_alloc(d->n_cells, sizeof *label_of_cell);
  if (color != SBNN_ABSENT) d->cell_colors = sbnn_alloc(d->n_cells, sizeof *d->cell_colors);
  sbnn_index x;
  sbnn_index_build(&x, l->row_ids, l->n_rows, NULL, NULL);
  int code = SBNN_OK;
  size_t known = 0;
  for (size_t i = 0; i < d->n_cells && code == SBNN_OK; i++) {
    size_t row = sbnn_index_find(&x, d->cell_names[i]);
    if (row == SBNN_ABSENT) continue;
    known++;
    label_of_cell[i] = l->text[row * l->n_cols + label];
    if (color != SBNN_ABSENT) code = set_color(l, row, color, d->cell_colors[i], e);
  }
  sbnn_index_free(&x);
  if (code == SBNN_OK && known == 0)
    code = sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: none of its ids is a cell of the data: it has, for example, '%s', the data '%s'; use the "
        "same cell ids",
        l->path, sbnn_shown(l->row_ids[0]), sbnn_shown(d->cell_names[0]));
  if (code == SBNN_OK) sbnn_dataset_index_labels(d, label_of_cell);
  free(label_of_cell);
  return code;
}

int sbnn_dataset_add_labels(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  sbnn_labels l;
  int code = sbnn_labels_read(o->labels_path, &l, e);
  if (code != SBNN_OK) return code;
  size_t label;
  code = label_column(&l, o->label_column, &label, e);
  if (code == SBNN_OK) {
    d->label_column = sbnn_strdup(l.col_ids[label]);
    d->labels_path = sbnn_strdup(o->labels_path);
    d->overlap.labels_hash = l.hash;
    code = join(&l, label, color_column(&l, d->label_column), d, e);
  }
  sbnn_labels_free(&l);
  return code;
}
