/* ht: hand tracking. 26 parameters pose a skeleton of bones, the bones move a mesh, and what is returned is how far measured points
 * lie from it: from vertices, or from points of triangles with coordinates us. The Jacobian has a column for each of
 * two coordinates of the point's own triangle, if there are any, and for each parameter: one derivative in
 * direction (ag_jvp) each. */
#include "gradbench.h"

enum { PARAMETERS = 26 };

/* ---- rotations ------------------------------------------------------------------------------------------ */

/* Nine values of one shape as matrices [..., 3, 3]. */
static ag_ref matrix(ag_graph *g, const ag_ref e[9]) {
  ag_ref all = ag_stack(g, e, 9, -1);
  ag_type t = ag_type_of(g, all);
  t.shape[t.rank - 1] = 3, t.shape[t.rank] = 3;
  return ag_reshape(g, all, t.rank + 1, t.shape);
}

static ag_ref row(ag_graph *g, ag_ref x, int64_t i) { return ag_squeeze(g, ag_slice(g, x, 0, i, 1), 0); }

/* About one axis, by each of the angles [bones]. */
static ag_ref about(ag_graph *g, int axis, ag_ref angle) {
  int a = (axis + 1) % 3, b = (axis + 2) % 3;
  ag_ref zero = ag_scale(g, angle, 0), one = ag_offset(g, zero, 1), e[9];
  for (int i = 0; i < 9; i++) e[i] = i % 4 ? zero : one;
  e[4 * a] = e[4 * b] = ag_cos(g, angle);
  e[3 * b + a] = ag_sin(g, angle);
  e[3 * a + b] = ag_neg(g, e[3 * b + a]);
  return matrix(g, e);
}

/* The rotation by a vector's length about it; none below 1e-4. */
static ag_ref by_vector(ag_graph *g, ag_ref v) {
  ag_ref square = ag_sum_all(g, ag_square(g, v)),
         turns = ag_greater_equal(g, square, ag_like(g, square, 1e-8));
  ag_ref angle = ag_sqrt(g, ag_where(g, turns, square, ag_like(g, square, 1)));
  ag_ref unit = ag_div(g, v, angle), zero = ag_scale(g, angle, 0);
  ag_ref n[3] = {row(g, unit, 0), row(g, unit, 1), row(g, unit, 2)};
  ag_ref cross = matrix(
      g, (ag_ref[]){zero, ag_neg(g, n[2]), n[1], n[2], zero, ag_neg(g, n[0]), ag_neg(g, n[1]), n[0], zero});
  ag_ref part = ag_mul(g, ag_matmul(g, cross, cross), ag_offset(g, ag_neg(g, ag_cos(g, angle)), 1));
  ag_ref none = ag_eye(g, TN_F64, 3, 3),
         r = ag_add(g, none, ag_add(g, ag_mul(g, cross, ag_sin(g, angle)), part));
  return ag_where(g, turns, r, none);
}

/* ---- the hand ------------------------------------------------------------------------------------------- */

/* Angles of the bones, [3, bones], about x, z and y. The wrist does not bend; each of five fingers has a bone that does not, one
 * that bends about x and z, and two that bend about x. The forearm is the last. */
static ag_ref angles(gb_call *c, ag_ref theta, int64_t bones) {
  ag_graph *g = c->g;
  enum { WRIST = 1, FINGER = 4, FINGERS = 5, FIRST = 6 };
  int64_t place[2][64];
  if (bones < WRIST + FINGER * FINGERS + 1 || bones > 64) return gb_fail(c, "not a hand's bones"), theta;
  for (int64_t b = 0; b < bones; b++) place[0][b] = place[1][b] = PARAMETERS; /* a zero */
  for (int64_t f = 0; f < FINGERS; f++) {
    int64_t b = WRIST + 1 + FINGER * f, at = FIRST + FINGER * f;
    place[0][b] = at, place[1][b] = at + 1, place[0][b + 1] = at + 2, place[0][b + 2] = at + 3;
  }
  ag_ref padded = ag_pad(g, theta, 0, 0, 1), out[3];
  for (int i = 0; i < 2; i++)
    out[i] = ag_gather(g, padded, ag_constant(g, tn_view_of(place[i], TN_I64, 1, &bones)));
  out[2] = ag_scale(g, out[0], 0);
  return ag_stack(g, out, 3, 0);
}

