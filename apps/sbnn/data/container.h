/* container.h - files of several named arrays (.npz, .mat): which of them are the matrix, the names of its
 * cells and features, and the labels. The readers table_npz.c and table_mat.c say what a file holds and read
 * what is asked for. Internal to data/. Functions that can fail return an exit code of sbnn.h and leave their
 * sentence in c->error. Threads: one container, one thread; no state but the container. */
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
  char *name; /* owned */
  sbnn_variable_kind kind;
  int n_dims;      /* as in the file; only 1 and 2 are lists or matrices */
  size_t shape[2]; /* rows and columns as the file has them, 1 beyond n_dims; of texts n and 1 */
} sbnn_variable;

/* A reader fills it (variables by sbnn_container_add), calls one of the two functions that make a table, then
 * sbnn_container_free. All pointers but `variables` are borrowed. */
typedef struct sbnn_container {
  const char *path, *wanted; /* wanted: the matrix that the user names; NULL: none */
  const char *ending;        /* ".npz": for lists beside the file */
  const char *what;          /* what messages call a variable: "array", "variable" */
  sbnn_error *error;
  uint64_t hash;            /* of the file, for sbnn_table.hash */
  sbnn_variable *variables; /* n, owned */
  size_t n;
  void *file; /* the reader's own, for the two functions below */
  /* Appends variable v, a list of n names, to out (zeroed; the container frees it): texts as they are, whole
   * numbers in decimal. SBNN_BAD_INPUT: neither, or damaged. */
  int (*strings)(struct sbnn_container *c, size_t v, sbnn_strings *out);
  /* Variable v, numbers of two dimensions, into the table (its numbers, n_rows, n_cols), by way of
   * data/matrix.h; the axes have been matched. `path` names the variable in messages. SBNN_BAD_INPUT:
   * damaged, or what matrix.h refuses. */
  int (*matrix)(struct sbnn_container *c, size_t v, const char *path, const sbnn_axes *a,
                const sbnn_table_options *o, sbnn_table *t);
} sbnn_container;

/* True if the name, less ":NAME", ends so (".npz"; upper or lower case). Does not open the file. */
bool sbnn_container_claims(const char *path, const char *ending);

/* "FILE.npz:NAME" is FILE.npz and NAME, unless there is a file of the whole name. Returns the file, release
 * with free; *name is within `path`, or NULL. */
char *sbnn_container_path(const char *path, const char *ending, const char **name);

/* Appends a variable; the name is copied. */
void sbnn_container_add(sbnn_container *c, const char *name, sbnn_variable_kind kind, int n_dims, size_t rows,
                        size_t columns);

/* Picks matrix and names by the rules of docs/input.md and fills t (all zero), whose rows are then cells; the
 * caller owns it. SBNN_BAD_INPUT: no matrix or several, names missing or wrong, what the reader says; t may
 * be filled in part then, and is to be freed. */
int sbnn_container_table(sbnn_container *c, const sbnn_table_options *o, sbnn_table *t);

/* Fills l (all zero): the cells' ids, and as columns all that is text and as long. The caller owns it, also
 * on failure. SBNN_BAD_INPUT: no ids, no such text, an id twice. */
int sbnn_container_labels(sbnn_container *c, sbnn_labels *l);

void sbnn_container_free(sbnn_container *c); /* the variables; leaves none */

#endif
