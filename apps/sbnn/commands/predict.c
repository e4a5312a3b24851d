/* predict.c - `sbnn predict`: a trained model on other cells. */
#include "annotate/annotation.h"
#include "build_facts.h"
#include "commands/commands.h"
#include "output/writer.h"
#include "training/model_file.h"
#include "training/network.h"
#include "training/predict_cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the network says of n cells, in their order, and of which it says nothing. */
typedef struct prediction {
  tn_array latent, responses;
  char **why; /* by cell: why its row is empty; NULL: it is not */
  size_t n_empty;
} prediction;

/* ---- cells that nothing can be said of ---- */

/* A sentence for the table, which the caller frees; NULL: the cell has what it needs. */
static char *why_empty(const sbnn_options *o, const sbnn_model_file *m, const sbnn_dataset *d, size_t cell) {
  const sbnn_counts *c = &d->counts;
  if (m->prepared.preparation.x_transform == SBNN_X_NONE) return NULL;
  if (d->responses[cell] < o->min_counts)
    return sbnn_format("%g counts in total, fewer than %d (--min-counts)", d->responses[cell], o->min_counts);
  for (size_t k = c->start[cell]; k < c->start[cell + 1]; k++)
    if (c->value[k] > 0) return NULL;
  return sbnn_format("no counts in the %zu genes of the model", m->n_genes);
}

/* By cell; *n: how many. Told on stderr, --quiet or not. */
static char **find_empty(const sbnn_options *o, const sbnn_model_file *m, const sbnn_dataset *d, size_t *n) {
  char **why = sbnn_alloc(d->n_cells, sizeof *why), list[600];
  size_t *cell = sbnn_alloc(d->n_cells, sizeof *cell);
  double *counts = sbnn_alloc(d->n_cells, sizeof *counts);
  *n = 0;
  for (size_t i = 0; i < d->n_cells; i++)
    if ((why[i] = why_empty(o, m, d, i))) counts[*n] = d->responses[i], cell[(*n)++] = i;
  if (*n)
    fprintf(stderr,
            "sbnn: %zu of %zu cells have too few counts; their rows are empty, and the column note says why: "
            "%s\n",
            *n, d->n_cells, sbnn_list_cells(d, cell, counts, *n, list, sizeof list));
  free(cell);
  free(counts);
  return why;
}

/* ---- cells unlike those of the training ---- */

/* A notice, not talk: it is there with --quiet too. x: z-scores of the genes kept, the rows of `why` being empty. */
static void tell_unlike(const sbnn_options *o, const sbnn_model_file *m, const sbnn_dataset *d,
                        const float *x, char *const *why) {
  size_t n = 0, far = 0, k = m->n_kept, *cell = sbnn_alloc(d->n_cells, sizeof *cell);
  double *apart = sbnn_alloc(d->n_cells, sizeof *apart), shift;
  float *full = sbnn_alloc(d->n_cells * k, sizeof *full);
  char list[600];
  for (size_t i = 0; i < d->n_cells && m->spread.n; i++) {
    if (why[i]) continue;
    memcpy(full + n++ * k, x + i * k, k * sizeof *x);
    double squared = sbnn_spread_distance(&m->spread, x + i * k);
    if (squared > m->spread.farthest * (1 + 1e-6))
      apart[far] = sqrt(squared / m->spread.farthest), cell[far++] = i;
  }
  if (far)
    fprintf(stderr,
            "sbnn: %zu of %zu cells lie outside the training cells in the %zu genes that the model reads (in "
            "brackets: the distance, where that of the farthest training cell is 1): %s; do not rely on "
            "their predictions\n",
            far, d->n_cells, k, sbnn_list_cells(d, cell, apart, far, list, sizeof list));
  if (sbnn_spread_shifted(&m->spread, full, n, &shift))
    fprintf(stderr,
            "sbnn: the cells of %s as a whole differ from the training cells, by %.2g standard deviations "
            "per gene: another lab, protocol or kind of cells? Correct the batch effect first, or do not "
            "rely on the predictions\n",
            o->x, shift);
  free(cell);
  free(apart);
  free(full);
}

/* ---- the network ---- */

