/* test_sbnn_mat.c - MATLAB files: one of the structure of the V1 data set, in every version, and files that
 * are wrong. */
#include "test_sbnn_malformed.h"

#include "data/dataset.h"
#include "data/table.h"
#include "options/options.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#ifndef NABLA_MATIO
#define NABLA_MATIO 0
#endif

TestSuite(sbnn_mat, .init = make_root, .fini = remove_root, .timeout = 300);

/* ---- version 5 as MATLAB writes it, byte by byte: no libmatio is needed for that ---- */

static void read_seed(const char *name, bool responses, sbnn_table *t) {
  char path[512]; /* of tests/fuzz/corpus */
  sbnn_error e = {0};
  sbnn_table_options o = {.responses = responses, .allow_missing = true};
  snprintf(path, sizeof path, NABLA_SOURCE_DIR "/tests/fuzz/corpus/%s", name);
  cr_assert_eq(sbnn_table_read(path, &o, t, &e), SBNN_OK, "%s", e.text);
}

/* A string array, a structure, a function handle and the data of objects, which have no name, are passed
 * over; UTF-16, UTF-8 and Latin names; a sparse matrix with room for a value more; either byte order. */
Test(sbnn_mat, objects_and_either_byte_order) {
  static const char *const names[] = {"mat/objects.mat", "mat/big_endian.mat"};
  static const double counts[] = {1, 0, 0, 5.5, 3, 1000}, responses[] = {1, 4, 2, 5, 3, NAN};
  for (size_t k = 0; k < 2; k++) {
    sbnn_table t;
    read_seed(names[k], false, &t);
    cr_assert(t.n_rows == 3 && t.n_cols == 2);
    for (size_t i = 0; i < 6; i++) cr_expect_eq(t.values[i], counts[i]);
    cr_expect_str_eq(t.row_ids[1], "c\xce\xb1"
                                   "2");
    cr_expect_str_eq(t.col_ids[1], "g2");
    sbnn_table_free(&t);
    read_seed(names[k], true, &t);
    for (size_t i = 0; i < 6; i++)
      cr_expect(t.values[i] == responses[i] || (isnan(t.values[i]) && isnan(responses[i])));
    sbnn_table_free(&t);
  }
}

/* Deflated variables that claim more than there is, and dimensions that no file could fill: answered without
 * the memory they ask for. */
Test(sbnn_mat, no_more_memory_than_the_file_deserves) {
  static unsigned char whole[256] = "MATLAB 5.0 MAT-file", content[64], *at = content;
  static const uint32_t words[] = {14, 0xfffffff0u, 6,          8,          9,           0,
                                   5,  8,           0x7fffffff, 0x7fffffff, 1 | 1 << 16, 'X'};
  uLongf n = sizeof whole - 136;
  at = (unsigned char *)memcpy(at, words, sizeof words) + sizeof words; /* on a little-endian machine */
  memcpy(whole + 124, "\0\1IM", 4);
  cr_assert_eq(compress(whole + 136, &n, content, (uLong)(at - content)), Z_OK);
  memcpy(whole + 128, &(uint32_t[]){15, (uint32_t)n}, 8);
#ifndef __SANITIZE_ADDRESS__ /* which needs terabytes of address space */
  cr_assert_eq(setrlimit(RLIMIT_DATA, &(struct rlimit){1 << 30, 1 << 30}), 0);
#endif
  for (int k = 0; k < 2; k++) { /* then with an honest length: too little for its dimensions */
    check_one(&(bad){.parts = "a.mat|does not match its header",
                     .x = "a.mat",
                     .files = {{"a.mat", (char *)whole, 136 + n}}},
              3, (size_t)k);
    memcpy(content + 4, &(uint32_t){sizeof words - 8}, 4);
    n = sizeof whole - 136;
    cr_assert_eq(compress(whole + 136, &n, content, (uLong)(at - content)), Z_OK);
    memcpy(whole + 132, &(uint32_t){(uint32_t)n}, 4);
  }
}

/* ---- version 7.3 as MATLAB writes it ---- */

#if NABLA_HDF5

/* A sparse matrix, deflated numbers, cell arrays with a letter beyond Latin; beside them what is passed over:
 * logical and complex numbers, three dimensions, nothing, strings, a structure. */
