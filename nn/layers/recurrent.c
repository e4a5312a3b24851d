/* recurrent.c - see recurrent.h. */
#include "recurrent.h"

#include "../init/constant.h"
#include "../model/text.h"
#include "dropout.h"

#include <stdio.h>

typedef struct sequence {
  nn_model *m;
  ag_graph *g;
  const nn_cell *cell;
  const nn_recurrent_options *o;
  int64_t batch, time, units;
  int layers, directions;
  ag_ref *ends; /* room for one per layer and direction */
} sequence;

static ag_ref projected(nn_model *m, ag_ref x, int64_t units, const nn_cell *cell, bool no_bias) {
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  int64_t width = cell->gates * units;
  ag_ref k = nn_parameter(m, "kernel", 2, (int64_t[]){t.shape[t.rank - 1], width}, NN_GLOROT_UNIFORM);
  ag_ref y = ag_contract(g, x, k, false, false);
  if (no_bias) return y;
  nn_initializer start = cell->bias.fill ? cell->bias : nn_init_constant(0);
  return ag_add(g, y, nn_parameter_as(m, "bias", 1, &width, start));
}

static ag_ref zeros(ag_graph *g, tn_dtype dtype, int64_t batch, int64_t units) {
  return ag_broadcast(g, ag_scalar(g, dtype, 0), 2, (int64_t[]){batch, units});
}

/* The states before the first step, of layer and direction number `index`. */
static void start(const sequence *s, int index, ag_ref *state) {
  for (int k = 0; k < s->cell->states; k++) {
    ag_ref all = s->o->initial[k];
    state[k] = all.id ? ag_reshape(s->g, ag_slice(s->g, all, 0, index, 1), 2, (int64_t[]){s->batch, s->units})
                      : zeros(s->g, nn_dtype(s->m), s->batch, s->units);
  }
}

typedef struct loop {
  const sequence *s;
  bool masked, gives; /* there is a mask; the result of each step is wanted */
} loop;

static void body(ag_graph *g, const ag_scan_step *step, const void *ctx) {
  const loop *l = ctx;
  const sequence *s = l->s;
  ag_ref next[NN_CELL_STATES] = {{0}}, counts = {0};
  s->cell->step(&(nn_cell_step){.g = g,
                                .projected = step->each[0],
                                .units = s->units,
                                .weights = step->shared,
                                .state = step->carry,
                                .next = next,
                                .options = s->cell->options});
  if (l->masked) {
    counts = ag_reshape(g, step->each[1], 2, (int64_t[]){s->batch, 1});
    counts = ag_broadcast(g, counts, 2, (int64_t[]){s->batch, s->units});
  }
  for (int k = 0; k < s->cell->states; k++)
    step->next[k] = l->masked ? ag_where(g, counts, next[k], step->carry[k]) : next[k];
  if (l->gives) step->out[0] = step->next[0];
}

/* Runs one layer in one direction: returns [batch, time, units], or [batch, 1, units] of the last step. */
static ag_ref run(const sequence *s, ag_ref x, bool backwards, bool last, ag_ref *state) {
  x = ag_transpose(s->g, x, (int[]){1, 0, 2}); /* transposed before the projection, which is wider */
  if (!nn_building(s->m)) return (ag_ref){0};
  ag_ref each[2] = {projected(s->m, x, s->units, s->cell, s->o->no_bias)}, weights[NN_CELL_WEIGHTS] = {{0}};
  ag_ref end[NN_CELL_STATES] = {{0}}, out[1] = {{0}};
  loop l = {s, s->o->mask.id != 0, !last};
  s->cell->declare(s->m, s->units, weights, s->cell->options);
  if (!nn_building(s->m)) return (ag_ref){0};
  if (l.masked) each[1] = ag_transpose2(s->g, ag_cast(s->g, s->o->mask, nn_dtype(s->m)));
  ag_scan_args args = {.length = s->time,
                       .reverse = backwards,
                       .carry = state,
                       .n_carry = s->cell->states,
                       .each = each,
                       .n_each = 1 + l.masked,
                       .shared = weights,
                       .n_shared = s->cell->n_weights,
                       .n_out = l.gives};
  ag_scan(s->g, &args, body, &l, end, out);
  for (int k = 0; k < s->cell->states; k++) state[k] = end[k];
  if (last) return ag_reshape(s->g, end[0], 3, (int64_t[]){s->batch, 1, s->units});
  return ag_transpose(s->g, out[0], (int[]){1, 0, 2});
}

