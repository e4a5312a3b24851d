/* evaluate.h - reports and outputs of a state, without training. */
#ifndef NABLA_NN_TRAIN_EVALUATE_H
#define NABLA_NN_TRAIN_EVALUATE_H

#include "fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the means of the reports over the rows, in NN_EVAL, to out[0..NN_MAX_REPORTS), in the order of
 * nn_report. Errors of this function and the next: as nn_fit. A NULL argument gives TN_EINVAL without a
 * message. */
TN_MUST_CHECK tn_status nn_evaluate(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, double *out);
/* The same with weights of rows and classes (nn_row_weights); NULL: all 1. */
TN_MUST_CHECK tn_status nn_evaluate_weighted(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                                             const nn_weights *weights, double *out);
/* Writes one named output for the given rows, in their order, to out: [n, ...], contiguous, of the model's
 * type (else TN_ETYPE). The bits of a row's result do not depend on the other rows, unless the network itself
 * mixes rows. */
TN_MUST_CHECK tn_status nn_predict(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                                   const char *output, tn_view out);

#ifdef __cplusplus
}
#endif
#endif
