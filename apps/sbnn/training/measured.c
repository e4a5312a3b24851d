/* measured.c - see measured.h. */
#include "training/measured.h"

#include <stdlib.h>

static size_t input_of(const sbnn_matrices *p, size_t gene) {
  size_t i = 0;
  while (p->input_genes[i] != gene) i++;
  return i;
}

void sbnn_take_measured(const sbnn_matrices *p, sbnn_experiment *x) {
  size_t n = p->n_train, g = x->n_genes, q = p->n_responses;
  x->gene_measured = sbnn_alloc(n * g, sizeof *x->gene_measured);
  x->response_measured = sbnn_alloc(n * q, sizeof *x->response_measured);
  for (size_t k = 0; k < g; k++) {
    size_t input = input_of(p, x->genes[k]);
    for (size_t i = 0; i < n; i++) x->gene_measured[i * g + k] = (double)p->x[i * p->n_inputs + input];
  }
  for (size_t i = 0; i < n * q; i++) x->response_measured[i] = (double)p->y[i];
}
