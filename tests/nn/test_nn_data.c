/* Named columns, and standardization fitted on some of the rows. */
#include "test_nn.h"

Test(nn_data, columns) {
  nn_data *d;
  float x[6] = {0};
  tn_view v;
  OK(nn_data_new(NULL, &d));
  cr_assert_eq(nn_data_rows(d), 0);
  OK(nn_data_add(d, "x", tn_matrix(x, TN_F32, 3, 2)));
  cr_assert_eq(nn_data_add(d, "y", tn_matrix(x, TN_F32, 2, 3)), TN_ESHAPE);
  cr_assert_eq(nn_data_add(d, "y", tn_scalar(x, TN_F32)), TN_ESHAPE);
  cr_assert_eq(nn_data_add(d, "x", tn_matrix(x, TN_F32, 3, 2)), TN_EINVAL);
  cr_assert_eq(nn_data_rows(d), 3);
  cr_assert(nn_data_column(d, "x", &v) && v.data == x);
  cr_assert(!nn_data_column(d, "y", &v));
  nn_data_free(d);
}

Test(nn_data, standardize) {
  /* Rows 0 and 2 are fitted; 0.1 summed and divided would not be 0.1 again. */
  double x[4][3] = {{1, 0.1, 5}, {9, 9, 9}, {3, 0.1, -5}, {5, 7, 0}}, mean[3], sd[3];
  float y[4][3];
  tn_view f64 = tn_matrix(x, TN_F64, 4, 3), f32 = tn_matrix(y, TN_F32, 4, 3);
  nn_split rows = {(int64_t[]){0, 2}, 2};
  tn_copy(f32, f64);
  nn_standardize_fit(f64, rows, mean, sd);
  cr_assert_float_eq(mean[0], 2, 1e-15);
  cr_assert_eq(mean[1], 0.1);
  cr_assert_eq(sd[1], 0);
  cr_assert_float_eq(sd[0], 1, 1e-15);
  cr_assert_float_eq(sd[2], 5, 1e-15);
  nn_standardize_apply(f64, mean, sd);
  nn_standardize_apply(f32, mean, sd);
  cr_assert_float_eq(x[3][0], 3, 1e-15);
  cr_assert_eq(x[3][1], 0);
  cr_assert_float_eq(y[3][0], 3, 1e-6);
  double c[6] = {1, 2, 3, 4, 5, 6}; /* a transposed view: strides are honoured */
  tn_view t = tn_view_permute(tn_matrix(c, TN_F64, 2, 3), (int[]){1, 0});
  nn_standardize_fit(t, (nn_split){0}, mean, sd);
  cr_assert_float_eq(mean[1], 5, 1e-15);
}

/* Each row is tested once and trained on by all other folds. */
static void check_folds(const nn_folds *f) {
  int64_t rows[64], tested[64] = {0}, trained[64] = {0};
  for (int64_t k = 0; k < f->n_folds; k++) {
    nn_split test = nn_fold_test(f, k), train = nn_fold_train(f, k, rows);
    cr_assert_eq(test.n + train.n, f->n_rows);
    cr_assert(test.n == f->n_rows / f->n_folds || test.n == f->n_rows / f->n_folds + 1);
    for (int64_t i = 0; i < test.n; i++) tested[test.rows[i]]++;
    for (int64_t i = 0; i < train.n; i++) trained[train.rows[i]]++;
  }
  for (int64_t i = 0; i < f->n_rows; i++) {
    cr_expect_eq(tested[i], 1);
    cr_expect_eq(trained[i], f->n_folds - 1);
  }
}

