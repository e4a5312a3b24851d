/* scan.c - loops: the body (a graph of its own), the loop node and its `part` nodes. */
#include "autograd/scan/body.h"

#include <stdio.h>
#include <string.h>

/* ---- ops ---- */

ag__body *ag__body_of(const ag_attr *attr) { return (ag__body *)(uintptr_t)attr->i[0]; }

static ag_attr attr_of(const ag__body *b, int k) { return (ag_attr){.i = {(int64_t)(uintptr_t)b, k}}; }

/* The loop node holds several results, so no op but `part` can read it. */
static bool bundle_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)in, (void)n, (void)attr;
  *out = (ag_type){.dtype = TN_U8, .rank = 1, .shape = {1}};
  return true;
}

static bool part_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)in, (void)n;
  *out = ag__part_type(ag__body_of(attr), (int)attr->i[1]);
  return true;
}

static ag_ref bundle_sum(ag_graph *g, const ag_ref *x, int n);
static const ag_op op_bundle = {
    .name = "bundle", .kind = AG_OPAQUE, .arity = -1, .flags = AG_NO_DERIVATIVE, .infer = bundle_infer};
static const ag_op op_cotangent = {.name = "part_cotangent",
                                   .kind = AG_OPAQUE,
                                   .arity = 1,
                                   .flags = AG_NO_DERIVATIVE,
                                   .infer = bundle_infer,
                                   .sum = bundle_sum};

static ag_ref bundle_sum(ag_graph *g, const ag_ref *x, int n) {
  return ag_emit(g, &op_bundle, x, n, NULL, NULL);
}

int ag__cotangent_part(const ag_graph *g, ag_ref d) {
  return ag_op_of(g, d) == &op_cotangent ? (int)ag_attr_of(g, d)->i[1] : -1;
}

static void part_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_attr attr = *ag_attr_of(g, y);
  dx[0] = ag_emit(g, &op_cotangent, &dy, 1, &attr, NULL);
}

const ag_op ag__op_scan = {.name = "scan",
                           .kind = AG_LOOP,
                           .arity = -1,
                           .infer = bundle_infer,
                           .vjp = ag__scan_vjp,
                           .many = ag__scan_many};
const ag_op ag__op_part = {.name = "part",
                           .kind = AG_VIEW,
                           .arity = 1,
                           .flags = AG_ALIAS,
                           .infer = part_infer,
                           .vjp = part_vjp,
                           .many = ag__part_many};

ag_type ag__part_type(const ag__body *b, int k) {
  ag_type t = ag_type_of(b->g, b->out[k]);
  if (k < b->n_carry) return t;
  memmove(t.shape + 1, t.shape, (size_t)t.rank * sizeof *t.shape);
  t.shape[0] = b->length;
  t.rank++;
  return t;
}

/* ---- bodies ---- */

ag__body *ag__body_new(ag_graph *g, const ag__body *shape) {
  size_t n_in = (size_t)shape->n_carry + (size_t)shape->n_each + (size_t)shape->n_shared;
  ag__body *b = tn_calloc(g->alloc, 1, sizeof *b);
  if (b) {
    *b = (ag__body){
        .length = shape->length, .reverse = shape->reverse, .recompute = shape->recompute, .next = g->bodies};
    g->bodies = b;
    b->in = tn_calloc(g->alloc, n_in + 1, sizeof *b->in);
    if (b->in && ag_graph_new(g->alloc, &b->g) == TN_OK) {
      b->g->n_tables = g->n_tables;
      memcpy(b->g->tables, g->tables, sizeof g->tables);
      return b;
    }
  }
  ag_fail(g, TN_ENOMEM, "out of memory for a loop");
  return NULL;
}

void ag__bodies_free(ag__body *first, const tn_alloc *alloc) {
  for (ag__body *b = first, *next; b; b = next) {
    next = b->next;
    ag_graph_free(b->g);
    tn_free(alloc, b->in);
    tn_free(alloc, b->out);
    tn_free(alloc, b);
  }
}

