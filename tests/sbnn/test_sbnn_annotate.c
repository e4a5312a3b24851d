/* test_sbnn_annotate.c - `sbnn annotate` and --write-h5ad: results in a copy of the user's file, beside what it had. */
#include "test_sbnn_cli.h"

TestSuite(sbnn_annotate, .init = make_root, .fini = remove_root, .timeout = 300);

#if NABLA_HDF5

#include "data/table.h"
#include "hdf5_files.h"
#include "output/reader.h"

#include <math.h>

enum { CELLS = 60, GENES = 20, RESPONSES = 3 };
#define FILES " --x a.h5ad --y a.h5ad"

static void name(char text[][16], const char **list, char letter, int n) {
  for (int i = 0; i < n; i++) {
    snprintf(text[i], 16, "%c%d", letter, i);
    list[i] = text[i];
  }
}

/* Genes 0 to 3 follow three families, responses too; the last cell has hardly any counts. var without columns has an
 * order of none, as anndata writes it. */
static void make_file(const char *path) {
  char cell_text[CELLS][16], gene_text[GENES][16], response_text[RESPONSES][16];
  const char *cells[CELLS], *genes[GENES], *responses[RESPONSES];
  double x[CELLS][GENES], y[CELLS][RESPONSES];
  unsigned seed = 1;
  for (int i = 0; i < CELLS; i++) {
    for (int g = 0; g < GENES; g++) {
      seed = seed * 1103515245u + 12345u;
      x[i][g] = (seed >> 16) % 4 + (g < 4 && g % 3 == i % 3 ? 20 : 0);
      if (i == CELLS - 1) x[i][g] = g == 0;
    }
    for (int q = 0; q < RESPONSES; q++) y[i][q] = (i % 3 == q ? 5 : 1) + x[i][4 + q] / 10;
  }
  name(cell_text, cells, 'c', CELLS);
  name(gene_text, genes, 'g', GENES);
  name(response_text, responses, 'r', RESPONSES);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  say(f, "/", "encoding-type", "anndata");
  put_frame(f, "obs", CELLS, cells);
  put_frame(f, "var", GENES, genes);
  hsize_t none = 0;
  hid_t space = H5Screate_simple(1, &none, NULL),
        order = H5Acreate_by_name(f, "var", "column-order", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT,
                                  H5P_DEFAULT, H5P_DEFAULT);
  H5Aclose(order);
  H5Sclose(space);
  put_group(f, "uns");
  put_group(f, "obsm");
  put(f, "X", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){CELLS, GENES}, H5P_DEFAULT, x);
  put(f, "obsm/prot", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){CELLS, RESPONSES}, H5P_DEFAULT, y);
  put_texts(f, "uns/prot_names", RESPONSES, responses);
  H5Fclose(f);
}

static sbnn_table read_part(const char *path, bool counts) {
  const sbnn_table_options how = {.sparse = counts, .responses = !counts, .allow_missing = true};
  sbnn_error e = {0};
  sbnn_table t;
  cr_assert_eq(sbnn_table_read(path, &how, &t, &e), SBNN_OK, "%s", e.text);
  return t;
}

/* Columns first, first + 1, ... of the results are those of the part, cell by cell; a cell that the results lack has
 * NaN. */
