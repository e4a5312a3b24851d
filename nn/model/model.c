/* model.c - calls the network function, compiles what it built, and remembers the plans. */
#include "nn/internal.h"

#include <stdio.h>
#include <string.h>

/* ---- life -------------------------------------------------------------------------------------------- */

static tn_status check_options(nn_model *m) {
  const char *wrong = NULL;
  if (m->dtype != TN_F32 && m->dtype != TN_F64) wrong = "dtype must be TN_F32 or TN_F64";
  else if (m->batch < 0 || m->eval_batch < 0 || m->threads < 0 || m->usual_length < 0)
    wrong = "an option is negative";
  else if (!m->network) wrong = "there is no network function";
  if (!wrong) return TN_OK;
  snprintf(m->error, sizeof m->error, "nn_model_new: %s", wrong);
  return TN_EINVAL;
}

tn_status nn_model_new(const nn_model_options *options, nn_network *network, void *ctx, nn_model **out) {
  static const nn_model_options defaults = {0};
  const nn_model_options *o = options ? options : &defaults;
  const tn_alloc *alloc = o->alloc ? o->alloc : &tn_default_alloc;
  if (!out) return TN_EINVAL;
  nn_model *m = *out = tn_calloc(alloc, 1, sizeof *m);
  if (!m) return TN_ENOMEM;
  m->alloc = alloc;
  m->dtype = o->dtype;
  m->batch = o->batch ? o->batch : 32;
  m->eval_batch = o->eval_batch ? o->eval_batch : 256;
  m->threads = o->threads ? o->threads : 1;
  m->usual_length = o->length;
  m->no_hoist = o->no_hoist;
  m->network = network;
  m->ctx = ctx;
  if (pthread_mutex_init(&m->lock, NULL)) {
    tn_free(alloc, m);
    *out = NULL;
    return TN_ENOMEM;
  }
  const nn__plan *plan;
  m->status = check_options(m);
  if (m->status == TN_OK) m->status = nn__plan_get(m, NN__FIT, NULL, m->batch, &plan, NULL);
  m->sealed = true;
  return m->status;
}

static void plan_free(const tn_alloc *alloc, nn__plan *p) {
  if (!p) return;
  ag_plan_free(p->plan);
  tn_free(alloc, p->leaf);
  tn_free(alloc, p);
}

void nn_model_free(nn_model *m) {
  if (!m) return;
  for (size_t i = 0; i < m->n_plans; i++) plan_free(m->alloc, m->plans[i]);
  for (size_t i = 0; i < m->n_variables; i++) tn_free(m->alloc, m->variables[i].name);
  for (int i = 0; i < m->n_reports; i++) tn_free(m->alloc, m->reports[i].name);
  for (size_t i = 0; i < m->n_outputs; i++) tn_free(m->alloc, m->outputs[i].name);
  tn_free(m->alloc, m->plans);
  tn_free(m->alloc, m->variables);
  tn_free(m->alloc, m->outputs);
  tn_free(m->alloc, m->updates);
  tn_free(m->alloc, m->losses);
  pthread_mutex_destroy(&m->lock);
  tn_free(m->alloc, m);
}

const char *nn_error(const nn_model *m) { return m ? m->error : "out of memory"; }

/* ---- inside a network function ------------------------------------------------------------------------- */

ag_graph *nn_graph(nn_model *m) { return m->graph; }
nn_mode nn_mode_of(const nn_model *m) { return m->mode; }
int64_t nn_batch(const nn_model *m) { return m->rows; }
int64_t nn_length(const nn_model *m) { return m->length; }

ag_ref nn_input(nn_model *m, const char *column, int rank, const int64_t *row_shape) {
  return nn_input_typed(m, column, m->dtype, rank, row_shape);
}