ag_ref ag__body_leaf(ag__body *b, const char *kind, const ag_type *type) {
  int *n = *kind == 'c' ? &b->n_carry : *kind == 'e' ? &b->n_each : &b->n_shared;
  char name[32];
  snprintf(name, sizeof name, "%s %d", kind, *n);
  bool carried = n == &b->n_carry;
  ag_ref leaf = (carried ? ag_state : ag_input)(b->g, name, type->dtype, type->rank, type->shape);
  b->in[b->n_carry + b->n_each + b->n_shared] = leaf;
  (*n)++;
  return leaf;
}

int ag__body_out(ag__body *b, ag_ref value) {
  for (int k = b->n_carry; k < b->n_out; k++)
    if (b->out[k].id == value.id) return k;
  if (tn_grow(b->g->alloc, &b->out, &b->cap_out, (size_t)b->n_out + 1, sizeof *b->out) != TN_OK) {
    ag_fail(b->g, TN_ENOMEM, "out of memory for the results of a loop");
    return -1;
  }
  b->out[b->n_out] = value;
  return b->n_out++;
}

ag_ref ag__body_loop(ag_graph *g, ag__body *b, const ag_ref *in) {
  ag_attr attr = attr_of(b, 0);
  return ag_emit(g, &ag__op_scan, in, b->n_carry + b->n_each + b->n_shared, &attr, NULL);
}

ag_ref ag__body_part(ag_graph *g, ag_ref loop, int k) {
  if (g->status != TN_OK || k < 0) return (ag_ref){0};
  ag_attr attr = attr_of(ag__body_of(ag_attr_of(g, loop)), k);
  return ag_emit(g, &ag__op_part, &loop, 1, &attr, NULL);
}

/* ---- the constructor ---- */

static bool fits(ag_graph *g, const ag_scan_args *s) {
  char text[128];
  if (g->status != TN_OK) return false;
  if (s->length < 0 || s->n_carry < 0 || s->n_each < 0 || s->n_shared < 0 || s->n_out < 0)
    ag_fail(g, TN_EINVAL, "scan: a negative length or number of values");
  for (int k = 0; k < s->n_each && g->status == TN_OK; k++) {
    ag_type t = ag_type_of(g, s->each[k]);
    if (s->each[k].id && (t.rank == 0 || t.shape[0] != s->length))
      ag_fail(g, TN_ESHAPE, "scan: value %d of each step is %s, its first axis must have the %lld steps", k,
              ag__type_text(&t, text, sizeof text), (long long)s->length);
  }
  return g->status == TN_OK;
}

static void add_leaves(ag_graph *g, ag__body *b, const ag_scan_args *s, ag_ref *in) {
  int n = 0;
  for (int k = 0; k < s->n_carry; k++) {
    ag_type t = ag_type_of(g, in[n++] = s->carry[k]);
    (void)ag__body_leaf(b, "carry", &t);
  }
  for (int k = 0; k < s->n_each; k++) {
    ag_type t = ag_type_of(g, in[n++] = s->each[k]);
    if (t.rank > 0) t.rank--, memmove(t.shape, t.shape + 1, sizeof t.shape - sizeof *t.shape);
    (void)ag__body_leaf(b, "each", &t);
  }
  for (int k = 0; k < s->n_shared; k++) {
    ag_type t = ag_type_of(g, in[n++] = s->shared[k]);
    (void)ag__body_leaf(b, "shared", &t);
  }
}

static bool draws(const ag_graph *g) {
  for (size_t id = 1; id < g->n_nodes; id++) {
    const ag__node *n = &g->nodes[id];
    if (n->op->kind == AG_RANDOM || (n->op->kind == AG_LOOP && ag__body_of(&n->attr)->random)) return true;
  }
  return false;
}

/* A body that draws random numbers needs a stream of its own. */
static void name_stream(ag_graph *g, ag__body *b, const char *name) {
  if (!(b->random = draws(b->g))) return;
  if (!name || !*name) {
    ag_fail(g, TN_EINVAL, "scan: a body that draws random values needs a name, its stream");
    return;
  }
  b->stream = tn_stream(name);
  for (const ag__body *other = b->next; other; other = other->next)
    if (other->random && other->stream == b->stream)
      ag_fail(g, TN_EINVAL, "scan: random values need a name of their own, '%s' is taken", name);
}

