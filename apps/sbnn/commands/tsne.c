/* tsne.c - `sbnn tsne`: maps of each view by itself, or of a latent space. */
#include "embed/tsne.h"
#include "commands/commands.h"
#include "commands/copy.h"
#include "commands/read_data.h"
#include "commands/room_options.h"
#include "commands/session.h"
#include "commands/write_results.h"
#include "embed/nearest.h"
#include "linear/principal.h"
#include "results/tsne_results.h"
#include "tables/stored.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum wanted_views { BOTH, GENES, RESPONSES } wanted_views; /* both|genes|responses */
typedef enum beginning { PCA, RANDOM } beginning;                  /* pca|random */
typedef struct own_options {
  wanted_views view;
  beginning start;
  int components, exact_cells, iterations;
  double perplexity, theta;
} own_options;

static const own_options *own_of(const sbnn_options *o) { return sbnn_own(o, &sbnn_command_tsne); }

/* What is embedded: x [n x d], cells in the order of the data set. */
typedef struct view {
  double *x;
  sbnn_tsne_view result;
  sbnn_error error;
} view;

enum { MOST_VIEWS = 2 };

typedef struct job {
  sbnn_session session;
  size_t n, n_views;
  view views[MOST_VIEWS];
  int inner; /* threads of each */
} job;

static tn_status embed(void *ctx, int64_t i) {
  job *j = ctx;
  view *v = &j->views[i];
  sbnn_tsne_view *r = &v->result;
  const sbnn_options *o = j->session.options;
  const own_options *own = own_of(o);
  const sbnn_tsne_options t = {.perplexity = own->perplexity,
                               .exact_cells = (size_t)own->exact_cells,
                               .theta = own->theta,
                               .iterations = own->iterations,
                               .random = own->start == RANDOM,
                               .seed = (uint64_t)o->seed,
                               .threads = j->inner};
  r->y = sbnn_alloc(2 * j->n, sizeof *r->y);
  if (sbnn_tsne(&(sbnn_points){v->x, j->n, r->dimensions}, &t, r->y, &r->fit, &v->error) != SBNN_OK)
    return TN_ESTOPPED;
  if (2 * SBNN_MAP_NEIGHBOURS < j->n && j->n <= SBNN_MAP_MOST_CELLS)
    r->trustworthiness = sbnn_trustworthiness(v->x, j->n, r->dimensions, r->y, SBNN_MAP_NEIGHBOURS, j->inner);
  if (!o->quiet)
    fprintf(stderr, "%s: divergence %.4f, trustworthiness %.4f\n", r->title, r->fit.kl, r->trustworthiness);
  return TN_OK;
}

static int write(const void *ctx, const char *directory, sbnn_error *e) {
  return sbnn_write_tsne(directory, ctx, e);
}

static int draw(const void *ctx, const char *figures, sbnn_error *e) {
  return sbnn_draw_tsne(figures, ctx, e);
}

static void print(const void *ctx, FILE *to) {
  (void)ctx;
  (void)to; /* each view has said its own */
}

/* The exact descent uses one thread, so two of them run side by side; the tree takes all threads itself. */
static int lay_out(job *j, sbnn_error *e) {
  const sbnn_options *o = j->session.options;
  bool exact = j->n <= (size_t)own_of(o)->exact_cells;
  int threads = o->threads > 0 ? o->threads : tn_max_threads(), code = SBNN_OK;
  j->inner = exact && j->n_views > 1 ? 1 : threads;
  tn_status status = nn_replicas((int64_t)j->n_views, exact ? threads : 1, embed, j);
  for (size_t i = 0; i < j->n_views && status != TN_OK && code == SBNN_OK; i++)
    if (j->views[i].error.code) code = sbnn_fail(e, j->views[i].error.code, "%s", j->views[i].error.text);
  if (status != TN_OK && code == SBNN_OK) code = sbnn_fail_threads(e);
  if (code == SBNN_OK) {
    sbnn_tsne_view v[MOST_VIEWS];
    for (size_t i = 0; i < j->n_views; i++) v[i] = j->views[i].result;
    sbnn_tsne_results r = {.data = j->session.data, .n_views = j->n_views, .views = v};
    sbnn_results none = {.data = j->session.data, .protocol = sbnn_protocol_name(o)};
    sbnn_output output = {.ctx = &r, .write = write, .draw = draw, .print = print};
    code = sbnn_write_results(&j->session, &none, &output, e);
  }
  for (size_t i = 0; i < j->n_views; i++) {
    free(j->views[i].x);
    free(j->views[i].result.y);
  }
  return code;
}

static view *add_view(job *j, const char *name, const char *title, size_t dimensions) {
  view *v = &j->views[j->n_views++];
  v->x = sbnn_alloc(j->n * dimensions, sizeof *v->x);
  v->result =
      (sbnn_tsne_view){.name = name, .title = title, .dimensions = dimensions, .trustworthiness = NAN};
  return v;
}

/* The genes as the network gets them, on their leading principal components; the responses as z-scores. */
static void make_views(job *j, const float *x, size_t genes, const float *y) {
  const sbnn_options *o = j->session.options;
  size_t n = j->n, q = j->session.data->n_responses, most = n < genes ? n : genes,
         k = (size_t)own_of(o)->components;
  int threads = o->threads > 0 ? o->threads : tn_max_threads();
  if (k > most) k = most; /* all there are */
  if (own_of(o)->view != RESPONSES)
    sbnn_principal((sbnn_float_rows){x, n, genes}, k, threads,
                   add_view(j, "genes", "t-SNE of gene expression", k)->x, NULL);
  if (own_of(o)->view == GENES) return;
  view *v = add_view(j, "responses", "t-SNE of responses", q);
  for (size_t i = 0; i < n * q; i++) v->x[i] = y[i];
}

