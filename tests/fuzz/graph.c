/* graph.c - fuzzes compilation: the bytes choose a graph of random ops, which is then compiled with passes on
 * and off and run beside the reference interpreter. Every bit must be the same. The first four bytes: type
 * and effects, threads, which passes. */
#include "support/plan_check.c"
#include "support/random_graph.c"
#include "support/random_network.c"
#include "support/same.c"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMBINATIONS = 6 };
static const unsigned flag[] = {AG_NO_FUSE,    AG_NO_REUSE,  AG_NO_IN_PLACE,   AG_TRAP_NONFINITE,
                                AG_NO_COMBINE, AG_NO_PANELS, AG__SMALL_PANELS, AG__MANY_VALUES};

static unsigned flags_of(unsigned bits) {
  unsigned flags = 0;
  for (size_t i = 0; i < sizeof flag / sizeof *flag; i++)
    if (bits >> i & 1) flags |= flag[i];
  return flags;
}

static void stop(const char *what, unsigned flags, const char *why) {
  fprintf(stderr, "%s, flags %u: %s\n", what, flags, why);
  abort();
}

static void check_plan(const random_graph *r, const plan_truth *t, unsigned flags, int threads) {
  char why[PLAN_WHY];
  bool trapped;
  ag_plan *plan;
  if (ag_compile(r->g, r->outputs, r->n_outputs, flags, &plan) != TN_OK)
    stop("compile", flags, ag_error(r->g));
  if (!plan_is_sound(plan, why)) stop("plan", flags, why);
  if (!plan_runs_alike(r, t, plan, threads, &trapped, why)) stop("run", flags, why);
  if (trapped && !(flags & AG_TRAP_NONFINITE)) stop("run", flags, "trapped");
  ag_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { HEAD = 4 };
  if (size <= HEAD) return 0;
  const unsigned effects = data[0] >> 1 & 1 ? AG_WITH_EFFECTS : 0;
  random_graph r;
  plan_truth t;
  char why[PLAN_WHY];
  const draw d = {.seed = data[3], .bytes = data + HEAD, .n_bytes = size - HEAD};
  random_graph_drawn(&r, d, data[0] & 1 ? TN_F64 : TN_F32);
  if (ag_status(r.g) != TN_OK) stop("graph", 0, ag_error(r.g));
  if (!plan_truth_find(&r, effects, &t, why)) stop("reference", 0, why);
  check_plan(&r, &t, effects, 1);
  for (unsigned i = 0; i < COMBINATIONS; i++)
    check_plan(&r, &t, effects | flags_of(data[2] + i * 43u), 1 + data[1] % 3);
  plan_truth_free(&r, &t);
  random_graph_free(&r);
  return 0;
}