Test(sbnn_mat, cells_by_reference) {
  static const double counts[] = {1, 0, 4, 0, 2, 0, 3, 0, 5, 0, 7, 1},
                      responses[] = {1, 5, 2, 6, 3, 7, NAN, 8};
  sbnn_table t;
  read_seed("hdf5/references.mat", false, &t);
  cr_assert(t.n_rows == 4 && t.n_cols == 3);
  for (size_t i = 0; i < 12; i++) cr_expect_eq(t.values[i], counts[i]);
  cr_expect_str_eq(t.row_ids[3], "c4");
  cr_expect_str_eq(t.col_ids[1], "g\xce\xb1"
                                 "2");
  sbnn_table_free(&t);
  read_seed("hdf5/references.mat", true, &t);
  for (size_t i = 0; i < 8; i++)
    cr_expect(t.values[i] == responses[i] || (isnan(t.values[i]) && isnan(responses[i])));
  cr_expect_str_eq(t.col_ids[1], "CD4");
  sbnn_table_free(&t);
  read_seed("hdf5/cells.mat", false, &t); /* char matrices */
  for (size_t i = 0; i < 12; i++) cr_expect_eq(t.values[i], counts[i]);
  cr_expect_str_eq(t.row_ids[3], "c4");
  sbnn_table_free(&t);
}

Test(sbnn_mat, labels_and_other_classes_of_version_73) {
  static const char *const kinds[] = {"A", "B", "", "B"}, *const no_matrices[] = {
                                                              "complex", "cube",  "nothing", "structure",
                                                              "strings", "mixed", "cells"};
  static const char seed[] = NABLA_SOURCE_DIR "/tests/fuzz/corpus/hdf5/references.mat";
  sbnn_labels l;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_labels_read(seed, &l, &e), SBNN_OK, "%s", e.text);
  size_t kind = 0;
  while (kind < l.n_cols && strcmp(l.col_ids[kind], "kind") != 0) kind++;
  cr_assert(l.n_rows == 4 && kind < l.n_cols);
  for (size_t i = 0; i < 4; i++) cr_expect_str_eq(l.text[i * l.n_cols + kind], kinds[i]);
  sbnn_labels_free(&l);
  for (size_t i = 0; i < sizeof no_matrices / sizeof *no_matrices; i++) {
    sbnn_table t;
    sbnn_table_options o = {0};
    char path[600];
    e = (sbnn_error){0};
    snprintf(path, sizeof path, "%s:%s", seed, no_matrices[i]);
    cr_expect_eq(sbnn_table_read(path, &o, &t, &e), SBNN_BAD_INPUT, "%s", path);
    cr_expect(strstr(e.text, "matrix of numbers") != NULL, "%s", e.text);
  }
}

#endif

/* ---- what libmatio writes ---- */

#if NABLA_MATIO

#include "test_sbnn_mat.h"

enum { CELLS = 40, GENES = 6, FEATURES = 17 };

/* The names of the features of the V1 data set that are left out, and four more. */
static const char *const features[FEATURES] = {"spc0 spk. fast trough v",
                                               "long sq. stim. amp.",
                                               "spc1 step subthr.",
                                               "spc1 subthr. norm",
                                               "tau",
                                               "long sq. AP1 up-down ratio",
                                               "long sq. AP1 peak v",
                                               "long sq. AP1 threshold v",
                                               "long sq. AP1 width",
                                               "sag",
                                               "short sq. AP1 width",
                                               "spc1 inst. freq.",
                                               "spc3 inst. freq.",
                                               "long sq. AP1 downstroke",
                                               "spc2 inst. freq.",
                                               "vrest",
                                               "ri"};
static const char *const types[] = {"Vip", "Sst Chodl", "Pvalb \xce\xb1"}, *const colors[] = {"#112233",
                                                                                              "#445566",
                                                                                              "#778899"};

static double expression(size_t cell, size_t gene) {
  return (cell * 7 + gene * 3) % 5 ? log1p((double)((cell * 5 + gene) % 11)) : 0;
}

/* NaN in cell 3, in a feature that is left out, and in cell 7, in one that stays. */
static double ephys(size_t cell, size_t feature) {
  return (cell == 3 && feature == 0) || (cell == 7 && feature == 15) ? NAN
                                                                     : sin((double)(cell * (feature + 2)));
}

