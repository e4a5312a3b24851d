/* pairs.h - distances between pairs and triplets. */
#ifndef NABLA_NN_LOSSES_PAIRS_H
#define NABLA_NN_LOSSES_PAIRS_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

/* a, b [batch, n], target y [batch] of 1 or -1: 1 - cos(a, b), or max(0, cos(a, b) - margin); terms [batch]. */
ag_ref nn_cosine_embedding(nn_model *m, ag_ref a, ag_ref b, ag_ref target, double margin,
                           const nn_loss_options *o);
typedef struct nn_triple { /* [batch, n] each */
  ag_ref anchor, positive, negative;
} nn_triple;
/* max(0, |anchor - positive| - |anchor - negative| + margin); terms [batch]. 1e-6 is added to
 * differences, as in PyTorch. With swap, |anchor - negative| is replaced by |positive - negative| if that is smaller. */
ag_ref nn_triplet(nn_model *m, nn_triple x, double margin, bool swap, const nn_loss_options *o);
/* a, b and y of one shape: max(0, -y (a - b) + margin): a should rank higher where y is 1. */
ag_ref nn_margin_ranking(nn_model *m, ag_ref a, ag_ref b, ag_ref target, double margin,
                         const nn_loss_options *o);
/* a, b [batch, n], y [batch] of 1 (alike) or 0: (y d^2 + (1 - y) max(0, margin - d)^2) / 2 with d = |a - b|; terms
 * [batch]. Hadsell, Chopra & LeCun 2006, whose y is 0 for alike. */
ag_ref nn_contrastive(nn_model *m, ag_ref a, ag_ref b, ag_ref target, double margin,
                      const nn_loss_options *o);

/* a, b [batch, n]: row i of a and row i of b are partners. The term of row i is the cross-entropy of finding its partner among
 * the rows of b, by the softmax of cosine / temperature (> 0); terms [batch]. With both: the mean of both directions (CLIP).
 * van den Oord, Li & Vinyals 2018; Radford et al. 2021. */
ag_ref nn_info_nce(nn_model *m, ag_ref a, ag_ref b, double temperature, bool both, const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the rows of the table */
NN_LOSS(cosine_embedding)
NN_LOSS(triplet)
NN_LOSS(margin_ranking)
NN_LOSS(contrastive)
NN_LOSS(info_nce)
#endif
