/* test_sbnn_hdf5_projects.c - MuData, loom and 10x Genomics, some of it odd or wrong, read for counts, for responses and for labels: which
 * matrix and which names are taken, or what the sentence is. */
#include "test_sbnn_data.h"

#if NABLA_HDF5

#include "hdf5_told.h"

TestSuite(sbnn_hdf5_projects, .init = make_root, .fini = remove_root, .timeout = 300);

/* ---- modalities ---- */

static void put_modality(hid_t f, const char *name, const char *gene, const double *v) {
  char path[64];
  snprintf(path, sizeof path, "mod/%s", name);
  put_group(f, path);
  snprintf(path, sizeof path, "mod/%s/obs", name);
  put_frame(f, path, 3, (const char *const[]){"x1", "x2", "x3"});
  snprintf(path, sizeof path, "mod/%s/obs/kind", name);
  put_texts(f, path, 3, (const char *const[]){"k", "l", "m"});
  snprintf(path, sizeof path, "mod/%s/var", name);
  put_frame(f, path, 1, &gene);
  snprintf(path, sizeof path, "mod/%s/X", name);
  put_dense(f, path, 3, 1, v);
}
static void mod(hid_t f) {
  drop(f, "X");
  put_group(f, "mod");
  put_group(f, "obsmap");
}
static void single(hid_t f) {
  mod(f);
  put_modality(f, "only", "o1", six);
}
static void usual(hid_t f) {
  mod(f);
  put_modality(f, "ADT", "a1", six + 3);
  put_modality(f, "rna", "r1", six);
  put_modality(f, "third", "t1", six);
}
static void half_known(hid_t f) {
  mod(f);
  put_modality(f, "rna", "r1", six);
  put_modality(f, "what", "w1", six + 3);
}
static void half_known_too(hid_t f) {
  mod(f);
  put_modality(f, "prot", "p1", six + 3);
  put_modality(f, "what", "w1", six);
}
static void unknown(hid_t f) {
  mod(f);
  put_modality(f, "what", "w1", six);
  put_modality(f, "whatever", "v1", six + 3);
}
static void map_cells(hid_t f, hsize_t n, const int64_t *map) {
  single(f);
  put_ints(f, "obsmap/only", n, map);
}
static void mapped(hid_t f) { map_cells(f, 3, (int64_t[]){3, 1, 2}); }
static void partly_mapped(hid_t f) { map_cells(f, 3, (int64_t[]){3, 0, 2}); }
static void mapped_twice(hid_t f) { map_cells(f, 3, (int64_t[]){3, 3, 2}); }
static void mapped_beyond(hid_t f) { map_cells(f, 3, (int64_t[]){3, 4, 2}); }
static void short_map(hid_t f) { map_cells(f, 2, (int64_t[]){3, 1}); }
static void map_of_floats(hid_t f) {
  single(f);
  put_doubles(f, "obsmap/only", 3, six);
}
static void square_map(hid_t f) {
  single(f);
  put_dense(f, "obsmap/only", 3, 2, six);
}

#define OWN "x1 x2 x3 | "

