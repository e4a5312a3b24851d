/* dataset_read.c - joining the two tables by cell (dataset.h). */
#include "data/data_file.h"
#include "data/dataset_join.h"
#include "data/dataset_labels.h"
#include "data/readers.h"
#include "data/text.h"
#include "data/y_transform.h"
#include "nn/nn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- orientation ---- */

/* One way to read the two tables: which axis of each holds the cells. */
typedef struct orientation {
  bool x_cells_in_rows, y_cells_in_rows;
  size_t shared; /* ids the two axes share */
} orientation;

static char *const *axis(const sbnn_table *t, bool rows, size_t *n) {
  *n = rows ? t->n_rows : t->n_cols;
  return rows ? t->row_ids : t->col_ids;
}

static size_t count_shared(const sbnn_index *x, char *const *ids, size_t n) {
  size_t shared = 0;
  for (size_t i = 0; i < n; i++) shared += sbnn_index_find(x, ids[i]) != SBNN_ABSENT;
  return shared;
}

/* Whether the cells of x may be in its rows (or columns): the format knows, or the user says, or both may be.
 */
static bool allowed(const sbnn_table *x, sbnn_genes_in genes_in, bool rows) {
  if (x->genes_in != SBNN_GENES_AUTO) return rows;
  return genes_in != (rows ? SBNN_GENES_IN_ROWS : SBNN_GENES_IN_COLUMNS);
}

/* All combinations that are allowed, the one with the most shared ids first (of equals, any). */
static size_t list_orientations(const sbnn_table *x, const sbnn_table *y, sbnn_genes_in genes_in,
                                orientation list[4]) {
  size_t found = 0;
  for (int x_rows = 0; x_rows < 2; x_rows++) {
    if (!allowed(x, genes_in, x_rows)) continue;
    size_t n_x, n_y;
    sbnn_index index;
    char *const *x_ids = axis(x, x_rows, &n_x);
    sbnn_index_build(&index, x_ids, n_x, NULL, NULL);
    for (int y_rows = 0; y_rows < 2; y_rows++) {
      if (!allowed(y, SBNN_GENES_AUTO, y_rows)) continue;
      char *const *y_ids = axis(y, y_rows, &n_y);
      orientation o = {x_rows, y_rows, count_shared(&index, y_ids, n_y)};
      list[found++] = o;
      if (o.shared > list[0].shared) list[found - 1] = list[0], list[0] = o;
    }
    sbnn_index_free(&index);
  }
  return found;
}

static int find_orientation(const sbnn_table *x, const sbnn_table *y, sbnn_genes_in genes_in,
                            orientation *best, sbnn_error *e) {
  orientation list[4];
  size_t n = list_orientations(x, y, genes_in, list), ties = 0;
  *best = list[0];
  if (best->shared == 0)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s and %s share no cell: the rows are named like '%.60s' and '%.60s', the columns like "
                     "'%.60s' and '%.60s'; use the same cell ids in both%s",
                     x->path, y->path, x->row_ids[0], y->row_ids[0], x->col_ids[0], y->col_ids[0],
                     genes_in == SBNN_GENES_AUTO ? "" : ", or leave out --x-genes-in");
  for (size_t i = 1; i < n; i++) ties += list[i].shared == best->shared;
  if (ties == 0) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s and %s share %zu ids in more than one orientation, so it is unclear which are the cells; %s",
      x->path, y->path, best->shared,
      genes_in == SBNN_GENES_AUTO ? "give --x-genes-in rows or --x-genes-in columns"
                                  : "rename the rows or columns of the responses that are not cells");
}

/* ---- joining ---- */

/* The shared cells, in the order of the response table. */
static sbnn_join match_cells(const sbnn_table *x, const sbnn_table *y, const orientation *o) {
  size_t n_x, n_y;
  sbnn_join j = {
      .x = x, .y = y, .x_cells_in_rows = o->x_cells_in_rows, .y_cells_in_rows = o->y_cells_in_rows};
  char *const *x_ids = axis(x, o->x_cells_in_rows, &n_x), *const *y_ids = axis(y, o->y_cells_in_rows, &n_y);
  j.cells = sbnn_alloc(o->shared, sizeof *j.cells);
  sbnn_index index;
  sbnn_index_build(&index, x_ids, n_x, NULL, NULL);
  for (size_t i = 0; i < n_y; i++) {
    size_t at = sbnn_index_find(&index, y_ids[i]);
    if (at != SBNN_ABSENT) j.cells[j.n_cells++] = (sbnn_cell_pair){at, i};
  }
  sbnn_index_free(&index);
  return j;
}

