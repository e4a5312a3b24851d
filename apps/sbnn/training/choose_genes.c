/* choose_genes.c - see choose_genes.h. */
#include "training/choose_genes.h"

#include "linear/choose.h"
#include "training/phases.h"

#include <stdlib.h>

/* The paper's network chooses; of its training only the genes remain. */
static int choose_by_network(sbnn__fitting *s, size_t *order) {
  sbnn__net unfrozen = {0};
  sbnn_experiment *x = s->out;
  sbnn__fitting chooser = *s;
  chooser.o = &s->t->options->chooser;
  int code = sbnn__train_on_all_genes(&chooser, &unfrozen, order);
  sbnn__net_free(&unfrozen);
  x->n_history = 0;
  for (int stage = 0; stage < SBNN_N_STAGES; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++) {
      free(x->r2[stage][split]);
      x->r2[stage][split] = NULL;
    }
  return code;
}

static int choose_by_linear_model(sbnn__fitting *s, size_t *order) {
  const sbnn_matrices *p = s->p;
  sbnn_experiment *x = s->out;
  size_t k = (size_t)s->o->genes < p->n_inputs ? (size_t)s->o->genes : p->n_inputs;
  x->norms = sbnn_alloc(k, sizeof *x->norms);
  x->genes = sbnn_alloc(k, sizeof *x->genes);
  sbnn_linear_choice by = s->o->select == SBNN_SELECT_FORWARD ? SBNN_LINEAR_FORWARD : SBNN_LINEAR_GROUP_LASSO;
  sbnn_chosen_genes chosen = {.gene = order, .norm = x->norms};
  int code = sbnn_choose_genes(by, &(sbnn_linear_data){p->x, p->y, p->n_train, p->n_inputs, p->n_responses},
                               k, &chosen, s->e);
  x->n_genes = chosen.n;
  for (size_t i = 0; i < x->n_genes; i++) x->genes[i] = p->input_genes[order[i]];
  if (code == SBNN_OK && x->n_genes == 0)
    code = sbnn_fail(s->e, SBNN_BAD_INPUT, "no gene explains any variance of the responses");
  return code;
}

int sbnn__choose_genes(sbnn__fitting *s, size_t *order) {
  return s->o->select == SBNN_SELECT_NETWORK ? choose_by_network(s, order) : choose_by_linear_model(s, order);
}
