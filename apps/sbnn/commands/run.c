/* run.c - `sbnn run`: everything in one go. Each step is a command with a folder of its own inside --out, so
 * that what is known of commands (all or nothing, --resume, provenance) holds for steps; the report stands
 * beside them. A step that fails does not end the others: the report is made of what there is and says what
 * is missing. */
#include "commands/copy.h"
#include "commands/read_data.h"
#include "commands/srrr_own.h"
#include "interrupt.h"
#include "options/options_table.h"
#include "output/outdir.h"
#include "output/writer.h"
#include "report/report.h"
#include "tables/run_json.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct step {
  const char *folder, /* of the first: its file */ *title;
  const sbnn_command *command;
  sbnn_recipes recipe; /* BOTH: whatever the recipe */
} step;

/* The first one makes the data file for the others. */
static const step steps[] = {
    {"data.safetensors", "reading the tables", &sbnn_command_prep, SBNN_RECIPES_BOTH},
    {"cv-paper", "cross-validation, the paper's recipe", &sbnn_command_cv, SBNN_RECIPES_PAPER},
    {"cv-denoise", "cross-validation, the denoising recipe", &sbnn_command_cv, SBNN_RECIPES_DENOISE},
    {"train-paper", "training on all cells, the paper's recipe", &sbnn_command_train, SBNN_RECIPES_PAPER},
    {"train-denoise", "training on all cells, the denoising recipe", &sbnn_command_train,
     SBNN_RECIPES_DENOISE},
    {"srrr", "sparse reduced-rank regression", &sbnn_command_srrr, SBNN_RECIPES_BOTH},
    {"stability-paper", "stability, the paper's recipe", &sbnn_command_stability, SBNN_RECIPES_PAPER},
    {"stability-denoise", "stability, the denoising recipe", &sbnn_command_stability, SBNN_RECIPES_DENOISE},
};
enum { N_STEPS = sizeof steps / sizeof *steps };

static bool is_wanted(const sbnn_options *o, const step *s) {
  if (s == steps) return !o->data;
  return s->recipe == SBNN_RECIPES_BOTH || o->recipes == SBNN_RECIPES_BOTH || s->recipe == o->recipes;
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
      "%s holds an earlier run; continue it with the same command and --resume, or start again with --force",
      o->out);
}

/* A run under way: the directory, whose lock keeps a second run out of all steps, and what has failed. */
typedef struct running {
  const sbnn_options *o;
  sbnn_outdir *out;
  int number, of;             /* the step, of how many */
  bool made_data;             /* there was no data file before */
  char *x;                    /* the file of counts; NULL: unknown */
  sbnn_error failed[N_STEPS]; /* by step; code 0: not failed */
} running;

static char *data_file(const sbnn_options *o) { return sbnn_path_in(o->out, steps[0].folder); }

/* `file`: what the first step has written; NULL: there is none. */
static void take_data(const char *file, sbnn_options *own) {
  if (!file) return;
  own->data = file;
  own->own_data = true;
  own->x = own->y = own->labels = own->label_column = own->id_column = NULL;
}

static int run_step(running *r, const step *s, const char *out, const char *data, sbnn_error *e) {
  const sbnn_options *o = r->o;
  sbnn_options own;
  bool denoise = s->recipe == SBNN_RECIPES_DENOISE;
  sbnn_options_step(o, s->command, denoise ? SBNN_RECIPE_DENOISE : SBNN_RECIPE_PAPER, &own);
  own.out = out;
  own.write_h5ad = NULL;
  own.step = ++r->number;
  take_data(data, &own);
  if (s->command->as_step) s->command->as_step(&own);
  if (!o->quiet) fprintf(stderr, "Step %d of %d: %s\n", r->number, r->of, s->title);
  sbnn_interrupt_sentence(
      "sbnn: interrupted; finished steps are kept: the same command with --resume goes on from "
      "there\n");
  int code = sbnn_interrupted() ? SBNN_INTERRUPTED : s->command->run(&own, e);
  if (code != SBNN_INTERRUPTED) return code;
  *e = (sbnn_error){0};
  return sbnn_fail(e, code,
                   "interrupted in step %d of %d, %s; what was finished is kept in %s: the same command with "
                   "--resume goes on from there",
                   r->number, r->of, s->title, o->out);
}

