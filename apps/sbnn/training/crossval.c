/* crossval.c - see crossval.h. */
#include "training/crossval.h"

#include <stdlib.h>

int sbnn_crossval_make(const sbnn_dataset *d, const sbnn_crossval_options *o, sbnn_crossval *c,
                       sbnn_error *e) {
  bool paper = o->protocol == SBNN_PROTOCOL_PAPER;
  *c = (sbnn_crossval){.shared = paper ? &c->all : NULL};
  const sbnn_folds_options how = {.protocol = o->protocol,
                                  .n_cells = d->n_cells,
                                  .n_folds = o->folds,
                                  .permutation_path = o->permutation_path,
                                  .seed = o->seed,
                                  .groups = d->groups,
                                  .n_groups = d->n_groups};
  int code = sbnn_folds_make(&how, &c->folds, e);
  if (code == SBNN_OK && paper) code = sbnn_shared_make(d, &o->matrices, &c->all, e);
  if (code != SBNN_OK) {
    sbnn_shared_free(&c->all);
    sbnn_folds_free(&c->folds);
    *c = (sbnn_crossval){0};
    return code;
  }
  size_t n = c->folds.n_folds;
  c->train = sbnn_alloc(n, sizeof *c->train);
  c->n_train = sbnn_alloc(n, sizeof *c->n_train);
  for (size_t i = 0; i < n; i++) {
    c->train[i] = sbnn_alloc(d->n_cells, sizeof **c->train);
    c->n_train[i] = sbnn_fold_train(&c->folds, i, c->train[i]);
  }
  return SBNN_OK;
}

void sbnn_crossval_free(sbnn_crossval *c) {
  for (size_t i = 0; c->train && i < c->folds.n_folds; i++) free(c->train[i]);
  free(c->train);
  free(c->n_train);
  sbnn_shared_free(&c->all);
  sbnn_folds_free(&c->folds);
  *c = (sbnn_crossval){0};
}
