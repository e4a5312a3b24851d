/* ranks.c - see ranks.h. */
#include "commands/ranks.h"

#include "child.h"
#include "interrupt.h"
#include "transport.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* BEGIN, FOLDER, GIVE, NONE, STOP and END come from process 0; ASK, DONE, HERE and BYE go to it. */
typedef enum kind { BEGIN, FOLDER, GIVE, NONE, STOP, END, ASK, DONE, HERE, BYE } kind;

typedef struct message {
  kind kind;
  int code;
  int64_t model; /* STOP: the first that is pointless, less one; -1: all are */
  char text[4096];
} message;

/* What process 0 knows of another. */
typedef struct other {
  bool works, here, gone; /* it has asked for models; it has answered STOP; it will say nothing more */
} other;

struct sbnn_ranks {
  sbnn_transport_place place;
  other *others; /* [size] */
  int given;     /* models that others are computing */
  bool begun, stopped, ended, lost;
  int end_code;
  char *folder;
  sbnn_error failure; /* of a process, not of a model */

  /* Between the main thread and those that train, under the lock. */
  pthread_mutex_t lock;
  pthread_cond_t changed; /* there is a model for a thread, or none will come */
  pthread_cond_t spoken;  /* a thread has asked for a model, has finished one, or has ended */
  sbnn_models *models;
  int64_t next; /* process 0: the next model */
  int wanted;   /* the others: threads that wait for a model and have not asked yet */
  int64_t *got; /* [n_got] the others: models given and not begun */
  size_t n_got;
  message *out; /* [n_out] the others: what is to be sent */
  size_t n_out;
  bool closed, idle; /* no more models; no thread trains any longer */
};

#define PATIENCE 0.5 /* seconds for others to answer STOP; mpirun and interrupt.c kill a little later */

/* ---- messages ---- */

/* No thread begins a model any more; those that wait for one end. */
static void close_models(sbnn_ranks *r) {
  pthread_mutex_lock(&r->lock);
  r->closed = true;
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
}

/* Its models are lost with it: the run ends. */
static void lose(sbnn_ranks *r, int rank) {
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
  close_models(r);
}

static void post(sbnn_ranks *r, int to, const message *m) {
  if (!sbnn_transport_of_build->send(to, m, offsetof(message, text) + strlen(m->text) + 1)) lose(r, to);
}

static void post_all(sbnn_ranks *r, const message *m) {
  for (int to = 1; to < r->place.size; to++) post(r, to, m);
}

static bool receive(sbnn_ranks *r, int *from, message *m) {
  int got = sbnn_transport_of_build->receive(from, m, sizeof *m);
  if (got < 0) lose(r, 0);
  m->text[sizeof m->text - 1] = '\0';
  return got > 0;
}

/* Nanoseconds to wait: twice as long each time up to a limit, so that waiting costs nothing. *seconds is 0 after an event. */
static long longer(double *seconds) {
  *seconds = *seconds == 0 ? 0.0002 : *seconds < 0.0015 ? *seconds * 2 : *seconds;
  return (long)(*seconds * 1e9);
}

static void nap(double *seconds) { nanosleep(&(struct timespec){.tv_nsec = longer(seconds)}, NULL); }

/* As nap, but ends as soon as a thread has something to send. */
static void nap_unless_spoken(sbnn_ranks *r, double *seconds) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += longer(seconds);
  end.tv_sec += end.tv_nsec / 1000000000;
  end.tv_nsec %= 1000000000;
  pthread_mutex_lock(&r->lock);
  if (r->n_out == 0 && r->wanted == 0 && !r->idle) pthread_cond_timedwait(&r->spoken, &r->lock, &end);
  pthread_mutex_unlock(&r->lock);
}

/* ---- stopping ---- */

void sbnn_models_failed(sbnn_models *m, int64_t i) {
  long long first = atomic_load(&m->first_failed);
  while (i < first && !atomic_compare_exchange_weak(&m->first_failed, &first, i)) {}
}

/* No more models; in all processes those behind `last` may stop, and after an interrupt (-1) all. */
static void stop_behind(sbnn_ranks *r, int64_t last) {
  message m = {.kind = STOP, .model = last};
  close_models(r);
  r->stopped = true;
  if (r->place.rank == 0) post_all(r, &m);
  if (last < 0) sbnn_interrupt_raise();
  else sbnn_models_failed(r->models, last);
}