/* The inputs of the network: the kept genes, z-scored, in the order it was trained with; zeros where `why`. */
static int make_inputs(const sbnn_model_file *m, const sbnn_dataset *d, char *const *why, tn_array *x,
                       sbnn_error *e) {
  float *all = sbnn_alloc(m->n_genes, sizeof *all);
  int code =
      tn_array_new(NULL, TN_F32, 2, (int64_t[]){(int64_t)d->n_cells, (int64_t)m->n_kept}, x) == TN_OK
          ? SBNN_OK
          : sbnn_fail(e, SBNN_FAILED, "out of memory for %zu cells; predict fewer at once", d->n_cells);
  float *to = x->view.data;
  for (size_t i = 0; i < d->n_cells && code == SBNN_OK; i++) {
    if (why[i]) continue;
    code = sbnn_prepare_apply(&m->prepared.preparation, d, (sbnn_rows){&i, 1}, all, NULL, e);
    for (size_t k = 0; k < m->n_kept && code == SBNN_OK; k++) to[i * m->n_kept + k] = all[m->kept[k]];
  }
  free(all);
  return code;
}

static int failed(tn_status status, const char *sentence, sbnn_error *e) {
  int code = status == TN_EFORMAT || status == TN_ESHAPE || status == TN_ETYPE || status == TN_EINVAL
                 ? SBNN_BAD_INPUT
                 : SBNN_FAILED;
  return sbnn_fail(e, code, "%s", sentence && *sentence ? sentence : tn_status_text(status));
}

static tn_status predict(nn_model *model, nn_state *state, const nn_data *data, const char *output,
                         int64_t columns, tn_array *to) {
  tn_status status = tn_array_new(NULL, TN_F32, 2, (int64_t[]){nn_data_rows(data), columns}, to);
  return status == TN_OK ? nn_predict(model, state, data, (nn_split){0}, output, to->view) : status;
}

/* The same network as in training, so that the same rows give the same bits. */
static int run_network(const char *weights, const sbnn_model_file *m, const tn_array *x, prediction *p,
                       sbnn_error *e) {
  sbnn_network network = {.head = SBNN_HEAD_RESPONSES,
                          .inputs = (int64_t)m->n_kept,
                          .responses = (int64_t)m->n_responses,
                          .hidden = m->hidden,
                          .n_hidden = m->n_hidden,
                          .bottleneck = m->bottleneck,
                          .lr = 1};
  char message[256] = "";
  nn_model *model = NULL;
  nn_state *state = NULL;
  nn_data *data = NULL;
  tn_status status = nn_model_new(NULL, sbnn_network_build, &network, &model);
  if (status == TN_OK) status = nn_state_new(model, &state);
  if (status == TN_OK) status = nn_state_load(state, weights, message);
  if (status == TN_OK) status = nn_data_new(NULL, &data);
  if (status == TN_OK) status = nn_data_add(data, "x", x->view);
  if (status == TN_OK) status = predict(model, state, data, "latent", m->bottleneck, &p->latent);
  if (status == TN_OK)
    status = predict(model, state, data, "responses", (int64_t)m->n_responses, &p->responses);
  int code = status == TN_OK ? SBNN_OK
                             : failed(status,
                                      *message ? message
                                      : state  ? nn_state_error(state)
                                               : NULL,
                                      e);
  nn_data_free(data);
  nn_state_free(state);
  nn_model_free(model);
  return code;
}

/* ---- the file ---- */

static void put_row(sbnn_writer *w, const double *value, size_t n) {
  for (size_t j = 0; j < n; j++) {
    sbnn_put(w, "\t");
    sbnn_put_number(w, value[j]);
  }
}

/* A last column says why a row is empty, if one is. */
static int write_table(const char *path, const sbnn_model_file *m, const sbnn_dataset *d, const prediction *p,
                       sbnn_error *e) {
  const bool any_empty = p->n_empty > 0;
  char *const *why = p->why;
  size_t units = (size_t)m->bottleneck, q = m->n_responses, widest = units > q ? units : q;
  double *value = sbnn_alloc(widest, sizeof *value);
  const float *z = p->latent.view.data, *y = p->responses.view.data;
  sbnn_writer w;
  sbnn_writer_open(&w, path);
  sbnn_put(&w, "cell");
  for (size_t j = 1; j <= units; j++) sbnn_put(&w, "\tz%zu", j);
  for (size_t j = 0; j < q; j++) {
    sbnn_put(&w, "\t");
    sbnn_put_name(&w, m->response_names[j]);
  }
  sbnn_put(&w, any_empty ? "\tnote\n" : "\n");
  for (size_t i = 0; i < d->n_cells; i++) {
    sbnn_put_name(&w, d->cell_names[i]);
    for (size_t j = 0; j < units; j++) value[j] = why[i] ? NAN : (double)z[i * units + j];
    put_row(&w, value, units);
    for (size_t j = 0; j < q; j++) value[j] = why[i] ? NAN : (double)y[i * q + j];
    if (!why[i]) sbnn_to_own_units(&m->prepared, value, 1);
    put_row(&w, value, q);
    if (any_empty) sbnn_put(&w, "\t%s", why[i] ? why[i] : "");
    sbnn_put(&w, "\n");
  }
  free(value);
  return sbnn_writer_close(&w, e);
}

