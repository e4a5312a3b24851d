/* exec.c - runs a plan batch after batch: binds its leaves to a state and to staging memory for rows; the
 * steps of a fit. Names are resolved once, when leaves are bound; a step allocates nothing. */
#include "nn/internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- binding ----------------------------------------------------------------------------------------- */

/* The view without its first axis. */
static tn_view row_of(tn_view v) {
  tn_view r = {.data = v.data, .dtype = v.dtype, .rank = v.rank - 1};
  for (int a = 1; a < v.rank; a++) {
    r.shape[a - 1] = v.shape[a];
    r.stride[a - 1] = v.stride[a];
  }
  return r;
}

/* Allocates memory for one batch of a column and binds the leaf to it. */
static tn_status add_stage(nn__runner *r, nn_state *s, int leaf) {
  const char *name = ag_plan_leaf_name(r->plan->plan, leaf);
  ag_type type = ag_plan_leaf_type(r->plan->plan, leaf);
  nn__column *c = &r->columns[r->n_columns];
  size_t bytes = (size_t)tn_numel(type.rank, type.shape) * tn_dtype_size(type.dtype);
  void *memory = tn_malloc(r->alloc, bytes ? bytes : 1);
  if (!memory) return nn__state_fail(s, TN_ENOMEM, "out of memory for a batch of column '%s'", name);
  c->leaf = leaf;
  c->stage = tn_view_of(memory, type.dtype, type.rank, type.shape);
  r->n_columns++;
  return ag_run_bind(r->run, leaf, c->stage);
}

/* For a generated column: allocates a batch of the column's type, and the numbers of its rows. */
static tn_status add_batch(nn__runner *r, nn_state *s, nn__column *c) {
  c->source.shape[0] = r->plan->rows;
  size_t bytes = tn_view_bytes(&c->source);
  c->source =
      tn_view_of(tn_malloc(r->alloc, bytes ? bytes : 1), c->source.dtype, c->source.rank, c->source.shape);
  c->numbers = tn_malloc(r->alloc, (size_t)r->plan->rows * sizeof *c->numbers);
  if (c->source.data && c->numbers) return TN_OK;
  return nn__state_fail(s, TN_ENOMEM, "out of memory for a batch of a generated column");
}

/* `given`: the source of the rows if they are not a column of the data, else NULL. */
static tn_status add_column(nn__runner *r, nn_state *s, const nn__use *from, const tn_view *given, int leaf) {
  const nn_data *d = from->data;
  const char *name = ag_plan_leaf_name(r->plan->plan, leaf);
  ag_type type = ag_plan_leaf_type(r->plan->plan, leaf);
  nn__column *c = &r->columns[r->n_columns];
  bool weights = !given && !strcmp(name, NN__ROW_WEIGHTS) && !(d && nn_data_column(d, name, &c->source));
  if (weights) c->source = tn_view_of(NULL, TN_F64, 1, (int64_t[]){d ? nn_data_rows(d) : 0});
  else if (given) c->source = *given;
  else if (!d || !nn_data_column(d, name, &c->source)) {
    return nn__state_fail(s, TN_EINVAL, "the data have no column '%s', which the network reads", name);
  }
  char why[NN__MESSAGE];
  tn_status status = nn__column_fits(name, &c->source, &type, why);
  if (status != TN_OK) return nn__state_fail(s, status, "%s", why);
  if (type.shape[0] != r->plan->rows)
    return nn__state_fail(s, TN_ESHAPE, "the network reads %lld rows of column '%s' in a batch of %lld",
                          (long long)type.shape[0], name, (long long)r->plan->rows);
  const nn_generator *made = given || weights ? NULL : nn__data_generator(d, name);
  if (made) c->made = *made;
  if (weights) c->made = (nn_generator){.fill = nn__fill_weights, .ctx = &c->weighting};
  status = weights && d ? nn__weighting_of(s, d, from->weights, &c->weighting) : TN_OK;
  if (status == TN_OK) status = add_stage(r, s, leaf);
  if (status != TN_OK) return status;
  if (c->made.fill) return add_batch(r, s, c);
  c->stage_row = row_of(c->stage);
  c->source_row = row_of(c->source);
  c->row_bytes = tn_view_bytes(&c->stage_row);
  c->plain = c->source.dtype == type.dtype && tn_view_contiguous(&c->source_row);
  return TN_OK;
}