/* Tables given the wrong way round show in other faults first, such as genes of one name. */
static void suspect_swap(size_t genes, size_t responses, sbnn_error *e) {
  const size_t used = strlen(e->text);
  if (e->code == SBNN_BAD_INPUT && responses > genes)
    snprintf(e->text + used, sizeof e->text - used,
             "; there are %zu responses and %zu gene%s: are the tables --x and --y swapped?", responses,
             genes, genes == 1 ? "" : "s");
}

void sbnn_dataset_suspect_swap(const sbnn_dataset *d, sbnn_error *e) {
  suspect_swap(d->n_genes, d->n_responses, e);
}

/* Two cells of one name, or two responses; genes of one name are told apart when they are copied. */
static int check_names_differ(const sbnn_table *x, const sbnn_table *y, const orientation *o, sbnn_error *e) {
  const char *fault = y->col_fault ? y->col_fault : y->row_fault;
  if (!fault) fault = o->x_cells_in_rows ? x->row_fault : x->col_fault;
  if (!fault) return SBNN_OK;
  size_t genes, responses;
  axis(x, !o->x_cells_in_rows, &genes);
  axis(y, !o->y_cells_in_rows, &responses);
  sbnn_fail(e, SBNN_BAD_INPUT, "%s", fault);
  suspect_swap(genes, responses, e);
  return SBNN_BAD_INPUT;
}

static void copy_names(const sbnn_join *j, sbnn_dataset *d) {
  size_t n;
  char *const *genes = axis(j->x, !j->x_cells_in_rows, &d->n_genes),
              *const *responses = axis(j->y, !j->y_cells_in_rows, &d->n_responses),
              *const *cells = axis(j->y, j->y_cells_in_rows, &n);
  d->n_cells = j->n_cells;
  d->gene_names = sbnn_copy_strings(genes, d->n_genes);
  d->response_names = sbnn_copy_strings(responses, d->n_responses);
  d->cell_names = sbnn_alloc(j->n_cells, sizeof *d->cell_names);
  for (size_t i = 0; i < j->n_cells; i++) d->cell_names[i] = sbnn_strdup(cells[j->cells[i].y]);
  const char *example = NULL;
  size_t renamed = sbnn_make_unique(d->gene_names, d->n_genes, &example);
  if (renamed == 0) return;
  char *text =
      sbnn_format("%s: %zu gene%s the name of an earlier gene; -1, -2, ... is appended, as in '%.60s'",
                  j->x->path, renamed, renamed == 1 ? " has" : "s have", example);
  sbnn_dataset_note(d, text);
  free(text);
}

static void copy_counts(const sbnn_join *j, sbnn_dataset *d) {
  size_t *cells = sbnn_alloc(j->n_cells, sizeof *cells);
  for (size_t i = 0; i < j->n_cells; i++) cells[i] = j->cells[i].x;
  d->counts = (j->x_cells_in_rows ? sbnn_counts_rows : sbnn_counts_columns)(&j->x->counts, cells, j->n_cells);
  free(cells);
}

static void copy_responses(const sbnn_join *j, sbnn_dataset *d) {
  const sbnn_table *y = j->y;
  d->responses = sbnn_alloc(d->n_cells * d->n_responses, sizeof *d->responses);
  for (size_t i = 0; i < d->n_cells; i++)
    for (size_t r = 0; r < d->n_responses; r++) {
      size_t c = j->cells[i].y;
      d->responses[i * d->n_responses + r] =
          y->values[j->y_cells_in_rows ? c * y->n_cols + r : r * y->n_cols + c];
    }
}