/* ---- the AnnData file ---- */

static bool is_anndata(const char *path) {
  const size_t n = path ? strlen(path) : 0;
  return sbnn_ends_so(path, n, ".h5ad") || sbnn_ends_so(path, n, ".h5mu");
}

/* Where it goes; NULL: nowhere. --out may name it, too. */
static const char *copy_of(const sbnn_options *o) {
  return o->write_h5ad ? o->write_h5ad : is_anndata(o->out) ? o->out : NULL;
}

/* Where the table goes; NULL: nowhere. */
static const char *table_of(const sbnn_options *o) { return is_anndata(o->out) ? NULL : o->out; }

static void put_fact(void *to, const char *name, const char *value) {
  if (strcmp(name, "version") == 0) sbnn_additions_text(to, sbnn_strdup("sbnn/version"), value);
}

/* As the table has it. */
static float as_written(double value) {
  char text[32];
  snprintf(text, sizeof text, "%.9g", value);
  return (float)strtod(text, NULL);
}

static void add_cells(sbnn_annotated *map, sbnn_annotated *responses, const sbnn_model_file *m,
                      const sbnn_dataset *d, const prediction *p) {
  const size_t units = (size_t)m->bottleneck, q = m->n_responses;
  const float *z = p->latent.view.data, *y = p->responses.view.data;
  double *value = sbnn_alloc(q, sizeof *value);
  for (size_t i = 0, at = 0; i < d->n_cells; i++) {
    if (p->why[i]) continue;
    sbnn_strings_add(&map->ids, d->cell_names[i]);
    sbnn_strings_add(&responses->ids, d->cell_names[i]);
    for (size_t j = 0; j < q; j++) value[j] = (double)y[i * q + j];
    sbnn_to_own_units(&m->prepared, value, 1);
    for (size_t j = 0; j < units; j++) map->value[at * units + j] = z[i * units + j];
    for (size_t j = 0; j < q; j++) responses->value[at * q + j] = as_written(value[j]);
    at++;
  }
  free(value);
}

/* Cells without a prediction have NaN. */
static int write_copy(const sbnn_options *o, const sbnn_model_file *m, const sbnn_dataset *d,
                      const prediction *p, sbnn_error *e) {
  sbnn_annotation a = {.source = o->model, .gene_names = o->gene_names ? sbnn_strdup(o->gene_names) : NULL};
  sbnn_annotation_add(&a, SBNN_OF_CELLS, "X_sbnn", d->n_cells, (size_t)m->bottleneck);
  sbnn_annotation_add(&a, SBNN_OF_CELLS, "sbnn_prediction", d->n_cells, m->n_responses);
  add_cells(&a.list[0], &a.list[1], m, d, p);
  for (size_t j = 0; j < m->n_responses; j++) sbnn_strings_add(&a.list[1].columns, m->response_names[j]);
  sbnn_additions_add(&a.uns, SBNN_ADD_GROUP, sbnn_strdup("sbnn"));
  sbnn_additions_text(&a.uns, sbnn_strdup("sbnn/command"), "predict");
  sbnn_additions_text(&a.uns, sbnn_strdup("sbnn/model"), o->model);
  sbnn_build_facts(put_fact, &a.uns);
  int code = sbnn_annotation_write(&a, o->x, copy_of(o), o->quiet, e);
  sbnn_annotation_free(&a);
  return code;
}

static int predict_read(const sbnn_options *o, const sbnn_model_file *m, const sbnn_dataset *d,
                        sbnn_error *e) {
  tn_array x = {0};
  prediction p = {0};
  p.why = find_empty(o, m, d, &p.n_empty);
  char *weights = sbnn_path_in(o->model, SBNN_WEIGHTS_FILE);
  int code = make_inputs(m, d, p.why, &x, e);
  if (code == SBNN_OK) tell_unlike(o, m, d, x.view.data, p.why);
  if (code == SBNN_OK) code = run_network(weights, m, &x, &p, e);
  if (code == SBNN_OK && copy_of(o)) code = write_copy(o, m, d, &p, e);
  if (code == SBNN_OK && table_of(o)) code = write_table(table_of(o), m, d, &p, e);
  if (code == SBNN_OK && table_of(o) && !o->quiet)
    fprintf(stderr, "%zu cells: %d latent coordinates and %zu responses are in %s\n", d->n_cells,
            m->bottleneck, m->n_responses, o->out);
  tn_array_free(&x);
  tn_array_free(&p.latent);
  tn_array_free(&p.responses);
  for (size_t i = 0; i < d->n_cells; i++) free(p.why[i]);
  free(p.why);
  free(weights);
  return code;
}

