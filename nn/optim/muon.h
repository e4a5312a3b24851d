/* muon.h - Muon. */
#ifndef NABLA_NN_OPTIM_MUON_H
#define NABLA_NN_OPTIM_MUON_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For matrices [n, k] only: m = momentum m + (1 - momentum) gradient, and p moves along the nearest orthogonal
 * matrix to m (with Nesterov momentum: to the looked-ahead m), found by Newton-Schulz steps X = a X + (b X X' + c (X X')^2) X;
 * its step is lr sqrt(max(1, n / k)), or lr 0.2 sqrt(max(n, k)) with match_rms. weight_decay is decoupled, as in AdamW.
 * Jordan et al. 2024. Vectors and embeddings take another rule: nn_update by glob. */
typedef struct nn_muon_options {
  double lr;
  double momentum;              /* 0 means 0.95 */
  double weight_decay, epsilon; /* epsilon: 0 = 1e-7 */
  double a, b, c;               /* all 0 = 3.4445, -4.775, 2.0315 */
  int steps;                    /* 0 = 5 */
  bool no_nesterov, match_rms;
} nn_muon_options;
void nn_muon(nn_model *m, ag_ref loss, const nn_muon_options *o);
nn_optimizer nn_muon_rule(const nn_muon_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(muon)
#endif
