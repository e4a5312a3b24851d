/* diagnose.c - after a loss became NaN or infinite: finds the first such node, and restores the state from
 * before it.
 *
 * Every step is a pure function of the state and of (phase, epoch, step), so the fit is replayed from its
 * first state, and all values are checked after each step. Normal training copies nothing. */
#include "nn/internal.h"

#include <stdio.h>
#include <string.h>

typedef struct position {
  int epoch;
  int64_t k;
} position;

static bool before(position a, position b) { return a.epoch < b.epoch || (a.epoch == b.epoch && a.k < b.k); }

/* Whether all values are finite after step k. *by_watch: only a term that is watched separately is not. */
static bool all_finite(nn__fit *f, int64_t k, bool *by_watch) {
  bool finite = nn__runner_finite(nn__pass_runner(&f->train, k)) && nn__finite(f->state);
  *by_watch = finite && !nn__watch_finite(f);
  return finite && !*by_watch;
}

/* Replays from the start up to `end`, exclusive. With `bad`, stops after the first step that leaves a
 * non-finite value, stores its position, and returns true. */
static bool replay(nn__fit *f, position end, position *bad, bool *by_watch) {
  memcpy(f->state->slab, f->start, nn__slab_bytes(f->model));
  for (position at = {.epoch = f->first}; before(at, end); at = (position){.epoch = at.epoch + 1}) {
    nn__fit_shuffle(f, at.epoch);
    for (; at.k < f->train.steps && before(at, end); at.k++) {
      tn_status status = nn__fit_step(f, at.epoch, at.k);
      if (!bad || (status == TN_OK && all_finite(f, at.k, by_watch))) continue;
      *bad = at;
      return true;
    }
  }
  return false;
}

/* Runs the failing batch through a plan that stops at the first non-finite node and has no effects. */
static bool trace(nn__fit *f, position bad, char *text, size_t size) {
  nn__runner r;
  int64_t rows = nn__pass_runner(&f->train, bad.k)->plan->rows;
  const nn__use use = {.purpose = NN__TRACE, .rows = rows, .data = f->data, .weights = &f->options->weights};
  if (nn__runner_new(f->model, f->state, &use, &r) != TN_OK) return false;
  tn_rng rng = {
      .seed = f->seed, .replica = f->options->replica, .step = (uint32_t)bad.k, .epoch = (uint32_t)bad.epoch};
  nn__fit_shuffle(f, bad.epoch);
  bool trapped = nn__runner_step(&r, f->order + bad.k * f->train.batch, 0, nn__fit_rate(f, bad.epoch, bad.k),
                                 rng) == TN_ENUMERIC;
  if (trapped) snprintf(text, size, "%s", ag_run_error(r.run));
  nn__runner_free(&r);
  return trapped;
}

tn_status nn__diagnose(nn__fit *f, int epoch, int64_t k) {
  position seen = {epoch, k}, bad = seen;
  char node[NN__MESSAGE] = "a value became NaN or infinite";
  bool by_watch = false, found = replay(f, (position){epoch, k + 1}, &bad, &by_watch);
  if (found) {
    bool ignored;
    /* A term that depends on parameters alone: the step was finite, but its new parameters make the term
     * non-finite. A trace from the new parameters names the node. Then the state is restored from before the
     * step. */
    if (by_watch) {
      snprintf(node, sizeof node,
               "a term of the loss that depends on parameters alone became NaN or infinite");
      (void)replay(f, (position){bad.epoch, bad.k + 1}, NULL, &ignored);
      (void)trace(f, bad, node, sizeof node);
    }
    (void)replay(f, bad, NULL, &ignored);
    if (!by_watch) (void)trace(f, bad, node, sizeof node);
  }
  const char *phase = f->phase;
  return nn__state_fail(
      f->state, TN_ENUMERIC, "%s%s%sepoch %d, step %lld: %.120s; lower the learning rate or check the inputs",
      *phase ? "phase '" : "", phase, *phase ? "', " : "", bad.epoch, (long long)bad.k + 1, node);
}
