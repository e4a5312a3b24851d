/* part_fields.h - the fields of an experiment that are kept in a part, one row each. Private to part.c. */
#ifndef SBNN_PARTS_PART_FIELDS_H
#define SBNN_PARTS_PART_FIELDS_H

#include "results/experiment.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum part_extent {
  EXTENT_ONE,
  EXTENT_TRAIN,
  EXTENT_TEST,
  EXTENT_PREDICTED, /* test rows where there are some, else training rows */
  EXTENT_GENES,
  EXTENT_INPUTS,
  EXTENT_RESPONSES,
  EXTENT_BOTTLENECK
} part_extent;

static inline size_t part_extent_of(const sbnn_experiment *x, part_extent extent) {
  switch (extent) {
  case EXTENT_ONE: return 1;
  case EXTENT_TRAIN: return x->n_train;
  case EXTENT_TEST: return x->n_test;
  case EXTENT_PREDICTED: return x->n_test ? x->n_test : x->n_train;
  case EXTENT_GENES: return x->n_genes;
  case EXTENT_INPUTS: return x->n_all;
  case EXTENT_RESPONSES: return x->n_responses;
  case EXTENT_BOTTLENECK: return (size_t)x->bottleneck;
  }
  return 0;
}

typedef struct part_field {
  const char *name, *dtype;
  size_t offset;
  part_extent rows, columns; /* of an array; columns ONE: a list */
} part_field;

_Static_assert(sizeof(size_t) == 8 && sizeof(int) == 4, "numbers are written as they are in memory");

#define PART_MEMBER(member) (((const sbnn_experiment *)0)->member)
#define PART_DTYPE(value)   _Generic((value), size_t : "U64", int : "I32", double : "F64", bool : "BOOL")
#define SCALAR(member)                                                                                       \
  { .name = #member, .dtype = PART_DTYPE(PART_MEMBER(member)), .offset = offsetof(sbnn_experiment, member) }
#define ARRAY(member, row_extent, column_extent)                                                             \
  {                                                                                                          \
    .name = #member, .dtype = PART_DTYPE(*PART_MEMBER(member)), .offset = offsetof(sbnn_experiment, member), \
    .rows = EXTENT_##row_extent, .columns = EXTENT_##column_extent                                           \
  }

static const part_field part_scalars[] = {
    SCALAR(n_train),       SCALAR(n_test),          SCALAR(n_responses),    SCALAR(n_genes),
    SCALAR(n_told),        SCALAR(n_tried),         SCALAR(n_all),          SCALAR(bottleneck),
    SCALAR(lasso),         SCALAR(prune_epoch),     SCALAR(input_noise),    SCALAR(bottleneck_noise),
    SCALAR(clusters_used), SCALAR(cells_clustered), SCALAR(pretrain_epoch), SCALAR(seconds),
};

/* An array that the experiment does not have is not in the file. */
static const part_field part_arrays[] = {
    ARRAY(train_cells, TRAIN, ONE),
    ARRAY(test_cells, TEST, ONE),
    ARRAY(genes, GENES, ONE),
    ARRAY(norms, GENES, ONE),
    ARRAY(all_genes, INPUTS, ONE),
    ARRAY(all_norms, INPUTS, ONE),
    ARRAY(predictions, PREDICTED, RESPONSES),
    ARRAY(latent, TRAIN, BOTTLENECK),
    ARRAY(gene_predictions, TRAIN, GENES),
    ARRAY(response_predictions, TRAIN, RESPONSES),
    ARRAY(gene_measured, TRAIN, GENES),
    ARRAY(response_measured, TRAIN, RESPONSES),
    ARRAY(left_out, RESPONSES, ONE),
};

enum {
  PART_SCALARS = sizeof part_scalars / sizeof *part_scalars,
  PART_ARRAYS = sizeof part_arrays / sizeof *part_arrays
};

#undef SCALAR
#undef ARRAY

#endif
