/* work.c - see work.h. */
#include "commands/work.h"

#include "apart.h"
#include "build_facts.h"
#include "commands/copy.h"
#include "commands/ranks.h"
#include "commands/resume_key.h"
#include "commands/room_options.h"
#include "commands/shards.h"
#include "figures/canvas.h"
#include "options/advice.h"
#include "pictures/pictures.h"
#include "tables/run_json.h"
#include "tables/summary.h"
#include "tables/tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line each. */
static void say_hints(const sbnn_command *c, const char *hints) {
  char *lines = sbnn_strdup(hints), *rest = lines;
  for (char *line; (line = strsep(&rest, "\n"));) {
    char *text = sbnn_advice(c, line);
    fprintf(stderr, "%s\n", text);
    free(text);
  }
  free(lines);
}

/* "12 cells in both tables (...): 1000 genes, 5 responses" and what else was noticed. */
static void say_data(const sbnn_options *o, const sbnn_dataset *d) {
  const sbnn_overlap *v = &d->overlap;
  if (o->data && !o->own_data) fprintf(stderr, "%zu cells in %s", v->shared, o->data);
  else
    fprintf(stderr, "%zu cells in both tables (%zu in %s, %zu in %s)", v->shared, v->x_cells,
            o->own_data ? d->x_path : o->x, v->y_cells, o->own_data ? d->y_path : o->y);
  if (d->n_cells < v->shared) fprintf(stderr, ", %zu of them used", d->n_cells);
  fprintf(stderr, ": %zu gene%s, %zu response%s", d->n_genes, d->n_genes == 1 ? "" : "s", d->n_responses,
          d->n_responses == 1 ? "" : "s");
  if (d->n_labels)
    fprintf(stderr, ", %zu of %zu cells labelled by '%s' (%zu label%s)", v->labelled, d->n_cells,
            d->label_column, d->n_labels, d->n_labels == 1 ? "" : "s");
  if (d->groups) fprintf(stderr, ", %zu groups by '%s'", d->n_groups, d->group_column);
  fprintf(stderr, "\n");
  for (size_t i = 0; i < d->n_notes; i++) fprintf(stderr, "%s\n", d->notes[i]);
  if (d->hint && !o->no_hints) say_hints(o->command, d->hint);
}

int sbnn_read_data(const sbnn_options *o, sbnn_dataset *d, sbnn_error *e) {
  const sbnn_dataset_options how = sbnn_dataset_options_of(o);
  int code = sbnn_dataset_read(&how, d, e);
  if (code == SBNN_OK && (size_t)o->genes > d->n_genes) {
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s has %zu gene%s, fewer than the %d to be kept; give --genes %zu or less",
                     !o->data                   ? o->x
                     : o->own_data && d->x_path ? d->x_path
                                                : o->data,
                     d->n_genes, d->n_genes == 1 ? "" : "s", o->genes, d->n_genes);
    sbnn_dataset_suspect_swap(d, e);
    sbnn_dataset_free(d);
  }
  if (code == SBNN_OK && !o->quiet && !o->step) say_data(o, d); /* of a step, run has said it */
  return code;
}

/* Of another run, with --resume and --force: that one gives way. */
static int open_parts(sbnn_work *w, bool *done, sbnn_error *e) {
  const sbnn_options *o = w->options;
  char *key = sbnn_resume_key(o, w->data);
  int code = sbnn_parts_open(w->out, key, &w->parts, done, e);
  if (code != SBNN_OK && o->resume && o->force) {
    *e = (sbnn_error){0};
    sbnn_outdir_abort(w->out); /* leaves all as it is */
    w->out = sbnn_outdir_open(o->out, true, e);
    code = w->out ? sbnn_parts_open(w->out, key, &w->parts, done, e) : e->code;
  }
  free(key);
  return code;
}

/* With the data read and the directory open. What is finished stays, unless the same command must fail again.
 */
