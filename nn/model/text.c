/* text.c - see text.h. */
#include "text.h"

#include <stdio.h>

const char *nn_shape_text(char *buffer, int rank, const int64_t *shape) {
  const size_t size = NN_SHAPE_TEXT;
  size_t used = (size_t)snprintf(buffer, size, "[");
  for (int a = 0; a < rank && used < size; a++) {
    used += (size_t)snprintf(buffer + used, size - used, "%s%lld", a ? ", " : "", (long long)shape[a]);
  }
  if (used < size) snprintf(buffer + used, size - used, "]");
  return buffer;
}
