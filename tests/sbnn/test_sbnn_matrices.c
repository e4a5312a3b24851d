/* test_sbnn_matrices.c - Matrix Market, 10x folders and NumPy arrays: every form that is accepted; counts
 * without their zeros; genes of one name. Faults are in test_sbnn_malformed.c. */
#include "data/dataset.h"
#include "data/ids.h"
#include "test_sbnn_data.h"

#include <math.h>

TestSuite(sbnn_counts);
TestSuite(sbnn_matrices, .init = make_root, .fini = remove_root);

/* ---- counts ---- */

static const float grid[] = {0, 2, 0, 1, 0, 0, 0, 0, 3, 4, 5, 6}; /* 3 x 4 */

Test(sbnn_counts, what_goes_in_comes_out) {
  sbnn_counts c = sbnn_counts_from_dense(grid, 3, 4);
  float row[4];
  double two[2];
  cr_assert(c.n_rows == 3 && c.n_cols == 4 && c.start[3] == 6);
  for (size_t i = 0; i < 3; i++) {
    sbnn_counts_row(&c, i, row);
    cr_expect(memcmp(row, grid + 4 * i, sizeof row) == 0);
    for (size_t j = 0; j < 4; j++) cr_expect_eq(sbnn_counts_at(&c, i, j), grid[4 * i + j]);
    sbnn_counts_gather(&c, i, (const size_t[]){1, 3}, 2, two);
    cr_expect(two[0] == (double)grid[4 * i + 1] && two[1] == (double)grid[4 * i + 3]);
  }
  sbnn_counts_free(&c);
}

Test(sbnn_counts, rows_columns_and_places) {
  sbnn_counts c = sbnn_counts_from_dense(grid, 3, 4);
  sbnn_counts rows = sbnn_counts_rows(&c, (const size_t[]){2, 0}, 2);
  sbnn_counts columns = sbnn_counts_columns(&c, (const size_t[]){3, 1}, 2);
  const float by_row[] = {3, 4, 5, 6, 0, 2, 0, 1}, by_column[] = {1, 0, 6, 2, 0, 4};
  sbnn_counts expected = sbnn_counts_from_dense(by_row, 2, 4);
  cr_expect(same_counts(&rows, &expected));
  sbnn_counts_free(&expected);
  expected = sbnn_counts_from_dense(by_column, 2, 3);
  cr_expect(same_counts(&columns, &expected));
  const uint32_t row[] = {2, 0, 2, 2, 0, 2}, column[] = {3, 3, 0, 2, 1, 1};
  const float value[] = {6, 1, 3, 5, 2, 4};
  sbnn_counts placed = sbnn_counts_from_places(3, 4, row, column, value, 6);
  size_t r, q;
  cr_expect(same_counts(&placed, &c) && !sbnn_counts_repeated(&placed, &r, &q));
  sbnn_counts twice =
      sbnn_counts_from_places(3, 4, (const uint32_t[]){1, 0, 1}, (const uint32_t[]){2, 2, 2}, value, 3);
  cr_expect(sbnn_counts_repeated(&twice, &r, &q) && r == 1 && q == 2);
  sbnn_counts *all[] = {&c, &rows, &columns, &expected, &placed, &twice};
  for (int i = 0; i < 6; i++) sbnn_counts_free(all[i]);
}

Test(sbnn_counts, names_become_unique) {
  const char *names[] = {"A", "B", "A", "A-1", "A", "B", "A-1"};
  const char *expected[] = {"A", "B", "A-2", "A-1", "A-3", "B-1", "A-1-1"}, *example = NULL;
  char **items = sbnn_copy_strings((char *const *)names, 7);
  cr_expect_eq(sbnn_make_unique(items, 7, &example), 4);
  for (int i = 0; i < 7; i++) cr_expect_str_eq(items[i], expected[i]);
  cr_expect_str_eq(example, "A-2");
  sbnn_free_strings(items, 7);
}

/* ---- one small data set in every format ---- */

/* Genes g1, g2 and cells c1, c2, c3. */
static const double small[3][2] = {{1, 0}, {0, 5.5}, {3, 1000}};

