/* run_loop.c - the steps of a loop: each points the leaves of the nested run at what belongs to it. */
#include "autograd/plan/plan.h"
#include "autograd/scan/body.h"

#include <stdio.h>
#include <string.h>

static void *start_of(const ag_run *r, const ag__loop *l, const ag__bound *b) {
  const ag__program *p = &r->plan->program;
  unsigned char *own = r->views[l->node].data;
  if (b < l->bound + l->n_carried || b->operand < 0) return own + b->offset;
  return r->views[ag__in(p, &p->nodes[l->node], b->operand)].data;
}

tn_status ag__run_loop(ag_run *r, const ag__step *s, tn_rng rng) {
  const ag__program *p = &r->plan->program;
  const ag__pnode *node = &p->nodes[s->node];
  const ag__loop *l = &p->loops[node->loop - 1];
  ag_run *body = r->loops[node->loop - 1];
  rng.stream += node->stream;
  for (int i = 0; i < l->n_carried; i++) {
    const ag__bound *b = &l->bound[i];
    if (b->bytes) memcpy(start_of(r, l, b), r->views[ag__in(p, node, b->operand)].data, b->bytes);
  }
  for (int i = 0; i < l->n_bound; i++) ag__point(body, l->bound[i].leaf, start_of(r, l, &l->bound[i]));
  for (int64_t k = 0; k < l->length; k++) {
    int64_t t = l->reverse ? l->length - 1 - k : k;
    for (int i = l->n_carried; i < l->n_bound; i++) {
      const ag__bound *b = &l->bound[i];
      if (b->stride) ag__point(body, b->leaf, (unsigned char *)start_of(r, l, b) + (size_t)t * b->stride);
    }
    tn_status status = ag_run_step(body, ag__rng_of_step(rng, t));
    if (status != TN_OK) {
      snprintf(r->error, sizeof r->error, "step %lld of a loop: %.200s", (long long)t, ag_run_error(body));
      return status;
    }
  }
  return TN_OK;
}
