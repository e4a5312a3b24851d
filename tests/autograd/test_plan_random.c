/* Random graphs: compiled with every combination of passes on and off, several steps each, bit for bit the
 * reference; and what every plan must satisfy, recomputed from its inside. */
#include "autograd/plan/plan.h"
#include "support/plan_check.h"

#include <criterion/criterion.h>

enum { VARIANTS = 18, GRAPHS = 500 };
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

typedef struct tally {
  long fused_away, in_place, assigns, nodes, trapped, finite, panels, products;
  size_t arena, arena_unshared;
} tally;

static void check_graph(uint32_t seed, tn_dtype dtype, tally *sum) {
  random_graph r;
  plan_truth t[2];
  char why[PLAN_WHY];
  random_graph_new(&r, seed, dtype);
  cr_assert_eq(ag_status(r.g), TN_OK, "seed %u: %s", seed, ag_error(r.g));
  for (int effects = 0; effects < 2; effects++)
    cr_assert(plan_truth_find(&r, effects, &t[effects], why), "seed %u: %s", seed, why);
  for (int v = 0; v < VARIANTS; v++) {
    unsigned flags = variants[v] | (seed % 5 ? AG_WITH_EFFECTS : 0); /* one in five is an evaluation plan */
    ag_plan *plan;
    tn_status status = ag_compile(r.g, r.outputs, r.n_outputs, flags, &plan);
    cr_assert_eq(status, TN_OK, "seed %u: %s", seed, ag_error(r.g));
    bool trapped;
    cr_assert(plan_is_sound(plan, why), "seed %u: %s", seed, why);
    cr_assert(plan_runs_alike(&r, &t[flags & AG_WITH_EFFECTS ? 1 : 0], plan, v == 8 ? 2 : 1, &trapped, why),
              "seed %u, flags %u: %s", seed, flags, why);
    cr_assert(!trapped || flags & AG_TRAP_NONFINITE, "seed %u, flags %u: trapped", seed, flags);
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
    if (v == 9) sum->trapped += trapped, sum->finite += !trapped;
    ag_plan_free(plan);
  }
  plan_truth_free(&r, &t[0]), plan_truth_free(&r, &t[1]);
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
