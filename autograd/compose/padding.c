/* padding.c - padding: by a constant, or by a continuation of the array. */
#include "autograd/compose/axis.h"
#include "autograd/compose/table.h"

ag_ref ag_pad_value(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, double value) {
  ag_type t = ag_type_of(g, x);
  if ((axis = ag__axis(g, "pad", x, axis)) < 0) return (ag_ref){0};
  if (value == 0 || before < 0 || after < 0) return ag_pad(g, x, axis, before, after);
  t.shape[axis] = before;
  ag_ref left = ag_full(g, t.dtype, t.rank, t.shape, value);
  t.shape[axis] = after;
  return ag_concat(g, (ag_ref[]){left, x, ag_full(g, t.dtype, t.rank, t.shape, value)}, 3, axis);
}

typedef struct border {
  int64_t before, extent;
} border;

static double reflected(const void *ctx, int64_t i) {
  const border *b = ctx;
  int64_t at = i - b->before, last = b->extent - 1;
  return (double)(at < 0 ? -at : at > last ? 2 * last - at : at);
}
static double replicated(const void *ctx, int64_t i) {
  const border *b = ctx;
  int64_t at = i - b->before, last = b->extent - 1;
  return (double)(at < 0 ? 0 : at > last ? last : at);
}
static double continued(const void *ctx, int64_t i) {
  const border *b = ctx;
  return (double)((i - b->before + b->extent) % b->extent);
}

static const struct mode {
  const char *name;
  double (*place)(const void *ctx, int64_t i);
  int short_of; /* the padding must be at most the extent minus this; -1: any padding */
} modes[] = {[AG_PAD_REFLECT] = {"reflect", reflected, 1},
             [AG_PAD_REPLICATE] = {"replicate", replicated, -1},
             [AG_PAD_CIRCULAR] = {"circular", continued, 0}};

ag_ref ag_pad_mode(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, ag_border mode) {
  if ((axis = ag__axis(g, "pad", x, axis)) < 0) return (ag_ref){0};
  if ((unsigned)mode >= sizeof modes / sizeof *modes)
    return ag_fail(g, TN_EINVAL, "pad: no such mode"), (ag_ref){0};
  const struct mode *m = &modes[mode];
  int64_t extent = ag_type_of(g, x).shape[axis], size,
          most = m->short_of < 0 ? INT64_MAX : extent - m->short_of;
  bool fits = extent > 0 && before >= 0 && after >= 0 && before <= most && after <= most &&
              !__builtin_add_overflow(before, after, &size) && !__builtin_add_overflow(size, extent, &size);
  if (!fits) {
    ag_fail(g, TN_EINVAL, "pad: %lld before and %lld after an axis of extent %lld, mode %s",
            (long long)before, (long long)after, (long long)extent, m->name);
    return (ag_ref){0};
  }
  return ag_gather_axis(g, x, ag__table(g, TN_I64, size, m->place, &(border){before, extent}), axis, 0);
}
