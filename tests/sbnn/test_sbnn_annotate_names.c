/* test_sbnn_annotate_names.c - `sbnn annotate`: which rows of a file the names of the results are, in MuData, with raw/var, with a
 * prefix, where names are missing or stand twice. */
#include "test_sbnn_cli.h"

#if NABLA_HDF5

#include "hdf5_files.h"

#include <math.h>

static void prepare(void) {
  make_root();
  put_file(at("run.json"), "{\"command\": \"train\", \"options\": {}}");
  put_file(at("latent.tsv"), "cell\tz1\tz2\nc1\t1\t2\nc2\t3\t4\nc3\t5\t6\n");
  put_file(at("genes.tsv"), "rank\tgene\n1\tg2\n2\tg1\n");
}

TestSuite(sbnn_annotate_names, .init = prepare, .fini = remove_root, .timeout = 300);

#define ANNOTATE "annotate --results . --in a.h5 --out b.h5"

static void finish(hid_t f) { cr_assert(H5Fclose(f) >= 0); }

/* n numbers, as they are in the copy; NaN is where -1 is expected. */
static void expect_numbers(const char *path, size_t n, const float *expected) {
  float got[16] = {0};
  hid_t f = H5Fopen(at("b.h5"), H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(f, path, H5P_DEFAULT);
  cr_assert(set >= 0, "%s", path);
  hid_t space = H5Dget_space(set);
  cr_assert_eq((size_t)H5Sget_simple_extent_npoints(space), n, "%s", path);
  cr_assert(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, got) >= 0);
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(f);
  for (size_t i = 0; i < n; i++)
    cr_expect(expected[i] < 0 ? isnan(got[i]) : got[i] == expected[i], "%s, number %zu: %g", path, i,
              (double)got[i]);
}

static void annotate_well(const char *said) {
  cli_result r = sbnn(ANNOTATE);
  cr_assert_eq(r.code, 0, "%s", r.err);
  cr_expect(strstr(r.err, said), "'%s' is not in: %s", said, r.err);
  cr_expect(strstr(r.err, "The file with the results in it is b.h5\n"), "%s", r.err);
}

