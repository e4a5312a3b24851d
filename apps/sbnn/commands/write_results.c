/* write_results.c - see write_results.h. */
#include "commands/write_results.h"

#include "apart.h"
#include "build_facts.h"
#include "commands/room_options.h"
#include "figures/canvas.h"
#include "pictures/pictures.h"
#include "tables/run_json.h"
#include "tables/summary.h"
#include "tables/tables.h"

#include <stdlib.h>

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

static void print_end(const sbnn_session *session, const sbnn_results *r, const sbnn_output *output,
                      const char *path, const sbnn_verdict *v) {
  const bool step = session->options->step > 0;
  if (session->options->quiet) return;
  if (step) sbnn_print_short(stderr, r);
  else output->print(output->ctx, stderr);
  if (!step) sbnn_print_verdict(stderr, v); /* run says it at its end */
  if (step) fprintf(stderr, "  %.1f s\n", sbnn_clock() - session->start);
  else say_where(path, output, sbnn_clock() - session->start);
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
static int draw_pictures(const sbnn_session *session, const sbnn_output *output, char *why, sbnn_error *e) {
  const drawing d = {output, session->out};
  *why = '\0';
  if (!output->draw || !sbnn_figures_available()) return SBNN_OK;
  int code = sbnn_apart(draw_apart, &d, why, e);
  if (!*why) return code;
  sbnn_outdir_drop_figures(session->out);
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

static int write_staged(const sbnn_session *session, const sbnn_output *output, const sbnn_run *run,
                        sbnn_error *e) {
  const char *staging = sbnn_outdir_staging(session->out);
  char *json = sbnn_outdir_file(session->out, "run.json");
  int code = output->write(output->ctx, staging, e);
  if (code == SBNN_OK) code = sbnn_write_verdict(staging, run->verdict, e);
  if (code == SBNN_OK) code = sbnn_write_run_json(json, run, e);
  free(json);
  return code;
}

int sbnn_write_results(sbnn_session *session, const sbnn_results *r, const sbnn_output *output,
                       sbnn_error *e) {
  const sbnn_output fit = {
      .ctx = r, .write = write_fit, .draw = draw_fit, .print = print_fit, .weights = true};
  char *path = sbnn_strdup(sbnn_outdir_path(session->out));
  sbnn_run run = {.command = sbnn_command_name(session->options->command),
                  .seed = &session->options->seed,
                  .each_option = each_option,
                  .options = session->options,
                  .hints = !session->options->no_hints,
                  .results = r,
                  .seconds = sbnn_clock() - session->start,
                  .seconds_reading = session->reading,
                  .seconds_models = session->models,
                  .resume_key = session->parts ? sbnn_parts_key(session->parts) : NULL,
                  .notes = session->notes,
                  .n_notes = session->n_notes,
                  .facts = sbnn_build_facts};
  sbnn_verdict own = {0};
  if (!output) output = &fit;
  const sbnn_verdict_options judged = sbnn_verdict_options_of(session->options, r->data);
  sbnn_judge_results(r, &judged, &own);
  run.verdict = output->verdict ? output->verdict : &own;
  char why[128] = "";
  int code = write_staged(session, output, &run, e);
  if (code == SBNN_OK) code = draw_pictures(session, output, why, e);
  if (code == SBNN_OK) {
    code = sbnn_outdir_commit(session->out, e);
    session->out = NULL;
  }
  if (code == SBNN_OK) print_end(session, r, output, path, run.verdict);
  if (code == SBNN_OK && *why) code = tell_no_pictures(path, why, e);
  sbnn_verdict_free(&own);
  free(path);
  return code;
}
