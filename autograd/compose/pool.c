/* pool.c - pooling: cuts windows along one spatial axis and reduces them before the next axis, so that memory
 * grows by a window's size along one axis only. */
#include "autograd/autograd.h"
#include "autograd/compose/spatial.h"
#include "autograd/compose/table.h"

#include <float.h>

typedef struct pool {
  const char *name;
  const ag_pool_options *options;
  ag_ref (*reduce)(ag_graph *g, ag_ref x, int axis, const ag__spatial *s, const ag_pool_options *o);
} pool;

/* Windows along `axis`, with 0 outside x. */
static ag_ref windows(ag_graph *g, ag_ref x, int axis, const ag__spatial *s) {
  return ag_window(g, x, axis, s->size, s->stride, s->dilation, s->before, s->after + s->beyond);
}

static ag_ref reduce_each(ag_graph *g, ag_ref x, const pool *p) {
  int axes = ag__spatial_axes(g, p->name, x);
  ag__spatial s[AG_SPATIAL];
  if (!axes) return (ag_ref){0};
  for (int a = 0; a < axes; a++) {
    s[a] = ag__spatial_of(g, p->name, x, p->options, a, 0);
    if (!s[a].count) return (ag_ref){0};
    int64_t reach = (s[a].size - 1) * s[a].dilation + 1;
    if (s[a].before <= reach / 2 && s[a].after <= (reach + 1) / 2) continue;
    ag_fail(g, TN_EINVAL,
            "%s: %lld and %lld places around axis %d are more than half of a window's reach of %lld", p->name,
            (long long)s[a].before, (long long)s[a].after, a, (long long)reach);
    return (ag_ref){0};
  }
  for (int a = axes - 1; a >= 0; a--)
    if (s[a].size > 1 || s[a].stride > 1 || s[a].count != s[a].extent)
      x = p->reduce(g, x, 1 + a, &s[a], p->options);
  return x;
}

/* ---- maximum ---- */

/* Pads x with the lowest finite number. It is not -infinity, because the diagnosis of non-finite values would
 * report that. */
static ag_ref pad_lowest(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after) {
  ag_type t = ag_type_of(g, x);
  ag_ref lowest = ag_like(g, x, t.dtype == TN_F32 ? -FLT_MAX : -DBL_MAX), part[3];
  int n = 0;
  t.shape[axis] = before;
  if (before) part[n++] = ag_broadcast(g, lowest, t.rank, t.shape);
  part[n++] = x;
  t.shape[axis] = after;
  if (after) part[n++] = ag_broadcast(g, lowest, t.rank, t.shape);
  return n > 1 ? ag_concat(g, part, n, axis) : x;
}

static ag_ref reduce_max(ag_graph *g, ag_ref x, int axis, const ag__spatial *s, const ag_pool_options *o) {
  ag__spatial inside = *s;
  (void)o;
  x = pad_lowest(g, x, axis, s->before, s->after + s->beyond);
  inside.before = inside.after = inside.beyond = 0;
  return ag_max(g, windows(g, x, axis, &inside), 2u << axis, false);
}

ag_ref ag_max_pool(ag_graph *g, ag_ref x, const ag_pool_options *options) {
  return reduce_each(g, x, &(pool){"max_pool", options, reduce_max});
}

/* ---- average ---- */

typedef struct counting {
  const ag__spatial *s;
  int64_t first, last; /* the padded range that counts */
} counting;

static double share_of(const void *ctx, int64_t i) {
  const counting *c = ctx;
  int64_t n = 0, start = i * c->s->stride - c->s->before;
  for (int64_t j = 0; j < c->s->size; j++) {
    int64_t place = start + j * c->s->dilation;
    n += place >= c->first && place < c->last;
  }
  return 1 / (double)n;
}

static ag_ref reduce_average(ag_graph *g, ag_ref x, int axis, const ag__spatial *s,
                             const ag_pool_options *o) {
  counting c = {s, 0, s->extent};
  ag_ref sum = ag_sum(g, windows(g, x, axis, s), 2u << axis, false);
  ag_type t = ag_type_of(g, sum);
  if (o->count_padding) c.first = -s->before, c.last = s->extent + s->after;
  bool alike = s->beyond == 0 && (o->count_padding || (s->before == 0 && s->after == 0));
  if (alike) return ag_scale(g, sum, 1 / (double)s->size);
  for (int a = 0; a < t.rank; a++) t.shape[a] = a == axis ? s->count : 1;
  return ag_mul(g, sum, ag_reshape(g, ag__table(g, t.dtype, s->count, share_of, &c), t.rank, t.shape));
}

