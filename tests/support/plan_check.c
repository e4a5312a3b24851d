/* plan_check.c - see plan_check.h. */
#include "plan_check.h"

#include "autograd/plan/plan.h"
#include "same.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool no(char *why, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(why, PLAN_WHY, format, args);
  va_end(args);
  return false;
}

static bool copy_of(tn_view v, tn_array *a) {
  if (tn_array_new(NULL, v.dtype, v.rank, v.shape, a) != TN_OK) return false;
  tn_copy(a->view, v);
  return true;
}

static tn_rng rng_of(int step) { return (tn_rng){.seed = 3, .replica = 1, .step = (uint32_t)step}; }

/* ---- the reference ---- */

static bool find_step(const random_graph *r, bool effects, plan_truth *t, int s, char *why) {
  tn_view leaves[RANDOM_LEAVES], results[RANDOM_OUTPUTS];
  for (int i = 0; i < r->n_leaves; i++) {
    if (!copy_of(s ? t->leaves[s - 1][i].view : r->leaves[i].view, &t->leaves[s][i]))
      return no(why, "no memory");
    leaves[i] = t->leaves[s][i].view;
  }
  for (int i = 0; i < r->n_outputs; i++) {
    ag_type y = ag_type_of(r->g, r->outputs[i]);
    if (tn_array_new(NULL, y.dtype, y.rank, y.shape, &t->outputs[s][i]) != TN_OK) return no(why, "no memory");
    results[i] = t->outputs[s][i].view;
  }
  tn_status status = ag_reference(r->g, r->outputs, r->n_outputs, effects, r->names, leaves, r->n_leaves,
                                  rng_of(s), results);
  return status == TN_OK || no(why, "reference: %s", tn_status_text(status));
}

bool plan_truth_find(const random_graph *r, bool effects, plan_truth *t, char *why) {
  *t = (plan_truth){0};
  for (int s = 0; s < PLAN_STEPS; s++)
    if (!find_step(r, effects, t, s, why)) return false;
  return true;
}

void plan_truth_free(const random_graph *r, plan_truth *t) {
  for (int s = 0; s < PLAN_STEPS; s++) {
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

static bool share(const ag__program *p, const int *last, int x, int y) {
  const ag__pnode *a = &p->nodes[x], *b = &p->nodes[y];
  bool together = lives(p, y) && first_of(p, a->unit) <= last[y] && first_of(p, b->unit) <= last[x];
  bool meet = a->offset < b->offset + bytes_of(b) && b->offset < a->offset + bytes_of(a);
  return together && meet;
}

static bool memory_is_sound(const ag_plan *plan, char *why) {
  const ag__program *p = &plan->program;
  bool ok = true;
  int *last = malloc(((size_t)p->n_nodes + 1) * sizeof *last);
  if (!last) return no(why, "no memory");
  for (int x = 0; x < p->n_nodes; x++) last[x] = lives(p, x) ? last_need(p, x) : -1;
  for (int x = 0; x < p->n_nodes && ok; x++) {
    const ag__pnode *a = &p->nodes[x];
    if (!lives(p, x)) continue;
    if (a->offset % 64 != 0 || a->offset + bytes_of(a) > plan->worker_offset)
      ok = no(why, "node %u lies outside of the arena", a->id);
    for (int y = 0; y < x && ok; y++)
      if (share(p, last, x, y)) ok = no(why, "nodes %u and %u share memory", a->id, p->nodes[y].id);
  }
  free(last);
  return ok;
}

static bool operand_is_sound(const ag__program *p, const ag__pnode *n, const ag__pnode *in, char *why) {
  if (in->unit > n->unit) return no(why, "node %u runs before its operand %u", n->id, in->id);
  if (in->unit != n->unit && in->place == AG__NOWHERE) return no(why, "node %u has no memory", in->id);
  for (int i = 0; i < p->n_assigns; i++)
    if (p->assigns[i].in_place && in->unit < 0 && in->leaf == p->assigns[i].leaf &&
        n->unit > p->nodes[p->assigns[i].value].unit)
      return no(why, "node %u reads a leaf too late", n->id);
  return true;
}

bool plan_is_sound(const ag_plan *plan, char *why) {
  const ag__program *p = &plan->program;
  for (int x = 0; x < p->n_nodes; x++) {
    const ag__pnode *n = &p->nodes[x];
    for (int k = 0; k < n->n_in && n->unit >= 0; k++)
      if (!operand_is_sound(p, n, &p->nodes[p->nodes[ag__in(p, n, k)].root], why)) return false;
  }
  for (int i = 0; i < p->n_loops; i++)
    if (!plan_is_sound(p->loops[i].plan, why)) return false;
  return memory_is_sound(plan, why);
}

/* ---- runs ---- */

static bool same(tn_view seen, tn_view wanted, int step, const char *what, char *why) {
  int64_t at = same_bits(seen, wanted);
  return at < 0 || no(why, "step %d: %s differs at %ld: %g, not %g", step, what, (long)at, tn_get(&seen, at),
                      tn_get(&wanted, at));
}

static bool bind_leaves(const random_graph *r, const ag_plan *plan, ag_run *run, tn_array *leaves,
                        char *why) {
  for (int i = 0; i < r->n_leaves; i++) {
    if (!copy_of(r->leaves[i].view, &leaves[i])) return no(why, "no memory");
    int leaf = ag_plan_find_leaf(plan, r->names[i]);
    if (leaf >= 0 && ag_run_bind(run, leaf, leaves[i].view) != TN_OK) return no(why, "%s", ag_run_error(run));
  }
  return true;
}

static bool check_step(const random_graph *r, const plan_truth *t, ag_run *run, const tn_array *leaves, int s,
                       char *why) {
  char name[24];
  for (int i = 0; i < r->n_outputs; i++) {
    snprintf(name, sizeof name, "output %d", i);
    if (!same(ag_run_output(run, i), t->outputs[s][i].view, s, name, why)) return false;
  }
  for (int i = 0; i < r->n_leaves; i++)
    if (!same(leaves[i].view, t->leaves[s][i].view, s, r->names[i], why)) return false;
  return true;
}

static bool run_steps(const random_graph *r, const plan_truth *t, ag_run *run, const tn_array *leaves,
                      bool *trapped, char *why) {
  for (int s = 0; s < PLAN_STEPS; s++) {
    tn_status status = ag_run_step(run, rng_of(s));
    *trapped = status == TN_ENUMERIC;
    for (int i = 0; *trapped && s == 0 && i < r->n_leaves; i++)
      if (same_bits(leaves[i].view, r->leaves[i].view) >= 0) return no(why, "trapped, but written");
    if (*trapped) return true;
    if (status != TN_OK) return no(why, "%s", ag_run_error(run));
    if (!check_step(r, t, run, leaves, s, why)) return false;
  }
  return true;
}

bool plan_runs_alike(const random_graph *r, const plan_truth *t, const ag_plan *plan, int threads,
                     bool *trapped, char *why) {
  ag_run *run;
  tn_array leaves[RANDOM_LEAVES] = {0};
  *trapped = false;
  if (ag_run_new(plan, threads, &run) != TN_OK) return no(why, "no run");
  bool ok = bind_leaves(r, plan, run, leaves, why) && run_steps(r, t, run, leaves, trapped, why);
  for (int i = 0; i < r->n_leaves; i++) tn_array_free(&leaves[i]);
  ag_run_free(run);
  return ok;
}