static void expect_equal(const char *part, const char *table, size_t first) {
  sbnn_table t = read_part(part, false);
  sbnn_tsv r;
  sbnn_error e = {0};
  size_t absent = 0;
  cr_assert_eq(sbnn_tsv_read(table, &r, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(t.n_cols, r.n_cols - first);
  for (size_t i = 0, k; i < t.n_rows; i++) {
    for (k = 0; k < r.n_rows && strcmp(r.field[k * r.n_cols], t.row_ids[i]) != 0; k++) {}
    absent += k == r.n_rows;
    for (size_t j = 0; j < t.n_cols; j++) {
      const double got = t.values[i * t.n_cols + j];
      if (k == r.n_rows) cr_expect(isnan(got), "%s %zu", part, i);
      else
        cr_expect_eq(got, (double)(float)atof(r.field[k * r.n_cols + first + j]), "%s %zu %zu", part, i, j);
    }
  }
  cr_expect_eq(absent, 1, "%zu cells", absent);
  sbnn_tsv_free(&r);
  sbnn_table_free(&t);
}

static size_t read_list(hid_t f, const char *path, hid_t type, void *out, size_t room) {
  hid_t set = H5Dopen2(f, path, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
  cr_assert(set >= 0, "%s", path);
  const size_t n = (size_t)H5Sget_simple_extent_npoints(space);
  cr_assert(n <= room && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0, "%s", path);
  H5Sclose(space);
  H5Dclose(set);
  return n;
}

static void expect_genes(hid_t f, const char *table) {
  float rank[GENES];
  signed char selected[GENES];
  sbnn_tsv r;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_tsv_read(table, &r, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(read_list(f, "var/sbnn_rank", H5T_NATIVE_FLOAT, rank, GENES), GENES);
  hid_t set = H5Dopen2(f, "var/sbnn_selected", H5P_DEFAULT), type = H5Dget_type(set);
  cr_assert_eq(read_list(f, "var/sbnn_selected", type, selected, GENES), GENES);
  H5Tclose(type);
  H5Dclose(set);
  for (int g = 0; g < GENES; g++) {
    char text[16];
    size_t k = 0;
    snprintf(text, sizeof text, "g%d", g);
    while (k < r.n_rows && strcmp(r.field[k * r.n_cols + 1], text) != 0) k++;
    cr_expect_eq(selected[g], k < r.n_rows, "%s", text);
    if (k == r.n_rows) cr_expect(isnan(rank[g]));
    else cr_expect_eq((double)rank[g], atof(r.field[k * r.n_cols]));
  }
  sbnn_tsv_free(&r);
}

Test(sbnn_annotate, results_beside_what_was_there) {
  make_file(at("a.h5ad"));
  char *before = cli_snapshot(at("a.h5ad"));
  run_well("train" FILES " --out out --epochs-autoencoder 3 --write-h5ad b.h5ad" FAST);
  expect_equal(at("b.h5ad:obsm/X_sbnn"), at("out/latent.tsv"), 1);
  expect_equal(at("b.h5ad:obsm/sbnn_prediction"), at("out/predictions.tsv"), 1);
  sbnn_table t = read_part(at("b.h5ad:obsm/sbnn_prediction"), false), a = read_part(at("a.h5ad"), true),
             b = read_part(at("b.h5ad"), true), y = read_part(at("b.h5ad"), false);
  cr_expect_str_eq(t.col_ids[1], "r1");
  cr_expect_str_eq(y.taken, "obsm/prot"); /* what was added is not taken for responses */
  cr_expect_eq(a.counts.start[CELLS], b.counts.start[CELLS]);
  cr_expect_eq(memcmp(a.counts.value, b.counts.value, a.counts.start[CELLS] * sizeof(float)), 0);
  sbnn_table_free(&t);
  sbnn_table_free(&a);
  sbnn_table_free(&b);
  sbnn_table_free(&y);
  hid_t f = H5Fopen(at("b.h5ad"), H5F_ACC_RDONLY, H5P_DEFAULT);
  expect_genes(f, at("out/genes.tsv"));
  cr_expect(H5Lexists(f, "uns/sbnn/options/hidden", H5P_DEFAULT) > 0);
  H5Fclose(f);
  run_well("annotate --results out --in a.h5ad --out c.h5ad --quiet");
  cr_expect(cli_same(at("b.h5ad"), at("c.h5ad")));
  run_well("annotate --results out --in b.h5ad --out b.h5ad --force --quiet"); /* again, in place */
  expect_equal(at("b.h5ad:obsm/X_sbnn"), at("out/latent.tsv"), 1);
  char *after = cli_snapshot(at("a.h5ad"));
  cr_expect_str_eq(before, after);
  free(before);
  free(after);
}

Test(sbnn_annotate, folds_of_cv) {
  make_file(at("a.h5ad"));
  run_well("cv" FILES " --folds 3 --out out --write-h5ad b.h5ad" FAST);
  expect_equal(at("b.h5ad:obsm/sbnn_prediction"), at("out/predictions.tsv"), 2);
  sbnn_labels l;
  sbnn_tsv r;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_labels_read(at("b.h5ad:obs/sbnn_fold"), &l, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_tsv_read(at("out/predictions.tsv"), &r, &e), SBNN_OK, "%s", e.text);
  for (size_t i = 0; i < l.n_rows; i++) {
    size_t k = 0;
    while (k < r.n_rows && strcmp(r.field[k * r.n_cols], l.row_ids[i]) != 0) k++;
    cr_expect_str_eq(l.text[i], k < r.n_rows ? r.field[k * r.n_cols + 1] : "");
  }
  sbnn_tsv_free(&r);
  sbnn_labels_free(&l);
}

Test(sbnn_annotate, predicted_cells) {
  make_file(at("a.h5ad"));
  run_well("train" FILES " --out out --epochs-autoencoder 3" FAST);
  cli_result r = sbnn("predict --model out --x a.h5ad --out b.h5ad --write-h5ad new.h5ad --quiet");
  expect_words("predict", &r, 2, "--out and --write-h5ad|new.h5ad");
  run_well("predict --model out --x a.h5ad --out new.h5ad --quiet");
  run_well("predict --model out --x a.h5ad --out new.tsv --write-h5ad same.h5ad --quiet");
  cr_expect(cli_same(at("new.h5ad"), at("same.h5ad")) && there(at("new.tsv")));
  expect_equal(at("new.h5ad:obsm/X_sbnn"), at("out/latent.tsv"), 1);
  expect_equal(at("new.h5ad:obsm/sbnn_prediction"), at("out/predictions.tsv"), 1);
}

Test(sbnn_annotate, refusals) {
  make_file(at("a.h5ad"));
  run_well("train" FILES " --out out --epochs-autoencoder 3" FAST);
  hid_t f = open_good(at("other.h5ad"));
  H5Fclose(f);
  put_file(at("x.csv"), "cell,g1\nc1,1\n");
  char *before = cli_snapshot(root);
  refuse("annotate --results out --in other.h5ad --out b.h5ad", 3, "has none of the|genes of out");
  refuse("annotate --results out --in x.csv --out b.h5ad", 3, "x.csv|this file is neither");
  refuse("annotate --results out --in nowhere.h5ad --out b.h5ad", 3, "nowhere.h5ad|cannot be opened");
  refuse("annotate --results out --in a.h5ad --out other.h5ad", 1, "other.h5ad exists|--force");
  refuse("annotate --results out --in a.h5ad --out no/b.h5ad", 1, "no/b.h5ad|could not be written");
  refuse("annotate --results . --in a.h5ad --out b.h5ad", 3, "holds no results");
  refuse("train --x x.csv --y a.h5ad --write-h5ad b.h5ad --out new", 3, "x.csv");
  refuse("cv" FILES " --write-h5ad a.h5ad --genes 5 --out new --quiet", 1, "a.h5ad exists|--write-h5ad");
  char *after = cli_snapshot(root);
  cr_expect_str_eq(before, after);
  free(after);
  cli_result r = cli_run(NABLA_SBNN_BIN, root, "annotate --results out --in a.h5ad --out b.h5ad",
                         &(cli_limits){.file_bytes = 20000}); /* a full disk */
  cr_expect_eq(r.code, 1, "%d %s", r.code, r.err);
  after = cli_snapshot(root);
  cr_expect_str_eq(before, after);
  free(before);
  free(after);
}

/* Tables of records, as anndata before 0.7 wrote them. */
Test(sbnn_annotate, old_tables) {
  make_file(at("a.h5ad"));
  run_well("train" FILES " --out out --epochs-autoencoder 3" FAST);
  hid_t f = H5Fopen(at("a.h5ad"), H5F_ACC_RDWR, H5P_DEFAULT), record = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(record, "index", 0, H5T_NATIVE_INT64);
  int64_t index[CELLS] = {0};
  H5Ldelete(f, "obs", H5P_DEFAULT);
  put_list(f, "obs", record, CELLS, index);
  H5Tclose(record);
  H5Fclose(f);
  refuse("annotate --results out --in a.h5ad --out b.h5ad", 3, "obs is one table of records|before 0.7");
}

#else

Test(sbnn_annotate, refused) {
  make_root();
  put_file(at("a.h5ad"), "\x89HDF\r\n\x1a\n");
  cr_skip_test("SKIPPED: built without libhdf5");
}

#endif
