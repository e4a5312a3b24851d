/* responses.c - the responses of an AnnData object (layout.h). */
#include "data/hdf5/layout.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- frames ---- */

/* Columns of numbers whose names match: cells x columns, with the names. */
static int take_columns(const sbnn_h5_frame *frame, const char *pattern, sbnn_h5_choice *c) {
  const size_t n = c->cells.n;
  int code = SBNN_OK;
  for (size_t j = 0; j < frame->columns.n; j++) {
    const char *name = frame->columns.items[j];
    if (strcmp(pattern, name) != 0 && fnmatch(pattern, name, 0) != 0) continue;
    if (sbnn_h5_frame_kind(frame, name) == SBNN_H5_COLUMN_NUMBERS) sbnn_strings_add(&c->features, name);
    else if (strcmp(pattern, name) == 0)
      return sbnn_fail(frame->f->error, SBNN_BAD_INPUT, "%s: %.100s/%.100s holds no numbers", frame->f->path,
                       frame->path, name);
  }
  const size_t q = c->features.n;
  if (q == 0)
    return sbnn_fail(frame->f->error, SBNN_BAD_INPUT,
                     "%s: no column of numbers in %.100s matches '%.60s'; 'sbnn inspect %s' lists them",
                     frame->f->path, frame->path, pattern, frame->f->path);
  if (n > SIZE_MAX / sizeof(double) / q || n > (1u << 28) / q)
    return sbnn_h5_damaged(frame->f, frame->path, "it is too large");
  double *column = sbnn_alloc(n, sizeof *column);
  c->numbers = sbnn_alloc(n * q, sizeof *c->numbers);
  for (size_t j = 0; j < q && code == SBNN_OK; j++) {
    code = sbnn_h5_frame_numbers(frame, c->features.items[j], n, column);
    for (size_t i = 0; i < n; i++) c->numbers[i * q + j] = column[i];
  }
  free(column);
  c->features_in = sbnn_strdup(frame->path);
  return code;
}

/* A frame of obsm has an index of its own, which is that of obs. */
static int take_frame(sbnn_h5 *f, const char *path, const char *pattern, sbnn_h5_choice *c) {
  sbnn_h5_frame frame;
  int code = sbnn_h5_frame_open(f, path, &frame);
  if (code == SBNN_OK) code = take_columns(&frame, pattern, c);
  sbnn_h5_frame_close(&frame);
  return code;
}

/* ---- arrays ---- */

/* Names beside an array: uns/NAME_names, uns/protein_names (scvi-tools), uns/NAME/names. */
static int find_names(sbnn_h5 *f, const char *root, const char *name, size_t n, sbnn_h5_choice *c) {
  char *tries[] = {sbnn_format("uns/%s_names", name), sbnn_strdup("uns/protein_names"),
                   sbnn_format("uns/%s/names", name), sbnn_format("uns/%s_columns", name)};
  int code = SBNN_OK;
  for (int i = 0; i < 4; i++) {
    char *path = sbnn_h5_join(root, tries[i]);
    if (code == SBNN_OK && c->features.n == 0 && sbnn_h5_kind_of(f, path) != SBNN_H5_NOTHING) {
      code = sbnn_h5_texts_at(f, path, &c->features);
      if (code == SBNN_OK && c->features.n != n) sbnn_strings_free(&c->features);
      else if (code == SBNN_OK) c->features_in = sbnn_strdup(path);
    }
    free(path);
    free(tries[i]);
  }
  if (code != SBNN_OK || c->features.n > 0) return code;
  for (size_t j = 0; j < n; j++) {
    char *made = sbnn_format("%s_%zu", name, j + 1);
    sbnn_strings_add(&c->features, made);
    free(made);
  }
  c->features_in = sbnn_format("obsm/%s", name);
  sbnn_h5_choice_note(
      c, sbnn_format("%s: obsm/%.100s has no names for its columns, so they are called %.100s_1, "
                     "...; a data frame has names",
                     f->path, name, name));
  return SBNN_OK;
}

static int take_obsm(sbnn_h5 *f, const char *root, const char *name, sbnn_h5_choice *c) {
  char *group = sbnn_h5_join(root, "obsm"), *path = sbnn_h5_join(group, name);
  const bool records = sbnn_h5_kind_of(f, group) == SBNN_H5_DATASET; /* anndata before 0.7 */
  int code;
  c->what = sbnn_format("obsm/%s", name);
  if (!records && sbnn_h5_is_frame(f, path)) code = take_frame(f, path, "*", c);
  else if (!records && !sbnn_h5_is_matrix(f, path))
    code = sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: there are no responses '%.100s' in it; 'sbnn inspect %s' lists what there is",
                     f->path, c->what, f->path);
  else {
    code = records ? sbnn_h5_matrix_open(f, group, name, false, &c->matrix)
                   : sbnn_h5_matrix_open(f, path, NULL, false, &c->matrix);
    if (code == SBNN_OK && c->matrix.n_cols > 100000)
      code = sbnn_h5_damaged(f, path, "it has more than 100000 columns");
    if (code == SBNN_OK) code = find_names(f, root, name, c->matrix.n_cols, c);
  }
  free(group);
  free(path);
  return code;
}

/* ---- which ---- */

