/* perplexity.c - see perplexity.h. */
#include "perplexity.h"

#include <math.h>

/* log sum exp, shifted by the largest logit. */
static double log_sum(const tn_view *logits, int64_t from, int64_t n) {
  double largest = -INFINITY, sum = 0;
  for (int64_t c = 0; c < n; c++) largest = fmax(largest, tn_get(logits, from + c));
  for (int64_t c = 0; c < n; c++) sum += exp(tn_get(logits, from + c) - largest);
  return largest + log(sum);
}

tn_status nn_perplexity(tn_view logits, tn_view labels, double *perplexity) {
  if (!perplexity) return TN_EINVAL;
  if (logits.rank < 1 || logits.rank != labels.rank + 1 ||
      !tn_same_shape(labels.rank, labels.shape, labels.rank, logits.shape))
    return TN_ESHAPE;
  int64_t classes = logits.shape[logits.rank - 1], n = tn_view_numel(&labels), counted = 0;
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    double label = tn_get(&labels, i);
    if (!(label >= 0 && label < (double)classes)) continue;
    sum += log_sum(&logits, i * classes, classes) - tn_get(&logits, i * classes + (int64_t)label);
    counted++;
  }
  *perplexity = counted ? exp(sum / (double)counted) : NAN;
  return TN_OK;
}
