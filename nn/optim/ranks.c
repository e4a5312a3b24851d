/* ranks.c - see ranks.h: sums of gradients over steps and processes, in a fixed tree. */
#include "nn/internal.h"

#include <stdio.h>

int nn__steps_of_update(const nn_model *m) {
  return m->shards ? m->shards / (m->ranks ? m->ranks->size : 1) : 1;
}

int64_t nn__shard(const nn_model *m, int64_t step) {
  int steps = nn__steps_of_update(m);
  return m->shards ? step / steps * m->shards + (m->ranks ? m->ranks->rank : 0) * steps + step % steps : step;
}

static bool power_of_two(int n) { return n > 0 && !(n & (n - 1)); }

static const char *why_not(const nn_gradients *d, const tn_ranks *ranks, int shards) {
  const nn_model *m = d->m;
  int size = ranks ? ranks->size : 1;
  if (ranks && !ranks->exchange) return "the ranks have no function to exchange values";
  if (!power_of_two(size) || (ranks && (ranks->rank < 0 || ranks->rank >= size)))
    return "the number of ranks must be a power of two, and the rank less than it";
  if (!power_of_two(shards) || shards % size || shards / size > 1 << 16)
    return "the number of shards must be a power of two and a multiple of the number of ranks";
  if (m->sums || m->every) return "it can be called once, and not together with nn_accumulate";
  for (size_t i = 0; i < m->n_variables; i++)
    if (m->variables[i].kind == NN__BUFFER && nn__declared(m, &m->variables[i]))
      return "the network has buffers, which would differ from rank to rank; use layer or group "
             "normalization";
  return NULL;
}

/* The steps of an update are the leaves of a binary tree of sums. It is evaluated like a binary counter: a
 * sum is kept at its level until its neighbour is complete. `place` is the number of the step in the update.
 * In the last step of an update the result is the whole sum. */
static ag_ref add_in_tree(nn_gradients *d, int i, ag_ref place, int steps) {
  nn_model *m = d->m;
  ag_graph *g = m->graph;
  ag_ref sum = d->of[i].gradient;
  for (int level = 0; 1 << level < steps && nn_building(m); level++) {
    char at[32];
    snprintf(at, sizeof at, "ranks/%d", level);
    ag_ref kept = nn__slot_of(m, "nn_sum_over_ranks", at, d->index[i], NULL);
    if (!kept.id) return sum;
    ag_ref next = ag_offset(g, place, 1), turn = ag_like(g, next, 2 << level);
    ag_ref keeps = ag_equal(g, ag_fmod(g, next, turn), ag_like(g, next, 1 << level));
    nn__assign(m, kept, ag_where(g, keeps, sum, kept));
    sum = ag_add(g, kept, sum);
  }
  return sum;
}

void nn_sum_over_ranks(nn_gradients *d, const tn_ranks *ranks, int shards) {
  if (!nn__changeable(d, "nn_sum_over_ranks")) return;
  nn_model *m = d->m;
  const char *wrong = why_not(d, ranks, shards);
  if (wrong) {
    nn_fail(m, TN_EINVAL, "nn_sum_over_ranks: %s (%d shards, %d ranks)", wrong, shards,
            ranks ? ranks->size : 1);
    return;
  }
  int steps = shards / (ranks ? ranks->size : 1);
  m->sums = d->accumulates = true;
  m->shards = shards;
  m->ranks = ranks;
  ag_ref place = nn__count_updates(m, "nn_sum_over_ranks", steps);
  for (int i = 0; i < d->n && nn_building(m); i++) {
    ag_ref sum = add_in_tree(d, i, place, steps);
    if (ranks && ranks->size > 1) sum = ag_allreduce(m->graph, sum, m->applies, ranks);
    d->of[i].gradient = ag_scale(m->graph, sum, 1.0 / shards);
  }
}
