/* The table of a model's values, and graphs and plans for Graphviz. */
#include "test_nn.h"

typedef struct text {
  char all[1 << 16];
  size_t n;
  int lines;
} text;

static void keep(void *ctx, const char *line) {
  text *t = ctx;
  t->n += (size_t)snprintf(t->all + t->n, sizeof t->all - t->n, "%s\n", line);
  t->lines++;
}

Test(nn_summary, table_and_counts) {
  static text t;
  knobs k = {.lr = 0.1, .freeze = "hidden/*"};
  nn_model *m = make_model(NULL, small_network, &k);
  nn_summary(m, keep, &t);
  cr_assert_eq(t.lines, 6);
  SAYS(t.all, "hidden/kernel   [4, 5]                         20  frozen");
  SAYS(t.all, "readout/kernel  [5, 3]                         15\n");
  nn_counts c = nn_count(m);
  cr_assert_eq(c.trained, 18);
  cr_assert_eq(c.frozen, 25);
  cr_assert_eq(c.slots, 2 * 18 + 1);
  SAYS(t.all, "parameters: 18 trained, 25 frozen; buffers: 0; optimizer: 37; a state has");
  nn_model_free(m);
}

/* As many edges as inputs, each between boxes that are there. */
static void check_dot(const char *all, size_t edges) {
  size_t found = 0;
  for (const char *at = strstr(all, " -> n"); at; at = strstr(at + 1, " -> n"), found++) {
    char box[32], to[16];
    cr_assert_eq(sscanf(at, " -> %15[^;]", to), 1);
    snprintf(box, sizeof box, "  %s [label", to);
    SAYS(all, box);
  }
  cr_assert_eq(found, edges, "%zu edges, not %zu", found, edges);
  cr_assert_str_eq(all + strlen(all) - 2, "}\n");
}

Test(nn_dot, graph_and_plan) {
  static text t, u;
  ag_graph *g;
  ag_plan *plan;
  OK(ag_graph_new(NULL, &g));
  ag_ref x = ag_input(g, "a \"name\"", TN_F64, 1, (int64_t[]){3});
  ag_ref y = ag_sum_all(g, ag_mul(g, x, ag_exp(g, x)));
  ag_dot(g, keep, &t);
  SAYS(t.all, "input a \\\"name\\\"\\nf64[3]");
  size_t edges = 0;
  for (uint32_t id = 1; id <= y.id; id++)
    for (int i = 0; ag_in(g, (ag_ref){id}, i).id; i++) edges++;
  check_dot(t.all, edges);
  OK(ag_compile(g, &y, 1, 0, &plan));
  ag_plan_dot(plan, keep, &u);
  SAYS(u.all, "subgraph cluster_0");
  check_dot(u.all, edges);
  ag_plan_free(plan);
  ag_graph_free(g);
}
