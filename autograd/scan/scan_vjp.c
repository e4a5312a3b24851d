/* scan_vjp.c - the derivative of a loop: a loop in the other direction whose body is the derivative of the
 * body. ag_grad appends that derivative to the graph of the body; its new nodes are then copied into a graph
 * of their own. An old value that it reads becomes a further result of the forward loop, kept for all steps;
 * values that depend only on shared ones are recomputed. Cotangents are carried. Those of shared values are
 * sums over steps and carried too; but if each step adds a product a' b, then a and b are kept for all steps,
 * and the sum is one product after the loop. A shared matrix that the new body reads only as the transposed
 * factor of products is transposed once, before the loop. With `recompute` nothing is kept: all values but the
 * leaves are recomputed. */
#include "autograd/ops/op.h"
#include "autograd/scan/body.h"

#include <stdio.h>
#include <string.h>

typedef struct transposer {
  ag_graph *g; /* the graph of the loop */
  ag_ref loop;
  ag__body *from, *to;  /* the loop's body and that of its derivative */
  ag_ref *cotangent;    /* per result of `from`: its leaf in from->g, or id 0 */
  ag_ref *given;        /* per result: its cotangent in g, or id 0 */
  ag_ref *wrt, *grad;   /* per leaf of `from` */
  int n_in, n_out;      /* leaves; results, before any is added */
  size_t old;           /* nodes of from->g before ag_grad */
  bool *needed, *fixed; /* per node of from->g: needed in `to`; depends on shared values only */
  bool *turned;         /* per node of from->g: its copy is the transpose */
  ag_ref *map;          /* per node of from->g: its copy in to->g */
  ag_ref *in;           /* operands of the new loop */
  int n_new;
} transposer;

static bool is_float(const ag_graph *g, ag_ref x) { return ag__is_float(ag_type_of(g, x).dtype); }

/* ---- the derivative, in the body's graph ---- */

static void collect_given(transposer *t, ag_ref dy) {
  int k = ag__cotangent_part(t->g, dy), n = (int)ag__node_of(t->g, dy)->n_in;
  if (k >= 0) t->given[k] = ag_in(t->g, dy, 0);
  for (int i = 0; i < n && k < 0; i++) {
    ag_ref d = ag_in(t->g, dy, i);
    t->given[ag__cotangent_part(t->g, d)] = ag_in(t->g, d, 0);
  }
}

/* The sum of all results, each times its cotangent. Its gradient is the vjp. */
static ag_ref paired_sum(transposer *t) {
  ag_graph *b = t->from->g;
  ag_ref sum = {0};
  char name[48];
  for (int k = 0; k < t->n_out; k++) {
    ag_ref y = t->from->out[k];
    ag_type type = ag_type_of(b, y);
    if (!is_float(b, y) || (k >= t->from->n_carry && !t->given[k].id)) continue;
    snprintf(name, sizeof name, "cotangent %d of %d", k, t->from->n_derived);
    t->cotangent[k] = ag_input(b, name, type.dtype, type.rank, type.shape);
    ag_ref term = ag_sum_all(b, ag_mul(b, y, t->cotangent[k]));
    if (sum.id && ag_type_of(b, sum).dtype != type.dtype) term = ag_cast(b, term, ag_type_of(b, sum).dtype);
    sum = sum.id ? ag_add(b, sum, term) : term;
  }
  t->from->n_derived++;
  return sum;
}

static bool derive(transposer *t) {
  ag_graph *b = t->from->g;
  ag_ref sum = paired_sum(t);
  int n = 0;
  if (!sum.id) return ag_status(b) != TN_OK;
  for (int i = 0; i < t->n_in; i++)
    if (is_float(b, t->from->in[i])) t->wrt[n++] = t->from->in[i];
  ag_grad(b, sum, t->wrt, n, t->grad + t->n_in);
  for (int i = 0, k = 0; i < t->n_in; i++)
    t->grad[i] = is_float(b, t->from->in[i]) ? t->grad[t->n_in + k++] : (ag_ref){0};
  return true;
}

/* ---- what of it is copied ---- */

static bool hangs_on_shared(const transposer *t, uint32_t id) {
  const ag__node *n = &t->from->g->nodes[id];
  if (n->op->kind == AG_RANDOM || (n->op->kind == AG_LOOP && ag__body_of(&n->attr)->random)) return false;
  if (n->op == &ag__op_constant) return true;
  if (n->op->kind == AG_LEAF) {
    for (int i = t->from->n_carry + t->from->n_each; i < t->n_in; i++)
      if (t->from->in[i].id == id) return true;
    return false;
  }
  for (uint32_t k = 0; k < n->n_in; k++)
    if (!t->fixed[ag__inputs_of(t->from->g, n)[k]]) return false;
  return true;
}

