/* fitting.c - see fitting.h. */
#include "training/fitting.h"

#include "data/folds.h"

#include "interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- small pieces ---- */

int sbnn__failed(sbnn__fitting *s, tn_status status, const char *message) {
  int code = status == TN_ENUMERIC ? SBNN_NUMERICAL : status == TN_ESTOPPED ? SBNN_INTERRUPTED : SBNN_FAILED;
  if (status == TN_ESTOPPED)
    return sbnn_fail(s->e, code, "interrupted in phase '%s'; nothing was written", s->name);
  if (status == TN_ENOMEM)
    return sbnn_fail(
        s->e, code,
        "phase '%s': out of memory; use fewer --threads or a smaller --hidden, or close other programs",
        s->name);
  if (!message || !*message) message = tn_status_text(status);
  if (strncmp(message, "phase '", 7) == 0) return sbnn_fail(s->e, code, "%s", message); /* it names it */
  return sbnn_fail(s->e, code, "phase '%s': %s", s->name, message);
}

nn_split sbnn__train_rows(const sbnn__fitting *s) { return (nn_split){s->rows, (int64_t)s->p->n_train}; }
nn_split sbnn__test_rows(const sbnn__fitting *s) {
  return (nn_split){s->rows + s->p->n_train, (int64_t)s->p->n_test};
}

/* Sixteen sums at once: one would wait for each addition. */
static double sum_of_squares(const float *x, size_t n) {
  enum { PARTS = 16 };
  double part[PARTS] = {0}, sum = 0;
  size_t i = 0;
  for (; i + PARTS <= n; i += PARTS)
    for (size_t k = 0; k < PARTS; k++) part[k] += (double)x[i + k] * x[i + k];
  for (; i < n; i++) sum += (double)x[i] * x[i];
  for (size_t k = 0; k < PARTS; k++) sum += part[k];
  return sum;
}

/* Row norms of a [rows, columns] f32 kernel. */
void sbnn__row_norms(tn_view kernel, double *norms) {
  size_t columns = (size_t)kernel.shape[1];
  for (int64_t r = 0; r < kernel.shape[0]; r++)
    norms[r] = sqrt(sum_of_squares((const float *)kernel.data + (size_t)r * columns, columns));
}

static double lasso_value(const sbnn__net *f) {
  const sbnn_network *n = &f->network;
  const float *each = n->row_lasso ? n->row_lasso->data : NULL;
  tn_view kernel;
  double sum = 0;
  if ((!each && n->lasso <= 0) || !nn_state_find(f->state, "encoder/0/kernel", &kernel)) return 0;
  double *norms = sbnn_alloc((size_t)kernel.shape[0], sizeof *norms);
  sbnn__row_norms(kernel, norms);
  for (int64_t r = 0; r < kernel.shape[0]; r++) sum += each ? (double)each[r] * norms[r] : norms[r];
  free(norms);
  return each ? sum : n->lasso * sum;
}

/* ---- building a network ---- */

void sbnn__net_free(sbnn__net *f) {
  nn_state_free(f->state);
  nn_model_free(f->model);
  *f = (sbnn__net){0};
}

/* Fresh weights; the caller copies over what the phase takes from an earlier one. */
int sbnn__net_new(sbnn__fitting *s, sbnn_network network, sbnn__net *f) {
  *f = (sbnn__net){.network = network};
  nn_model_options mo = {.batch = s->o->batch};
  tn_status status = nn_model_new(&mo, sbnn_network_build, &f->network, &f->model);
  if (status == TN_OK) status = nn_state_new(f->model, &f->state);
  if (status != TN_OK) return sbnn__failed(s, status, f->model ? nn_error(f->model) : NULL);
  nn_state_init(f->state, s->o->seed, s->t->replica);
  return SBNN_OK;
}

typedef struct grouped {
  const int32_t *groups;
  const int64_t *rows;
} grouped;

static int32_t group_of(const void *ctx, size_t i) {
  const grouped *g = ctx;
  return g->groups[g->rows ? (size_t)g->rows[i] : i];
}

int sbnn__divide(const sbnn__fitting *s, const int64_t *rows, size_t n, size_t *first) {
  const grouped g = {s->p->groups, rows};
  if (!g.groups) return SBNN_OK;
  *first = sbnn_group_boundary(n, *first, group_of, &g);
  if (*first) return SBNN_OK;
  return sbnn_fail(s->e, SBNN_BAD_INPUT,
                   "--groups: the %zu training cells are in one group, so none can be set aside for "
                   "validation without dividing it; give smaller groups, other --folds, or a recipe without "
                   "validation (--no-pretrain, --noise fixed)",
                   n);
}