static const char *write_v1(mat_style style, const char *name) {
  static double t[CELLS * GENES], e[CELLS * FEATURES], id[CELLS];
  char names[CELLS + GENES][16];
  const char *cell[CELLS], *gene[GENES], *type[CELLS], *color[CELLS];
  for (size_t i = 0; i < CELLS; i++) {
    for (size_t j = 0; j < GENES; j++) t[i + CELLS * j] = expression(i, j);
    for (size_t j = 0; j < FEATURES; j++) e[i + CELLS * j] = ephys(i, j);
    id[i] = (double)(i % 3);
    snprintf(names[i], sizeof names[i], "SM-%zu", i + 1);
    cell[i] = names[i], type[i] = types[i % (style.chars ? 2 : 3)], color[i] = colors[i % 3];
  }
  for (size_t j = 0; j < GENES; j++) {
    snprintf(names[CELLS + j], sizeof names[0], "Gene%zu", j);
    gene[j] = names[CELLS + j];
  }
  mat_t *mat = Mat_CreateVer(at(name), NULL, style.version);
  cr_assert(mat != NULL, "libmatio without HDF5 writes no version 7.3");
  put_numbers(mat, style, "T_dat", CELLS, GENES, t);
  put_numbers(mat, style, "E_pcipfx", CELLS, FEATURES, e);
  put_list(mat, style, "sample_id", cell, CELLS);
  put_numbers(mat, style, "cluster_id", CELLS, 1, id);
  put_list(mat, style, "cluster_color", color, CELLS);
  put_list(mat, style, "cluster", type, CELLS);
  put_list(mat, style, "gene_id", gene, GENES);
  put_list(mat, style, "pcipfx_names", features, FEATURES);
  cr_assert_eq(Mat_Close(mat), 0);
  return at(name);
}

/* What `--preset v1` makes of the file. */
static void read_v1(const char *path, sbnn_dataset *d) {
  char *argv[] = {
      "sbnn",     "train", "--x", (char *)(uintptr_t)path, "--y", (char *)(uintptr_t)path, "--out", "o",
      "--preset", "v1",    NULL};
  sbnn_options o;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_options_parse(10, argv, &o, &e), SBNN_OK, "%s", e.text);
  cr_expect(o.x_transform == SBNN_X_NONE && o.variable_genes == 0);
  sbnn_dataset_options q = {.x_path = path,
                            .y_path = path,
                            .labels_path = path,
                            .missing = (sbnn_missing)o.missing,
                            .x_transform = (sbnn_x_transform)o.x_transform,
                            .drop_responses = o.drop_responses};
  cr_assert_eq(sbnn_dataset_read(&q, d, &e), SBNN_OK, "%s", e.text);
}

static void check_v1(const sbnn_dataset *d, bool chars) {
  cr_assert(d->n_cells == CELLS - 2 && d->n_genes == GENES && d->n_responses == 4);
  for (size_t i = 0, cell = 0; i < d->n_cells; i++, cell++) {
    while (cell == 3 || cell == 7) cell++;
    for (size_t j = 0; j < GENES; j++)
      cr_expect_eq(sbnn_counts_at(&d->counts, i, j), (float)expression(cell, j));
    static const size_t kept[] = {4, 9, 15, 16};
    for (size_t j = 0; j < 4; j++) cr_expect_eq(d->responses[4 * i + j], ephys(cell, kept[j]));
    cr_expect_str_eq(d->label_names[d->labels[i]], types[cell % (chars ? 2 : 3)]);
    cr_expect_str_eq(d->cell_colors[i], colors[cell % 3]);
  }
  cr_expect_str_eq(d->label_column, "cluster");
  cr_expect_str_eq(d->cell_names[d->n_cells - 1], "SM-40");
  cr_expect_str_eq(d->gene_names[GENES - 1], "Gene5");
  cr_expect_str_eq(d->response_names[3], "ri");
}

Test(sbnn_mat, file_of_the_v1_data_set) {
  static const mat_style styles[] = {
      {MAT_FT_MAT5, MAT_COMPRESSION_NONE, false},  {MAT_FT_MAT5, MAT_COMPRESSION_NONE, true},
      {MAT_FT_MAT5, MAT_COMPRESSION_ZLIB, false},  {MAT_FT_MAT5, MAT_COMPRESSION_ZLIB, true},
      {MAT_FT_MAT73, MAT_COMPRESSION_NONE, false}, {MAT_FT_MAT73, MAT_COMPRESSION_NONE, true}};
  for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
    sbnn_dataset d;
    read_v1(write_v1(styles[i], i % 2 ? "v1.mat" : "no_ending"), &d);
    check_v1(&d, styles[i].chars);
    sbnn_dataset_free(&d);
  }
}