static tn_status bind_leaf(nn__runner *r, nn_state *s, const nn__use *from, int leaf) {
  int what = r->plan->leaf[leaf];
  if (what <= NN__LEAF_GIVEN)
    return add_column(r, s, from, &from->given->column[NN__LEAF_GIVEN - what].view, leaf);
  if (what == NN__LEAF_COLUMN && from->open) return add_stage(r, s, leaf);
  if (what == NN__LEAF_COLUMN) return add_column(r, s, from, NULL, leaf);
  if (what == NN__LEAF_RATE) return ag_run_bind(r->run, leaf, tn_scalar(&r->rate, s->model->dtype));
  return ag_run_bind(r->run, leaf, nn__view(s, &s->model->variables[what]));
}

static tn_status bind_all(nn_model *m, nn_state *s, const nn__use *from, nn__runner *r) {
  int n = ag_plan_leaf_count(r->plan->plan);
  r->columns = tn_calloc(r->alloc, (size_t)n + 1, sizeof *r->columns);
  if (!r->columns) return TN_ENOMEM;
  tn_status status = ag_run_new(r->plan->plan, m->threads, &r->run);
  for (int leaf = 0; leaf < n && status == TN_OK; leaf++) status = bind_leaf(r, s, from, leaf);
  return status;
}

static tn_status bind_runner(nn_model *m, nn_state *s, const nn__use *from, nn__runner *r) {
  if (!r->plan->plan) {
    return nn__state_fail(s, TN_EINVAL, "the network neither reports nor minimizes anything");
  }
  tn_status status = bind_all(m, s, from, r);
  if (status != TN_OK && !s->error[0]) nn__state_fail(s, status, "%s", tn_status_text(status));
  if (status != TN_OK) nn__runner_free(r);
  return status;
}

tn_status nn__runner_new(nn_model *m, nn_state *s, const nn__use *use, nn__runner *out) {
  *out = (nn__runner){.alloc = m->alloc};
  s->error[0] = '\0';
  tn_status status = nn__plan_for(m, use, &out->plan, s->error);
  if (status != TN_OK) return status;
  assert(use->open || (use->purpose != NN__FIT && use->purpose != NN__VALIDATE) ||
         out->plan->n_given == (use->given ? use->given->n : 0));
  return bind_runner(m, s, use, out);
}

void nn__runner_free(nn__runner *r) {
  for (int i = 0; i < r->n_columns; i++) {
    nn__column *c = &r->columns[i];
    tn_free(r->alloc, c->stage.data);
    tn_free(r->alloc, c->numbers);
    if (c->made.fill) tn_free(r->alloc, c->source.data);
  }
  tn_free(r->alloc, r->columns);
  ag_run_free(r->run);
  *r = (nn__runner){.alloc = r->alloc};
}

/* ---- stepping ---------------------------------------------------------------------------------------- */

static tn_status generate(nn__runner *r, nn__column *c, const int64_t *rows, int64_t first) {
  int64_t n = r->plan->rows;
  for (int64_t i = 0; i < n; i++) c->numbers[i] = rows ? rows[i] : first + i;
  if (!c->made.fill(c->made.ctx, c->numbers, n, c->source))
    return nn__column_not_made(ag_plan_leaf_name(r->plan->plan, c->leaf), &c->made, c->numbers, n, r->why);
  tn_copy(c->stage, c->source);
  return TN_OK;
}

static void gather(nn__column *c, const int64_t *rows, int64_t first, int64_t n) {
  size_t size = tn_dtype_size(c->source.dtype);
  char *to = c->stage.data;
  for (int64_t i = 0; i < n; i++, to += c->row_bytes) {
    int64_t row = rows ? rows[i] : first + i;
    char *from = (char *)c->source.data + row * c->source.stride[0] * (int64_t)size;
    if (c->plain) {
      memcpy(to, from, c->row_bytes);
    } else {
      c->stage_row.data = to;
      c->source_row.data = from;
      tn_copy(c->stage_row, c->source_row);
    }
  }
}

tn_status nn__runner_run(nn__runner *r, double lr, tn_rng rng) {
  tn_view rate = tn_scalar(&r->rate, r->plan->dtype);
  tn_set(&rate, 0, lr);
  return ag_run_step(r->run, rng);
}

tn_status nn__runner_step(nn__runner *r, const int64_t *rows, int64_t first, double lr, tn_rng rng) {
  r->why[0] = '\0';
  for (int i = 0; i < r->n_columns; i++) {
    nn__column *c = &r->columns[i];
    tn_status status = c->made.fill ? generate(r, c, rows, first) : TN_OK;
    if (status != TN_OK) return status;
    if (!c->made.fill) gather(c, rows, first, r->plan->rows);
  }
  return nn__runner_run(r, lr, rng);
}

