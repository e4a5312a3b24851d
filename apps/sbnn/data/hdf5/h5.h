/* h5.h - thin access to an HDF5 file that nobody vouches for: groups, attributes and arrays by path, over hard
 * links only, every size bounded by what the file can hold before anything of that size is allocated. Private
 * to data/hdf5/; runs in a sandbox (sandbox.h).
 * Functions that can fail return an exit code of sbnn.h and leave their sentence in f->error. Threads: one. */
#ifndef SBNN_DATA_HDF5_H5_H
#define SBNN_DATA_HDF5_H5_H

#include "data/ids.h"
#include "sbnn.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sbnn_h5 {
  const char *path; /* for sentences; borrowed */
  sbnn_error *error;
  hid_t id; /* 0: not open */
  uint64_t bytes;
} sbnn_h5;

/* ---- h5_open.c ---- */

/* Opens the file that `fd` is, for reading; f->path and f->error are set. Plugins are off, LZF is known, and
 * files that this one points to are not opened. SBNN_BAD_INPUT: damaged. */
int sbnn_h5_open(sbnn_h5 *f, int fd);
/* The same for reading and writing; sbnn_h5_finish then closes it. */
int sbnn_h5_open_copy(sbnn_h5 *f, int fd);
/* SBNN_FAILED: what was written did not all arrive. */
int sbnn_h5_finish(sbnn_h5 *f);
/* Leaves a sentence if bytes of the file could not be read: what HDF5 cannot read it may take for missing. */
void sbnn_h5_close(sbnn_h5 *f);

/* ---- h5.c: groups and attributes ---- */

typedef enum sbnn_h5_kind { SBNN_H5_NOTHING, SBNN_H5_GROUP, SBNN_H5_DATASET } sbnn_h5_kind;

/* What is at a path ("layers/counts"; "": the root): NOTHING also where a soft or an external link is on the
 * way. */
sbnn_h5_kind sbnn_h5_kind_of(sbnn_h5 *f, const char *path);

/* The names in a group, in the order of their bytes; at most 100,000 of them. A path that is no group has
 * none. */
int sbnn_h5_names(sbnn_h5 *f, const char *path, sbnn_strings *out);

/* The texts of an attribute, one or many; false: there is none, or it is no text. */
bool sbnn_h5_attribute(sbnn_h5 *f, const char *path, const char *name, sbnn_strings *out);
/* The first of them, which the caller frees; NULL: none. */
char *sbnn_h5_attribute_text(sbnn_h5 *f, const char *path, const char *name);
/* Its first n numbers; false: it has fewer, or none. */
bool sbnn_h5_attribute_numbers(sbnn_h5 *f, const char *path, const char *name, double *out, size_t n);

/* "PATH is damaged: WHAT; ..." */
int sbnn_h5_damaged(sbnn_h5 *f, const char *path, const char *what);

/* path/name, or name where the path is ""; the caller frees it. */
char *sbnn_h5_join(const char *path, const char *name);

/* ---- h5_array.c ---- */

typedef enum sbnn_h5_type {
  SBNN_H5_OTHER, /* nothing that is read */
  SBNN_H5_NUMBERS,
  SBNN_H5_BOOLS, /* stored as an enumeration of 0 and 1; read as numbers */
  SBNN_H5_TEXT
} sbnn_h5_type;

/* A dataset, or one field of a dataset of records. */
typedef struct sbnn_h5_array {
  char *path;  /* owned */
  hid_t set;   /* 0: not open */
  hid_t type;  /* what is read: of the field, or of the elements; in the file's own form */
  char *field; /* owned; NULL: the dataset has none */
  sbnn_h5_type kind;
  bool whole;        /* numbers that are integers */
  int rank;          /* 0 (a single element), 1, 2; more is OTHER */
  size_t shape[2];   /* rows and columns, 1 beyond rank; their product is no more than the file can hold */
  size_t inner;      /* of a field that is a list itself: its length, which is then shape[1]; else 0 */
  size_t chunk_rows; /* rows that lie together; at least 1 */
} sbnn_h5_array;

/* Opens path, or its field. SBNN_BAD_INPUT: nothing there, stored outside of the file or in other datasets,
 * compressed by something that is not read here, more elements than the file can hold. Call
 * sbnn_h5_array_close in any case. */
int sbnn_h5_array_open(sbnn_h5 *f, const char *path, const char *field, sbnn_h5_array *a);
void sbnn_h5_array_close(sbnn_h5_array *a);

/* The first text of an attribute of the array, which the caller frees (NULL: none); its first number (false: none). Both
 * are in h5.c. */
char *sbnn_h5_array_attribute_text(const sbnn_h5_array *a, const char *name);
bool sbnn_h5_array_attribute_number(const sbnn_h5_array *a, const char *name, double *out);

/* All of an array of references to objects, shape[0] * shape[1] of them. SBNN_BAD_INPUT: it is not one. */
int sbnn_h5_read_references(sbnn_h5 *f, const sbnn_h5_array *a, hobj_ref_t *out);
/* As sbnn_h5_array_open. SBNN_BAD_INPUT also: `to` is not a dataset. */
int sbnn_h5_reference_open(sbnn_h5 *f, hobj_ref_t to, sbnn_h5_array *a);

/* The names of the fields of a dataset of records; none if it has no records. */
int sbnn_h5_fields(sbnn_h5 *f, const char *path, sbnn_strings *out);

/* n rows from `first` on, each of shape[1] numbers. */
int sbnn_h5_read_doubles(sbnn_h5 *f, const sbnn_h5_array *a, size_t first, size_t n, double *out);
int sbnn_h5_read_int64s(sbnn_h5 *f, const sbnn_h5_array *a, size_t first, size_t n, int64_t *out);
/* All of a list of texts, appended. SBNN_BAD_INPUT: one of more than 64 kB. */
int sbnn_h5_read_texts(sbnn_h5 *f, const sbnn_h5_array *a, sbnn_strings *out);

/* How many rows to read at once, so that chunks are decompressed once: a multiple of chunk_rows where
 * `numbers` numbers are room enough. */
size_t sbnn_h5_band(const sbnn_h5_array *a, size_t numbers);

#endif
