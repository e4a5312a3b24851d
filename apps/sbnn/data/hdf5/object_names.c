/* object_names.c - the names of an AnnData object's cells and genes (object.h). */
#include "data/hdf5/layout.h"

#include <stdlib.h>
#include <string.h>

/* A frame of the oldest versions is one dataset: a column cannot be added to it. */
static int check_frame(sbnn_h5 *f, const char *root, const char *name) {
  char *path = sbnn_h5_join(root, name);
  int code = SBNN_OK;
  if (sbnn_h5_kind_of(f, path) == SBNN_H5_DATASET)
    code = sbnn_fail(
        f->error, SBNN_BAD_INPUT,
        "%s: %.100s is one table of records, as anndata before 0.7 wrote it, and nothing can be added to it; "
        "in Python, anndata.read_h5ad('%s').write_h5ad('FILE.h5ad') writes a file of today's format",
        f->path, path, f->path);
  free(path);
  return code;
}

/* Told apart among those that are genes, as the table of counts has them. */
static void tell_apart(const sbnn_h5_choice *c, sbnn_strings *genes) {
  const size_t n = c->features.n;
  const char *example = NULL;
  char **kept = sbnn_alloc(n, sizeof *kept);
  size_t k = 0;
  for (size_t i = 0; i < n; i++)
    if (c->types.n != n || strcmp(c->types.items[i], "Gene Expression") == 0)
      kept[k++] = sbnn_strdup(c->features.items[i]);
  sbnn_make_unique(kept, k, &example);
  k = 0;
  for (size_t i = 0; i < n; i++) {
    const bool is = c->types.n != n || strcmp(c->types.items[i], "Gene Expression") == 0;
    sbnn_strings_add(genes, is ? kept[k] : "");
    if (is) free(kept[k++]);
  }
  free(kept);
}

static int read_genes(sbnn_h5 *f, const char *root, const char *var, const char *gene_names,
                      sbnn_strings *genes, sbnn_strings *ids) {
  char *path = sbnn_h5_join(root, var);
  sbnn_h5_frame frame;
  sbnn_h5_choice c = {0};
  int code = sbnn_h5_frame_open(f, path, &frame);
  if (code == SBNN_OK) code = sbnn_h5_name_features(&frame, gene_names, &c);
  if (code == SBNN_OK) code = sbnn_h5_find_types(&frame, "Gene Expression", &c);
  if (code == SBNN_OK) code = sbnn_h5_frame_texts(&frame, frame.index, ids);
  if (code == SBNN_OK) tell_apart(&c, genes);
  sbnn_h5_choice_free(&c);
  sbnn_h5_frame_close(&frame);
  free(path);
  return code;
}

/* Where raw/var makes no sense it has no names: it is only looked at for genes that var lacks. */
static void read_raw(sbnn_h5 *f, const char *root, const char *gene_names, sbnn_h5_object *o) {
  char *path = sbnn_h5_join(root, "raw/var");
  sbnn_error *real = f->error, quiet = {0};
  f->error = &quiet;
  if (sbnn_h5_is_frame(f, path) &&
      read_genes(f, root, "raw/var", gene_names, &o->raw_genes, &o->raws) != SBNN_OK) {
    sbnn_strings_free(&o->raw_genes);
    sbnn_strings_free(&o->raws);
  }
  f->error = real;
  free(path);
}

int sbnn_h5_anndata_object(sbnn_h5 *f, const char *root, const char *gene_names, sbnn_h5_object *o) {
  static const char *const frames[] = {"obs", "var", "obsm"};
  int code = SBNN_OK;
  for (int i = 0; i < 3 && code == SBNN_OK; i++) code = check_frame(f, root, frames[i]);
  char *path = sbnn_h5_join(root, "obs");
  sbnn_h5_frame obs = {0};
  if (code == SBNN_OK) code = sbnn_h5_frame_open(f, path, &obs);
  if (code == SBNN_OK) code = sbnn_h5_frame_texts(&obs, obs.index, &o->cells);
  sbnn_h5_frame_close(&obs);
  free(path);
  if (code == SBNN_OK) code = read_genes(f, root, "var", gene_names, &o->genes, &o->ids);
  if (code == SBNN_OK) read_raw(f, root, gene_names, o);
  o->root = sbnn_strdup(root);
  return code;
}
