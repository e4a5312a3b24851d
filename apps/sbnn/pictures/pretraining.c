/* pretraining.c - the cross-entropy of the pretraining by epoch; of a run with pretraining only. */
#include "pictures/mean_curves.h"
#include "pictures/picture.h"

#include <string.h>

static double train_loss(const sbnn_history_row *h) { return h->train_loss; }
static double test_loss(const sbnn_history_row *h) { return h->test_loss; }

static bool in_pretraining(const sbnn_history_row *h) { return strcmp(h->phase, "pretrain") == 0; }

int sbnn_picture_pretraining(const char *directory, const char *name, const sbnn_results *r, sbnn_error *e) {
  if (r->n == 0) return SBNN_OK;
  sbnn_mean_curves s;
  sbnn_mean_curves_make(r, in_pretraining, train_loss, test_loss, &s);
  sbnn_curves what = {.n_curves = s.n, .curve = s.curve};
  int code = s.n ? sbnn_figure_cross_entropy(directory, name, &what, e) : SBNN_OK;
  sbnn_mean_curves_free(&s);
  return code;
}
