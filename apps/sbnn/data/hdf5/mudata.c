/* mudata.c - MuData (.h5mu): modalities, each an AnnData object below "mod/NAME", of the same cells (layout.h).
 * Source: "MuData on-disk format", scverse. */
#include "data/hdf5/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool recognised(sbnn_h5 *f) {
  return sbnn_h5_kind_of(f, "mod") == SBNN_H5_GROUP && sbnn_h5_is_frame(f, "obs");
}

/* ---- which modality ---- */

static const char *const of_counts[] = {"rna",   "gex", "gene_expression", "mrna", "transcriptome",
                                        "genes", NULL};
static const char *const of_responses[] = {"prot", "adt", "protein", "proteins", "antibody_capture",
                                           "ab",   NULL};

static size_t find_named(const sbnn_strings *mods, const char *const *names) {
  for (; *names; names++)
    for (size_t i = 0; i < mods->n; i++)
      if (strcasecmp(mods->items[i], *names) == 0) return i;
  return mods->n;
}

/* The one that has a name for it; the only one; of two the other. mods->n: none. */
static size_t find_usual(const sbnn_strings *mods, bool responses) {
  size_t found = find_named(mods, responses ? of_responses : of_counts);
  if (found < mods->n || mods->n == 0 || mods->n > 2) return found;
  if (mods->n == 1) return 0;
  size_t other = find_named(mods, responses ? of_counts : of_responses);
  return other < 2 ? 1 - other : mods->n;
}

static int ask(sbnn_h5 *f, const sbnn_strings *mods, const char *what) {
  char *list = NULL;
  for (size_t i = 0; i < mods->n && i < 10; i++)
    list = sbnn_joined(list, ", ", sbnn_format("%.60s", mods->items[i]));
  int code = sbnn_fail(f->error, SBNN_BAD_INPUT,
                       "%s: which of its modalities %s: %s? Name it after a colon, as in %s:%.60s", f->path,
                       what, list ? list : "(none)", f->path, mods->n ? mods->items[0] : "rna");
  free(list);
  return code;
}

/* Of "rna/layers/counts" the modality, and what follows it (NULL: nothing). */
static int find_modality(sbnn_h5 *f, const char *part, bool responses, char **name, const char **rest) {
  sbnn_strings mods = {0};
  int code = sbnn_h5_names(f, "mod", &mods);
  *name = NULL;
  *rest = NULL;
  if (part && strncmp(part, "mod/", 4) == 0) part += 4;
  for (size_t i = 0; part && i < mods.n; i++) {
    const size_t n = strlen(mods.items[i]);
    if (strncmp(part, mods.items[i], n) != 0 || (part[n] != '\0' && part[n] != '/')) continue;
    *name = sbnn_strdup(mods.items[i]);
    if (part[n] == '/' && part[n + 1]) *rest = part + n + 1;
    break;
  }
  if (code == SBNN_OK && part && !*name) code = ask(f, &mods, "is meant");
  size_t usual = part ? mods.n : find_usual(&mods, responses);
  if (code == SBNN_OK && !part && usual == mods.n)
    code = ask(f, &mods, responses ? "holds the responses" : "holds counts");
  if (code == SBNN_OK && !part) *name = sbnn_strdup(mods.items[usual]);
  sbnn_strings_free(&mods);
  return code;
}

/* ---- cells ---- */

/* axis 0: modalities share cells; 1: genes; -1: both. */
static int check_axis(sbnn_h5 *f) {
  double axis = 0;
  if (!sbnn_h5_attribute_numbers(f, "", "axis", &axis, 1) || axis != 1) return SBNN_OK;
  return sbnn_fail(f->error, SBNN_BAD_INPUT,
                   "%s: its modalities share genes, not cells (axis 1), so no cell has both counts and "
                   "responses; write the modality that you need to a file of its own (.h5ad)",
                   f->path);
}

/* Gives the cells their names in the whole object, where obsmap says which they are: cell i of the modality is
 * the one whose number there is i + 1. A map that does not fit leaves the modality's own names. */
