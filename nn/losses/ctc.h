/* ctc.h - connectionist temporal classification. */
#ifndef NABLA_NN_LOSSES_CTC_H
#define NABLA_NN_LOSSES_CTC_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_ctc_options {
  nn_reduction
      reduction; /* NN_MEAN: over the batch, each divided by its number of labels (at least 1), as in PyTorch */
  int64_t blank;      /* the class of no label */
  bool zero_infinity; /* examples that cannot be aligned count 0, not infinity */
} nn_ctc_options;

/* log_probs [batch, time, classes] (of ag_log_softmax), labels [batch, most] of integers, none of them blank;
 * times and lengths [batch] of integers: how many steps and labels of an example count. -log of the probability
 * that steps, blanks and repeats taken out, spell the labels; terms [batch]. One node group for each time step.
 * Graves et al. 2006. */
ag_ref nn_ctc(nn_model *m, ag_ref log_probs, ag_ref labels, ag_ref times, ag_ref lengths,
              const nn_ctc_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the row of the table */
NN_LOSS(ctc)
#endif
