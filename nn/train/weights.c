/* weights.c - see weights.h: row weights as a generated column. */
#include "nn/internal.h"

ag_ref nn_row_weights(nn_model *m) { return nn_input(m, NN__ROW_WEIGHTS, 0, NULL); }

static double class_weight(const nn__weighting *w, int64_t row) {
  if (!w->labels.data) return 1;
  double label = tn_get(&w->labels, row);
  return label >= 0 && label < (double)w->n_classes ? w->classes[(int64_t)label] : 1;
}

bool nn__fill_weights(void *weighting, const int64_t *rows, int64_t n, tn_view out) {
  const nn__weighting *w = weighting;
  for (int64_t i = 0; i < n; i++)
    tn_set(&out, i, (w->rows.data ? tn_get(&w->rows, rows[i]) : 1) * class_weight(w, rows[i]));
  return true;
}

/* Finds a stored column with one number per row; `whole`: of an integer type. */
static tn_status find(nn_state *s, const nn_data *d, const char *name, bool whole, tn_view *out) {
  if (!nn_data_column(d, name, out))
    return nn__state_fail(s, TN_EINVAL, "weights: the data have no column '%.80s'", name);
  if (out->rank != 1 || !out->data)
    return nn__state_fail(s, TN_ESHAPE,
                          "weights: column '%.80s' must be stored and have one number a row, [rows]", name);
  if (whole && (out->dtype == TN_F32 || out->dtype == TN_F64))
    return nn__state_fail(s, TN_ETYPE,
                          "weights: column '%.80s' must hold integers, the numbers of classes, not %s", name,
                          tn_dtype_name(out->dtype));
  return TN_OK;
}

tn_status nn__weighting_of(nn_state *s, const nn_data *d, const nn_weights *w, nn__weighting *out) {
  tn_status status = TN_OK;
  *out = (nn__weighting){0};
  if (!w) return TN_OK;
  if (w->rows) status = find(s, d, w->rows, false, &out->rows);
  if (status != TN_OK || !w->labels) return status;
  if (!w->classes || w->n_classes < 1)
    return nn__state_fail(s, TN_EINVAL, "weights: labels are given without a weight for each class");
  out->classes = w->classes, out->n_classes = w->n_classes;
  return find(s, d, w->labels, true, &out->labels);
}

bool nn__weights_given(const nn_weights *w) { return w && (w->rows || w->labels); }

tn_status nn__weights_read(nn_state *s, const char *who, const nn__pass *p, const nn_weights *w) {
  const nn__runner *any = p->full.plan ? &p->full : &p->rest;
  if (!nn__weights_given(w) || ag_plan_find_leaf(any->plan->plan, NN__ROW_WEIGHTS) >= 0) return TN_OK;
  return nn__state_fail(s, TN_EINVAL,
                        "%s: weights are given, but the network does not use them (nn_row_weights)", who);
}
