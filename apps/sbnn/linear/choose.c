/* choose.c - see choose.h. */
#include "linear/choose.h"

#include "linear/forward.h"
#include "linear/srrr.h"

/* Of sparse reduced-rank regression with as many ranks as responses only the group lasso is left. */
static int by_group_lasso(const sbnn_moments *m, size_t k, sbnn_chosen_genes *chosen, sbnn_error *e) {
  sbnn_srrr *s = sbnn_srrr_new(m, m->q);
  sbnn_srrr_fit fit;
  int code = sbnn_srrr_solve_genes(s, k, &fit, e);
  sbnn_srrr_free(s);
  if (code != SBNN_OK) return code;
  chosen->n = fit.n_genes < k ? fit.n_genes : k;
  for (size_t i = 0; i < chosen->n; i++) {
    size_t best = 0;
    for (size_t j = 1; j < fit.n_genes; j++)
      if (fit.norms[j] > fit.norms[best]) best = j;
    chosen->gene[i] = fit.genes[best];
    chosen->norm[i] = fit.norms[best];
    fit.norms[best] = -1;
  }
  sbnn_srrr_fit_free(&fit);
  return SBNN_OK;
}

int sbnn_choose_genes(sbnn_linear_choice by, const sbnn_linear_data *d, size_t k, sbnn_chosen_genes *chosen,
                      sbnn_error *e) {
  if (by == SBNN_LINEAR_FORWARD) {
    chosen->n = sbnn_forward_select(d, k, chosen->gene, chosen->norm);
    return SBNN_OK;
  }
  sbnn_moments m;
  sbnn_moments_make(d, &m);
  int code = by_group_lasso(&m, k, chosen, e);
  sbnn_moments_free(&m);
  return code;
}
