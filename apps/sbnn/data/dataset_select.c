/* dataset_select.c - cells, genes and responses that the user chooses by name (dataset_join.h). */
#include "data/cell_query.h"
#include "data/dataset_join.h"
#include "data/readers.h"
#include "data/table_h5.h"
#include "data/text.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 5 };

static void add_note(sbnn_dataset *d, char *text) {
  sbnn_dataset_note(d, text);
  free(text);
}

/* ---- cells ---- */

/* The first field of each line: a list, or a table with the cells' ids first; or cells of a label. */
static int read_ids(const char *path, sbnn_strings *ids, sbnn_error *e) {
  sbnn_text t;
  bool more = true;
  if (sbnn_is_cell_query(path)) return sbnn_cell_query_read(path, ids, e);
  if (sbnn_h5_claims(path))
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: --cells needs a column and a value of this file, as in %s:obs/COLUMN=VALUE", path,
                     path);
  int code = sbnn_text_open(&t, path, e);
  if (code == SBNN_OK) code = sbnn_text_skip_comments(&t);
  if (code == SBNN_OK) code = sbnn_text_find_separator(&t);
  while (code == SBNN_OK && (code = sbnn_text_row(&t, &more)) == SBNN_OK && more) {
    sbnn_field f = {0};
    for (int i = 0; !f.last && code == SBNN_OK; i++) {
      code = sbnn_text_field(&t, &f);
      if (code == SBNN_OK && i == 0) code = sbnn_text_check_name(&t, &f);
      if (code == SBNN_OK && i == 0) sbnn_strings_add(ids, f.text);
    }
  }
  sbnn_text_close(&t);
  return code;
}

/* Keeps the cells whose ids are listed, in their order. */
int sbnn_dataset_keep_listed(sbnn_dataset *d, const char *path, sbnn_error *e) {
  sbnn_strings ids = {0};
  sbnn_index index;
  size_t n = 0, *cells = sbnn_alloc(d->n_cells, sizeof *cells);
  int code = read_ids(path, &ids, e);
  sbnn_index_build(&index, ids.items, ids.n, NULL, NULL);
  for (size_t i = 0; i < d->n_cells && code == SBNN_OK; i++)
    if (sbnn_index_find(&index, d->cell_names[i]) != SBNN_ABSENT) cells[n++] = i;
  sbnn_index_free(&index);
  if (code == SBNN_OK && n == 0)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: none of its %zu ids (such as '%s') is a cell of the data (such as '%s'); use the "
                     "same ids, one on each line",
                     path, ids.n, ids.n ? sbnn_shown(ids.items[0]) : "", sbnn_shown(d->cell_names[0]));
  if (code == SBNN_OK) {
    add_note(d, sbnn_format("%s: %zu of the %zu cells are in it and are kept", path, n, d->n_cells));
    sbnn_dataset_keep_cells(d, cells, n);
  }
  sbnn_strings_free(&ids);
  free(cells);
  return code;
}

const char *sbnn_list_cells(const sbnn_dataset *d, const size_t *cell, const double *counts, size_t n,
                            char *text, size_t room) {
  size_t used = 0, i = 0;
  text[0] = '\0';
  for (; i < n && i < LISTED && used + 100 < room; i++)
    used += (size_t)snprintf(text + used, room - used, "%s'%.60s' (%g)", i ? ", " : "",
                             d->cell_names[cell[i]], counts[i]);
  if (i < n) snprintf(text + used, room - used, ", ...");
  return text;
}

/* Empty droplets and dead cells: nothing can be normalised by a library of nothing. */
static void keep_counted(sbnn_dataset *d, double least, const char *path, bool *any) {
  const sbnn_counts *c = &d->counts;
  size_t kept = 0, n = 0, *cells = sbnn_alloc(d->n_cells, sizeof *cells),
         *poor = sbnn_alloc(d->n_cells, sizeof *poor);
  double *counts = sbnn_alloc(d->n_cells, sizeof *counts);
  for (size_t i = 0; i < d->n_cells; i++) {
    double sum = 0;
    for (size_t k = c->start[i]; k < c->start[i + 1]; k++) sum += (double)c->value[k];
    if (sum < least) counts[n] = sum, poor[n++] = i;
    else cells[kept++] = i;
  }
  if (n && kept) { /* else these are no counts, or of a few genes: for other checks to say */
    char list[600];
    add_note(
        d, sbnn_format(
               "%s: %zu of %zu cells have fewer than %g counts in total and are left out (--min-counts): %s",
               path, n, d->n_cells, least, sbnn_list_cells(d, poor, counts, n, list, sizeof list)));
    sbnn_dataset_keep_cells(d, cells, kept);
    *any = true;
  }
  free(cells);
  free(poor);
  free(counts);
}