Test(nn_data, folds) {
  nn_folds f, g;
  OK(nn_folds_new(NULL, 23, 5, NULL, 7, &f));
  check_folds(&f);
  OK(nn_folds_new(NULL, 23, 5, f.order, 0, &g)); /* a given order is kept */
  cr_expect_eq(memcmp(f.order, g.order, 23 * sizeof *f.order), 0);
  cr_expect_eq(nn_fold_test(&f, 5).n, 0);
  nn_folds_free(&g);
  f.order[3] = f.order[4];
  cr_expect_eq(nn_folds_new(NULL, 23, 5, f.order, 0, &g), TN_EINVAL);
  cr_expect_null(g.order);
  cr_expect_eq(nn_folds_new(NULL, 4, 5, NULL, 0, &g), TN_EINVAL);
  cr_expect_eq(nn_folds_new(NULL, 4, 1, NULL, 0, &g), TN_EINVAL);
  nn_folds_free(&f);
}

Test(nn_data, stratified_folds) {
  int32_t class[41];
  int64_t n = 41, counts[3][4] = {{0}};
  for (int i = 0; i < 41; i++) class[i] = i < 22 ? 0 : i < 34 ? 1 : 2; /* 22, 12, 7 */
  nn_folds f;
  OK(nn_folds_stratified(NULL, tn_view_of(class, TN_I32, 1, &n), 4, 1, &f));
  check_folds(&f);
  for (int64_t k = 0; k < 4; k++) {
    nn_split test = nn_fold_test(&f, k);
    for (int64_t i = 0; i < test.n; i++) counts[class[test.rows[i]]][k]++;
  }
  const int64_t sizes[] = {22, 12, 7};
  for (int c = 0; c < 3; c++)
    for (int k = 0; k < 4; k++) cr_expect(counts[c][k] == sizes[c] / 4 || counts[c][k] == sizes[c] / 4 + 1);
  nn_folds_free(&f);
  double x[41] = {0};
  cr_expect_eq(nn_folds_stratified(NULL, tn_view_of(x, TN_F64, 1, &n), 4, 1, &f), TN_ETYPE);
  cr_expect_eq(nn_folds_stratified(NULL, tn_matrix(class, TN_I32, 41, 1), 4, 1, &f), TN_ESHAPE);
}

Test(nn_data, folds_of_groups) {
  enum { ROWS = 60 };
  int64_t n = ROWS, group[ROWS], rows[ROWS];
  for (int64_t i = 0; i < ROWS; i++) group[i] = i % 13 * (i % 13) - 40;
  nn_folds f;
  OK(nn_folds_grouped(NULL, tn_view_of(group, TN_I64, 1, &n), 4, 1, &f));
  int64_t times[ROWS] = {0};
  for (int64_t k = 0; k < 4; k++) {
    const nn_split test = nn_fold_test(&f, k), train = nn_fold_train(&f, k, rows);
    cr_expect(test.n >= 13 && test.n <= 18, "%d", (int)test.n);
    for (int64_t i = 0; i < test.n; i++) {
      times[test.rows[i]]++;
      for (int64_t j = 0; j < train.n; j++) cr_expect_neq(group[test.rows[i]], group[train.rows[j]]);
    }
  }
  for (int64_t i = 0; i < ROWS; i++) cr_expect_eq(times[i], 1);
  nn_folds_free(&f);
  cr_expect_eq(nn_folds_grouped(NULL, tn_view_of(group, TN_I64, 1, &n), 14, 1, &f), TN_EINVAL);
  cr_expect_null(f.order);
}

/* Classes and groups of each integer type, and every other element of memory. */
Test(nn_data, folds_of_any_integer_type) {
  static const tn_dtype types[] = {TN_I64, TN_I32, TN_U8};
  enum { ROWS = 24 };
  int64_t memory[2 * ROWS], first[2][ROWS];
  for (int k = 0; k < 3; k++) {
    tn_view v = tn_view_slice(tn_view_of(memory, types[k], 1, (int64_t[]){2 * ROWS}), 0, 1, 2, ROWS);
    for (int64_t i = 0; i < ROWS; i++) tn_set(&v, i, (double)(i % 7));
    for (int grouped = 0; grouped < 2; grouped++) {
      nn_folds f;
      OK(grouped ? nn_folds_grouped(NULL, v, 3, 5, &f) : nn_folds_stratified(NULL, v, 3, 5, &f));
      if (k == 0) memcpy(first[grouped], f.order, sizeof first[grouped]);
      cr_expect_eq(memcmp(first[grouped], f.order, sizeof first[grouped]), 0, "%s", tn_dtype_name(types[k]));
      nn_folds_free(&f);
    }
  }
}

