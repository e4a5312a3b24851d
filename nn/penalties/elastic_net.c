/* elastic_net.c - see elastic_net.h. */
#include "elastic_net.h"

typedef struct weights {
  double l1, l2;
} weights;

/* A term with weight 0 is not appended: it would cost time and add nothing. */
static ag_ref elastic(ag_graph *g, ag_ref p, void *ctx) {
  const weights *w = ctx;
  ag_ref a = w->l1 != 0 ? ag_scale(g, ag_sum_all(g, ag_abs(g, p)), w->l1) : ag_like(g, p, 0);
  return w->l2 != 0 ? ag_add(g, a, ag_scale(g, ag_sum_all(g, ag_square(g, p)), w->l2)) : a;
}

ag_ref nn_l1(nn_model *m, const char *glob, double lambda) {
  return nn_penalty_named(m, "nn_l1", glob, elastic, &(weights){.l1 = lambda});
}

ag_ref nn_l2(nn_model *m, const char *glob, double lambda) {
  return nn_penalty_named(m, "nn_l2", glob, elastic, &(weights){.l2 = lambda});
}

ag_ref nn_elastic_net(nn_model *m, const char *glob, double l1, double l2) {
  return nn_penalty_named(m, "nn_elastic_net", glob, elastic, &(weights){l1, l2});
}
