/* prox_nonnegative.c - see prox_nonnegative.h. */
#include "prox_nonnegative.h"

static ag_ref nonnegative(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  (void)step, (void)ctx;
  return ag_relu(g, p);
}

void nn_prox_nonnegative(nn_model *m, const char *glob) { nn_prox(m, glob, nonnegative, NULL); }
