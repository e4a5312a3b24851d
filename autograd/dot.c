/* dot.c - prints a graph or a plan for Graphviz (`dot -Tsvg`). */
#include "autograd/plan/plan.h"

#include <stdio.h>

typedef void write_line(void *ctx, const char *line);

/* Escapes quotes and backslashes, which would end the label. */
static void quoted(char *to, size_t room, const char *text) {
  size_t n = 0;
  for (; text && *text && n + 3 < room; text++) {
    if (*text == '"' || *text == '\\') to[n++] = '\\';
    to[n++] = *text;
  }
  to[n] = 0;
}

static void edge(write_line *write, void *ctx, uint32_t from, uint32_t to) {
  char line[96];
  snprintf(line, sizeof line, "  n%u -> n%u;", from, to);
  write(ctx, line);
}

void ag_dot(const ag_graph *g, write_line *write, void *ctx) {
  char line[512], type[128], name[128], scope[128];
  write(ctx, "digraph graph_ {");
  write(ctx, "  node [shape=box, fontname=\"sans-serif\", fontsize=10];");
  for (size_t i = 1; i < g->n_nodes; i++) {
    const ag__node *n = &g->nodes[i];
    quoted(name, sizeof name, n->name), quoted(scope, sizeof scope, n->scope);
    snprintf(line, sizeof line, "  n%zu [label=\"%s%s%s\\n%s%s%s\"%s];", i, n->op->name, *name ? " " : "",
             name, ag__type_text(&n->type, type, sizeof type), *scope ? "\\n" : "", scope,
             n->op->kind == AG_LEAF ? ", style=filled, fillcolor=lightgrey" : "");
    write(ctx, line);
    for (uint32_t k = 0; k < n->n_in; k++) edge(write, ctx, ag__inputs_of(g, n)[k], (uint32_t)i);
  }
  write(ctx, "}");
}

/* ---- plans --------------------------------------------------------------------------------------------- */

static void plan_node(const ag__program *p, int x, write_line *write, void *ctx) {
  char line[512], type[128], name[128] = "", scope[128];
  const ag__pnode *n = &p->nodes[x];
  if (n->leaf >= 0) quoted(name, sizeof name, p->leaves[n->leaf].name);
  if (n->written_leaf >= 0) quoted(name, sizeof name, p->leaves[n->written_leaf].name);
  quoted(scope, sizeof scope, n->scope);
  snprintf(line, sizeof line, "  n%d [label=\"%s%s%s\\n%s%s%s\"%s];", x, n->op->name,
           n->written_leaf >= 0 ? " => "
           : *name              ? " "
                                : "",
           name, ag__type_text(&n->type, type, sizeof type), *scope ? "\\n" : "", scope,
           n->unit < 0 ? ", style=filled, fillcolor=lightgrey" : "");
  write(ctx, line);
}

void ag_plan_dot(const ag_plan *plan, write_line *write, void *ctx) {
  const ag__program *p = &plan->program;
  char line[96];
  write(ctx, "digraph plan {");
  write(ctx, "  node [shape=box, fontname=\"sans-serif\", fontsize=10];");
  for (int u = 0; u < p->n_units; u++) {
    snprintf(line, sizeof line, "  subgraph cluster_%d { label=\"step %d\"; color=grey;", u, u);
    write(ctx, line);
    for (int k = 0; k < p->units[u].n; k++) plan_node(p, p->order[p->units[u].first + k], write, ctx);
    write(ctx, "  }");
  }
  for (int x = 0; x < p->n_nodes; x++) {
    const ag__pnode *n = &p->nodes[x];
    if (n->unit < 0) plan_node(p, x, write, ctx);
    for (int k = 0; k < n->n_in; k++) edge(write, ctx, (uint32_t)p->inputs[n->first_in + k], (uint32_t)x);
  }
  write(ctx, "}");
}
