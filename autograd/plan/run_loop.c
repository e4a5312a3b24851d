/* run_loop.c - the steps of a loop: each points the leaves of the nested run at its slices. If nothing is
 * carried from step to step, each worker has a nested run of its own and takes a range of the steps. */
#include "autograd/plan/plan.h"
#include "autograd/scan/body.h"
#include "tensor/threads.h"

#include <stdio.h>
#include <string.h>

bool ag__spreads(const ag__loop *l, int threads) {
  return threads > 1 && l->n_carried == 0 && l->length >= 2 * (int64_t)threads;
}

static void *start_of(const ag_run *r, const ag__loop *l, const ag__bound *b) {
  const ag__program *p = &r->plan->program;
  unsigned char *own = r->views[l->node].data;
  if (b < l->bound + l->n_carried || b->operand < 0) return own + b->offset;
  return r->views[ag__in(p, &p->nodes[l->node], b->operand)].data;
}

typedef struct looping {
  ag_run *run;
  const ag__loop *loop;
  ag_run **bodies; /* one per share */
  tn_rng rng;
  int shares;
} looping;

static void run_share(void *ctx, int64_t share) {
  const looping *w = ctx;
  const ag__loop *l = w->loop;
  ag_run *body = w->bodies[share];
  ag__worker *worker = &w->run->workers[share];
  int64_t first = l->length * share / w->shares, end = l->length * (share + 1) / w->shares;
  worker->status = TN_OK;
  for (int i = 0; i < l->n_bound; i++) ag__point(body, l->bound[i].leaf, start_of(w->run, l, &l->bound[i]));
  for (int64_t k = first; k < end && worker->status == TN_OK; k++) {
    int64_t t = l->reverse ? l->length - 1 - k : k;
    for (int i = l->n_carried; i < l->n_bound; i++) {
      const ag__bound *b = &l->bound[i];
      if (b->stride)
        ag__point(body, b->leaf, (unsigned char *)start_of(w->run, l, b) + (size_t)t * b->stride);
    }
    worker->failed = t;
    worker->status = ag_run_step(body, ag__rng_of_step(w->rng, t));
  }
}

tn_status ag__run_loop(ag_run *r, const ag__step *s, tn_rng rng) {
  const ag__program *p = &r->plan->program;
  const ag__pnode *node = &p->nodes[s->node];
  const ag__loop *l = &p->loops[node->loop - 1];
  looping w = {.run = r, .loop = l, .rng = rng, .shares = ag__spreads(l, r->threads) ? r->threads : 1};
  w.bodies = r->loops + (size_t)(node->loop - 1) * (size_t)r->threads;
  w.rng.stream += node->stream;
  for (int i = 0; i < l->n_carried; i++) {
    const ag__bound *b = &l->bound[i];
    if (b->bytes) memcpy(start_of(r, l, b), r->views[ag__in(p, node, b->operand)].data, b->bytes);
  }
  tn__parallel_near(w.shares, w.shares, run_share, &w);
  for (int i = 0; i < w.shares; i++) { /* the first that failed, in the order of the steps */
    const ag__worker *worker = &r->workers[i];
    if (worker->status == TN_OK) continue;
    snprintf(r->error, sizeof r->error, "step %lld of a loop: %.200s", (long long)worker->failed,
             ag_run_error(w.bodies[i]));
    return worker->status;
  }
  return TN_OK;
}
