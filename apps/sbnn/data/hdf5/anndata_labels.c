/* anndata_labels.c - labels of cells and their colours, from obs and uns (layout.h). */
#include "data/hdf5/layout.h"

#include <stdlib.h>
#include <string.h>

/* Is `name` one of those behind "obs/", separated by commas? */
static bool is_wanted(const char *list, const char *name) {
  const size_t n = strlen(name);
  for (const char *at = list; at; at = strchr(at, ',')) {
    if (*at == ',') at++;
    if (strncmp(at, name, n) == 0 && (at[n] == ',' || at[n] == '\0')) return true;
  }
  return false;
}

static int check_wanted(const sbnn_h5_frame *obs, const char *list) {
  char *copy = sbnn_strdup(list), *rest = copy;
  int code = SBNN_OK;
  for (char *name; code == SBNN_OK && (name = strsep(&rest, ",")) != NULL;)
    if (sbnn_h5_frame_kind(obs, name) == SBNN_H5_NO_COLUMN)
      code = sbnn_fail(obs->f->error, SBNN_BAD_INPUT,
                       "%s: there is no column '%.100s' in %.100s; 'sbnn inspect %s' lists them",
                       obs->f->path, name, obs->path, obs->f->path);
  free(copy);
  return code;
}

/* "#RRGGBB" of what matplotlib writes; "": another way to name a colour. */
static void short_color(char *text) {
  if (text[0] == '#' && strlen(text) == 9) text[7] = '\0';
  if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6) text[0] = '\0';
}

/* Of each cell the colour of its category; nothing without a list of colours. */
static int read_colors(const sbnn_h5_frame *obs, const char *column, const sbnn_strings *of_cell,
                       sbnn_strings *out) {
  sbnn_h5 *f = obs->f;
  char *path = sbnn_format("%s/%s_colors", obs->uns, column);
  sbnn_strings categories = {0}, colors = {0};
  int code = SBNN_OK;
  if (sbnn_h5_kind_of(f, path) == SBNN_H5_DATASET) {
    code = sbnn_h5_frame_categories(obs, column, &categories);
    if (code == SBNN_OK && categories.n > 0) code = sbnn_h5_texts_at(f, path, &colors);
  }
  if (code == SBNN_OK && categories.n > 0 && colors.n >= categories.n) {
    sbnn_index x;
    for (size_t k = 0; k < colors.n; k++) short_color(colors.items[k]);
    sbnn_index_build(&x, categories.items, categories.n, NULL, NULL);
    for (size_t i = 0; i < of_cell->n; i++) {
      size_t at = sbnn_index_find(&x, of_cell->items[i]);
      sbnn_strings_add(out, at == SBNN_ABSENT ? "" : colors.items[at]);
    }
    sbnn_index_free(&x);
  }
  sbnn_strings_free(&categories);
  sbnn_strings_free(&colors);
  free(path);
  return code;
}

/* Columns one after another. */
typedef struct columns {
  sbnn_strings names, texts;
  size_t n_rows;
} columns;

static int add_column(sbnn_h5 *f, columns *all, const char *name, sbnn_strings *texts) {
  if (texts->n != all->n_rows)
    return sbnn_h5_damaged(f, name, "a column and the names of the rows differ in length");
  sbnn_strings_add(&all->names, name);
  for (size_t i = 0; i < texts->n; i++) sbnn_strings_add(&all->texts, texts->items[i]);
  return SBNN_OK;
}

static int read_column(const sbnn_h5_frame *obs, const char *name, columns *all) {
  sbnn_strings texts = {0}, colors = {0};
  int code = sbnn_h5_frame_texts(obs, name, &texts);
  if (code == SBNN_OK) code = add_column(obs->f, all, name, &texts);
  if (code == SBNN_OK) code = read_colors(obs, name, &texts, &colors);
  if (code == SBNN_OK && colors.n > 0) {
    char *color = sbnn_format("%s_color", name);
    code = add_column(obs->f, all, color, &colors);
    free(color);
  }
  sbnn_strings_free(&texts);
  sbnn_strings_free(&colors);
  return code;
}

static char *fault_of(const sbnn_h5_frame *obs, const sbnn_labels *l) {
  size_t first, second;
  sbnn_index x;
  sbnn_index_build(&x, l->row_ids, l->n_rows, &first, &second);
  sbnn_index_free(&x);
  return first == SBNN_ABSENT
             ? NULL
             : sbnn_format(
                   "%s, %.100s: the name '%.60s' occurs twice, at positions %zu and %zu; make it unique",
                   obs->f->path, obs->path, l->row_ids[first], first + 1, second + 1);
}

static void fill(const sbnn_h5_frame *obs, columns *all, sbnn_strings *ids, sbnn_labels *l) {
  l->n_rows = ids->n;
  l->n_cols = all->names.n;
  l->row_ids = sbnn_strings_take(ids);
  l->corner = sbnn_strdup(obs->index);
  l->text = sbnn_alloc(l->n_rows * l->n_cols, sizeof *l->text);
  for (size_t j = 0; j < l->n_cols; j++)
    for (size_t i = 0; i < l->n_rows; i++) {
      l->text[i * l->n_cols + j] = all->texts.items[j * l->n_rows + i];
      all->texts.items[j * l->n_rows + i] = NULL;
    }
  l->col_ids = sbnn_strings_take(&all->names);
  l->row_fault = fault_of(obs, l);
}

static int read_columns(const sbnn_h5_frame *obs, const char *wanted, sbnn_labels *l) {
  sbnn_strings ids = {0};
  int code = sbnn_h5_frame_texts(obs, obs->index, &ids);
  columns all = {.n_rows = ids.n};
  for (size_t j = 0; j < obs->columns.n && code == SBNN_OK; j++) {
    const char *name = obs->columns.items[j];
    bool take = wanted ? is_wanted(wanted, name)
                       : strncmp(name, "sbnn_", 5) != 0 && /* added by `sbnn annotate` */
                             sbnn_h5_frame_kind(obs, name) == SBNN_H5_COLUMN_TEXT;
    if (take && all.names.n < 1000) code = read_column(obs, name, &all);
  }
  if (code == SBNN_OK && (all.names.n == 0 || ids.n == 0))
    code = sbnn_fail(obs->f->error, SBNN_BAD_INPUT,
                     "%s: %.100s has no columns of text, so there are no labels", obs->f->path, obs->path);
  if (code == SBNN_OK) fill(obs, &all, &ids, l);
  sbnn_strings_free(&ids);
  sbnn_strings_free(&all.names);
  sbnn_strings_free(&all.texts);
  return code;
}

int sbnn_h5_anndata_labels(sbnn_h5 *f, const char *root, const char *part, sbnn_labels *l) {
  char *path = sbnn_h5_join(root, "obs");
  sbnn_h5_frame obs;
  const char *wanted = part && strncmp(part, "obs/", 4) == 0 ? part + 4 : part;
  int code = sbnn_h5_frame_open(f, path, &obs);
  if (code == SBNN_OK && wanted) code = check_wanted(&obs, wanted);
  if (code == SBNN_OK) code = read_columns(&obs, wanted, l);
  sbnn_h5_frame_close(&obs);
  free(path);
  return code;
}