/* Cells of a modality are told by the whole object's names, and get their results in both places. */
Test(sbnn_annotate_names, modalities) {
  static const char *const all[] = {"c4", "c1", "c2", "c3"}, *const own[] = {"x1", "x2", "x3"},
                           *const genes[] = {"g1", "g2"};
  open_good(at("unused.h5"));
  hid_t f = H5Fcreate(at("a.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  put_frame(f, "obs", 4, all);
  put_group(f, "mod");
  put_group(f, "mod/rna");
  put_frame(f, "mod/rna/obs", 3, own);
  put_frame(f, "mod/rna/var", 2, genes);
  put(f, "mod/rna/X", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){3, 2}, H5P_DEFAULT, (double[6]){1});
  put_group(f, "mod/prot");
  put_frame(f, "mod/prot/obs", 3, own);
  put_frame(f, "mod/prot/var", 2, genes);
  put_group(f, "obsmap");
  put_ints(f, "obsmap/rna", 4, (int64_t[]){0, 3, 1, 2}); /* c1 is the third cell of rna */
  finish(f);
  annotate_well("");
  expect_numbers("mod/rna/obsm/X_sbnn", 6, (float[]){3, 4, 5, 6, 1, 2});
  expect_numbers("obsm/X_sbnn", 8, (float[]){-1, -1, 1, 2, 3, 4, 5, 6});
  expect_numbers("mod/rna/var/sbnn_rank", 2, (float[]){2, 1});
  f = H5Fopen(at("b.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  cr_expect(H5Lexists(f, "mod/prot/obsm", H5P_DEFAULT) <= 0);
  cr_expect(H5Lexists(f, "uns/sbnn/command", H5P_DEFAULT) > 0);
  H5Fclose(f);
}

/* Names that only raw/var has, for the rows with the same ids. */
Test(sbnn_annotate_names, genes_named_in_raw) {
  static const char *const ids[] = {"ENSG00000000002", "ENSG00000000009", "ENSG00000000001"},
                           *const raw[] = {"ENSG00000000001", "ENSG00000000002", "ENSG00000000003",
                                           "ENSG00000000009", "ENSG00000000009"},
                           *const symbols[] = {"g1", "g2", "", "g9", "g9"};
  hid_t f = open_good(at("a.h5"));
  drop(f, "var");
  put_frame(f, "var", 3, ids);
  put_group(f, "raw");
  put_frame(f, "raw/var", 5, raw);
  put_texts(f, "raw/var/gene_symbols", 5, symbols);
  finish(f);
  annotate_well("");
  expect_numbers("var/sbnn_rank", 3, (float[]){1, -1, 2});
}

Test(sbnn_annotate_names, some_are_missing) {
  static const char *const some[] = {"c9", "c2", "c8"}, *const one[] = {"g7", "g2"};
  hid_t f = open_good(at("a.h5"));
  drop(f, "obs");
  put_frame(f, "obs", 3, some);
  drop(f, "var");
  put_frame(f, "var", 2, one);
  finish(f);
  annotate_well("2 of 3 cells of . are not in a.h5\n1 of 2 genes of . are not in a.h5\n");
  expect_numbers("obsm/X_sbnn", 6, (float[]){-1, -1, 3, 4, -1, -1});
  expect_numbers("var/sbnn_rank", 2, (float[]){-1, 1});
}

/* The results' names lack it; genes without it, or of nothing else, are no genes of theirs. */
Test(sbnn_annotate_names, prefix) {
  static const char *const genes[] = {"hg_g1", "g2", "hg_", "hg_g2"};
  put_file(at("run.json"), "{\"command\": \"train\", \"options\": {\"gene-prefix\": \"hg_\"}}");
  hid_t f = open_good(at("a.h5"));
  drop(f, "var");
  put_frame(f, "var", 4, genes);
  finish(f);
  annotate_well("");
  expect_numbers("var/sbnn_rank", 4, (float[]){2, -1, -1, 1});
}

Test(sbnn_annotate_names, names_that_stand_twice) {
  static const char *const cells[] = {"c1", "c2", "c1"}, *const others[] = {"d1", "d2", "d3"};
  hid_t f = open_good(at("a.h5"));
  drop(f, "obs");
  put_frame(f, "obs", 3, cells);
  finish(f);
  refuse(ANNOTATE, 3, "a.h5: two cells are named 'c1'|a.obs_names_make_unique()");
  f = open_good(at("a.h5"));
  drop(f, "obs");
  put_frame(f, "obs", 3, others);
  finish(f);
  refuse(ANNOTATE, 3, "a.h5 has none of the 3 cells of .|'c1'");
}

/* What stands where results must go, or is no place for them. */
Test(sbnn_annotate_names, places_that_are_taken) {
  hid_t f = open_good(at("a.h5"));
  put_ints(f, "obsm", 1, (int64_t[]){1});
  finish(f);
  refuse(ANNOTATE, 3, "a.h5: obsm is one table of records");
  f = open_good(at("a.h5"));
  put_ints(f, "uns", 1, (int64_t[]){1});
  finish(f);
  refuse(ANNOTATE, 3, "a.h5: 'uns' is not a group, so nothing can be added to it");
  f = open_good(at("a.h5"));
  put_group(f, "obsm");
  put_group(f, "obsm/X_sbnn");
  put_ints(f, "var/sbnn_rank", 2, (int64_t[]){8, 9});
  finish(f);
  annotate_well("");
  expect_numbers("obsm/X_sbnn", 6, (float[]){1, 2, 3, 4, 5, 6});
  expect_numbers("var/sbnn_rank", 2, (float[]){2, 1});
}

/* More categories than a byte numbers. */
Test(sbnn_annotate_names, many_folds) {
  put_file(at("run.json"), "{\"command\": \"cv\", \"options\": {}}");
  put_file(at("predictions.tsv"), "cell\tfold\tr1\nc1\t1\t1\nc2\t200\t2\nc3\t150\t3\n");
  unlink(at("genes.tsv"));
  hid_t f = open_good(at("a.h5"));
  finish(f);
  annotate_well("");
  expect_numbers("obs/sbnn_fold/codes", 3, (float[]){0, 199, 149});
  put_file(at("predictions.tsv"), "cell\tfold\tr1\nc1\t0\t1\n");
  unlink(at("b.h5"));
  refuse(ANNOTATE, 3, "predictions.tsv, line 2: '0' is not a fold");
}

#else

Test(sbnn_annotate_names, refused) { cr_skip_test("SKIPPED: built without libhdf5"); }

#endif
