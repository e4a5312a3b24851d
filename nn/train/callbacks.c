/* callbacks.c - see callbacks.h. */
#include "nn/internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void header(FILE *f, const nn_epoch *e) {
  fprintf(f, "epoch,lr");
  for (int i = 0; i < e->n_reports; i++) fprintf(f, ",%s", e->names[i]);
  for (int i = 0; e->valid && i < e->n_reports; i++) fprintf(f, ",valid_%s", e->names[i]);
  fputc('\n', f);
}

static tn_status write_row(nn_following *w, const nn_epoch *e) {
  FILE *f = fopen(w->csv, e->epoch > 1 ? "a" : "w");
  if (!f) return nn__say(w->message, TN_EIO, "nn_follow: cannot write %.200s", w->csv);
  if (e->epoch == 1) header(f, e);
  fprintf(f, "%d,%.17g", e->epoch, e->lr);
  for (int i = 0; i < e->n_reports; i++) fprintf(f, ",%.17g", e->train[i]);
  for (int i = 0; e->valid && i < e->n_reports; i++) fprintf(f, ",%.17g", e->valid[i]);
  fputc('\n', f);
  bool good = !ferror(f);
  if (fclose(f) || !good) return nn__say(w->message, TN_EIO, "nn_follow: cannot write %.200s", w->csv);
  return TN_OK;
}

static tn_status save(nn_following *w, const char *path, const nn_epoch *e) {
  char epoch[16];
  snprintf(epoch, sizeof epoch, "%d", e->epoch);
  const char *const metadata[][2] = {{"epoch", epoch}};
  return nn_state_save(e->state, path, metadata, 1, w->message);
}

static tn_status save_best(nn_following *w, const nn_epoch *e) {
  int i = 0;
  while (w->monitor && i < e->n_reports && strcmp(e->names[i], w->monitor) != 0) i++;
  if (i >= e->n_reports)
    return nn__say(w->message, TN_EINVAL, "nn_follow: the network has no report '%.80s'",
                   w->monitor ? w->monitor : "");
  double value = (e->valid ? e->valid : e->train)[i];
  if (isnan(value) || (w->best_epoch && !(w->higher ? value > w->best_value : value < w->best_value)))
    return TN_OK;
  w->best_epoch = e->epoch;
  w->best_value = value;
  return save(w, w->best, e);
}

static void tell(const nn_following *w, const nn_epoch *e) {
  char line[512];
  size_t at = (size_t)snprintf(line, sizeof line, "epoch %d/%d  lr %.4g", e->epoch, e->epochs, e->lr);
  for (int i = 0; i < e->n_reports && at < sizeof line; i++) {
    at += (size_t)snprintf(line + at, sizeof line - at, "  %.40s %.5g", e->names[i], e->train[i]);
    if (e->valid && at < sizeof line)
      at += (size_t)snprintf(line + at, sizeof line - at, " (%.5g)", e->valid[i]);
  }
  w->progress(w->progress_ctx, line);
}

bool nn_follow(void *following, const nn_epoch *e) {
  nn_following *w = following;
  int every = w->every > 0 ? w->every : 1;
  w->status = w->csv ? write_row(w, e) : TN_OK;
  if (w->status == TN_OK && w->checkpoint && (e->epoch % every == 0 || e->epoch == e->epochs))
    w->status = save(w, w->checkpoint, e);
  if (w->status == TN_OK && w->best) w->status = save_best(w, e);
  if (w->progress) tell(w, e);
  if (w->status != TN_OK) return false;
  bool go_on = !w->stop_file || access(w->stop_file, F_OK) != 0;
  return (!w->then || w->then(w->then_ctx, e)) && go_on;
}