/* Sparse, whole numbers as ids, and a matrix that the user names. */
Test(sbnn_mat, sparse_counts_and_numbers_as_ids) {
  static const double ids[] = {101, 102, 103}, values[] = {1, 3, 5.5, 1000}, other[] = {9, 9, 9, 9, 9, 9};
  static const uint32_t start[] = {0, 2, 4}, row[] = {0, 2, 1, 2};
  static const char *const genes[] = {"g1", "g2"};
  const mat_style styles[] = {{.version = MAT_FT_MAT5}, {.version = MAT_FT_MAT73}};
  for (size_t k = 0; k < 2; k++) {
    mat_t *mat = Mat_CreateVer(at("s.mat"), NULL, styles[k].version);
    put_numbers(mat, styles[k], "other", 3, 2, other);
    put_sparse(mat, styles[k], "counts", 3, 2, start, row, values, 4);
    put_numbers(mat, styles[k], "cells", 3, 1, ids);
    put_list(mat, styles[k], "genes", genes, 2);
    Mat_Close(mat);
    for (int sparse = 0; sparse < 2; sparse++) {
      sbnn_table t;
      sbnn_error e = {0};
      sbnn_table_options o = {.sparse = sparse};
      cr_assert_eq(sbnn_table_read(at("s.mat"), &o, &t, &e), SBNN_OK, "%s", e.text);
      static const double expected[] = {1, 0, 0, 5.5, 3, 1000};
      for (size_t i = 0; i < 6; i++)
        cr_expect_eq(sparse ? (double)sbnn_counts_at(&t.counts, i / 2, i % 2) : t.values[i], expected[i]);
      cr_expect_str_eq(t.row_ids[1], "102");
      sbnn_table_free(&t);
      cr_assert_eq(sbnn_table_read(at("s.mat:other"), &o, &t, &e), SBNN_OK, "%s", e.text);
      sbnn_table_free(&t);
    }
  }
}

/* Of version 7.3 they are read before the sandbox closes. */
Test(sbnn_mat, names_beside_the_file) {
  static const double x[] = {1, 2, 0, 0, 5, 6};
  const mat_style styles[] = {{.version = MAT_FT_MAT5}, {.version = MAT_FT_MAT73}};
  for (size_t k = 0; k < 2; k++) {
    mat_t *mat = Mat_CreateVer(at("n.mat"), NULL, styles[k].version);
    put_numbers(mat, styles[k], "X", 3, 2, x);
    Mat_Close(mat);
    sbnn_table t;
    sbnn_error e = {0};
    sbnn_table_options o = {0};
    unlink(at("n_cells.txt"));
    cr_expect_eq(sbnn_table_read(at("n.mat"), &o, &t, &e), SBNN_BAD_INPUT);
    cr_expect(strstr(e.text, "is missing") != NULL, "%s", e.text);
    e = (sbnn_error){0};
    write_text("n_cells.txt", "c1\nc2\nc3\n");
    write_text("n_genes.txt", "g1\ng2\n");
    cr_assert_eq(sbnn_table_read(at("n.mat"), &o, &t, &e), SBNN_OK, "%s", e.text);
    for (size_t i = 0; i < 6; i++) cr_expect_eq(t.values[i], x[i / 2 + i % 2 * 3]);
    cr_expect_str_eq(t.row_ids[2], "c3");
    cr_expect_str_eq(t.col_ids[0], "g1");
    sbnn_table_free(&t);
  }
}

/* ---- files that are wrong ---- */

static const mat_style plain = {.version = MAT_FT_MAT5};

/* A file of version 5 out of what is not NULL; the matrix is 3 x 2. */
static size_t write_small(const char *path, const double *x, const char *const *cells, size_t n_cells,
                          const char *const *genes, char bytes[1 << 13]) {
  mat_t *mat = Mat_CreateVer(path, NULL, MAT_FT_MAT5);
  if (x) put_numbers(mat, plain, "X", 3, 2, x);
  if (cells) put_list(mat, plain, "cells", cells, n_cells);
  if (genes) put_list(mat, plain, "genes", genes, 2);
  Mat_Close(mat);
  FILE *f = fopen(path, "rb");
  size_t n = fread(bytes, 1, 1 << 13, f);
  fclose(f);
  return n;
}

static const char *const three[] = {"c1", "c2", "c3"}, *const two[] = {"g1", "g2"};
static const double good[] = {1, 2, 0, 0, 5, 6};