/* ---- genes ---- */

/* Keeps n genes, whose positions ascend, under the names without the prefix (NULL: none). */
static void take_genes(sbnn_dataset *d, const size_t *genes, size_t n, const char *prefix) {
  size_t *cells = sbnn_alloc(d->n_cells, sizeof *cells);
  char **names = sbnn_alloc(n, sizeof *names);
  for (size_t i = 0; i < d->n_cells; i++) cells[i] = i;
  for (size_t g = 0; g < n; g++) names[g] = sbnn_strdup(sbnn_without_prefix(d->gene_names[genes[g]], prefix));
  sbnn_counts by_gene = sbnn_counts_columns(&d->counts, genes, n);
  sbnn_counts_free(&d->counts);
  d->counts = sbnn_counts_columns(&by_gene, cells, d->n_cells);
  sbnn_counts_free(&by_gene);
  sbnn_free_strings(d->gene_names, d->n_genes);
  d->gene_names = names;
  d->n_genes = n;
  free(cells);
}

static int keep_genes(sbnn_dataset *d, const char *prefix, const char *path, sbnn_error *e) {
  size_t n = 0, *genes = sbnn_alloc(d->n_genes, sizeof *genes);
  int code = SBNN_OK;
  for (size_t g = 0; g < d->n_genes; g++)
    if (sbnn_without_prefix(d->gene_names[g], prefix)) genes[n++] = g;
  if (n == 0) {
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: none of the %zu genes begins with '%.60s' (--gene-prefix), the first is '%s'; give "
                     "the prefix as it is in the table",
                     path, d->n_genes, prefix, sbnn_shown(d->gene_names[0]));
  } else {
    add_note(d, sbnn_format(
                    "%s: %zu of the %zu genes begin with '%.60s' and are kept; their names lose this prefix",
                    path, n, d->n_genes, prefix));
    take_genes(d, genes, n, prefix);
  }
  free(genes);
  return code;
}

/* Those of another table too, along whichever of its axes has more of them. */
static int keep_shared(sbnn_dataset *d, const char *other, sbnn_error *e) {
  const sbnn_table_options how = {
      .sparse = true, .allow_duplicates = true, .feature_type = "Gene Expression"};
  sbnn_table t;
  int code = sbnn_table_read(other, &how, &t, e);
  if (code != SBNN_OK) return code;
  sbnn_index rows, columns;
  size_t n[2] = {0, 0},
         *genes[2] = {sbnn_alloc(d->n_genes, sizeof **genes), sbnn_alloc(d->n_genes, sizeof **genes)};
  sbnn_index_build(&rows, t.row_ids, t.n_rows, NULL, NULL);
  sbnn_index_build(&columns, t.col_ids, t.n_cols, NULL, NULL);
  for (size_t g = 0; g < d->n_genes; g++) {
    if (sbnn_index_find(&rows, d->gene_names[g]) != SBNN_ABSENT) genes[0][n[0]++] = g;
    if (sbnn_index_find(&columns, d->gene_names[g]) != SBNN_ABSENT) genes[1][n[1]++] = g;
  }
  const size_t axis = n[1] > n[0];
  if (n[axis] == 0)
    code = sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s (--genes-from) has none of the %zu genes, such as '%s': its rows are named like '%.60s', its "
        "columns like '%.60s'",
        other, d->n_genes, sbnn_shown(d->gene_names[0]), t.row_ids[0], t.col_ids[0]);
  else {
    add_note(d,
             sbnn_format("%s: %zu of the %zu genes are in it too and are kept", other, n[axis], d->n_genes));
    take_genes(d, genes[axis], n[axis], NULL);
  }
  sbnn_index_free(&rows);
  sbnn_index_free(&columns);
  free(genes[0]);
  free(genes[1]);
  sbnn_table_free(&t);
  return code;
}

