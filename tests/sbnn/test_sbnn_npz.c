/* test_sbnn_npz.c - archives of NumPy arrays: what NumPy and SciPy write, which array is taken, and every way
 * in which an archive can be wrong or lie. */
#include "test_sbnn_archive.h"
#include "test_sbnn_malformed.h"

#include "data/dataset.h"
#include "data/table.h"

#if NABLA_LIBZIP

TestSuite(sbnn_npz, .init = make_root, .fini = remove_root, .timeout = 300);

/* ---- what NumPy and SciPy write (tests/golden/arrays.py) ---- */

static const double small[3][2] = {{1, 0}, {0, 5.5}, {3, 1000}};

static const char *stored(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/tests/fuzz/corpus/npz/%s", NABLA_SOURCE_DIR, name);
  return path;
}

/* A copy in the test's directory. */
static const char *copied(const char *name) {
  char bytes[8192];
  FILE *f = fopen(stored(name), "rb");
  cr_assert(f != NULL);
  size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  return write_bytes(name, bytes, n);
}

static void check_small(const char *path, bool responses, double times) {
  for (int sparse = 0; sparse < 2; sparse++) {
    sbnn_table t;
    sbnn_error e = {0};
    sbnn_table_options o = {.sparse = sparse, .responses = responses};
    cr_assert_eq(sbnn_table_read(path, &o, &t, &e), SBNN_OK, "%s", e.text);
    cr_assert(t.n_rows == 3 && t.n_cols == 2 && t.genes_in != SBNN_GENES_AUTO, "%s", path);
    for (size_t i = 0; i < 3; i++)
      for (size_t j = 0; j < 2; j++) {
        double v = sparse ? (double)sbnn_counts_at(&t.counts, i, j) : t.values[2 * i + j];
        cr_expect_eq(v, times * small[i][j], "%s: %zu, %zu is %g", path, i, j, v);
      }
    cr_expect_str_eq(t.row_ids[2], "c3");
    cr_expect_str_eq(t.col_ids[0], responses ? "r1" : "g1");
    cr_expect_str_eq(t.col_ids[1], responses ? "r\xc3\xa4" : "g2");
    sbnn_table_free(&t);
  }
}

Test(sbnn_npz, numpy_and_scipy) {
  check_small(stored("both.npz"), false, 1);
  check_small(stored("both.npz"), true, 2);
  check_small(stored("fortran.npz"), false, 1);
  check_small(stored("flat.npz"), false, 1);
  check_small(stored("flat.npz"), true, 2);
  write_text("csr_genes.txt", "g1\ng2\n");
  write_text("csr_cells.txt", "c1\nc2\nc3\n");
  check_small(copied("csr.npz"), false, 1);
  write_text("genes.txt", "g1\ng2\n");
  write_text("cells.txt", "c1\nc2\nc3\n");
  check_small(copied("csc.npz"), false, 1);
}

Test(sbnn_npz, told_by_content_and_named_by_the_user) {
  char named[600];
  snprintf(named, sizeof named, "%s:responses", stored("both.npz"));
  sbnn_table t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_table_read(named, NULL, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect_eq(t.values[0], 2);
  sbnn_table_free(&t);
  cr_assert_eq(rename(copied("both.npz"), at("no_ending")), 0);
  check_small(at("no_ending"), false, 1);
  cr_assert_eq(rename(copied("both.npz"), at("a.npz:X")), 0); /* a file of this very name */
  check_small(at("a.npz:X"), false, 1);
}

Test(sbnn_npz, one_file_is_the_whole_data_set) {
  const char *path = stored("both.npz");
  sbnn_dataset_options o = {.x_path = path, .y_path = path, .labels_path = path};
  sbnn_dataset d;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 3 && d.n_genes == 2 && d.n_responses == 2 && d.n_labels == 2);
  cr_expect_str_eq(d.label_column, "family");
  cr_expect_str_eq(d.label_names[1], "B");
  cr_expect_str_eq(d.cell_colors[1], "#445566");
  cr_expect(d.overlap.x_hash == d.overlap.y_hash && d.overlap.x_hash != 0);
  sbnn_dataset_free(&d);
}

