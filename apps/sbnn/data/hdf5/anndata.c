/* anndata.c - AnnData (.h5ad), from 0.5 on: which matrix is taken, and the names of its genes and cells. A
 * modality of MuData is such an object below `root`; of a file of its own that is "". */
#include "data/hdf5/layout.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- names ---- */

static bool is_ensembl(const char *name) {
  size_t digits = 0, at = 3;
  if (strncmp(name, "ENS", 3) != 0) return false;
  while (isupper((unsigned char)name[at])) at++;
  while (isdigit((unsigned char)name[at + digits])) digits++;
  return digits >= 6;
}

static const char *column_of(const sbnn_h5_frame *frame, const char *const *names) {
  for (; *names; names++)
    for (size_t i = 0; i < frame->columns.n; i++)
      if (strcasecmp(frame->columns.items[i], *names) == 0) return frame->columns.items[i];
  return NULL;
}

/* The column of names where the index holds ids of Ensembl; NULL: the index is good. */
static const char *symbols_of(const sbnn_h5_frame *frame, const sbnn_strings *index) {
  static const char *const names[] = {"feature_name", "gene_name", "gene_names",      "gene_symbol",
                                      "gene_symbols", "symbol",    "gene_short_name", NULL};
  size_t ids = 0;
  for (size_t i = 0; i < index->n; i++) ids += is_ensembl(index->items[i]);
  return 2 * ids > index->n ? column_of(frame, names) : NULL;
}

/* Names by a column; where that has none, by the index. */
static int rename_by(const sbnn_h5_frame *frame, const char *column, sbnn_h5_choice *c) {
  sbnn_strings names = {0};
  int code = sbnn_h5_frame_texts(frame, column, &names);
  if (code == SBNN_OK && names.n != c->features.n)
    code = sbnn_h5_damaged(frame->f, frame->path, "a column and the names of the rows differ in length");
  for (size_t i = 0; i < names.n && code == SBNN_OK; i++) {
    if (!*names.items[i]) continue;
    free(c->features.items[i]);
    c->features.items[i] = sbnn_strdup(names.items[i]);
  }
  free(c->features_in);
  c->features_in = sbnn_h5_join(frame->path, column);
  sbnn_strings_free(&names);
  return code;
}

int sbnn_h5_name_features(const sbnn_h5_frame *frame, const char *wanted, sbnn_h5_choice *c) {
  int code = sbnn_h5_frame_texts(frame, frame->index, &c->features);
  c->features_in = sbnn_h5_join(frame->path, frame->index);
  if (code != SBNN_OK || (wanted && strcmp(wanted, "index") == 0)) return code;
  const char *slash = wanted ? strrchr(wanted, '/') : NULL, *column = slash ? slash + 1 : wanted;
  if (column && sbnn_h5_frame_kind(frame, column) == SBNN_H5_NO_COLUMN) {
    const char *first = frame->columns.n ? frame->columns.items[0] : frame->index;
    return sbnn_fail(frame->f->error, SBNN_BAD_INPUT,
                     "%s: --gene-names: %.100s has no column '%.100s'; it has, for example, '%.60s'",
                     frame->f->path, frame->path, column, first);
  }
  if (!column && (column = symbols_of(frame, &c->features)) != NULL)
    sbnn_h5_choice_note(c, sbnn_format("%s: genes are named by %.100s/%.100s, because the index holds "
                                       "Ensembl ids (--gene-names index keeps the ids)",
                                       frame->f->path, frame->path, column));
  return column ? rename_by(frame, column, c) : SBNN_OK;
}

/* Types of features, where the type that is wanted is among them. */
int sbnn_h5_find_types(const sbnn_h5_frame *frame, const char *wanted, sbnn_h5_choice *c) {
  static const char *const names[] = {"feature_types", NULL};
  const char *column = wanted ? column_of(frame, names) : NULL;
  if (!column) return SBNN_OK;
  int code = sbnn_h5_frame_texts(frame, column, &c->types);
  bool any = false;
  for (size_t i = 0; i < c->types.n; i++) any |= strcmp(c->types.items[i], wanted) == 0;
  if (!any) sbnn_strings_free(&c->types);
  return code;
}

static int name_all(sbnn_h5 *f, const char *root, const char *var, const sbnn_table_options *o,
                    sbnn_h5_choice *c) {
  char *obs_path = sbnn_h5_join(root, "obs"), *var_path = sbnn_h5_join(root, var);
  sbnn_h5_frame obs = {0}, features = {0};
  int code = sbnn_h5_frame_open(f, obs_path, &obs);
  if (code == SBNN_OK) code = sbnn_h5_frame_open(f, var_path, &features);
  if (code == SBNN_OK) code = sbnn_h5_frame_texts(&obs, obs.index, &c->cells);
  if (code == SBNN_OK) c->cells_in = sbnn_h5_join(obs_path, obs.index);
  if (code == SBNN_OK) code = sbnn_h5_name_features(&features, o->responses ? NULL : o->gene_names, c);
  if (code == SBNN_OK) code = sbnn_h5_find_types(&features, o->feature_type, c);
  sbnn_h5_frame_close(&obs);
  sbnn_h5_frame_close(&features);
  free(obs_path);
  free(var_path);
  return code;
}

