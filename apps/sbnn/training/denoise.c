/* denoise.c - the denoising recipe: genes first, then one training of a small network with noise (fitting.h).
 */
#include "linear/choose.h"
#include "training/fitting.h"

#include <stdlib.h>

/* The paper's network chooses; of its training only the genes remain. */
static int choose_by_network(sbnn__fitting *s, size_t *order) {
  sbnn_options paper;
  sbnn__phase unfrozen = {0};
  sbnn_experiment *x = s->out;
  sbnn_options_selector(s->o, &paper);
  sbnn__fitting chooser = *s;
  chooser.o = &paper;
  int code = sbnn__on_all_genes(&chooser, &unfrozen, order);
  sbnn__phase_free(&unfrozen);
  x->n_history = 0;
  for (int stage = 0; stage < SBNN_N_STAGES; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++) {
      free(x->r2[stage][split]);
      x->r2[stage][split] = NULL;
    }
  return code;
}

static int choose_by_linear_model(sbnn__fitting *s, size_t *order) {
  const sbnn_problem *p = s->p;
  sbnn_experiment *x = s->out;
  size_t k = (size_t)s->o->genes < p->n_inputs ? (size_t)s->o->genes : p->n_inputs;
  x->norms = sbnn_alloc(k, sizeof *x->norms);
  x->genes = sbnn_alloc(k, sizeof *x->genes);
  int code = sbnn_choose_genes(s->o->select, p->x, p->y, p->n_train, p->n_inputs, p->n_responses, k, order,
                               x->norms, &x->n_genes, s->e);
  for (size_t i = 0; i < x->n_genes; i++) x->genes[i] = p->input_genes[order[i]];
  if (code == SBNN_OK && x->n_genes == 0)
    code = sbnn_fail(s->e, SBNN_BAD_INPUT, "no gene explains anything of the responses");
  return code;
}

int sbnn__choose_genes(sbnn__fitting *s, size_t *order) {
  return s->o->select == SBNN_SELECT_NETWORK ? choose_by_network(s, order) : choose_by_linear_model(s, order);
}

/* The denoising recipe on the fitting's problem. */
int sbnn__denoise(sbnn__fitting *s, size_t *order) {
  sbnn_options o = *s->o;
  int code = sbnn__set_noise(s, order, &o);
  s->o = &o;
  if (code == SBNN_OK) code = sbnn__choose_genes(s, order);
  s->name = "denoise";
  if (code == SBNN_OK) code = sbnn__on_kept_genes(s, NULL, order);
  s->o = s->t->options;
  return code;
}