/* ---- archives that are wrong ---- */

#define CELLS  "c1c2c3", 6
#define GENES  "g1g2", 4
#define COUNTS "\1\0\0\5\3\1", 6
#define TRUTH                                                                                                \
  (lie) { 0 }

static void put_names(archive *a) {
  put_array(a, "cells", "|S2", "(3,)", CELLS, TRUTH);
  put_array(a, "genes", "|S2", "(2,)", GENES, TRUTH);
}

/* Gives it to the program as counts, or as --labels, under the name a.npz. */
static void refused(archive *a, const char *parts, const char *options) {
  end_archive(a);
  check_one(&(bad){.parts = parts,
                   .x = options && strstr(options, "a.npz") ? NULL : "a.npz",
                   .options = options,
                   .files = {{"a.npz", a->bytes, a->n}}},
            3, 0);
  *a = (archive){0};
}

/* A matrix X of that kind beside good names. */
static void refused_matrix(const char *type, const char *shape, const void *elements, size_t n, lie l,
                           const char *parts) {
  archive a = {0};
  put_array(&a, "X", type, shape, elements, n, l);
  put_names(&a);
  refused(&a, parts, NULL);
}

Test(sbnn_npz, damaged_archives) {
  archive a = {0};
  put_array(&a, "X", "|u1", "(3, 2)", COUNTS, TRUTH);
  put_names(&a);
  end_archive(&a);
  check_one(&(bad){.parts = "a.npz|cannot be read", .x = "a.npz", .files = {{"a.npz", a.bytes, a.n / 2}}}, 3,
            0);
  check_one(&(bad){.parts = "a.npz|cannot be read", .x = "a.npz", .files = {{"a.npz", a.bytes, a.n - 1}}}, 3,
            1);
  check_one(&(bad){.parts = "a.npz|cannot be read", .x = "a.npz", .files = {{"a.npz", "no archive", 0}}}, 3,
            2);
  check_one(&(bad){.parts = "a.npz|cannot be read", .x = "a.npz", .files = {{"a.npz", "\x1f\x8b\x08", 3}}}, 3,
            3);
  check_one(&(bad){.parts = "b.npz|cannot be opened", .x = "b.npz:X"}, 3, 4);
  refused_matrix("|u1", "(3, 2)", COUNTS, (lie){.crc = 7}, "a.npz|CRC");
  refused_matrix("|u1", "(3, 2)", COUNTS, (lie){.size = 4000000000u},
                 "a.npz|array 'X|cannot be as large as it says");
  refused_matrix("|u1", "(3, 2)", COUNTS, (lie){.size = 4000000000u, .method = 8},
                 "a.npz|array 'X|cannot be as large");
  refused_matrix("|u1", "(3, 2)", COUNTS, (lie){.method = 12}, "a.npz|array 'X|compressed in a way");
  refused_matrix("|u1", "(3, 2)", COUNTS, (lie){.method = 8}, "a.npz|cannot be read");
}

