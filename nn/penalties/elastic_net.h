/* elastic_net.h - l1, l2 and both. */
#ifndef NABLA_NN_PENALTIES_ELASTIC_NET_H
#define NABLA_NN_PENALTIES_ELASTIC_NET_H

#include "penalty.h"

#ifdef __cplusplus
extern "C" {
#endif

/* lambda * sum of |p|, lambda * sum of p^2, and l1 * sum of |p| + l2 * sum of p^2, over all elements. */
ag_ref nn_l1(nn_model *m, const char *glob, double lambda);
ag_ref nn_l2(nn_model *m, const char *glob, double lambda);
ag_ref nn_elastic_net(nn_model *m, const char *glob, double l1, double l2);

#ifdef __cplusplus
}
#endif
#endif
