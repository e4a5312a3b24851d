/* stability.c - `sbnn stability`: the same model many times, from other random numbers, or on halves of the
 * cells. */
#include "commands/commands.h"
#include "commands/replicas.h"
#include "commands/room_options.h"
#include "commands/write_results.h"
#include "results/stability_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct own_options {
  int restarts;
  bool subsample;
} own_options;

static const own_options *own_of(const sbnn_options *o) { return sbnn_own(o, &sbnn_command_stability); }

/* Run i has the seed of --seed plus i. Without --subsample it is `sbnn train` with that seed, less the second
 * head; with it runs 2k and 2k + 1 train on disjoint halves of one permutation and test on all other cells; no half
 * has a part of a group. */
typedef struct plan {
  size_t n, *n_train;    /* [n] training cells of each */
  sbnn_options *options; /* [n] */
  int *seeds;            /* [n] */
  size_t **cells;        /* [n] training cells, then test cells */
} plan;

typedef struct ordered {
  const sbnn_dataset *data;
  const size_t *cells;
} ordered;

static int32_t group_of(const void *ctx, size_t i) {
  const ordered *o = ctx;
  return o->data->groups[o->cells[i]];
}

/* The second half comes before the first; a cell over stays behind both. */
static void swap_halves(size_t *cells, size_t first, size_t second) {
  size_t *kept = sbnn_alloc(first, sizeof *kept);
  memcpy(kept, cells, first * sizeof *kept);
  memmove(cells, cells + first, second * sizeof *cells);
  memcpy(cells + second, kept, first * sizeof *kept);
  free(kept);
}

/* Sets p->n_train[i]. */
static size_t *cells_of(const sbnn_options *o, const sbnn_dataset *d, plan *p, size_t i) {
  const size_t n = d->n_cells;
  size_t *cells = sbnn_alloc(n, sizeof *cells), first = n / 2, second = n / 2;
  p->n_train[i] = n;
  sbnn_permutation_of_groups((uint64_t)p->seeds[own_of(o)->subsample ? i / 2 * 2 : i], n, d->groups,
                             d->n_groups, cells);
  if (!own_of(o)->subsample) return cells;
  if (d->groups) {
    first = sbnn_group_boundary(n, n / 2, group_of, &(ordered){d, cells});
    second = n - first;
  }
  if (i % 2 == 1) swap_halves(cells, first, second);
  p->n_train[i] = i % 2 == 1 ? second : first;
  return cells;
}

static void plan_runs(plan *p, const sbnn_options *o, const sbnn_dataset *d) {
  p->n = (size_t)own_of(o)->restarts;
  p->n_train = sbnn_alloc(p->n, sizeof *p->n_train);
  p->options = sbnn_alloc(p->n, sizeof *p->options);
  p->seeds = sbnn_alloc(p->n, sizeof *p->seeds);
  p->cells = sbnn_alloc(p->n, sizeof *p->cells);
  for (size_t i = 0; i < p->n; i++) {
    p->options[i] = *o;
    p->options[i].seed = p->seeds[i] = (int)(((size_t)o->seed + i) & 0x7fffffff);
    p->cells[i] = cells_of(o, d, p, i);
  }
}

static void free_plan(plan *p) {
  for (size_t i = 0; i < p->n; i++) free(p->cells[i]);
  free(p->cells);
  free(p->n_train);
  free(p->seeds);
  free(p->options);
}

static sbnn_replica replica(const plan *p, const sbnn_dataset *d, size_t i) {
  const sbnn_options *o = &p->options[i];
  bool pretrain = sbnn_options_pretrain(o);
  sbnn_replica r = {.model = sbnn_model_options_of(o),
                    .matrices = sbnn_matrices_options_of(o, pretrain, 1),
                    .cells = {.train = p->cells[i],
                              .n_train = p->n_train[i],
                              .test = p->cells[i] + p->n_train[i],
                              .n_test = d->n_cells - p->n_train[i]},
                    .experiment = {.model = sbnn_model_name(o->recipe, pretrain)}};
  snprintf(r.title, sizeof r.title, "run %zu", i + 1);
  r.task = (sbnn_task){.model = r.experiment.model, .restart = (int)i + 1};
  snprintf(r.where, sizeof r.where, "run %zu", i + 1);
  return r;
}

static int write(const void *ctx, const char *directory, sbnn_error *e) {
  return sbnn_write_stability(directory, ctx, e);
}

