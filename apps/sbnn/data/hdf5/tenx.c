/* tenx.c - the .h5 of 10x Genomics: Cell Ranger 3 and later (group "matrix", features with types), 1 and 2 (a
 * group for each genome). Its matrix has features in rows and is stored by cells. Source: "Feature-barcode
 * matrices (HDF5 format)", 10x Genomics. */
#include "data/hdf5/layout.h"

#include <stdlib.h>
#include <string.h>

static bool is_genome(sbnn_h5 *f, const char *group) {
  static const char *const parts[] = {"barcodes", "genes", "data", "indices", "indptr", "shape", NULL};
  bool is = true;
  for (const char *const *part = parts; *part && is; part++) {
    char *path = sbnn_h5_join(group, *part);
    is = sbnn_h5_kind_of(f, path) == SBNN_H5_DATASET;
    free(path);
  }
  return is;
}

static bool is_version_3(sbnn_h5 *f) {
  return sbnn_h5_kind_of(f, "matrix/barcodes") == SBNN_H5_DATASET &&
         sbnn_h5_kind_of(f, "matrix/features") == SBNN_H5_GROUP;
}

static int find_genomes(sbnn_h5 *f, sbnn_strings *out) {
  sbnn_strings names = {0};
  int code = sbnn_h5_names(f, "", &names);
  for (size_t i = 0; i < names.n && i < 1000; i++)
    if (is_genome(f, names.items[i])) sbnn_strings_add(out, names.items[i]);
  sbnn_strings_free(&names);
  return code;
}

static bool recognised(sbnn_h5 *f) {
  sbnn_strings genomes = {0};
  bool is = is_version_3(f);
  if (!is && sbnn_h5_kind_of(f, "obs") == SBNN_H5_NOTHING) {
    find_genomes(f, &genomes);
    is = genomes.n > 0;
  }
  sbnn_strings_free(&genomes);
  return is;
}

/* "hg19, mm10" */
static char *listed(const sbnn_strings *s) {
  char *text = NULL;
  for (size_t i = 0; i < s->n && i < 10; i++)
    text = sbnn_joined(text, ", ", sbnn_format("%.60s", s->items[i]));
  return text ? text : sbnn_strdup("none");
}

static int choose_genome(sbnn_h5 *f, const char *part, char **genome) {
  sbnn_strings genomes = {0};
  int code = find_genomes(f, &genomes);
  size_t found = 0;
  while (part && found < genomes.n && strcmp(genomes.items[found], part) != 0) found++;
  if (code == SBNN_OK && (part ? found == genomes.n : genomes.n > 1)) {
    char *list = listed(&genomes);
    code = sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: it holds %zu genome%s: %s; name one after a colon, as in %s:%s", f->path, genomes.n,
                     genomes.n == 1 ? "" : "s", list, f->path, genomes.n ? genomes.items[0] : "GENOME");
    free(list);
  }
  if (code == SBNN_OK && found < genomes.n) *genome = sbnn_strdup(genomes.items[found]);
  sbnn_strings_free(&genomes);
  return code;
}

/* Reads the texts at group/name, and says where they were. */
static int read_list(sbnn_h5 *f, const char *group, const char *name, sbnn_strings *out, char **in) {
  char *path = sbnn_h5_join(group, name);
  int code = sbnn_h5_texts_at(f, path, out);
  if (in && code == SBNN_OK) *in = path;
  else free(path);
  return code;
}

/* `--gene-names features/id`, or var/id. */
static const char *names_column(const sbnn_h5_request *r, const char *otherwise) {
  const char *name = r->options->gene_names, *slash = name ? strrchr(name, '/') : NULL;
  return !name ? otherwise : slash ? slash + 1 : name;
}

static int choose(sbnn_h5 *f, const sbnn_h5_request *r, sbnn_h5_choice *c) {
  const bool now = is_version_3(f);
  char *group = NULL;
  int code = SBNN_OK;
  if (!now) code = choose_genome(f, r->part, &group);
  else if (r->part && strcmp(r->part, "matrix") != 0)
    code = sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: there is no '%.100s' in this file of 10x, only 'matrix'",
                     f->path, r->part);
  else group = sbnn_strdup("matrix");
  if (code == SBNN_OK && !group) code = sbnn_h5_damaged(f, "", "there is no matrix in it");
  if (code == SBNN_OK) {
    char *features = now ? sbnn_h5_join(group, "features") : sbnn_strdup(group);
    c->what = sbnn_strdup(group);
    c->features_first = true;
    code = sbnn_h5_matrix_open(f, group, NULL, true, &c->matrix);
    if (code == SBNN_OK) code = read_list(f, group, "barcodes", &c->cells, &c->cells_in);
    if (code == SBNN_OK)
      code =
          read_list(f, features, names_column(r, now ? "name" : "gene_names"), &c->features, &c->features_in);
    if (code == SBNN_OK && now) code = read_list(f, features, "feature_type", &c->types, NULL);
    free(features);
  }
  free(group);
  if (code == SBNN_OK && r->options->responses && !r->options->alone && !c->types.n)
    return sbnn_fail(
        f->error, SBNN_BAD_INPUT,
        "%s: its features have no types, so it has only counts; give another file for the responses",
        f->path);
  return code;
}

static int describe(sbnn_h5 *f, sbnn_strings *lines) {
  sbnn_strings genomes = {0};
  int code = is_version_3(f) ? SBNN_OK : find_genomes(f, &genomes);
  for (size_t i = 0; i < genomes.n; i++) {
    char *line = sbnn_format("genome\t%.100s", genomes.items[i]);
    sbnn_strings_add(lines, line);
    free(line);
  }
  sbnn_strings_free(&genomes);
  return code;
}

const sbnn_h5_layout sbnn_h5_tenx = {
    .name = "10x Genomics", .recognised = recognised, .choose = choose, .describe = describe};
