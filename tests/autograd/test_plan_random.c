/* Random graphs: compiled with every combination of passes on and off, several steps each, bit for bit the
 * reference; and what every plan must satisfy, recomputed from its inside. */
#include "autograd/plan/plan.h"
#include "support/random_graph.h"
#include "support/same.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { STEPS = 3, VARIANTS = 18, GRAPHS = 500 };
static const unsigned variants[VARIANTS] = {
    0,
    AG_NO_FUSE,
    AG_NO_REUSE,
    AG_NO_IN_PLACE,
    AG_NO_FUSE | AG_NO_REUSE,
    AG_NO_FUSE | AG_NO_IN_PLACE,
    AG_NO_REUSE | AG_NO_IN_PLACE,
    AG_NO_FUSE | AG_NO_REUSE | AG_NO_IN_PLACE,
    0, /* with two threads */
    AG_TRAP_NONFINITE,
    AG_NO_COMBINE,
    AG_NO_COMBINE | AG_NO_IN_PLACE,
    AG_NO_PANELS,
    AG__SMALL_PANELS,
    AG__SMALL_PANELS | AG_NO_FUSE,
    AG__SMALL_PANELS | AG_NO_REUSE | AG_NO_IN_PLACE,
    AG__MANY_VALUES,
    AG__MANY_VALUES | AG__SMALL_PANELS,
};

static tn_rng rng_of(int step) { return (tn_rng){.seed = 3, .replica = 1, .step = (uint32_t)step}; }

static tn_array copy_of(tn_view v) {
  tn_array a;
  tn_status status = tn_array_new(NULL, v.dtype, v.rank, v.shape, &a);
  cr_assert_eq(status, TN_OK);
  tn_copy(a.view, v);
  return a;
}

/* What the reference gives at each step. */
typedef struct truth {
  tn_array outputs[STEPS][RANDOM_OUTPUTS], leaves[STEPS][RANDOM_LEAVES];
} truth;

static void find_truth(const random_graph *r, bool effects, truth *t) {
  tn_view leaves[RANDOM_LEAVES];
  for (int s = 0; s < STEPS; s++) {
    tn_view results[RANDOM_OUTPUTS];
    for (int i = 0; i < r->n_leaves; i++) {
      t->leaves[s][i] = copy_of(s ? t->leaves[s - 1][i].view : r->leaves[i].view);
      leaves[i] = t->leaves[s][i].view;
    }
    for (int i = 0; i < r->n_outputs; i++) {
      ag_type y = ag_type_of(r->g, r->outputs[i]);
      tn_status status = tn_array_new(NULL, y.dtype, y.rank, y.shape, &t->outputs[s][i]);
      cr_assert_eq(status, TN_OK);
      results[i] = t->outputs[s][i].view;
    }
    tn_status status = ag_reference(r->g, r->outputs, r->n_outputs, effects, r->names, leaves, r->n_leaves,
                                    rng_of(s), results);
    cr_assert_eq(status, TN_OK, "seed %u: reference: %s", r->d.seed, tn_status_text(status));
  }
}

static void forget_truth(const random_graph *r, truth *t) {
  for (int s = 0; s < STEPS; s++) {
    for (int i = 0; i < r->n_leaves; i++) tn_array_free(&t->leaves[s][i]);
    for (int i = 0; i < r->n_outputs; i++) tn_array_free(&t->outputs[s][i]);
  }
}

/* ---- what must hold inside ---- */

static bool lives(const ag__program *p, int x) {
  return p->nodes[x].place == AG__ARENA && p->nodes[x].unit >= 0;
}

/* The units of a panel are interleaved: each may run before and after every other. */
static int first_of(const ag__program *p, int unit) {
  return p->units[unit].panel < 0 ? unit : p->panels[p->units[unit].panel].first;
}
static int last_of(const ag__program *p, int unit) {
  const ag__panel *q = p->units[unit].panel < 0 ? NULL : &p->panels[p->units[unit].panel];
  return q ? q->first + q->n - 1 : unit;
}