/* ---- the threads that train ---- */

/* The next model for this thread; -1: none. */
static int64_t next_model(sbnn_ranks *r) {
  int64_t i = -1;
  pthread_mutex_lock(&r->lock);
  if (r->place.rank == 0) {
    if (!r->closed && r->next < r->models->n) i = r->next++;
  } else {
    r->wanted++;
    pthread_cond_signal(&r->spoken);
    while (r->n_got == 0 && !r->closed) pthread_cond_wait(&r->changed, &r->lock);
    if (r->n_got > 0) {
      i = r->got[0];
      memmove(r->got, r->got + 1, --r->n_got * sizeof *r->got);
    }
  }
  pthread_mutex_unlock(&r->lock);
  return i;
}

static void tell_done(sbnn_ranks *r, int64_t i) {
  const sbnn_error *e = r->models->error(r->models->ctx, i);
  message m = {.kind = DONE, .code = e->code, .model = i};
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
  int threads;
  tn_status status;
} trainers;

static void *train_all(void *ctx) {
  trainers *t = ctx;
  t->status = nn_replicas(t->threads, t->threads, train, t->ranks);
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
  message m = {.kind = NONE};
  r->others[to].works = true;
  pthread_mutex_lock(&r->lock);
  if (!r->closed && r->next < r->models->n) m.kind = GIVE, m.model = r->next++;
  pthread_mutex_unlock(&r->lock);
  r->given += m.kind == GIVE;
  post(r, to, &m);
}

static void take(sbnn_ranks *r, const message *m) {
  sbnn_models *all = r->models;
  if (m->model < 0 || m->model >= all->n) return;
  sbnn_error *e = all->error(all->ctx, m->model);
  r->given--;
  if (m->code == SBNN_OK) (void)all->take(all->ctx, m->model);
  else sbnn_fail(e, m->code, "%s", m->text);
  if (e->code == SBNN_INTERRUPTED && !sbnn_models_pointless(all, m->model)) stop_behind(r, -1);
  else if (e->code != SBNN_OK && e->code != SBNN_INTERRUPTED) stop_behind(r, m->model);
}

static void leave(sbnn_ranks *r, int from, const message *m) {
  r->others[from].gone = true;
  if (m->code == SBNN_OK) return;
  if (*m->text) sbnn_fail(&r->failure, m->code, "process %d of %d: %s", from + 1, r->place.size, m->text);
  if (r->models) stop_behind(r, -1);
}

static void hear_other(sbnn_ranks *r, int from, const message *m) {
  r->others[from].here |= r->stopped;
  if (m->kind == ASK && r->models) give(r, from);
  if (m->kind == DONE && r->models) take(r, m);
  if (m->kind == BYE) leave(r, from, m);
}

/* Those that have not answered the order to stop. */
static void look_for_lost(sbnn_ranks *r) {
  for (int i = 1; i < r->place.size; i++)
    if (r->others[i].works && !r->others[i].here && !r->others[i].gone) lose(r, i);
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
    message m;
    int from;
    if (receive(r, &from, &m)) {
      hear_other(r, from, &m);
      seconds = 0;
      continue;
    }
    watch_own(r);
    if (sbnn_interrupted() && interrupted == 0) interrupted = sbnn_clock();
    if (interrupted > 0 && sbnn_clock() > interrupted + PATIENCE) look_for_lost(r);
    nap(&seconds);
  }
}

/* ---- the others ---- */

static void hear_first(sbnn_ranks *r, const message *m) {
  if (m->kind == BEGIN) r->begun = true;
  if (m->kind == FOLDER && !r->folder) r->folder = sbnn_strdup(m->text);
  if (m->kind == END) r->ended = true, r->end_code = m->code;
  if (!r->models) return;
  if (m->kind == STOP) {
    post(r, 0, &(message){.kind = HERE});
    stop_behind(r, m->model);
  }
  pthread_mutex_lock(&r->lock);
  if (m->kind == GIVE) {
    r->got = sbnn_realloc(r->got, r->n_got + 1, sizeof *r->got);
    r->got[r->n_got++] = m->model;
  }
  if (m->kind == NONE || m->kind == END) r->closed = true;
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
}

