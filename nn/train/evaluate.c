/* evaluate.c - reports and outputs of a state, without training. */
#include "nn/internal.h"

#include <string.h>

tn_status nn_evaluate(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, double *out) {
  return nn_evaluate_weighted(m, s, d, rows, NULL, out);
}

tn_status nn_evaluate_weighted(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                               const nn_weights *weights, double *out) {
  nn__pass pass;
  if (!m || !s || !d || !out) return TN_EINVAL;
  tn_status status = nn__state_check(m, s, "nn_evaluate");
  if (status == TN_OK) status = nn__split_check(s, "nn_evaluate", d, rows);
  if (status == TN_OK)
    status =
        nn__pass_new(m, s, &(nn__use){.purpose = NN__EVALUATE, .data = d, .weights = weights}, rows, &pass);
  if (status != TN_OK) return status;
  status = nn__weights_read(s, "nn_evaluate", &pass, weights);
  if (status == TN_OK) status = nn__pass_means(&pass, s, "nn_evaluate", rows, out);
  nn__pass_free(&pass);
  return status;
}

static tn_status check_out(nn_state *s, const nn__runner *r, int64_t n, const char *output, tn_view out) {
  tn_view y = ag_run_output(r->run, 0);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  y.shape[0] = n;
  if (out.dtype != y.dtype)
    return nn__state_fail(s, TN_ETYPE, "nn_predict: '%s' is %s; the array is %s", output,
                          tn_dtype_name(y.dtype), tn_dtype_name(out.dtype));
  if (tn_view_contiguous(&out) && tn_same_shape(out.rank, out.shape, y.rank, y.shape)) return TN_OK;
  return nn__state_fail(s, TN_ESHAPE, "nn_predict: '%s' is %s %s; the array is %s %s%s", output,
                        tn_dtype_name(y.dtype), nn_shape_text(want, y.rank, y.shape),
                        tn_dtype_name(out.dtype), nn_shape_text(have, out.rank, out.shape),
                        tn_view_contiguous(&out) ? "" : ", not contiguous");
}

/* Runs full batches only; the last one is filled up with its last row. A row's bits must not depend on the
 * number of other rows. `list` has room for a batch. */
static tn_status predict(nn__runner *r, nn_split rows, int64_t n, int64_t *list, char *to) {
  int64_t batch = r->plan->rows;
  tn_view y = ag_run_output(r->run, 0);
  size_t row_bytes = tn_view_bytes(&y) / (size_t)batch;
  for (int64_t k = 0; k * batch < n; k++) {
    int64_t count = n - k * batch < batch ? n - k * batch : batch;
    for (int64_t i = 0; i < batch; i++) {
      int64_t row = k * batch + (i < count ? i : count - 1);
      list[i] = rows.rows ? rows.rows[row] : row;
    }
    tn_status status = nn__runner_step(r, list, 0, 0, (tn_rng){.step = (uint32_t)k});
    if (status != TN_OK) return status;
    y = ag_run_output(r->run, 0);
    memcpy(to, y.data, (size_t)count * row_bytes);
    to += (size_t)count * row_bytes;
  }
  return TN_OK;
}

tn_status nn_predict(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, const char *output,
                     tn_view out) {
  nn__runner r;
  if (!m || !s || !d || !output || !out.data) return TN_EINVAL;
  int64_t n = nn__split_size(d, rows);
  tn_status status = nn__state_check(m, s, "nn_predict");
  if (status == TN_OK) status = nn__split_check(s, "nn_predict", d, rows);
  const nn__use use = {.purpose = NN__PREDICT, .output = output, .rows = m->eval_batch, .data = d};
  if (status == TN_OK) status = nn__runner_new(m, s, &use, &r);
  if (status != TN_OK) return status;
  status = check_out(s, &r, n, output, out);
  int64_t *list = status == TN_OK ? tn_calloc(m->alloc, (size_t)m->eval_batch, sizeof *list) : NULL;
  if (status == TN_OK && !list) status = nn__state_fail(s, TN_ENOMEM, "nn_predict: out of memory");
  if (list) {
    status = predict(&r, rows, n, list, out.data);
    if (status != TN_OK) nn__state_fail(s, status, "nn_predict: %s", nn__why(&r, status));
  }
  tn_free(m->alloc, list);
  nn__runner_free(&r);
  return status;
}