static int run_kept(sbnn_work *w, int (*run)(sbnn_work *w, sbnn_error *e), sbnn_error *e) {
  bool done;
  int code = open_parts(w, &done, e);
  if (done && !w->options->quiet && w->options->step) fprintf(stderr, "  finished before\n");
  else if (done && !w->options->quiet)
    fprintf(stderr, "The results in %s are complete: there is nothing to resume\n", w->options->out);
  if (code == SBNN_OK && !done && w->options->merge) code = sbnn_merge_check(w->options->merge, w->parts, e);
  if (code != SBNN_OK || done) {
    sbnn_parts_close(w->parts);
    w->parts = NULL;
    return code;
  }
  w->complete = true;
  sbnn_ranks_announce(w->options->ranks, sbnn_parts_folder(w->parts));
  code = run(w, e);
  if (w->out && w->options->ranks) sbnn_parts_recount(w->parts, w->out);
  if ((code == SBNN_INTERRUPTED || code == SBNN_FAILED) && sbnn_parts_any(w->parts)) {
    sbnn_parts_explain(w->parts, e);
    sbnn_outdir_suspend(w->out);
    w->out = NULL;
  }
  sbnn_parts_close(w->parts);
  w->parts = NULL;
  return code;
}

static void free_notes(sbnn_work *w) {
  for (size_t i = 0; i < w->n_notes; i++) free(w->notes[i]);
  free(w->notes);
}

/* The models of one shard; no results yet, so no directory that appears as a whole. */
static int run_shard(sbnn_work *w, int (*run)(sbnn_work *w, sbnn_error *e), sbnn_error *e) {
  sbnn_dataset data;
  bool made = false;
  int code = sbnn_shard_parse(w->options->shard, &w->shard, e);
  if (code == SBNN_OK) code = sbnn_shard_folder(w->options, &made, e);
  if (code == SBNN_OK) code = sbnn_read_data(w->options, &data, e);
  if (code != SBNN_OK) {
    if (made) rmdir(w->options->out); /* another shard may have written to it: then it stays */
    return code;
  }
  char *key = sbnn_resume_key(w->options, &data);
  w->data = &data;
  code = sbnn_shard_open(w->options, key, &w->parts, e);
  if (code == SBNN_OK) code = run(w, e);
  if (code == SBNN_INTERRUPTED || code == SBNN_FAILED) sbnn_parts_explain_shard(w->parts, e);
  sbnn_parts_close(w->parts);
  free(key);
  sbnn_dataset_free(&data);
  free_notes(w);
  return code;
}

/* One of several processes: the models that the first one gives it. */
static int run_rank(sbnn_work *w, int (*run)(sbnn_work *w, sbnn_error *e), sbnn_error *e) {
  const sbnn_options *o = w->options;
  sbnn_dataset data;
  const char *folder;
  int code = sbnn_ranks_wait_begin(o->ranks, e);
  if (code == SBNN_OK) code = sbnn_read_data(o, &data, e);
  if (code != SBNN_OK) return code;
  char *key = sbnn_resume_key(o, &data);
  w->data = &data;
  code = sbnn_ranks_wait_folder(o->ranks, &folder, e);
  if (code == SBNN_OK) code = sbnn_parts_join(folder, key, &w->parts, e);
  if (code == SBNN_OK) code = run(w, e);
  sbnn_parts_close(w->parts);
  free(key);
  sbnn_dataset_free(&data);
  free_notes(w);
  return code;
}