/* ---- the matrix ---- */

/* Those that may hold counts, the likeliest first. */
static int list_candidates(sbnn_h5 *f, const char *root, bool normalised, sbnn_strings *out) {
  static const char *const layers[] = {"counts", "raw_counts", "count", "umi", "umis", "raw"};
  static const char *const others[] = {"raw/X", "raw.X", "X"};
  sbnn_strings names = {0};
  char *group = sbnn_h5_join(root, "layers");
  int code = normalised ? SBNN_OK : sbnn_h5_names(f, group, &names);
  for (size_t k = 0; k < sizeof layers / sizeof *layers; k++)
    for (size_t i = 0; i < names.n; i++) {
      if (strcasecmp(names.items[i], layers[k]) != 0) continue;
      char *path = sbnn_h5_join(group, names.items[i]);
      if (sbnn_h5_is_matrix(f, path)) sbnn_strings_add(out, path);
      free(path);
    }
  for (size_t k = normalised ? 2 : 0; k < sizeof others / sizeof *others; k++) {
    char *path = sbnn_h5_join(root, others[k]);
    if (sbnn_h5_is_matrix(f, path)) sbnn_strings_add(out, path);
    free(path);
  }
  free(group);
  sbnn_strings_free(&names);
  return code;
}

static int no_counts(sbnn_h5 *f, const sbnn_strings *candidates, const char *why) {
  if (candidates->n == 0)
    return sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: there is no matrix X in it, no layers/counts and no raw/X; name the matrix after a "
                     "colon, as in %s:layers/NAME",
                     f->path, f->path);
  return sbnn_fail(f->error, SBNN_BAD_INPUT,
                   "%s: no matrix in it holds counts, whole numbers from 0: %s; name one after a colon, as "
                   "in %s:layers/NAME, or give --x-transform none if X is normalised already",
                   f->path, why, f->path);
}

/* The matrix that nobody has named, as a path. */
static int find_matrix(sbnn_h5 *f, const char *root, const sbnn_table_options *o, char **path) {
  sbnn_strings candidates = {0};
  size_t found = 0;
  char *why = NULL;
  int code = list_candidates(f, root, o->normalised, &candidates);
  if (code == SBNN_OK && !o->normalised) code = sbnn_h5_find_counts(f, &candidates, &found, &why);
  if (code == SBNN_OK && found == candidates.n) {
    if (o->responses && candidates.n > 0) found = candidates.n - 1; /* X: responses need not be counts */
    else code = no_counts(f, &candidates, why ? why : "");
  }
  if (code == SBNN_OK) *path = sbnn_strdup(candidates.items[found]);
  free(why);
  sbnn_strings_free(&candidates);
  return code;
}

/* "raw" is raw/X, "counts" is layers/counts. */
static int named_matrix(sbnn_h5 *f, const char *root, const char *part, char **path) {
  char *tries[] = {strcmp(part, "raw") == 0 ? sbnn_h5_join(root, "raw/X") : sbnn_h5_join(root, part),
                   *root ? sbnn_format("%s/layers/%s", root, part) : sbnn_format("layers/%s", part)};
  for (int i = 0; i < 2; i++) {
    if (!*path && sbnn_h5_is_matrix(f, tries[i])) *path = tries[i];
    else free(tries[i]);
  }
  return *path ? SBNN_OK
               : sbnn_fail(f->error, SBNN_BAD_INPUT,
                           "%s: there is no matrix '%.100s' in it; 'sbnn inspect %s' lists what there is",
                           f->path, part, f->path);
}

static bool ends_in(const char *path, const char *end) {
  const size_t n = strlen(path), k = strlen(end);
  return n >= k && strcmp(path + n - k, end) == 0;
}

static bool is_in_obsm(sbnn_h5 *f, const char *root, const char *name) {
  char *group = sbnn_h5_join(root, "obsm"), *path = sbnn_h5_join(group, name);
  bool is = sbnn_h5_kind_of(f, path) != SBNN_H5_NOTHING;
  free(group);
  free(path);
  return is;
}

static bool begins(const char *part, const char *start) { return strncmp(part, start, strlen(start)) == 0; }

int sbnn_h5_anndata_choose(sbnn_h5 *f, const char *root, const sbnn_h5_request *r, sbnn_h5_choice *c) {
  const sbnn_table_options *o = r->options;
  char *path = NULL;
  if (r->part && (begins(r->part, "obsm/") || begins(r->part, "obs/")))
    return sbnn_h5_anndata_responses(f, root, r, c);
  if (r->part && o->responses && is_in_obsm(f, root, r->part)) {
    char *part = sbnn_h5_join("obsm", r->part);
    int code = sbnn_h5_anndata_responses(f, root, &(sbnn_h5_request){part, o}, c);
    free(part);
    return code;
  }
  if (o->responses && !r->part && !*root) {
    int code = sbnn_h5_anndata_responses(f, root, r, c);
    if (code != SBNN_OK || c->what) return code;
  }
  int code = r->part ? named_matrix(f, root, r->part, &path) : find_matrix(f, root, o, &path);
  if (code == SBNN_OK) code = sbnn_h5_matrix_open(f, path, NULL, false, &c->matrix);
  if (code == SBNN_OK) {
    c->what = path;
    if (!r->part)
      sbnn_h5_choice_note(c, sbnn_format("%s: %s are taken from %.200s", f->path,
                                         o->responses    ? "responses"
                                         : o->normalised ? "normalised counts"
                                                         : "counts",
                                         path));
    const char *var = ends_in(path, "raw/X") ? "raw/var" : ends_in(path, "raw.X") ? "raw.var" : "var";
    return name_all(f, root, var, o, c);
  }
  free(path);
  return code;
}

