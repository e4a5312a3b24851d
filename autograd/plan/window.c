/* window.c - a slice that only elementwise ops read is a strided view of the whole value: no step copies it.
 * Its readers have another shape than the whole, so none is fused with the op that computes it or writes into
 * it. */
#include "autograd/plan/plan.h"

#include <string.h>

/* The strides of a value in memory. */
static void strides_of(const ag__pnode *n, int64_t *stride) {
  tn_view v = tn_view_of(NULL, n->type.dtype, n->type.rank, n->type.shape);
  memcpy(stride, n->window ? n->stride : v.stride, sizeof n->stride);
}

static bool may_be(const ag__program *p, const ag__pnode *n) {
  return n->op->window && !n->output && tn_numel(n->type.rank, n->type.shape) > 0 &&
         n->op->window(&p->nodes[ag__in(p, n, 0)].type, &n->attr) >= 0;
}

static bool reads_in_place(const ag__program *p, const ag__pnode *reader, const ag__pnode *part) {
  const ag_type *whole = &p->nodes[p->nodes[ag__in(p, part, 0)].root].type;
  return reader->op->kind == AG_ELEMENTWISE &&
         !tn_same_shape(reader->type.rank, reader->type.shape, whole->rank, whole->shape);
}

static void become_window(const ag__program *p, ag__pnode *n) {
  const ag__pnode *in = &p->nodes[ag__in(p, n, 0)];
  strides_of(in, n->stride);
  n->window = true;
  n->root = in->root;
  n->within = in->within + (size_t)n->op->window(&in->type, &n->attr) * tn_dtype_size(n->type.dtype);
}

tn_status ag__find_windows(ag__program *p) {
  if (p->flags & (AG_NO_FUSE | AG_TRAP_NONFINITE)) return TN_OK;
  bool *copied = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *copied);
  if (!copied) return TN_ENOMEM;
  for (int i = 0; i < p->n_assigns; i++) copied[p->assigns[i].value] = true;
  for (int x = 0; x < p->n_nodes; x++)
    for (int k = 0; k < p->nodes[x].n_in; k++) {
      int in = ag__in(p, &p->nodes[x], k);
      if (may_be(p, &p->nodes[in]) && !reads_in_place(p, &p->nodes[x], &p->nodes[in])) copied[in] = true;
    }
  for (int x = 0; x < p->n_nodes; x++)
    if (!copied[x] && may_be(p, &p->nodes[x])) become_window(p, &p->nodes[x]);
  tn_free(p->alloc, copied);
  return TN_OK;
}