int sbnn_work_run(sbnn_work *w, int (*run)(sbnn_work *w, sbnn_error *e), sbnn_error *e) {
  const sbnn_options *o = w->options;
  sbnn_dataset data;
  w->start = sbnn_clock();
  if (o->shard) return run_shard(w, run, e);
  if (!sbnn_ranks_first(o->ranks)) return run_rank(w, run, e);
  w->out = o->resume ? sbnn_outdir_resume(o->out, o->force, e) : sbnn_outdir_open(o->out, o->force, e);
  if (!w->out) return e->code;
  sbnn_ranks_begin(o->ranks);
  int code = o->x ? sbnn_copy_check(o, o->x, e) : SBNN_OK;
  if (code == SBNN_OK) code = sbnn_read_data(o, &data, e);
  if (code == SBNN_OK) {
    w->data = &data;
    w->reading = sbnn_clock() - w->start;
    code = o->x ? SBNN_OK : sbnn_copy_check(o, data.x_path, e);
    if (code == SBNN_OK) code = run_kept(w, run, e);
    if (code == SBNN_OK) code = sbnn_copy_write(o, data.x_path, e);
    sbnn_dataset_free(&data);
  }
  sbnn_outdir_abort(w->out);
  free_notes(w);
  return code;
}

void sbnn_work_say_shard(const sbnn_work *w, size_t n) {
  const sbnn_shard *s = &w->shard;
  const char *out = w->options->out;
  if (w->options->quiet) return;
  size_t mine = 0;
  for (size_t i = 0; i < n; i++) mine += sbnn_shard_has(s, i);
  fprintf(stderr,
          "Shard %d of %d: its %zu of %zu models are in %s. When all shards are done: %s merge %s --out "
          "RESULTS\n",
          s->i, s->n, mine, n, out, sbnn_program, out);
}

void sbnn_work_note(sbnn_work *w, char *sentence) {
  if (!sentence) return;
  if (!w->options->quiet) fprintf(stderr, "%s%s\n", w->options->step ? "  " : "", sentence);
  w->notes = sbnn_realloc(w->notes, w->n_notes + 1, sizeof *w->notes);
  w->notes[w->n_notes++] = sentence;
}

void sbnn_work_epoch(const sbnn_work *w, const sbnn_model_options *o, const char *title,
                     const sbnn_epoch *epoch) {
  const sbnn_experiment *x = epoch->experiment;
  const bool pretrain = strcmp(epoch->phase, "pretrain") == 0;
  const size_t inputs = sbnn_model_inputs((size_t)w->options->variable_genes, w->data);
  sbnn_progress_epoch(
      w->progress,
      &(sbnn_progress_step){.model = title,
                            .fold = x->fold,
                            .phase = epoch->phase,
                            .epoch = epoch->number,
                            .epochs = epoch->of,
                            .units = sbnn_epoch_cost(o, epoch->phase, inputs),
                            .score = pretrain ? "accuracy" : "R2",
                            .value = pretrain ? x->history[x->n_history - 1].test_accuracy : epoch->r2});
}

const char *sbnn_protocol_name(const sbnn_options *o) {
  return o->protocol == SBNN_PROTOCOL_PAPER ? "paper" : "strict";
}

static void say_where(const char *path, const sbnn_output *output, double seconds) {
  fprintf(stderr, "Results are in %s", path);
  if (sbnn_figures_available() && output->draw) fprintf(stderr, ", pictures in %s/figures", path);
  fprintf(stderr, " (%.1f s)\n", seconds);
  if (!sbnn_figures_available() && output->draw)
    fprintf(stderr, "No pictures: this sbnn was built without cairo\n");
}

static int write_fit(const void *ctx, const char *directory, sbnn_error *e) {
  return sbnn_write_tables(directory, ctx, e);
}

static int draw_fit(const void *ctx, const char *figures, sbnn_error *e) {
  return sbnn_write_pictures(figures, ctx, e);
}

static void print_fit(const void *ctx, FILE *to) { sbnn_print_summary(to, ctx); }

static void print_end(const sbnn_work *w, const sbnn_results *r, const sbnn_output *output, const char *path,
                      const sbnn_verdict *v) {
  const bool step = w->options->step > 0;
  if (w->options->quiet) return;
  if (step) sbnn_print_short(stderr, r);
  else output->print(output->ctx, stderr);
  if (!step) sbnn_print_verdict(stderr, v); /* run says it at its end */
  if (step) fprintf(stderr, "  %.1f s\n", sbnn_clock() - w->start);
  else say_where(path, output, sbnn_clock() - w->start);
}