/* A note for each line; NULL: none. */
static void note_lines(sbnn_dataset *d, const char *text) {
  char *copy = text ? sbnn_strdup(text) : NULL, *rest = copy;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) sbnn_dataset_note(d, line);
  free(copy);
}

static void copy_join(const sbnn_join *j, sbnn_dataset *d) {
  size_t x_cells, y_cells;
  const sbnn_table *x = j->x, *y = j->y;
  axis(x, j->x_cells_in_rows, &x_cells);
  axis(y, j->y_cells_in_rows, &y_cells);
  note_lines(d, x->note);
  note_lines(d, y->note);
  copy_names(j, d);
  copy_counts(j, d);
  copy_responses(j, d);
  sbnn_genes_in found = j->x_cells_in_rows ? SBNN_GENES_IN_COLUMNS : SBNN_GENES_IN_ROWS;
  d->overlap =
      (sbnn_overlap){.x_cells = x_cells,
                     .y_cells = y_cells,
                     .shared = j->n_cells,
                     .x_genes_in = x->genes_in == SBNN_GENES_AUTO ? found : x->genes_in,
                     .y_cells_in_rows = y->genes_in == SBNN_GENES_AUTO ? j->y_cells_in_rows
                                                                       : y->genes_in == SBNN_GENES_IN_COLUMNS,
                     .x_hash = x->hash,
                     .y_hash = y->hash};
  d->x_path = sbnn_strdup(x->path);
  d->y_path = sbnn_strdup(y->path);
}

/* The small table first: its faults show at once. */
static int read_tables(const sbnn_dataset_options *o, sbnn_table *x, sbnn_table *y, sbnn_error *e) {
  const sbnn_table_options y_options = {.allow_missing = true,
                                        .allow_duplicates = true, /* check_names_differ */
                                        .responses = true,
                                        .alone = !sbnn_table_same_file(o->x_path, o->y_path),
                                        .feature_type = "Antibody Capture"},
                           x_options = {.sparse = true,
                                        .allow_duplicates = true,
                                        .genes_in = o->x_genes_in,
                                        .normalised = o->x_transform == SBNN_X_NONE,
                                        .gene_names = o->gene_names,
                                        .feature_type = "Gene Expression"};
  int code = sbnn_table_read(o->y_path, &y_options, y, e);
  return code == SBNN_OK ? sbnn_table_read(o->x_path, &x_options, x, e) : code;
}

/* That the rule fits the names and all values have a transform: a fold would find out too, but late. */
static int check_transform(const sbnn_dataset *d, const char *rule, sbnn_error *e) {
  const size_t q = d->n_responses;
  sbnn_y_transform *transform = sbnn_alloc(q, sizeof *transform);
  double *out = sbnn_alloc(q, sizeof *out);
  int code = sbnn_y_rule_apply(rule, d->response_names, q, transform, e);
  for (size_t i = 0; i < d->n_cells && code == SBNN_OK; i++) {
    const double *y = d->responses + i * q;
    size_t bad = sbnn_y_forward(transform, q, y, out);
    if (bad < q) code = sbnn_y_no_value(transform[bad], d->response_names[bad], d->cell_names[i], y[bad], e);
  }
  free(transform);
  free(out);
  return code;
}

/* ---- reading ---- */

static int read_labels(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  if (!o->labels_path) return SBNN_OK;
  sbnn_dataset_drop_labels(d);
  return sbnn_dataset_add_labels(o, d, e);
}

/* What is decided anew whenever the data are read. */
static int finish(const sbnn_dataset_options *o, const char *x_path, const char *y_path, const sbnn_join *j,
                  sbnn_dataset *d, sbnn_error *e) {
  const bool first = o->missing == SBNN_MISSING_DROP_CELLS_ANY;
  bool selected = false;
  int code = first ? sbnn_dataset_missing(d, o->missing, y_path, j, e) : SBNN_OK;
  if (code == SBNN_OK) code = sbnn_dataset_select(d, o, x_path, y_path, &selected, e);
  if (code == SBNN_OK && !first) code = sbnn_dataset_missing(d, o->missing, y_path, selected ? NULL : j, e);
  if (code == SBNN_OK && o->missing == SBNN_MISSING_KEEP)
    return sbnn_dataset_check_raw(d, o->x_transform, x_path, y_path, e);
  const bool selection = o->variable_genes > 0 && o->variable_genes < d->n_genes;
  if (code == SBNN_OK && !selection) sbnn_dataset_drop_silent(d, x_path);
  if (code == SBNN_OK) code = sbnn_dataset_check(d, o->variable_genes, o->x_transform, x_path, y_path, e);
  return code == SBNN_OK ? check_transform(d, o->y_transform, e) : code;
}

