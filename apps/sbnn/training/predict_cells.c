/* predict_cells.c - see predict_cells.h. */
#include "training/predict_cells.h"

#include "data/ids.h"
#include "data/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LISTED = 50 /* missing genes named one by one */ };

/* Where the genes of the model lie in a table. */
typedef struct places {
  bool in_rows;
  size_t *at; /* [n_genes] position along that axis, or SBNN_ABSENT */
  size_t found;
} places;

/* Genes of one name are told apart as in training: the later ones get -1, -2, ... behind it. */
static void look_along(const sbnn_model_file *m, const char *prefix, char *const *ids, size_t n, places *p) {
  sbnn_index index;
  const char *example;
  char **names = sbnn_alloc(n, sizeof *names);
  for (size_t i = 0; i < n; i++) {
    const char *name = sbnn_without_prefix(ids[i], prefix);
    names[i] = sbnn_strdup(name ? name : ""); /* no gene's name */
  }
  sbnn_make_unique(names, n, &example);
  sbnn_index_build(&index, names, n, NULL, NULL);
  p->at = sbnn_alloc(m->n_genes, sizeof *p->at);
  for (size_t j = 0; j < m->n_genes; j++) {
    p->at[j] = sbnn_index_find(&index, m->gene_names[j]);
    p->found += p->at[j] != SBNN_ABSENT;
  }
  sbnn_index_free(&index);
  sbnn_free_strings(names, n);
}

/* Along the axis that has more of the model's genes, or the one that was asked for; formats that know their
 * genes have them in columns. */
static places look(const sbnn_predict_options *o, const sbnn_model_file *m, const sbnn_table *t) {
  places rows = {.in_rows = true}, columns = {.in_rows = false};
  look_along(m, o->gene_prefix, t->row_ids, t->n_rows, &rows);
  look_along(m, o->gene_prefix, t->col_ids, t->n_cols, &columns);
  bool by_rows = t->genes_in != SBNN_GENES_AUTO   ? false
                 : o->genes_in == SBNN_GENES_AUTO ? rows.found > columns.found
                                                  : o->genes_in == SBNN_GENES_IN_ROWS;
  free(by_rows ? columns.at : rows.at);
  return by_rows ? rows : columns;
}

/* ---- what is missing ---- */

/* ENSG00000146648, ENSMUSG00000020122.5 */
static bool is_ensembl(const char *name) {
  return strncmp(name, "ENS", 3) == 0 && strpbrk(name, "0123456789");
}

static bool any_gene(const sbnn_model_file *m, const char *name) {
  for (size_t j = 0; j < m->n_genes; j++)
    if (strcasecmp(m->gene_names[j], name) == 0) return true;
  return false;
}

/* Why a table may have none of the model's genes, by the first names of its axes. */
static const char *guess_why(const sbnn_model_file *m, const sbnn_table *t) {
  const char *row = t->row_ids[0], *column = t->col_ids[0];
  bool ids = is_ensembl(row) || is_ensembl(column);
  if (ids != is_ensembl(m->gene_names[0]))
    return ids ? "the table has Ensembl ids, the model gene names: rename the genes"
               : "the table has gene names, the model Ensembl ids: rename the genes";
  if (any_gene(m, row) || any_gene(m, column))
    return "names are case-sensitive: use those of the training table";
  return "is it a table of counts? Use the gene names of the training table";
}

/* "A, B, C and 7 more" */
static void list_genes(const sbnn_model_file *m, const size_t *gene, size_t n, char *text, size_t room) {
  size_t used = 0;
  text[0] = 0;
  for (size_t i = 0; i < n; i++) {
    const char *name = m->gene_names[gene[i]];
    if (used + strlen(name) + 32 > room) {
      snprintf(text + used, room - used, " and %zu more", n - i);
      return;
    }
    used += (size_t)snprintf(text + used, room - used, "%s%s", i ? ", " : "", name);
  }
}

static int require_inputs(const sbnn_predict_options *o, const sbnn_model_file *m, const places *p,
                          sbnn_error *e) {
  size_t n = 0, *missing = sbnn_alloc(m->n_kept, sizeof *missing);
  for (size_t i = 0; i < m->n_kept; i++)
    if (p->at[m->kept[i]] == SBNN_ABSENT) missing[n++] = m->kept[i];
  char list[700];
  list_genes(m, missing, n, list, sizeof list);
  free(missing);
  if (n == 0) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s lacks %zu of the %zu genes that the model reads: %s; give counts of all of them, under the same "
      "names as in the training table, or train again on the genes that both have (sbnn train --genes-from "
      "%s)",
      o->path, n, m->n_kept, list, o->path);
}

static int by_share(const void *a, const void *b, void *share) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = ((const double *)share)[i], y = ((const double *)share)[j];
  return x > y ? -1 : x < y ? 1 : i < j ? -1 : i > j;
}

