/* same.c - see same.h. */
#include "same.h"

#include <math.h>
#include <string.h>

int64_t same_bits(tn_view a, tn_view b) {
  size_t size = tn_dtype_size(a.dtype);
  if (a.dtype != b.dtype || !tn_same_shape(a.rank, a.shape, b.rank, b.shape)) return 0;
  for (int64_t i = 0, n = tn_view_numel(&a); i < n; i++) {
    const char *p = (const char *)a.data + (size_t)i * size, *q = (const char *)b.data + (size_t)i * size;
    if (memcmp(p, q, size) != 0 && !(isnan(tn_get(&a, i)) && isnan(tn_get(&b, i)))) return i;
  }
  return -1;
}

double largest_error(tn_view a, tn_view b) {
  double worst = 0;
  for (int64_t i = 0, n = tn_view_numel(&a); i < n; i++) {
    double x = tn_get(&a, i), y = tn_get(&b, i), error = fabs(x - y) / fmax(1, fabs(y));
    if (x == y || (isnan(x) && isnan(y))) continue;
    if (isnan(error)) return INFINITY;
    worst = fmax(worst, error);
  }
  return worst;
}
