/* test_sbnn_hdf5_layouts.c - odd but valid AnnData files, and some that are not, read for counts, for responses and for labels: which
 * matrix and which names are taken, or what the sentence is. */
#include "test_sbnn_data.h"

#if NABLA_HDF5

#include "hdf5_told.h"

TestSuite(sbnn_hdf5_layouts, .init = make_root, .fini = remove_root, .timeout = 300);

/* ---- genes ---- */

static void symbols(hid_t f) { put_texts(f, "var/symbol", 2, (const char *const[]){"A", ""}); }
static void too_many_symbols(hid_t f) { put_texts(f, "var/symbol", 3, (const char *const[]){"A", "B", "C"}); }
static void flat_symbols(hid_t f) { put_dense(f, "var/symbol", 2, 3, six); }
static void ensembl(hid_t f) {
  drop(f, "var");
  put_frame(f, "var", 2, (const char *const[]){"ENSG00000123456", "ENSMUSG00000123457"});
}
static void ensembl_and_names(hid_t f) {
  ensembl(f);
  put_texts(f, "var/Gene_Symbol", 2, (const char *const[]){"A", "B"});
}
static void hardly_ensembl(hid_t f) {
  drop(f, "var");
  put_frame(f, "var", 2, (const char *const[]){"ENSG0000x", "ENS"});
  put_texts(f, "var/gene_name", 2, (const char *const[]){"A", "B"});
}
static void numbers_as_names(hid_t f) { put_doubles(f, "var/symbol", 2, (double[]){7, 2.5}); }
static void types(hid_t f) {
  put_texts(f, "var/feature_types", 2, (const char *const[]){"Gene Expression", "Antibody Capture"});
}
static void other_types(hid_t f) {
  put_texts(f, "var/feature_types", 2, (const char *const[]){"Peaks", "Peaks"});
}

Test(sbnn_hdf5_layouts, genes) {
  static const file list[] = {
      {nothing, COUNTS, NULL, NULL, GOOD},
      {symbols, COUNTS, NULL, NULL, GOOD},
      {symbols, COUNTS, NULL, "symbol", "c1 c2 c3 | A g2 | 1 0 3 5 0 1 "},
      {symbols, COUNTS, NULL, "var/symbol", "c1 c2 c3 | A g2 | 1 0 3 5 0 1 "},
      {symbols, COUNTS, NULL, "index", GOOD},
      {symbols, COUNTS, NULL, "none", "!a.h5: --gene-names: var has no column 'none'|for example, 'symbol'"},
      {nothing, COUNTS, NULL, "none", "!var has no column 'none'|for example, '_index'"},
      {too_many_symbols, COUNTS, NULL, "symbol",
       "!var is damaged: a column and the names of the rows differ"},
      {flat_symbols, COUNTS, NULL, "symbol", "!--gene-names: var has no column 'symbol'"},
      {numbers_as_names, COUNTS, NULL, "symbol", "c1 c2 c3 | 7 2.5 | 1 0 3 5 0 1 "},
      {ensembl, COUNTS, NULL, NULL, "c1 c2 c3 | ENSG00000123456 ENSMUSG00000123457 | 1 0 3 5 0 1 "},
      {ensembl_and_names, COUNTS, NULL, NULL, "c1 c2 c3 | A B | 1 0 3 5 0 1 "},
      {hardly_ensembl, COUNTS, NULL, NULL, "c1 c2 c3 | ENSG0000x ENS | 1 0 3 5 0 1 "},
      {types, COUNTS, NULL, NULL, "c1 c2 c3 | g1 | 1 3 0 "},
      {types, RESPONSES, NULL, NULL, "c1 c2 c3 | g2 | 0 5 1 "},
      {other_types, COUNTS, NULL, NULL, GOOD},
      {other_types, RESPONSES, NULL, NULL, "!there are no responses in it|of the type 'Antibody Capture'"},
  };
  CHECK_FILES(list);
}

/* ---- matrices ---- */

