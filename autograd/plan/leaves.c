/* leaves.c - finds a leaf of a plan by name, and the nodes that share its memory, without a search of all
 * others. */
#include "autograd/plan/plan.h"

#include <string.h>

static bool in_order(const ag__program *p, int a, int b) {
  return strcmp(p->leaves[a].name, p->leaves[b].name) <= 0;
}

static void sort_names(const ag__program *p, int *order, int *other) { /* merge sort */
  int n = p->n_leaves;
  for (int width = 1; width < n; width *= 2) {
    for (int from = 0; from < n; from += 2 * width) {
      int middle = from + width < n ? from + width : n, end = middle + width < n ? middle + width : n;
      for (int a = from, b = middle, to = from; to < end; to++)
        other[to] = b == end || (a < middle && in_order(p, order[a], order[b])) ? order[a++] : order[b++];
    }
    memcpy(order, other, (size_t)n * sizeof *order);
  }
}

tn_status ag__index_leaves(ag__program *p) {
  size_t leaves = (size_t)p->n_leaves + 1, nodes = (size_t)p->n_nodes + 1;
  p->leaf_by_name = tn_calloc(p->alloc, leaves, sizeof *p->leaf_by_name);
  p->first_of_leaf = tn_calloc(p->alloc, leaves, sizeof *p->first_of_leaf);
  p->next_of_leaf = tn_calloc(p->alloc, nodes, sizeof *p->next_of_leaf);
  if (!p->leaf_by_name || !p->first_of_leaf || !p->next_of_leaf) return TN_ENOMEM;
  for (int i = 0; i < p->n_leaves; i++) p->leaf_by_name[i] = i;
  sort_names(p, p->leaf_by_name, p->first_of_leaf);
  for (int i = 0; i < p->n_leaves; i++) p->first_of_leaf[i] = -1;
  for (int x = p->n_nodes - 1; x >= 0; x--) {
    const ag__pnode *root = &p->nodes[p->nodes[x].root];
    if (root->place != AG__LEAF) continue;
    p->next_of_leaf[x] = p->first_of_leaf[root->leaf];
    p->first_of_leaf[root->leaf] = x;
  }
  return TN_OK;
}

int ag_plan_find_leaf(const ag_plan *plan, const char *name) {
  const ag__program *p = &plan->program;
  for (int low = 0, high = p->n_leaves; low < high;) {
    int middle = low + (high - low) / 2, leaf = p->leaf_by_name[middle];
    int order = strcmp(name, p->leaves[leaf].name);
    if (order == 0) return leaf;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return -1;
}
