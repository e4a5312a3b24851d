/* random_graph.c - see random_graph.h. Values are kept near [-2, 2] by squashing, so that most stay finite;
 * now and then an op is applied outside its domain on purpose, for NaN and infinity must come out alike too.
 */
#include "random_graph.h"

#include "random_network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ELEMENTS = 3000 };

static int below(random_graph *r, int n) { return draw_below(&r->d, n); }
static bool chance(random_graph *r, int percent) { return draw_chance(&r->d, percent); }
/* Of values, which are many: they come from the seed even where choices are a fuzzer's. */
static uint64_t value_bits(random_graph *r) { return draw_bits(&r->d); }
static ag_type type_of(const random_graph *r, ag_ref x) { return ag_type_of(r->g, x); }
static int64_t numel(const random_graph *r, ag_ref x) {
  ag_type t = type_of(r, x);
  return tn_numel(t.rank, t.shape);
}

/* Late values more often than early ones, so that graphs grow deep. */
static ag_ref any(random_graph *r) {
  int from = chance(r, 50) ? r->n_pool * 2 / 3 : 0;
  return r->pool[from + below(r, r->n_pool - from)];
}

static void put(random_graph *r, ag_ref x) {
  if (!x.id || r->n_pool == RANDOM_VALUES || type_of(r, x).dtype != r->dtype) return;
  if (numel(r, x) <= MOST_ELEMENTS) r->pool[r->n_pool++] = x;
}

/* ---- leaves ---- */

static tn_array *new_leaf(random_graph *r, tn_dtype dtype, int rank, const int64_t *shape) {
  int i = r->n_leaves++;
  snprintf(r->name_text[i], sizeof r->name_text[i], "leaf%d", i);
  r->names[i] = r->name_text[i];
  if (tn_array_new(NULL, dtype, rank, shape, &r->leaves[i]) != TN_OK) ag_fail(r->g, TN_ENOMEM, "no leaf");
  return &r->leaves[i];
}

static void fill_float(random_graph *r, tn_view v) {
  for (int64_t i = 0, n = tn_view_numel(&v); i < n; i++) {
    double u = (double)(value_bits(r) >> 11) * 0x1p-53;
    tn_set(&v, i, value_bits(r) % 100 < 3 ? 0 : 4 * u - 2);
  }
}

static ag_ref float_leaf(random_graph *r, bool state, int rank, const int64_t *shape) {
  tn_array *a = new_leaf(r, r->dtype, rank, shape);
  fill_float(r, a->view);
  const char *name = r->names[r->n_leaves - 1];
  if (!state) return ag_input(r->g, name, r->dtype, rank, shape);
  return r->states[r->n_states++] = ag_state(r->g, name, r->dtype, rank, shape);
}

static void random_shape(random_graph *r, const int64_t *base, int *rank, int64_t *shape) {
  *rank = below(r, 4);
  for (int a = 0; a < *rank; a++)
    shape[a] = chance(r, 25) ? 1 : base[*rank - 1 - a]; /* base[0]: the last axis */
}

static void add_leaves(random_graph *r) {
  const int64_t extents[] = {1, 2, 3, 4, 5, 8, 17, 33, 130, 257, 300};
  int64_t base[3] = {extents[below(r, 11)], extents[below(r, 8)], extents[below(r, 5)]}, shape[3];
  int rank;
  if (chance(r, 5)) base[below(r, 3)] = 0;
  for (int i = 0, n = 2 + below(r, 3); i < n; i++) {
    random_shape(r, base, &rank, shape);
    put(r, float_leaf(r, false, rank, shape));
  }
  for (int i = 0, n = 1 + below(r, 5); i < n; i++) {
    if (i == 0 || chance(r, 50))
      random_shape(r, base, &rank, shape); /* else the previous one's shape, to swap with */
    put(r, float_leaf(r, true, rank, shape));
  }
  random_shape(r, base, &rank, shape);
  tn_array constant;
  if (tn_array_new(NULL, r->dtype, rank, shape, &constant) != TN_OK) return;
  fill_float(r, constant.view);
  put(r, ag_constant(r->g, constant.view));
  put(r, ag_scalar(r->g, r->dtype, 0.75));
  tn_array_free(&constant);
}

/* ---- ops ---- */