/* Whether the node is random, or a result of a loop that draws random numbers: recomputed it would differ. */
static bool draws(const ag_graph *b, uint32_t id) {
  const ag__node *n = &b->nodes[id];
  if (n->op == &ag__op_part) n = &b->nodes[ag__inputs_of(b, n)[0]];
  return n->op->kind == AG_RANDOM || (n->op->kind == AG_LOOP && ag__body_of(&n->attr)->random);
}

/* Whether the node is recomputed in the derivative's body; else it is a leaf of it. */
static bool is_copied(const transposer *t, uint32_t id) {
  const ag__node *n = &t->from->g->nodes[id];
  if (n->op->kind == AG_LEAF) return n->op == &ag__op_constant;
  if (t->from->recompute && !draws(t->from->g, id)) return true;
  if (t->fixed[id]) return true;
  if (n->op == &ag__op_part) return ag__inputs_of(t->from->g, n)[0] >= t->old;
  if (n->op->flags & (AG_ALIAS | AG_BROADCASTS)) return true; /* cheaper than keeping it */
  return id >= t->old;
}

/* The two matrices a and b if a step adds the product a' b to the cotangent of leaf k, a shared value; else
 * NULL. */
static const uint32_t *factors(const transposer *t, int k) {
  const ag_graph *b = t->from->g;
  if (k < t->from->n_carry + t->from->n_each || !t->grad[k].id || t->from->recompute) return NULL;
  const ag__node *n = &b->nodes[t->grad[k].id];
  if (n->op != &ag_op_contract || !n->attr.i[0] || n->attr.i[1]) return NULL;
  const uint32_t *in = ag__inputs_of(b, n);
  for (int i = 0; i < 2; i++)
    if (b->nodes[in[i]].type.rank != 2 || t->fixed[in[i]]) return NULL;
  return in;
}

static void find_needed(transposer *t) {
  const ag_graph *b = t->from->g;
  for (uint32_t id = 1; id < b->n_nodes; id++) t->fixed[id] = hangs_on_shared(t, id);
  for (int i = 0; i < t->n_in; i++) {
    const uint32_t *in = factors(t, i);
    if (in) t->needed[in[0]] = t->needed[in[1]] = true;
    else if (t->grad[i].id) t->needed[t->grad[i].id] = true;
  }
  for (uint32_t id = (uint32_t)b->n_nodes; id-- > 1;)
    if (t->needed[id] && is_copied(t, id))
      for (uint32_t k = 0; k < b->nodes[id].n_in; k++) t->needed[ag__inputs_of(b, &b->nodes[id])[k]] = true;
}

/* ---- the new body ---- */

static ag_ref zeros(ag_graph *g, const ag_type *t) {
  return ag_broadcast(g, ag_scalar(g, t->dtype, 0), t->rank, t->shape);
}

static void add_operand(transposer *t, ag_ref leaf, ag_ref outer, ag_ref old) {
  t->map[old.id] = leaf;
  t->in[t->n_new++] = outer;
}

/* Adds the carried leaves: the cotangents of the forward loop's carried values, then the sums of those of its
 * shared values. The leaves of the sums stand for no old value. */
static void add_carried(transposer *t) {
  for (int k = 0; k < t->n_in; k++) {
    bool shared = k >= t->from->n_carry + t->from->n_each;
    if ((k >= t->from->n_carry && !shared) || !is_float(t->from->g, t->from->in[k]) || factors(t, k))
      continue;
    ag_type type = ag_type_of(t->from->g, t->from->in[k]);
    ag_ref leaf = ag__body_leaf(t->to, "carry", &type);
    bool given = !shared && t->given[k].id;
    t->in[t->n_new++] = given ? t->given[k] : zeros(t->g, &type);
    if (!shared) t->map[t->cotangent[k].id] = leaf;
  }
}

static int leaf_index(const transposer *t, uint32_t id) {
  for (int i = 0; i < t->n_in; i++)
    if (t->from->in[i].id == id) return i;
  return -1;
}

/* Adds the per-step leaves: given cotangents of results, the forward loop's per-step values, and the kept
 * values. */
static void add_each(transposer *t) {
  ag_graph *b = t->from->g;
  int first_shared = t->from->n_carry + t->from->n_each;
  for (int k = t->from->n_carry; k < t->n_out; k++) {
    if (!t->cotangent[k].id) continue;
    ag_type type = ag_type_of(b, t->cotangent[k]);
    add_operand(t, ag__body_leaf(t->to, "each", &type), t->given[k], t->cotangent[k]);
  }
  for (uint32_t id = 1; id < b->n_nodes && b->status == TN_OK; id++) {
    int k = leaf_index(t, id);
    if (!t->needed[id] || is_copied(t, id) || t->map[id].id || k >= first_shared) continue;
    ag_type type = b->nodes[id].type;
    ag_ref outer = k >= t->from->n_carry ? ag_in(t->g, t->loop, k)
                                         : ag__body_part(t->g, t->loop, ag__body_out(t->from, (ag_ref){id}));
    add_operand(t, ag__body_leaf(t->to, "each", &type), outer, (ag_ref){id});
  }
}

