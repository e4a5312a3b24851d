/* frame.h - the data frames of AnnData and MuData, in each way in which they have been written since 0.5:
 * groups of columns, or datasets of records; categories beside the column, in it, or in uns. Private to
 * data/hdf5/; errors and threads as in h5.h. */
#ifndef SBNN_DATA_HDF5_FRAME_H
#define SBNN_DATA_HDF5_FRAME_H

#include "data/hdf5/h5.h"

typedef enum sbnn_h5_column { SBNN_H5_NO_COLUMN, SBNN_H5_COLUMN_NUMBERS, SBNN_H5_COLUMN_TEXT } sbnn_h5_column;

typedef struct sbnn_h5_frame {
  sbnn_h5 *f;
  char *path; /* "obs", "mod/rna/var" */
  char *uns;  /* where the oldest layout has its categories: "uns" */
  bool records;
  char *index;          /* the column that names the rows */
  sbnn_strings columns; /* the others, in the writer's order where it says one */
} sbnn_h5_frame;

/* SBNN_BAD_INPUT: there is no frame, or none with names of its rows. Call sbnn_h5_frame_close in any case. */
int sbnn_h5_frame_open(sbnn_h5 *f, const char *path, sbnn_h5_frame *frame);
void sbnn_h5_frame_close(sbnn_h5_frame *frame);

/* Whether there is something at `path` that sbnn_h5_frame_open would read. */
bool sbnn_h5_is_frame(sbnn_h5 *f, const char *path);

/* Categories and truth values are text. NO_COLUMN: nothing that is read. */
sbnn_h5_column sbnn_h5_frame_kind(const sbnn_h5_frame *frame, const char *column);

/* A column, the index too; appended. Of texts a missing one is "", numbers are in decimal. */
int sbnn_h5_frame_texts(const sbnn_h5_frame *frame, const char *column, sbnn_strings *out);
/* The numbers of a column of n rows; missing ones are NaN. SBNN_BAD_INPUT: others than n, no numbers. */
int sbnn_h5_frame_numbers(const sbnn_h5_frame *frame, const char *column, size_t n, double *out);

/* The categories of a column, in their order; none if it has none. */
int sbnn_h5_frame_categories(const sbnn_h5_frame *frame, const char *column, sbnn_strings *out);

/* The texts at a path, whichever encoding they have: a list, categories, nullable strings. */
int sbnn_h5_texts_at(sbnn_h5 *f, const char *path, sbnn_strings *out);

#endif