/* The first id of a list that the other lacks; NULL: there is none. */
static const char *first_unmatched(char *const *ids, size_t n, char *const *other, size_t n_other) {
  const char *found = NULL;
  sbnn_index index;
  sbnn_index_build(&index, other, n_other, NULL, NULL);
  for (size_t i = 0; i < n && !found; i++)
    if (sbnn_index_find(&index, ids[i]) == SBNN_ABSENT) found = ids[i];
  sbnn_index_free(&index);
  return found;
}

/* Where most cells of both tables are lost, their ids may be spelt in two ways. */
static void hint_unmatched(const sbnn_join *j, sbnn_dataset *d) {
  size_t n_x, n_y;
  char *const *x = axis(j->x, j->x_cells_in_rows, &n_x), *const *y = axis(j->y, j->y_cells_in_rows, &n_y);
  if (2 * j->n_cells >= n_x || 2 * j->n_cells >= n_y) return;
  sbnn_dataset_hint(d, sbnn_format("Only %zu of %zu and %zu cells are in both tables. '%.60s' is only in %s "
                                   "and '%.60s' only in %s: are the ids spelled the same way?",
                                   j->n_cells, n_x, n_y, sbnn_shown(first_unmatched(x, n_x, y, n_y)),
                                   j->x->path, sbnn_shown(first_unmatched(y, n_y, x, n_x)), j->y->path));
}

static int from_tables(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  sbnn_table x = {0}, y = {0};
  orientation best;
  sbnn_join j = {0};
  int code = read_tables(o, &x, &y, e);
  if (code == SBNN_OK) code = find_orientation(&x, &y, o->x_genes_in, &best, e);
  if (code == SBNN_OK) code = check_names_differ(&x, &y, &best, e);
  if (code == SBNN_OK) {
    j = match_cells(&x, &y, &best);
    copy_join(&j, d);
    hint_unmatched(&j, d);
  }
  sbnn_table_free(&x);
  if (code == SBNN_OK) code = read_labels(o, d, e);
  if (code == SBNN_OK) code = finish(o, o->x_path, o->y_path, &j, d, e);
  free(j.cells);
  sbnn_table_free(&y);
  return code;
}

/* Numbers that are no counts must not be taken for counts because an option was forgotten. */
static int check_x_transform(const sbnn_dataset_options *o, const sbnn_dataset *d, sbnn_error *e) {
  const char *made = nn_tensor_file_metadata(d->mapping, "x-transform");
  if (o->x_transform != SBNN_X_COUNTS || !made || strcmp(made, "none") != 0) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s was made with --x-transform none, so its values are not counts; give --x-transform none here too",
      o->data_path);
}

static int from_data(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  int code = sbnn_data_file_read(o->data_path, d, e);
  if (code == SBNN_OK) code = check_x_transform(o, d, e);
  if (code == SBNN_OK) code = read_labels(o, d, e);
  const char *x = o->names_tables && d->x_path ? d->x_path : o->data_path,
             *y = o->names_tables && d->y_path ? d->y_path : o->data_path;
  return code == SBNN_OK ? finish(o, x, y, NULL, d, e) : code;
}

int sbnn_dataset_read(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  *d = (sbnn_dataset){0};
  int code = (o->data_path ? from_data : from_tables)(o, d, e);
  if (code == SBNN_OK && o->groups_path) code = sbnn_dataset_add_groups(o, d, e);
  if (code == SBNN_OK) sbnn_dataset_hints(d, o);
  else {
    sbnn_dataset_suspect_swap(d, e);
    sbnn_dataset_free(d);
  }
  return code;
}
