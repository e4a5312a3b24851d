/* hoist.c - the part of a network that a fit need not compute in every step: frozen layers that depend only
 * on the data are computed once for each row and kept as columns. autograd/plan/hoist.c finds these
 * values. */
#include "nn/internal.h"

#include <string.h>

void nn__hoisted_free(nn__hoisted *h) {
  for (int i = 0; i < h->n; i++) tn_array_free(&h->column[i]);
  h->n = 0;
}

static tn_status add_hoisted(nn__hoisted *h, const tn_alloc *alloc, int64_t rows, tn_view batch) {
  batch.shape[0] = rows;
  tn_status status = tn_array_new(alloc, batch.dtype, batch.rank, batch.shape, &h->column[h->n]);
  h->n += status == TN_OK;
  return status;
}

/* Stores the rows of one batch in the columns. */
static void keep_rows(nn__hoisted *h, const nn__runner *r, const int64_t *rows, int64_t first) {
  for (int c = 0; c < h->n; c++) {
    tn_view from = ag_run_output(r->run, c);
    size_t bytes = tn_view_bytes(&from) / (size_t)r->plan->rows;
    for (int64_t i = 0; i < r->plan->rows; i++) {
      int64_t to = rows ? rows[i] : first + i;
      memcpy((char *)h->column[c].view.data + (size_t)to * bytes, (char *)from.data + (size_t)i * bytes,
             bytes);
    }
  }
}

static tn_status fill(nn__hoisted *h, nn__pass *p, nn_split split) {
  for (int64_t k = 0; k < p->steps; k++) {
    nn__runner *r = nn__pass_runner(p, k);
    const int64_t *rows = split.rows ? split.rows + k * p->batch : NULL;
    tn_status status = nn__runner_step(r, rows, k * p->batch, 0, (tn_rng){0});
    if (status != TN_OK) return status;
    keep_rows(h, r, rows, k * p->batch);
  }
  return TN_OK;
}

/* Runs in batches of the pass's size, so that products have the same shape as in a step. */
tn_status nn__hoist(nn_model *m, nn_state *s, const nn__use *for_, nn_split rows, nn__hoisted *out) {
  const nn_data *d = for_->data;
  nn__purpose purpose = for_->purpose;
  const nn__plan *plan;
  nn__pass pass;
  int64_t n = nn__split_size(d, rows), batch = purpose == NN__FIT ? m->batch : m->eval_batch;
  *out = (nn__hoisted){.n = 0};
  tn_status status = nn__plan_get(m, purpose, NULL, n < batch ? n : batch, &plan, s->error);
  if (status != TN_OK || plan->n_given == 0) return status;
  int n_given = plan->n_given;
  const nn__use use = {
      .purpose = purpose == NN__FIT ? NN__HOIST : NN__HOIST_VALID, .data = d, .weights = for_->weights};
  status = nn__pass_new(m, s, &use, rows, &pass);
  if (status != TN_OK) return status;
  for (int c = 0; c < n_given && status == TN_OK; c++)
    status = add_hoisted(out, m->alloc, nn_data_rows(d), ag_run_output(nn__pass_runner(&pass, 0)->run, c));
  if (status == TN_OK) status = fill(out, &pass, rows);
  if (status != TN_OK) {
    nn__state_fail(s, status, "nn_fit: %.200s", nn__why(pass.full.why[0] ? &pass.full : &pass.rest, status));
    nn__hoisted_free(out);
  }
  nn__pass_free(&pass);
  return status;
}