bool nn__runner_finite(const nn__runner *r) {
  bool finite = true;
  for (int i = 0; i < r->plan->n_outputs + r->plan->n_losses; i++)
    finite &= isfinite(nn__runner_value(r, i)) != 0;
  return finite;
}

double nn__runner_value(const nn__runner *r, int report) {
  tn_view v = ag_run_output(r->run, report);
  return tn_get(&v, 0);
}

/* ---- passes ------------------------------------------------------------------------------------------ */

tn_status nn__pass_new(nn_model *m, nn_state *s, const nn__use *use, nn_split rows, nn__pass *out) {
  bool small = use->purpose == NN__FIT || use->purpose == NN__HOIST;
  int64_t n = nn__split_size(use->data, rows), batch = small ? m->batch : m->eval_batch;
  nn__use full = *use, rest = *use;
  full.rows = batch, rest.rows = n % batch;
  tn_status status = TN_OK;
  *out = (nn__pass){.n = n, .batch = batch, .steps = (n + batch - 1) / batch};
  if (n >= batch) status = nn__runner_new(m, s, &full, &out->full);
  if (status == TN_OK && n % batch) status = nn__runner_new(m, s, &rest, &out->rest);
  if (status != TN_OK) nn__pass_free(out);
  return status;
}

void nn__pass_free(nn__pass *p) {
  nn__runner_free(&p->full);
  nn__runner_free(&p->rest);
}

nn__runner *nn__pass_runner(nn__pass *p, int64_t k) {
  return (k + 1) * p->batch <= p->n ? &p->full : &p->rest;
}

const char *nn__why(const nn__runner *r, tn_status status) {
  const char *text = *r->why ? r->why : r->run ? ag_run_error(r->run) : "";
  return *text ? text : tn_status_text(status);
}

tn_status nn__pass_means(nn__pass *p, nn_state *s, const char *who, nn_split split, double *means) {
  double sums[NN_MAX_REPORTS] = {0};
  int n = 0;
  for (int64_t k = 0; k < p->steps; k++) {
    nn__runner *r = nn__pass_runner(p, k);
    const int64_t *rows = split.rows ? split.rows + k * p->batch : NULL;
    tn_status status = nn__runner_step(r, rows, k * p->batch, 0, (tn_rng){.step = (uint32_t)k});
    if (status != TN_OK) return nn__state_fail(s, status, "%s: %.200s", who, nn__why(r, status));
    n = r->plan->n_outputs;
    for (int i = 0; i < n; i++) sums[i] += nn__runner_value(r, i) * (double)r->plan->rows;
  }
  for (int i = 0; i < n; i++) means[i] = sums[i] / (double)p->n;
  return TN_OK;
}

/* ---- steps of a fit ---------------------------------------------------------------------------------- */

void nn__fit_shuffle(nn__fit *f, int epoch) {
  tn_rng rng = {.seed = f->options->seed,
                .replica = f->options->replica,
                .stream = f->shuffle,
                .epoch = (uint32_t)epoch};
  if (f->options->keep_order)
    for (int64_t i = 0; i < f->train.n; i++) f->order[i] = i;
  else tn_rng_permutation(rng, f->train.n, f->order);
  for (int64_t i = 0; f->rows.rows && i < f->train.n; i++) f->order[i] = f->rows.rows[f->order[i]];
}

double nn__fit_rate(const nn__fit *f, int epoch, int64_t k) {
  const nn_fit_options *o = f->options;
  /* With ranks, all steps of an update have one number, which does not depend on the number of ranks. */
  int64_t each = nn__steps_of_update(f->model), batches = f->model->shards ? f->model->shards : 1;
  int64_t step = ((epoch - 1) * f->train.steps + k) / each * batches, steps = f->train.steps / each * batches;
  double lr = (f->train.full.plan ? &f->train.full : &f->train.rest)->plan->lr;
  return o->schedule ? lr * o->schedule(o->schedule_ctx, step, steps * o->epochs) : lr;
}

tn_status nn__fit_step(nn__fit *f, int epoch, int64_t k) {
  int64_t batch = nn__shard(f->model, k);
  tn_rng rng = {
      .seed = f->seed, .replica = f->options->replica, .step = (uint32_t)batch, .epoch = (uint32_t)epoch};
  return nn__runner_step(nn__pass_runner(&f->train, batch), f->order + batch * f->train.batch, 0,
                         nn__fit_rate(f, epoch, k), rng);
}
