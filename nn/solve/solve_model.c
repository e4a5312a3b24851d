/* solve_model.c - see solve_model.h: builds the network in the solver's graph. Parameters are values of the
 * solver or constants, inputs are constants. */
#include "nn/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct nn__solving {
  const nn_solve_job *job;
  int *index; /* indices of the variables that are solved for */
  tn_array *x;
  int n;
} nn__solving;

static tn_status say(nn_solve_result *r, tn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static tn_status say(nn_solve_result *r, tn_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(r->message, sizeof r->message, format, args);
  va_end(args);
  return status;
}

/* ---- inputs ------------------------------------------------------------------------------------------- */

/* Gathers the rows of a stored or generated column, in the column's type. */
static tn_status gather(nn_model *m, const nn_solve_job *job, const char *column, const tn_view *from,
                        tn_view out) {
  const nn_generator *made = nn__data_generator(job->data, column);
  int64_t n = out.shape[0], *rows = tn_calloc(m->alloc, (size_t)n + 1, sizeof *rows);
  char why[NN__MESSAGE] = "out of memory";
  bool good = rows != NULL;
  for (int64_t i = 0; good && i < n; i++) {
    rows[i] = job->rows.rows ? job->rows.rows[i] : i;
    if (!made) tn_copy(tn_view_slice(out, 0, i, 1, 1), tn_view_slice(*from, 0, rows[i], 1, 1));
  }
  if (good && made && !made->fill(made->ctx, rows, n, out)) {
    good = false;
    (void)nn__column_not_made(column, made, rows, n, why);
  }
  tn_status status = good ? TN_OK : rows ? TN_EIO : TN_ENOMEM;
  if (!good) nn_fail(m, status, "nn_solve_model: %.200s", why);
  tn_free(m->alloc, rows);
  return status;
}

ag_ref nn__solving_input(nn_model *m, const char *column, const ag_type *type) {
  const nn_solve_job *job = m->solving->job;
  tn_view from;
  tn_array raw, typed;
  ag_ref out = {0};
  if (!strcmp(column, NN__ROW_WEIGHTS) && !nn_data_column(job->data, column, &from)) {
    ag_ref one = ag_scalar(m->graph, type->dtype, 1);
    return ag_broadcast(m->graph, one, type->rank, type->shape);
  }
  if (!nn_data_column(job->data, column, &from)) {
    nn_fail(m, TN_EINVAL, "nn_solve_model: the data have no column '%.60s', which the network reads", column);
    return out;
  }
  char why[NN__MESSAGE];
  tn_status status = nn__column_fits(column, &from, type, why);
  if (status != TN_OK) {
    nn_fail(m, status, "nn_solve_model: %.200s", why);
    return out;
  }
  if (tn_array_new(m->alloc, from.dtype, type->rank, type->shape, &raw) != TN_OK) {
    nn_fail(m, TN_ENOMEM, "nn_solve_model: out of memory");
    return out;
  }
  status = gather(m, job, column, &from, raw.view);
  if (status == TN_OK && tn_array_new(m->alloc, type->dtype, type->rank, type->shape, &typed) == TN_OK) {
    tn_copy(typed.view, raw.view);
    out = ag_constant(m->graph, typed.view);
    tn_array_free(&typed);
  } else nn_fail(m, TN_ENOMEM, "nn_solve_model: out of memory");
  tn_array_free(&raw);
  return out;
}

/* ---- the network in the solver's graph ------------------------------------------------------------------ */

static ag_ref cast(ag_graph *g, ag_ref x, tn_dtype dtype) {
  return x.id && ag_type_of(g, x).dtype != dtype ? ag_cast(g, x, dtype) : x;
}

/* Gives each parameter and buffer its value before the network asks for it. */
static void stand_in(const nn__solving *s, ag_graph *g, const ag_ref *in) {
  nn_model *m = s->job->model;
  for (size_t i = 0, k = 0; i < m->n_variables; i++) {
    nn__variable *v = &m->variables[i];
    bool solved = (int)k < s->n && s->index[k] == (int)i;
    if (v->kind != NN__PARAMETER && v->kind != NN__BUFFER) continue;
    v->build = m->build;
    v->frozen = false;
    v->prox = NULL;
    v->n_constraints = 0;
    v->average = (nn__averaging){0};
    v->ref = solved ? cast(g, in[k++], m->dtype) : ag_constant(g, nn__view(s->job->state, v));
  }
}

static ag_ref wanted(const nn__solving *s) {
  nn_model *m = s->job->model;
  const char *what = s->job->what ? s->job->what : m->n_reports ? m->reports[0].name : "";
  for (int i = 0; i < m->n_reports; i++)
    if (!strcmp(m->reports[i].name, what) && m->reports[i].build == m->build) return m->reports[i].ref;
  for (size_t i = 0; i < m->n_outputs; i++)
    if (!strcmp(m->outputs[i].name, what) && m->outputs[i].build == m->build) return m->outputs[i].ref;
  nn_fail(m, TN_EINVAL, "nn_solve_model: the network has no report or output '%.80s'", what);
  return (ag_ref){0};
}

static ag_ref build(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  const nn__solving *s = ctx;
  nn_model *m = s->job->model;
  (void)n;
  pthread_mutex_lock(&m->lock);
  m->graph = g;
  m->solving = s;
  nn__begin_build(m, NN_EVAL, nn__split_size(s->job->data, s->job->rows), m->usual_length);
  stand_in(s, g, in);
  m->network(m, m->ctx);
  ag_ref y = nn_building(m) ? cast(g, wanted(s), TN_F64) : (ag_ref){0};
  nn__gradients_free(m);
  m->graph = NULL;
  m->solving = NULL;
  pthread_mutex_unlock(&m->lock);
  return y;
}

/* ---- parameters ----------------------------------------------------------------------------------------- */

/* Chooses the parameters to solve for and copies their values. Those that the last build froze are left
 * out. */
static tn_status take(nn__solving *s, nn_solve_result *r) {
  nn_model *m = s->job->model;
  const char *glob = s->job->parameters;
  s->index = tn_calloc(m->alloc, m->n_variables + 1, sizeof *s->index);
  s->x = tn_calloc(m->alloc, m->n_variables + 1, sizeof *s->x);
  if (!s->index || !s->x) return say(r, TN_ENOMEM, "nn_solve_model: out of memory");
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    if (v->kind != NN__PARAMETER || v->frozen || (glob && !nn__glob(glob, v->name))) continue;
    if (tn_array_new(m->alloc, TN_F64, v->type.rank, v->type.shape, &s->x[s->n]) != TN_OK)
      return say(r, TN_ENOMEM, "nn_solve_model: out of memory");
    tn_copy(s->x[s->n].view, nn__view(s->job->state, v));
    s->index[s->n++] = (int)i;
  }
  if (s->n) return TN_OK;
  return say(r, TN_EINVAL, "nn_solve_model: no parameter that is not frozen matches '%.80s'",
             glob ? glob : "*");
}