/* ---- the data, before anything is written ---- */

/* Says what was read, and what would stop every step, or can be told of one at once. file: see take_data. */
static int check_data(running *r, const char *file, sbnn_error *e) {
  const sbnn_options *o = r->o;
  sbnn_options own;
  sbnn_dataset d;
  sbnn_options_step(o, &sbnn_command_train, SBNN_RECIPE_PAPER, &own);
  take_data(file, &own);
  int code = sbnn_read_data(&own, &d, e);
  if (code != SBNN_OK) return code;
  sbnn_options_step(o, &sbnn_command_srrr, SBNN_RECIPE_PAPER, &own);
  take_data(file, &own);
  code = sbnn_folds_check(d.n_cells, (size_t)o->folds, e);
  if (code == SBNN_OK && d.groups && d.n_groups < (size_t)o->folds)
    code = sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%zu groups cannot make %d folds without dividing one; give fewer --folds, or smaller groups",
        d.n_groups, o->folds);
  if (code == SBNN_OK) code = sbnn_srrr_check(&own, &d, e);
  if (code == SBNN_OK) code = sbnn_copy_check(o, d.x_path, e);
  if (code == SBNN_OK && d.x_path) r->x = sbnn_strdup(d.x_path);
  sbnn_dataset_free(&d);
  return code;
}

/* Read anew when a run is resumed, so that tables that were changed are noticed. The file is put in place
 * only when the steps can do with it. */
static int prepare_data(running *r, sbnn_error *e) {
  if (!is_wanted(r->o, &steps[0])) return check_data(r, NULL, e);
  char *staged = sbnn_outdir_file(r->out, steps[0].folder), *file = data_file(r->o);
  int code = run_step(r, &steps[0], staged, NULL, e);
  if (code == SBNN_OK) code = check_data(r, staged, e);
  r->made_data = access(file, F_OK) != 0;
  if (code == SBNN_OK && rename(staged, file) != 0)
    code = sbnn_fail(e, SBNN_FAILED, "%s could not be written (%s); choose a directory you may write to",
                     file, strerror(errno));
  free(staged);
  free(file);
  return code;
}

/* ---- the steps ---- */

/* Goes on after a failure, unless it stands against the whole command. */
static int run_steps(running *r, sbnn_error *e) {
  char *file = is_wanted(r->o, &steps[0]) ? data_file(r->o) : NULL;
  int code = SBNN_OK;
  for (size_t i = 1; i < N_STEPS && code == SBNN_OK; i++) {
    sbnn_error own = {0};
    if (!is_wanted(r->o, &steps[i])) continue;
    char *folder = sbnn_path_in(r->o->out, steps[i].folder);
    int status = run_step(r, &steps[i], folder, file, &own);
    free(folder);
    if (status == SBNN_OK) continue;
    if (status == SBNN_INTERRUPTED || status == SBNN_USAGE || own.all) *e = own, code = status;
    else {
      r->failed[i] = own;
      fprintf(stderr, "sbnn: step %d of %d failed, the others go on: %s\n", r->number, r->of, own.text);
    }
  }
  free(file);
  return code;
}

static size_t count_failed(const running *r) {
  size_t n = 0;
  for (size_t i = 0; i < N_STEPS; i++) n += r->failed[i].code != SBNN_OK;
  return n;
}

/* ---- the end ---- */

static int write_failed(const running *r, sbnn_error *e) {
  sbnn_writer w;
  if (count_failed(r) == 0) return SBNN_OK;
  sbnn_writer_open_in(&w, sbnn_outdir_staging(r->out), SBNN_FAILURES_FILE);
  sbnn_put(&w, "folder\tstep\tcode\tsentence\n");
  for (size_t i = 0; i < N_STEPS; i++) {
    if (r->failed[i].code == SBNN_OK) continue;
    sbnn_put(&w, "%s\t%s\t%d\t", steps[i].folder, steps[i].title, r->failed[i].code);
    sbnn_put_name(&w, r->failed[i].text);
    sbnn_put(&w, "\n");
  }
  return sbnn_writer_close(&w, e);
}