ag_ref nn_input_typed(nn_model *m, const char *column, tn_dtype dtype, int rank, const int64_t *row_shape) {
  int64_t shape[TN_MAX_RANK] = {m->rows};
  if (!nn_building(m)) return (ag_ref){0};
  if (!column || (rank > 0 && !row_shape)) {
    nn_fail(m, TN_EINVAL, "nn_input: the column's name and the shape of a row must not be NULL");
    return (ag_ref){0};
  }
  if (rank < 0 || rank >= TN_MAX_RANK) {
    nn_fail(m, TN_ESHAPE, "nn_input: rows of '%s' must have a rank of 0 to %d", column, TN_MAX_RANK - 1);
    return (ag_ref){0};
  }
  if (!strcmp(column, "lr") || nn__find(m, column)) {
    nn_fail(m, TN_EINVAL, "nn_input: '%s' is the name of a value of the model; call the column otherwise",
            column);
    return (ag_ref){0};
  }
  for (int a = 0; a < rank; a++) shape[a + 1] = row_shape[a];
  int64_t width = tn_numel(rank, row_shape);
  if (width > m->widest) m->widest = width;
  if (m->solving) {
    ag_type type = {.dtype = dtype, .rank = rank + 1};
    memcpy(type.shape, shape, sizeof shape);
    return nn__solving_input(m, column, &type);
  }
  return ag_input(m->graph, column, dtype, rank + 1, shape);
}

/* The first build fixes the names of outputs and reports: every epoch lists the same ones for training and
 * validation, and threads read them without the lock. */
static nn__named *add_output(nn_model *m, const char *name) {
  if (m->sealed) {
    nn_fail(m, TN_EINVAL, "nn_output: '%s' is no output in training; name it in every mode", name);
    return NULL;
  }
  char *copy = nn__strdup(m->alloc, name);
  if (!copy ||
      tn_grow(m->alloc, &m->outputs, &m->cap_outputs, m->n_outputs + 1, sizeof *m->outputs) != TN_OK) {
    tn_free(m->alloc, copy);
    nn_fail(m, TN_ENOMEM, "nn_output: out of memory");
    return NULL;
  }
  m->outputs[m->n_outputs] = (nn__named){.name = copy};
  return &m->outputs[m->n_outputs++];
}

void nn_output(nn_model *m, const char *name, ag_ref x) {
  nn__named *o = NULL;
  if (!nn_building(m)) return;
  if (!name) {
    nn_fail(m, TN_EINVAL, "nn_output: the name must not be NULL");
    return;
  }
  ag_type type = ag_type_of(m->graph, x);
  if (type.rank < 1 || type.shape[0] != m->rows || type.dtype != m->dtype) {
    nn_fail(m, TN_ESHAPE, "nn_output: '%s' must be a value of the model's type with one row per example",
            name);
    return;
  }
  for (size_t i = 0; i < m->n_outputs && !o; i++) {
    if (!strcmp(m->outputs[i].name, name)) o = &m->outputs[i];
  }
  if (!o && !(o = add_output(m, name))) return;
  if (o->build == m->build) nn_fail(m, TN_EINVAL, "nn_output: there are two outputs '%s'", name);
  o->build = m->build;
  o->ref = x;
}

static nn__named *add_report(nn_model *m, const char *name) {
  if (m->sealed) {
    nn_fail(m, TN_EINVAL, "nn_report: '%s' is not reported in training; report it in every mode", name);
    return NULL;
  }
  if (m->n_reports == NN_MAX_REPORTS) {
    nn_fail(m, TN_EINVAL, "nn_report: '%s' would be one more than %d", name, NN_MAX_REPORTS);
    return NULL;
  }
  char *copy = nn__strdup(m->alloc, name);
  if (!copy) {
    nn_fail(m, TN_ENOMEM, "nn_report: out of memory");
    return NULL;
  }
  nn__named *r = &m->reports[m->n_reports++];
  *r = (nn__named){.name = copy};
  return r;
}

void nn_report(nn_model *m, const char *name, ag_ref x) {
  nn__named *r = NULL;
  if (!nn_building(m)) return;
  if (!name) {
    nn_fail(m, TN_EINVAL, "nn_report: the name must not be NULL");
    return;
  }
  if (!x.id && m->mode == NN_EVAL) x = ag_scalar(m->graph, m->dtype, 0);
  ag_type type = ag_type_of(m->graph, x);
  if (type.rank != 0 || type.dtype != m->dtype) {
    nn_fail(m, TN_ESHAPE, "nn_report: '%s' must be a scalar of the model's type", name);
    return;
  }
  for (int i = 0; i < m->n_reports && !r; i++) {
    if (!strcmp(m->reports[i].name, name)) r = &m->reports[i];
  }
  if (!r && !(r = add_report(m, name))) return;
  if (r->build == m->build) nn_fail(m, TN_EINVAL, "nn_report: there are two reports '%s'", name);
  r->build = m->build;
  r->ref = x;
}