/* Whether all that the new body reads of this matrix is its transpose, as the second factor of products. */
static bool read_transposed(const transposer *t, uint32_t matrix) {
  const ag_graph *b = t->from->g;
  bool any = false;
  if (b->nodes[matrix].type.rank != 2) return false;
  for (int k = 0; k < t->n_in; k++)
    if (t->grad[k].id == matrix) return false;
  for (uint32_t id = 1; id < b->n_nodes; id++) {
    const ag__node *n = &b->nodes[id];
    if (!t->needed[id] || !is_copied(t, id)) continue;
    for (uint32_t k = 0; k < n->n_in; k++) {
      if (ag__inputs_of(b, n)[k] != matrix) continue;
      if (n->op != &ag_op_contract || k != 1 || !n->attr.i[1]) return false;
      any = true;
    }
  }
  return any;
}

static void add_shared(transposer *t) {
  for (int k = t->from->n_carry + t->from->n_each; k < t->n_in; k++) {
    ag_ref old = t->from->in[k], outer = ag_in(t->g, t->loop, k);
    if (!t->needed[old.id]) continue;
    t->turned[old.id] = read_transposed(t, old.id);
    if (t->turned[old.id]) outer = ag_transpose2(t->g, outer);
    ag_type type = ag_type_of(t->g, outer);
    add_operand(t, ag__body_leaf(t->to, "shared", &type), outer, old);
  }
}

/* The random numbers of the same step of the forward loop, for a part that is recomputed. */
static ag_ref draw_again(const transposer *t, const ag__node *n) {
  ag__node node = *n;
  node.hash = 0;
  t->to->random = true;
  t->to->stream = t->from->stream;
  return (node.name = ag__keep(t->to->g, n->name, strlen(n->name) + 1)) ? ag__append(t->to->g, &node, NULL)
                                                                        : (ag_ref){0};
}

static ag_ref copy_node(const transposer *t, uint32_t id, ag_ref *in) {
  const ag_graph *b = t->from->g;
  const ag__node *n = &b->nodes[id];
  if (n->op == &ag__op_constant)
    return ag_constant(t->to->g, tn_view_of(n->constant, n->type.dtype, n->type.rank, n->type.shape));
  for (uint32_t k = 0; k < n->n_in; k++) in[k] = t->map[ag__inputs_of(b, n)[k]];
  t->to->g->scope = "";
  if (n->op->kind == AG_RANDOM) return draw_again(t, n);
  ag_attr attr = n->attr;
  if (n->op == &ag_op_contract && t->turned[ag__inputs_of(b, n)[1]]) attr.i[1] = 0;
  return ag_emit(t->to->g, n->op, in, (int)n->n_in, &attr, n->name);
}

static void copy_nodes(transposer *t) {
  const ag_graph *b = t->from->g;
  uint32_t widest = 1;
  for (uint32_t id = 1; id < b->n_nodes; id++)
    widest = b->nodes[id].n_in > widest ? b->nodes[id].n_in : widest;
  ag_ref *in = tn_calloc(t->g->alloc, widest, sizeof *in);
  if (!in) ag_fail(t->g, TN_ENOMEM, "out of memory for the derivative of a loop");
  for (uint32_t id = 1; id < b->n_nodes && in && t->to->g->status == TN_OK; id++)
    if (t->needed[id] && is_copied(t, id)) t->map[id] = copy_node(t, id, in);
  tn_free(t->g->alloc, in);
}

/* Adds the carried values and results, in the order of the leaves whose cotangents they are. */
static void add_results(transposer *t) {
  const ag__body *from = t->from;
  ag_graph *b = t->to->g;
  int n = 0, first_shared = from->n_carry + from->n_each;
  ag_ref *out = tn_calloc(t->g->alloc, (size_t)t->n_in + 1, sizeof *out);
  if (!out) {
    ag_fail(t->g, TN_ENOMEM, "out of memory for the derivative of a loop");
    return;
  }
  for (int k = 0; k < t->n_in; k++)
    if (t->grad[k].id && k < from->n_carry) out[n++] = t->map[t->grad[k].id];
  for (int k = first_shared; k < t->n_in; k++)
    if (t->grad[k].id && !factors(t, k)) out[n] = ag_add(b, t->to->in[n], t->map[t->grad[k].id]), n++;
  for (int k = from->n_carry; k < first_shared; k++)
    if (t->grad[k].id) out[n++] = t->map[t->grad[k].id];
  if (tn_grow(t->g->alloc, &t->to->out, &t->to->cap_out, (size_t)n + 1, sizeof *out) == TN_OK) {
    for (int k = 0; k < n; k++) t->to->out[k] = out[k];
    t->to->n_out = n;
  } else ag_fail(t->g, TN_ENOMEM, "out of memory for the derivative of a loop");
  tn_free(t->g->alloc, out);
}