Test(sbnn_npz, arrays_that_are_no_counts) {
  static const struct {
    const char *type, *shape, *elements;
    size_t n;
    const char *parts;
  } list[] = {
      {"<c16", "(3, 2)", "", 0, "a.npz|no matrix of numbers|X (3 x 2)"},
      {"|O", "(3, 2)", "", 0, "a.npz|no matrix of numbers"},
      {"|S1", "(3, 2)", "123456", 6, "a.npz|no matrix of numbers"},
      {"|u1", "(6,)", "123456", 6, "a.npz|no matrix of numbers|X (6)"},
      {"|u1", "(3, 2, 1)", "123456", 6, "a.npz|no matrix of numbers"},
      {"|u1", "(0, 2)", "", 0, "a.npz|no matrix of numbers"},
      {"|u1", "(3, 2)", "1234", 4, "a.npz, array 'X'|announces 6 elements"},
      {"|u1", "(3, 2)", "12345678", 8, "a.npz, array 'X'|announces 6 elements"},
      {"<f8", "(999999999999, 999999999999)", "1234", 4, "a.npz, array 'X'|999999999999"},
      {"<f8", "(999999999999999999, 999999999999999999)", "1234", 4, "a.npz, array 'X'"},
      {"|u1", "(2, 2)", "1234", 4, "a.npz, array 'X'|2 x 2|'cells' 3;"},
      {"<f4", "(3, 2)", "\0\0\0\0\0\0\xc0\x7f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24,
       "a.npz, array 'X', row 0, column 1|NaN"},
      {"|i1", "(3, 2)", "\1\1\377\1\1\1", 6, "a.npz|gene 'g1'|cell 'c2'|-1"},
      {"|u1", "(3, -2)", "", 0, "a.npz, array 'X'|whole numbers"},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    refused_matrix(list[i].type, list[i].shape, list[i].elements, list[i].n, TRUTH, list[i].parts);
}

Test(sbnn_npz, names_that_are_missing_or_wrong) {
  static const struct {
    const char *cells, *cell_type, *cell_shape;
    size_t n;
    const char *genes, *parts;
  } list[] = {
      {NULL, NULL, NULL, 0, "g1g2", "a.npz|names of its cells are missing|'cells'|genes (2)"},
      {"c1c2c3", "|S2", "(3,)", 6, NULL, "a.npz|names of its genes are missing|'genes'"},
      {NULL, NULL, NULL, 0, NULL, "a.npz|list of its genes is missing|beside it"},
      {"c1c2c1", "|S2", "(3,)", 6, "g1g2", "a.npz, array 'cells'|'c1'|at positions 1 and 3"},
      {"c1\0\0c3", "|S2", "(3,)", 6, "g1g2", "a.npz|number 2 of its array 'cells'|not a name"},
      {"c1c\nc3", "|S2", "(3,)", 6, "g1g2", "a.npz|number 2 of its array 'cells'|not a name"},
      {"", "|O", "(3,)", 0, "g1g2", "a.npz, array 'cells'|'O'|dtype=str"},
      {"123456789012", "<f4", "(3,)", 12, "g1g2", "a.npz, array 'cells'|'f4'"},
      {"c1c2", "|S2", "(3,)", 4, "g1g2", "a.npz, array 'cells'|announces 3 elements"},
      {"", "|S2", "(0,)", 0, "g1g2", "a.npz|'cells' holds no names"},
      {"", "|S0", "(100000000000000000,)", 0, "g1g2", "a.npz|cells"},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "<U1", "(3,)", 12, "g1g2",
       "a.npz, array 'cells'|name 0|not Unicode"},
      {"\0\xd8\0\0\0\xd8\0\0\0\xd8\0\0", "<U1", "(3,)", 12, "g1g2", "a.npz, array 'cells'|not Unicode"},
      {"", "|S99999999", "(3,)", 0, "g1g2", "a.npz, array 'cells'|announces 3 elements"},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    archive a = {0};
    put_array(&a, "X", "|u1", "(3, 2)", COUNTS, TRUTH);
    if (list[i].cell_type)
      put_array(&a, "cells", list[i].cell_type, list[i].cell_shape, list[i].cells, list[i].n, TRUTH);
    if (list[i].genes) put_array(&a, "genes", "|S2", "(2,)", list[i].genes, 4, TRUTH);
    refused(&a, list[i].parts, NULL);
  }
}