static ag_ref unary(random_graph *r, ag_ref x) {
  ag_graph *g = r->g;
  bool wild = chance(r, 8); /* outside its domain */
  switch (below(r, 19)) {
  case 0: return ag_exp(g, wild ? ag_scale(g, x, 60) : ag_tanh(g, x));
  case 1: return ag_expm1(g, ag_tanh(g, x));
  case 2: return ag_log(g, wild ? x : ag_offset(g, ag_square(g, x), 0.1));
  case 3: return ag_log1p(g, wild ? x : ag_sigmoid(g, x));
  case 4: return ag_sqrt(g, wild ? x : ag_offset(g, ag_square(g, x), 0.01));
  case 5: return ag_tanh(g, x);
  case 6: return ag_sigmoid(g, x);
  case 7: return ag_elu(g, x, 0.5 + below(r, 2));
  case 8: return ag_abs(g, x);
  case 9: return ag_clamp(g, x, -0.5, 0.75);
  case 10: return ag_softplus(g, x);
  case 11: return ag_neg(g, x);
  case 12: return ag_gelu(g, x);
  case 13: return ag_selu(g, x);
  case 14: return ag_pow(g, ag_tanh(g, x), 3);
  case 15: return ag_sin(g, wild ? ag_scale(g, x, 1e7) : x);
  case 16: return ag_erf(g, x);
  case 17: return ag_sub(g, x, ag_floor(g, x));
  default: return ag_logical_not(g, ag_greater(g, x, ag_like(g, x, 0.1)));
  }
}

static bool broadcasts(const random_graph *r, ag_ref a, ag_ref b) {
  ag_type s = type_of(r, a), t = type_of(r, b);
  int64_t n = 1;
  for (int i = 1; i <= s.rank || i <= t.rank; i++) {
    int64_t p = i <= s.rank ? s.shape[s.rank - i] : 1, q = i <= t.rank ? t.shape[t.rank - i] : 1;
    if (p != q && p != 1 && q != 1) return false;
    n *= p == 1 ? q : p;
  }
  return n <= MOST_ELEMENTS;
}

static ag_ref fitting(random_graph *r, ag_ref a) {
  for (int tries = 0; tries < 8; tries++) {
    ag_ref b = any(r);
    if (broadcasts(r, a, b)) return b;
  }
  return a;
}

static ag_ref binary(random_graph *r, ag_ref a) {
  ag_graph *g = r->g;
  ag_ref b = fitting(r, a);
  if (chance(r, 50)) {
    ag_ref t = a;
    a = b, b = t;
  }
  switch (below(r, 12)) {
  case 0:
  case 1: return ag_add(g, a, b);
  case 2: return ag_sub(g, a, b);
  case 3:
  case 4: return ag_mul(g, ag_tanh(g, a), b);
  case 5: return ag_div(g, a, chance(r, 5) ? b : ag_offset(g, ag_square(g, b), 0.5));
  case 6: return ag_greater(g, a, b);
  case 7: return ag_greater_equal(g, a, b);
  case 8: return ag_equal(g, a, b);
  case 9: return ag_maximum(g, a, b);
  case 10: return ag_minimum(g, a, b);
  default: {
    ag_ref both = ag_add(g, a, b), mask = ag_greater(g, b, ag_like(g, b, 0));
    return ag_where(g, mask, a, chance(r, 50) ? both : b);
  }
  }
}

static ag_ref reduction(random_graph *r, ag_ref x) {
  ag_type t = type_of(r, x);
  unsigned axes = t.rank ? (unsigned)below(r, 1 << t.rank) : 0;
  double scale = 1 / sqrt(1 + (double)numel(r, x));
  bool keep = chance(r, 50);
  int axis = t.rank ? below(r, t.rank) : 0;
  switch (t.rank ? below(r, 7) : 0) {
  case 0:
  case 1: return ag_scale(r->g, ag_sum(r->g, x, axes, keep), scale);
  case 2: return ag_max(r->g, x, axes, keep);
  case 3: return ag_row_norm(r->g, x);
  case 4: return ag_logsumexp(r->g, x, axis, keep);
  case 5: return ag_softmax(r->g, x, axis);
  default: return ag_variance_axis(r->g, x, axis, keep);
  }
}

