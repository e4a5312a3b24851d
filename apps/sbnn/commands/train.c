/* train.c - `sbnn train`: all phases on the whole data set, both heads. */
#include "commands/train.h"
#include "commands/commands.h"
#include "commands/room_options.h"
#include "commands/write_results.h"
#include "linear/chance.h"
#include "training/measured.h"
#include "training/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finish(const sbnn_prepared *f, const size_t *cells, uint64_t seed, sbnn_experiment *x) {
  enum { MOST_NUMBERS = 50000000 }; /* cells x genes: as doubles the search takes 400 MB */
  size_t n = x->n_train * x->n_responses;
  x->response_predictions = sbnn_alloc(n, sizeof *x->response_predictions);
  memcpy(x->response_predictions, x->predictions, n * sizeof *x->predictions);
  sbnn_to_own_units(f, x->predictions, x->n_train);
  x->train_cells = sbnn_alloc(x->n_train, sizeof *x->train_cells);
  memcpy(x->train_cells, cells, x->n_train * sizeof *cells);
  const sbnn_matrices *p = &f->matrices;
  sbnn_take_measured(p, x);
  if (p->n_train * p->n_inputs > MOST_NUMBERS) return;
  x->n_tried = x->n_genes;
  x->n_told = sbnn_genes_above_chance(
      &(sbnn_linear_data){p->x, p->y, p->n_train, p->n_inputs, p->n_responses}, x->n_genes, seed);
}

/* Of the model under way, for the hook. */
typedef struct watched {
  const sbnn_session *session;
  sbnn_model_options model;
} watched;

static bool on_epoch(void *ctx, const sbnn_epoch *epoch) {
  const watched *w = ctx;
  sbnn_session_epoch(w->session, &w->model, epoch->experiment->model, epoch);
  return true;
}

static int train_on(sbnn_session *session, const sbnn_prepared *prepared, const size_t *cells,
                    sbnn_experiment *x, sbnn_error *e) {
  const sbnn_options *o = session->options;
  watched watch = {session, sbnn_model_options_of(o)};
  const double cost =
      sbnn_model_cost(&watch.model, prepared->matrices.n_inputs, sbnn_options_pretrain(o), true);
  char *model_path = sbnn_outdir_file(session->out, SBNN_WEIGHTS_FILE);
  char *rescue_path = sbnn_outdir_rescue(session->out);
  sbnn_task task = {.model = x->model};
  sbnn_training t = {.options = &watch.model,
                     .autoencoder = true,
                     .hook = on_epoch,
                     .hook_ctx = &watch,
                     .model_path = model_path,
                     .rescue_path = rescue_path,
                     .parts = session->parts,
                     .task = &task};
  session->progress = sbnn_progress_new(stderr, cost, 1, o->quiet);
  int code = sbnn_train_model(&prepared->matrices, &t, x, e);
  session->models = x->seconds;
  if (code == SBNN_OK) {
    finish(prepared, cells, (uint64_t)o->seed, x);
    code = sbnn_model_file_write(sbnn_outdir_staging(session->out), &watch.model.own, session->data, prepared,
                                 x, e);
  }
  sbnn_progress_free(session->progress);
  free(model_path);
  free(rescue_path);
  return code;
}

int sbnn_train_on(sbnn_session *session, sbnn_train_check *check, void *check_ctx, sbnn_error *e) {
  const sbnn_options *o = session->options;
  size_t n = session->data->n_cells, *cells = sbnn_alloc(n, sizeof *cells);
  sbnn_prepared prepared = {0};
  bool pretrain = sbnn_options_pretrain(o);
  sbnn_experiment x = {.model = sbnn_model_name(o->recipe, pretrain)};
  /* In random order: pretraining fits on the first part and validates on the rest, and tables come sorted by
   * date or type. */
  sbnn_permutation_of_groups((uint64_t)o->seed, n, session->data->groups, session->data->n_groups, cells);
  const sbnn_matrices_options how = sbnn_matrices_options_of(o, pretrain, 0);
  int code = sbnn_prepared_make(session->data, &how, NULL, &(sbnn_cells){.train = cells, .n_train = n},
                                &prepared, e);
  if (code == SBNN_OK) code = train_on(session, &prepared, cells, &x, e);
  if (code == SBNN_OK) {
    sbnn_results r = {.data = session->data, .protocol = sbnn_protocol_name(o), .n = 1, .experiments = &x};
    code = sbnn_write_results(session, &r, NULL, e);
  }
  if (code == SBNN_OK && check) code = check(check_ctx, &x, e);
  sbnn_experiment_free(&x);
  sbnn_prepared_free(&prepared);
  free(cells);
  return code;
}

static int train(sbnn_session *session, sbnn_error *e) { return sbnn_train_on(session, NULL, NULL, e); }

static int run(const sbnn_options *o, sbnn_error *e) {
  sbnn_session session = {.options = o};
  return sbnn_session_run(&session, train, e);
}

static const char *const files[] = {"metrics.tsv",     "history.tsv",   "genes.tsv",      "predictions.tsv",
                                    "latent.tsv",      "overlays.tsv",  "measured.tsv",   "labels.tsv",
                                    SBNN_WEIGHTS_FILE, SBNN_MODEL_FILE, SBNN_RESCUE_FILE, NULL};

const sbnn_command sbnn_command_train = {
    .name = "train",
    .usage = "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
    .summary = "train on all cells: selected genes, map of the cells, model",
    .description =
        "Trains a sparse bottleneck network on all cells. The network keeps a few genes, gives each\n"
        "cell a place on a map of two dimensions (--bottleneck), and predicts the responses and the\n"
        "kept genes from that place.\n",
    .example = "train --x counts.csv --y ephys.csv --labels cell_types.tsv --out results",
    .takes =
        SBNN_TAKES_FIT | SBNN_TAKES_NETWORK | SBNN_TAKES_RECIPE | SBNN_TAKES_AUTOENCODER | SBNN_TAKES_COPY,
    .run = run,
    .files = files,
};
