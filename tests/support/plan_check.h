/* plan_check.h - a random graph's plans against the reference, bit for bit, step by step; and what must hold
 * inside of every plan. */
#ifndef NABLA_TEST_PLAN_CHECK_H
#define NABLA_TEST_PLAN_CHECK_H

#include "random_graph.h"

enum { PLAN_STEPS = 3, PLAN_WHY = 256 };

/* What the reference gives at each step. */
typedef struct plan_truth {
  tn_array outputs[PLAN_STEPS][RANDOM_OUTPUTS], leaves[PLAN_STEPS][RANDOM_LEAVES];
} plan_truth;

/* All that follow: true, or false with a sentence in why[PLAN_WHY]. */
bool plan_truth_find(const random_graph *r, bool effects, plan_truth *t, char *why);
void plan_truth_free(const random_graph *r, plan_truth *t);

/* No two values share memory while both are needed; operands are made before they are read; readers of a leaf
 * come before the unit that writes into it; a value that is read outside its unit has memory. */
bool plan_is_sound(const ag_plan *plan, char *why);

/* Runs the plan from the graph's leaves and compares outputs and leaves after each step. *trapped: it was ended
 * by AG_TRAP_NONFINITE; that nothing was written then is checked of the first step. */
bool plan_runs_alike(const random_graph *r, const plan_truth *t, const ag_plan *plan, int threads,
                     bool *trapped, char *why);

#endif
