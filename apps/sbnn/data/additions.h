/* additions.h - what is to be added to an AnnData or MuData file: a list of arrays, texts and numbers by path. No
 * HDF5 in it. Internal to the tool. Threads: a finished list is read-only. */
#ifndef SBNN_DATA_ADDITIONS_H
#define SBNN_DATA_ADDITIONS_H

#include "data/ids.h"
#include "sbnn.h"

typedef enum sbnn_addition_kind {
  SBNN_ADD_GROUP, /* an empty one, in place of what is there */
  SBNN_ADD_MATRIX,
  SBNN_ADD_NUMBERS, /* a list */
  SBNN_ADD_FLAGS,   /* a list of 0 and 1 */
  SBNN_ADD_CODES,   /* a categorical: for each row the place of its text; -1: none */
  SBNN_ADD_TEXTS,
  SBNN_ADD_TEXT, /* one of each */
  SBNN_ADD_NUMBER,
  SBNN_ADD_WHOLE,
  SBNN_ADD_FLAG
} sbnn_addition_kind;

/* Owns its members. */
typedef struct sbnn_addition {
  sbnn_addition_kind kind;
  char *path;      /* "obsm/X_sbnn"; the folders on the way are made */
  bool column;     /* of the data frame that holds it */
  size_t n, width; /* rows; of a matrix, its columns */
  float *number;   /* [n x width] */
  int *code;       /* [n] flags, codes */
  sbnn_strings texts;
  double value;
} sbnn_addition;

typedef struct sbnn_additions {
  sbnn_addition *list;
  size_t n;
} sbnn_additions;

/* A new one at the end, which is valid until the next; takes over `path`, whose last part may not hold a '/'. */
sbnn_addition *sbnn_additions_add(sbnn_additions *a, sbnn_addition_kind kind, char *path);
void sbnn_additions_text(sbnn_additions *a, char *path, const char *text);
void sbnn_additions_value(sbnn_additions *a, sbnn_addition_kind kind, char *path, double value);
void sbnn_additions_free(sbnn_additions *a);

/* `name` as a key of HDF5: '/' becomes '_', nothing and dots alone too; the caller frees. */
char *sbnn_addition_key(const char *name);

#endif
