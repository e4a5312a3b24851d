/* Measures of whole predictions, against values of scikit-learn's definitions worked out by hand. */
#include "test_nn.h"

static tn_view column(void *data, tn_dtype dtype, int64_t n) { return tn_view_of(data, dtype, 1, &n); }

Test(nn_scores, classes) {
  int32_t truth[] = {0, 1, 2, 2, 1, 0, 2, 2}, guess[] = {0, 2, 2, 2, 1, 1, 0, 2};
  int64_t counts[9];
  OK(nn_confusion(column(truth, TN_I32, 8), column(guess, TN_I32, 8), 3, counts));
  const int64_t expected[] = {1, 1, 0, 0, 1, 1, 1, 0, 3};
  for (int i = 0; i < 9; i++) cr_assert_eq(counts[i], expected[i]);
  nn_class_scores two = nn_scores_of_class(counts, 3, 2), all = nn_scores_macro(counts, 3);
  cr_assert_float_eq(two.precision, 3.0 / 4, 1e-15);
  cr_assert_float_eq(two.recall, 3.0 / 4, 1e-15);
  cr_assert_float_eq(two.f1, 3.0 / 4, 1e-15);
  cr_assert_eq(two.support, 4);
  cr_assert_float_eq(all.precision, (0.5 + 0.5 + 0.75) / 3, 1e-15);
  cr_assert_float_eq(all.f1, (0.5 + 0.5 + 0.75) / 3, 1e-15);
  cr_assert_float_eq(nn_scores_accuracy(counts, 3), 5.0 / 8, 1e-15);
  guess[3] = 3;
  cr_assert_eq(nn_confusion(column(truth, TN_I32, 8), column(guess, TN_I32, 8), 3, counts), TN_EINVAL);
  cr_assert_eq(nn_confusion(column(truth, TN_I32, 8), column(guess, TN_I32, 7), 3, counts), TN_ESHAPE);
  int64_t none[4] = {3, 0, 0, 0}; /* a class that is neither there nor guessed */
  cr_assert_eq(nn_scores_of_class(none, 2, 1).f1, 0);
}

Test(nn_scores, top_k) {
  int64_t truth[] = {2, 0, 1};
  float scores[3][3] = {{0.1F, 0.5F, 0.4F}, {0.2F, 0.2F, 0.1F}, {0.9F, 0.05F, 0.05F}};
  double share;
  const double expected[] = {1.0 / 3, 1, 1};
  for (int64_t k = 1; k <= 3; k++) {
    OK(nn_top_k(column(truth, TN_I64, 3), tn_matrix(scores, TN_F32, 3, 3), k, &share));
    cr_assert_float_eq(share, expected[k - 1], 1e-15, "%d: %g", (int)k, share);
  }
  cr_assert_eq(nn_top_k(column(truth, TN_I64, 3), tn_matrix(scores, TN_F32, 3, 3), 0, &share), TN_EINVAL);
}

Test(nn_scores, area) {
  unsigned char labels[] = {0, 0, 1, 1, 0, 1};
  double scores[] = {0.1, 0.4, 0.35, 0.8, 0.4, 0.4}, area;
  OK(nn_auc(column(labels, TN_U8, 6), column(scores, TN_F64, 6), &area));
  /* pairs of (1, 0): 0.35 beats 0.1; 0.8 beats all three; 0.4 beats 0.1 and ties twice */
  cr_assert_float_eq(area, (1 + 3 + 1 + 0.5 + 0.5) / 9, 1e-15);
  for (int i = 0; i < 6; i++) labels[i] = 1;
  OK(nn_auc(column(labels, TN_U8, 6), column(scores, TN_F64, 6), &area));
  cr_assert(isnan(area));
  labels[2] = 2;
  cr_assert_eq(nn_auc(column(labels, TN_U8, 6), column(scores, TN_F64, 6), &area), TN_EINVAL);
}