Test(nn_data, wrong_folds) {
  int64_t order[4] = {0, 1, 2, 3}, n = 4, rows[4];
  double x[4] = {0};
  nn_folds f = {.n_rows = 7};
  tn_view v = tn_view_of(order, TN_I64, 1, &n);
  cr_expect_eq(nn_folds_new(NULL, 4, 2, NULL, 0, NULL), TN_EINVAL);
  cr_expect_eq(nn_folds_stratified(NULL, v, 2, 0, NULL), TN_EINVAL);
  cr_expect_eq(nn_folds_grouped(NULL, v, 2, 0, NULL), TN_EINVAL);
  cr_expect_eq(nn_folds_new(NULL, (int64_t)UINT32_MAX + 1, 2, NULL, 0, &f), TN_EINVAL);
  cr_expect_eq(f.n_rows, 0, "folds that failed are all zero");
  cr_expect_eq(nn_folds_stratified(NULL, v, 5, 0, &f), TN_EINVAL);
  cr_expect_eq(nn_folds_grouped(NULL, v, 5, 0, &f), TN_EINVAL);
  cr_expect_eq(nn_folds_stratified(NULL, tn_view_of(x, TN_F32, 1, &n), 2, 0, &f), TN_ETYPE);
  cr_expect_eq(nn_folds_grouped(NULL, tn_view_of(x, TN_F32, 1, &n), 2, 0, &f), TN_ETYPE);
  cr_expect_eq(nn_folds_grouped(NULL, tn_view_of(x, TN_F64, 1, &n), 2, 0, &f), TN_ETYPE);
  cr_expect_eq(nn_folds_grouped(NULL, tn_matrix(order, TN_I64, 2, 2), 2, 0, &f), TN_ESHAPE);
  for (int i = 0; i < 3; i++) {
    order[2] = (const int64_t[]){-1, 4, 0}[i];
    cr_expect_eq(nn_folds_new(NULL, 4, 2, order, 0, &f), TN_EINVAL, "%d is no row, or one twice",
                 (int)order[2]);
  }
  cr_expect_eq(nn_fold_test(&f, 0).n, 0);
  cr_expect_eq(nn_fold_test(NULL, 0).n, 0);
  OK(nn_folds_new(NULL, 4, 2, NULL, 0, &f));
  cr_expect_eq(nn_fold_train(&f, 2, rows).n, 0);
  cr_expect_eq(nn_fold_test(&f, -1).n, 0);
  nn_folds_free(&f);
  nn_folds_free(NULL);
}

/* Whole numbers are standardized as their doubles, and cut to whole numbers again; no rows: all zero. */
Test(nn_data, standardize_integers_and_nothing) {
  int32_t x[] = {10, 1, 30, 1, 50, 1};
  double mean[2], sd[2];
  nn_standardize_fit(tn_matrix(x, TN_I32, 3, 2), (nn_split){0}, mean, sd);
  cr_expect(mean[0] == 30 && mean[1] == 1 && sd[1] == 0);
  cr_expect_float_eq(sd[0], sqrt(800.0 / 3), 1e-13);
  nn_standardize_apply(tn_matrix(x, TN_I32, 3, 2), mean, sd);
  cr_expect(x[0] == -1 && x[2] == 0 && x[4] == 1 && x[5] == 0);
  nn_standardize_fit(tn_matrix(x, TN_I32, 3, 2), (nn_split){(int64_t[]){0}, 0}, mean, sd);
  cr_expect(mean[0] == 0 && sd[0] == 0);
}