static void check_out(ag_graph *g, ag__body *b, const char *what, int k, ag_ref value, const ag_type *want) {
  char have[128], text[128];
  ag_type t = ag_type_of(b->g, value);
  if (g->status != TN_OK) return;
  if (!value.id || value.id >= b->g->n_nodes || b->g->nodes[value.id].op->kind == AG_EFFECT)
    ag_fail(g, TN_EINVAL, "scan: %s %d is not a value of the body", what, k);
  else if (want && (t.dtype != want->dtype || !tn_same_shape(t.rank, t.shape, want->rank, want->shape)))
    ag_fail(g, TN_ESHAPE, "scan: carried value %d is %s before a step and %s after it", k,
            ag__type_text(want, have, sizeof have), ag__type_text(&t, text, sizeof text));
  else if (!want && t.rank >= TN_MAX_RANK)
    ag_fail(g, TN_ESHAPE, "scan: result %d has no room for the axis of the steps", k);
  if (g->status != TN_OK) return;
  if (tn_grow(g->alloc, &b->out, &b->cap_out, (size_t)b->n_out + 1, sizeof *b->out) == TN_OK)
    b->out[b->n_out++] = value;
  else ag_fail(g, TN_ENOMEM, "out of memory for a loop");
}

static void call_body(ag_graph *g, ag__body *b, const ag_scan_args *s, ag_scan_body *body, const void *ctx,
                      ag_ref *room) {
  ag_scan_step step = {b->in, b->in + s->n_carry, b->in + s->n_carry + s->n_each, room, room + s->n_carry};
  memset(room, 0, ((size_t)s->n_carry + (size_t)s->n_out) * sizeof *room);
  if (ag_status(b->g) == TN_OK) body(b->g, &step, ctx);
  if (ag_status(b->g) != TN_OK) ag_fail(g, ag_status(b->g), "scan: %s", ag_error(b->g));
  else if (b->g->n_assigns) ag_fail(g, TN_EINVAL, "scan: a body cannot assign to a state");
  for (int k = 0; k < s->n_carry; k++) {
    ag_type t = ag_type_of(b->g, b->in[k]);
    check_out(g, b, "carried value", k, step.next[k], &t);
  }
  for (int k = 0; k < s->n_out; k++) check_out(g, b, "result", k, step.out[k], NULL);
}

void ag_scan(ag_graph *g, const ag_scan_args *s, ag_scan_body *body, const void *ctx, ag_ref *last,
             ag_ref *out) {
  if (s->n_carry > 0) memset(last, 0, (size_t)s->n_carry * sizeof *last);
  if (s->n_out > 0) memset(out, 0, (size_t)s->n_out * sizeof *out);
  if (!fits(g, s)) return;
  ag__body *b = ag__body_new(g, &(ag__body){.length = s->length,
                                            .reverse = s->reverse,
                                            .recompute = s->recompute,
                                            .n_carry = s->n_carry,
                                            .n_each = s->n_each,
                                            .n_shared = s->n_shared});
  if (!b) return;
  size_t n_in = (size_t)s->n_carry + (size_t)s->n_each + (size_t)s->n_shared;
  ag_ref *in = tn_calloc(g->alloc, n_in + (size_t)s->n_carry + (size_t)s->n_out + 1, sizeof *in);
  if (in) {
    ag_scope_push(b->g, s->name ? s->name : "scan");
    add_leaves(g, b, s, in);
    call_body(g, b, s, body, ctx, in + n_in);
    name_stream(g, b, s->name);
    if (!b->recompute) ag__body_hoist(g, b, &in);
    ag_ref loop = ag__body_loop(g, b, in);
    for (int k = 0; k < s->n_carry; k++) last[k] = ag__body_part(g, loop, k);
    for (int k = 0; k < s->n_out; k++) out[k] = ag__body_part(g, loop, s->n_carry + k);
  } else ag_fail(g, TN_ENOMEM, "out of memory for a loop");
  tn_free(g->alloc, in);
}