static void refused_bytes(const char *bytes, size_t n, const char *parts, const char *x) {
  check_one(&(bad){.parts = parts, .x = x, .files = {{"a.mat", bytes, n}}}, 3, n);
}

Test(sbnn_mat, damaged_files) {
  static char bytes[1 << 13];
  size_t n = write_small(at("a.mat"), good, three, 3, two, bytes);
  refused_bytes(bytes, n - 8, "a.mat|ends within a variable", "a.mat");
  refused_bytes(bytes, 200, "a.mat|ends within a variable", "a.mat");
  refused_bytes(bytes, 131, "a.mat|ends within a variable", "a.mat");
  refused_bytes(bytes, 100, "a.mat|ends within its header", "a.mat");
  refused_bytes("no MATLAB file", 0, "a.mat|no MATLAB file", "a.mat");
  refused_bytes("\x1f\x8b\x08", 3, "a.mat|not compressed", "a.mat");
  check_one(&(bad){.parts = "b.mat|cannot be opened", .x = "b.mat:X"}, 3, 0);
  memcpy(bytes + 128 + 32, "\4", 1); /* 4 x 2 instead of 3 x 2 */
  refused_bytes(bytes, n, "a.mat|does not match its header", "a.mat");
  memcpy(bytes + 128 + 28, "\xf8\xff\xff\x7f", 4); /* two thousand million dimensions */
  refused_bytes(bytes, n, "a.mat|does not match its header", "a.mat");
  memcpy(bytes + 128, "\x7", 1);
  refused_bytes(bytes, n, "a.mat|no variable where one should begin", "a.mat");
  memcpy(bytes + 132, "\xff\xff\xff\x7f", 4);
  memcpy(bytes + 128, "\xe", 1);
  refused_bytes(bytes, n, "a.mat|ends within a variable", "a.mat");
}

Test(sbnn_mat, damaged_version_73) {
  static char bytes[1 << 16];
  mat_t *mat = Mat_CreateVer(at("h.mat"), NULL, MAT_FT_MAT73);
  put_numbers(mat, plain, "X", 3, 2, good);
  Mat_Close(mat);
  FILE *f = fopen(at("h.mat"), "rb");
  size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  refused_bytes(bytes, n / 2, "a.mat|copy the file again", "a.mat");
  refused_bytes(bytes, 600, "a.mat|copy the file again", "a.mat");
}

Test(sbnn_mat, variables_that_are_missing_or_wrong) {
  static char bytes[1 << 13];
  static const double gap[] = {1, 2, 0, 0, NAN, 6}, negative[] = {1, 2, 0, 0, -5, 6};
  static const char *const twice[] = {"c1", "c2", "c1"}, *const empty[] = {"c1", "", "c3"};
  const struct {
    const double *x;
    const char *const *cells;
    size_t n_cells;
    const char *const *genes;
    const char *parts, *path;
  } list[] = {
      {NULL, three, 3, two, "a.mat|no matrix of numbers|cells (3), genes (2)", NULL},
      {good, NULL, 0, two, "a.mat|names of its cells are missing|X (3 x 2)", NULL},
      {good, three, 3, NULL, "a.mat|names of its genes are missing", NULL},
      {good, NULL, 0, NULL, "a.mat|list of its genes is missing|beside it", NULL},
      {good, three, 2, two, "a.mat, variable 'X'|3 x 2|'cells' 2", NULL},
      {good, twice, 3, two, "a.mat, variable 'cells'|'c1'|at positions 1 and 3", NULL},
      {good, empty, 3, two, "a.mat|number 2 of its variable 'cells'|not a name", NULL},
      {gap, three, 3, two, "a.mat, variable 'X', row 2, column 2 (from 1)|NaN", NULL},
      {negative, three, 3, two, "a.mat|gene 'g2'|cell 'c2'|-5|--x-transform none", NULL},
      {good, three, 3, two, "a.mat|no variable 'T'|X (3 x 2)", "a.mat:T"},
      {good, three, 3, two, "a.mat|'genes' is not a matrix", "a.mat:genes"},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    size_t n = write_small(at("a.mat"), list[i].x, list[i].cells, list[i].n_cells, list[i].genes, bytes);
    refused_bytes(bytes, n, list[i].parts, list[i].path ? list[i].path : "a.mat");
  }
}

#else

Test(sbnn_mat, without_matio) {
  cr_skip_test("libmatio, which writes what these read, is not here, or this build has no libhdf5");
}

#endif