/* The last unit that needs the memory of x, aliases included; past the end if the step's result does. */
static int last_need(const ag__program *p, int x) {
  int last = last_of(p, p->nodes[x].unit);
  for (int y = 0; y < p->n_nodes; y++) {
    if (p->nodes[y].output && p->nodes[y].root == x) return p->n_units;
    for (int k = 0; k < p->nodes[y].n_in && p->nodes[y].unit >= 0; k++)
      if (p->nodes[ag__in(p, &p->nodes[y], k)].root == x && last_of(p, p->nodes[y].unit) > last)
        last = last_of(p, p->nodes[y].unit);
  }
  for (int i = 0; i < p->n_assigns; i++)
    if (!p->assigns[i].in_place && p->nodes[p->assigns[i].value].root == x) return p->n_units;
  return last;
}

static size_t bytes_of(const ag__pnode *n) {
  return (size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype);
}

static void check_memory(const ag_plan *plan, uint32_t seed) {
  const ag__program *p = &plan->program;
  int *last = malloc(((size_t)p->n_nodes + 1) * sizeof *last);
  for (int x = 0; x < p->n_nodes; x++) last[x] = lives(p, x) ? last_need(p, x) : -1;
  for (int x = 0; x < p->n_nodes; x++) {
    const ag__pnode *a = &p->nodes[x];
    if (!lives(p, x)) continue;
    cr_assert(a->offset % 64 == 0 && a->offset + bytes_of(a) <= plan->worker_offset);
    for (int y = 0; y < x; y++) {
      const ag__pnode *b = &p->nodes[y];
      bool together = lives(p, y) && first_of(p, a->unit) <= last[y] && first_of(p, b->unit) <= last[x];
      bool meet = a->offset < b->offset + bytes_of(b) && b->offset < a->offset + bytes_of(a);
      cr_assert_not(together && meet, "seed %u: nodes %u and %u share memory", seed, a->id, b->id);
    }
  }
  free(last);
}

/* Operands are made before they are read; readers of a leaf come before the unit that writes into it; a value
 * that is read outside its unit has memory. */
static void check_order(const ag_plan *plan, uint32_t seed) {
  const ag__program *p = &plan->program;
  for (int x = 0; x < p->n_nodes; x++) {
    const ag__pnode *n = &p->nodes[x];
    for (int k = 0; k < n->n_in && n->unit >= 0; k++) {
      const ag__pnode *in = &p->nodes[p->nodes[ag__in(p, n, k)].root];
      cr_assert(in->unit <= n->unit, "seed %u: node %u runs before its operand %u", seed, n->id, in->id);
      cr_assert(in->unit == n->unit || in->place != AG__NOWHERE, "seed %u: node %u has no memory", seed,
                in->id);
      for (int i = 0; i < p->n_assigns; i++)
        if (p->assigns[i].in_place && in->unit < 0 && in->leaf == p->assigns[i].leaf)
          cr_assert(n->unit <= p->nodes[p->assigns[i].value].unit, "seed %u: node %u reads a leaf too late",
                    seed, n->id);
    }
  }
}

/* ---- runs ---- */

static void check_leaf(const random_graph *r, const truth *t, int s, int i, const tn_array *leaf,
                       unsigned flags) {
  int64_t at = same_bits(leaf->view, t->leaves[s][i].view);
  cr_assert_eq(at, -1, "seed %u, flags %u, step %d: %s differs at %ld: %g, not %g", r->d.seed, flags, s,
               r->names[i], (long)at, tn_get(&leaf->view, at), tn_get(&t->leaves[s][i].view, at));
}

static void check_output(const random_graph *r, const truth *t, int s, int i, tn_view y, unsigned flags) {
  int64_t at = same_bits(y, t->outputs[s][i].view);
  cr_assert_eq(at, -1, "seed %u, flags %u, step %d: output %d differs at %ld: %g, not %g", r->d.seed, flags,
               s, i, (long)at, tn_get(&y, at), tn_get(&t->outputs[s][i].view, at));
}