Test(nn_scores, numbers) {
  double y[] = {3, -0.5, 2, 7}, f[] = {2.5, 0, 2, 8};
  nn_regression_scores s;
  OK(nn_scores_of_numbers(column(y, TN_F64, 4), column(f, TN_F64, 4), &s));
  cr_assert_float_eq(s.mae, 0.5, 1e-15);
  cr_assert_float_eq(s.mse, 0.375, 1e-15);
  cr_assert_float_eq(s.rmse, sqrt(0.375), 1e-15);
  cr_assert_float_eq(s.r2, 0.9486081370449679, 1e-14); /* the example of scikit-learn's documentation */
  cr_assert_eq(nn_scores_of_numbers(column(y, TN_F64, 4), column(f, TN_F64, 3), &s), TN_ESHAPE);
}

Test(nn_scores, neighbours) {
  /* Two groups on a line, one point of the second among the first; the last has no label. */
  float z[] = {0, 1, 2, 2.4f, 10, 11, 12, 0.5f};
  int32_t label[] = {0, 0, 0, 1, 1, 1, 1, -1};
  double accuracy = -1;
  tn_view points = tn_matrix(z, TN_F32, 8, 1), labels = column(label, TN_I32, 8);
  OK(nn_neighbour_accuracy(points, labels, 2, 3, &accuracy));
  cr_assert_float_eq(accuracy, 6.0 / 7, 1e-15);
  OK(nn_neighbour_accuracy(points, labels, 2, 100, &accuracy)); /* all others: a tie for label 1 */
  cr_assert_float_eq(accuracy, 3.0 / 7, 1e-15);
  OK(nn_neighbour_accuracy(tn_matrix(z, TN_F32, 1, 1), column(label, TN_I32, 1), 2, 3, &accuracy));
  cr_assert(isnan(accuracy));
  cr_assert_eq(nn_neighbour_accuracy(points, labels, 1, 3, &accuracy), TN_EINVAL);
  cr_assert_eq(nn_neighbour_accuracy(points, labels, 2, 0, &accuracy), TN_EINVAL);
  cr_assert_eq(nn_neighbour_accuracy(points, column(label, TN_I32, 7), 2, 3, &accuracy), TN_ESHAPE);
}

Test(nn_scores, correlation_cosine_and_perplexity) {
  float y[] = {1, 2, 3, 4}, f[] = {2, 4, 6, 9}, same[] = {5, 5, 5, 5};
  double out;
  tn_view a = column(y, TN_F32, 4), b = column(f, TN_F32, 4);
  OK(nn_pearson(a, b, &out)); /* 11.5 / sqrt(5 * 26.75) */
  cr_expect_float_eq(out, 11.5 / sqrt(5 * 26.75), 1e-14);
  OK(nn_pearson(a, a, &out));
  cr_expect_float_eq(out, 1, 1e-15);
  OK(nn_pearson(a, column(same, TN_F32, 4), &out));
  cr_expect(isnan(out));
  cr_expect_eq(nn_pearson(a, column(f, TN_F32, 3), &out), TN_ESHAPE);
  cr_expect_eq(nn_pearson(a, b, NULL), TN_EINVAL);
  double p[] = {3, 4, 0, 0, 1, 0}, q[] = {4, 3, 1, 2, 0, 2};
  OK(nn_cosine_similarity(tn_matrix(p, TN_F64, 3, 2), tn_matrix(q, TN_F64, 3, 2), &out));
  cr_expect_float_eq(out, 24.0 / 25 / 3, 1e-15); /* the second row is zeros, the third at a right angle */
  cr_expect_eq(nn_cosine_similarity(tn_matrix(p, TN_F64, 3, 2), tn_matrix(q, TN_F64, 2, 3), &out), TN_ESHAPE);
  cr_expect_eq(nn_cosine_similarity(tn_scalar(p, TN_F64), tn_scalar(q, TN_F64), &out), TN_ESHAPE);
  double logits[] = {0, 0, 0, 0, log(2), 1000, 0, 0, 0};
  int64_t labels[] = {1, 1, -100};
  cr_expect_eq(nn_perplexity(tn_matrix(logits, TN_F64, 3, 3), column(labels, TN_I64, 1), &out), TN_ESHAPE);
  OK(nn_perplexity(tn_matrix(logits, TN_F64, 1, 3), column(labels, TN_I64, 1), &out));
  cr_expect_float_eq(out, 3, 1e-14); /* all three classes are open */
  OK(nn_perplexity(tn_matrix(logits, TN_F64, 3, 3), column(labels, TN_I64, 3), &out));
  cr_expect_float_eq(log(out), (log(3) + 1000 - log(2)) / 2, 1e-12);
  OK(nn_perplexity(tn_matrix(logits, TN_F64, 1, 3), column(labels + 2, TN_I64, 1), &out));
  cr_expect(isnan(out));
}

