/* reduce_shape.c - shape rules of sum and max (op.h). */
#include "autograd/ops/op.h"

#include <stdio.h>

bool ag__reduced_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  unsigned axes = (unsigned)attr->i[0];
  (void)n;
  if (!ag__is_float(in->dtype) || axes >> in->rank) return false;
  *out = (ag_type){.dtype = in->dtype};
  for (int a = 0; a < in->rank; a++) {
    if (!(axes >> a & 1)) out->shape[out->rank++] = in->shape[a];
    else if (attr->i[1]) out->shape[out->rank++] = 1;
  }
  return true;
}

void ag__reduced_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char shape[128];
  (void)n;
  ag__shape_text(in->rank, in->shape, shape, sizeof shape);
  if (!ag__is_float(in->dtype))
    snprintf(text, size, "%s%s has no float type: cast it", tn_dtype_name(in->dtype), shape);
  else
    snprintf(text, size, "the set of axes 0x%llx names one that %s has not", (unsigned long long)attr->i[0],
             shape);
}

tn_view ag__kept(tn_view in, unsigned axes, tn_view out) {
  for (int a = 0; a < in.rank; a++) in.shape[a] = axes >> a & 1 ? 1 : in.shape[a];
  return tn_view_of(out.data, out.dtype, in.rank, in.shape);
}

ag_ref ag__with_axes(ag_graph *g, ag_ref dy, ag_type t, unsigned axes) {
  for (int a = 0; a < t.rank; a++) t.shape[a] = axes >> a & 1 ? 1 : t.shape[a];
  return ag_reshape(g, dy, t.rank, t.shape);
}
