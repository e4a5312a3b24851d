/* npy.h - one NumPy array (the format of .npy, versions 1 to 3) out of a stream of bytes: its header, then
 * its elements in the order in which they lie. A .npz holds several. Internal to data/. Threads: one array,
 * one thread. */
#ifndef SBNN_DATA_NPY_H
#define SBNN_DATA_NPY_H

#include "data/ids.h"
#include "sbnn.h"
#include "tensor/files/npy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SBNN_NPY_DIMS = 2 }; /* lengths that are kept */

/* The caller sets the first four; the header sets the others. */
typedef struct sbnn_npy {
  const char *path; /* for messages */
  sbnn_error *error;
  void *from;
  int (*read)(void *from, char *out, size_t n, size_t *got, sbnn_error *e); /* as sbnn_source_read */
  tn_npy_header header;
  size_t shape[SBNN_NPY_DIMS]; /* 1 beyond n_dims */
  size_t header_bytes;         /* of all that stands before the elements */
  size_t done;                 /* numbers read so far */
} sbnn_npy;

/* SBNN_BAD_INPUT with one sentence: no array, a version or header that is damaged. */
int sbnn_npy_header(sbnn_npy *a);

bool sbnn_npy_is_number(const sbnn_npy *a);
int sbnn_npy_refuse_type(const sbnn_npy *a); /* SBNN_BAD_INPUT with the sentence on other types */

/* *got < n only at the end. */
int sbnn_npy_bytes(sbnn_npy *a, void *out, size_t n, size_t *got);

/* The next n numbers; SBNN_BAD_INPUT if the array ends before. `bytes` has room for n elements. */
int sbnn_npy_numbers(sbnn_npy *a, size_t n, unsigned char *bytes, double *out);

/* All n elements of a list as text, in UTF-8: strings as they are, whole numbers in decimal. SBNN_BAD_INPUT:
 * another type, no Unicode, strings wider than a name can be. */
int sbnn_npy_strings(sbnn_npy *a, size_t n, sbnn_strings *out);

#endif