/* A notice, not talk: it is there with --quiet too. */
static void tell_missing(const sbnn_predict_options *o, const sbnn_model_file *m, const places *p) {
  if (m->prepared.preparation.x_transform == SBNN_X_NONE) return; /* no library size */
  size_t n = 0, *missing = sbnn_alloc(m->n_genes, sizeof *missing);
  double share = 0;
  for (size_t j = 0; j < m->n_genes; j++)
    if (p->at[j] == SBNN_ABSENT) missing[n++] = j, share += m->gene_share[j];
  qsort_r(missing, n, sizeof *missing, by_share, m->gene_share);
  if (n)
    fprintf(stderr,
            "sbnn: %s lacks %zu of the %zu genes that make up the library size (%.3g %% of the training "
            "counts); they count as 0. These genes and their shares:\n",
            o->path, n, m->n_genes, 100 * share);
  for (size_t i = 0; i < n && i < LISTED; i++) {
    fprintf(stderr, "  %s %.3g %%\n", m->gene_names[missing[i]], 100 * m->gene_share[missing[i]]);
    share -= m->gene_share[missing[i]];
  }
  if (n > LISTED) fprintf(stderr, "  and %zu more, together %.3g %%\n", n - LISTED, 100 * fmax(share, 0));
  free(missing);
}

/* ---- the data set ---- */

/* Cells by genes of the model, from cells by genes of the table. */
static sbnn_counts take_genes(const sbnn_counts *from, const sbnn_model_file *m, const places *p) {
  sbnn_counts to = {.n_cols = m->n_genes};
  size_t *gene = sbnn_alloc(from->n_cols, sizeof *gene);
  double *row = sbnn_alloc(m->n_genes, sizeof *row);
  for (size_t j = 0; j < m->n_genes; j++)
    if (p->at[j] != SBNN_ABSENT) gene[p->at[j]] = j + 1;
  for (size_t i = 0; i < from->n_rows; i++) {
    memset(row, 0, m->n_genes * sizeof *row);
    for (size_t k = from->start[i]; k < from->start[i + 1]; k++)
      if (gene[from->column[k]]) row[gene[from->column[k]] - 1] = (double)from->value[k];
    sbnn_counts_add_row(&to, row);
  }
  free(gene);
  free(row);
  return to;
}

/* All counts of each cell, of genes that the model knows and of others, as the one response of the data set. */
static void keep_totals(const sbnn_table *t, bool cells_in_columns, sbnn_dataset *d) {
  d->n_responses = 1;
  d->response_names = sbnn_alloc(1, sizeof *d->response_names);
  d->response_names[0] = sbnn_strdup("counts");
  d->responses = sbnn_alloc(d->n_cells, sizeof *d->responses);
  for (size_t i = 0; i < t->n_rows; i++)
    for (size_t k = t->counts.start[i]; k < t->counts.start[i + 1]; k++)
      d->responses[cells_in_columns ? t->counts.column[k] : i] += (double)t->counts.value[k];
}

static void fill(const sbnn_table *t, const sbnn_model_file *m, const places *p, sbnn_dataset *d) {
  d->n_cells = p->in_rows ? t->n_cols : t->n_rows;
  d->n_genes = m->n_genes;
  d->cell_names = sbnn_copy_strings(p->in_rows ? t->col_ids : t->row_ids, d->n_cells);
  d->gene_names = sbnn_copy_strings(m->gene_names, m->n_genes);
  if (p->in_rows) {
    size_t *all = sbnn_alloc(t->n_cols, sizeof *all);
    for (size_t i = 0; i < t->n_cols; i++) all[i] = i;
    sbnn_counts turned = sbnn_counts_columns(&t->counts, all, t->n_cols);
    d->counts = take_genes(&turned, m, p);
    sbnn_counts_free(&turned);
    free(all);
  } else {
    d->counts = take_genes(&t->counts, m, p);
  }
}

int sbnn_predict_cells(const sbnn_predict_options *o, const sbnn_model_file *m, sbnn_dataset *d,
                       sbnn_error *e) {
  sbnn_table t;
  *d = (sbnn_dataset){0};
  const sbnn_table_options how = {.sparse = true,
                                  .allow_duplicates = true,
                                  .genes_in = o->genes_in,
                                  .normalised = m->prepared.preparation.x_transform == SBNN_X_NONE,
                                  .gene_names = o->gene_names,
                                  .feature_type = "Gene Expression"};
  int code = sbnn_table_read(o->path, &how, &t, e);
  if (code != SBNN_OK) return code;
  places p = look(o, m, &t);
  if (p.found == 0)
    code = sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s has none of the model's genes (such as '%.60s'): its rows are named like '%.60s', its columns "
        "like '%.60s'; %s",
        o->path, m->gene_names[m->kept[0]], t.row_ids[0], t.col_ids[0],
        o->genes_in == SBNN_GENES_AUTO ? guess_why(m, &t)
                                       : "rows and columns may be swapped: leave out --x-genes-in");
  const char *fault = p.in_rows ? t.col_fault : t.row_fault; /* two cells of one name */
  if (code == SBNN_OK && fault) code = sbnn_fail(e, SBNN_BAD_INPUT, "%s", fault);
  if (code == SBNN_OK) code = require_inputs(o, m, &p, e);
  if (code == SBNN_OK) {
    tell_missing(o, m, &p);
    fill(&t, m, &p, d);
    code = sbnn_dataset_check(d, 1, m->prepared.preparation.x_transform, o->path, "",
                              e); /* 1: a constant gene is none of our business */
  }
  if (code == SBNN_OK) {
    if (t.note) sbnn_dataset_note(d, t.note);
    keep_totals(&t, p.in_rows, d);
    if (o->cells_path) code = sbnn_dataset_keep_listed(d, o->cells_path, e);
  }
  if (code != SBNN_OK) sbnn_dataset_free(d);
  free(p.at);
  sbnn_table_free(&t);
  return code;
}
