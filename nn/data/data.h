/* data.h - named columns with one row count. */
#ifndef NABLA_NN_DATA_DATA_H
#define NABLA_NN_DATA_DATA_H

#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A data set: named columns with the same number of rows. A column's view is borrowed. Its rows lie along axis 0; strides and
 * element type are free (each batch is converted to the type of its nn_input). A filled data set may be shared by any number
 * of threads. */
TN_MUST_CHECK tn_status nn_data_new(const tn_alloc *alloc, nn_data **out);
void nn_data_free(nn_data *d);
/* TN_ESHAPE: no axis of rows, or another number of rows than the columns before; TN_EINVAL: no memory behind
 * the view, a name that is empty or taken. nn_data_error has the sentence. */
TN_MUST_CHECK tn_status nn_data_add(nn_data *d, const char *name, tn_view column);
const char *nn_data_error(const nn_data *d); /* of the last nn_data_add that failed; "" if none */
int64_t nn_data_rows(const nn_data *d);
bool nn_data_column(const nn_data *d, const char *name, tn_view *out);

/* A list of row numbers; borrowed. rows == NULL means all rows of the data set in order; n is then ignored. */
typedef struct nn_split {
  const int64_t *rows;
  int64_t n;
} nn_split;

#ifdef __cplusplus
}
#endif
#endif
