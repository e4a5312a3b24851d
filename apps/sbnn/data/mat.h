/* mat.h - the variables of a MATLAB file, whichever version it has: what mat5.c (version 5) and hdf5/mat73.c (7.3)
 * tell table_mat.c. Internal to data/. Threads: one file, one thread. Source of the numbers of classes and
 * kinds: "MAT-File Format", The MathWorks, chapter 1. */
#ifndef SBNN_DATA_MAT_H
#define SBNN_DATA_MAT_H

#include "data/container.h"

typedef enum sbnn_mat_class {
  SBNN_MAT_EMPTY = 0,
  SBNN_MAT_CELL = 1,
  SBNN_MAT_CHAR = 4,
  SBNN_MAT_SPARSE = 5,
  SBNN_MAT_DOUBLE = 6, /* the first class of numbers, */
  SBNN_MAT_UINT64 = 15 /* the last; others are not read */
} sbnn_mat_class;

typedef enum sbnn_mat_kind {
  SBNN_MAT_INT8 = 1,
  SBNN_MAT_UINT8 = 2,
  SBNN_MAT_INT16 = 3,
  SBNN_MAT_UINT16 = 4,
  SBNN_MAT_INT32 = 5,
  SBNN_MAT_UINT32 = 6,
  SBNN_MAT_FLOAT32 = 7,
  SBNN_MAT_FLOAT64 = 9,
  SBNN_MAT_INT64 = 12,
  SBNN_MAT_UINT64_KIND = 13,
  SBNN_MAT_UTF8 = 16,
  SBNN_MAT_UTF16 = 17,
  SBNN_MAT_UTF32 = 18
} sbnn_mat_kind;

/* Numbers as they lie in memory, perhaps unaligned and with their bytes the other way round. */
typedef struct sbnn_mat_numbers {
  int kind; /* sbnn_mat_kind, or what the file has there */
  bool swapped;
  const unsigned char *data;
  size_t n;
} sbnn_mat_numbers;

/* A variable, or a cell of one. What it points to is the file's, until the next variable is read. */
typedef struct sbnn_mat_array {
  int class; /* sbnn_mat_class, or what the file has there */
  bool complex;
  int rank;
  size_t shape[2];               /* rows, columns */
  sbnn_mat_numbers values;       /* by columns; of characters too */
  sbnn_mat_numbers rows, starts; /* of a sparse matrix: SBNN_MAT_UINT32 */
  const void *cells, *cells_end; /* the cells that are left, which only next_cell understands */
  size_t n_cells;
} sbnn_mat_array;

typedef struct sbnn_mat_file {
  sbnn_container c; /* first: variables, in the order of the file, and how to report an error */
  int fd;           /* of version 7.3, in a sandbox: the file, open; else -1 */
  void *handle;     /* the version's own */
  /* Variable v of the container with its data. SBNN_BAD_INPUT: damaged. */
  int (*read)(struct sbnn_mat_file *m, size_t v, sbnn_mat_array *a);
  /* Takes the next cell; false: there is none, or it is damaged. */
  bool (*next_cell)(sbnn_mat_array *cells, sbnn_mat_array *cell);
  void (*close)(struct sbnn_mat_file *m);
} sbnn_mat_file;

/* Fill `read`, `next_cell`, `close` and the container's variables. SBNN_BAD_INPUT: damaged. `close` is to be
 * called in any case, unless it is NULL. */
int sbnn_mat5_open(sbnn_mat_file *m, bool big_endian);
int sbnn_mat73_open(sbnn_mat_file *m);

/* A variable found, by its dimensions and class. */
void sbnn_mat_found(sbnn_mat_file *m, const char *name, const sbnn_mat_array *a);

int sbnn_mat_damaged(const sbnn_mat_file *m, const char *what);

/* Bytes of a number of this kind; 0: it is none. */
size_t sbnn_mat_size(int kind);

#endif
