/* annotation.h - results as an AnnData object holds them: by cell in obsm and obs, by gene in var, the rest in
 * uns/sbnn; and the copy of the user's file that has them. Threads: one at a time. */
#ifndef SBNN_ANNOTATE_ANNOTATION_H
#define SBNN_ANNOTATE_ANNOTATION_H

#include "data/additions.h"
#include "sbnn.h"

typedef enum sbnn_annotates {
  SBNN_OF_CELLS,      /* obsm: `width` numbers each */
  SBNN_CLASS_OF_CELL, /* obs: the number of a class from 1, as text */
  SBNN_OF_GENES,      /* var: a number each */
  SBNN_PART_OF_GENES, /* var: the same, 0 for those not named */
  SBNN_FLAG_OF_GENES  /* var: 1 for those named */
} sbnn_annotates;

/* Cells or genes that are not named have NaN, no class, 0. Owns its members. */
typedef struct sbnn_annotated {
  sbnn_annotates what;
  char *key;            /* "X_sbnn" */
  sbnn_strings ids;     /* cells, genes */
  size_t width;         /* numbers of each; 1 but in obsm */
  float *value;         /* [ids x width] */
  sbnn_strings columns; /* names of the numbers in obsm, which go to uns/KEY_names; none: they have none */
} sbnn_annotated;

typedef struct sbnn_annotation {
  const char *source; /* what sentences call the results: a folder; borrowed */
  sbnn_annotated *list;
  size_t n;
  sbnn_additions uns; /* paths below uns */
  char *gene_names;   /* how genes were named: --gene-names and --gene-prefix; NULL */
  char *gene_prefix;
} sbnn_annotation;

/* A new one at the end, valid until the next, its values zero: room for n x width. Copies `key`. */
sbnn_annotated *sbnn_annotation_add(sbnn_annotation *a, sbnn_annotates what, const char *key, size_t n,
                                    size_t width);
void sbnn_annotation_free(sbnn_annotation *a);

/* Adds what the folder of results holds: of train, cv, srrr, stability, tsne, run. SBNN_BAD_INPUT: nothing, or
 * tables that cannot be read. */
int sbnn_annotation_collect(sbnn_annotation *a, const char *results, sbnn_error *e);

/* The copy of `in` ("FILE" or "FILE:PART") at `out`. Notices go to stderr unless `quiet`. SBNN_BAD_INPUT: `in` cannot
 * be added to, or it has none of the cells or genes. SBNN_FAILED: it cannot be written. */
int sbnn_annotation_write(const sbnn_annotation *a, const char *in, const char *out, bool quiet,
                          sbnn_error *e);

/* Before hours of work: can `in` be added to? SBNN_BAD_INPUT. */
int sbnn_annotation_check(const char *in, const char *gene_names, sbnn_error *e);

#endif