/* ---- of any type, at the edges, and wrong -------------------------------------------------------------- */

static const tn_dtype types[] = {TN_F32, TN_F64, TN_I32, TN_I64, TN_U8};
enum { TYPES = sizeof types / sizeof *types };

/* The numbers in another element type, every other one in memory. */
static tn_view converted(const double *x, int64_t n, tn_dtype dtype, double *memory) {
  tn_view v = tn_view_slice(column(memory, dtype, 2 * n), 0, 0, 2, n);
  for (int64_t i = 0; i < n; i++) tn_set(&v, i, x[i]);
  return v;
}

Test(nn_scores, any_element_type) {
  const double truth[] = {0, 1, 2, 1}, guess[] = {0, 2, 2, 1}, two[] = {0, 1, 0, 1},
               points[] = {0, 10, 1, 11};
  const int64_t expected[] = {1, 0, 0, 0, 1, 1, 0, 0, 1};
  double a[8], b[8], out;
  for (int k = 0; k < TYPES; k++) {
    int64_t counts[9];
    OK(nn_confusion(converted(truth, 4, types[k], a), converted(guess, 4, types[TYPES - 1 - k], b), 3,
                    counts));
    cr_expect_eq(memcmp(counts, expected, sizeof counts), 0, "%s", tn_dtype_name(types[k]));
    OK(nn_auc(converted(two, 4, types[k], a), converted(points, 4, types[k], b), &out));
    cr_expect_eq(out, 1);
    tn_view z = converted(points, 4, types[k], b);
    z.rank = 2, z.shape[1] = z.stride[1] = 1;
    OK(nn_neighbour_accuracy(z, converted(two, 4, types[k], a), 2, 1, &out));
    cr_expect_eq(out, 1);
    OK(nn_pearson(converted(points, 4, types[k], b), converted(two, 4, types[k], a), &out));
    cr_expect_float_eq(out, 10 / sqrt(101), 1e-14);
  }
}

Test(nn_scores, edges) {
  double x[] = {5, 5, 5}, y[] = {5, 4, 5}, up[] = {1, 2, 3}, down[] = {3, 2, 1}, out;
  int64_t counts[4] = {0};
  nn_regression_scores s;
  OK(nn_scores_of_numbers(column(x, TN_F64, 3), column(x, TN_F64, 3), &s));
  cr_expect_eq(s.r2, 1, "a constant that is met");
  OK(nn_scores_of_numbers(column(x, TN_F64, 3), column(y, TN_F64, 3), &s));
  cr_expect_eq(s.r2, 0, "a constant that is missed");
  cr_expect_eq(nn_scores_accuracy(counts, 2), 0, "no rows");
  cr_expect_eq(nn_scores_macro(counts, 2).precision, 0);
  OK(nn_top_k(column(x, TN_F64, 0), tn_matrix(x, TN_F64, 0, 3), 1, &out));
  cr_expect_eq(out, 0, "no rows");
  OK(nn_pearson(column(up, TN_F64, 3), column(down, TN_F64, 3), &out));
  cr_expect_float_eq(out, -1, 1e-15);
  OK(nn_pearson(column(x, TN_F64, 3), column(up, TN_F64, 3), &out));
  cr_expect(isnan(out), "y is constant");
  OK(nn_neighbour_accuracy(tn_matrix(x, TN_F64, 0, 3), column(x, TN_F64, 0), 2, 1, &out));
  cr_expect(isnan(out), "no points");
  OK(nn_auc(column(x, TN_F64, 0), column(x, TN_F64, 0), &out));
  cr_expect(isnan(out), "no rows");
  double zero[] = {0, 0, 0, 0, 3, 4}, line[] = {1, 2, 0, 0, 3, 4};
  OK(nn_cosine_similarity(tn_matrix(line, TN_F64, 3, 2), tn_matrix(zero, TN_F64, 3, 2), &out));
  cr_expect_float_eq(out, 1.0 / 3, 1e-15, "rows of zeros count as 0: %g", out);
}