static int rename_cells(sbnn_h5 *f, const char *name, sbnn_h5_choice *c) {
  char *path = sbnn_format("obsmap/%s", name);
  sbnn_h5_array map = {0};
  sbnn_h5_frame obs = {0};
  sbnn_strings ids = {0};
  int code = SBNN_OK;
  if (sbnn_h5_kind_of(f, path) == SBNN_H5_DATASET) {
    code = sbnn_h5_array_open(f, path, NULL, &map);
    if (code == SBNN_OK) code = sbnn_h5_frame_open(f, "obs", &obs);
    if (code == SBNN_OK) code = sbnn_h5_frame_texts(&obs, obs.index, &ids);
    if (code == SBNN_OK && (map.shape[0] != ids.n || map.shape[1] != 1))
      code = sbnn_h5_damaged(f, path, "it and obs differ in length");
  }
  if (code == SBNN_OK && ids.n > 0) {
    int64_t *at = sbnn_alloc(ids.n, sizeof *at);
    char **named = sbnn_alloc(c->cells.n, sizeof *named);
    size_t n = 0;
    code = sbnn_h5_read_int64s(f, &map, 0, ids.n, at);
    for (size_t g = 0; g < ids.n && code == SBNN_OK; g++) {
      if (at[g] <= 0 || (uint64_t)at[g] > c->cells.n || named[at[g] - 1]) continue;
      named[at[g] - 1] = ids.items[g];
      n++;
    }
    for (size_t i = 0; i < c->cells.n && n == c->cells.n; i++) {
      free(c->cells.items[i]);
      c->cells.items[i] = sbnn_strdup(named[i]);
    }
    free(named);
    free(at);
  }
  sbnn_strings_free(&ids);
  sbnn_h5_frame_close(&obs);
  sbnn_h5_array_close(&map);
  free(path);
  return code;
}

/* ---- the layout ---- */

static int choose(sbnn_h5 *f, const sbnn_h5_request *r, sbnn_h5_choice *c) {
  char *name, *root = NULL;
  const char *rest;
  int code = check_axis(f);
  if (code != SBNN_OK) return code;
  code = find_modality(f, r->part, r->options->responses, &name, &rest);
  if (code == SBNN_OK) {
    root = sbnn_format("mod/%s", name);
    code = sbnn_h5_anndata_choose(f, root, &(sbnn_h5_request){rest, r->options}, c);
  }
  if (code == SBNN_OK) code = rename_cells(f, name, c);
  free(root);
  free(name);
  return code;
}

/* Cells of the modality have their names in the whole object. */
static int object(sbnn_h5 *f, const char *part, const char *gene_names, sbnn_h5_object *o) {
  char *name, *root = NULL;
  const char *rest;
  sbnn_h5_frame obs = {0};
  sbnn_h5_choice c = {0};
  int code = check_axis(f);
  if (code != SBNN_OK) return code;
  code = find_modality(f, part, false, &name, &rest);
  if (code == SBNN_OK) {
    root = sbnn_format("mod/%s", name);
    code = sbnn_h5_anndata_object(f, root, gene_names, o);
  }
  if (code == SBNN_OK) {
    c.cells = o->cells;
    code = rename_cells(f, name, &c);
    o->cells = c.cells;
  }
  if (code == SBNN_OK) code = sbnn_h5_frame_open(f, "obs", &obs);
  if (code == SBNN_OK) code = sbnn_h5_frame_texts(&obs, obs.index, &o->all_cells);
  sbnn_h5_frame_close(&obs);
  free(root);
  free(name);
  return code;
}

/* "obs/COLUMN" of all cells, or "rna/obs/COLUMN" of a modality. */
static int labels(sbnn_h5 *f, const char *part, sbnn_labels *l) {
  char *name = NULL;
  const char *rest;
  if (!part || strncmp(part, "obs/", 4) == 0) return sbnn_h5_anndata_labels(f, "", part, l);
  int code = find_modality(f, part, false, &name, &rest);
  if (code == SBNN_OK) {
    char *root = sbnn_format("mod/%s", name);
    code = sbnn_h5_anndata_labels(f, root, rest, l);
    free(root);
  }
  free(name);
  return code;
}

static int describe(sbnn_h5 *f, sbnn_strings *lines) {
  sbnn_strings mods = {0};
  int code = check_axis(f);
  if (code == SBNN_OK) code = sbnn_h5_names(f, "mod", &mods);
  for (size_t i = 0; i < mods.n && i < 100 && code == SBNN_OK; i++) {
    char *root = sbnn_format("mod/%s", mods.items[i]);
    code = sbnn_h5_anndata_describe(f, root, lines);
    free(root);
  }
  sbnn_strings_free(&mods);
  return code;
}

const sbnn_h5_layout sbnn_h5_mudata = {.name = "MuData",
                                       .recognised = recognised,
                                       .choose = choose,
                                       .labels = labels,
                                       .describe = describe,
                                       .object = object};
