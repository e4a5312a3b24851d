/* scan_hoist.c - a product of a step's slice with shared values does not depend on carried values. It is
 * computed for all steps at once, before the loop, and each step gets its rows. So its derivative, too, is
 * one product over the rows of all steps. The bits are the same, as each row of a product depends on its own
 * row only. */
#include "autograd/scan/body.h"

#include <stdio.h>
#include <string.h>

static int index_of(const ag__body *b, uint32_t id, int first, int end) {
  for (int i = first; i < end; i++)
    if (b->in[i].id == id) return i;
  return -1;
}

/* The index of the per-step operand that node id, a product of two matrices, multiplies with a shared value;
 * -1: it is no such product. */
static int product_of(const ag__body *b, uint32_t id) {
  const ag__node *n = &b->g->nodes[id];
  int shared = b->n_carry + b->n_each, end = shared + b->n_shared;
  if (n->op->kind != AG_CONTRACTION || !n->op->row_axis || n->n_in != 2 || n->type.rank != 2) return -1;
  const uint32_t *in = ag__inputs_of(b->g, n);
  if (b->g->nodes[in[0]].type.rank != 2 || n->op->row_axis(&n->attr) != 0 ||
      index_of(b, in[1], shared, end) < 0)
    return -1;
  return index_of(b, in[0], b->n_carry, shared);
}

/* Appends the product over the rows of all steps. */
static ag_ref for_all_steps(ag_graph *g, const ag__body *b, uint32_t id, int k, const ag_ref *in) {
  const ag__node *n = &b->g->nodes[id];
  int shared = b->n_carry + b->n_each,
      factor = index_of(b, ag__inputs_of(b->g, n)[1], shared, shared + b->n_shared);
  ag_type t = ag_type_of(g, in[k]);
  ag_ref rows = ag_reshape(g, in[k], 2, (int64_t[]){t.shape[0] * t.shape[1], t.shape[2]});
  ag_ref y = ag_emit(g, n->op, (ag_ref[]){rows, in[factor]}, 2, &n->attr, NULL);
  return ag_reshape(g, y, 3, (int64_t[]){t.shape[0], n->type.shape[0], n->type.shape[1]});
}

/* Replaces the product in the body by a leaf, the last of the per-step leaves. */
static void become_leaf(ag__body *b, uint32_t id) {
  ag__node *n = &b->g->nodes[id];
  char name[32];
  snprintf(name, sizeof name, "each %d", b->n_each);
  n->name = ag__keep(b->g, name, strlen(name) + 1);
  if (!n->name) return;
  n->op = &ag__op_input;
  n->n_in = 0;
  n->attr = (ag_attr){0};
}

static void insert(ag_ref *list, int n, int at, ag_ref x) {
  memmove(list + at + 1, list + at, (size_t)(n - at) * sizeof *list);
  list[at] = x;
}

void ag__body_hoist(ag_graph *g, ag__body *b, ag_ref **in) {
  const tn_alloc *a = g->alloc;
  int n = b->n_carry + b->n_each + b->n_shared, found = 0;
  for (uint32_t id = 1; id < b->g->n_nodes; id++) found += product_of(b, id) >= 0;
  size_t room = (size_t)n + (size_t)found + 1, cap_in = (size_t)n, cap_leaves = (size_t)n;
  if (!found || g->status != TN_OK) return;
  if (tn_grow(a, in, &cap_in, room, sizeof **in) != TN_OK ||
      tn_grow(a, &b->in, &cap_leaves, room, sizeof *b->in) != TN_OK) {
    ag_fail(g, TN_ENOMEM, "out of memory for a loop");
    return;
  }
  for (uint32_t id = 1; id < b->g->n_nodes && g->status == TN_OK; id++) {
    int k = product_of(b, id), at = b->n_carry + b->n_each;
    ag_ref all = k < 0 ? (ag_ref){0} : for_all_steps(g, b, id, k, *in);
    if (!all.id) continue;
    become_leaf(b, id);
    if (ag_status(b->g) != TN_OK) {
      ag_fail(g, ag_status(b->g), "scan: %s", ag_error(b->g));
      return;
    }
    insert(*in, n, at, all);
    insert(b->in, n++, at, (ag_ref){id});
    b->n_each++;
  }
}