Test(nn_scores, wrong_calls) {
  double x[] = {0, 1, 0, 1}, bad[] = {0, 0.5, -1, 2}, out;
  int64_t counts[4];
  tn_view v = column(x, TN_F64, 4), m = tn_matrix(x, TN_F64, 2, 2), two = column(x, TN_F64, 2);
  cr_expect_eq(nn_confusion(v, v, 2, NULL), TN_EINVAL);
  cr_expect_eq(nn_confusion(v, v, 0, counts), TN_EINVAL);
  cr_expect_eq(nn_confusion(m, m, 2, counts), TN_ESHAPE);
  cr_expect_eq(nn_top_k(v, m, 1, NULL), TN_EINVAL);
  cr_expect_eq(nn_top_k(m, m, 1, &out), TN_ESHAPE);
  cr_expect_eq(nn_top_k(v, v, 1, &out), TN_ESHAPE);
  cr_expect_eq(nn_top_k(v, m, 1, &out), TN_ESHAPE);
  cr_expect_eq(nn_auc(v, v, NULL), TN_EINVAL);
  cr_expect_eq(nn_auc(m, m, &out), TN_ESHAPE);
  cr_expect_eq(nn_auc(v, two, &out), TN_ESHAPE);
  cr_expect_eq(nn_scores_of_numbers(v, v, NULL), TN_EINVAL);
  cr_expect_eq(nn_scores_of_numbers(column(x, TN_F64, 0), column(x, TN_F64, 0), &(nn_regression_scores){0}),
               TN_ESHAPE);
  cr_expect_eq(nn_pearson(column(x, TN_F64, 1), column(x, TN_F64, 1), &out), TN_ESHAPE);
  cr_expect_eq(nn_cosine_similarity(m, m, NULL), TN_EINVAL);
  cr_expect_eq(nn_cosine_similarity(tn_matrix(x, TN_F64, 0, 2), tn_matrix(x, TN_F64, 0, 2), &out), TN_ESHAPE);
  cr_expect_eq(nn_cosine_similarity(tn_matrix(x, TN_F64, 2, 0), tn_matrix(x, TN_F64, 2, 0), &out), TN_ESHAPE);
  cr_expect_eq(nn_perplexity(m, two, NULL), TN_EINVAL);
  cr_expect_eq(nn_perplexity(tn_scalar(x, TN_F64), tn_scalar(x, TN_F64), &out), TN_ESHAPE);
  cr_expect_eq(nn_perplexity(v, v, &out), TN_ESHAPE);
  cr_expect_eq(nn_neighbour_accuracy(v, v, 2, 1, &out), TN_ESHAPE);
  cr_expect_eq(nn_neighbour_accuracy(m, m, 2, 1, &out), TN_ESHAPE);
  cr_expect_eq(nn_neighbour_accuracy(m, two, 0, 1, &out), TN_EINVAL);
  cr_expect_eq(nn_neighbour_accuracy(m, two, 2, 1, NULL), TN_EINVAL);
  for (int i = 1; i < 4; i++) { /* a fraction, a negative number, one too large */
    tn_view one = column(bad + i, TN_F64, 1), none = column(x, TN_F64, 1);
    cr_expect_eq(nn_confusion(one, none, 2, counts), TN_EINVAL);
    cr_expect_eq(nn_confusion(none, one, 2, counts), TN_EINVAL);
    cr_expect_eq(nn_auc(one, none, &out), TN_EINVAL);
    cr_expect_eq(nn_top_k(one, tn_matrix(x, TN_F64, 1, 2), 1, &out), TN_EINVAL);
    if (bad[i] >= 0)
      cr_expect_eq(nn_neighbour_accuracy(tn_matrix(x, TN_F64, 1, 1), one, 2, 1, &out), TN_EINVAL, "%g",
                   bad[i]);
  }
  bad[0] = NAN;
  cr_expect_eq(nn_auc(two, column(bad, TN_F64, 2), &out), TN_EINVAL, "a score that is NaN");
  cr_expect_eq(nn_neighbour_accuracy(tn_matrix(x, TN_F64, 1, 1), column(bad, TN_F64, 1), 2, 1, &out),
               TN_EINVAL);
}
