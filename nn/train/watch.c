/* watch.c - the scalars that show that a loss became NaN or infinite.
 *
 * A loss is a sum of terms. A step computes the terms that depend on the data anyway, so checking them costs
 * nothing. Of terms that depend on parameters alone (penalties) a step needs only the gradient; computing
 * their values too would make a step of a large network slower, with frozen layers several times. They are
 * checked separately, after epochs 1, 2, 4, 8, ... and the last. */
#include "nn/internal.h"

/* Whether an op is an addition: it commutes and 0 is its identity. */
static bool adds(const ag_op *op) {
  unsigned both = AG_COMMUTES | AG_IDENTITY_0;
  return op && op->kind == AG_ELEMENTWISE && (op->flags & both) == both;
}

typedef struct walk {
  nn_model *m;
  bool *varies; /* per node: it depends on a column or a random number */
  bool of_data; /* which terms are wanted: those that vary, or the others */
  ag_ref *out;
  int n, room;
} walk;

static void mark(walk *w) {
  ag_graph *g = w->m->graph;
  const ag_op *input = ag_op_of(g, w->m->rate);
  uint32_t n = (uint32_t)ag_node_count(g);
  for (uint32_t id = 1; id <= n; id++) {
    ag_ref x = {id}, in;
    const ag_op *op = ag_op_of(g, x);
    if (!op) continue;
    bool varies = op->kind == AG_RANDOM || (op == input && id != w->m->rate.id);
    for (int i = 0; !varies && (in = ag_in(g, x, i)).id; i++) varies = w->varies[in.id];
    w->varies[id] = varies;
  }
}

static void take(walk *w, ag_ref x) {
  for (int i = 0; i < w->n; i++)
    if (w->out[i].id == x.id) return;
  if (w->n < w->room) w->out[w->n++] = x;
}

/* Splits a sum into its terms, to a limited depth: a deeper sum is watched as one term. */
static void split(walk *w, ag_ref x, int depth) {
  ag_graph *g = w->m->graph;
  ag_ref a = ag_in(g, x, 0), b = ag_in(g, x, 1);
  bool scalars = a.id && b.id && ag_type_of(g, a).rank == 0 && ag_type_of(g, b).rank == 0;
  if (depth < NN__MAX_TERMS && scalars && adds(ag_op_of(g, x))) {
    split(w, a, depth + 1);
    split(w, b, depth + 1);
  } else if (w->varies[x.id] == w->of_data) {
    take(w, x);
  }
}

int nn__watched(nn_model *m, bool of_data, ag_ref *out, int room) {
  if (!m->n_losses || !nn_building(m)) return 0;
  bool *varies = tn_calloc(m->alloc, ag_node_count(m->graph) + 2, sizeof *varies);
  if (!varies) {
    nn_fail(m, TN_ENOMEM, "nn_minimize: out of memory");
    return 0;
  }
  walk w = {.m = m, .varies = varies, .of_data = of_data, .out = out, .room = room};
  mark(&w);
  for (size_t i = 0; i < m->n_losses; i++) split(&w, m->losses[i], 0);
  tn_free(m->alloc, varies);
  return w.n;
}

tn_status nn__watch_new(nn__fit *f) {
  nn__runner *any = f->train.full.plan ? &f->train.full : &f->train.rest;
  const nn__plan *plan;
  tn_status status = nn__plan_get(f->model, NN__WATCH, NULL, any->plan->rows, &plan, f->state->error);
  if (status != TN_OK || !plan->plan) return status;
  const nn__use use = {.purpose = NN__WATCH, .rows = any->plan->rows, .data = f->data};
  return nn__runner_new(f->model, f->state, &use, &f->watch);
}

bool nn__watch_finite(nn__fit *f) {
  if (!f->watch.plan) return true;
  return nn__runner_run(&f->watch, 0, (tn_rng){0}) == TN_OK && nn__runner_finite(&f->watch);
}

bool nn__watch_due(const nn__fit *f, int epoch) {
  unsigned done = (unsigned)(epoch - f->first + 1);
  return epoch == f->options->epochs || (done & (done - 1)) == 0;
}
