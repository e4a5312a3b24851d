/* scores.c - see scores.h. */
#include "scores.h"

#include <math.h>
#include <stdlib.h>

/* ---- classes ------------------------------------------------------------------------------------------- */

/* The class at i, or -1 if it is none. */
static int64_t class_at(const tn_view *v, int64_t i, int64_t classes) {
  double x = tn_get(v, i);
  return x >= 0 && x < (double)classes && x == floor(x) ? (int64_t)x : -1;
}

tn_status nn_confusion(tn_view truth, tn_view guess, int64_t classes, int64_t *counts) {
  if (!counts || classes < 1) return TN_EINVAL;
  if (truth.rank != 1 || !tn_same_shape(truth.rank, truth.shape, guess.rank, guess.shape)) return TN_ESHAPE;
  for (int64_t i = 0; i < classes * classes; i++) counts[i] = 0;
  for (int64_t i = 0; i < truth.shape[0]; i++) {
    int64_t t = class_at(&truth, i, classes), g = class_at(&guess, i, classes);
    if (t < 0 || g < 0) return TN_EINVAL;
    counts[t * classes + g]++;
  }
  return TN_OK;
}

static double quotient(double a, double b) { return b > 0 ? a / b : 0; }

nn_class_scores nn_scores_of_class(const int64_t *counts, int64_t classes, int64_t which) {
  int64_t hits = counts[which * classes + which], guessed = 0, there = 0;
  for (int64_t c = 0; c < classes; c++) {
    guessed += counts[c * classes + which];
    there += counts[which * classes + c];
  }
  return (nn_class_scores){.precision = quotient((double)hits, (double)guessed),
                           .recall = quotient((double)hits, (double)there),
                           .f1 = quotient(2 * (double)hits, (double)(guessed + there)),
                           .support = there};
}

nn_class_scores nn_scores_macro(const int64_t *counts, int64_t classes) {
  nn_class_scores sum = {.support = 0};
  for (int64_t c = 0; c < classes; c++) {
    nn_class_scores s = nn_scores_of_class(counts, classes, c);
    sum.precision += s.precision / (double)classes;
    sum.recall += s.recall / (double)classes;
    sum.f1 += s.f1 / (double)classes;
    sum.support += s.support;
  }
  return sum;
}

double nn_scores_accuracy(const int64_t *counts, int64_t classes) {
  int64_t hits = 0, all = 0;
  for (int64_t i = 0; i < classes * classes; i++) {
    all += counts[i];
    if (i % (classes + 1) == 0) hits += counts[i];
  }
  return quotient((double)hits, (double)all);
}

tn_status nn_top_k(tn_view truth, tn_view scores, int64_t k, double *share) {
  if (!share || k < 1) return TN_EINVAL;
  if (truth.rank != 1 || scores.rank != 2 || scores.shape[0] != truth.shape[0]) return TN_ESHAPE;
  int64_t rows = truth.shape[0], classes = scores.shape[1], hits = 0;
  for (int64_t i = 0; i < rows; i++) {
    int64_t t = class_at(&truth, i, classes), before = 0;
    if (t < 0) return TN_EINVAL;
    double mine = tn_get(&scores, i * classes + t);
    for (int64_t c = 0; c < classes; c++) {
      double other = tn_get(&scores, i * classes + c);
      before += other > mine || (other == mine && c < t);
    }
    hits += before < k;
  }
  *share = quotient((double)hits, (double)rows);
  return TN_OK;
}

/* ---- ranks --------------------------------------------------------------------------------------------- */

typedef struct scored {
  double score;
  bool positive;
} scored;

static int by_score(const void *a, const void *b) {
  double x = ((const scored *)a)->score, y = ((const scored *)b)->score;
  return (x > y) - (x < y);
}

/* The area by the rank sum of the positives; tied scores get their mean rank. */
static double area_of(scored *s, int64_t n) {
  double ranks = 0, positives = 0;
  qsort(s, (size_t)n, sizeof *s, by_score);
  for (int64_t i = 0; i < n;) {
    int64_t end = i, here = 0;
    for (; end < n && s[end].score == s[i].score; end++) here += s[end].positive;
    ranks += (double)here * (0.5 * (double)(i + end - 1) + 1);
    positives += (double)here;
    i = end;
  }
  double pairs = positives * ((double)n - positives);
  return pairs > 0 ? (ranks - 0.5 * positives * (positives + 1)) / pairs : NAN;
}

tn_status nn_auc(tn_view labels, tn_view scores, double *area) {
  if (!area) return TN_EINVAL;
  if (labels.rank != 1 || !tn_same_shape(labels.rank, labels.shape, scores.rank, scores.shape))
    return TN_ESHAPE;
  int64_t n = labels.shape[0];
  for (int64_t i = 0; i < n; i++)
    if (class_at(&labels, i, 2) < 0 || isnan(tn_get(&scores, i))) return TN_EINVAL;
  scored *s = tn_calloc(NULL, (size_t)n + 1, sizeof *s);
  if (!s) return TN_ENOMEM;
  for (int64_t i = 0; i < n; i++) s[i] = (scored){tn_get(&scores, i), tn_get(&labels, i) == 1};
  *area = area_of(s, n);
  tn_free(NULL, s);
  return TN_OK;
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

tn_status nn_scores_of_numbers(tn_view y, tn_view f, nn_regression_scores *out) {
  if (!out) return TN_EINVAL;
  int64_t n = tn_view_numel(&y);
  if (n < 1 || !tn_same_shape(y.rank, y.shape, f.rank, f.shape)) return TN_ESHAPE;
  double mean = 0, absolute = 0, square = 0, total = 0;
  for (int64_t i = 0; i < n; i++) mean += tn_get(&y, i) / (double)n;
  for (int64_t i = 0; i < n; i++) {
    double truth = tn_get(&y, i), error = truth - tn_get(&f, i);
    absolute += fabs(error);
    square += error * error;
    total += (truth - mean) * (truth - mean);
  }
  *out = (nn_regression_scores){.mae = absolute / (double)n,
                                .mse = square / (double)n,
                                .rmse = sqrt(square / (double)n),
                                .r2 = total > 0    ? 1 - square / total
                                      : square > 0 ? 0
                                                   : 1};
  return TN_OK;
}