/* Whether op(a) op(b) is a product whose result is small enough. */
static bool contracts(const random_graph *r, ag_ref a, ag_ref b, bool ta, bool tb) {
  ag_type s = type_of(r, a), t = type_of(r, b);
  if (s.rank < 2 || t.rank < 2) return false;
  int64_t m = s.shape[s.rank - 1 - !ta], k = s.shape[s.rank - 1 - ta], k2 = t.shape[t.rank - 1 - !tb],
          n = t.shape[t.rank - 1 - tb], batch = 1;
  for (int i = 3; i <= s.rank || i <= t.rank; i++) {
    int64_t p = i <= s.rank ? s.shape[s.rank - i] : 1, q = i <= t.rank ? t.shape[t.rank - i] : 1;
    if (p != q && p != 1 && q != 1) return false;
    batch *= p == 1 ? q : p;
  }
  return k == k2 && batch * m * n <= MOST_ELEMENTS;
}

static ag_ref contraction(random_graph *r, ag_ref a) {
  for (int tries = 0; tries < 12; tries++) {
    ag_ref b = tries < 11 ? any(r) : a;
    bool ta = chance(r, 50), tb = tries < 11 ? chance(r, 50) : !ta;
    if (contracts(r, a, b, ta, tb)) return ag_tanh(r->g, ag_contract(r->g, a, b, ta, tb));
  }
  return unary(r, a);
}

static ag_ref reshaped(random_graph *r, ag_ref x) {
  ag_type t = type_of(r, x);
  int64_t n = numel(r, x);
  switch (below(r, 5)) {
  case 0: return ag_reshape(r->g, x, 1, &n);
  case 1: return ag_reshape(r->g, x, 2, (int64_t[]){n, 1});
  case 2: return ag_reshape(r->g, x, 3, (int64_t[]){1, n, 1});
  case 3: return n % 2 ? ag_detach(r->g, x) : ag_reshape(r->g, x, 2, (int64_t[]){2, n / 2});
  default:
    for (int a = 0; a < t.rank / 2; a++) {
      int64_t keep = t.shape[a];
      t.shape[a] = t.shape[t.rank - 1 - a], t.shape[t.rank - 1 - a] = keep;
    }
    return ag_reshape(r->g, x, t.rank, t.shape);
  }
}

static ag_ref index_leaf(random_graph *r, int64_t rows, int rank, const int64_t *shape) {
  tn_dtype dtype = chance(r, 50) ? TN_I32 : TN_I64;
  tn_array *a = new_leaf(r, dtype, rank, shape);
  for (int64_t i = 0, n = tn_view_numel(&a->view); i < n; i++)
    tn_set(&a->view, i, (double)(value_bits(r) % (uint64_t)rows));
  return ag_input(r->g, r->names[r->n_leaves - 1], dtype, rank, shape);
}

static ag_ref indexed(random_graph *r, ag_ref x) {
  ag_type t = type_of(r, x);
  if (t.rank == 0 || t.rank > 4 || t.shape[0] == 0 || r->n_leaves >= RANDOM_LEAVES - 1) return unary(r, x);
  if (chance(r, 50))
    return ag_gather(r->g, x, index_leaf(r, t.shape[0], 1 + below(r, 2), (int64_t[]){1 + below(r, 6), 2}));
  return ag_scatter_add(r->g, x, index_leaf(r, 4, 1, t.shape), 4 + below(r, 2));
}

static ag_ref moved(random_graph *r, ag_ref x) {
  ag_type t = type_of(r, x);
  int axes[3] = {0, 1, 2}, axis = t.rank ? below(r, t.rank) : 0;
  if (t.rank == 0) return reshaped(r, x);
  int64_t extent = t.shape[axis];
  switch (below(r, 9)) {
  case 0:
    for (int a = t.rank - 1; a > 0; a--) {
      int b = below(r, a + 1), keep = axes[a];
      axes[a] = axes[b], axes[b] = keep;
    }
    return ag_transpose(r->g, x, axes);
  case 1: {
    int64_t start = extent ? below(r, (int)extent) : 0;
    return ag_slice(r->g, x, axis, start, extent ? below(r, (int)(extent - start) + 1) : 0);
  }
  case 2: return ag_pad(r->g, x, axis, below(r, 3), below(r, 3));
  case 3: return ag_flip(r->g, x, axis);
  case 4: return extent ? ag_slice_step(r->g, x, axis, extent - 1, (extent + 2) / 3, -3) : x;
  case 5: return numel(r, x) * 2 > MOST_ELEMENTS ? x : ag_pad_interior(r->g, x, axis, 1, 0, 1);
  case 6: return ag_tanh(r->g, ag_cumsum(r->g, x, axis, chance(r, 50)));
  case 7: return ag_sort(r->g, x, axis, chance(r, 50));
  default: {
    ag_ref parts[11];
    int n = chance(r, 20) ? 11 : 1 + below(r, 3);
    for (int i = 0; i < n; i++) parts[i] = i % 2 ? unary(r, x) : x;
    return ag_concat(r->g, parts, n, axis);
  }
  }
}

