/* ranks_open.c - beginning and end of the processes of one command; see ranks.h. */
#include "commands/ranks.h"

#include "child.h"
#include "commands/ranks_talk.h"
#include "interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
  if (r) sbnn_ranks_post_all(r, &(sbnn_message){.kind = SAY_BEGIN});
}

void sbnn_ranks_announce(sbnn_ranks *r, const char *folder) {
  sbnn_message m = {.kind = SAY_FOLDER};
  snprintf(m.text, sizeof m.text, "%s", folder);
  if (r) sbnn_ranks_post_all(r, &m);
}

static int wait_for(sbnn_ranks *r, const bool *begun, char *const *folder, sbnn_error *e) {
  double seconds = 0;
  while (!(begun && *begun) && !(folder && *folder)) {
    if (r->ended) return r->end_code ? r->end_code : SBNN_FAILED;
    if (r->lost || sbnn_interrupted())
      return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written");
    if (!sbnn_ranks_listen(r)) sbnn_ranks_nap(&seconds);
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
  sbnn_ranks_post_all(r, &(sbnn_message){.kind = SAY_END, .code = code});
  while (!all_gone(r) && !r->lost) {
    sbnn_message m;
    int from;
    if (sbnn_ranks_receive(r, &from, &m)) sbnn_ranks_hear_other(r, from, &m);
    else sbnn_ranks_nap(&seconds);
    if (code != SBNN_OK && sbnn_clock() > start + 4 * SBNN_PATIENCE) r->lost = true;
  }
  if (code == SBNN_OK && r->failure.code != SBNN_OK)
    fprintf(stderr, "sbnn: the results are complete, but a process did not take part: %s\n", r->failure.text);
}

static void say_bye(sbnn_ranks *r, int code, const char *text) {
  double seconds = 0;
  sbnn_message m = {.kind = SAY_BYE, .code = code};
  snprintf(m.text, sizeof m.text, "%s", text);
  sbnn_ranks_post(r, 0, &m);
  while (!r->ended && !r->lost)
    if (!sbnn_ranks_listen(r)) sbnn_ranks_nap(&seconds);
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
