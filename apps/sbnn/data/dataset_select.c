/* dataset_select.c - cells, genes and responses that the user chooses by name (dataset_join.h). */
#include "data/dataset_join.h"
#include "data/readers.h"
#include "data/text.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_note(sbnn_dataset *d, char *text) {
  sbnn_dataset_note(d, text);
  free(text);
}

/* ---- cells ---- */

/* The first field of each line: a list, or a table with the cells' ids first. */
static int read_ids(const char *path, sbnn_strings *ids, sbnn_error *e) {
  sbnn_text t;
  bool more = true;
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
static int keep_cells(sbnn_dataset *d, const char *path, sbnn_error *e) {
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
                     "same ids, one a line",
                     path, ids.n, ids.n ? sbnn_shown(ids.items[0]) : "", sbnn_shown(d->cell_names[0]));
  if (code == SBNN_OK) {
    add_note(d, sbnn_format("%s: %zu of the %zu cells are in it and are kept", path, n, d->n_cells));
    sbnn_dataset_keep_cells(d, cells, n);
  }
  sbnn_strings_free(&ids);
  free(cells);
  return code;
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
                     "the prefix as it stands there",
                     path, d->n_genes, prefix, sbnn_shown(d->gene_names[0]));
  } else {
    add_note(d, sbnn_format(
                    "%s: %zu of the %zu genes begin with '%.60s' and are kept, under their names without it",
                    path, n, d->n_genes, prefix));
    take_genes(d, genes, n, prefix);
  }
  free(genes);
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
    add_note(d,
             sbnn_format("%s: of %zu genes those without a count in any cell are left out: %zu, such as '%s'",
                         x_path, d->n_genes, d->n_genes - n, sbnn_shown(first)));
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
  int code = o->cells_path ? keep_cells(d, o->cells_path, e) : SBNN_OK;
  if (code == SBNN_OK && o->gene_prefix) code = keep_genes(d, o->gene_prefix, x_path, e);
  if (code == SBNN_OK && o->drop_responses) code = drop_responses(d, o->drop_responses, y_path, e);
  return code;
}