/* Runs one layer in one direction, or in two and concatenates the results; stores the last states in
 * final[.]. */
static ag_ref layer(const sequence *s, ag_ref x, int index, bool last, ag_ref (*final)[NN_CELL_STATES]) {
  static const char *const names[] = {"forward", "backward"};
  ag_ref y[2] = {{0}};
  for (int d = 0; d < s->directions && nn_building(s->m); d++) {
    ag_ref *state = final[index * s->directions + d];
    bool scoped = s->directions == 2;
    if (scoped && !nn_enter(s->m, s->cell->who, names[d])) return (ag_ref){0};
    start(s, index * s->directions + d, state);
    y[d] = run(s, x, scoped ? d == 1 : s->o->reverse, last, state);
    if (scoped) nn_leave(s->m, y[d]);
  }
  return s->directions == 2 ? ag_concat(s->g, y, 2, 2) : y[0];
}

static ag_ref stack(const sequence *s, ag_ref x, ag_ref (*final)[NN_CELL_STATES]) {
  for (int l = 0; l < s->layers && nn_building(s->m); l++) {
    char name[24];
    snprintf(name, sizeof name, "%d", l);
    bool scoped = s->layers > 1;
    if (scoped && !nn_enter(s->m, s->cell->who, name)) return (ag_ref){0};
    if (l > 0) x = nn_dropout(s->m, "dropout", x, s->o->dropout);
    x = layer(s, x, l, s->o->last && l == s->layers - 1, final);
    if (scoped) nn_leave(s->m, x);
  }
  return x;
}

/* Stacks the last states of all layers and directions along a first axis. */
static void give_states(const sequence *s, ag_ref (*final)[NN_CELL_STATES], ag_ref *each, ag_ref *out) {
  int n = s->layers * s->directions;
  for (int k = 0; k < s->cell->states && nn_building(s->m); k++) {
    for (int i = 0; i < n; i++)
      each[i] = ag_reshape(s->g, final[i][k], 3, (int64_t[]){1, s->batch, s->units});
    out[k] = ag_concat(s->g, each, n, 0);
  }
}

/* Declares buffers for the cell's states and makes them the initial states in `options`. */
static void remember(nn_model *m, const nn_cell *cell, const int64_t *shape, nn_recurrent_options *options) {
  static const char *const names[NN_CELL_STATES] = {"state0", "state1"};
  for (int k = 0; k < cell->states; k++) options->initial[k] = nn_buffer(m, names[k], 3, shape, 0);
}

/* Gives the last states to the caller (options.final) and assigns them to the buffers (stateful). */
static void finish(const sequence *s, ag_ref (*final)[NN_CELL_STATES]) {
  ag_ref ends[NN_CELL_STATES] = {{0}};
  if (!s->o->final && !s->o->stateful) return;
  give_states(s, final, s->ends, ends);
  for (int k = 0; k < s->cell->states && nn_building(s->m); k++) {
    if (s->o->final) s->o->final[k] = ends[k];
    if (s->o->stateful && nn_mode_of(s->m) == NN_TRAIN)
      ag_assign(s->g, s->o->initial[k], ag_detach(s->g, ends[k]));
  }
}

/* ---- what does not fit ------------------------------------------------------------------------------------ */