static ag_ref drawn(random_graph *r, ag_ref like) {
  ag_type t = type_of(r, like);
  char name[16];
  snprintf(name, sizeof name, "draw%d", (int)ag_node_count(r->g));
  switch (below(r, 3)) {
  case 0: return ag_uniform(r->g, name, r->dtype, t.rank, t.shape);
  case 1: return ag_normal(r->g, name, r->dtype, t.rank, t.shape);
  default: return ag_mul(r->g, like, ag_bernoulli(r->g, name, r->dtype, t.rank, t.shape, 0.4));
  }
}

static ag_ref converted(random_graph *r, ag_ref x) {
  static const tn_dtype via[] = {TN_F32, TN_F64, TN_I32, TN_U8};
  ag_ref y = ag_cast(r->g, x, via[below(r, 4)]);
  if (chance(r, 50)) y = ag_reshape(r->g, y, 1, (int64_t[]){numel(r, x)});
  if (chance(r, 50)) y = ag_where(r->g, ag_greater(r->g, y, ag_like(r->g, y, 1)), ag_add(r->g, y, y), y);
  return ag_cast(r->g, y, r->dtype);
}

static ag_ref broadened(random_graph *r, ag_ref x) {
  ag_type t = type_of(r, x);
  if (t.rank >= 4 || numel(r, x) * 3 > MOST_ELEMENTS) return ag_detach(r->g, x);
  for (int a = t.rank; a > 0; a--) t.shape[a] = t.shape[a - 1];
  t.shape[0] = 1 + below(r, 3);
  return ag_broadcast(r->g, x, t.rank + 1, t.shape);
}

static void add_gradients(random_graph *r) {
  ag_ref wrt[3], out[3], y = ag_sum_all(r->g, ag_tanh(r->g, ag_add(r->g, any(r), ag_sum_all(r->g, any(r)))));
  for (int i = 0; i < 3; i++) wrt[i] = i < r->n_states ? r->states[i] : any(r);
  for (int i = 0; i < 3; i++) /* of a broadcast, by what was broadcast: ag_grad refuses the other */
    while (ag_op_of(r->g, wrt[i])->flags & AG_BROADCASTS) wrt[i] = ag_in(r->g, wrt[i], 0);
  ag_grad(r->g, y, wrt, 3, out);
  for (int i = 0; i < 3; i++) put(r, chance(r, 80) ? ag_tanh(r->g, out[i]) : out[i]);
}

static ag_ref network(random_graph *r, ag_ref x) {
  ag_ref y = random_network(r->g, &r->d, (ag_ref[]){x, any(r), any(r)});
  return y.id ? y : unary(r, x);
}

static ag_ref next_value(random_graph *r) {
  ag_ref x = any(r);
  switch (below(r, 15)) {
  case 0:
  case 1:
  case 2: return unary(r, x);
  case 3:
  case 4:
  case 5:
  case 6: return binary(r, x);
  case 7: return reduction(r, x);
  case 8: return contraction(r, x);
  case 9: return type_of(r, x).rank <= 3 ? reshaped(r, x) : unary(r, x);
  case 10: return type_of(r, x).rank <= 3 ? moved(r, x) : unary(r, x);
  case 11: return indexed(r, x);
  case 12: return chance(r, 50) ? drawn(r, x) : converted(r, x);
  case 13: return network(r, x);
  default: return broadened(r, x);
  }
}

/* ---- updates ---- */

static bool same_type(const random_graph *r, ag_ref a, ag_ref b) {
  ag_type s = type_of(r, a), t = type_of(r, b);
  return s.dtype == t.dtype && tn_same_shape(s.rank, s.shape, t.rank, t.shape);
}

/* Some value with the shape of the state: one that has it, one that broadcasts to it, or one reshaped. */
static ag_ref shaped_like(random_graph *r, ag_ref state) {
  ag_type t = type_of(r, state);
  for (int tries = 0; tries < 12; tries++) {
    ag_ref x = any(r);
    if (same_type(r, x, state)) return x;
    if (numel(r, x) == numel(r, state)) return ag_reshape(r->g, x, t.rank, t.shape);
    ag_ref wide = broadcasts(r, x, state) ? ag_mul(r->g, ag_tanh(r->g, x), state) : (ag_ref){0};
    if (wide.id && same_type(r, wide, state)) return wide;
  }
  return ag_tanh(r->g, state);
}