static void check_small(const char *path, const char *what) {
  for (int sparse = 0; sparse < 2; sparse++) {
    sbnn_table t;
    sbnn_error e = {0};
    sbnn_table_options o = {.sparse = sparse, .feature_type = "Gene Expression"};
    cr_assert_eq(sbnn_table_read(path, &o, &t, &e), SBNN_OK, "%s: %s", what, e.text);
    cr_assert(t.n_rows == 3 && t.n_cols == 2, "%s: %zu x %zu", what, t.n_rows, t.n_cols);
    for (size_t i = 0; i < 3; i++)
      for (size_t j = 0; j < 2; j++) {
        double v = sparse ? (double)sbnn_counts_at(&t.counts, i, j) : t.values[2 * i + j];
        cr_expect_eq(v, small[i][j], "%s: %zu, %zu is %g", what, i, j, v);
      }
    cr_expect_str_eq(t.row_ids[0], "c1");
    cr_expect_str_eq(t.row_ids[2], "c3");
    cr_expect_str_eq(t.col_ids[1], "g2");
    cr_expect_neq(t.genes_in, SBNN_GENES_AUTO);
    sbnn_table_free(&t);
  }
}

#define REAL        "%%MatrixMarket matrix coordinate real general\n"
#define GENES_FIRST REAL "%% made by\n\n2 3 4\n1 1 1\n2 2 5.5\n1 3 3\n2 3 1e3\n"

Test(sbnn_matrices, matrix_market_spellings) {
  static const char *const texts[] = {
      GENES_FIRST,
      REAL "3 2 4\n3 2 1000\n1 1 1\n3 1 3\n2 2 5.5\n", /* cells first, in any order */
      "%%matrixmarket MATRIX Coordinate Real General\r\n2 3 4\r\n1 1 1\r\n2 2 5.5\r\n1 3 3.0\r\n2 3 1E+3",
      REAL "  2\t3  4 \n 1   1\t1 \n2 2 5.50\n\n% in between\n1 3 +3\n2 3 1000.000\n",
      REAL "2 3 5\n1 1 1\n2 2 5.5\n1 3 3\n2 3 1000\n2 1 0\n",
      "\xef\xbb\xbf" GENES_FIRST,
  };
  write_text("genes.txt", "g1\ng2\n");
  write_text("barcodes.txt", "c1\r\nc2\r\nc3");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    check_small(write_text("matrix.mtx", texts[i]), texts[i]);
  check_small(write_gzip("matrix.mtx.gz", GENES_FIRST), "gzip");
  check_small(write_text("no_ending", GENES_FIRST), "told by its content");
}

/* Lists are found by the matrix' own name first. */
Test(sbnn_matrices, names_of_lists) {
  write_text("genes.tsv", "wrong\n");
  write_text("barcodes.tsv", "wrong\n");
  write_text("GSM1_features.tsv", "g1\ng2\n");
  write_gzip("GSM1_barcodes.tsv.gz", "c1\nc2\nc3\n");
  check_small(write_text("GSM1_matrix.mtx", GENES_FIRST), "GSM1_matrix.mtx");
  write_text("counts.genes.txt", "E1\tg1\nE2\tg2\n");
  write_text("counts_cells.txt", "\"c1\"\n\"c2\"\n\"c3\"\n");
  check_small(write_text("counts.mtx", GENES_FIRST), "counts.mtx");
}

Test(sbnn_matrices, folder_of_version_2) {
  write_text("matrix.mtx", GENES_FIRST);
  write_text("genes.tsv", "ENSG1\tg1\nENSG2\tg2\n");
  write_text("barcodes.tsv", "c1\nc2\nc3\n");
  check_small(root, "v2");
}

/* Version 3 has proteins in the same matrix: each side takes its own. */
Test(sbnn_matrices, folder_of_version_3) {
  write_gzip("matrix.mtx.gz", REAL "4 3 8\n1 1 1\n3 2 5.5\n1 3 3\n3 3 1e3\n2 1 70\n2 2 80\n4 3 90\n4 1 7\n");
  write_gzip("features.tsv.gz",
             "E1\tg1\tGene Expression\nCD3\tCD3\tAntibody Capture\nE2\tg2\tGene Expression\n"
             "CD4\tCD4\tAntibody Capture\n");
  write_gzip("barcodes.tsv.gz", "c1\nc2\nc3\n");
  check_small(root, "v3");
  sbnn_dataset_options o = {.x_path = root, .y_path = root};
  sbnn_dataset d;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_assert(d.n_cells == 3 && d.n_genes == 2 && d.n_responses == 2 &&
            d.overlap.x_genes_in == SBNN_GENES_IN_ROWS);
  cr_expect_str_eq(d.response_names[1], "CD4");
  cr_expect(d.responses[0] == 70 && d.responses[1] == 7 && d.responses[5] == 90);
  cr_assert_eq(d.n_notes, 2);
  cr_expect(strstr(d.notes[0], "2 of 4 features are left out") && strstr(d.notes[0], "'Antibody Capture'"));
  sbnn_dataset_free(&d);
}