/* What each bone does to the mesh: [bones, 4, 4]. A bone's parent comes before it. */
static ag_ref transforms(gb_call *c, ag_ref theta) {
  ag_graph *g = c->g;
  ag_ref base = gb_constant(c, "data/model/base_relatives"), all[64];
  const json_t *parents = gb_member(c, "data/model/parents");
  int64_t bones = gb_places(c, base, 0);
  ag_ref angle = angles(c, theta, bones);
  if (*c->error) return theta;
  ag_ref turn = ag_matmul(g, ag_matmul(g, about(g, 2, row(g, angle, 1)), about(g, 1, row(g, angle, 2))),
                          about(g, 0, row(g, angle, 0)));
  ag_ref corner = ag_pad(g, ag_pad(g, ag_full(g, TN_F64, 2, (int64_t[]){1, 1}, 1), 0, 3, 0), 1, 3, 0);
  ag_ref local = ag_matmul(g, base, ag_add(g, ag_pad(g, ag_pad(g, turn, 1, 0, 1), 2, 0, 1), corner));
  for (int64_t b = 0; b < bones; b++) {
    int64_t parent = json_integer_value(json_array_get(parents, (size_t)b));
    all[b] = row(g, local, b);
    if (parent >= b) gb_fail(c, "a bone's parent must come before it");
    else if (parent >= 0) all[b] = ag_matmul(g, all[parent], all[b]);
  }
  return ag_matmul(g, ag_stack(g, all, (int)bones, 0), gb_constant(c, "data/model/inverse_base_absolutes"));
}

/* Places of the vertices, [vertices, 3]: those that their bones give them, weighted, turned and moved as a whole. */
static ag_ref vertices(gb_call *c, ag_ref theta) {
  ag_graph *g = c->g;
  ag_ref operands[3] = {gb_constant(c, "data/model/weights"), transforms(c, theta),
                        gb_constant(c, "data/model/base_positions")};
  ag_ref blended = ag_einsum(g, "vb,bij->vij", operands, 2);
  ag_ref x = ag_einsum(g, "vij,vj->vi", (ag_ref[]){blended, operands[2]}, 2);
  x = ag_slice(g, x, 1, 0, 3);
  static const double mirror[] = {-1, 1, 1};
  if (json_is_true(gb_member(c, "data/model/is_mirrored")))
    x = ag_mul(g, x, ag_constant(g, tn_view_of((void *)(uintptr_t)mirror, TN_F64, 1, (int64_t[]){3})));
  ag_ref turned = ag_contract(g, x, by_vector(g, ag_slice(g, theta, 0, 0, 3)), false, true);
  return ag_add(g, turned, ag_slice(g, theta, 0, 3, 3));
}

/* Points on the triangles, [points, 3], at coordinates us [points, 2] of their first two corners. */
static ag_ref on_triangles(gb_call *c, ag_ref x, ag_ref triangle, ag_ref us) {
  ag_graph *g = c->g;
  ag_ref corners = ag_gather(g, gb_indices(c, "data/model/triangles"), triangle); /* [points, 3] */
  ag_ref third = ag_offset(g, ag_neg(g, ag_sum_axis(g, us, 1, true)), 1);
  ag_ref weights = ag_unsqueeze(g, ag_concat(g, (ag_ref[]){us, third}, 2, 1), 2);
  return ag_sum_axis(g, ag_mul(g, ag_gather(g, x, corners), weights), 1, false);
}

/* By each place of x's last axis, along all leading places together: a point's error knows no other point's us. */
static int derivatives(ag_graph *g, ag_ref y, ag_ref x, ag_ref *out) {
  ag_type t = ag_type_of(g, x);
  int64_t n = t.rank ? t.shape[t.rank - 1] : 0;
  for (int64_t i = 0; i < n; i++) {
    ag_ref direction = ag_expand(g, row(g, ag_eye(g, TN_F64, n, n), i), t.rank, t.shape);
    out[i] = ag_jvp(g, y, &x, &direction, 1);
  }
  return (int)n;
}

static void build(gb_call *c) {
  ag_graph *g = c->g;
  bool on = json_array_size(gb_member(c, "us")) > 0;
  ag_ref wrt[2] = {gb_leaf(c, "theta"), on ? gb_leaf(c, "us") : (ag_ref){0}};
  if (gb_places(c, wrt[0], 0) != PARAMETERS || (on && gb_places(c, wrt[1], 1) != 2))
    gb_fail(c, "theta must have %d elements, us 2 a point", PARAMETERS);
  if (*c->error) return;
  ag_ref x = vertices(c, wrt[0]), place = gb_indices(c, "data/correspondences");
  ag_ref hand = on ? on_triangles(c, x, place, wrt[1]) : ag_gather(g, x, place);
  ag_ref error = ag_flatten(g, ag_sub(g, gb_constant(c, "data/points"), hand), 0, 1), columns[2 + PARAMETERS];
  int n = on ? derivatives(g, error, wrt[1], columns) : 0;
  n += derivatives(g, error, wrt[0], columns + n);
  gb_output(c, gb_is(c, "objective") ? error : ag_stack(g, columns, n, 1));
}

const gb_evaluation gb_ht = {"ht", "objective jacobian", build, NULL, NULL};