Test(sbnn_hdf5_projects, modalities) {
  static const file list[] = {
      {single, COUNTS, NULL, NULL, OWN "o1 | 1 2 3 "},
      {single, COUNTS, "only", NULL, OWN "o1 | 1 2 3 "},
      {single, COUNTS, "mod/only/X", NULL, OWN "o1 | 1 2 3 "},
      {single, COUNTS, "only/", NULL, OWN "o1 | 1 2 3 "},
      {single, COUNTS, "onl", NULL, "!which of its modalities is meant: only?"},
      {single, COUNTS, "onlyx", NULL, "!which of its modalities is meant: only?"},
      {usual, COUNTS, NULL, NULL, OWN "r1 | 1 2 3 "},
      {usual, RESPONSES, NULL, NULL, OWN "a1 | 4 5 6 "},
      {half_known, RESPONSES, NULL, NULL, OWN "w1 | 4 5 6 "},
      {half_known_too, COUNTS, NULL, NULL, OWN "w1 | 1 2 3 "},
      {unknown, COUNTS, NULL, NULL, "!which of its modalities holds counts: what, whatever?|a.h5:what"},
      {unknown, RESPONSES, NULL, NULL, "!which of its modalities holds the responses: what, whatever?"},
      {unknown, COUNTS, "whatever", NULL, OWN "v1 | 4 5 6 "},
      {mapped, COUNTS, NULL, NULL, "c2 c3 c1 | o1 | 1 2 3 "},
      {partly_mapped, COUNTS, NULL, NULL, OWN "o1 | 1 2 3 "},
      {mapped_twice, COUNTS, NULL, NULL, OWN "o1 | 1 2 3 "},
      {mapped_beyond, COUNTS, NULL, NULL, OWN "o1 | 1 2 3 "},
      {short_map, COUNTS, NULL, NULL, "!obsmap/only is damaged: it and obs differ in length"},
      {square_map, COUNTS, NULL, NULL, "!obsmap/only is damaged: it and obs differ in length"},
      {map_of_floats, COUNTS, NULL, NULL, "!obsmap/only holds no whole numbers"},
      {single, LABELS, NULL, NULL, "c1 c2 c3 | kind | A B A "},
      {single, LABELS, "obs/kind", NULL, "c1 c2 c3 | kind | A B A "},
      {single, LABELS, "only/obs/kind", NULL, OWN "kind | k l m "},
      {single, LABELS, "only", NULL, OWN "kind | k l m "},
      {single, LABELS, "none/obs/kind", NULL, "!which of its modalities is meant: only?"},
  };
  CHECK_FILES(list);
}

/* ---- loom ---- */

static void loom_without_names(hid_t f) {
  drop(f, "obs");
  drop(f, "var");
  drop(f, "X");
  put_dense(f, "matrix", 2, 3, six);
  put_group(f, "row_attrs");
  put_group(f, "col_attrs");
}
static void loom(hid_t f) {
  loom_without_names(f);
  put_texts(f, "row_attrs/Gene", 2, (const char *const[]){"g1", "g2"});
  put_texts(f, "row_attrs/other", 2, (const char *const[]){"o1", "o2"});
  put_texts(f, "col_attrs/cell_id", 3, (const char *const[]){"c1", "c2", "c3"});
  put_texts(f, "col_attrs/kind", 3, (const char *const[]){"k", "l", "m"});
  put_texts(f, "col_attrs/short", 2, (const char *const[]){"k", "l"});
}
static void fractions(hid_t f) {
  loom(f);
  drop(f, "matrix");
  put_dense(f, "matrix", 2, 3, (double[]){0.5, 1, 1, 1, 1, 1});
}

#define OF_LOOM "c1 c2 c3 | g1 g2 | 1 4 2 5 3 6 "

Test(sbnn_hdf5_projects, loom) {
  static const file list[] = {
      {loom, COUNTS, NULL, NULL, OF_LOOM},
      {loom, COUNTS, "matrix", NULL, OF_LOOM},
      {loom, COUNTS, NULL, "row_attrs/other", "c1 c2 c3 | o1 o2 | 1 4 2 5 3 6 "},
      {loom, COUNTS, NULL, "other", "c1 c2 c3 | o1 o2 | 1 4 2 5 3 6 "},
      {loom, COUNTS, NULL, "none", "!row_attrs has no list of names that sbnn knows, such as 'none'"},
      {loom_without_names, COUNTS, NULL, NULL, "!row_attrs has no list of names that sbnn knows"},
      {loom, RESPONSES, NULL, NULL, "!a loom file holds only counts"},
      {loom, RESPONSES, "matrix", NULL, OF_LOOM},
      {loom, ALONE, NULL, NULL, OF_LOOM},
      {fractions, COUNTS, NULL, NULL, "!no matrix in it holds counts|matrix (0.5)"},
      {fractions, NORMALISED, NULL, NULL, "c1 c2 c3 | g1 g2 | 0.5 1 1 1 1 1 "},
      {loom, COUNTS, "layers/none", NULL, "!there is no array 'layers/none' in it"},
      {loom, LABELS, NULL, NULL, "!name the labels after a colon"},
      {loom, LABELS, "col_attrs/kind", NULL, "c1 c2 c3 | kind | k l m "},
      {loom, LABELS, "kind", NULL, "c1 c2 c3 | kind | k l m "},
      {loom, LABELS, "short", NULL, "!col_attrs/short is damaged: it and the names of the cells differ"},
      {loom, LABELS, "none", NULL, "!there is no array 'col_attrs/none' in it"},
  };
  CHECK_FILES(list);
}