static void raw(hid_t f) {
  put_group(f, "raw");
  put_frame(f, "raw/var", 1, (const char *const[]){"r1"});
  put_dense(f, "raw/X", 3, 1, six);
}
static void layer(hid_t f) { put_dense(f, "layers/counts", 3, 2, six); }
static void zeros_and_disorder(hid_t f) {
  drop(f, "X/data");
  put_doubles(f, "X/data", 4, (double[]){0, 5, 3, 1});
  drop(f, "X/indices");
  put_ints(f, "X/indices", 4, (int64_t[]){0, 1, 0, 1});
}
static void gap(hid_t f) {
  drop(f, "X/data");
  put_doubles(f, "X/data", 4, (double[]){1, 3, NAN, 1});
}
static void by_columns(hid_t f) {
  H5Adelete_by_name(f, "X", "encoding-type", H5P_DEFAULT);
  say(f, "X", "encoding-type", "csc_matrix");
  drop(f, "X/indptr");
  put_ints(f, "X/indptr", 3, (int64_t[]){0, 2, 4});
  drop(f, "X/indices");
  put_ints(f, "X/indices", 4, (int64_t[]){0, 1, 1, 2});
}
static void gap_by_columns(hid_t f) {
  by_columns(f);
  gap(f);
}
static void twice_by_columns(hid_t f) {
  by_columns(f);
  drop(f, "X/indices");
  put_ints(f, "X/indices", 4, (int64_t[]){0, 1, 1, 1});
}
static void old_sparse(hid_t f) {
  H5Adelete_by_name(f, "X", "encoding-type", H5P_DEFAULT);
  say(f, "X", "h5sparse_format", "csr");
  H5Adelete_by_name(f, "X", "shape", H5P_DEFAULT);
  put_ints(f, "X/shape", 2, (int64_t[]){3, 2});
}
static void shape_of_three(hid_t f) {
  H5Adelete_by_name(f, "X", "shape", H5P_DEFAULT);
  put_ints(f, "X/shape", 3, (int64_t[]){3, 2, 1});
}
static void shape_of_text(hid_t f) {
  H5Adelete_by_name(f, "X", "shape", H5P_DEFAULT);
  put_texts(f, "X/shape", 2, (const char *const[]){"3", "2"});
}
static void broken_shape(hid_t f) {
  H5Adelete_by_name(f, "X", "shape", H5P_DEFAULT);
  put_doubles(f, "X/shape", 2, (double[]){3, 1.5});
}
static void null_matrix(hid_t f) {
  H5Adelete_by_name(f, "X", "encoding-type", H5P_DEFAULT);
  say(f, "X", "encoding-type", "null");
}
static void no_starts(hid_t f) { drop(f, "X/indptr"); }
static void no_data(hid_t f) { drop(f, "X/data"); }
static void starts_of_floats(hid_t f) {
  drop(f, "X/indptr");
  put_doubles(f, "X/indptr", 4, (double[]){0, 1, 3, 4});
}
static void values_in_a_square(hid_t f) {
  drop(f, "X/data");
  put_dense(f, "X/data", 2, 2, six);
}
static void all_zero(hid_t f) {
  drop(f, "X");
  put_dense(f, "X", 3, 2, (double[6]){0});
}
static void no_cells(hid_t f) {
  drop(f, "obs");
  put_frame(f, "obs", 0, NULL);
  drop(f, "X");
  put_dense(f, "X", 0, 2, NULL);
}
static void one_gene_in_a_list(hid_t f) {
  drop(f, "var");
  put_frame(f, "var", 1, (const char *const[]){"g1"});
  drop(f, "X");
  put_doubles(f, "X", 3, six);
}
static void truths(hid_t f) {
  const signed char no = 0, yes = 1, v[6] = {1, 0, 0, 1, 1, 0};
  hid_t type = H5Tenum_create(H5T_STD_I8LE);
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  drop(f, "X");
  put(f, "X", type, 2, (hsize_t[]){3, 2}, H5P_DEFAULT, v);
  H5Tclose(type);
}

