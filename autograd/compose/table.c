/* table.c - see table.h. */
#include "autograd/compose/table.h"
#include "autograd/graph.h"

ag_ref ag__table(ag_graph *g, tn_dtype dtype, int64_t n, double (*value)(const void *ctx, int64_t i),
                 const void *ctx) {
  tn_array a;
  if ((unsigned)dtype > TN_U8 || n < 0 || n > INT64_MAX / 8)
    ag_fail(g, TN_EINVAL, "a constant of %lld numbers, or of no element type", (long long)n);
  if (g->status != TN_OK) return (ag_ref){0};
  tn_status status = tn_array_new(g->alloc, dtype, 1, &n, &a);
  if (status != TN_OK) {
    ag_fail(g, status, "%s for a constant of %lld numbers", tn_status_text(status), (long long)n);
    return (ag_ref){0};
  }
  for (int64_t i = 0; i < n; i++) tn_set(&a.view, i, value(ctx, i));
  ag_ref table = ag_constant(g, a.view);
  tn_array_free(&a);
  return table;
}
