/* session.c - see session.h. */
#include "commands/session.h"

#include "commands/copy.h"
#include "commands/ranks.h"
#include "commands/read_data.h"
#include "commands/resume_key.h"
#include "commands/shards.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of another run, with --resume and --force: that one gives way. */
static int open_parts(sbnn_session *session, bool *done, sbnn_error *e) {
  const sbnn_options *o = session->options;
  char *key = sbnn_resume_key(o, session->data);
  int code = sbnn_parts_open(session->out, key, &session->parts, done, e);
  if (code != SBNN_OK && o->resume && o->force) {
    *e = (sbnn_error){0};
    sbnn_outdir_abort(session->out); /* leaves all as it is */
    session->out = sbnn_outdir_open(o->out, true, e);
    code = session->out ? sbnn_parts_open(session->out, key, &session->parts, done, e) : e->code;
  }
  free(key);
  return code;
}

/* With the data read and the directory open. What is finished stays, unless the same command must fail again.
 */
static int run_kept(sbnn_session *session, int (*run)(sbnn_session *session, sbnn_error *e), sbnn_error *e) {
  bool done;
  int code = open_parts(session, &done, e);
  if (done && !session->options->quiet && session->options->step) fprintf(stderr, "  finished before\n");
  else if (done && !session->options->quiet)
    fprintf(stderr, "The results in %s are complete: there is nothing to resume\n", session->options->out);
  if (code == SBNN_OK && !done && session->options->merge)
    code = sbnn_merge_check(session->options->merge, session->parts, e);
  if (code != SBNN_OK || done) {
    sbnn_parts_close(session->parts);
    session->parts = NULL;
    return code;
  }
  session->complete = true;
  sbnn_ranks_announce(session->options->ranks, sbnn_parts_folder(session->parts));
  code = run(session, e);
  if (session->out && session->options->ranks) sbnn_parts_recount(session->parts, session->out);
  if ((code == SBNN_INTERRUPTED || code == SBNN_FAILED) && sbnn_parts_any(session->parts)) {
    sbnn_parts_explain(session->parts, e);
    sbnn_outdir_suspend(session->out);
    session->out = NULL;
  }
  sbnn_parts_close(session->parts);
  session->parts = NULL;
  return code;
}

static void free_notes(sbnn_session *session) {
  for (size_t i = 0; i < session->n_notes; i++) free(session->notes[i]);
  free(session->notes);
}

/* The models of one shard; no results yet, so no directory that appears as a whole. */
static int run_shard(sbnn_session *session, int (*run)(sbnn_session *session, sbnn_error *e), sbnn_error *e) {
  sbnn_dataset data;
  bool made = false;
  int code = sbnn_shard_parse(session->options->shard, &session->shard, e);
  if (code == SBNN_OK) code = sbnn_shard_folder(session->options, &made, e);
  if (code == SBNN_OK) code = sbnn_read_data(session->options, &data, e);
  if (code != SBNN_OK) {
    if (made) rmdir(session->options->out); /* another shard may have written to it: then it stays */
    return code;
  }
  char *key = sbnn_resume_key(session->options, &data);
  session->data = &data;
  code = sbnn_shard_open(session->options, key, &session->parts, e);
  if (code == SBNN_OK) code = run(session, e);
  if (code == SBNN_INTERRUPTED || code == SBNN_FAILED) sbnn_parts_explain_shard(session->parts, e);
  sbnn_parts_close(session->parts);
  free(key);
  sbnn_dataset_free(&data);
  free_notes(session);
  return code;
}

/* One of several processes: the models that the first one gives it. */
static int run_rank(sbnn_session *session, int (*run)(sbnn_session *session, sbnn_error *e), sbnn_error *e) {
  const sbnn_options *o = session->options;
  sbnn_dataset data;
  const char *folder;
  int code = sbnn_ranks_wait_begin(o->ranks, e);
  if (code == SBNN_OK) code = sbnn_read_data(o, &data, e);
  if (code != SBNN_OK) return code;
  char *key = sbnn_resume_key(o, &data);
  session->data = &data;
  code = sbnn_ranks_wait_folder(o->ranks, &folder, e);
  if (code == SBNN_OK) code = sbnn_parts_join(folder, key, &session->parts, e);
  if (code == SBNN_OK) code = run(session, e);
  sbnn_parts_close(session->parts);
  free(key);
  sbnn_dataset_free(&data);
  free_notes(session);
  return code;
}

int sbnn_session_run(sbnn_session *session, int (*run)(sbnn_session *session, sbnn_error *e), sbnn_error *e) {
  const sbnn_options *o = session->options;
  sbnn_dataset data;
  session->start = sbnn_clock();
  if (o->shard) return run_shard(session, run, e);
  if (!sbnn_ranks_first(o->ranks)) return run_rank(session, run, e);
  session->out = o->resume ? sbnn_outdir_resume(o->out, o->force, e) : sbnn_outdir_open(o->out, o->force, e);
  if (!session->out) return e->code;
  sbnn_ranks_begin(o->ranks);
  int code = o->x ? sbnn_copy_check(o, o->x, e) : SBNN_OK;
  if (code == SBNN_OK) code = sbnn_read_data(o, &data, e);
  if (code == SBNN_OK) {
    session->data = &data;
    session->reading = sbnn_clock() - session->start;
    code = o->x ? SBNN_OK : sbnn_copy_check(o, data.x_path, e);
    if (code == SBNN_OK) code = run_kept(session, run, e);
    if (code == SBNN_OK) code = sbnn_copy_write(o, data.x_path, e);
    sbnn_dataset_free(&data);
  }
  sbnn_outdir_abort(session->out);
  free_notes(session);
  return code;
}

void sbnn_session_say_shard(const sbnn_session *session, size_t n) {
  const sbnn_shard *s = &session->shard;
  const char *out = session->options->out;
  if (session->options->quiet) return;
  size_t mine = 0;
  for (size_t i = 0; i < n; i++) mine += sbnn_shard_has(s, i);
  fprintf(stderr,
          "Shard %d of %d: its %zu of %zu models are in %s. When all shards are done: %s merge %s --out "
          "RESULTS\n",
          s->i, s->n, mine, n, out, sbnn_program, out);
}

void sbnn_session_note(sbnn_session *session, char *sentence) {
  if (!sentence) return;
  if (!session->options->quiet) fprintf(stderr, "%s%s\n", session->options->step ? "  " : "", sentence);
  session->notes = sbnn_realloc(session->notes, session->n_notes + 1, sizeof *session->notes);
  session->notes[session->n_notes++] = sentence;
}

void sbnn_session_epoch(const sbnn_session *session, const sbnn_model_options *o, const char *title,
                        const sbnn_epoch *epoch) {
  const sbnn_experiment *x = epoch->experiment;
  const bool pretrain = strcmp(epoch->phase, "pretrain") == 0;
  const size_t inputs = sbnn_model_inputs((size_t)session->options->variable_genes, session->data);
  sbnn_progress_epoch(
      session->progress,
      &(sbnn_progress_step){.model = title,
                            .fold = x->fold,
                            .phase = epoch->phase,
                            .epoch = epoch->number,
                            .epochs = epoch->of,
                            .units = sbnn_epoch_cost(o, epoch->phase, inputs),
                            .score = pretrain ? "accuracy" : "R2",
                            .value = pretrain ? x->history[x->n_history - 1].test_accuracy : epoch->r2});
}
