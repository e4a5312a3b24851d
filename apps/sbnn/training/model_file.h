/* model_file.h - model.json beside model.safetensors: what it takes to use a trained network on other cells.
 * Fields in docs/output.md. Written by train, read by predict. Any thread. */
#ifndef SBNN_MODEL_FILE_H
#define SBNN_MODEL_FILE_H

#include "results/experiment.h"
#include "training/prepared.h"
#include "training/recipe.h"
#include "training/unlike.h"

#define SBNN_WEIGHTS_FILE "model.safetensors"
#define SBNN_MODEL_FILE   "model.json"

/* Owns everything; sbnn_model_file_free. */
typedef struct sbnn_model_file {
  int hidden[SBNN_MAX_HIDDEN], n_hidden, bottleneck;
  size_t n_genes; /* of the library size; the columns of the data set that prepared.preparation is made for */
  char **gene_names;
  double *gene_share; /* of the training counts */
  size_t n_kept;
  size_t *kept; /* [n_kept] the network's inputs: positions among the genes */
  size_t n_responses;
  char **response_names;
  sbnn_prepared
      prepared; /* preparation and y_center only. Of genes that are not kept the sd is 0: sbnn_prepare_apply
                     makes nothing of them */
  sbnn_spread spread; /* of the training cells in the genes kept; n 0: the file is of before there was one */
} sbnn_model_file;

/* Writes DIRECTORY/model.json, whose weights lie in the same directory already. SBNN_FAILED: I/O.
 * Without weights: no file, SBNN_OK. */
int sbnn_model_file_write(const char *directory, const sbnn_recipe_options *o, const sbnn_dataset *d,
                          const sbnn_prepared *f, const sbnn_experiment *x, sbnn_error *e);

/* Reads and checks DIRECTORY/model.json, and that the weights are those it was written with. On failure *m is
 * all zero. SBNN_BAD_INPUT with one sentence. */
int sbnn_model_file_read(const char *directory, sbnn_model_file *m, sbnn_error *e);

void sbnn_model_file_free(sbnn_model_file *m); /* leaves *m all zero */

#endif