bool sbnn__denoising(const sbnn__fitting *s) { return s->o->recipe == SBNN_RECIPE_DENOISE; }

sbnn_network sbnn__network_for(const sbnn__fitting *s, sbnn_head head, double lr) {
  bool penalised = !sbnn__denoising(s);
  return (sbnn_network){.head = head,
                        .inputs = (int64_t)s->p->n_inputs,
                        .responses = (int64_t)s->p->n_responses,
                        .clusters = s->p->n_clusters,
                        .hidden = s->o->hidden,
                        .n_hidden = s->o->n_hidden,
                        .bottleneck = s->o->bottleneck,
                        .lasso = penalised ? s->o->lasso : 0,
                        .l2 = penalised ? s->o->l2 : 0,
                        .lr = lr,
                        .input_noise = s->o->input_noise,
                        .bottleneck_noise = s->o->bottleneck_noise};
}

/* ---- fitting ---- */

typedef struct watch {
  sbnn__fitting *s;
  sbnn__net *f;
  const sbnn__fit_plan *c;
  bool evaluated; /* after each epoch */
} watch;

/* Of rows that lie side by side, which are those the error is of: their own sum of squares. */
static double r2_of_mse(const sbnn__fitting *s, nn_split rows, double mse) {
  size_t q = s->p->n_responses, values = (size_t)rows.n * q;
  return 1 - mse * (double)values / sum_of_squares(s->p->y + (size_t)rows.rows[0] * q, values);
}

/* Mean over batches of the test rows, in order, of the R2 of each: what Keras reports. */
static double r2_by_batch(const watch *w, nn_state *state) {
  sbnn__fitting *s = w->s;
  nn_split test = sbnn__test_rows(s);
  double sum = 0, mse[NN_MAX_REPORTS];
  for (int64_t i = 0; i < test.n; i += s->o->batch) {
    nn_split rows = {test.rows + i, test.n - i < s->o->batch ? test.n - i : s->o->batch};
    if (nn_evaluate(w->f->model, state, s->data, rows, mse) != TN_OK) return NAN;
    sum += (double)rows.n * r2_of_mse(s, rows, mse[0]);
  }
  return sum / (double)test.n;
}

/* The reports over the rows that history calls test; NULL: not looked at. */
static const double *tested(const watch *w, const nn_epoch *e, double reports[NN_MAX_REPORTS]) {
  if (!w->evaluated || !w->c->valid.n) return NULL;
  if (!w->c->best_on.n || w->c->best_on.rows == w->c->valid.rows)
    return e->valid; /* paper validates on them */
  tn_status status = nn_evaluate(w->f->model, e->state, w->s->data, w->c->valid, reports);
  return status == TN_OK ? reports : NULL;
}

static bool on_epoch(void *ctx, const nn_epoch *e) {
  const watch *w = ctx;
  sbnn__fitting *s = w->s;
  bool classes = w->f->network.head == SBNN_HEAD_CLUSTERS,
       responses = w->f->network.head == SBNN_HEAD_RESPONSES;
  double reports[NN_MAX_REPORTS];
  const double *test = tested(w, e, reports);
  sbnn_history_row row = {.phase = s->name,
                          .epoch = e->epoch,
                          .lr = e->lr,
                          .train_loss = e->train[0],
                          .test_loss = test ? test[0] : NAN,
                          .train_r2 = responses ? r2_of_mse(s, w->c->rows, e->train[0]) : NAN,
                          .test_r2 = responses && test ? r2_of_mse(s, w->c->valid, test[0]) : NAN,
                          .test_r2_batches =
                              s->t->by_batch && responses && test ? r2_by_batch(w, e->state) : NAN,
                          .train_accuracy = classes ? e->train[1] : NAN,
                          .test_accuracy = classes && test ? test[1] : NAN,
                          .penalty = w->evaluated ? lasso_value(w->f) : NAN};
  sbnn_experiment_add(s->out, &row);
  double shown = responses ? (test ? row.test_r2 : row.train_r2) : NAN;
  int epochs = w->c->of ? w->c->of : w->c->last;
  const sbnn_epoch epoch = {s->out, s->name, e->epoch, epochs, shown};
  bool go_on = !s->t->hook || s->t->hook(s->t->hook_ctx, &epoch);
  return go_on && !sbnn_interrupted();
}

