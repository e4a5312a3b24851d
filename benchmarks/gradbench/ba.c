/* ba: bundle adjustment. p observations, each of one of n cameras and one of m points, with a weight each. An observation's error
 * depends on its own rows of cameras, points and weights, so that two gradients, of all horizontal and of all vertical
 * errors, hold every element of the sparse Jacobian that is not 0. */
#include "gradbench.h"

enum { CAMERA = 11, ROW = CAMERA + 3 + 1, SHOWN = 2 * ROW };

/* Rows 0, 1, ..., n - 1, 0, 1, ... of a table for p observations. */
static ag_ref observed(gb_call *c, ag_ref table, int64_t n, int64_t p) {
  ag_ref place = ag_arange(c->g, TN_F64, 0, (double)p, 1);
  ag_ref index = ag_cast(c->g, ag_remainder(c->g, place, ag_like(c->g, place, (double)n)), TN_I64);
  return ag_gather(c->g, table, index);
}

/* n rows, each a copy: the protocol sends one. */
static ag_ref rows(gb_call *c, const char *member, int64_t n, int64_t width) {
  return observed(c, ag_reshape(c->g, gb_leaf(c, member), 2, (int64_t[]){1, width}), 1, n);
}

static ag_ref dot(ag_graph *g, ag_ref a, ag_ref b) { return ag_sum_axis(g, ag_mul(g, a, b), -1, true); }
static ag_ref columns(ag_graph *g, ag_ref x, int64_t first, int64_t n) { return ag_slice(g, x, 1, first, n); }

static ag_ref cross(ag_graph *g, ag_ref a, ag_ref b) {
  return ag_sub(g, ag_mul(g, ag_roll(g, a, 1, -1), ag_roll(g, b, 1, -2)),
                ag_mul(g, ag_roll(g, a, 1, -2), ag_roll(g, b, 1, -1)));
}

/* Points turned about axes by angles that are the axes' lengths (Rodrigues); [p, 3] both. */
static ag_ref rotate(ag_graph *g, ag_ref axis, ag_ref x) {
  ag_ref square = dot(g, axis, axis), turns = ag_greater(g, square, ag_like(g, square, 0));
  ag_ref angle = ag_sqrt(g, ag_where(g, turns, square, ag_like(g, square, 1)));
  ag_ref unit = ag_div(g, axis, angle), cosine = ag_cos(g, angle);
  ag_ref along = ag_mul(g, dot(g, unit, x), ag_offset(g, ag_neg(g, cosine), 1));
  ag_ref turned = ag_add(g, ag_mul(g, x, cosine), ag_mul(g, cross(g, unit, x), ag_sin(g, angle)));
  ag_ref near = ag_add(g, x, cross(g, axis, x)); /* to first order */
  return ag_where(g, turns, ag_add(g, turned, ag_mul(g, unit, along)), near);
}

/* Camera: axis and angle 3, centre 3, focal length, principal point 2, radial distortion 2. */
static ag_ref project(ag_graph *g, ag_ref camera, ag_ref point) {
  ag_ref x = rotate(g, columns(g, camera, 0, 3), ag_sub(g, point, columns(g, camera, 3, 3)));
  ag_ref plane = ag_div(g, columns(g, x, 0, 2), columns(g, x, 2, 1)), square = dot(g, plane, plane);
  ag_ref bend = ag_add(g, columns(g, camera, 9, 1), ag_mul(g, columns(g, camera, 10, 1), square));
  ag_ref seen = ag_mul(g, plane, ag_offset(g, ag_mul(g, bend, square), 1));
  return ag_add(g, ag_mul(g, seen, columns(g, camera, 6, 1)), columns(g, camera, 7, 2));
}

static void build(gb_call *c) {
  ag_graph *g = c->g;
  int64_t n = gb_extent(c, "n"), m = gb_extent(c, "m"), p = gb_extent(c, "p");
  ag_ref of[3] = {observed(c, rows(c, "cam", n, CAMERA), n, p), observed(c, rows(c, "x", m, 3), m, p),
                  rows(c, "w", p, 1)};
  if (p < 10) gb_fail(c, "at least 10 observations are needed"); /* of whose errors the first are shown */
  ag_ref error = ag_mul(g, of[2], ag_sub(g, project(g, of[0], of[1]), rows(c, "feat", p, 2)));
  ag_ref weight_error = ag_offset(g, ag_neg(g, ag_square(g, of[2])), 1);
  gb_output(c, error);
  gb_output(c, weight_error);
  if (gb_is(c, "objective")) return;
  for (int side = 0; side < 2; side++) {
    ag_ref d[3];
    ag_grad(g, ag_sum_all(g, columns(g, error, side, 1)), of, 3, d);
    gb_output(c, ag_concat(g, d, 3, 1)); /* [p, ROW] */
  }
  gb_output(c, gb_gradient(g, ag_sum_all(g, weight_error), of[2], false));
}

static json_t *objective(const gb_call *c, int64_t p) {
  const double *error = gb_values(c, 0);
  return json_pack("{s:{s:[f,f], s:I}, s:{s:f, s:I}}", "reproj_error", "elements", error[0], error[1],
                   "repeated", (json_int_t)p, "w_err", "element", gb_values(c, 1)[0], "repeated",
                   (json_int_t)p);
}

/* Of the matrix in compressed rows, what the protocol asks for: the first 30 of each list, and the last. Its rows are two
 * for each observation, then one for each weight; its columns cameras, points, weights. */
static json_t *jacobian(const gb_call *c, int64_t n, int64_t m, int64_t p) {
  json_t *starts = json_array(), *places = json_array(), *values = json_array();
  for (int64_t i = 0; i < SHOWN; i++) {
    int64_t at = i % ROW, weights = CAMERA * n + 3 * m;
    int64_t start = i <= 2 * p ? ROW * i : 2 * ROW * p + (i - 2 * p);
    int64_t place = at < CAMERA ? at : at < ROW - 1 ? CAMERA * n + at - CAMERA : weights;
    json_array_append_new(starts, json_integer(start));
    json_array_append_new(places, json_integer(place));
    json_array_append_new(values, json_real(gb_values(c, 2 + (int)(i / ROW))[at]));
  }
  json_array_append_new(starts, json_integer((2 * ROW + 1) * p));
  json_array_append_new(places, json_integer(CAMERA * n + 3 * m + p - 1));
  json_array_append_new(values, json_real(gb_values(c, 4)[p - 1]));
  return json_pack("{s:o, s:o, s:o}", "rows", starts, "cols", places, "vals", values);
}

static int64_t size(const gb_call *c, const char *key) {
  return (int64_t)json_number_value(json_object_get(c->input, key));
}
static json_t *result(const gb_call *c) {
  return gb_is(c, "objective") ? objective(c, size(c, "p"))
                               : jacobian(c, size(c, "n"), size(c, "m"), size(c, "p"));
}

const gb_evaluation gb_ba = {"ba", "objective jacobian", build, NULL, result};