Test(sbnn_hdf5_layouts, matrices) {
  static const file list[] = {
      {raw, COUNTS, NULL, NULL, "c1 c2 c3 | r1 | 1 2 3 "},
      {raw, COUNTS, "raw", NULL, "c1 c2 c3 | r1 | 1 2 3 "},
      {raw, COUNTS, "X", NULL, GOOD},
      {raw, NORMALISED, NULL, NULL, GOOD},
      {layer, COUNTS, "counts", NULL, "c1 c2 c3 | g1 g2 | 1 2 3 4 5 6 "},
      {layer, COUNTS, "none", NULL, "!a.h5: there is no matrix 'none' in it|sbnn inspect"},
      {zeros_and_disorder, COUNTS, NULL, NULL, "c1 c2 c3 | g1 g2 | 0 0 3 5 0 1 "},
      {gap, COUNTS, "X", NULL, "!X, row 1, column 1 (from 0): a missing value (NaN)"},
      {by_columns, COUNTS, NULL, NULL, "c1 c2 c3 | g1 g2 | 1 0 3 5 0 1 "},
      {by_columns, ALONE, NULL, NULL, "c1 c2 c3 | g1 g2 | 1 0 3 5 0 1 "},
      {gap_by_columns, COUNTS, "X", NULL, "!X, row 1, column 1 (from 0): a missing value (NaN)"},
      {twice_by_columns, COUNTS, "X", NULL, "!X, row 1, column 1 (from 0): the place has two values"},
      {old_sparse, COUNTS, NULL, NULL, GOOD},
      {shape_of_three, COUNTS, NULL, NULL, "!X is damaged: it has no shape"},
      {shape_of_text, COUNTS, NULL, NULL, "!X/shape is not a list of numbers"},
      {broken_shape, COUNTS, NULL, NULL, "!X is damaged: its shape is invalid"},
      {null_matrix, COUNTS, NULL, NULL, "!there is no matrix X in it"},
      {no_starts, COUNTS, NULL, NULL, "!there is no matrix X in it"},
      {no_data, COUNTS, NULL, NULL, "!there is no matrix X in it"},
      {starts_of_floats, COUNTS, NULL, NULL, "!X is damaged: the parts of the sparse matrix do not fit"},
      {values_in_a_square, COUNTS, NULL, NULL, "!X/data is not a list of numbers"},
      {all_zero, COUNTS, NULL, NULL, "!no matrix in it holds counts|X (all 0)"},
      {all_zero, COUNTS, "X", NULL, "c1 c2 c3 | g1 g2 | 0 0 0 0 0 0 "},
      {no_cells, COUNTS, "X", NULL, "!X is empty: 0 cells, 2 features"},
      {one_gene_in_a_list, COUNTS, NULL, NULL, "c1 c2 c3 | g1 | 1 2 3 "},
      {truths, COUNTS, NULL, NULL, "c1 c2 c3 | g1 g2 | 1 0 0 1 1 0 "},
  };
  CHECK_FILES(list);
}

/* ---- responses ---- */

static void obsm(hid_t f) {
  put_group(f, "obsm");
  put_group(f, "uns");
}
static void two_arrays(hid_t f) {
  obsm(f);
  put_dense(f, "obsm/a", 3, 2, six);
  put_dense(f, "obsm/b", 3, 2, six);
}
static void usual_name(hid_t f) {
  two_arrays(f);
  put_dense(f, "obsm/Proteins", 3, 1, six);
}
static void embeddings(hid_t f) {
  static const char *const names[] = {"obsm/X_pca", "obsm/_scvi_extra", "obsm/sbnn_prediction", "obsm/srrr_z",
                                      "obsm/Spatial"};
  obsm(f);
  for (size_t i = 0; i < 5; i++) put_dense(f, names[i], 3, 2, six);
  put_group(f, "obsm/neither");
}
static void array(hid_t f) {
  obsm(f);
  put_dense(f, "obsm/prot", 3, 2, six);
}
static void named_array(hid_t f) {
  array(f);
  put_group(f, "uns/prot");
  put_texts(f, "uns/prot/names", 2, (const char *const[]){"CD3", "CD4"});
  put_texts(f, "uns/prot_names", 1, (const char *const[]){"CD3"}); /* too few: not they */
}
static void frame_in_obsm(hid_t f) {
  obsm(f);
  put_frame(f, "obsm/prot", 3, (const char *const[]){"c1", "c2", "c3"});
  put_doubles(f, "obsm/prot/CD3", 3, six);
  put_texts(f, "obsm/prot/note", 3, (const char *const[]){"x", "y", "z"});
}
static void columns(hid_t f) {
  const signed char mask[] = {0, 1, 0};
  put_doubles(f, "obs/e1", 3, six);
  put_doubles(f, "obs/e2", 3, six + 3);
  put_group(f, "obs/e3");
  put_ints(f, "obs/e3/values", 3, (int64_t[]){7, 8, 9});
  put_list(f, "obs/e3/mask", H5T_NATIVE_SCHAR, 3, mask);
}
static void short_mask(hid_t f) {
  const signed char mask[] = {0, 1};
  put_group(f, "obs/e3");
  put_ints(f, "obs/e3/values", 3, (int64_t[]){7, 8, 9});
  put_list(f, "obs/e3/mask", H5T_NATIVE_SCHAR, 2, mask);
}
static void short_column(hid_t f) { put_doubles(f, "obs/e1", 2, six); }
static void wide_obsm(hid_t f) {
  hsize_t chunk[2] = {3, 1000};
  hid_t how = chunked(2, chunk, H5Z_FILTER_DEFLATE);
  obsm(f);
  double *v = calloc(3 * 100001, sizeof *v);
  put(f, "obsm/wide", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){3, 100001}, how, v);
  free(v);
  H5Pclose(how);
}

