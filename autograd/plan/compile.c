/* compile.c - runs the passes in order; the public functions of a plan. */
#include "autograd/plan/plan.h"

#include <stdio.h>
#include <string.h>

static tn_status run_passes(ag_graph *g, const ag__request *want, ag_plan *plan) {
  ag__program *p = &plan->program;
  tn_status status = ag__prune(g, want, p);
  if (status == TN_OK) status = ag__nest(p);
  if (status == TN_OK) status = ag__find_windows(p);
  if (status == TN_OK) status = ag__fuse(p);
  if (status == TN_OK) status = ag__order(p);
  if (status == TN_OK) status = ag__panels(p);
  ag__reach_free(&p->reach, p->alloc);
  if (status == TN_OK) status = ag__memory(p);
  if (status == TN_OK) status = ag__index_leaves(p);
  if (status == TN_OK) status = ag__bind(plan);
  return status;
}

tn_status ag__compile(ag_graph *g, const ag__request *want, unsigned flags, ag_plan **out) {
  ag_plan *plan = tn_calloc(g->alloc, 1, sizeof *plan);
  if (!plan) return TN_ENOMEM;
  plan->program.alloc = g->alloc;
  plan->program.n_tables = g->n_tables;
  memcpy(plan->program.tables, g->tables, sizeof g->tables);
  plan->program.flags = flags & AG_TRAP_NONFINITE ? flags | AG_NO_FUSE | AG_NO_REUSE : flags;
  tn_status status = run_passes(g, want, plan);
  if (status == TN_OK) *out = plan;
  else ag_plan_free(plan);
  return status;
}

/* An output that shares the memory of a leaf is copied, so that it has the value from before the step. */
static tn_status check_outputs(ag_graph *g, ag_ref *outputs, int n) {
  for (int i = 0; i < n && g->status == TN_OK; i++) {
    if (!outputs[i].id || outputs[i].id >= g->n_nodes || g->nodes[outputs[i].id].op->kind == AG_EFFECT)
      ag_fail(g, TN_EINVAL, "output %d is not a value of this graph", i);
    else if (ag__is_leaf(g, ag__root(g, outputs[i]))) outputs[i] = ag__copy(g, outputs[i]);
  }
  return g->status;
}

/* A given value may not be a leaf, nor share memory with an output or an assigned value. */
static tn_status check_given(ag_graph *g, const ag__request *want) {
  bool *taken = want->n_given ? tn_calloc(g->alloc, g->n_nodes, sizeof *taken) : NULL;
  if (want->n_given && !taken) return TN_ENOMEM;
  for (int o = 0; o < want->n_outputs && taken; o++) taken[ag__root(g, want->outputs[o]).id] = true;
  for (size_t a = 0; a < g->n_assigns && taken; a++) taken[ag__root(g, ag_in(g, g->assigns[a], 1)).id] = true;
  for (int i = 0; i < want->n_given; i++) {
    ag_ref x = want->given[i];
    if (!x.id || x.id >= g->n_nodes || ag__is_leaf(g, x) || taken[x.id])
      ag_fail(g, TN_EINVAL, "given value %d is a leaf, an output or an assigned value", i);
  }
  tn_free(g->alloc, taken);
  return g->status;
}

tn_status ag_compile(ag_graph *g, const ag_ref *outputs, int n, unsigned flags, ag_plan **out) {
  return ag_compile_given(g, NULL, 0, outputs, n, flags, out);
}

tn_status ag_compile_given(ag_graph *g, const ag_ref *given, int n_given, const ag_ref *outputs, int n,
                           unsigned flags, ag_plan **out) {
  if (g->status != TN_OK) return g->status;
  ag_ref *wanted = tn_calloc(g->alloc, (size_t)n + 1, sizeof *wanted);
  ag__update *updates = tn_calloc(g->alloc, g->n_assigns + 1, sizeof *updates);
  tn_status status = wanted && updates ? TN_OK : TN_ENOMEM;
  ag__request want = {given, n_given, wanted, n, updates, 0};
  if (status == TN_OK) {
    if (n) memcpy(wanted, outputs, (size_t)n * sizeof *wanted);
    for (size_t i = 0; flags & AG_WITH_EFFECTS && i < g->n_assigns; i++)
      updates[want.n_updates++] = (ag__update){ag_in(g, g->assigns[i], 0), ag_in(g, g->assigns[i], 1)};
    status = check_outputs(g, wanted, n);
    if (status == TN_OK) status = check_given(g, &want);
    if (status == TN_OK) status = ag__compile(g, &want, flags, out);
  }
  tn_free(g->alloc, wanted);
  tn_free(g->alloc, updates);
  if (status == TN_ENOMEM) ag_fail(g, TN_ENOMEM, "out of memory while compiling %zu nodes", g->n_nodes);
  return status;
}

void ag_plan_free(ag_plan *plan) {
  if (!plan) return;
  const tn_alloc *a = plan->program.alloc;
  for (int i = 0; plan->steps && i < plan->n_steps; i++) {
    tn_free(a, plan->steps[i].registers);
    tn_free(a, plan->steps[i].instructions);
    tn_free(a, plan->steps[i].operands);
    tn_free(a, plan->steps[i].lists);
  }
  tn_free(a, plan->steps);
  ag__program_free(&plan->program);
  tn_free(a, plan);
}

int ag_plan_leaf_count(const ag_plan *plan) { return plan->program.n_leaves; }
const char *ag_plan_leaf_name(const ag_plan *plan, int leaf) { return plan->program.leaves[leaf].name; }
ag_type ag_plan_leaf_type(const ag_plan *plan, int leaf) { return plan->program.leaves[leaf].type; }

size_t ag_plan_arena_bytes(const ag_plan *plan) {
  size_t most = 0;
  for (int i = 0; i < plan->program.n_loops; i++) { /* loops run one after the other in one memory */
    size_t bytes = ag_plan_arena_bytes(plan->program.loops[i].plan);
    if (bytes > most) most = bytes;
  }
  return plan->arena_bytes + most;
}
int ag_plan_step_count(const ag_plan *plan) { return plan->n_steps; }

/* One line per step: "3: add elu -> %12:f32[32, 512] @4096 # encoder/0" */
void ag_plan_dump(const ag_plan *plan, void (*write)(void *ctx, const char *line), void *ctx) {
  const ag__program *p = &plan->program;
  for (int u = 0; u < p->n_units; u++) {
    char line[1024], type[128];
    int at =
        snprintf(line, sizeof line, p->units[u].panel >= 0 ? "%d: panel %d:" : "%d:", u, p->units[u].panel);
    const ag__pnode *n = NULL;
    for (int k = 0; k < p->units[u].n; k++) {
      n = &p->nodes[p->order[p->units[u].first + k]];
      if (at < 700) at += snprintf(line + at, sizeof line - (size_t)at, " %s", n->op->name);
      if (n->place == AG__ARENA && at < 700)
        at += snprintf(line + at, sizeof line - (size_t)at, "@%zu", n->offset);
      if (n->written_leaf >= 0 && at < 700)
        at += snprintf(line + at, sizeof line - (size_t)at, "=>%.60s", p->leaves[n->written_leaf].name);
    }
    if (n)
      at += snprintf(line + at, sizeof line - (size_t)at, " -> %%%u:%s%s%.80s", n->id,
                     ag__type_text(&n->type, type, sizeof type), *n->scope ? " # " : "", n->scope);
    write(ctx, line);
  }
}
