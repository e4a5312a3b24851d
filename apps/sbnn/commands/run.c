/* run.c - `sbnn run`: everything in one go. Each step is a command with a folder of its own inside --out, so
 * that what is known of commands (all or nothing, --resume, provenance) holds for steps; the report stands
 * beside them. */
#include "commands/commands.h"
#include "interrupt.h"
#include "report/report.h"
#include "results/outdir.h"
#include "results/run_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct step {
  const char *folder, /* of prep: its file */ *title;
  sbnn_command command;
  int (*run)(const sbnn_options *o, sbnn_error *e);
  sbnn_recipes recipe; /* BOTH: whatever the recipe */
} step;

static const step steps[] = {
    {"data.safetensors", "reading the tables", SBNN_CMD_PREP, sbnn_prep, SBNN_RECIPES_BOTH},
    {"cv-paper", "cross-validation, the paper's recipe", SBNN_CMD_CV, sbnn_cv, SBNN_RECIPES_PAPER},
    {"cv-denoise", "cross-validation, the denoising recipe", SBNN_CMD_CV, sbnn_cv, SBNN_RECIPES_DENOISE},
    {"train-paper", "training on all cells, the paper's recipe", SBNN_CMD_TRAIN, sbnn_train,
     SBNN_RECIPES_PAPER},
    {"train-denoise", "training on all cells, the denoising recipe", SBNN_CMD_TRAIN, sbnn_train,
     SBNN_RECIPES_DENOISE},
    {"srrr", "sparse reduced-rank regression", SBNN_CMD_SRRR, sbnn_srrr_command, SBNN_RECIPES_BOTH},
    {"stability-paper", "stability, the paper's recipe", SBNN_CMD_STABILITY, sbnn_stability,
     SBNN_RECIPES_PAPER},
    {"stability-denoise", "stability, the denoising recipe", SBNN_CMD_STABILITY, sbnn_stability,
     SBNN_RECIPES_DENOISE},
};
enum { N_STEPS = sizeof steps / sizeof *steps };

static bool is_wanted(const sbnn_options *o, const step *s) {
  if (s->command == SBNN_CMD_PREP)
    return !o->data && sbnn_run_json_available(); /* without jansson no .safetensors */
  return s->recipe == SBNN_RECIPES_BOTH || o->recipes == SBNN_RECIPES_BOTH ||
         s->recipe == (sbnn_recipes)o->recipes;
}

/* An earlier run is neither mixed with this one nor lost by accident. */
static int require_new(const sbnn_options *o, sbnn_error *e) {
  bool found = false;
  for (size_t i = 0; i < N_STEPS && !found; i++) {
    char *path = sbnn_path_in(o->out, steps[i].folder);
    found = access(path, F_OK) == 0;
    free(path);
  }
  if (!found || o->force || o->resume) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_FAILED,
      "%s holds an earlier run; go on with it by giving the same command with --resume, or begin again "
      "with --force",
      o->out);
}

/* What prep has read; it is read anew when a run is resumed, so that tables that were changed are noticed.
 * What is left out of the data file is the later steps' to say, so that nothing is left out, or a prefix
 * taken off, twice. */
static void take_data(const sbnn_options *o, const char *file, sbnn_options *own) {
  if (own->command == SBNN_CMD_PREP) {
    own->force = true;
    own->cells = own->gene_prefix = own->drop_responses = NULL;
  } else if (is_wanted(o, &steps[0])) {
    own->data = file;
    own->x = own->y = own->labels = own->label_column = NULL;
  }
}

/* A linear model chooses the same genes whatever the seed: only half-samples, which come in pairs, tell how
 * steady they are. */
static void take_halves(sbnn_options *own) {
  if (own->command != SBNN_CMD_STABILITY || own->select == SBNN_SELECT_NETWORK) return;
  own->subsample = true;
  own->restarts += own->restarts % 2;
}

static int run_step(const sbnn_options *o, const step *s, int number, int of, sbnn_error *e) {
  sbnn_options own;
  char *folder = sbnn_path_in(o->out, s->folder), *file = sbnn_path_in(o->out, steps[0].folder);
  bool denoise = s->recipe == SBNN_RECIPES_DENOISE;
  sbnn_options_step(o, s->command, denoise ? SBNN_RECIPE_DENOISE : SBNN_RECIPE_PAPER, &own);
  own.out = folder;
  own.step = number;
  take_data(o, file, &own);
  take_halves(&own);
  if (!o->quiet) fprintf(stderr, "Step %d of %d: %s\n", number, of, s->title);
  sbnn_interrupt_sentence(
      "sbnn: interrupted; finished steps are kept: the same command with --resume goes on from "
      "there\n");
  int code = sbnn_interrupted() ? SBNN_INTERRUPTED : s->run(&own, e);
  if (code == SBNN_INTERRUPTED) {
    *e = (sbnn_error){0};
    sbnn_fail(e, code,
              "interrupted in step %d of %d, %s; what was finished is kept in %s: the same command with "
              "--resume goes on from there",
              number, of, s->title, o->out);
  }
  free(folder);
  free(file);
  return code;
}

static int run_steps(const sbnn_options *o, sbnn_error *e) {
  int code = SBNN_OK, number = 0, of = 0;
  for (size_t i = 0; i < N_STEPS; i++) of += is_wanted(o, &steps[i]);
  for (size_t i = 0; i < N_STEPS && code == SBNN_OK; i++)
    if (is_wanted(o, &steps[i])) code = run_step(o, &steps[i], ++number, of, e);
  return code;
}

/* Takes the directory, whose lock keeps a second run out of all steps. */
static int finish(sbnn_outdir *out, const sbnn_options *o, double start, sbnn_error *e) {
  char *page = sbnn_outdir_file(out, "report.html");
  int code = sbnn_report_write(o->out, page, e);
  free(page);
  if (code != SBNN_OK) {
    sbnn_outdir_abort(out);
    return code;
  }
  code = sbnn_outdir_commit(out, e);
  if (code == SBNN_OK && !o->quiet)
    fprintf(stderr, "The report is %s/report.html: open it in a browser (%.1f s in all)\n", o->out,
            sbnn_clock() - start);
  return code;
}

int sbnn_run_command(const sbnn_options *o, sbnn_error *e) {
  double start = sbnn_clock();
  int code = require_new(o, e);
  sbnn_outdir *out = code == SBNN_OK ? sbnn_outdir_open(o->out, o->force || o->resume, e) : NULL;
  if (!out) return e->code;
  code = run_steps(o, e);
  if (code == SBNN_OK) return finish(out, o, start, e);
  sbnn_outdir_abort(out);
  return code;
}
