/* lstm: ADBench's LSTM, whose weight matrices are diagonal. A loop over the characters; in each step the layers, one after the
 * other. The loss is the mean of -log probability, where ADBench's sum of exponentials has 2 added. */
#include "gradbench.h"

/* Row `row` of [rows, parts * n], part `part` of it: [n]. */
static ag_ref part(ag_graph *g, ag_ref x, int64_t row, int64_t at, int64_t n) {
  return ag_reshape(g, ag_slice(g, ag_slice(g, x, 0, row, 1), 1, at * n, n), 1, &n);
}

enum { FORGET, IN, OUT, CHANGE };

static ag_ref gate(ag_graph *g, ag_ref parameters, int64_t layer, int64_t which, ag_ref x) {
  int64_t n = ag_type_of(g, x).shape[0];
  ag_ref weight = part(g, parameters, 2 * layer, which, n),
         bias = part(g, parameters, 2 * layer + 1, which, n);
  return ag_add(g, ag_mul(g, x, weight), bias);
}

/* state [2 layers, n]: hidden and cell of each layer. */
static void step(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  ag_ref parameters = s->shared[0], extra = s->shared[1], state = s->carry[0], next[2 * 32];
  int64_t layers = *(const int64_t *)ctx, n = ag_type_of(g, s->each[0]).shape[0];
  ag_ref x = ag_mul(g, s->each[0], part(g, extra, 0, 0, n));
  for (int64_t i = 0; i < layers; i++) {
    ag_ref hidden = part(g, state, 2 * i, 0, n), cell = part(g, state, 2 * i + 1, 0, n);
    ag_ref kept = ag_mul(g, cell, ag_sigmoid(g, gate(g, parameters, i, FORGET, x)));
    ag_ref change = ag_tanh(g, gate(g, parameters, i, CHANGE, hidden));
    cell = ag_add(g, kept, ag_mul(g, ag_sigmoid(g, gate(g, parameters, i, IN, hidden)), change));
    x = ag_mul(g, ag_sigmoid(g, gate(g, parameters, i, OUT, x)), ag_tanh(g, cell));
    next[2 * i] = x, next[2 * i + 1] = cell;
  }
  ag_ref y = ag_add(g, ag_mul(g, x, part(g, extra, 1, 0, n)), part(g, extra, 2, 0, n));
  ag_ref log_sum = ag_log(g, ag_offset(g, ag_sum_all(g, ag_exp(g, y)), 2));
  s->next[0] = ag_stack(g, next, 2 * (int)layers, 0);
  s->next[1] = ag_add(g, s->carry[1], ag_sum_all(g, ag_mul(g, s->each[1], ag_sub(g, y, log_sum))));
}

static ag_ref flat(ag_graph *g, ag_ref x) { return ag_flatten(g, x, 0, -1); }

static void build(gb_call *c) {
  ag_graph *g = c->g;
  ag_ref p[2] = {gb_leaf(c, "main_params"), gb_leaf(c, "extra_params")}, last[2], d[2];
  ag_ref text = gb_leaf(c, "sequence"), start[2] = {gb_leaf(c, "state"), ag_scalar(g, TN_F64, 0)};
  int64_t layers = gb_places(c, p[0], 0) / 2, steps = gb_places(c, text, 0) - 1, n = gb_places(c, text, 1);
  ag_ref each[2] = {ag_slice(g, text, 0, 0, steps), ag_slice(g, text, 0, 1, steps)};
  if (layers > 32) gb_fail(c, "more than 32 layers");
  if (*c->error) return;
  ag_scan_args loop = {
      .length = steps, .carry = start, .n_carry = 2, .each = each, .n_each = 2, .shared = p, .n_shared = 2};
  ag_scan(g, &loop, step, &layers, last, NULL);
  ag_ref loss = ag_scale(g, last[1], -1.0 / (double)(steps * n));
  ag_grad(g, loss, p, 2, d);
  ag_ref gradient = ag_concat(g, (ag_ref[]){flat(g, d[0]), flat(g, d[1])}, 2, 0);
  gb_output(c, gb_is(c, "objective") ? loss : gradient);
}

const gb_evaluation gb_lstm = {"lstm", "objective jacobian", build, NULL, NULL};
