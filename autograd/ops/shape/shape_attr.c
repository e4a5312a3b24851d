/* shape_attr.c - a shape among an op's attributes: i[0] the rank, i[1..] the extents. */
#include "autograd/ops/op.h"

#include <stdio.h>

bool ag__put_shape(ag_graph *g, const char *op, int rank, const int64_t *shape, ag_attr *attr) {
  if (rank < 0 || rank > TN_MAX_RANK) {
    ag_fail(g, TN_EINVAL, "%s: rank %d is not between 0 and %d", op, rank, TN_MAX_RANK);
    return false;
  }
  if (rank > 0 && !shape) {
    ag_fail(g, TN_EINVAL, "%s: rank %d, but no shape", op, rank);
    return false;
  }
  attr->i[0] = rank;
  for (int a = 0; a < rank; a++) attr->i[1 + a] = shape[a];
  return true;
}

bool ag__get_shape(const ag_attr *attr, ag_type *out) {
  if (attr->i[0] < 0 || attr->i[0] > TN_MAX_RANK) return false;
  out->rank = (int)attr->i[0];
  for (int a = 0; a < out->rank; a++) out->shape[a] = attr->i[1 + a];
  return ag__countable(out);
}

const char *ag__shape_text(int rank, const int64_t *shape, char *buffer, size_t size) {
  size_t n = (size_t)snprintf(buffer, size, "[");
  for (int a = 0; a < rank && n < size; a++)
    n += (size_t)snprintf(buffer + n, size - n, a ? ", %lld" : "%lld", (long long)shape[a]);
  if (n < size) snprintf(buffer + n, size - n, "]");
  return buffer;
}

/* Each partial product is checked, so that an extent 0 does not hide an overflow to its right. */
bool ag__countable(const ag_type *t) {
  int64_t n = 1;
  for (int a = 0; a < t->rank; a++) {
    if (t->shape[a] < 0) return false;
    if (t->shape[a] > 0 && __builtin_mul_overflow(n, t->shape[a], &n)) return false;
  }
  return n <= INT64_MAX / (int64_t)sizeof(double);
}