/* ---- building ---------------------------------------------------------------------------------------- */

/* Writes the refs that the plan must compute to `refs`, which has room for all of them. */
static int choose_outputs(nn_model *m, const nn__plan *p, ag_ref *refs) {
  int n = 0;
  if (p->purpose == NN__WATCH) return 0;
  if (p->purpose == NN__PREDICT) {
    const nn__named *o = &m->outputs[p->output];
    if (o->build != m->build) nn_fail(m, TN_EINVAL, "nn_predict: '%s' is no output in NN_EVAL", o->name);
    refs[n++] = o->ref;
    return n;
  }
  for (int i = 0; i < m->n_reports; i++) {
    if (m->reports[i].build != m->build) {
      nn_fail(m, TN_EINVAL, "nn_report: '%s' is missing in evaluation", m->reports[i].name);
    }
    refs[n++] = m->reports[i].ref;
  }
  if (p->purpose == NN__TRACE) {
    for (size_t i = 0; i < m->n_updates; i++) refs[n++] = m->updates[i];
  }
  return n;
}

/* Adds the terms of the losses, reported or not, so that NaN and infinity are noticed: see train/watch.c. */
static int choose_losses(nn_model *m, nn__purpose purpose, ag_ref *refs, int n) {
  ag_ref terms[NN__MAX_TERMS];
  int added = 0;
  bool of_data = purpose == NN__FIT || purpose == NN__HOIST || purpose == NN__ONE_STEP;
  int n_terms = 0;
  if (of_data || purpose == NN__TRACE) n_terms = nn__watched(m, true, terms, NN__MAX_TERMS);
  if (purpose == NN__WATCH || purpose == NN__TRACE)
    n_terms += nn__watched(m, false, terms + n_terms, NN__MAX_TERMS - n_terms);
  for (int i = 0; i < n_terms; i++) {
    bool there = false;
    for (int k = 0; k < n + added; k++) there |= refs[k].id == terms[i].id;
    if (!there) refs[n + added++] = terms[i];
  }
  return added;
}

/* Frozen parameters are fixed during a fit; other variables and the rate vary; any other leaf is a column. */
static ag_leaf_use use_of_leaf(const void *ctx, const char *name) {
  const nn_model *m = ctx;
  const nn__variable *v = nn__find(m, name);
  if (v) return v->kind == NN__PARAMETER && v->frozen ? AG_LEAF_FIXED : AG_LEAF_VARIES;
  return strcmp(name, "lr") ? AG_LEAF_ROWS : AG_LEAF_VARIES;
}

static int64_t row_size(const nn_model *m, ag_ref x) {
  ag_type t = ag_type_of(m->graph, x);
  return tn_numel(t.rank - 1, t.shape + 1);
}

/* Chooses the values that a fit computes once and keeps as columns; none if they need more memory than the
 * largest column. */
static int choose_given(nn_model *m, const ag_ref *outputs, int n, ag_ref *given) {
  int64_t size = 0;
  if (m->no_hoist) return 0;
  int n_given = ag_hoistable(m->graph, outputs, n, (ag_leaf_uses){use_of_leaf, m}, given, NN__MAX_HOISTED);
  for (int i = 0; i < n_given; i++) size += row_size(m, given[i]);
  return size <= m->widest ? n_given : 0;
}

/* Stores what each leaf of the plan stands for, so that binding a run does not need the graph. */
static tn_status map_leaves(nn_model *m, nn__plan *p) {
  int n = ag_plan_leaf_count(p->plan);
  p->leaf = tn_calloc(m->alloc, (size_t)n + 1, sizeof *p->leaf);
  if (!p->leaf) return TN_ENOMEM;
  for (int i = 0; i < n; i++) {
    const char *name = ag_plan_leaf_name(p->plan, i);
    const nn__variable *v = nn__find(m, name);
    p->leaf[i] = v ? (int)(v - m->variables) : !strcmp(name, "lr") ? NN__LEAF_RATE : NN__LEAF_COLUMN;
    int given;
    if (p->n_given && sscanf(name, AG_GIVEN, &given) == 1) p->leaf[i] = NN__LEAF_GIVEN - given;
  }
  return TN_OK;
}

