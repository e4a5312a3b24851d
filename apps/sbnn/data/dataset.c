/* dataset.c - joining the two tables by cell and checking the result (dataset.h). */
#include "data/dataset.h"

#include "data/dataset_labels.h"
#include "data/ids.h"
#include "data/table.h"
#include "data/text.h"

#include <math.h>
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

/* All combinations the option allows, the one with the most shared ids first (of equals, any). */
static size_t list_orientations(const sbnn_table *x, const sbnn_table *y, sbnn_genes_in genes_in,
                                orientation list[4]) {
  size_t found = 0;
  for (int x_rows = 0; x_rows < 2; x_rows++) {
    if (genes_in == (x_rows ? SBNN_GENES_IN_ROWS : SBNN_GENES_IN_COLUMNS)) continue;
    size_t n_x, n_y;
    sbnn_index index;
    char *const *x_ids = axis(x, x_rows, &n_x);
    sbnn_index_build(&index, x_ids, n_x, NULL, NULL);
    for (int y_rows = 0; y_rows < 2; y_rows++) {
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
      "%s and %s share %zu ids in more than one orientation, so cells cannot be told from genes; %s", x->path,
      y->path, best->shared,
      genes_in == SBNN_GENES_AUTO ? "say --x-genes-in rows or --x-genes-in columns"
                                  : "rename the rows or columns of the responses that are not cells");
}

/* ---- joining ---- */

/* Positions of a shared cell in the two tables. */
typedef struct cell_pair {
  size_t x, y;
} cell_pair;

/* The shared cells, in the order of the response table; `shared` of them. */
static cell_pair *match_cells(const sbnn_table *x, const sbnn_table *y, const orientation *o) {
  size_t n_x, n_y, n = 0;
  char *const *x_ids = axis(x, o->x_cells_in_rows, &n_x), *const *y_ids = axis(y, o->y_cells_in_rows, &n_y);
  cell_pair *cells = sbnn_alloc(o->shared, sizeof *cells);
  sbnn_index index;
  sbnn_index_build(&index, x_ids, n_x, NULL, NULL);
  for (size_t i = 0; i < n_y; i++) {
    size_t at = sbnn_index_find(&index, y_ids[i]);
    if (at != SBNN_ABSENT) cells[n++] = (cell_pair){at, i};
  }
  sbnn_index_free(&index);
  return cells;
}

/* Genes in rows: transposed by blocks of genes, so that both sides stay within a few cache lines. */
static void copy_counts(const sbnn_table *x, const orientation *o, const cell_pair *cells, sbnn_dataset *d) {
  enum { BLOCK = 16 };
  const size_t n = d->n_cells, p = d->n_genes;
  for (size_t g0 = 0; g0 < p; g0 += BLOCK) {
    size_t g1 = g0 + BLOCK < p ? g0 + BLOCK : p;
    for (size_t i = 0; i < n; i++)
      for (size_t g = g0; g < g1; g++) {
        size_t at = o->x_cells_in_rows ? cells[i].x * x->n_cols + g : g * x->n_cols + cells[i].x;
        d->counts[i * p + g] = (float)x->values[at];
      }
  }
}

static void copy_responses(const sbnn_table *y, const orientation *o, const cell_pair *cells,
                           sbnn_dataset *d) {
  const size_t q = d->n_responses;
  for (size_t i = 0; i < d->n_cells; i++)
    for (size_t r = 0; r < q; r++) {
      size_t at = o->y_cells_in_rows ? cells[i].y * y->n_cols + r : r * y->n_cols + cells[i].y;
      d->responses[i * q + r] = y->values[at];
    }
}

static void join(const sbnn_table *x, const sbnn_table *y, const orientation *o, sbnn_dataset *d) {
  size_t n_y;
  cell_pair *cells = match_cells(x, y, o);
  char *const *gene_ids = axis(x, !o->x_cells_in_rows, &d->n_genes);
  char *const *response_ids = axis(y, !o->y_cells_in_rows, &d->n_responses);
  char *const *cell_ids = axis(y, o->y_cells_in_rows, &n_y);
  d->n_cells = o->shared;
  d->gene_names = sbnn_copy_strings(gene_ids, d->n_genes);
  d->response_names = sbnn_copy_strings(response_ids, d->n_responses);
  d->cell_names = sbnn_alloc(d->n_cells, sizeof *d->cell_names);
  for (size_t i = 0; i < d->n_cells; i++) d->cell_names[i] = sbnn_strdup(cell_ids[cells[i].y]);
  d->counts = sbnn_alloc(d->n_cells * d->n_genes, sizeof *d->counts);
  d->responses = sbnn_alloc(d->n_cells * d->n_responses, sizeof *d->responses);
  copy_counts(x, o, cells, d);
  copy_responses(y, o, cells, d);
  d->overlap = (sbnn_overlap){.x_cells = o->x_cells_in_rows ? x->n_rows : x->n_cols,
                              .y_cells = n_y,
                              .shared = o->shared,
                              .x_genes_in = o->x_cells_in_rows ? SBNN_GENES_IN_COLUMNS : SBNN_GENES_IN_ROWS,
                              .y_cells_in_rows = o->y_cells_in_rows,
                              .x_hash = x->hash,
                              .y_hash = y->hash};
  free(cells);
}

int sbnn_dataset_read(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  *d = (sbnn_dataset){0};
  sbnn_table x = {0}, y = {0};
  orientation best;
  int code = sbnn_table_read(o->y_path, NULL, &y, e); /* the small one first: its faults show at once */
  if (code == SBNN_OK) code = sbnn_table_read(o->x_path, NULL, &x, e);
  if (code == SBNN_OK) code = find_orientation(&x, &y, o->x_genes_in, &best, e);
  if (code == SBNN_OK) join(&x, &y, &best, d);
  sbnn_table_free(&x);
  sbnn_table_free(&y);
  if (code == SBNN_OK) code = sbnn_dataset_check(d, o->variable_genes, o->x_path, o->y_path, e);
  if (code == SBNN_OK && o->labels_path) code = sbnn_dataset_add_labels(o, d, e);
  if (code != SBNN_OK) sbnn_dataset_free(d);
  return code;
}

/* ---- checks ---- */

#define name(of) sbnn_text_show(of, (char[64]){0}) /* for a message */

static int check_counts(const sbnn_dataset *d, const char *path, sbnn_error *e) {
  for (size_t i = 0; i < d->n_cells; i++)
    for (size_t g = 0; g < d->n_genes; g++) {
      float v = d->counts[i * d->n_genes + g];
      if (v >= 0 && isfinite(v)) continue;
      return sbnn_fail(
          e, SBNN_BAD_INPUT,
          "%s: the count of gene '%s' in cell '%s' is %g; give raw counts, which are not negative and "
          "below 3.4e38",
          path, name(d->gene_names[g]), name(d->cell_names[i]), (double)v);
    }
  return SBNN_OK;
}

static int check_responses(const sbnn_dataset *d, const char *path, sbnn_error *e) {
  const size_t q = d->n_responses;
  for (size_t i = 0; i < d->n_cells * q; i++)
    if (!isfinite(d->responses[i]))
      return sbnn_fail(e, SBNN_BAD_INPUT,
                       "%s: response '%s' of cell '%s' is %g; give a finite number or remove the cell", path,
                       name(d->response_names[i % q]), name(d->cell_names[i / q]), d->responses[i]);
  for (size_t r = 0; r < q; r++) {
    size_t i = 1;
    while (i < d->n_cells && d->responses[i * q + r] == d->responses[r]) i++;
    if (i >= d->n_cells)
      return sbnn_fail(e, SBNN_BAD_INPUT,
                       "%s: response '%s' is %g in all %zu cells, so nothing can be learned; remove it", path,
                       name(d->response_names[r]), d->responses[r], d->n_cells);
  }
  return SBNN_OK;
}

static int check_genes(const sbnn_dataset *d, const char *path, sbnn_error *e) {
  const size_t p = d->n_genes;
  size_t first = 0, constant = 0;
  bool *varies = sbnn_alloc(p, sizeof *varies);
  for (size_t i = 1; i < d->n_cells; i++)
    for (size_t g = 0; g < p; g++) varies[g] |= d->counts[i * p + g] != d->counts[g];
  for (size_t g = p; g-- > 0;)
    if (!varies[g]) first = g, constant++;
  free(varies);
  if (constant == 0) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s: gene '%s' has the count %g in all %zu cells (of the %zu genes, %zu are constant) and cannot "
      "be scaled; remove constant genes, or let --variable-genes choose fewer than %zu",
      path, name(d->gene_names[first]), (double)d->counts[first], d->n_cells, p, constant, p);
}

int sbnn_dataset_check(const sbnn_dataset *d, size_t variable_genes, const char *x_path, const char *y_path,
                       sbnn_error *e) {
  int code = check_counts(d, x_path, e);
  if (code == SBNN_OK) code = check_responses(d, y_path, e);
  bool selection = variable_genes > 0 && variable_genes < d->n_genes;
  if (code == SBNN_OK && !selection) code = check_genes(d, x_path, e);
  return code;
}

int sbnn_dataset_require_cells(const sbnn_dataset *d, size_t n, const char *what, sbnn_error *e) {
  if (d->n_cells >= n) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "the two tables share %zu cells, but %zu are needed for %s; give more cells or ask for less",
      d->n_cells, n, what);
}

void sbnn_dataset_free(sbnn_dataset *d) {
  sbnn_free_strings(d->cell_names, d->n_cells);
  sbnn_free_strings(d->gene_names, d->n_genes);
  sbnn_free_strings(d->response_names, d->n_responses);
  sbnn_free_strings(d->label_names, d->n_labels);
  free(d->counts);
  free(d->responses);
  free(d->label_column);
  free(d->labels);
  free(d->cell_colors);
  free(d->label_colors);
  *d = (sbnn_dataset){0};
}
