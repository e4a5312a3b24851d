/* constant.c - constants by a function of the index. */
#include "nn/internal.h"

ag_ref nn_constant(nn_model *m, int rank, const int64_t *shape, nn_element *at, const void *ctx) {
  tn_array a;
  int64_t index[TN_MAX_RANK] = {0};
  if (!nn_building(m)) return (ag_ref){0};
  if (tn_array_new(m->alloc, m->dtype, rank, shape, &a) != TN_OK) {
    nn_fail(m, TN_ENOMEM, "nn_constant: out of memory");
    return (ag_ref){0};
  }
  for (int64_t i = 0, n = tn_view_numel(&a.view); i < n; i++) {
    tn_set(&a.view, i, at(index, ctx));
    for (int d = rank - 1; d >= 0 && ++index[d] == shape[d]; d--) index[d] = 0;
  }
  ag_ref c = ag_constant(m->graph, a.view);
  tn_array_free(&a);
  return c;
}