void sbnn_dataset_drop_silent(sbnn_dataset *d, const char *x_path) {
  const sbnn_counts *c = &d->counts;
  size_t n = 0, *genes = sbnn_alloc(d->n_genes, sizeof *genes);
  bool *heard = sbnn_alloc(d->n_genes, sizeof *heard);
  for (size_t k = c->start[0]; k < c->start[d->n_cells]; k++) heard[c->column[k]] = true;
  const char *first = NULL;
  for (size_t g = 0; g < d->n_genes; g++)
    if (heard[g]) genes[n++] = g;
    else if (!first) first = d->gene_names[g];
  if (n > 0 && first) {
    add_note(d, sbnn_format("%s: %zu of %zu genes have no count in any cell and are left out, such as '%s'",
                            x_path, d->n_genes - n, d->n_genes, sbnn_shown(first)));
    take_genes(d, genes, n, NULL);
  }
  free(genes);
  free(heard);
}

/* ---- responses ---- */

/* Counts for each response the patterns that match it; false: this one matches nothing. */
static bool mark_matching(const sbnn_dataset *d, const char *pattern, size_t *drop) {
  bool any = false;
  for (size_t r = 0; r < d->n_responses; r++) {
    const char *response = d->response_names[r];
    if (strcmp(pattern, response) != 0 && fnmatch(pattern, response, 0) != 0) continue;
    drop[r]++;
    any = true;
  }
  return any;
}

static void note_dropped(sbnn_dataset *d, const size_t *drop, size_t n, const char *path) {
  char list[400] = "";
  size_t shown = 0, used = 0;
  for (size_t r = 0; r < d->n_responses; r++)
    if (drop[r] && used + 80 < sizeof list)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s'%.40s'", shown++ ? ", " : "",
                               d->response_names[r]);
  add_note(d, sbnn_format("%s: %zu of %zu responses are left out by name: %s%s", path, n, d->n_responses,
                          list, shown < n ? ", ..." : ""));
}

static int drop_responses(sbnn_dataset *d, const char *patterns, const char *path, sbnn_error *e) {
  size_t n = 0, *drop = sbnn_alloc(d->n_responses, sizeof *drop);
  char *copy = sbnn_strdup(patterns), *rest = copy;
  int code = SBNN_OK;
  for (char *pattern; code == SBNN_OK && (pattern = strsep(&rest, ",")) != NULL;) {
    pattern += strspn(pattern, " ");
    if (!mark_matching(d, pattern, drop))
      code =
          sbnn_fail(e, SBNN_BAD_INPUT,
                    "--drop-responses: no response of %s matches '%.60s'; the first is '%s': give names or "
                    "patterns, separated by commas",
                    path, pattern, sbnn_shown(d->response_names[0]));
  }
  for (size_t r = 0; r < d->n_responses; r++) n += drop[r] > 0;
  if (code == SBNN_OK && n == d->n_responses)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "--drop-responses leaves none of the %zu responses of %s; drop fewer",
                     n, path);
  if (code == SBNN_OK) {
    note_dropped(d, drop, n, path);
    sbnn_dataset_drop_responses(d, drop);
  }
  free(copy);
  free(drop);
  return code;
}

int sbnn_dataset_select(sbnn_dataset *d, const sbnn_dataset_options *o, const char *x_path,
                        const char *y_path, bool *any, sbnn_error *e) {
  *any = o->cells_path || o->drop_responses;
  int code = o->cells_path ? sbnn_dataset_keep_listed(d, o->cells_path, e) : SBNN_OK;
  if (code == SBNN_OK && o->gene_prefix) code = keep_genes(d, o->gene_prefix, x_path, e);
  if (code == SBNN_OK && o->min_counts > 0 && o->x_transform == SBNN_X_COUNTS)
    keep_counted(d, o->min_counts, x_path, any);
  if (code == SBNN_OK && o->genes_from_path) code = keep_shared(d, o->genes_from_path, e);
  if (code == SBNN_OK && o->drop_responses) code = drop_responses(d, o->drop_responses, y_path, e);
  return code;
}