Test(sbnn_hdf5_layouts, responses) {
  static const file list[] = {
      {nothing, RESPONSES, NULL, NULL, "!there are no responses in it: nothing in obsm but embeddings"},
      {nothing, ALONE, NULL, NULL, GOOD},
      {two_arrays, RESPONSES, NULL, NULL, "!which are the responses: obsm/a, obsm/b?"},
      {two_arrays, RESPONSES, "obsm/b", NULL, "c1 c2 c3 | b_1 b_2 | 1 2 3 4 5 6 "},
      {two_arrays, RESPONSES, "a", NULL, "c1 c2 c3 | a_1 a_2 | 1 2 3 4 5 6 "},
      {two_arrays, RESPONSES, "obsm/c", NULL, "!there are no responses 'obsm/c' in it"},
      {usual_name, RESPONSES, NULL, NULL, "c1 c2 c3 | Proteins_1 | 1 2 3 "},
      {embeddings, RESPONSES, NULL, NULL, "!there are no responses in it: nothing in obsm but embeddings"},
      {embeddings, RESPONSES, "obsm/neither", NULL, "!there are no responses 'obsm/neither' in it"},
      {array, RESPONSES, NULL, NULL, "c1 c2 c3 | prot_1 prot_2 | 1 2 3 4 5 6 "},
      {named_array, RESPONSES, NULL, NULL, "c1 c2 c3 | CD3 CD4 | 1 2 3 4 5 6 "},
      {frame_in_obsm, RESPONSES, NULL, NULL, "c1 c2 c3 | CD3 | 1 2 3 "},
      {columns, RESPONSES, "obs/e*", NULL, "c1 c2 c3 | e1 e2 e3 | 1 4 7 2 5 NA 3 6 9 "},
      {columns, RESPONSES, "obs/e2", NULL, "c1 c2 c3 | e2 | 4 5 6 "},
      {columns, RESPONSES, "obs/kind", NULL, "!obs/kind holds no numbers"},
      {columns, RESPONSES, "obs/f*", NULL, "!no column of numbers in obs matches 'f*'"},
      {short_mask, RESPONSES, "obs/e3", NULL, "!obs/e3/mask is damaged: it and the values differ in length"},
      {short_column, RESPONSES, "obs/e1", NULL,
       "!obs/e1 is damaged: a column and the names of the rows differ"},
      {wide_obsm, RESPONSES, NULL, NULL, "!obsm/wide is damaged: it has more than 100000 columns"},
  };
  CHECK_FILES(list);
}

/* ---- labels ---- */