static tn_status compile_refs(nn_model *m, nn__plan *p, const ag_ref *refs, int n) {
  static const unsigned flags[] = {[NN__FIT] = AG_WITH_EFFECTS,
                                   [NN__ONE_STEP] = AG_WITH_EFFECTS,
                                   [NN__TRACE] = AG_TRAP_NONFINITE,
                                   [NN__PREDICT] = 0};
  const bool hoists = p->purpose == NN__HOIST || p->purpose == NN__HOIST_VALID;
  ag_ref given[NN__MAX_HOISTED];
  if (hoists || p->purpose == NN__FIT || p->purpose == NN__VALIDATE)
    p->n_given = choose_given(m, refs, n, given);
  if (ag_status(m->graph) != TN_OK) return ag_status(m->graph);
  if (!hoists) return ag_compile_given(m->graph, given, p->n_given, refs, n, flags[p->purpose], &p->plan);
  p->n_outputs = p->n_given;
  return ag_compile(m->graph, given, p->n_given, 0, &p->plan);
}

static tn_status compile(nn_model *m, nn__plan *p) {
  ag_ref *refs = tn_calloc(m->alloc, NN_MAX_REPORTS + m->n_updates + NN__MAX_TERMS, sizeof *refs);
  if (!refs) return TN_ENOMEM;
  p->n_outputs = choose_outputs(m, p, refs);
  p->n_losses = choose_losses(m, p->purpose, refs, p->n_outputs);
  p->lr = m->lr;
  p->trains = m->minimizes;
  p->still = m->still;
  tn_status status = ag_status(m->graph);
  bool trains = p->purpose != NN__PREDICT && p->purpose != NN__WATCH && m->minimizes;
  /* A network without reports and optimizer may still have outputs. It is an error only if one asks it to
   * train or evaluate. */
  if (status == TN_OK && (p->n_outputs || p->n_losses || trains)) {
    status = compile_refs(m, p, refs, p->n_outputs + p->n_losses);
    if (status == TN_OK) status = map_leaves(m, p);
  }
  tn_free(m->alloc, refs);
  return status;
}

void nn__begin_build(nn_model *m, nn_mode mode, int64_t rows, int64_t length) {
  m->mode = mode;
  m->rows = rows;
  m->length = length;
  m->build++;
  m->n_updates = 0;
  m->n_scopes = 0;
  m->n_losses = 0;
  m->minimizes = m->still = false;
  m->n_rules = m->every = 0;
  m->sums = false;
  m->applies = m->applied = (ag_ref){0};
  m->lr = 0;
  m->widest = 0;
  m->rate = m->step = (ag_ref){0};
}

/* Calls the network function and compiles the plan. */
static tn_status build(nn_model *m, nn__plan *p) {
  tn_status status = ag_graph_new(m->alloc, &m->graph);
  if (status == TN_OK) {
    bool training = p->purpose == NN__FIT || p->purpose == NN__ONE_STEP || p->purpose == NN__TRACE ||
                    p->purpose == NN__HOIST || p->purpose == NN__WATCH;
    nn__begin_build(m, training ? NN_TRAIN : NN_EVAL, p->rows, p->length);
    m->network(m, m->ctx);
    if (m->n_scopes)
      nn_fail(m, TN_EINVAL,
              "%s '%s': the scope is still open at the end of the network; end the layer with nn_leave or "
              "nn_refuse",
              m->layer[m->n_scopes - 1], m->scope);
    status = compile(m, p);
  }
  if (status != TN_OK) {
    const char *text = m->graph ? ag_error(m->graph) : "";
    snprintf(m->error, sizeof m->error, "%s", *text ? text : tn_status_text(status));
  }
  nn__gradients_free(m);
  ag_graph_free(m->graph);
  m->graph = NULL;
  return status;
}