/* Results of analyses: what begins with X_, coordinates of a tissue, what `sbnn annotate` has added. */
static bool may_be_responses(sbnn_h5 *f, const char *group, const char *name) {
  char *path = sbnn_h5_join(group, name);
  const bool records = sbnn_h5_kind_of(f, group) == SBNN_H5_DATASET;
  bool may = strncmp(name, "X_", 2) != 0 && strncmp(name, "_scvi", 5) != 0 &&
             strncmp(name, "sbnn_", 5) != 0 && strncmp(name, "srrr_", 5) != 0 &&
             strcasecmp(name, "spatial") != 0 &&
             (records || sbnn_h5_is_frame(f, path) || sbnn_h5_is_matrix(f, path));
  free(path);
  return may;
}

/* The one that there is, or the one with a name for responses; *name NULL: there is none. */
static int find_obsm(sbnn_h5 *f, const char *root, char **name) {
  static const char *const usual[] = {"protein_expression", "protein_counts", "proteins", "protein", "adt",
                                      "antibody_capture",   "ephys",          "responses"};
  sbnn_strings names = {0};
  char *group = sbnn_h5_join(root, "obsm"), *list = NULL;
  int code = sbnn_h5_kind_of(f, group) == SBNN_H5_DATASET ? sbnn_h5_fields(f, group, &names)
                                                          : sbnn_h5_names(f, group, &names);
  size_t n = 0;
  for (size_t i = 0; i < names.n; i++) {
    if (!may_be_responses(f, group, names.items[i])) continue;
    if (n++ == 0) *name = sbnn_strdup(names.items[i]);
    if (n <= 10) list = sbnn_joined(list, ", ", sbnn_format("obsm/%.60s", names.items[i]));
  }
  bool found = n <= 1;
  for (size_t k = 0; k < sizeof usual / sizeof *usual && !found; k++)
    for (size_t i = 0; i < names.n && !found; i++) {
      if (strcasecmp(names.items[i], usual[k]) != 0 || !may_be_responses(f, group, names.items[i])) continue;
      free(*name);
      *name = sbnn_strdup(names.items[i]);
      found = true;
    }
  if (code == SBNN_OK && !found)
    code = sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: which are the responses: %s? Name them after a colon, as in %s:%s", f->path, list,
                     f->path, "obsm/NAME");
  free(list);
  free(group);
  sbnn_strings_free(&names);
  return code;
}

/* Features of another type stand beside the genes: X holds them. */
static bool has_type(sbnn_h5 *f, const char *root, const char *wanted) {
  char *var = sbnn_h5_join(root, "var");
  sbnn_h5_frame frame = {0};
  sbnn_strings types = {0};
  bool any = false;
  if (wanted && sbnn_h5_is_frame(f, var) && sbnn_h5_frame_open(f, var, &frame) == SBNN_OK &&
      sbnn_h5_frame_kind(&frame, "feature_types") == SBNN_H5_COLUMN_TEXT &&
      sbnn_h5_frame_texts(&frame, "feature_types", &types) == SBNN_OK)
    for (size_t i = 0; i < types.n; i++) any |= strcmp(types.items[i], wanted) == 0;
  sbnn_strings_free(&types);
  sbnn_h5_frame_close(&frame);
  free(var);
  return any;
}

static int name_cells(sbnn_h5 *f, const char *root, sbnn_h5_choice *c, sbnn_h5_frame *obs) {
  char *path = sbnn_h5_join(root, "obs");
  int code = sbnn_h5_frame_open(f, path, obs);
  if (code == SBNN_OK) code = sbnn_h5_frame_texts(obs, obs->index, &c->cells);
  if (code == SBNN_OK) c->cells_in = sbnn_h5_join(path, obs->index);
  free(path);
  return code;
}

/* Nothing in obsm: the features of the type, or X of a file of responses; then c->what stays NULL. */
static int take_unnamed(sbnn_h5 *f, const char *root, const sbnn_table_options *o, sbnn_h5_choice *c) {
  char *name = NULL;
  if (has_type(f, root, o->feature_type)) return f->error->code;
  int code = f->error->code == SBNN_OK ? find_obsm(f, root, &name) : f->error->code;
  if (code == SBNN_OK && name) code = take_obsm(f, root, name, c);
  else if (code == SBNN_OK && !o->alone)
    code =
        sbnn_fail(f->error, SBNN_BAD_INPUT,
                  "%s: there are no responses in it: nothing in obsm but embeddings, no features of the type "
                  "'%s'; name columns of obs, as in '%s:obs/ephys_*', or another file",
                  f->path, o->feature_type ? o->feature_type : "", f->path);
  if (code == SBNN_OK && name)
    sbnn_h5_choice_note(c, sbnn_format("%s: responses are taken from obsm/%.100s", f->path, name));
  free(name);
  return code;
}

int sbnn_h5_anndata_responses(sbnn_h5 *f, const char *root, const sbnn_h5_request *r, sbnn_h5_choice *c) {
  sbnn_h5_frame obs = {0};
  const char *part = r->part;
  int code = name_cells(f, root, c, &obs);
  if (code == SBNN_OK && !part) {
    code = take_unnamed(f, root, r->options, c);
    if (code == SBNN_OK && !c->what) { /* X, which has its names from elsewhere */
      sbnn_strings_free(&c->cells);
      free(c->cells_in);
      c->cells_in = NULL;
    }
  } else if (code == SBNN_OK && strncmp(part, "obs/", 4) == 0) {
    c->what = sbnn_strdup(part);
    code = take_columns(&obs, part + 4, c);
  } else if (code == SBNN_OK) code = take_obsm(f, root, part + strlen("obsm/"), c);
  sbnn_h5_frame_close(&obs);
  return code;
}
