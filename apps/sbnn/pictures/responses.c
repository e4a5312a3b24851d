/* responses.c - cv: the final R2 of each response, mean and sd over folds (figure S3). */
#include "figures/scores.h"
#include "pictures/mean_curves.h"
#include "pictures/picture.h"

#include <stdlib.h>

int sbnn_picture_responses(const char *directory, const char *name, const sbnn_results *r, sbnn_error *e) {
  if (r->n == 0 || !sbnn_results_folded(r)) return SBNN_OK;
  const char *model[SBNN_MAX_MODELS];
  sbnn_response_scores scores[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model), q = r->data->n_responses, found = 0;
  double *value = sbnn_alloc(2 * q * models, sizeof *value);
  for (size_t m = 0; m < models; m++) {
    double *r2 = value + 2 * q * m, *sd = r2 + q;
    for (size_t j = 0; j < q; j++) {
      sbnn_mean_sd s = sbnn_results_r2(r, model[m], SBNN_STAGE_FINETUNED, SBNN_TEST, 1 + j);
      r2[j] = s.mean;
      sd[j] = s.sd;
      found += s.n;
    }
    scores[m] = (sbnn_response_scores){
        .name = sbnn_model_title(model[m]),
        .r2 = r2,
        .sd = sd,
        .pooled = sbnn_results_r2(r, model[m], SBNN_STAGE_FINETUNED, SBNN_TEST, 0).mean};
  }
  int code = SBNN_OK;
  if (found)
    code = sbnn_figure_responses(
        directory, name,
        &(sbnn_responses_chart){(int)q, (int)models, (const char *const *)r->data->response_names, scores},
        e);
  free(value);
  return code;
}