/* Does the sentence of a failed step name the option? Then its value is what must change. */
static bool is_blamed(const running *r, const sbnn_option *row) {
  char *named = sbnn_format("--%s ", row->name);
  bool is = false;
  for (size_t i = 0; i < N_STEPS; i++) {
    char *text = sbnn_format("%s ", r->failed[i].text);
    for (char *c = text; *c; c++)
      if (strchr(",;.:)'", *c)) *c = ' ';
    is |= r->failed[i].code && strstr(text, named);
    free(text);
  }
  free(named);
  return is;
}

/* The option of "--name" or "--name=value" if a failed step blames it, else NULL. */
static const sbnn_option *blamed_by(const running *r, const char *word) {
  if (strncmp(word, "--", 2) != 0) return NULL;
  const sbnn_option *row = sbnn_option_named(r->o->command, word + 2, strcspn(word + 2, "="));
  return row && row->value && is_blamed(r, row) ? row : NULL;
}

/* The command as it was given, with --resume, and without the values that made steps fail: "--ranks N,N,...",
 * then with --force, since other options replace what they change. The caller frees. Without /proc: in words. */
static char *command_to_go_on(const running *r) {
  FILE *f = fopen("/proc/self/cmdline", "rbe");
  char *line = sbnn_strdup(""), *word = NULL;
  size_t room = 0;
  bool skip = false, force = false;
  while (f && getdelim(&word, &room, '\0', f) > 0) {
    if (skip || strcmp(word, "--resume") == 0 || strcmp(word, "--force") == 0) {
      skip = false;
      continue;
    }
    const sbnn_option *row = blamed_by(r, word);
    skip = row && !strchr(word, '=');
    force |= row != NULL;
    char *quoted = row ? sbnn_format("--%s %s", row->name, row->value) : sbnn_shell_word(word),
         *longer = sbnn_format("%s%s%s", line, *line ? " " : "", quoted);
    free(quoted);
    free(line);
    line = longer;
  }
  free(word);
  if (f) fclose(f);
  char *all = *line ? sbnn_format("%s --resume%s", line, force ? " --force" : "")
                    : sbnn_strdup("the same command with --resume");
  free(line);
  return all;
}

static int partial(const running *r, sbnn_error *e) {
  size_t n = count_failed(r), shown = 0;
  char list[560] = "", *again = command_to_go_on(r);
  for (size_t i = 0, used = 0; i < N_STEPS && used < sizeof list; i++)
    if (r->failed[i].code)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s (%.*s)", shown++ ? ", " : "",
                               steps[i].folder, (int)(400 / n), r->failed[i].text);
  int code = sbnn_fail(
      e, SBNN_PARTIAL,
      "%zu of %d steps failed: %s; %s/report.html shows the others. When the cause is mended, this command "
      "runs what is missing (with other options: add --force, and it also runs again what they change): %s",
      n, r->of, list, r->o->out, again);
  free(again);
  return code;
}

/* What a run that was killed while it wrote run.json anew has left beside it; the directory is locked by this run. */
static void remove_unfinished(const char *folder) {
  DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir));)
    if (fnmatch(".run.json.*.tmp", entry->d_name, 0) == 0) unlinkat(dirfd(dir), entry->d_name, 0);
  if (dir) closedir(dir);
}

/* What all steps say of a model's genes, also into the run.json beside the genes. */
static int judge(const running *r, sbnn_error *e) {
  sbnn_verdict all = {0};
  int code = sbnn_judge_folders(r->o->out, &all, e);
  for (size_t i = 0; i < N_STEPS && code == SBNN_OK; i++) {
    sbnn_verdict own = {0};
    char *folder = sbnn_path_in(r->o->out, steps[i].folder), *json = sbnn_path_in(folder, "run.json");
    bool paper = steps[i].recipe == SBNN_RECIPES_PAPER;
    sbnn_verdict_of_model(&all,
                          !paper              ? "sbnn-denoise"
                          : r->o->no_pretrain ? "sbnn-nopretrain"
                                              : "sbnn",
                          &own);
    if (steps[i].command == &sbnn_command_train && own.n && access(json, F_OK) == 0) {
      remove_unfinished(folder);
      code = sbnn_run_json_judge(json, &own, e);
    }
    sbnn_verdict_free(&own);
    free(json);
    free(folder);
  }
  if (code == SBNN_OK && !r->o->quiet) sbnn_print_verdict(stderr, &all);
  sbnn_verdict_free(&all);
  return code;
}

