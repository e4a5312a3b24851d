/* graph.h - the members of ag_graph, for the files of autograd/ only. */
#ifndef NABLA_GRAPH_H
#define NABLA_GRAPH_H

#include "autograd/autograd.h"
#include "autograd/expressions.h"

typedef struct ag__node {
  const ag_op *op;
  uint32_t first_in, n_in; /* into graph.inputs */
  ag_type type;
  ag_attr attr;
  uint64_t hash;     /* 0: never merged with an equal node */
  uint32_t copied;   /* the first node of the recomputed copy to which it belongs (recompute.c); 0: none */
  uint32_t root;     /* the node that has its memory: itself unless it is an alias */
  bool assigned;     /* a state that an assign writes */
  bool bypassed;     /* a broadcast whose operand an elementwise op reads in its place */
  const char *scope; /* interned; "" at top level */
  const char *name;  /* leaves and random nodes */
  void *constant;    /* the elements of a constant leaf */
} ag__node;

typedef struct ag__block ag__block; /* a string or constant the graph owns */

enum {
  AG__MAX_SCOPES = 16,
  AG__MAX_ELEMENTWISE = 4 /* operands of one elementwise op */,
  AG__MAX_TABLES = 16
};

struct ag_graph {
  const tn_alloc *alloc;
  ag__node *nodes; /* nodes[0] is the failed construction */
  size_t n_nodes, cap_nodes;
  uint32_t *inputs;
  size_t n_inputs, cap_inputs;
  uint32_t *table; /* open addressing over the nodes that have a hash; a power of two */
  size_t cap_table, n_table;
  ag_ref *assigns;
  size_t n_assigns, cap_assigns;
  ag__block *blocks;
  struct ag__body *bodies; /* of its loops */
  const char *scope;       /* the innermost, whole: "encoder/0" */
  const char *outer[AG__MAX_SCOPES];
  int n_scopes;
  const ag_expression *tables[AG__MAX_TABLES]; /* ag_use_expressions */
  int n_tables;
  uint32_t copying; /* `copied` of the nodes that are appended now */
  const bool
      *active; /* while a vjp runs: per node from active_base on, whether it is a wrt or depends on one */
  uint32_t active_base;
  tn_status status;
  char error[512];
};

extern const ag_op ag__op_input, ag__op_state, ag__op_constant;

/* For a ref that is not of this graph: the failed construction, nodes[0]. */
static inline const ag__node *ag__node_of(const ag_graph *g, ag_ref x) {
  return &g->nodes[x.id < g->n_nodes ? x.id : 0];
}
static inline const uint32_t *ag__inputs_of(const ag_graph *g, const ag__node *n) {
  return g->inputs + n->first_in;
}

/* A copy (zeroed memory if bytes is NULL) that lives as long as the graph; NULL and a sticky TN_ENOMEM on
 * failure. */
void *ag__keep(ag_graph *g, const void *bytes, size_t n);

/* Appends without looking for an equal node; `in` has node->n_in operands. Id 0 after failing the graph. */
ag_ref ag__append(ag_graph *g, const ag__node *node, const uint32_t *in);

/* The node with this hash (of ag__hash) for which same(g, node, ctx) is true, or id 0. */
typedef bool ag__same(const ag_graph *g, const ag__node *node, const void *ctx);
ag_ref ag__find(const ag_graph *g, uint64_t hash, ag__same *same, const void *ctx);
uint64_t ag__hash(uint64_t seed, const void *bytes, size_t n); /* never 0 */

/* "f32[32, 1000]" into a buffer of at least 128 bytes. */
const char *ag__type_text(const ag_type *t, char *buffer, size_t size);

/* The node that has x's memory, found through aliases (reshape, detach). */
static inline ag_ref ag__root(const ag_graph *g, ag_ref x) { return (ag_ref){g->nodes[x.id].root}; }
bool ag__is_leaf(const ag_graph *g, ag_ref x);
ag_ref ag__copy(ag_graph *g, ag_ref x); /* a new value with x's elements */

/* The status of a step in which the op called ag_fault; a bad index is the caller's mistake. */
static inline tn_status ag__fault_status(const ag_op *op) {
  if (op->fault != TN_OK) return op->fault;
  return op->kind == AG_INDEX ? TN_EINVAL : TN_ENUMERIC;
}

/* recompute.c: the result of a recomputed part; whether x is inside the part, and so has no derivative
 * through the node. */
extern const ag_op ag__op_recompute;
bool ag__recomputed(ag_graph *g, ag_ref node, ag_ref x);

/* numpy's rule over n types of one element type; false = they do not fit. */
bool ag__broadcast_types(const ag_type *in, int n, ag_type *out);

#endif
