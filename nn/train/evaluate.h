/* evaluate.h - reports and outputs of a state, without training. */
#ifndef NABLA_NN_TRAIN_EVALUATE_H
#define NABLA_NN_TRAIN_EVALUATE_H

#include "fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Means of the reports over the rows in NN_EVAL, in the order in which the network named them; out has room
 * for NN_MAX_REPORTS. Errors of this and the next as of nn_fit; TN_EINVAL without a sentence: a NULL. */
TN_MUST_CHECK tn_status nn_evaluate(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, double *out);
/* One named output for the rows, in order; out [n, ...], contiguous, of the model's type (TN_ETYPE). A row's bits follow
 * from the row alone, whichever others are asked for: its network must not mix rows. */
TN_MUST_CHECK tn_status nn_predict(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                                   const char *output, tn_view out);

#ifdef __cplusplus
}
#endif
#endif