static int draw(const void *ctx, const char *figures, sbnn_error *e) {
  return sbnn_draw_stability(figures, ctx, e);
}

static void print(const void *ctx, FILE *to) { sbnn_print_stability(to, ctx); }

static int finish(sbnn_session *session, const plan *p, const sbnn_replica *r, sbnn_error *e) {
  const sbnn_options *o = session->options;
  sbnn_experiment *x = sbnn_alloc(p->n, sizeof *x);
  for (size_t i = 0; i < p->n; i++) x[i] = r[i].experiment;
  sbnn_stability_results s = {.data = session->data,
                              .halves = own_of(o)->subsample,
                              .n = p->n,
                              .candidates = sbnn_model_inputs((size_t)o->variable_genes, session->data),
                              .runs = x,
                              .seeds = p->seeds};
  sbnn_stability_make(&s);
  sbnn_results none = {.data = session->data, .protocol = sbnn_protocol_name(o)};
  sbnn_verdict verdict = {0};
  const sbnn_verdict_options judged = sbnn_verdict_options_of(o, session->data);
  sbnn_judge_stability(&s, &judged, &verdict);
  sbnn_output output = {.ctx = &s, .write = write, .draw = draw, .print = print, .verdict = &verdict};
  int code = sbnn_write_results(session, &none, &output, e);
  sbnn_verdict_free(&verdict);
  sbnn_stability_free(&s);
  free(x);
  return code;
}

static int train(sbnn_session *session, sbnn_error *e) {
  plan p;
  if (session->data->groups && own_of(session->options)->subsample && session->data->n_groups < 2)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "--groups: all cells are in one group, which --subsample cannot divide");
  plan_runs(&p, session->options, session->data);
  sbnn_replica *r = sbnn_alloc(p.n, sizeof *r);
  for (size_t i = 0; i < p.n; i++) r[i] = replica(&p, session->data, i);
  int code = sbnn_replicas_run(session, r, p.n, e);
  if (code == SBNN_OK && session->complete) code = finish(session, &p, r, e);
  for (size_t i = 0; i < p.n; i++) sbnn_experiment_free(&r[i].experiment);
  free(r);
  free_plan(&p);
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  sbnn_session session = {.options = o};
  const own_options *own = own_of(o);
  if (own->subsample && own->restarts % 2)
    return sbnn_fail(
        e, SBNN_USAGE,
        "--restarts %d: with --subsample runs come in pairs, one on each half; give an even number",
        own->restarts);
  return sbnn_session_run(&session, train, e);
}

/* A linear model chooses the same genes whatever the seed: only half-samples, which come in pairs, tell how
 * steady they are. */
static void as_step(sbnn_options *o) {
  own_options *own = sbnn_own_mutable(o, &sbnn_command_stability);
  if (o->select == SBNN_SELECT_NETWORK) return;
  own->subsample = true;
  own->restarts += own->restarts % 2;
}

static const sbnn_option own_rows[] = {
    {.kind = SBNN_OPTION_WHOLE,
     .name = "restarts",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, restarts),
     .initial = "10",
     .lowest = 2,
     .highest = 10000,
     .help = "number of models, each from other random weights"},
    {.kind = SBNN_OPTION_FLAG,
     .name = "subsample",
     .field = SBNN_OWN_FIELD(own_options, subsample),
     .help = "train on halves of the cells, two models on each split"},
};

static const char *const files[] = {"stability.tsv",
                                    "stability_runs.tsv",
                                    "stability_genes.tsv",
                                    "stability_overlaps.tsv",
                                    "stability_summary.tsv",
                                    "stability_maps.tsv",
                                    NULL};
static const char *const figures[] = {"stability_genes", "stability_maps", NULL};

const sbnn_command sbnn_command_stability = {
    .name = "stability",
    .usage = "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
    .summary = "train many times: which genes are chosen again?",
    .description =
        "Trains the model many times, with other random numbers or on halves of the cells. Reports how\n"
        "often each gene is chosen, how many genes two runs share, and the maps, aligned with one\n"
        "another.\n",
    .example = "stability --data data.safetensors --recipe denoise --subsample --out stability",
    .takes = SBNN_TAKES_FIT | SBNN_TAKES_SHARDS | SBNN_TAKES_NETWORK | SBNN_TAKES_RECIPE | SBNN_TAKES_COPY,
    .heading = "Stability",
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .as_step = as_step,
    .run = run,
    .files = files,
    .figures = figures,
};