static void give_back(const nn__solving *s) {
  for (int k = 0; k < s->n; k++)
    tn_copy(nn__view(s->job->state, &s->job->model->variables[s->index[k]]), s->x[k].view);
}

static tn_status solve(nn__solving *s, nn_solver *solver, const nn_solve_options *options,
                       nn_solve_result *r) {
  tn_view *views = tn_calloc(s->job->model->alloc, (size_t)s->n + 1, sizeof *views);
  if (!views) return say(r, TN_ENOMEM, "nn_solve_model: out of memory");
  for (int k = 0; k < s->n; k++) views[k] = s->x[k].view;
  tn_status status = solver(build, s, views, s->n, options, r);
  give_back(s);
  tn_free(s->job->model->alloc, views);
  return status;
}

tn_status nn_solve_model(nn_solver *solver, const nn_solve_job *job, const nn_solve_options *options,
                         nn_solve_result *result) {
  nn_solve_result ignored;
  nn_solve_result *r = result ? result : &ignored;
  *r = (nn_solve_result){0};
  if (!solver || !job || !job->model || !job->state || !job->data)
    return say(r, TN_EINVAL, "nn_solve_model: solver, model, state and data must not be NULL");
  nn__solving s = {.job = job};
  tn_status status = nn__state_check(job->model, job->state, "nn_solve_model");
  if (status == TN_OK) status = nn__split_check(job->state, "nn_solve_model", job->data, job->rows);
  if (status != TN_OK) return say(r, status, "%s", nn_state_error(job->state));
  status = take(&s, r);
  if (status == TN_OK) status = solve(&s, solver, options, r);
  for (int k = 0; s.x && k < s.n; k++) tn_array_free(&s.x[k]);
  tn_free(job->model->alloc, s.x);
  tn_free(job->model->alloc, s.index);
  return status;
}
