/* predict.c - `sbnn predict`: a trained model on other cells. */
#include "commands/commands.h"
#include "results/writer.h"
#include "training/model_file.h"
#include "training/network.h"
#include "training/predict_cells.h"

#include <stdlib.h>

/* What the network says of n cells, in their order. */
typedef struct prediction {
  tn_array latent, responses;
} prediction;

/* ---- the network ---- */

/* The inputs of the network: the kept genes, z-scored, in the order it was trained with. */
static int make_inputs(const sbnn_model_file *m, const sbnn_dataset *d, tn_array *x, sbnn_error *e) {
  float *all = sbnn_alloc(m->n_genes, sizeof *all);
  int code =
      tn_array_new(NULL, TN_F32, 2, (int64_t[]){(int64_t)d->n_cells, (int64_t)m->n_kept}, x) == TN_OK
          ? SBNN_OK
          : sbnn_fail(e, SBNN_FAILED, "out of memory for %zu cells; predict fewer at once", d->n_cells);
  float *to = x->view.data;
  for (size_t i = 0; i < d->n_cells && code == SBNN_OK; i++) {
    code = sbnn_prepare_apply(&m->fold.preparation, d, &i, 1, all, NULL, e);
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

static tn_status run(nn_model *model, nn_state *state, const nn_data *data, const char *output,
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
  if (status == TN_OK) status = run(model, state, data, "latent", m->bottleneck, &p->latent);
  if (status == TN_OK) status = run(model, state, data, "responses", (int64_t)m->n_responses, &p->responses);
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

static int write_table(const char *path, const sbnn_model_file *m, const sbnn_dataset *d, const prediction *p,
                       sbnn_error *e) {
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
  sbnn_put(&w, "\n");
  for (size_t i = 0; i < d->n_cells; i++) {
    sbnn_put_name(&w, d->cell_names[i]);
    for (size_t j = 0; j < units; j++) value[j] = (double)z[i * units + j];
    put_row(&w, value, units);
    for (size_t j = 0; j < q; j++) value[j] = (double)y[i * q + j];
    sbnn_to_own_units(&m->fold, value, 1);
    put_row(&w, value, q);
    sbnn_put(&w, "\n");
  }
  free(value);
  return sbnn_writer_close(&w, e);
}

static int predict_cells(const sbnn_options *o, const sbnn_model_file *m, sbnn_error *e) {
  sbnn_dataset d;
  tn_array x = {0};
  prediction p = {0};
  char *weights = sbnn_path_in(o->model, SBNN_WEIGHTS_FILE);
  int code = sbnn_predict_cells(o, m, &d, e);
  if (code == SBNN_OK) code = make_inputs(m, &d, &x, e);
  if (code == SBNN_OK) code = run_network(weights, m, &x, &p, e);
  if (code == SBNN_OK) code = write_table(o->out, m, &d, &p, e);
  if (code == SBNN_OK && !o->quiet)
    fprintf(stderr, "%zu cells: %d latent coordinates and %zu responses are in %s\n", d.n_cells,
            m->bottleneck, m->n_responses, o->out);
  tn_array_free(&x);
  tn_array_free(&p.latent);
  tn_array_free(&p.responses);
  sbnn_dataset_free(&d);
  free(weights);
  return code;
}

int sbnn_predict(const sbnn_options *o, sbnn_error *e) {
  sbnn_model_file m;
  int code = sbnn_check_place(o->out, o->force, e);
  if (code == SBNN_OK) code = sbnn_model_file_read(o->model, &m, e);
  if (code != SBNN_OK) return code;
  code = predict_cells(o, &m, e);
  sbnn_model_file_free(&m);
  return code;
}