ag_ref ag_average_pool(ag_graph *g, ag_ref x, const ag_pool_options *options) {
  return reduce_each(g, x, &(pool){"average_pool", options, reduce_average});
}

/* ---- norm ---- */

static ag_ref reduce_sum(ag_graph *g, ag_ref x, int axis, const ag__spatial *s, const ag_pool_options *o) {
  (void)o;
  return ag_sum(g, windows(g, x, axis, s), 2u << axis, false);
}

ag_ref ag_lp_pool(ag_graph *g, ag_ref x, double p, const ag_pool_options *options) {
  if (!(p > 0)) {
    ag_fail(g, TN_EINVAL, "lp_pool: p = %g is not positive", p);
    return (ag_ref){0};
  }
  ag_ref power = p == 2 ? ag_square(g, x) : ag_pow(g, ag_abs(g, x), p);
  ag_ref sum = reduce_each(g, power, &(pool){"lp_pool", options, reduce_sum});
  if (!sum.id || p == 1) return sum;
  ag_ref zero = ag_like(g, sum, 0), positive = ag_greater(g, sum, zero);
  ag_ref safe = ag_where(g, positive, sum, ag_like(g, sum, 1));
  return ag_where(g, positive, ag_pow(g, safe, 1 / p), zero);
}

/* ---- over all places ---- */

static unsigned spatial_mask(int axes) { return ((1u << axes) - 1) << 1; }

ag_ref ag_global_max_pool(ag_graph *g, ag_ref x, bool keep) {
  int axes = ag__spatial_axes(g, "global_max_pool", x);
  return axes ? ag_max(g, x, spatial_mask(axes), keep) : (ag_ref){0};
}

ag_ref ag_global_average_pool(ag_graph *g, ag_ref x, bool keep) {
  int axes = ag__spatial_axes(g, "global_average_pool", x);
  ag_type t = ag_type_of(g, x);
  return axes ? ag_scale(g, ag_sum(g, x, spatial_mask(axes), keep), 1 / (double)tn_numel(axes, t.shape + 1))
              : (ag_ref){0};
}

/* ---- to a given number of places ---- */

enum { MAXIMUM, AVERAGE };

static ag_ref reduce_stretch(ag_graph *g, ag_ref x, int axis, int what) {
  int64_t n = ag_type_of(g, x).shape[axis];
  if (what == MAXIMUM) return ag_max(g, x, 1u << axis, true);
  return ag_scale(g, ag_sum(g, x, 1u << axis, true), 1 / (double)n);
}

static ag_ref adapt_axis(ag_graph *g, ag_ref x, int axis, int64_t places, int what) {
  int64_t extent = ag_type_of(g, x).shape[axis];
  if (extent % places == 0) {
    ag_ref w = ag_window(g, x, axis, extent / places, extent / places, 1, 0, 0);
    ag_type t = ag_type_of(g, w);
    w = reduce_stretch(g, w, axis + 1, what);
    for (int a = axis + 1; a < t.rank - 1; a++) t.shape[a] = t.shape[a + 1];
    return ag_reshape(g, w, t.rank - 1, t.shape);
  }
  ag_ref all = {0};
  for (int64_t i = 0; i < places; i++) {
    int64_t first = i * extent / places, last = ((i + 1) * extent + places - 1) / places;
    ag_ref part = reduce_stretch(g, ag_slice(g, x, axis, first, last - first), axis, what);
    all = i == 0 ? part : ag_concat(g, (ag_ref[]){all, part}, 2, axis);
  }
  return all;
}

static ag_ref adapt(ag_graph *g, const char *name, ag_ref x, const int64_t *places, int what) {
  int axes = ag__spatial_axes(g, name, x);
  for (int a = axes - 1; a >= 0; a--) {
    int64_t extent = ag_type_of(g, x).shape[1 + a];
    if (x.id && (places[a] < 1 || places[a] > INT32_MAX || extent < 1)) {
      ag_fail(g, TN_EINVAL, "%s: %lld places of axis %d cannot become %lld", name, (long long)extent, a,
              (long long)places[a]);
      return (ag_ref){0};
    }
    if (x.id && places[a] != extent) x = adapt_axis(g, x, 1 + a, places[a], what);
  }
  return axes ? x : (ag_ref){0};
}

ag_ref ag_adaptive_max_pool(ag_graph *g, ag_ref x, const int64_t *places) {
  return adapt(g, "adaptive_max_pool", x, places, MAXIMUM);
}

ag_ref ag_adaptive_average_pool(ag_graph *g, ag_ref x, const int64_t *places) {
  return adapt(g, "adaptive_average_pool", x, places, AVERAGE);
}
