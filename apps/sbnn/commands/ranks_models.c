/* ranks_models.c - which process trains which model; see ranks.h. */
#include "commands/ranks_talk.h"
#include "interrupt.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SAY_GIVE's code: whether the process may ask for its next model already, for others will find enough. */
enum { FEW, MANY };
#define FEW_EACH 4 /* models for each thread of all processes */

/* ---- stopping ---- */

void sbnn_models_failed(sbnn_models *m, int64_t i) {
  long long first = atomic_load(&m->first_failed);
  while (i < first && !atomic_compare_exchange_weak(&m->first_failed, &first, i)) {}
}

/* No more models; in all processes those behind `last` may stop, and after an interrupt (-1) all. */
static void stop_behind(sbnn_ranks *r, int64_t last) {
  sbnn_message m = {.kind = SAY_STOP, .model = last};
  sbnn_ranks_close_models(r);
  r->stopped = true;
  if (r->place.rank == 0) sbnn_ranks_post_all(r, &m);
  if (last < 0) sbnn_interrupt_raise();
  else sbnn_models_failed(r->models, last);
}

/* ---- the threads that train ---- */

/* Of process 0, under the lock: the next model; -1: none. */
static int64_t take_next(sbnn_ranks *r) { return !r->closed && r->next < r->models->n ? r->next++ : -1; }

/* Under the lock: the first of the models given; -1: none. */
static int64_t take_given(sbnn_ranks *r) {
  if (r->n_got == 0) return -1;
  int64_t i = r->got[0];
  memmove(r->got, r->got + 1, --r->n_got * sizeof *r->got);
  return i;
}

/* Of the others, under the lock: one more model is to be asked for. */
static void want_one(sbnn_ranks *r) {
  r->wanted++;
  pthread_cond_signal(&r->spoken);
}

/* Of the others, under the lock: waits for a model. While many are left it asks for the next at once, so that the answer
 * is there when this thread needs it. */
static int64_t wait_for_model(sbnn_ranks *r) {
  if (r->ahead > 0) r->ahead--;
  else want_one(r);
  while (r->n_got == 0 && !r->closed) pthread_cond_wait(&r->changed, &r->lock);
  int64_t i = take_given(r);
  if (i >= 0 && r->many && !r->closed) {
    r->ahead++;
    want_one(r);
  }
  return i;
}

/* The next model for this thread; -1: none. */
static int64_t next_model(sbnn_ranks *r) {
  pthread_mutex_lock(&r->lock);
  int64_t i = r->place.rank == 0 ? take_next(r) : wait_for_model(r);
  pthread_mutex_unlock(&r->lock);
  return i;
}

static void tell_done(sbnn_ranks *r, int64_t i) {
  const sbnn_error *e = r->models->error(r->models->ctx, i);
  sbnn_message m = {.kind = SAY_DONE, .code = e->code, .model = i};
  snprintf(m.text, sizeof m.text, "%s", e->text);
  pthread_mutex_lock(&r->lock);
  r->out = sbnn_realloc(r->out, r->n_out + 1, sizeof *r->out);
  r->out[r->n_out++] = m;
  pthread_cond_signal(&r->spoken);
  pthread_mutex_unlock(&r->lock);
}

static tn_status train(void *ctx, int64_t thread) {
  sbnn_ranks *r = ctx;
  (void)thread;
  for (int64_t i; (i = next_model(r)) >= 0;) {
    (void)r->models->compute(r->models->ctx, i);
    if (r->place.rank > 0) tell_done(r, i);
  }
  return TN_OK;
}

typedef struct trainers {
  sbnn_ranks *ranks;
  tn_status status;
} trainers;

static void *train_all(void *ctx) {
  trainers *t = ctx;
  t->status = nn_replicas(t->ranks->threads, t->ranks->threads, train, t->ranks);
  pthread_mutex_lock(&t->ranks->lock);
  t->ranks->idle = true;
  pthread_cond_signal(&t->ranks->spoken);
  pthread_mutex_unlock(&t->ranks->lock);
  return NULL;
}

static bool is_idle(sbnn_ranks *r) {
  pthread_mutex_lock(&r->lock);
  bool idle = r->idle && r->n_out == 0;
  pthread_mutex_unlock(&r->lock);
  return idle;
}

/* ---- process 0 ---- */