static int predict_cells(const sbnn_options *o, const sbnn_model_file *m, sbnn_error *e) {
  sbnn_dataset d;
  const sbnn_predict_options how = {.path = o->x,
                                    .genes_in = o->x_genes_in,
                                    .gene_prefix = o->gene_prefix,
                                    .cells_path = o->cells,
                                    .gene_names = o->gene_names};
  int code = sbnn_predict_cells(&how, m, &d, e);
  if (code != SBNN_OK) return code;
  for (size_t i = 0; i < d.n_notes && !o->quiet; i++) fprintf(stderr, "%s\n", d.notes[i]);
  code = predict_read(o, m, &d, e);
  sbnn_dataset_free(&d);
  return code;
}

static int resolve(sbnn_options *o, sbnn_error *e) {
  if (!is_anndata(o->out) || !o->write_h5ad) return SBNN_OK;
  return sbnn_fail(e, SBNN_USAGE,
                   "--out and --write-h5ad both name an .h5ad copy, %s and %s; leave one out, or give --out "
                   "the name of a table",
                   o->out, o->write_h5ad);
}

static int run(const sbnn_options *o, sbnn_error *e) {
  sbnn_model_file m;
  int code = o->out ? sbnn_check_place("out", o->out, o->force, e) : SBNN_OK;
  if (code == SBNN_OK && o->write_h5ad) code = sbnn_check_place("write-h5ad", o->write_h5ad, o->force, e);
  if (code == SBNN_OK && copy_of(o)) code = sbnn_annotation_check(o->x, o->gene_names, e);
  if (code == SBNN_OK) code = sbnn_model_file_read(o->model, &m, e);
  if (code != SBNN_OK) return code;
  code = predict_cells(o, &m, e);
  sbnn_model_file_free(&m);
  return code;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_DATA,
     .name = "model",
     .value = "DIR",
     .field = SBNN_FIELD(model),
     .required = true,
     .help = "folder of results of sbnn train"},
    {.group = SBNN_GROUP_DATA,
     .name = "x",
     .value = "FILE",
     .field = SBNN_FIELD(x),
     .required = true,
     .help = "gene counts of the cells to predict"},
    {.group = SBNN_GROUP_DATA,
     .kind = SBNN_OPTION_CHOICE,
     .name = "x-genes-in",
     .value = "auto|rows|columns",
     .field = SBNN_FIELD(x_genes_in),
     .initial = "auto",
     .help = "genes of --x are rows or columns; auto: by model's genes"},
    {.group = SBNN_GROUP_DATA,
     .name = "gene-names",
     .value = "COLUMN",
     .field = SBNN_FIELD(gene_names),
     .help = "HDF5 files (.h5ad): gene names from var/COLUMN"},
    {.group = SBNN_GROUP_DATA,
     .kind = SBNN_OPTION_WHOLE,
     .name = "min-counts",
     .value = "N",
     .field = SBNN_FIELD(min_counts),
     .initial = "10",
     .highest = SBNN_MANY,
     .help = "cells whose counts add up to less than N get empty rows"},
    {.group = SBNN_GROUP_OUTPUT,
     .name = "out",
     .value = "FILE",
     .field = SBNN_FIELD(out),
     .required = true,
     .unless = "write-h5ad",
     .help = "table to write: map and responses of each cell"},
    {.group = SBNN_GROUP_OUTPUT,
     .kind = SBNN_OPTION_FLAG,
     .name = "force",
     .field = SBNN_FIELD(force),
     .help = "replace the file if it exists"},
};

const sbnn_command sbnn_command_predict = {
    .name = "predict",
    .usage = "--model DIR --x COUNTS --out FILE [OPTIONS]",
    .summary = "apply a trained network to other cells: map and responses",
    .description =
        "Predicts map coordinates and responses (in their own units) of other cells, with a network\n"
        "of 'sbnn train'. Counts are normalised as in training. The table must have all genes that the\n"
        "network kept.\n",
    .example = "predict --model results --x other.csv --out predicted.tsv",
    .takes = SBNN_TAKES_CHOICE | SBNN_TAKES_QUIET | SBNN_TAKES_COPY,
    SBNN_ROWS(own_rows),
    .resolve = resolve,
    .run = run,
};
