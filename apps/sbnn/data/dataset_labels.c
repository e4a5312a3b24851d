/* dataset_labels.c - a label and a colour per cell (dataset_labels.h). */
#include "data/dataset_labels.h"

#include "data/ids.h"
#include "data/table.h"
#include "data/text.h"

#include <ctype.h>
#include <stdio.h>
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

/* Columns from 0, which is that of the row ids; there are n_cols + 1. */
static const char *name_of(const sbnn_labels *l, size_t column) {
  return column ? l->col_ids[column - 1] : l->corner ? l->corner : "";
}
static const char *text_in(const sbnn_labels *l, size_t row, size_t column) {
  return column ? l->text[row * l->n_cols + column - 1] : l->row_ids[row];
}

static int no_column(const sbnn_labels *l, const char *wanted, sbnn_error *e) {
  char list[600] = "";
  size_t used = 0, j = 0;
  for (; j <= l->n_cols && used + 80 < sizeof list; j++)
    if (*name_of(l, j))
      used += (size_t)snprintf(list + used, sizeof list - used, "%s'%.60s'", used ? ", " : "", name_of(l, j));
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s: there is no column '%s'; its columns are %s%s", l->path, wanted,
                   list, j <= l->n_cols ? ", ..." : "");
}

static bool find_column(const sbnn_labels *l, const char *wanted, size_t *column) {
  for (*column = 0; *column <= l->n_cols; ++*column)
    if (strcmp(name_of(l, *column), wanted) == 0) return true;
  return false;
}

/* The label's own colours, else those of no column in particular. */
static size_t color_column(const sbnn_labels *l, size_t ids, const char *label) {
  size_t found = SBNN_ABSENT, stem;
  for (size_t j = 0; j <= l->n_cols; j++) {
    const char *name = name_of(l, j);
    if (j == ids || !is_color_name(name, &stem)) continue;
    if (stem > 0 && stem == strlen(label) && strncmp(name, label, stem) == 0) return j;
    if (stem == 0 && found == SBNN_ABSENT) found = j;
  }
  return found;
}

static int label_column(const sbnn_labels *l, const char *wanted, size_t ids, size_t *column, sbnn_error *e) {
  size_t stem;
  if (wanted) return find_column(l, wanted, column) ? SBNN_OK : no_column(l, wanted, e);
  for (*column = 0; *column <= l->n_cols; ++*column)
    if (*column != ids && *name_of(l, *column) && !is_color_name(name_of(l, *column), &stem)) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s: there are colours but no labels; add a column of labels", l->path);
}

/* ---- the column of the cells' ids ---- */

static size_t count_cells(const sbnn_labels *l, size_t column, const sbnn_index *cells) {
  size_t n = 0;
  for (size_t i = 0; i < l->n_rows; i++) n += sbnn_index_find(cells, text_in(l, i, column)) != SBNN_ABSENT;
  return n;
}

/* The first, unless none of its ids is a cell: then the one that has most of the cells. */
static int search_ids(const sbnn_labels *l, const sbnn_dataset *d, const sbnn_index *cells, size_t *ids,
                      sbnn_error *e) {
  size_t most = count_cells(l, 0, cells);
  *ids = 0;
  if (most) return SBNN_OK;
  for (size_t j = 1; j <= l->n_cols; j++) {
    size_t n = count_cells(l, j, cells);
    if (n > most) most = n, *ids = j;
  }
  if (most) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s: no column has the cell ids of the data: the table has, for example, '%s', the data "
                   "'%s'; use the same cell ids",
                   l->path, sbnn_shown(l->row_ids[0]), sbnn_shown(d->cell_names[0]));
}

/* Of each cell the row; SBNN_ABSENT: none. SBNN_BAD_INPUT: two rows. */
static int match_rows(const sbnn_labels *l, size_t ids, const sbnn_index *cells, size_t *row, sbnn_error *e) {
  if (ids == 0 && l->row_fault) return sbnn_fail(e, SBNN_BAD_INPUT, "%s", l->row_fault);
  for (size_t i = 0; i < l->n_rows; i++) {
    size_t cell = sbnn_index_find(cells, text_in(l, i, ids));
    if (cell == SBNN_ABSENT) continue;
    if (row[cell] != SBNN_ABSENT)
      return sbnn_fail(e, SBNN_BAD_INPUT,
                       "%s: the cell '%s' is in column '%s' twice; keep one of the two rows", l->path,
                       sbnn_shown(text_in(l, i, ids)), name_of(l, ids));
    row[cell] = i;
  }
  return SBNN_OK;
}