static void each_option(const void *options, sbnn_option_hook *each, void *ctx) {
  sbnn_options_each(options, each, ctx);
}

/* ---- pictures ---- */

typedef struct drawing {
  const sbnn_output *output;
  const sbnn_outdir *out;
} drawing;

static int draw_apart(const void *ctx, sbnn_error *e) {
  const drawing *d = ctx;
  sbnn_outdir_drop_figures(d->out); /* what an attempt that crashed has left */
  return d->output->draw(d->output->ctx, sbnn_outdir_figures(d->out), e);
}

/* Drawing that crashes costs the pictures, never the results: `why` says so then, and there are none. */
static int draw_pictures(const sbnn_work *w, const sbnn_output *output, char *why, sbnn_error *e) {
  const drawing d = {output, w->out};
  *why = '\0';
  if (!output->draw || !sbnn_figures_available()) return SBNN_OK;
  int code = sbnn_apart(draw_apart, &d, why, e);
  if (!*why) return code;
  sbnn_outdir_drop_figures(w->out);
  return SBNN_OK;
}

static int tell_no_pictures(const char *path, const char *why, sbnn_error *e) {
  char *word = sbnn_shell_word(path);
  sbnn_fail(e, SBNN_PARTIAL,
            "the results in %s are complete, but the pictures could not be drawn (%s). More memory or other "
            "fonts may help. '%s plot --results %s' draws those of train, cv and srrr again; the same "
            "command with --force draws all",
            path, why, sbnn_program, word);
  free(word);
  return e->code;
}

static int write_staged(const sbnn_work *w, const sbnn_output *output, const sbnn_run *run, sbnn_error *e) {
  const char *staging = sbnn_outdir_staging(w->out);
  char *json = sbnn_outdir_file(w->out, "run.json");
  int code = output->write(output->ctx, staging, e);
  if (code == SBNN_OK) code = sbnn_write_verdict(staging, run->verdict, e);
  if (code == SBNN_OK) code = sbnn_write_run_json(json, run, e);
  free(json);
  return code;
}

int sbnn_work_finish(sbnn_work *w, const sbnn_results *r, const sbnn_output *output, sbnn_error *e) {
  const sbnn_output fit = {
      .ctx = r, .write = write_fit, .draw = draw_fit, .print = print_fit, .weights = true};
  char *path = sbnn_strdup(sbnn_outdir_path(w->out));
  sbnn_run run = {.command = sbnn_command_name(w->options->command),
                  .seed = &w->options->seed,
                  .each_option = each_option,
                  .options = w->options,
                  .hints = !w->options->no_hints,
                  .results = r,
                  .seconds = sbnn_clock() - w->start,
                  .seconds_reading = w->reading,
                  .seconds_models = w->models,
                  .resume_key = w->parts ? sbnn_parts_key(w->parts) : NULL,
                  .notes = w->notes,
                  .n_notes = w->n_notes,
                  .facts = sbnn_build_facts};
  sbnn_verdict own = {0};
  if (!output) output = &fit;
  const sbnn_verdict_options judged = sbnn_verdict_options_of(w->options, r->data);
  sbnn_judge_results(r, &judged, &own);
  run.verdict = output->verdict ? output->verdict : &own;
  char why[128] = "";
  int code = write_staged(w, output, &run, e);
  if (code == SBNN_OK) code = draw_pictures(w, output, why, e);
  if (code == SBNN_OK) {
    code = sbnn_outdir_commit(w->out, e);
    w->out = NULL;
  }
  if (code == SBNN_OK) print_end(w, r, output, path, run.verdict);
  if (code == SBNN_OK && *why) code = tell_no_pictures(path, why, e);
  sbnn_verdict_free(&own);
  free(path);
  return code;
}
