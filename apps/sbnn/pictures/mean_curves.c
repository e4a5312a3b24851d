/* mean_curves.c - see mean_curves.h. */
#include "pictures/mean_curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t count_rows(const sbnn_experiment *x, sbnn_history_filter *wanted) {
  size_t n = 0;
  for (size_t j = 0; j < x->n_history; j++) n += wanted(&x->history[j]);
  return n;
}

static size_t longest(const sbnn_results *r, const char *model, sbnn_history_filter *wanted) {
  size_t most = 0;
  for (size_t i = 0; i < r->n; i++) {
    size_t n = strcmp(r->experiments[i].model, model) == 0 ? count_rows(&r->experiments[i], wanted) : 0;
    if (n > most) most = n;
  }
  return most;
}

/* value[epoch * r->n + experiment]; NaN where an experiment has no such epoch. */
static double *gather(const sbnn_results *r, const char *model, sbnn_history_filter *wanted,
                      sbnn_history_value *of, size_t n) {
  double *value = sbnn_alloc(n * r->n, sizeof *value);
  for (size_t k = 0; k < n * r->n; k++) value[k] = NAN;
  for (size_t i = 0; i < r->n; i++) {
    const sbnn_experiment *x = &r->experiments[i];
    size_t epoch = 0;
    if (strcmp(x->model, model) != 0) continue;
    for (size_t j = 0; j < x->n_history; j++)
      if (wanted(&x->history[j])) value[epoch++ * r->n + i] = of(&x->history[j]);
  }
  return value;
}

static sbnn_mean_line line_of(const sbnn_results *r, const char *model, sbnn_history_filter *wanted,
                              sbnn_history_value *of, size_t n) {
  sbnn_mean_line line = {sbnn_alloc(n, sizeof *line.mean), sbnn_alloc(n, sizeof *line.sd)};
  double *value = gather(r, model, wanted, of, n);
  size_t found = 0, bands = 0;
  for (size_t k = 0; k < n; k++) {
    sbnn_mean_sd m = sbnn_mean_sd_of(value + k * r->n, r->n);
    line.mean[k] = m.mean;
    line.sd[k] = m.sd;
    found += m.n;
    bands += m.n > 1;
  }
  free(value);
  if (!bands) free(line.sd), line.sd = NULL; /* a single run has no spread */
  if (!found) free(line.mean), line.mean = NULL;
  return line;
}

const char *sbnn_model_title(const char *model) {
  if (strcmp(model, "sbnn-denoise") == 0) return "denoising recipe";
  return strcmp(model, "sbnn-nopretrain") == 0 ? "without pretraining" : "with pretraining";
}

void sbnn_mean_curves_make(const sbnn_results *r, sbnn_history_filter *wanted, sbnn_history_value *train,
                           sbnn_history_value *test, sbnn_mean_curves *s) {
  const char *model[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model);
  *s = (sbnn_mean_curves){.n = 0};
  for (size_t m = 0; m < models; m++) {
    size_t n = longest(r, model[m], wanted);
    if (n == 0) continue;
    sbnn_mean_line a = line_of(r, model[m], wanted, train, n), b = line_of(r, model[m], wanted, test, n);
    s->train[s->n] = a;
    s->test[s->n] = b;
    s->curve[s->n++] = (sbnn_curve){.name = sbnn_model_title(model[m]),
                                    .n = (int64_t)n,
                                    .first_epoch = 1,
                                    .train = a.mean,
                                    .test = b.mean,
                                    .train_sd = a.sd,
                                    .test_sd = b.sd};
  }
}

void sbnn_mean_curves_free(sbnn_mean_curves *s) {
  for (int i = 0; i < s->n; i++) {
    free(s->train[i].mean);
    free(s->train[i].sd);
    free(s->test[i].mean);
    free(s->test[i].sd);
  }
}