static void code_beyond(hid_t f) {
  drop(f, "obs/kind/codes");
  put_ints(f, "obs/kind/codes", 3, (int64_t[]){0, 2, 0});
}
static void square_codes(hid_t f) {
  drop(f, "obs/kind/codes");
  put(f, "obs/kind/codes", H5T_NATIVE_INT64, 2, (hsize_t[]){3, 2}, H5P_DEFAULT, (int64_t[6]){0});
}
static void colors(hid_t f) {
  put_group(f, "uns");
  put_texts(f, "uns/kind_colors", 2, (const char *const[]){"#112233ff", "red"});
  drop(f, "obs/kind/codes");
  put_ints(f, "obs/kind/codes", 3, (int64_t[]){0, 1, -1});
}
static void too_few_colors(hid_t f) {
  put_group(f, "uns");
  put_texts(f, "uns/kind_colors", 1, (const char *const[]){"#112233"});
}
static void odd_colors(hid_t f) {
  put_group(f, "uns");
  put_texts(f, "uns/kind_colors", 2, (const char *const[]){"#11223g", "#12345"});
}
static void colors_of_numbers(hid_t f) {
  put_group(f, "uns");
  put_texts(f, "uns/n_colors", 2, (const char *const[]){"#112233", "#112233"});
  put_doubles(f, "obs/n", 3, (double[]){1, 2.5, NAN});
}
static void truth_column(hid_t f) {
  const signed char no = 0, yes = 1, v[3] = {1, 0, 1}, mask[] = {0, 0, 1};
  hid_t type = H5Tenum_create(H5T_STD_I8LE);
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  drop(f, "obs/kind");
  put_group(f, "obs/flag");
  put_list(f, "obs/flag/values", type, 3, v);
  put_list(f, "obs/flag/mask", type, 3, mask);
  H5Tclose(type);
}
static void square_column(hid_t f) { put_dense(f, "obs/square", 3, 2, six); }
static void twice(hid_t f) {
  drop(f, "obs/_index");
  put_texts(f, "obs/_index", 3, (const char *const[]){"c1", "c2", "c1"});
}
static void no_text(hid_t f) { drop(f, "obs/kind"); }
static void short_texts(hid_t f) { put_texts(f, "obs/other", 2, (const char *const[]){"x", "y"}); }
static void order(hid_t f) {
  const char *const names[] = {"other", "kind", "other", "gone"};
  hid_t type = text_type(), space = H5Screate_simple(1, &(hsize_t){4}, NULL),
        a = H5Acreate_by_name(f, "obs", "column-order", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  put_texts(f, "obs/other", 3, (const char *const[]){"x", "y", "z"});
  cr_assert(H5Awrite(a, type, names) >= 0);
  H5Aclose(a);
  H5Sclose(space);
  H5Tclose(type);
}
static void added_before(hid_t f) { put_texts(f, "obs/sbnn_fold", 3, (const char *const[]){"x", "y", "z"}); }

Test(sbnn_hdf5_layouts, labels) {
  static const file list[] = {
      {nothing, LABELS, NULL, NULL, "c1 c2 c3 | kind | A B A "},
      {nothing, LABELS, "obs/kind", NULL, "c1 c2 c3 | kind | A B A "},
      {nothing, LABELS, "kind", NULL, "c1 c2 c3 | kind | A B A "},
      {nothing, LABELS, "obs/kin", NULL, "!there is no column 'kin' in obs"},
      {nothing, LABELS, "obs/kind,none", NULL, "!there is no column 'none' in obs"},
      {order, LABELS, NULL, NULL, "c1 c2 c3 | other kind | x A y B z A "},
      {order, LABELS, "obs/kind,other", NULL, "c1 c2 c3 | other kind | x A y B z A "},
      {added_before, LABELS, NULL, NULL, "c1 c2 c3 | kind | A B A "},
      {code_beyond, LABELS, NULL, NULL, "!obs/kind/codes is damaged: a code has no category"},
      {square_codes, LABELS, "obs/kind", NULL, "!there is no column 'kind' in obs"},
      {colors, LABELS, NULL, NULL, "c1 c2 c3 | kind kind_color | A #112233 B - - - "},
      {too_few_colors, LABELS, NULL, NULL, "c1 c2 c3 | kind | A B A "},
      {odd_colors, LABELS, NULL, NULL, "c1 c2 c3 | kind kind_color | A - B - A - "},
      {colors_of_numbers, LABELS, "obs/n", NULL, "c1 c2 c3 | n | 1 2.5 - "},
      {truth_column, LABELS, NULL, NULL, "c1 c2 c3 | flag | True False - "},
      {square_column, LABELS, NULL, NULL, "c1 c2 c3 | kind | A B A "},
      {square_column, LABELS, "obs/square", NULL, "!there is no column 'square' in obs"},
      {twice, LABELS, NULL, NULL,
       "c1 c2 c1 | kind | A B A obs: the name 'c1' occurs twice, at positions 1 and 3; make it unique"},
      {no_text, LABELS, NULL, NULL, "!obs has no columns of text, so there are no labels"},
      {short_texts, LABELS, NULL, NULL, "!other is damaged: a column and the names of the rows differ"},
  };
  CHECK_FILES(list);
}

#else

Test(sbnn_hdf5_layouts, without) { cr_skip_test("SKIPPED: built without libhdf5"); }

#endif