static void give(sbnn_ranks *r, int to) {
  sbnn_message m = {.kind = SAY_NONE};
  r->others[to].works = true;
  pthread_mutex_lock(&r->lock);
  m.model = take_next(r);
  if (m.model >= 0) m.kind = SAY_GIVE;
  if (r->models->n - r->next > (int64_t)FEW_EACH * r->threads * r->place.size) m.code = MANY;
  pthread_mutex_unlock(&r->lock);
  r->given += m.kind == SAY_GIVE;
  sbnn_ranks_post(r, to, &m);
}

static void take(sbnn_ranks *r, const sbnn_message *m) {
  sbnn_models *all = r->models;
  if (m->model < 0 || m->model >= all->n) return;
  sbnn_error *e = all->error(all->ctx, m->model);
  r->given--;
  if (m->code == SBNN_OK) (void)all->take(all->ctx, m->model);
  else sbnn_fail(e, m->code, "%s", m->text);
  if (e->code == SBNN_INTERRUPTED && !sbnn_models_pointless(all, m->model)) stop_behind(r, -1);
  else if (e->code != SBNN_OK && e->code != SBNN_INTERRUPTED) stop_behind(r, m->model);
}

static void leave(sbnn_ranks *r, int from, const sbnn_message *m) {
  r->others[from].gone = true;
  if (m->code == SBNN_OK) return;
  if (*m->text) sbnn_fail(&r->failure, m->code, "process %d of %d: %s", from + 1, r->place.size, m->text);
  if (r->models) stop_behind(r, -1);
}

void sbnn_ranks_hear_other(sbnn_ranks *r, int from, const sbnn_message *m) {
  r->others[from].here |= r->stopped;
  if (m->kind == SAY_ASK && r->models) give(r, from);
  if (m->kind == SAY_DONE && r->models) take(r, m);
  if (m->kind == SAY_BYE) leave(r, from, m);
}

/* Those that have not answered the order to stop. */
static void look_for_lost(sbnn_ranks *r) {
  for (int i = 1; i < r->place.size; i++)
    if (r->others[i].works && !r->others[i].here && !r->others[i].gone) sbnn_ranks_lose(r, i);
}

/* Its own threads failed a model: the others need not go on with later ones. */
static void watch_own(sbnn_ranks *r) {
  long long first = atomic_load(&r->models->first_failed);
  if (!r->stopped && sbnn_interrupted()) stop_behind(r, -1);
  if (!r->stopped && first < r->models->n) stop_behind(r, first);
}

static void lead(sbnn_ranks *r) {
  double seconds = 0, interrupted = 0;
  while (!(is_idle(r) && r->given == 0) && !r->lost) {
    sbnn_message m;
    int from;
    if (sbnn_ranks_receive(r, &from, &m)) {
      sbnn_ranks_hear_other(r, from, &m);
      seconds = 0;
      continue;
    }
    watch_own(r);
    if (sbnn_interrupted() && interrupted == 0) interrupted = sbnn_clock();
    if (interrupted > 0 && sbnn_clock() > interrupted + SBNN_PATIENCE) look_for_lost(r);
    sbnn_ranks_nap(&seconds);
  }
}

/* ---- the others ---- */

static void hear_first(sbnn_ranks *r, const sbnn_message *m) {
  if (m->kind == SAY_BEGIN) r->begun = true;
  if (m->kind == SAY_FOLDER && !r->folder) r->folder = sbnn_strdup(m->text);
  if (m->kind == SAY_END) r->ended = true, r->end_code = m->code;
  if (!r->models) return;
  if (m->kind == SAY_STOP) {
    sbnn_ranks_post(r, 0, &(sbnn_message){.kind = SAY_HERE});
    stop_behind(r, m->model);
  }
  r->unanswered -= m->kind == SAY_GIVE || m->kind == SAY_NONE;
  pthread_mutex_lock(&r->lock);
  if (m->kind == SAY_GIVE) {
    r->many = m->code == MANY;
    r->got = sbnn_realloc(r->got, r->n_got + 1, sizeof *r->got);
    r->got[r->n_got++] = m->model;
  }
  if (m->kind == SAY_NONE || m->kind == SAY_END) r->closed = true;
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
}

/* Sends what the threads have left, and asks for as many models as they want. */
static bool speak(sbnn_ranks *r) {
  pthread_mutex_lock(&r->lock);
  sbnn_message *out = r->out;
  size_t n = r->n_out;
  int wanted = r->wanted;
  r->out = NULL;
  r->n_out = 0;
  r->wanted = 0;
  pthread_mutex_unlock(&r->lock);
  for (size_t i = 0; i < n; i++) sbnn_ranks_post(r, 0, &out[i]);
  for (int i = 0; i < wanted; i++) sbnn_ranks_post(r, 0, &(sbnn_message){.kind = SAY_ASK});
  r->unanswered += wanted;
  free(out);
  return n > 0 || wanted > 0;
}

