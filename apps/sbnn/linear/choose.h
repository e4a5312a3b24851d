/* choose.h - genes by a linear model: what --select forward and group-lasso mean. */
#ifndef SBNN_LINEAR_CHOOSE_H
#define SBNN_LINEAR_CHOOSE_H

#include "linear/moments.h"
#include "sbnn.h"

#include <stddef.h>

typedef enum sbnn_linear_choice { SBNN_LINEAR_FORWARD, SBNN_LINEAR_GROUP_LASSO } sbnn_linear_choice;

/* The caller's, with room for k each. */
typedef struct sbnn_chosen_genes {
  size_t *gene; /* columns of x */
  double *norm;
  size_t n;
} sbnn_chosen_genes;

/* Chooses k of p genes by the linear model of y on x (columns centred):
 * SBNN_LINEAR_FORWARD, in the order of choice, norm = the part of |Y|^2 each took off the residual; or
 * SBNN_LINEAR_GROUP_LASSO, norm = that of the gene's coefficients, largest first, at the penalty that leaves
 * k genes (if two come in together, the larger ones of k + 1). chosen->n is less than k
 * only where fewer genes explain anything. SBNN_NUMERICAL as srrr.h. Any thread. */
int sbnn_choose_genes(sbnn_linear_choice by, const sbnn_linear_data *d, size_t k, sbnn_chosen_genes *chosen,
                      sbnn_error *e);

#endif