/* ---- 10x ---- */

static void clear(hid_t f) {
  drop(f, "obs");
  drop(f, "var");
  drop(f, "X");
}
static void put_10x(hid_t f, const char *group) {
  char path[64];
  put_group(f, group);
#define IN(name) (snprintf(path, sizeof path, "%s/%s", group, name), path)
  put_texts(f, IN("barcodes"), 3, (const char *const[]){"c1", "c2", "c3"});
  put_doubles(f, IN("data"), 4, (double[]){1, 3, 5, 1});
  put_ints(f, IN("indices"), 4, (int64_t[]){0, 0, 1, 1});
  put_ints(f, IN("indptr"), 4, (int64_t[]){0, 1, 3, 4});
  put_ints(f, IN("shape"), 2, (int64_t[]){2, 3});
}
static void put_genome(hid_t f, const char *group) {
  char path[64];
  put_10x(f, group);
  put_texts(f, IN("genes"), 2, (const char *const[]){"E1", "E2"});
  put_texts(f, IN("gene_names"), 2, (const char *const[]){"g1", "g2"});
}
static void one_genome(hid_t f) {
  clear(f);
  put_genome(f, "hg19");
}
static void two_genomes(hid_t f) {
  one_genome(f);
  put_genome(f, "mm10");
}
static void version_3(hid_t f) {
  clear(f);
  put_10x(f, "matrix");
  put_group(f, "matrix/features");
  put_texts(f, "matrix/features/name", 2, (const char *const[]){"g1", "g2"});
  put_texts(f, "matrix/features/id", 2, (const char *const[]){"E1", "E2"});
  put_texts(f, "matrix/features/feature_type", 2,
            (const char *const[]){"Gene Expression", "Antibody Capture"});
}
static void peaks(hid_t f) {
  version_3(f);
  drop(f, "matrix/features/feature_type");
  put_texts(f, "matrix/features/feature_type", 2, (const char *const[]){"Peaks", "Peaks"});
}

Test(sbnn_hdf5_projects, tenx) {
  static const file list[] = {
      {one_genome, COUNTS, NULL, NULL, GOOD},
      {one_genome, COUNTS, "hg19", NULL, GOOD},
      {one_genome, COUNTS, "mm10", NULL, "!it holds 1 genome: hg19; name one after a colon, as in|:hg19"},
      {one_genome, COUNTS, NULL, "genes", "c1 c2 c3 | E1 E2 | 1 0 3 5 0 1 "},
      {one_genome, RESPONSES, NULL, NULL, "!its features have no types, so it has only counts"},
      {one_genome, ALONE, NULL, NULL, GOOD},
      {one_genome, LABELS, NULL, NULL, "!a file of 10x Genomics holds no labels"},
      {two_genomes, COUNTS, NULL, NULL, "!it holds 2 genomes: hg19, mm10; name one after a colon"},
      {two_genomes, COUNTS, "mm10", NULL, GOOD},
      {version_3, COUNTS, NULL, NULL, "c1 c2 c3 | g1 | 1 3 0 "},
      {version_3, COUNTS, "matrix", "features/id", "c1 c2 c3 | E1 | 1 3 0 "},
      {version_3, COUNTS, "other", NULL, "!there is no 'other' in this file of 10x, only 'matrix'"},
      {version_3, RESPONSES, NULL, NULL, "c1 c2 c3 | g2 | 0 5 1 "},
      {peaks, COUNTS, NULL, NULL, "!none of the 2 features is of the type 'Gene Expression'|'Peaks'"},
  };
  CHECK_FILES(list);
}

#else

Test(sbnn_hdf5_projects, without) { cr_skip_test("SKIPPED: built without libhdf5"); }

#endif