/* ---- the file ---- */

static bool recognised(sbnn_h5 *f) { return sbnn_h5_is_frame(f, "obs") && sbnn_h5_is_frame(f, "var"); }

static int choose(sbnn_h5 *f, const sbnn_h5_request *r, sbnn_h5_choice *c) {
  return sbnn_h5_anndata_choose(f, "", r, c);
}

static int object(sbnn_h5 *f, const char *part, const char *gene_names, sbnn_h5_object *o) {
  (void)part;
  return sbnn_h5_anndata_object(f, "", gene_names, o);
}

static int labels(sbnn_h5 *f, const char *part, sbnn_labels *l) {
  return sbnn_h5_anndata_labels(f, "", part, l);
}

/* "layers/counts<tab>CSR, 300 x 200" */
static int describe_matrix(sbnn_h5 *f, const char *path, const char *field, sbnn_strings *lines) {
  sbnn_h5_matrix m;
  int code = sbnn_h5_matrix_open(f, path, field, false, &m);
  if (code == SBNN_OK) {
    char *line = sbnn_format("%.200s\t%s, %zu x %zu", m.path,
                             !m.sparse      ? "dense"
                             : m.by_columns ? "CSC"
                                            : "CSR",
                             m.n_rows, m.n_cols);
    sbnn_strings_add(lines, line);
    free(line);
  }
  sbnn_h5_matrix_close(&m);
  return code;
}

static int describe_frame(sbnn_h5 *f, const char *path, sbnn_strings *lines) {
  sbnn_h5_frame frame;
  int code = sbnn_h5_frame_open(f, path, &frame);
  for (size_t i = 0; i < frame.columns.n && i < 200 && code == SBNN_OK; i++) {
    sbnn_h5_column kind = sbnn_h5_frame_kind(&frame, frame.columns.items[i]);
    char *line = sbnn_format("%s/%.100s\t%s", path, frame.columns.items[i],
                             kind == SBNN_H5_COLUMN_TEXT      ? "text"
                             : kind == SBNN_H5_COLUMN_NUMBERS ? "numbers"
                                                              : "not read");
    sbnn_strings_add(lines, line);
    free(line);
  }
  sbnn_h5_frame_close(&frame);
  return code;
}

static int describe_group(sbnn_h5 *f, const char *root, const char *name, sbnn_strings *lines) {
  char *group = sbnn_h5_join(root, name);
  sbnn_strings names = {0};
  const bool records = sbnn_h5_kind_of(f, group) == SBNN_H5_DATASET; /* anndata before 0.7 */
  int code = records ? sbnn_h5_fields(f, group, &names) : sbnn_h5_names(f, group, &names);
  for (size_t i = 0; i < names.n && i < 200 && code == SBNN_OK; i++) {
    char *path = sbnn_h5_join(group, names.items[i]);
    if (records) code = describe_matrix(f, group, names.items[i], lines);
    else if (sbnn_h5_is_matrix(f, path)) code = describe_matrix(f, path, NULL, lines);
    else if (sbnn_h5_is_frame(f, path)) code = describe_frame(f, path, lines);
    free(path);
  }
  free(group);
  sbnn_strings_free(&names);
  return code;
}

int sbnn_h5_anndata_describe(sbnn_h5 *f, const char *root, sbnn_strings *lines) {
  static const char *const matrices[] = {"X", "raw/X", "raw.X"};
  int code = SBNN_OK;
  for (int i = 0; i < 3 && code == SBNN_OK; i++) {
    char *path = sbnn_h5_join(root, matrices[i]);
    if (sbnn_h5_is_matrix(f, path)) code = describe_matrix(f, path, NULL, lines);
    free(path);
  }
  if (code == SBNN_OK) code = describe_group(f, root, "layers", lines);
  if (code == SBNN_OK) code = describe_group(f, root, "obsm", lines);
  char *obs = sbnn_h5_join(root, "obs");
  if (code == SBNN_OK) code = describe_frame(f, obs, lines);
  free(obs);
  return code;
}

static int describe(sbnn_h5 *f, sbnn_strings *lines) { return sbnn_h5_anndata_describe(f, "", lines); }

const sbnn_h5_layout sbnn_h5_anndata = {.name = "AnnData",
                                        .recognised = recognised,
                                        .choose = choose,
                                        .labels = labels,
                                        .describe = describe,
                                        .object = object};
