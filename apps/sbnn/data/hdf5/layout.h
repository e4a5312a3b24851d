/* layout.h - what the projects write into HDF5: one descriptor for each layout, in layouts.c. A layout chooses
 * the matrix that is wanted and says where its names are; everything else is common (take.c). Private to
 * data/hdf5/; errors and threads as in h5.h. */
#ifndef SBNN_DATA_HDF5_LAYOUT_H
#define SBNN_DATA_HDF5_LAYOUT_H

#include "data/hdf5/frame.h"
#include "data/hdf5/matrix.h"
#include "data/hdf5/object.h"

typedef struct sbnn_h5_request {
  const char *part; /* what stands behind the colon: "layers/counts"; NULL: nothing */
  const sbnn_table_options *options;
} sbnn_h5_request;

/* Owns all of its members. */
typedef struct sbnn_h5_choice {
  sbnn_h5_matrix matrix;
  double *numbers;                     /* in place of it: cells x features */
  char *what;                          /* "layers/counts"; what was taken, for sentences */
  sbnn_strings cells, features, types; /* types: of features ("Gene Expression"), or none */
  char *cells_in, *features_in;        /* where these names are, for sentences */
  bool features_first;                 /* the matrix has its features in rows */
  char *note;                          /* sentences on what was chosen; NULL: nothing to say */
} sbnn_h5_choice;

void sbnn_h5_choice_free(sbnn_h5_choice *c);
/* Adds a sentence, which it takes over. */
void sbnn_h5_choice_note(sbnn_h5_choice *c, char *sentence);

typedef struct sbnn_h5_layout {
  const char *name; /* "AnnData" */
  bool (*recognised)(sbnn_h5 *f);
  int (*choose)(sbnn_h5 *f, const sbnn_h5_request *r, sbnn_h5_choice *c);
  /* Labels: all columns that are text, or those that `part` names ("obs/cell_type,donor"). NULL: it has none.
   */
  int (*labels)(sbnn_h5 *f, const char *part, sbnn_labels *l);
  /* Lines for `sbnn inspect`: what the file holds. */
  int (*describe)(sbnn_h5 *f, sbnn_strings *lines);
  /* The object that counts are taken from, by `part` or as without. NULL: nothing can be added to such a file. */
  int (*object)(sbnn_h5 *f, const char *part, const char *gene_names, sbnn_h5_object *o);
} sbnn_h5_layout;

extern const sbnn_h5_layout sbnn_h5_mudata, sbnn_h5_anndata, sbnn_h5_tenx, sbnn_h5_loom;

/* SBNN_BAD_INPUT: none of them. */
int sbnn_h5_layout_of(sbnn_h5 *f, const sbnn_h5_layout **layout);

/* ---- anndata.c: for MuData, whose modalities are such objects under "mod/NAME" ---- */

int sbnn_h5_anndata_choose(sbnn_h5 *f, const char *root, const sbnn_h5_request *r, sbnn_h5_choice *c);
int sbnn_h5_anndata_describe(sbnn_h5 *f, const char *root, sbnn_strings *lines);
/* Names of features, by the column `wanted` (NULL: as the index tells), into c->features; their types, if one is
 * that which is wanted, into c->types. */
int sbnn_h5_name_features(const sbnn_h5_frame *frame, const char *wanted, sbnn_h5_choice *c);
int sbnn_h5_find_types(const sbnn_h5_frame *frame, const char *wanted, sbnn_h5_choice *c);
/* object_names.c */
int sbnn_h5_anndata_object(sbnn_h5 *f, const char *root, const char *gene_names, sbnn_h5_object *o);
/* anndata_labels.c */
int sbnn_h5_anndata_labels(sbnn_h5 *f, const char *root, const char *part, sbnn_labels *l);

/* ---- responses.c ---- */

/* The matrix of responses of an AnnData object: an array or a frame in obsm, columns of obs, features of
 * another type. */
int sbnn_h5_anndata_responses(sbnn_h5 *f, const char *root, const sbnn_h5_request *r, sbnn_h5_choice *c);

/* ---- counts.c ---- */

/* The first of the matrices that holds counts, by its place in `candidates`; *found is the number of them if
 * none does. `why` (freed by the caller) then says what they hold: "X (0.53)". */
int sbnn_h5_find_counts(sbnn_h5 *f, const sbnn_strings *candidates, size_t *found, char **why);

/* ---- take.c ---- */

/* The chosen numbers with their names. */
int sbnn_h5_take(sbnn_h5 *f, const sbnn_h5_request *r, sbnn_h5_choice *c, sbnn_table *t);

#endif
