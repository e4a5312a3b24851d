/* cosine_similarity.c - see cosine_similarity.h. */
#include "cosine_similarity.h"

#include <math.h>

tn_status nn_cosine_similarity(tn_view a, tn_view b, double *mean) {
  if (!mean) return TN_EINVAL;
  int64_t n = a.rank ? a.shape[a.rank - 1] : 0, all = tn_view_numel(&a);
  if (all < 1 || n < 1 || !tn_same_shape(a.rank, a.shape, b.rank, b.shape)) return TN_ESHAPE;
  double sum = 0;
  for (int64_t row = 0; row < all; row += n) {
    double aa = 0, bb = 0, ab = 0;
    for (int64_t i = row; i < row + n; i++) {
      double x = tn_get(&a, i), y = tn_get(&b, i);
      aa += x * x, bb += y * y, ab += x * y;
    }
    sum += aa > 0 && bb > 0 ? ab / sqrt(aa) / sqrt(bb) : 0;
  }
  *mean = sum / ((double)all / (double)n);
  return TN_OK;
}
