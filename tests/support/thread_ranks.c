/* thread_ranks.c - see thread_ranks.h: two threads exchange by a mailbox for each direction. */
#include "thread_ranks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

typedef struct world {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  const void *mail[MOST][MOST]; /* from, to: what is offered and not taken yet */
  void (*fn)(void *ctx, const tn_ranks *ranks);
  void *ctx;
} world;

typedef struct member {
  world *world;
  tn_ranks ranks;
} member;

static tn_status exchange(void *ctx, int partner, const void *mine, void *theirs, size_t bytes) {
  member *m = ctx;
  world *w = m->world;
  int rank = m->ranks.rank;
  pthread_mutex_lock(&w->lock);
  w->mail[rank][partner] = mine;
  pthread_cond_broadcast(&w->changed);
  while (!w->mail[partner][rank]) pthread_cond_wait(&w->changed, &w->lock);
  memcpy(theirs, w->mail[partner][rank], bytes);
  w->mail[partner][rank] = NULL;
  pthread_cond_broadcast(&w->changed);
  while (w->mail[rank][partner])
    pthread_cond_wait(&w->changed, &w->lock); /* `mine` is ours until it is taken */
  pthread_mutex_unlock(&w->lock);
  return TN_OK;
}

static void *run(void *arg) {
  member *m = arg;
  m->world->fn(m->world->ctx, &m->ranks);
  return NULL;
}

void on_thread_ranks(int size, void (*fn)(void *ctx, const tn_ranks *ranks), void *ctx) {
  world w = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .fn = fn, .ctx = ctx};
  member members[MOST];
  pthread_t threads[MOST];
  for (int i = 0; i < size; i++) {
    members[i] = (member){&w, {i, size, exchange, &members[i]}};
    if (pthread_create(&threads[i], NULL, run, &members[i])) abort();
  }
  for (int i = 0; i < size; i++) pthread_join(threads[i], NULL);
}