int sbnn__fit(sbnn__fitting *s, sbnn__net *f, const sbnn__fit_plan *c) {
  nn_fit_result result = {0};
  watch w = {s, f, c, s->o->evaluate == SBNN_EVALUATE_EACH_EPOCH || (c->monitor && !c->best_on.n)};
  nn_fit_options fo = {.epochs = c->last,
                       .first_epoch = c->first,
                       .seed = s->o->seed,
                       .replica = s->t->replica,
                       .phase = s->name,
                       .schedule = sbnn__denoising(s) ? nn_cosine : NULL,
                       .valid = c->best_on.n  ? c->best_on
                                : w.evaluated ? c->valid
                                              : (nn_split){0},
                       .monitor = c->monitor,
                       .restore_best = c->monitor != NULL,
                       .on_epoch = on_epoch,
                       .on_epoch_ctx = &w};
  tn_status status = nn_fit(f->model, f->state, s->data, c->rows, &fo, &result);
  if (status == TN_ENUMERIC && s->t->rescue_path) {
    tn_status saved = nn_state_save(f->state, s->t->rescue_path, s->t->metadata, s->t->n_metadata, NULL);
    if (saved == TN_OK)
      return sbnn_fail(s->e, SBNN_NUMERICAL, "%s; the last good weights are in %s", result.message,
                       s->t->rescue_path);
  }
  if (status != TN_OK) return sbnn__failed(s, status, *result.message ? result.message : nn_error(f->model));
  if (c->best_epoch) *c->best_epoch = result.best_epoch;
  return SBNN_OK;
}

/* ---- evaluation at the end of a stage ---- */

int sbnn__predict(sbnn__fitting *s, sbnn__net *f, nn_split rows, const char *output, int64_t columns,
                  tn_array *out) {
  tn_status status = tn_array_new(NULL, TN_F32, 2, (int64_t[]){rows.n, columns}, out);
  if (status == TN_OK && rows.n) status = nn_predict(f->model, f->state, s->data, rows, output, out->view);
  return status == TN_OK ? SBNN_OK : sbnn__failed(s, status, nn_error(f->model));
}

int sbnn__score(sbnn__fitting *s, sbnn__net *f, sbnn_stage stage) {
  int64_t q = (int64_t)s->p->n_responses;
  for (int split = 0; split < SBNN_N_SPLITS; split++) {
    nn_split rows = split == SBNN_TRAIN ? sbnn__train_rows(s) : sbnn__test_rows(s);
    tn_array prediction = {0};
    if (rows.n == 0) continue;
    int code = sbnn__predict(s, f, rows, "responses", q, &prediction);
    if (code == SBNN_OK) {
      float *y = s->p->y + (split == SBNN_TRAIN ? 0 : s->p->n_train * s->p->n_responses);
      tn_view truth = tn_matrix(y, TN_F32, rows.n, q);
      double *r2 = s->out->r2[stage][split] = sbnn_alloc((size_t)q + 1, sizeof *r2);
      for (int column = -1; column < q; column++) r2[column + 1] = nn_r2(truth, prediction.view, column);
    }
    tn_array_free(&prediction);
    if (code != SBNN_OK) return code;
  }
  return SBNN_OK;
}

int sbnn__open_data(sbnn__fitting *s) {
  const sbnn_matrices *p = s->p;
  int64_t rows = (int64_t)(p->n_train + p->n_test);
  tn_status status = nn_data_new(NULL, &s->data);
  if (status == TN_OK)
    status = nn_data_add(s->data, "x", tn_matrix(p->x, TN_F32, rows, (int64_t)p->n_inputs));
  if (status == TN_OK)
    status = nn_data_add(s->data, "y", tn_matrix(p->y, TN_F32, rows, (int64_t)p->n_responses));
  s->rows = sbnn_alloc((size_t)rows, sizeof *s->rows);
  for (int64_t i = 0; i < rows; i++) s->rows[i] = i;
  return status == TN_OK ? SBNN_OK : sbnn__failed(s, status, NULL);
}

void sbnn__close_data(sbnn__fitting *s) {
  nn_data_free(s->data);
  free(s->rows);
  s->data = NULL;
  s->rows = NULL;
}
