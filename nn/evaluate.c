/* evaluate.c - reports and outputs of a state that is not trained. */
#include "internal.h"

#include <string.h>

/* A state of another model has another slab. */
static tn_status check_state(const nn_model *m, nn_state *s, const char *who) {
  if (s->model == m) return TN_OK;
  return nn__state_fail(s, TN_EINVAL, "%s: the state belongs to another model", who);
}

tn_status nn_evaluate(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, double *out) {
  nn__pass pass;
  tn_status status = check_state(m, s, "nn_evaluate");
  if (status == TN_OK) status = nn__split_check(s, "nn_evaluate", d, rows);
  if (status == TN_OK) status = nn__pass_new(m, s, d, NN__EVALUATE, NULL, rows, &pass);
  if (status != TN_OK) return status;
  status = nn__pass_means(&pass, rows, out);
  if (status != TN_OK) nn__state_fail(s, status, "nn_evaluate: %s", tn_status_text(status));
  nn__pass_free(&pass);
  return status;
}

static tn_status check_out(nn_state *s, nn__pass *p, const char *output, tn_view out) {
  tn_view y = ag_run_output(nn__pass_runner(p, 0)->run, 0);
  char have[96], want[96];
  y.shape[0] = p->n;
  if (out.dtype == y.dtype && tn_view_contiguous(&out) &&
      tn_same_shape(out.rank, out.shape, y.rank, y.shape)) {
    return TN_OK;
  }
  return nn__state_fail(s, TN_ESHAPE, "nn_predict: '%s' is %s %s; the array is %s %s%s", output,
                        tn_dtype_name(y.dtype), nn__shape_text(want, sizeof want, y.rank, y.shape),
                        tn_dtype_name(out.dtype), nn__shape_text(have, sizeof have, out.rank, out.shape),
                        tn_view_contiguous(&out) ? "" : ", not contiguous");
}

static tn_status predict(nn__pass *p, nn_split rows, char *to) {
  for (int64_t k = 0; k < p->steps; k++) {
    nn__runner *r = nn__pass_runner(p, k);
    const int64_t *list = rows.rows ? rows.rows + k * p->batch : NULL;
    tn_status status = nn__runner_step(r, list, k * p->batch, 0, (tn_rng){.step = (uint32_t)k});
    if (status != TN_OK) return status;
    tn_view y = ag_run_output(r->run, 0);
    memcpy(to, y.data, tn_view_bytes(&y));
    to += tn_view_bytes(&y);
  }
  return TN_OK;
}

tn_status nn_predict(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, const char *output,
                     tn_view out) {
  nn__pass pass;
  tn_status status = check_state(m, s, "nn_predict");
  if (status == TN_OK) status = nn__split_check(s, "nn_predict", d, rows);
  if (status == TN_OK) status = nn__pass_new(m, s, d, NN__PREDICT, output, rows, &pass);
  if (status != TN_OK) return status;
  status = check_out(s, &pass, output, out);
  if (status == TN_OK) {
    status = predict(&pass, rows, out.data);
    if (status != TN_OK) nn__state_fail(s, status, "nn_predict: %s", tn_status_text(status));
  }
  nn__pass_free(&pass);
  return status;
}