/* Fills row [n_cells]. */
static int find_rows(const sbnn_labels *l, const char *wanted, sbnn_dataset *d, size_t *ids, size_t *row,
                     sbnn_error *e) {
  sbnn_index cells;
  int code = SBNN_OK;
  sbnn_index_build(&cells, d->cell_names, d->n_cells, NULL, NULL);
  for (size_t i = 0; i < d->n_cells; i++) row[i] = SBNN_ABSENT;
  if (!wanted) code = search_ids(l, d, &cells, ids, e);
  else if (!find_column(l, wanted, ids)) code = no_column(l, wanted, e);
  else if (count_cells(l, *ids, &cells) == 0)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: no id in column '%s' is a cell of the data: the column has, for example, '%s', the "
                     "data '%s'; use the same cell ids",
                     l->path, wanted, sbnn_shown(text_in(l, 0, *ids)), sbnn_shown(d->cell_names[0]));
  if (code == SBNN_OK) code = match_rows(l, *ids, &cells, row, e);
  sbnn_index_free(&cells);
  if (code != SBNN_OK || *ids == 0) return code;
  char *text = sbnn_format("%s: cell ids are taken from its column '%s'", l->path, name_of(l, *ids));
  sbnn_dataset_note(d, text);
  free(text);
  return SBNN_OK;
}

bool sbnn_is_color(const char *s) {
  if (*s == '\0') return true; /* none given */
  if (*s != '#' || strlen(s) != 7) return false;
  for (int i = 1; i < 7; i++)
    if (!isxdigit((unsigned char)s[i])) return false;
  return true;
}

static int set_color(const sbnn_labels *l, size_t row, size_t column, char out[8], sbnn_error *e) {
  const char *text = text_in(l, row, column);
  if (!sbnn_is_color(text))
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: cell '%s' has the %s '%.40s'; write colours like #1f77b4",
                     l->path, sbnn_shown(l->row_ids[row]), name_of(l, column), text);
  memcpy(out, text, strlen(text) + 1);
  return SBNN_OK;
}

/* ---- joining ---- */

static int join(const sbnn_labels *l, const size_t *row, size_t label, size_t color, sbnn_dataset *d,
                sbnn_error *e) {
  const char **label_of_cell = sbnn_alloc(d->n_cells, sizeof *label_of_cell);
  if (color != SBNN_ABSENT) d->cell_colors = sbnn_alloc(d->n_cells, sizeof *d->cell_colors);
  int code = SBNN_OK;
  for (size_t i = 0; i < d->n_cells && code == SBNN_OK; i++) {
    if (row[i] == SBNN_ABSENT) continue;
    label_of_cell[i] = text_in(l, row[i], label);
    if (color != SBNN_ABSENT) code = set_color(l, row[i], color, d->cell_colors[i], e);
  }
  if (code == SBNN_OK) sbnn_dataset_index_labels(d, label_of_cell);
  free(label_of_cell);
  return code;
}

int sbnn_dataset_add_labels(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  sbnn_labels l;
  int code = sbnn_labels_read(o->labels_path, &l, e);
  if (code != SBNN_OK) return code;
  size_t label, ids, *row = sbnn_alloc(d->n_cells, sizeof *row);
  code = find_rows(&l, o->id_column, d, &ids, row, e);
  if (code == SBNN_OK) code = label_column(&l, o->label_column, ids, &label, e);
  if (code == SBNN_OK) {
    d->label_column = sbnn_strdup(name_of(&l, label));
    d->labels_path = sbnn_strdup(o->labels_path);
    d->overlap.labels_hash = l.hash;
    code = join(&l, row, label, color_column(&l, ids, d->label_column), d, e);
  }
  free(row);
  sbnn_labels_free(&l);
  return code;
}
