/* loom.c - loom, versions 2 and 3: "matrix" has genes in rows and cells in columns, "layers" others of its
 * shape, "row_attrs" and "col_attrs" the names. Source: the loom file format specification (linnarsson-lab). */
#include "data/hdf5/layout.h"

#include <stdlib.h>
#include <string.h>

static const char *const gene_lists[] = {"Gene",      "var_names", "gene_names", "GeneName",
                                         "Accession", "index",     NULL};
static const char *const cell_lists[] = {"CellID", "obs_names", "Cell", "cell_id", "barcode", "index", NULL};

static bool recognised(sbnn_h5 *f) {
  return sbnn_h5_kind_of(f, "matrix") == SBNN_H5_DATASET &&
         sbnn_h5_kind_of(f, "row_attrs") == SBNN_H5_GROUP && sbnn_h5_kind_of(f, "col_attrs") == SBNN_H5_GROUP;
}

static int read_names(sbnn_h5 *f, const char *group, const char *const *names, const char *wanted,
                      sbnn_strings *out, char **in) {
  const char *const own[] = {wanted, NULL};
  if (wanted) names = own;
  for (; *names; names++) {
    char *path = sbnn_h5_join(group, *names);
    if (sbnn_h5_kind_of(f, path) == SBNN_H5_DATASET) {
      *in = path;
      return sbnn_h5_texts_at(f, path, out);
    }
    free(path);
  }
  return sbnn_fail(
      f->error, SBNN_BAD_INPUT,
      "%s: %s has no list of names that sbnn knows, such as '%s'; name genes by --gene-names row_attrs/NAME",
      f->path, group, wanted ? wanted : "CellID");
}

/* The matrix, or the layer that holds counts. */
static int find_matrix(sbnn_h5 *f, const sbnn_table_options *o, char **what) {
  static const char *const usual[] = {"layers/counts", "matrix", "layers/raw", "layers/umi"};
  sbnn_strings candidates = {0};
  size_t found = 0;
  char *why = NULL;
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (sbnn_h5_is_matrix(f, usual[i])) sbnn_strings_add(&candidates, usual[i]);
  int code = o->normalised || o->responses ? SBNN_OK : sbnn_h5_find_counts(f, &candidates, &found, &why);
  if (o->normalised || o->responses) *what = sbnn_strdup("matrix");
  else if (code == SBNN_OK && found < candidates.n) *what = sbnn_strdup(candidates.items[found]);
  else if (code == SBNN_OK)
    code = sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: no matrix in it holds counts, whole numbers from 0: %s; name one after a colon, as "
                     "in %s:layers/NAME, or give --x-transform none",
                     f->path, why, f->path);
  free(why);
  sbnn_strings_free(&candidates);
  return code;
}

static int choose(sbnn_h5 *f, const sbnn_h5_request *r, sbnn_h5_choice *c) {
  const char *names = r->options->gene_names, *slash = names ? strrchr(names, '/') : NULL;
  c->features_first = true;
  if (r->options->responses && !r->options->alone && !r->part)
    return sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: a loom file holds only counts; give another file for the responses", f->path);
  int code = r->part ? SBNN_OK : find_matrix(f, r->options, &c->what);
  if (r->part) c->what = sbnn_strdup(r->part);
  if (code == SBNN_OK) code = sbnn_h5_matrix_open(f, c->what, NULL, false, &c->matrix);
  if (code == SBNN_OK)
    code = read_names(f, "row_attrs", gene_lists, slash ? slash + 1 : names, &c->features, &c->features_in);
  return code == SBNN_OK ? read_names(f, "col_attrs", cell_lists, NULL, &c->cells, &c->cells_in) : code;
}

/* The columns of labels: lists of text in col_attrs. */
static int labels(sbnn_h5 *f, const char *part, sbnn_labels *l) {
  sbnn_strings ids = {0};
  char *in = NULL;
  const char *slash = part ? strrchr(part, '/') : NULL, *name = slash ? slash + 1 : part;
  int code = name ? SBNN_OK
                  : sbnn_fail(f->error, SBNN_BAD_INPUT,
                              "%s: name the labels after a colon, as in %s:col_attrs/NAME", f->path, f->path);
  if (code == SBNN_OK) code = read_names(f, "col_attrs", cell_lists, NULL, &ids, &in);
  sbnn_strings texts = {0};
  char *path = sbnn_h5_join("col_attrs", name ? name : "");
  if (code == SBNN_OK) code = sbnn_h5_texts_at(f, path, &texts);
  if (code == SBNN_OK && (texts.n != ids.n || ids.n == 0))
    code = sbnn_h5_damaged(f, path, "it and the names of the cells differ in length");
  if (code == SBNN_OK) {
    sbnn_strings one = {0};
    sbnn_strings_add(&one, name);
    l->n_rows = ids.n;
    l->n_cols = 1;
    l->row_ids = sbnn_strings_take(&ids);
    l->text = sbnn_strings_take(&texts);
    l->col_ids = sbnn_strings_take(&one);
  }
  sbnn_strings_free(&ids);
  sbnn_strings_free(&texts);
  free(in);
  free(path);
  return code;
}

static int describe(sbnn_h5 *f, sbnn_strings *lines) {
  static const char *const groups[] = {"layers", "row_attrs", "col_attrs"};
  int code = SBNN_OK;
  for (int g = 0; g < 3 && code == SBNN_OK; g++) {
    sbnn_strings names = {0};
    code = sbnn_h5_names(f, groups[g], &names);
    for (size_t i = 0; i < names.n && i < 100; i++) {
      char *line = sbnn_format("%s\t%.100s", groups[g], names.items[i]);
      sbnn_strings_add(lines, line);
      free(line);
    }
    sbnn_strings_free(&names);
  }
  return code;
}

const sbnn_h5_layout sbnn_h5_loom = {
    .name = "loom", .recognised = recognised, .choose = choose, .labels = labels, .describe = describe};