Test(sbnn_matrices, pattern_is_ones) {
  sbnn_table t;
  sbnn_error e = {0};
  write_text("genes.txt", "g1\ng2\n");
  write_text("cells.txt", "c1\nc2\n");
  const char *path =
      write_text("p.mtx", "%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 1\n1 2\n");
  cr_assert_eq(sbnn_table_read(path, NULL, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect(t.values[0] == 1 && t.values[1] == 0 && t.values[2] == 1 &&
            t.values[3] == 0); /* square: genes in rows */
  sbnn_table_free(&t);
  sbnn_table_options o = {.genes_in = SBNN_GENES_IN_COLUMNS};
  cr_assert_eq(sbnn_table_read(path, &o, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect(t.values[0] == 1 && t.values[1] == 1 && t.values[2] == 0);
  sbnn_table_free(&t);
}

/* ---- NumPy ---- */

/* Writes `value` as the type says; the machine's own byte order is little. */
static size_t put_number(char kind, size_t width, bool swapped, double value, char *out) {
  float f = (float)value;
  int64_t i = (int64_t)value;
  const void *from = kind == 'f' ? (width == 4 ? (void *)&f : (void *)&value) : (void *)&i;
  memcpy(out, from, width);
  for (size_t k = 0; swapped && k < width / 2; k++) {
    char c = out[k];
    out[k] = out[width - 1 - k];
    out[width - 1 - k] = c;
  }
  return width;
}

static const char *write_npy(const char *type, int version, bool fortran, bool cells_first, bool whole) {
  char bytes[1024] = "\x93NUMPY", header[256];
  size_t rows = cells_first ? 3 : 2, cols = 5 - rows, n;
  snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': (%zu, %zu), }%*s\n", type,
           fortran ? "True" : "False", rows, cols, 17, "");
  n = strlen(header);
  bytes[6] = (char)version;
  bytes[8] = (char)n;
  size_t at = version == 1 ? 10 : 12;
  memcpy(bytes + at, header, n);
  at += n;
  for (size_t k = 0; k < 6; k++) {
    size_t i = fortran ? k % rows : k / cols, j = fortran ? k / rows : k % cols;
    double v = cells_first ? small[i][j] : small[j][i];
    at += put_number(type[1], (size_t)(type[2] - '0'), *type == '>', whole ? floor(v) : v, bytes + at);
  }
  return write_bytes("a.npy", bytes, at);
}

Test(sbnn_matrices, numpy_orders_and_versions) {
  write_text("genes.txt", "g1\ng2\n");
  write_text("cells.txt", "c1\nc2\nc3\n");
  static const char *const types[] = {"<f4", "<f8", ">f4", ">f8"};
  for (size_t i = 0; i < 32; i++) {
    char what[64];
    snprintf(what, sizeof what, "%s, version %zu, fortran %zu, cells first %zu", types[i % 4], 1 + i / 4 % 2,
             i / 8 % 2, i / 16);
    check_small(write_npy(types[i % 4], 1 + (int)(i / 4 % 2), i / 8 % 2, i / 16, false), what);
  }
}

Test(sbnn_matrices, numpy_integers) {
  write_text("genes.txt", "g1\ng2\n");
  write_text("cells.txt", "c1\nc2\nc3\n");
  static const char *const types[] = {"<i2", "<i4", "<i8", ">i2", ">i4", ">i8", "<u2", ">u4", "<u8"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    sbnn_table t;
    sbnn_error e = {0};
    cr_assert_eq(sbnn_table_read(write_npy(types[i], 1, false, true, true), NULL, &t, &e), SBNN_OK, "%s",
                 e.text);
    cr_expect(t.values[0] == 1 && t.values[3] == 5 && t.values[5] == 1000, "%s", types[i]);
    sbnn_table_free(&t);
  }
  static const char bytes[] =
      "\x93NUMPY\1\0\x3e\0{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }  \n"
      "\377\200\177\0\1\2";
  sbnn_table t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_table_read(write_bytes("b.npy", bytes, sizeof bytes - 1), NULL, &t, &e), SBNN_OK, "%s",
               e.text);
  cr_expect(t.values[0] == -1 && t.values[2] == -128 && t.values[4] == 127 && t.values[3] == 1);
  sbnn_table_free(&t);
}

/* ---- genes of one name ---- */

Test(sbnn_matrices, genes_of_one_name_are_told_apart) {
  static const char *const tables[] = {"gene,c1,c2\nA,1,2\nB,3,4\nA,5,9\n",
                                       "cell,A,B,A\nc1,1,3,5\nc2,2,4,9\n"};
  for (int i = 0; i < 2; i++) {
    sbnn_dataset_options o = {.x_path = write_text("x.csv", tables[i]),
                              .y_path = write_text("y.csv", "cell,r\nc1,1\nc2,2\n")};
    sbnn_dataset d;
    sbnn_error e = {0};
    cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
    cr_expect_str_eq(d.gene_names[0], "A");
    cr_expect_str_eq(d.gene_names[2], "A-1");
    cr_expect_eq(sbnn_counts_at(&d.counts, 1, 2), 9);
    cr_assert_eq(d.n_notes, 1);
    cr_expect(strstr(d.notes[0], "x.csv") && strstr(d.notes[0], "1 gene has") && strstr(d.notes[0], "'A-1'"));
    sbnn_dataset_free(&d);
  }
}

/* ---- real data ---- */

Test(sbnn_matrices, malt) {
  sbnn_dataset_options o = {.x_path = shared_path("data/citeseq_malt1000/matrix.mtx.gz"),
                            .y_path = shared_path("data/citeseq_malt1000/protein.csv"),
                            .variable_genes = 1000};
  sbnn_dataset d;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 1000 && d.n_genes == 10531 && d.n_responses == 17);
  cr_expect(d.overlap.x_genes_in == SBNN_GENES_IN_ROWS && !d.overlap.y_cells_in_rows);
  cr_expect_eq(d.counts.start[1000], 1272857);
  cr_expect_eq(sbnn_counts_at(&d.counts, 0, 9), 1);
  cr_expect_eq(sbnn_counts_at(&d.counts, 0, 11), 2);
  cr_expect_str_eq(d.gene_names[2], "NOC2L");
  sbnn_dataset_free(&d);
}

/* Matrix Market against the same counts as CSV. */
Test(sbnn_matrices, malt_as_a_table_is_the_same) {
  sbnn_table t;
  sbnn_error e = {0};
  sbnn_table_options sparse = {.sparse = true};
  cr_assert_eq(sbnn_table_read(shared_path("data/citeseq_malt1000/matrix.mtx.gz"), &sparse, &t, &e), SBNN_OK,
               "%s", e.text);
  FILE *f = fopen(at("malt.csv"), "w");
  float *row = malloc(t.n_cols * sizeof *row);
  for (size_t j = 0; j < t.n_cols; j++) fprintf(f, ",%s", t.col_ids[j]);
  for (size_t i = 0; i < t.n_rows; i++) {
    sbnn_counts_row(&t.counts, i, row);
    fprintf(f, "\n%s", t.row_ids[i]);
    for (size_t j = 0; j < t.n_cols; j++) fprintf(f, ",%g", (double)row[j]);
  }
  cr_assert_eq(fclose(f), 0);
  free(row);
  sbnn_table u;
  cr_assert_eq(sbnn_table_read(at("malt.csv"), &sparse, &u, &e), SBNN_OK, "%s", e.text);
  cr_expect(same_counts(&t.counts, &u.counts));
  cr_expect_lt(sbnn_counts_bytes(&t.counts), t.n_rows * t.n_cols * sizeof(float) / 3); /* they stay sparse */
  sbnn_table_free(&t);
  sbnn_table_free(&u);
}
