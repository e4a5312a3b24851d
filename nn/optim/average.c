/* average.c - see average.h. */
#include "nn/internal.h"

static void bind(nn_model *m, const char *who, const char *glob, nn__averaging how) {
  if (!nn__matches_in_time(m, who, glob)) return;
  size_t at = 0;
  for (nn__variable *v; (v = nn__match(m, glob, &at));) v->average = how;
}

void nn_average_exponential(nn_model *m, const char *glob, double decay) {
  if (!(decay > 0 && decay < 1)) {
    nn_fail(m, TN_EINVAL, "nn_average_exponential: the decay must be between 0 and 1, not %g", decay);
    return;
  }
  bind(m, "nn_average_exponential", glob, (nn__averaging){.decay = decay});
}

void nn_average_plain(nn_model *m, const char *glob, int64_t start, int64_t every) {
  if (start < 1 || every < 1) {
    nn_fail(m, TN_EINVAL, "nn_average_plain: start and every must be 1 or more");
    return;
  }
  bind(m, "nn_average_plain", glob, (nn__averaging){.start = start, .every = every});
}

/* The average after update number `step`, from the old average and the new value. */
static ag_ref next(ag_graph *g, const nn__averaging *a, ag_ref average, ag_ref value, ag_ref step) {
  if (a->decay > 0) {
    ag_ref mixed = ag_add(g, ag_scale(g, average, a->decay), ag_scale(g, value, 1 - a->decay));
    return ag_where(g, ag_less_equal(g, step, ag_like(g, step, 1)), value, mixed);
  }
  ag_ref behind = ag_offset(g, step, (double)-a->start); /* 0 at the first value of the average */
  ag_ref turns = ag_scale(g, behind, 1 / (double)a->every), whole = ag_floor(g, ag_offset(g, turns, 1e-4));
  ag_ref due = ag_less_equal(g, ag_abs(g, ag_sub(g, turns, whole)), ag_like(g, turns, 1e-3));
  ag_ref mean = ag_add(g, average, ag_div(g, ag_sub(g, value, average), ag_offset(g, whole, 1)));
  ag_ref early = ag_less_equal(g, behind, ag_like(g, behind, 0));
  return ag_where(g, early, value, ag_where(g, due, mean, average));
}

void nn__average(nn_gradients *d, int index, ag_ref value) {
  nn_model *m = d->m;
  const nn__averaging a = m->variables[index].average;
  if ((a.decay == 0 && a.every == 0) || !nn_building(m)) return;
  ag_ref average = nn__slot_of(m, "nn_average", "average", index, NULL);
  if (!average.id) return;
  nn__assign(m, average, nn__applied(d, next(m->graph, &a, average, value, nn__updates(d)), average));
}