/* Returns false if a trap ended it. */
static bool check_run(const random_graph *r, const truth *t, const ag_plan *plan, unsigned flags,
                      int threads) {
  ag_run *run;
  tn_array leaves[RANDOM_LEAVES];
  bool trapped = false;
  tn_status status = ag_run_new(plan, threads, &run);
  cr_assert_eq(status, TN_OK);
  for (int i = 0; i < r->n_leaves; i++) {
    leaves[i] = copy_of(r->leaves[i].view);
    int leaf = ag_plan_find_leaf(plan, r->names[i]);
    if (leaf < 0) continue;
    status = ag_run_bind(run, leaf, leaves[i].view);
    cr_assert_eq(status, TN_OK, "%s", ag_run_error(run));
  }
  for (int s = 0; s < STEPS && !trapped; s++) {
    status = ag_run_step(run, rng_of(s));
    trapped = flags & AG_TRAP_NONFINITE && status == TN_ENUMERIC;
    if (trapped && s == 0)
      for (int i = 0; i < r->n_leaves; i++)
        cr_assert_eq(same_bits(leaves[i].view, r->leaves[i].view), -1, "trapped, but written");
    if (trapped) break;
    cr_assert_eq(status, TN_OK, "seed %u: %s", r->d.seed, ag_run_error(run));
    for (int i = 0; i < r->n_outputs; i++) check_output(r, t, s, i, ag_run_output(run, i), flags);
    for (int i = 0; i < r->n_leaves; i++) check_leaf(r, t, s, i, &leaves[i], flags);
  }
  for (int i = 0; i < r->n_leaves; i++) tn_array_free(&leaves[i]);
  ag_run_free(run);
  return !trapped;
}

typedef struct tally {
  long fused_away, in_place, assigns, nodes, trapped, finite, panels, products;
  size_t arena, arena_unshared;
} tally;

static void check_graph(uint32_t seed, tn_dtype dtype, tally *sum) {
  random_graph r;
  truth t[2];
  random_graph_new(&r, seed, dtype);
  cr_assert_eq(ag_status(r.g), TN_OK, "seed %u: %s", seed, ag_error(r.g));
  find_truth(&r, true, &t[1]);
  find_truth(&r, false, &t[0]);
  for (int v = 0; v < VARIANTS; v++) {
    unsigned flags = variants[v] | (seed % 5 ? AG_WITH_EFFECTS : 0); /* one in five is an evaluation plan */
    ag_plan *plan;
    tn_status status = ag_compile(r.g, r.outputs, r.n_outputs, flags, &plan);
    cr_assert_eq(status, TN_OK, "seed %u: %s", seed, ag_error(r.g));
    check_memory(plan, seed);
    check_order(plan, seed);
    bool finished = check_run(&r, &t[flags & AG_WITH_EFFECTS ? 1 : 0], plan, flags, v == 8 ? 2 : 1);
    if (v == 0) {
      sum->nodes += plan->program.n_nodes;
      sum->assigns += plan->program.n_assigns;
      for (int i = 0; i < plan->program.n_assigns; i++) sum->in_place += plan->program.assigns[i].in_place;
      for (int u = 0; u < plan->program.n_units; u++) sum->fused_away += plan->program.units[u].n - 1;
      sum->arena += ag_plan_arena_bytes(plan);
    }
    if (v == 13) {
      sum->panels += plan->program.n_panels;
      for (int x = 0; x < plan->program.n_nodes; x++)
        sum->products +=
            plan->program.nodes[x].place == AG__PANEL && plan->program.nodes[x].op->kind == AG_CONTRACTION;
    }
    if (v == 2) sum->arena_unshared += ag_plan_arena_bytes(plan);
    if (v == 9) sum->trapped += !finished, sum->finite += finished;
    ag_plan_free(plan);
  }
  forget_truth(&r, &t[0]), forget_truth(&r, &t[1]);
  random_graph_free(&r);
}

/* The last line guards the test itself: the graphs must exercise what it is about. */
static void check_graphs(tn_dtype dtype, uint32_t first) {
  tally sum = {0};
  for (uint32_t seed = first; seed < first + GRAPHS; seed++) check_graph(seed, dtype, &sum);
  cr_log_info(
      "%d %s graphs: %ld nodes, %ld fused away, %ld of %ld assigns in place, %ld panels (%ld products), "
      "%ld trapped, %ld finite, arena %zu of %zu",
      GRAPHS, tn_dtype_name(dtype), sum.nodes, sum.fused_away, sum.in_place, sum.assigns, sum.panels,
      sum.products, sum.trapped, sum.finite, sum.arena, sum.arena_unshared);
  cr_expect(sum.nodes > 40 * GRAPHS && sum.fused_away > 10 * GRAPHS && sum.assigns > GRAPHS &&
            sum.in_place > GRAPHS / 2 && sum.panels > GRAPHS / 10 && sum.products > GRAPHS / 50);
  cr_expect(sum.finite > GRAPHS / 2 && sum.trapped > GRAPHS / 50 && sum.arena < sum.arena_unshared);
}

Test(plan_random, f32) { check_graphs(TN_F32, 1000); }
Test(plan_random, f64) { check_graphs(TN_F64, 2000); }