static int finish(running *r, double start, sbnn_error *e) {
  char *page = sbnn_outdir_file(r->out, "report.html");
  int code = write_failed(r, e);
  if (code == SBNN_OK) code = judge(r, e);
  if (code == SBNN_OK) code = sbnn_report_write(r->o->out, sbnn_outdir_staging(r->out), page, e);
  free(page);
  if (code == SBNN_OK) code = sbnn_outdir_commit(r->out, e);
  else sbnn_outdir_abort(r->out);
  r->out = NULL;
  if (code == SBNN_OK && !r->o->quiet)
    fprintf(stderr, "The report is %s/report.html: open it in a browser (%.1f s in all)\n", r->o->out,
            sbnn_clock() - start);
  if (code == SBNN_OK) code = sbnn_copy_write(r->o, r->x, e);
  if (code == SBNN_OK && count_failed(r)) code = partial(r, e);
  return code;
}

/* Nothing to show: what the first step that failed says. A folder that only this run has filled goes too,
 * unless something of a step was kept in it. */
static int give_up(running *r, int code, sbnn_error *e) {
  bool kept = false;
  for (size_t i = 1; i < N_STEPS; i++) {
    char *folder = sbnn_path_in(r->o->out, steps[i].folder);
    kept |= access(folder, F_OK) == 0;
    free(folder);
    if (code == SBNN_OK && r->failed[i].code) *e = r->failed[i], code = e->code;
  }
  char *file = data_file(r->o);
  if (r->made_data && !kept) unlink(file);
  free(file);
  sbnn_outdir_abort(r->out);
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  double start = sbnn_clock();
  running r = {.o = o};
  int code = require_new(o, e);
  r.out = code == SBNN_OK ? sbnn_outdir_open(o->out, o->force || o->resume, e) : NULL;
  if (!r.out) return e->code;
  for (size_t i = 0; i < N_STEPS; i++) r.of += is_wanted(o, &steps[i]);
  code = prepare_data(&r, e);
  if (code == SBNN_OK) code = run_steps(&r, e);
  bool any = count_failed(&r) + is_wanted(o, &steps[0]) < (size_t)r.of;
  code = code == SBNN_OK && any ? finish(&r, start, e) : give_up(&r, code, e);
  free(r.x);
  return code;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_NETWORK,
     .kind = SBNN_OPTION_CHOICE,
     .name = "recipe",
     .value = "both|paper|denoise",
     .field = SBNN_FIELD(recipes),
     .initial = "both",
     .help = "denoise: noise instead of penalty and pretraining"},
    {.group = SBNN_GROUP_OUTPUT,
     .kind = SBNN_OPTION_FLAG,
     .name = "resume",
     .field = SBNN_FIELD(resume),
     .help = "continue the interrupted run in the folder"},
};

static const sbnn_command *const with_options_of[] = {&sbnn_command_train, &sbnn_command_cv,
                                                      &sbnn_command_srrr, &sbnn_command_stability, NULL};

static const char *const files[] = {SBNN_FAILURES_FILE, "report.html", NULL};

const sbnn_command sbnn_command_run = {
    .name = "run",
    .usage = "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
    .summary = "run prep, cv, train, srrr and stability, and make a report",
    .description =
        "Runs prep, cv, train, srrr and stability, with a subfolder of --out for each, and makes one\n"
        "page of all results (sbnn report). Both recipes are run, unless --recipe names one.\n",
    .example = "run --x counts.csv --y ephys.csv --labels cell_types.tsv --out results",
    .takes = SBNN_TAKES_FIT | SBNN_TAKES_NETWORK | SBNN_TAKES_RECIPE | SBNN_TAKES_AUTOENCODER |
             SBNN_TAKES_FOLDS | SBNN_TAKES_COPY,
    SBNN_ROWS(own_rows),
    .takes_own_of = with_options_of,
    .run = run,
    .files = files,
};