Test(sbnn_npz, matrices_that_cannot_be_told_apart) {
  archive a = {0};
  for (int k = 0; k < 2; k++) put_array(&a, k ? "b" : "a", "|u1", "(3, 2)", COUNTS, TRUTH);
  put_names(&a);
  refused(&a, "a.npz|counts: a (3 x 2), b (3 x 2)|a.npz:b", NULL);
  static const char *const wanted[][2] = {{"a.npz:z", "a.npz|no array 'z'|cells (3)"},
                                          {"a.npz:cells", "a.npz|'cells' is not a matrix"}};
  for (size_t i = 0; i < 2; i++) {
    put_array(&a, "X", "|u1", "(3, 2)", COUNTS, TRUTH);
    put_names(&a);
    end_archive(&a);
    check_one(&(bad){.parts = wanted[i][1], .x = wanted[i][0], .files = {{"a.npz", a.bytes, a.n}}}, 3, i);
    a = (archive){0};
  }
  put_array(&a, "proteins", "|u1", "(3, 2)", COUNTS, TRUTH);
  put_names(&a);
  refused(&a, "a.npz|no matrix of numbers", NULL); /* only one of the other kind */
  put_array(&a, "X", "|u1", "(3, 2)", COUNTS, TRUTH);
  put_names(&a);
  refused(&a, "a.npz|no array of text|no labels", "--labels a.npz");
  put_array(&a, "X", "|u1", "(3, 2)", COUNTS, TRUTH);
  refused(&a, "a.npz|names of its cells are missing", "--labels a.npz");
  put_array(&a, "cells", "|S2", "(3,)", "c1c2c1", 6, TRUTH);
  put_array(&a, "type", "|S1", "(3,)", "ABA", 3, TRUTH);
  refused(&a, "a.npz|'c1' has two labels", "--labels a.npz");
}

/* Whole numbers of one byte each. */
static void refused_sparse(const char *data, const char *indices, const char *indptr, const char *shape,
                           const char *format, const char *parts) {
  archive a = {0};
  const char *const name[] = {"data", "indices", "indptr", "shape"}, *const list[] = {data, indices, indptr,
                                                                                      shape};
  for (int k = 0; k < 4; k++) {
    char lengths[32], bytes[16];
    size_t n = list[k] ? strlen(list[k]) : 0;
    for (size_t i = 0; i < n; i++) bytes[i] = (char)(list[k][i] - '0');
    snprintf(lengths, sizeof lengths, "(%zu,)", n);
    if (list[k]) put_array(&a, name[k], "|u1", lengths, bytes, n, TRUTH);
  }
  if (format) put_array(&a, "format", "|S3", "()", format, 3, TRUTH);
  put_names(&a);
  refused(&a, parts, NULL);
}

Test(sbnn_npz, sparse_matrices) {
  refused_sparse("1234", "0101", "0123", "32", "csr", "a.npz|damaged: the starts");
  refused_sparse("1234", "0101", "0314", "32", "csr", "a.npz|damaged: the starts");
  refused_sparse("1234", "0101", "1124", "32", "csr", "a.npz|damaged: the starts");
  refused_sparse("1234", "0201", "0124", "32", "csr", "a.npz|a value lies outside");
  refused_sparse("1234", "0111", "0124", "32", "csr", "a.npz|row 2, column 1|two values");
  refused_sparse("123", "0101", "0124", "32", "csr", "a.npz|do not fit");
  refused_sparse("1234", "0101", "012", "32", "csr", "a.npz|do not fit");
  refused_sparse("1234", "0101", "0124", "32", "csc", "a.npz|do not fit");
  refused_sparse("1234", "0101", "0124", "02", "csr", "a.npz|do not fit");
  refused_sparse("1234", "0101", "0124", "321", "csr", "a.npz|not a pair of numbers");
  refused_sparse("1234", "0101", "0124", "32", "bsr", "a.npz|csr and csc|tocsr()");
  refused_sparse("1234", "0101", NULL, "32", "csr", "a.npz|some are missing");
  refused_sparse("1234", "0101", "01244", "42", NULL, "a.npz, array 'data'|4 x 2|'cells' 3;");
}

#else

Test(sbnn_npz, without_libzip) { cr_skip_test("this build has no libzip"); }

#endif
