/* rows.h - shared by gather and scatter_add: how an index chooses rows of an array.
 *
 * The array with all rows has shape [batch..., outer..., rows, inner...], the index [batch..., places...], the
 * array of chosen rows [batch..., outer..., places..., inner...]. */
#ifndef NABLA_ROWS_H
#define NABLA_ROWS_H

#include "autograd/ops/op.h"

typedef struct ag__rows {
  int64_t batch, outer, rows, places, inner;
} ag__rows;

/* Describes the array with all rows and the index. `axis` is the axis of rows, `batch` the number of leading
 * axes that index and array share, 0 <= batch <= axis. */
static inline ag__rows ag__rows_of(const tn_view *all, const tn_view *index, int axis, int batch) {
  return (ag__rows){.batch = tn_numel(batch, all->shape),
                    .outer = tn_numel(axis - batch, all->shape + batch),
                    .rows = all->shape[axis],
                    .places = tn_numel(index->rank - batch, index->shape + batch),
                    .inner = tn_numel(all->rank - axis - 1, all->shape + axis + 1)};
}

/* Entry `place` of batch b. -1, and the run fails, if it is no row. */
static inline int64_t ag__row_at(const ag_call *call, const char *op, const ag__rows *s, int64_t b,
                                 int64_t place) {
  const tn_view *index = &call->in[1];
  int64_t row = ag__index_at(index, b * s->places + place);
  if (row >= 0 && row < s->rows) return row;
  ag_fault(call, "%s: index %lld of %lld rows, at position %lld", op, (long long)row, (long long)s->rows,
           (long long)(b * s->places + place));
  return -1;
}

#endif
