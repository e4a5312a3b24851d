/* data.h - named columns with one row count. */
#ifndef NABLA_NN_DATA_DATA_H
#define NABLA_NN_DATA_DATA_H

#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Named columns with one row count. A column's view is borrowed: rows along axis 0, any strides, any type (a
 * batch is converted to the model's). Once filled it may be shared by any number of threads. */
TN_MUST_CHECK tn_status nn_data_new(const tn_alloc *alloc, nn_data **out);
void nn_data_free(nn_data *d);
/* TN_ESHAPE: no axis of rows, or another number of rows than the columns before; TN_EINVAL: no memory behind
 * the view, a name that is empty or taken. nn_data_error has the sentence. */
TN_MUST_CHECK tn_status nn_data_add(nn_data *d, const char *name, tn_view column);
const char *nn_data_error(const nn_data *d); /* of the last nn_data_add that failed; "" if none */
int64_t nn_data_rows(const nn_data *d);
bool nn_data_column(const nn_data *d, const char *name, tn_view *out);

/* An index list into the rows of a data set; borrowed. rows == NULL: all of them, in order, whatever n. */
typedef struct nn_split {
  const int64_t *rows;
  int64_t n;
} nn_split;

#ifdef __cplusplus
}
#endif
#endif