static void adam(random_graph *r, ag_ref w, ag_ref m, ag_ref v) {
  ag_graph *g = r->g;
  ag_ref dw = shaped_like(r, w);
  ag_ref m1 = ag_add(g, ag_scale(g, m, 0.9), ag_scale(g, dw, 0.1));
  ag_ref v1 = ag_add(g, ag_scale(g, ag_abs(g, v), 0.99), ag_scale(g, ag_square(g, dw), 0.01));
  ag_ref step = ag_div(g, m1, ag_offset(g, ag_sqrt(g, v1), 1e-3));
  ag_assign(g, m, m1);
  ag_assign(g, v, v1);
  ag_assign(g, w, ag_sub(g, w, ag_scale(g, step, 0.05)));
}

static void add_output(random_graph *r, ag_ref x) {
  if (r->n_outputs < RANDOM_OUTPUTS) r->outputs[r->n_outputs++] = x;
}

static void update_one(random_graph *r, int i) {
  ag_graph *g = r->g;
  ag_ref s = r->states[i], other = r->states[below(r, r->n_states)], x = shaped_like(r, s);
  switch (below(r, 8)) {
  case 0: ag_assign(g, s, ag_sub(g, s, ag_scale(g, x, 0.1))); break;
  case 1: ag_assign(g, s, x); break;
  case 2: ag_assign(g, s, ag_detach(g, ag_tanh(g, x))); break;
  case 3:
    ag_assign(g, s, ag_mul(g, s, ag_tanh(g, ag_mean_all(g, s))));
    break; /* read directly and as a whole */
  case 4: ag_assign(g, s, same_type(r, s, other) ? other : s); break;
  case 5:
    ag_assign(g, s, ag_broadcast(g, ag_scalar(g, r->dtype, 0.25), type_of(r, s).rank, type_of(r, s).shape));
    break;
  case 6: { /* an output that is also assigned */
    ag_ref y = ag_tanh(g, ag_add(g, s, x));
    ag_assign(g, s, y);
    add_output(r, y);
    break;
  }
  default: { /* one value for two states, where there is another of its shape not yet assigned */
    ag_ref y = ag_scale(g, x, 0.5);
    ag_assign(g, s, y);
    put(r, ag_add(g, y, ag_tanh(g, s)));
  }
  }
}

static void add_updates(random_graph *r) {
  for (int i = 0; i < r->n_states; i++) {
    ag_ref *s = &r->states[i];
    int left = r->n_states - i;
    if (left >= 3 && same_type(r, s[0], s[1]) && same_type(r, s[1], s[2]) && chance(r, 60)) {
      adam(r, s[0], s[1], s[2]);
      i += 2;
    } else if (left >= 2 && same_type(r, s[0], s[1]) && chance(r, 60)) {
      ag_ref x = shaped_like(r, s[0]);
      bool swap = chance(r, 50); /* else one value for two states */
      ag_assign(r->g, s[0], swap ? s[1] : x);
      ag_assign(r->g, s[1], swap ? s[0] : x);
      i++;
    } else if (chance(r, 75)) update_one(r, i);
  }
}

void random_graph_new(random_graph *r, uint32_t seed, tn_dtype dtype) {
  random_graph_drawn(r, (draw){.seed = seed}, dtype);
}

void random_graph_drawn(random_graph *r, draw d, tn_dtype dtype) {
  memset(r, 0, sizeof *r);
  r->dtype = dtype;
  r->d = d;
  if (ag_graph_new(NULL, &r->g) != TN_OK) return;
  add_leaves(r);
  int n = 10 + below(r, 110), gradient_at = below(r, 2 * n);
  for (int i = 0; i < n && !draw_over(&r->d); i++) {
    put(r, next_value(r));
    if (i == gradient_at) add_gradients(r);
  }
  add_updates(r);
  for (int i = 0, wanted = below(r, 6); i <= wanted; i++)
    add_output(r, r->n_outputs && chance(r, 10) ? r->outputs[0] : any(r)); /* now and then one twice */
}

void random_graph_free(random_graph *r) {
  for (int i = 0; i < r->n_leaves; i++) tn_array_free(&r->leaves[i]);
  ag_graph_free(r->g);
}