/* ---- the cache --------------------------------------------------------------------------------------- */

static tn_status find_output(nn_model *m, const char *name, int *index) {
  char list[256] = "";
  size_t used = 0;
  for (size_t i = 0; i < m->n_outputs; i++) {
    if (!strcmp(m->outputs[i].name, name)) {
      *index = (int)i;
      return TN_OK;
    }
    if (used < sizeof list) {
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", m->outputs[i].name);
    }
  }
  snprintf(m->error, sizeof m->error, "nn_predict: the network has no output '%s'; it has: %s", name,
           m->n_outputs ? list : "none");
  return TN_EINVAL;
}

static tn_status get(nn_model *m, const nn__use *use, const nn__plan **out) {
  const int64_t rows = use->rows, length = use->length ? use->length : m->usual_length;
  const nn__purpose purpose = use->purpose;
  int index = -1;
  tn_status status = use->output ? find_output(m, use->output, &index) : TN_OK;
  if (status != TN_OK) return status;
  for (size_t i = 0; i < m->n_plans; i++) {
    const nn__plan *p = *out = m->plans[i];
    if (p->purpose == purpose && p->output == index && p->rows == rows && p->length == length) return TN_OK;
  }
  nn__plan *p = tn_calloc(m->alloc, 1, sizeof *p);
  if (!p || tn_grow(m->alloc, &m->plans, &m->cap_plans, m->n_plans + 1, sizeof(nn__plan *)) != TN_OK) {
    tn_free(m->alloc, p);
    snprintf(m->error, sizeof m->error, "out of memory");
    return TN_ENOMEM;
  }
  *p = (nn__plan){.purpose = purpose, .output = index, .rows = rows, .length = length, .dtype = m->dtype};
  status = build(m, p);
  if (status != TN_OK) {
    plan_free(m->alloc, p);
    return status;
  }
  *out = m->plans[m->n_plans++] = p;
  return TN_OK;
}

tn_status nn__plan_for(nn_model *m, const nn__use *use, const nn__plan **out, char *message) {
  pthread_mutex_lock(&m->lock);
  tn_status status = m->status;
  if (status == TN_OK) status = get(m, use, out);
  if (status != TN_OK && message) snprintf(message, NN__MESSAGE, "%.*s", NN__MESSAGE - 1, m->error);
  pthread_mutex_unlock(&m->lock);
  return status;
}

tn_status nn__plan_get(nn_model *m, nn__purpose purpose, const char *output, int64_t rows,
                       const nn__plan **out, char *message) {
  return nn__plan_for(m, &(nn__use){.purpose = purpose, .output = output, .rows = rows}, out, message);
}

/* Compiles the plans of a pass over n rows: for full and short batches, and for hoisted values. */
static tn_status prepare(nn_model *m, nn__purpose purpose, const char *output, int64_t batch, int64_t n) {
  const nn__plan *plan = NULL;
  tn_status status = TN_OK;
  if (n >= batch) status = nn__plan_get(m, purpose, output, batch, &plan, NULL);
  if (status == TN_OK && n % batch) status = nn__plan_get(m, purpose, output, n % batch, &plan, NULL);
  if (status != TN_OK || !plan || !plan->n_given || (purpose != NN__FIT && purpose != NN__VALIDATE))
    return status;
  return prepare(m, purpose == NN__FIT ? NN__HOIST : NN__HOIST_VALID, output, batch, n);
}

tn_status nn_prepare(nn_model *m, int64_t train_rows, int64_t eval_rows) {
  if (!m || train_rows < 0 || eval_rows < 0) return TN_EINVAL;
  tn_status status = prepare(m, NN__FIT, NULL, m->batch, train_rows);
  if (status == TN_OK) status = prepare(m, NN__VALIDATE, NULL, m->eval_batch, eval_rows);
  if (status == TN_OK) status = prepare(m, NN__EVALUATE, NULL, m->eval_batch, eval_rows);
  for (size_t i = 0; i < m->n_outputs && status == TN_OK; i++) {
    /* nn_predict runs full batches only */
    status = prepare(m, NN__PREDICT, m->outputs[i].name, m->eval_batch, eval_rows ? m->eval_batch : 0);
  }
  return status;
}