static bool fits(const sequence *s, ag_type t) {
  char have[NN_SHAPE_TEXT], other[NN_SHAPE_TEXT];
  nn_shape_text(have, t.rank, t.shape);
  if (t.rank != 3 || t.shape[1] < 1 || s->units < 1 || s->layers < 1) {
    nn_refuse(s->m, TN_ESHAPE,
              "the input must be [batch, time, in], units and layers at least 1, not %s, %lld and %d", have,
              (long long)s->units, s->layers);
    return false;
  }
  ag_type mask = ag_type_of(s->g, s->o->mask);
  if (s->o->mask.id && mask.dtype != TN_U8 && mask.dtype != t.dtype) {
    nn_refuse(s->m, TN_ETYPE, "the mask must be u8 or %s, not %s", tn_dtype_name(t.dtype),
              tn_dtype_name(mask.dtype));
    return false;
  }
  if (s->o->mask.id && !tn_same_shape(mask.rank, mask.shape, 2, t.shape)) {
    nn_refuse(s->m, TN_ESHAPE, "the mask must be [batch, time] of %s, not %s", have,
              nn_shape_text(other, mask.rank, mask.shape));
    return false;
  }
  const int64_t want[] = {s->layers * s->directions, s->batch, s->units};
  for (int k = 0; k < s->cell->states; k++) {
    ag_type h = ag_type_of(s->g, s->o->initial[k]);
    if (!s->o->initial[k].id || tn_same_shape(h.rank, h.shape, 3, want)) continue;
    nn_refuse(s->m, TN_ESHAPE, "the initial state must be %s, not %s", nn_shape_text(have, 3, want),
              nn_shape_text(other, h.rank, h.shape));
    return false;
  }
  return true;
}

ag_ref nn_recurrent(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_cell *cell,
                    const nn_recurrent_options *options) {
  nn_recurrent_options own = options ? *options : (nn_recurrent_options){0};
  const nn_recurrent_options *o = &own;
  if (!nn_enter(m, cell->who, name)) return (ag_ref){0};
  ag_type t = ag_type_of(nn_graph(m), x);
  sequence s = {.m = m, .g = nn_graph(m), .cell = cell, .o = o, .units = units};
  s.batch = t.shape[0], s.time = t.shape[1];
  s.layers = o->layers ? o->layers : 1, s.directions = o->bidirectional ? 2 : 1;
  if (!fits(&s, t)) return (ag_ref){0};
  if (o->stateful) remember(m, cell, (int64_t[]){s.layers * s.directions, s.batch, units}, &own);
  size_t n = (size_t)(s.layers * s.directions);
  s.ends = tn_calloc(nn_allocator(m), n, sizeof *s.ends);
  ag_ref(*final)[NN_CELL_STATES] = tn_calloc(nn_allocator(m), n, sizeof *final);
  ag_ref y = {0};
  if (!s.ends || !final) nn_fail(m, TN_ENOMEM, "%s: out of memory", cell->who);
  else y = stack(&s, x, final);
  if (nn_building(m)) finish(&s, final);
  if (o->last && nn_building(m)) y = ag_reshape(s.g, y, 2, (int64_t[]){s.batch, units * s.directions});
  tn_free(nn_allocator(m), s.ends);
  tn_free(nn_allocator(m), final);
  return nn_leave(m, y);
}

ag_ref nn_recurrent_step(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_cell *cell,
                         nn_recurrent_state state) {
  if (!nn_enter(m, cell->who, name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  ag_ref before[NN_CELL_STATES] = {{0}};
  char have[NN_SHAPE_TEXT], other[NN_SHAPE_TEXT];
  if (t.rank != 2 || units < 1)
    return nn_refuse(m, TN_ESHAPE, "the input must be [batch, in] and units at least 1, not %s and %lld",
                     nn_shape_text(have, t.rank, t.shape), (long long)units);
  for (int k = 0; k < cell->states; k++) {
    before[k] = state.now[k].id ? state.now[k] : zeros(g, t.dtype, t.shape[0], units);
    ag_type h = ag_type_of(g, before[k]);
    if (h.rank != 2 || h.shape[0] != t.shape[0] || h.shape[1] != units)
      return nn_refuse(m, TN_ESHAPE, "the state must be [batch, units] beside an input %s, not %s",
                       nn_shape_text(have, t.rank, t.shape), nn_shape_text(other, h.rank, h.shape));
  }
  ag_ref weights[NN_CELL_WEIGHTS] = {{0}}, p = projected(m, x, units, cell, state.no_bias);
  cell->declare(m, units, weights, cell->options);
  cell->step(&(nn_cell_step){.g = g,
                             .projected = p,
                             .units = units,
                             .weights = weights,
                             .state = before,
                             .next = state.next,
                             .options = cell->options});
  return nn_leave(m, state.next[0]);
}
