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