/* Sends what the threads have left, and asks for as many models as they want. */
static bool speak(sbnn_ranks *r) {
  pthread_mutex_lock(&r->lock);
  message *out = r->out;
  size_t n = r->n_out;
  int wanted = r->wanted;
  r->out = NULL;
  r->n_out = 0;
  r->wanted = 0;
  pthread_mutex_unlock(&r->lock);
  for (size_t i = 0; i < n; i++) post(r, 0, &out[i]);
  for (int i = 0; i < wanted; i++) post(r, 0, &(message){.kind = ASK});
  free(out);
  return n > 0 || wanted > 0;
}

static bool listen(sbnn_ranks *r) {
  message m;
  int from;
  bool heard = receive(r, &from, &m);
  if (heard) hear_first(r, &m);
  return heard;
}

static void follow(sbnn_ranks *r) {
  double seconds = 0;
  while (!is_idle(r) && !r->lost) {
    if (sbnn_interrupted() && !r->stopped) {
      post(r, 0, &(message){.kind = HERE});
      stop_behind(r, -1);
    }
    bool busy = speak(r);
    busy |= listen(r);
    if (busy) seconds = 0;
    else nap_unless_spoken(r, &seconds);
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

tn_status sbnn_models_run(sbnn_ranks *r, sbnn_models *m, int threads, sbnn_error *e) {
  atomic_init(&m->first_failed, m->n);
  if (!r) return nn_replicas(m->n, threads, m->compute, m->ctx);
  pthread_t thread;
  cpu_set_t all;
  trainers t = {.ranks = r, .threads = threads_of(r, threads)};
  r->models = m;
  bool taken = take_cpus(&r->place, t.threads, &all);
  if (pthread_create(&thread, NULL, train_all, &t) != 0) {
    sbnn_fail(e, SBNN_FAILED, "no thread can be started; close other programs");
    return TN_ESTOPPED;
  }
  if (r->place.rank == 0) lead(r);
  else follow(r);
  pthread_join(thread, NULL);
  if (taken) (void)sched_setaffinity(0, sizeof all, &all);
  if (t.status != TN_OK) sbnn_fail(e, SBNN_FAILED, "no memory for threads; close other programs");
  r->models = NULL;
  return end_models(r, m, e);
}

/* ---- beginning and end ---- */

static const char *of_mpirun(const char *const *names) {
  const char *value = NULL;
  for (int i = 0; names[i] && !value; i++) value = getenv(names[i]);
  return value;
}

/* Open MPI; MPICH, and Slurm's PMI. */
static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", NULL};
static const char *const numbers[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", NULL};

bool sbnn_ranks_silent(int argc, char **argv) {
  const char *number = of_mpirun(numbers);
  bool silent = number && atoi(number) > 0;
  for (int i = 1; i < argc; i++) silent &= strncmp(argv[i], "--shard", sizeof "--shard" - 1) != 0;
  return silent;
}

/* Each would believe to be the only one, and write to the same folder. */
static int refuse(const sbnn_options *o, const char *size, sbnn_error *e) {
  if (!size || atoi(size) < 2 || o->shard) return SBNN_OK;
  if (sbnn_transport_of_build)
    return sbnn_fail(e, SBNN_USAGE,
                     "mpirun has started %s processes of 'sbnn %s', which runs in one process (cv, path, "
                     "stability and srrr can use several); start one",
                     size, sbnn_command_name(o->command));
  return sbnn_fail(
      e, SBNN_USAGE,
      "mpirun has started %s processes of sbnn, which was built without MPI, so each would compute the same; "
      "start one, divide the models with --shard I/N, or use a build with MPI (docs/cluster.md)",
      size);
}

static void open_lock(sbnn_ranks *r) {
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&r->lock, NULL);
  pthread_cond_init(&r->changed, NULL);
  pthread_cond_init(&r->spoken, &monotonic);
  pthread_condattr_destroy(&monotonic);
}

int sbnn_ranks_open(sbnn_options *o, sbnn_error *e) {
  const char *size = of_mpirun(sizes);
  bool divides = (o->command->takes & SBNN_TAKES_SHARDS) && !o->shard;
  if (!divides || !sbnn_transport_of_build) return refuse(o, size, e);
  if (!size && !of_mpirun(numbers)) return SBNN_OK;
  sbnn_ranks *r = sbnn_alloc(1, sizeof *r);
  if (!sbnn_transport_of_build->start(&r->place)) {
    free(r);
    return sbnn_fail(e, SBNN_FAILED, "MPI cannot start (%s); start sbnn without mpirun",
                     sbnn_transport_of_build->name);
  }
  r->others = sbnn_alloc((size_t)r->place.size, sizeof *r->others);
  open_lock(r);
  sbnn_interrupt_once();
  if (r->place.rank > 0) {
    o->quiet = true;
    sbnn_interrupt_mute();
  }
  o->ranks = r;
  return SBNN_OK;
}

bool sbnn_ranks_first(const sbnn_ranks *r) { return !r || r->place.rank == 0; }

void sbnn_ranks_begin(sbnn_ranks *r) {
  if (r) post_all(r, &(message){.kind = BEGIN});
}

void sbnn_ranks_announce(sbnn_ranks *r, const char *folder) {
  message m = {.kind = FOLDER};
  snprintf(m.text, sizeof m.text, "%s", folder);
  if (r) post_all(r, &m);
}

static int wait_for(sbnn_ranks *r, const bool *begun, char *const *folder, sbnn_error *e) {
  double seconds = 0;
  while (!(begun && *begun) && !(folder && *folder)) {
    if (r->ended) return r->end_code ? r->end_code : SBNN_FAILED;
    if (r->lost || sbnn_interrupted())
      return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written");
    if (!listen(r)) nap(&seconds);
  }
  return SBNN_OK;
}

int sbnn_ranks_wait_begin(sbnn_ranks *r, sbnn_error *e) { return wait_for(r, &r->begun, NULL, e); }

int sbnn_ranks_wait_folder(sbnn_ranks *r, const char **folder, sbnn_error *e) {
  int code = wait_for(r, NULL, &r->folder, e);
  *folder = r->folder;
  return code;
}

static bool all_gone(const sbnn_ranks *r) {
  bool gone = true;
  for (int i = 1; i < r->place.size; i++) gone &= r->others[i].gone;
  return gone;
}

/* Until all others have said their last word; after a failure not for long, since they may be reading tables. */
static void dismiss(sbnn_ranks *r, int code) {
  double seconds = 0, start = sbnn_clock();
  post_all(r, &(message){.kind = END, .code = code});
  while (!all_gone(r) && !r->lost) {
    message m;
    int from;
    if (receive(r, &from, &m)) hear_other(r, from, &m);
    else nap(&seconds);
    if (code != SBNN_OK && sbnn_clock() > start + 4 * PATIENCE) r->lost = true;
  }
  if (code == SBNN_OK && r->failure.code != SBNN_OK)
    fprintf(stderr, "sbnn: the results are complete, but a process did not take part: %s\n", r->failure.text);
}

static void say_bye(sbnn_ranks *r, int code, const char *text) {
  double seconds = 0;
  message m = {.kind = BYE, .code = code};
  snprintf(m.text, sizeof m.text, "%s", text);
  post(r, 0, &m);
  while (!r->ended && !r->lost)
    if (!listen(r)) nap(&seconds);
}

int sbnn_ranks_close(sbnn_ranks *r, int code, const sbnn_error *e) {
  if (!r) return code;
  sbnn_interrupt_mute(); /* it is said */
  if (r->place.rank == 0) dismiss(r, code);
  else say_bye(r, code, e->text);
  fflush(NULL);
  if (r->lost) sbnn_end_now(code ? code : SBNN_FAILED); /* MPI would wait for who is lost */
  if (r->place.rank > 0) code = r->end_code;
  sbnn_transport_of_build->stop(code == SBNN_INTERRUPTED || sbnn_interrupted());
  pthread_cond_destroy(&r->changed);
  pthread_cond_destroy(&r->spoken);
  pthread_mutex_destroy(&r->lock);
  free(r->folder);
  free(r->others);
  free(r->got);
  free(r->out);
  free(r);
  return code;
}
