/* model.c - see model.h. The paper's recipe is phases.h; the denoising recipe chooses genes first, then trains a
 * small network with noise. */
#include "training/model.h"

#include "training/choose_genes.h"
#include "training/phases.h"
#include "training/tuning.h"

#include <stdlib.h>

/* With the noise chosen first, if it is to be. */
static int denoise(const sbnn__fitting *s, size_t *order) {
  sbnn_recipe_options o = *s->o;
  int code = sbnn__set_noise(s, order, &o);
  sbnn__fitting tuned = *s;
  tuned.o = &o;
  if (code == SBNN_OK) code = sbnn__choose_genes(&tuned, order);
  tuned.name = "denoise";
  return code == SBNN_OK ? sbnn__train_on_kept_genes(&tuned, NULL, order) : code;
}

/* With the penalty chosen first, if it is to be. */
static int paper(const sbnn__fitting *s, size_t *order) {
  sbnn_recipe_options o = *s->o;
  int code = sbnn__set_lasso(s, &o);
  sbnn__fitting tuned = *s;
  tuned.o = &o;
  return code == SBNN_OK ? sbnn__train_by_paper(&tuned, order) : code;
}

int sbnn_train_model(const sbnn_matrices *p, const sbnn_training *t, sbnn_experiment *out, sbnn_error *e) {
  const sbnn_recipe_options *o = &t->options->own;
  sbnn__fitting s = {.p = p, .t = t, .o = o, .out = out, .e = e, .name = "start"};
  double start = sbnn_clock();
  size_t *order = sbnn_alloc(p->n_inputs, sizeof *order);
  out->n_responses = p->n_responses;
  out->n_train = p->n_train;
  out->n_test = p->n_test;
  out->bottleneck = o->bottleneck;
  int code = o->recipe == SBNN_RECIPE_DENOISE ? denoise(&s, order) : paper(&s, order);
  free(order);
  out->seconds = sbnn_clock() - start;
  return code;
}
