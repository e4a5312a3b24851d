/* data.h - named columns with one row count. */
#ifndef NABLA_NN_DATA_DATA_H
#define NABLA_NN_DATA_DATA_H

#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A data set: named columns with the same number of rows. A column's view is borrowed. Axis 0 is the rows.
 * Strides and element type are arbitrary: each batch is converted to the type of its nn_input. A filled data
 * set may be shared by any number of threads. */
TN_MUST_CHECK tn_status nn_data_new(const tn_alloc *alloc, nn_data **out);
void nn_data_free(nn_data *d);
/* TN_ESHAPE: the view has rank 0, or another number of rows than earlier columns; TN_EINVAL: the view has no
 * memory, or the name is empty or taken. nn_data_error has the sentence. */
TN_MUST_CHECK tn_status nn_data_add(nn_data *d, const char *name, tn_view column);
/* A column whose rows are computed when a batch is gathered: read from files, augmented, or drawn at random.
 * `fill` writes the rows rows[0..n), in that order, to out: [n, ...], contiguous, of the given type. If it
 * returns false, the call that needed the batch fails with TN_EIO and names the column and its rows. shape[0..rank) is the shape of the whole
 * column, so shape[0] is the number of rows. A row must have the same values each time, because a step may be
 * repeated. Any thread that reads the data set may call fill. ctx is borrowed. Errors: as nn_data_add. */
typedef bool nn_fill_rows(void *ctx, const int64_t *rows, int64_t n, tn_view out);
typedef struct nn_generator {
  tn_dtype dtype;
  int rank;
  int64_t shape[TN_MAX_RANK];
  nn_fill_rows *fill;
  void *ctx;
  const char *(*why)(
      void *ctx); /* called after fill returned false: the reason, for the caller's message; NULL = none */
} nn_generator;
TN_MUST_CHECK tn_status nn_data_add_generated(nn_data *d, const char *name, const nn_generator *generator);
const char *nn_data_error(const nn_data *d); /* the message of the last nn_data_add that failed; "" if none */
int64_t nn_data_rows(const nn_data *d);
/* The view of a generated column has no memory (NULL). */
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
