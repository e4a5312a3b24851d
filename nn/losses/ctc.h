/* ctc.h - connectionist temporal classification. */
#ifndef NABLA_NN_LOSSES_CTC_H
#define NABLA_NN_LOSSES_CTC_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_ctc_options {
  /* NN_MEAN: each term is divided by its number of labels (at least 1), then averaged over the batch, as in PyTorch. */
  nn_reduction reduction;
  int64_t blank;      /* the class that means "no label" */
  bool zero_infinity; /* the loss of an example that cannot be aligned is 0, not infinity */
} nn_ctc_options;

/* log_probs [batch, time, classes] (of ag_log_softmax), labels [batch, most] of integers, none of them blank;
 * times and lengths [batch] of integers: the number of valid steps and labels of each example. The term of an
 * example is -log of the probability of its labels, which is the sum over all alignments; terms [batch].
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
