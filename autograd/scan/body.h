/* body.h - the members of a loop. A loop is one node, of kind AG_LOOP, whose results are read by `part`
 * nodes. Its body is a graph of its own, owned by the graph of the loop: leaves are the inputs of a step,
 * some values its results. A derivative may add results, each an array [length, ...]; only results that are
 * read are computed. */
#ifndef NABLA_BODY_H
#define NABLA_BODY_H

#include "autograd/graph.h"

typedef struct ag__body ag__body;
struct ag__body {
  ag__body *next; /* of the same graph */
  ag_graph *g;
  int64_t length;
  bool reverse;
  bool recompute;  /* its derivative keeps no values of the steps */
  bool random;     /* it draws random values, */
  uint32_t stream; /* from this stream and those of its steps */
  int n_carry, n_each, n_shared;
  ag_ref *in;  /* leaves: carried, of each step, shared */
  ag_ref *out; /* the next carried values, then the results of a step */
  int n_out;
  size_t cap_out;
  int n_derived; /* counts derivatives, for names of leaves */
};

extern const ag_op ag__op_scan, ag__op_part;

ag__body *ag__body_new(ag_graph *g, const ag__body *shape); /* empty; NULL after failing the graph */
void ag__bodies_free(ag__body *first, const tn_alloc *alloc);
ag__body *ag__body_of(const ag_attr *attr); /* of a loop or a part */

/* The next leaf of a kind: call them in the order carried, of each step, shared. */
ag_ref ag__body_leaf(ag__body *b, const char *kind, const ag_type *type);
int ag__body_out(ag__body *b, ag_ref value); /* its index among the results, added if needed; -1: failed */
ag_ref ag__body_loop(ag_graph *g, ag__body *b, const ag_ref *in);
ag_ref ag__body_part(ag_graph *g, ag_ref loop, int k);
ag_type ag__part_type(const ag__body *b, int k);

/* The random numbers of a step. */
static inline tn_rng ag__rng_of_step(tn_rng rng, int64_t step) {
  rng.stream += (uint32_t)(step + 1) * 0x9e3779b9u;
  return rng;
}

/* Moves products that do not depend on carried values out of the body; *in, the loop's operands, may move. */
void ag__body_hoist(ag_graph *g, ag__body *b, ag_ref **in);

void ag__scan_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx);
/* Of the loop and of a part, for ag_vmap. */
ag_ref ag__scan_many(ag_graph *g, ag_ref y, const ag_many *m);
ag_ref ag__part_many(ag_graph *g, ag_ref y, const ag_many *m);
/* The index of the loop's result of which this is the cotangent; -1: of none. */
int ag__cotangent_part(const ag_graph *g, ag_ref d);

/* For the reference: ag__body_reference writes all results to `out`, one after the other; result k starts at
 * ag__body_offset. */
size_t ag__body_offset(const ag__body *b, int k);
TN_MUST_CHECK tn_status ag__body_reference(const ag__body *b, const tn_view *in, tn_rng rng,
                                           unsigned char *out);

#endif
