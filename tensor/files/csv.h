/* csv.h - separated text of numbers as an array. */
#ifndef NABLA_TENSOR_FILES_CSV_H
#define NABLA_TENSOR_FILES_CSV_H

#include "npy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_csv_options {
  char separator; /* 0: the first tab, comma or semicolon of the first row; blanks if it has none */
  bool header;    /* the first row has names and is skipped */
  bool missing;   /* an empty field, "NA" and "nan" are NaN (else refused) */
} tn_csv_options;

/* Reads a table of numbers, plain or gzip, into a new f64 matrix [rows, columns], to be freed with
 * tn_array_free. Numbers have a decimal point in any locale; "inf" is a number. Blanks around a field, blank
 * lines, and lines that begin with '#' are ignored. options may be NULL. TN_EIO as tn_file_read; TN_EFORMAT:
 * a field that is no number, a row of another length, no row; TN_ENOMEM. message (TN_FILE_MESSAGE bytes, may
 * be NULL) names file, line and column. On failure *out is all zero. */
TN_MUST_CHECK tn_status tn_csv_read(const tn_alloc *alloc, const char *path, const tn_csv_options *options,
                                    tn_array *out, char *message);

#ifdef __cplusplus
}
#endif
#endif