static int run_tables(job *j, sbnn_error *e) {
  const sbnn_options *o = j->session.options;
  sbnn_dataset data;
  const sbnn_matrices_options how = sbnn_matrices_options_of(o, false, 0);
  sbnn_shared all = {0}; /* under `paper` that is everything, prepared on all cells */
  int code = sbnn_read_data(o, &data, e);
  if (code != SBNN_OK) return code;
  j->session.data = &data;
  j->session.reading = sbnn_clock() - j->session.start;
  j->n = data.n_cells;
  code = sbnn_copy_check(o, data.x_path, e);
  if (code == SBNN_OK) code = sbnn_shared_make(&data, &how, &all, e);
  if (code == SBNN_OK) make_views(j, all.x, all.preparation.n_genes, all.y);
  sbnn_shared_free(&all);
  if (code == SBNN_OK) code = lay_out(j, e);
  if (code == SBNN_OK) code = sbnn_copy_write(o, data.x_path, e);
  sbnn_dataset_free(&data);
  return code;
}

static int run_latent(job *j, sbnn_error *e) {
  sbnn_stored stored;
  int code = sbnn_copy_check(j->session.options, NULL, e);
  if (code == SBNN_OK) code = sbnn_stored_read_latent(j->session.options->results, &stored, e);
  if (code != SBNN_OK) return code;
  const sbnn_experiment *x = &stored.experiments[0];
  j->session.data = &stored.data;
  j->n = x->n_train;
  view *v = add_view(j, "latent", "t-SNE of the latent space", (size_t)x->bottleneck);
  memcpy(v->x, x->latent, j->n * (size_t)x->bottleneck * sizeof *v->x);
  code = lay_out(j, e);
  sbnn_stored_free(&stored);
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  job j = {.session = {.options = o, .start = sbnn_clock()}};
  if (o->results && (o->x || o->y || o->data))
    return sbnn_fail(e, SBNN_USAGE, "tsne takes --results or the tables (--x and --y, or --data), not both");
  if (!o->results && !o->data && !(o->x && o->y))
    return sbnn_fail(e, SBNN_USAGE,
                     "tsne needs --x and --y, or --data, or --results ('%s help tsne' lists all options)",
                     sbnn_program);
  if (!(j.session.out = sbnn_outdir_open(o->out, o->force, e))) return e->code;
  int code = o->results ? run_latent(&j, e) : run_tables(&j, e);
  sbnn_outdir_abort(j.session.out);
  return code;
}

/* All genes are of use. */
static int resolve(sbnn_options *o, sbnn_error *e) {
  (void)e;
  o->genes = 0;
  return SBNN_OK;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_DATA,
     .name = "x",
     .value = "FILE",
     .field = SBNN_FIELD(x),
     .help = "gene counts: cells by genes, or genes by cells"},
    {.group = SBNN_GROUP_DATA,
     .name = "y",
     .value = "FILE",
     .field = SBNN_FIELD(y),
     .help = "responses of the same cells: physiology, proteins"},
    {.group = SBNN_GROUP_DATA,
     .name = "results",
     .value = "DIR",
     .field = SBNN_FIELD(results),
     .help = "instead of --x and --y: folder whose latent.tsv is embedded"},
    {.kind = SBNN_OPTION_CHOICE,
     .name = "view",
     .value = "both|genes|responses",
     .field = SBNN_OWN_FIELD(own_options, view),
     .initial = "both",
     .help = "which view is embedded"},
    {.kind = SBNN_OPTION_WHOLE,
     .name = "components",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, components),
     .initial = "40",
     .lowest = 1,
     .highest = 10000,
     .help = "largest number of principal components of the genes"},
    {.kind = SBNN_OPTION_POSITIVE,
     .name = "perplexity",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, perplexity),
     .initial = "30",
     .highest = INFINITY,
     .help = "effective number of neighbours of each cell"},
    {.kind = SBNN_OPTION_WHOLE,
     .name = "exact-cells",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, exact_cells),
     .initial = "2000",
     .highest = 20000,
     .help = "largest number of cells for the exact method"},
    {.kind = SBNN_OPTION_REAL,
     .name = "theta",
     .value = "NUMBER",
     .field = SBNN_OWN_FIELD(own_options, theta),
     .initial = "0.5",
     .highest = 1,
     .help = "approximation for more cells (Barnes-Hut); 0: exact"},
    {.kind = SBNN_OPTION_WHOLE,
     .name = "iterations",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, iterations),
     .initial = "1000",
     .lowest = 1,
     .highest = SBNN_MANY,
     .help = "gradient steps, the first 250 with exaggeration"},
    {.kind = SBNN_OPTION_CHOICE,
     .name = "start",
     .value = "pca|random",
     .field = SBNN_OWN_FIELD(own_options, start),
     .initial = "pca",
     .help = "start of the map; random: drawn with --seed"},
};

static const char *const files[] = {"tsne.tsv", "tsne_quality.tsv", NULL};
static const char *const figures[] = {"tsne", NULL};

const sbnn_command sbnn_command_tsne = {
    .name = "tsne",
    .usage = "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
    .summary = "t-SNE maps of genes, of responses, or of a latent space",
    .description =
        "Makes a t-SNE map of the genes and one of the responses, each without use of the other view. With\n"
        "--results instead of the tables: a t-SNE map of a latent space.\n",
    .example = "tsne --data data.safetensors --out maps",
    .takes = SBNN_TAKES_VIEW | SBNN_TAKES_COPY,
    .heading = "Embedding",
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .resolve = resolve,
    .run = run,
    .files = files,
    .figures = figures,
};
