/* ranks_talk.c - see ranks_talk.h. */
#include "commands/ranks_talk.h"

#include "interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void sbnn_ranks_close_models(sbnn_ranks *r) {
  pthread_mutex_lock(&r->lock);
  r->closed = true;
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
}

void sbnn_ranks_lose(sbnn_ranks *r, int rank) {
  char text[256];
  if (r->lost) return;
  r->lost = true;
  snprintf(text, sizeof text, "process %d of %d is lost: it was killed, has crashed, or its machine is gone",
           rank + 1, r->place.size);
  sbnn_fail(&r->failure, SBNN_FAILED, "%s", text);
  char *all = sbnn_format(
      "sbnn: %s; what was finished is kept: the same command with --resume goes on from there\n", text);
  sbnn_interrupt_sentence(all);
  free(all);
  sbnn_interrupt_raise();
  sbnn_ranks_close_models(r);
}

void sbnn_ranks_post(sbnn_ranks *r, int to, const sbnn_message *m) {
  if (!sbnn_transport_of_build->send(to, m, offsetof(sbnn_message, text) + strlen(m->text) + 1))
    sbnn_ranks_lose(r, to);
}

void sbnn_ranks_post_all(sbnn_ranks *r, const sbnn_message *m) {
  for (int to = 1; to < r->place.size; to++) sbnn_ranks_post(r, to, m);
}

bool sbnn_ranks_receive(sbnn_ranks *r, int *from, sbnn_message *m) {
  int got = sbnn_transport_of_build->receive(from, m, sizeof *m);
  if (got < 0) sbnn_ranks_lose(r, 0);
  m->text[sizeof m->text - 1] = '\0';
  return got > 0;
}

/* Nanoseconds to wait. */
static long longer(double *seconds) {
  *seconds = *seconds == 0 ? 0.0002 : *seconds < 0.015 ? *seconds * 2 : *seconds;
  return (long)(*seconds * 1e9);
}

void sbnn_ranks_nap(double *seconds) { nanosleep(&(struct timespec){.tv_nsec = longer(seconds)}, NULL); }

void sbnn_ranks_nap_unless_spoken(sbnn_ranks *r, double *seconds) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += longer(seconds);
  end.tv_sec += end.tv_nsec / 1000000000;
  end.tv_nsec %= 1000000000;
  pthread_mutex_lock(&r->lock);
  if (r->n_out == 0 && r->wanted == 0) pthread_cond_timedwait(&r->spoken, &r->lock, &end);
  pthread_mutex_unlock(&r->lock);
}
