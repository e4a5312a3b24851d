/* order.c - decides which assigns may be computed straight into their leaf, and sorts the units so that every
 * reader of such a leaf comes before its writer. */
#include "autograd/plan/plan.h"

static bool reads(const ag__program *p, int x, int leaf) {
  for (int k = 0; k < p->nodes[x].n_in; k++)
    if (p->nodes[p->nodes[ag__in(p, &p->nodes[x], k)].root].leaf == leaf) return true;
  return false;
}

/* Within the writing unit only reads of the very element that is written next are safe. Elementwise ops read
 * no other: all values of a unit have the shape of the leaf. */
static bool can_write_in_place(const ag__program *p, const ag__passign *a) {
  const ag__pnode *value = &p->nodes[a->value];
  int writer = value->unit;
  if (p->flags & (AG_NO_IN_PLACE | AG_TRAP_NONFINITE) || value->output || writer < 0 ||
      value->written_leaf >= 0)
    return false;
  for (int x = 0; x < p->n_nodes; x++) {
    int unit = p->nodes[x].unit;
    if (unit < 0 || !reads(p, x, a->leaf)) continue;
    if (unit == writer ? p->nodes[x].op->kind != AG_ELEMENTWISE : ag__needs(&p->reach, unit, writer))
      return false;
  }
  return true;
}

static void place_assigns(ag__program *p) {
  for (int i = 0; i < p->n_assigns; i++) {
    ag__passign *a = &p->assigns[i];
    if (!can_write_in_place(p, a)) continue;
    a->in_place = true;
    p->nodes[a->value].written_leaf = a->leaf;
    int writer = p->nodes[a->value].unit;
    for (int x = 0; x < p->n_nodes; x++) {
      int unit = p->nodes[x].unit;
      if (unit >= 0 && unit != writer && reads(p, x, a->leaf)) ag__add_need(&p->reach, writer, unit);
    }
  }
}

/* Of the units whose needs are done, the one whose last node was appended first. O(units^2), once per
 * compilation. */
static int next_ready(const ag__program *p, const bool *done, const int *last) {
  int best = -1;
  for (int u = 0; u < p->reach.n; u++) {
    if (done[u] || last[u] < 0 || (best >= 0 && last[u] > last[best])) continue;
    bool ready = true;
    for (int o = 0; o < p->reach.n && ready; o++)
      ready = done[o] || last[o] < 0 || !ag__needs(&p->reach, u, o);
    if (ready) best = u;
  }
  return best;
}

static void emit_units(ag__program *p, bool *done, const int *last, int *position) {
  int filled = 0;
  for (int u; (u = next_ready(p, done, last)) >= 0; done[u] = true) {
    ag__unit *unit = &p->units[p->n_units];
    *unit = (ag__unit){.first = filled, .id = u, .panel = -1};
    for (int x = 0; x <= last[u]; x++)
      if (p->nodes[x].unit == u) p->order[filled++] = x;
    unit->n = filled - unit->first;
    unit->fused = p->nodes[p->order[unit->first]].op->kind == AG_ELEMENTWISE;
    position[u] = p->n_units++;
  }
}

tn_status ag__order(ag__program *p) {
  size_t n = (size_t)p->reach.n + 1;
  bool *done = tn_calloc(p->alloc, n, sizeof *done);
  int *last = tn_calloc(p->alloc, n, sizeof *last), *position = tn_calloc(p->alloc, n, sizeof *position);
  p->units = tn_calloc(p->alloc, n, sizeof *p->units);
  p->order = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *p->order);
  tn_status status = done && last && position && p->units && p->order ? TN_OK : TN_ENOMEM;
  if (status == TN_OK) {
    for (size_t u = 0; u < n; u++) last[u] = -1; /* a unit that was merged away has no nodes */
    for (int x = 0; x < p->n_nodes; x++)
      if (p->nodes[x].unit >= 0) last[p->nodes[x].unit] = x;
    place_assigns(p);
    emit_units(p, done, last, position);
    for (int x = 0; x < p->n_nodes; x++)
      if (p->nodes[x].unit >= 0) p->nodes[x].unit = position[p->nodes[x].unit];
  }
  tn_free(p->alloc, done);
  tn_free(p->alloc, last);
  tn_free(p->alloc, position);
  return status;
}