/* The rows of all steps of an old value of rank 2: an operand of the loop, or a further result of it. */
static ag_ref rows_of_all(const transposer *t, ag_ref loop, uint32_t old) {
  const ag__body *to = t->to;
  ag_ref now = t->map[old], all = {0};
  for (int i = to->n_carry; i < to->n_carry + to->n_each; i++)
    if (to->in[i].id == now.id) all = t->in[i];
  if (!all.id) all = ag__body_part(t->g, loop, ag__body_out(t->to, now));
  ag_type type = ag_type_of(t->g, all);
  return ag_reshape(t->g, all, 2, (int64_t[]){type.shape[0] * type.shape[1], type.shape[2]});
}

static void emit_loop(transposer *t, ag_ref *dx) {
  const ag__body *from = t->from;
  int n = 0, first_shared = from->n_carry + from->n_each;
  ag_ref loop = ag__body_loop(t->g, t->to, t->in);
  for (int k = 0; k < t->n_in; k++) {
    const uint32_t *in = factors(t, k);
    if (in) dx[k] = ag_contract(t->g, rows_of_all(t, loop, in[0]), rows_of_all(t, loop, in[1]), true, false);
    else if (t->grad[k].id && (k < from->n_carry || k >= first_shared))
      dx[k] = ag__body_part(t->g, loop, n++);
  }
  for (int k = from->n_carry; k < first_shared; k++)
    if (t->grad[k].id) dx[k] = ag__body_part(t->g, loop, n++);
}

/* ---- */

static bool allocate(transposer *t) {
  const tn_alloc *a = t->g->alloc;
  size_t nodes = t->from->g->n_nodes;
  t->needed = tn_calloc(a, nodes, sizeof *t->needed);
  t->fixed = tn_calloc(a, nodes, sizeof *t->fixed);
  t->turned = tn_calloc(a, nodes, sizeof *t->turned);
  t->map = tn_calloc(a, nodes, sizeof *t->map);
  t->in = tn_calloc(a, nodes + 2 * (size_t)t->n_in + (size_t)t->n_out, sizeof *t->in);
  return t->needed && t->fixed && t->turned && t->map && t->in;
}

static void transpose(transposer *t, ag_ref *dx) {
  if (!derive(t)) return; /* no result is of a float type */
  if (!allocate(t)) ag_fail(t->g, TN_ENOMEM, "out of memory for the derivative of a loop");
  if (t->from->g->status == TN_OK && t->g->status == TN_OK &&
      (t->to = ag__body_new(t->g, &(ag__body){.length = t->from->length,
                                              .reverse = !t->from->reverse,
                                              .recompute = t->from->recompute,
                                              .n_carry = t->n_in,
                                              .n_each = (int)t->from->g->n_nodes + t->n_out,
                                              .n_shared = t->n_in}))) {
    find_needed(t);
    add_carried(t);
    add_each(t);
    add_shared(t);
    copy_nodes(t);
    add_results(t);
  }
  if (ag_status(t->from->g) != TN_OK) ag_fail(t->g, ag_status(t->from->g), "scan: %s", ag_error(t->from->g));
  if (t->to && ag_status(t->to->g) != TN_OK)
    ag_fail(t->g, ag_status(t->to->g), "scan: %s", ag_error(t->to->g));
  if (t->g->status == TN_OK) emit_loop(t, dx);
}

void ag__scan_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag__body *from = ag__body_of(ag_attr_of(g, y));
  transposer t = {.g = g, .loop = y, .from = from, .n_out = from->n_out, .old = ag_node_count(from->g)};
  t.n_in = from->n_carry + from->n_each + from->n_shared;
  t.cotangent = tn_calloc(g->alloc, (size_t)t.n_out + 1, sizeof *t.cotangent);
  t.given = tn_calloc(g->alloc, (size_t)t.n_out + 1, sizeof *t.given);
  t.wrt = tn_calloc(g->alloc, (size_t)t.n_in + 1, sizeof *t.wrt);
  t.grad = tn_calloc(g->alloc, 2 * (size_t)t.n_in + 1, sizeof *t.grad);
  if (t.cotangent && t.given && t.wrt && t.grad) {
    collect_given(&t, dy);
    transpose(&t, dx);
  } else ag_fail(g, TN_ENOMEM, "out of memory for the derivative of a loop");
  void *arrays[] = {t.cotangent, t.given, t.wrt, t.grad, t.needed, t.fixed, t.turned, t.map, t.in};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tn_free(g->alloc, arrays[i]);
}
