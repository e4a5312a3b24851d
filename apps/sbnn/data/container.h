/* container.h - files of several named arrays (.npz, .mat): which of them are the matrix, the names of its
 * cells and features, and the labels. The readers table_npz.c and table_mat.c say what a file holds and read
 * what is asked for. Internal to data/. Threads: one container, one thread. */
#ifndef SBNN_DATA_CONTAINER_H
#define SBNN_DATA_CONTAINER_H

#include "data/axes.h"

typedef enum sbnn_variable_kind {
  SBNN_VARIABLE_OTHER, /* nothing that is read */
  SBNN_VARIABLE_NUMBERS,
  SBNN_VARIABLE_SPARSE, /* numbers, without the zeros */
  SBNN_VARIABLE_TEXT
} sbnn_variable_kind;

typedef struct sbnn_variable {
  char *name;
  sbnn_variable_kind kind;
  int n_dims;
  size_t shape[2]; /* of texts n and 1 */
} sbnn_variable;

/* A reader fills it and calls one of the functions below. */
typedef struct sbnn_container {
  const char *path, *wanted; /* wanted: the matrix that the user names; NULL: none */
  const char *ending;        /* ".npz": for lists beside the file */
  const char *what;          /* "array", "variable" */
  sbnn_error *error;
  uint64_t hash;
  sbnn_variable *variables; /* n, owned */
  size_t n;
  void *file; /* the reader's */
  /* Variable v as a list of names: texts, or whole numbers. */
  int (*strings)(struct sbnn_container *c, size_t v, sbnn_strings *out);
  /* Variable v, numbers of two dimensions, into the table; the axes have been matched. `path` names it in
   * messages. */
  int (*matrix)(struct sbnn_container *c, size_t v, const char *path, const sbnn_axes *a,
                const sbnn_table_options *o, sbnn_table *t);
} sbnn_container;

/* True if the name, less ":NAME", ends so. */
bool sbnn_container_claims(const char *path, const char *ending);

/* "FILE.npz:NAME" is FILE.npz and NAME, unless there is a file of the whole name. Returns the file, release
 * with free; *name is within `path`, or NULL. */
char *sbnn_container_path(const char *path, const char *ending, const char **name);

void sbnn_container_add(sbnn_container *c, const char *name, sbnn_variable_kind kind, int n_dims, size_t rows,
                        size_t columns);

/* The rules of docs/input.md. SBNN_BAD_INPUT: no matrix or several, names missing or wrong, what the reader
 * says. On failure the table is left as it is. */
int sbnn_container_table(sbnn_container *c, const sbnn_table_options *o, sbnn_table *t);

/* The cells' ids and all that is text and as long. */
int sbnn_container_labels(sbnn_container *c, sbnn_labels *l);

void sbnn_container_free(sbnn_container *c); /* the variables */

#endif
