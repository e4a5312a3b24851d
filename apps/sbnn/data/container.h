/* container.h - files of several named arrays (.npz, .mat): which of them are the matrix, the names of its
 * cells and features, and the labels. The readers table_npz.c and table_mat.c say what a file holds and read
 * what is asked for. Internal to data/. Functions that can fail return an exit code of sbnn.h and leave their
 * sentence in c->error. Threads: one container, one thread; no state but the container. */
#ifndef SBNN_DATA_CONTAINER_H
#define SBNN_DATA_CONTAINER_H

#include "data/name_lists.h"

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

/* The reader sets the second half, and hands it to sbnn_container_read, which sets the first. Pointers are
 * borrowed but for `variables` and `beside`. */
typedef struct sbnn_container {
  const char *path, *wanted; /* wanted: the matrix that the user names; NULL: none */
  sbnn_error *error;
  uint64_t bytes, hash;     /* of the file; the hash for sbnn_table.hash */
  sbnn_variable *variables; /* n, owned */
  size_t n;
  sbnn_name_lists beside; /* with lists_first: the lists, or why there are none */
  sbnn_error why_none;

  bool lists_first;   /* no other file can be opened once this one is: read the lists beside it before */
  const char *ending; /* ".npz": for ":NAME" behind it, and for lists beside the file */
  const char *what;   /* what messages call a variable: "array", "variable" */
  void *file;         /* the reader's own, for the functions below */
  /* Opens the file and tells of its variables with sbnn_container_add. SBNN_BAD_INPUT: damaged. */
  int (*open)(struct sbnn_container *c);
  /* Appends variable v, a list of n names, to out (zeroed; the container frees it): texts as they are, whole
   * numbers in decimal. SBNN_BAD_INPUT: neither, or damaged. */
  int (*strings)(struct sbnn_container *c, size_t v, sbnn_strings *out);
  /* Variable v, numbers of two dimensions, into the table (its numbers, n_rows, n_cols), by way of
   * data/matrix.h; the axes have been matched. `path` names the variable in messages. SBNN_BAD_INPUT:
   * damaged, or what matrix.h refuses. */
  int (*matrix)(struct sbnn_container *c, size_t v, const char *path, const sbnn_name_lists *a,
                const sbnn_table_options *o, sbnn_table *t);
  void (*close)(struct sbnn_container *c); /* in any case, also when `open` has failed or was not called */
} sbnn_container;

/* True if the name, less ":NAME", ends so (".npz"; upper or lower case). Does not open the file. */
bool sbnn_container_claims(const char *path, const char *ending);

/* Appends a variable; the name is copied. */
void sbnn_container_add(sbnn_container *c, const char *name, sbnn_variable_kind kind, int n_dims, size_t rows,
                        size_t columns);

/* From opening to closing, by the rules of docs/input.md. "FILE.npz:NAME" is FILE.npz and NAME, unless there
 * is a file of the whole name. With t: matrix and names, its rows being cells; else l: the cells' ids, and as
 * columns all that is text and as long. The caller owns what is filled, also on failure. SBNN_BAD_INPUT: no
 * matrix or several, names missing, wrong or twice, no labels, what the reader says. */
int sbnn_container_read(sbnn_container *c, const char *path, const sbnn_table_options *o, sbnn_table *t,
                        sbnn_labels *l, sbnn_error *e);

#endif