bool sbnn_ranks_listen(sbnn_ranks *r) {
  sbnn_message m;
  int from;
  bool heard = sbnn_ranks_receive(r, &from, &m);
  if (heard) hear_first(r, &m);
  return heard;
}

/* Models that were given when no thread was left to train them: after an interrupt. */
static void give_back(sbnn_ranks *r) {
  for (;;) {
    pthread_mutex_lock(&r->lock);
    int64_t i = r->idle ? take_given(r) : -1;
    pthread_mutex_unlock(&r->lock);
    if (i < 0) return;
    sbnn_fail(r->models->error(r->models->ctx, i), SBNN_INTERRUPTED, "interrupted; nothing was written");
    tell_done(r, i);
  }
}

/* Until its threads have ended and no answer is on its way. */
static void follow(sbnn_ranks *r) {
  double seconds = 0;
  while (!(is_idle(r) && (r->unanswered == 0 || r->ended)) && !r->lost) {
    if (sbnn_interrupted() && !r->stopped) {
      sbnn_ranks_post(r, 0, &(sbnn_message){.kind = SAY_HERE});
      stop_behind(r, -1);
    }
    bool busy = speak(r);
    busy |= sbnn_ranks_listen(r);
    give_back(r);
    if (busy) seconds = 0;
    else sbnn_ranks_nap_unless_spoken(r, &seconds);
  }
}

/* ---- the models ---- */

/* Of process 0; the others' failures are known there. */
static tn_status end_models(const sbnn_ranks *r, const sbnn_models *m, sbnn_error *e) {
  if (r->failure.code != SBNN_OK) sbnn_fail(e, r->failure.code, "%s", r->failure.text);
  if (r->place.rank > 0 && !r->lost) return TN_OK;
  for (int64_t i = 0; i < m->n; i++)
    if (m->error(m->ctx, i)->code != SBNN_OK) return TN_ESTOPPED;
  if (r->next < m->n) sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written");
  return e->code == SBNN_OK ? TN_OK : TN_ESTOPPED;
}

/* All cores of the machine, shared with the other processes there; those that mpirun bound the process to, if fewer. */
static int threads_of(const sbnn_ranks *r, int threads) {
  int most = (int)sysconf(_SC_NPROCESSORS_ONLN) / r->place.here, bound = tn_max_threads();
  if (threads > 0) return threads;
  if (most < 1) most = 1;
  return most < bound ? most : bound;
}

/* Processes that fill the machine take a CPU each for every thread, as threads of one process do (tensor/thread.c): left
 * to themselves two can share one for seconds while another idles. Where mpirun has bound them it stays so. */
static bool take_cpus(const sbnn_transport_place *place, int threads, cpu_set_t *all) {
  cpu_set_t mine;
  if (sched_getaffinity(0, sizeof *all, all) != 0 || CPU_COUNT(all) != place->here * threads) return false;
  CPU_ZERO(&mine);
  for (int cpu = 0, passed = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, all)) continue;
    if (passed++ / threads == place->rank_here) CPU_SET(cpu, &mine);
  }
  return sched_setaffinity(0, sizeof mine, &mine) == 0; /* if it fails, it is slower */
}

/* A model that fails stops the others, and has its own sentence. */
static tn_status run_here(sbnn_models *m, int threads, sbnn_error *e) {
  tn_status status = nn_replicas(m->n, threads, m->compute, m->ctx);
  if (status == TN_ENOMEM) sbnn_fail_threads(e);
  return status;
}

tn_status sbnn_models_run(sbnn_ranks *r, sbnn_models *m, int threads, sbnn_error *e) {
  atomic_init(&m->first_failed, m->n);
  if (!r) return run_here(m, threads, e);
  pthread_t thread;
  cpu_set_t all;
  r->threads = threads_of(r, threads);
  r->models = m;
  trainers t = {.ranks = r};
  bool taken = take_cpus(&r->place, r->threads, &all);
  if (pthread_create(&thread, NULL, train_all, &t) != 0) {
    sbnn_fail(e, SBNN_FAILED, "no thread can be started; close other programs");
    return TN_ESTOPPED;
  }
  if (r->place.rank == 0) lead(r);
  else follow(r);
  pthread_join(thread, NULL);
  if (taken) (void)sched_setaffinity(0, sizeof all, &all);
  if (t.status != TN_OK) sbnn_fail_threads(e);
  r->models = NULL;
  return end_models(r, m, e);
}
