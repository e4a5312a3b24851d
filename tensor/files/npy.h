/* npy.h - NumPy arrays (.npy, versions 1.0 to 3.0) as tn_array, and their header for readers of streams. */
#ifndef NABLA_TENSOR_FILES_NPY_H
#define NABLA_TENSOR_FILES_NPY_H

#include "../tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TN_FILE_MESSAGE = 512 }; /* bytes of a message of the functions below */

/* The header of a .npy. */
typedef struct tn_npy_header {
  char kind;     /* 'f', 'i', 'u', 'b': numbers; 'U', 'S': text; '?': a type that is not read */
  char type[16]; /* as the header has it ("<f4"), for messages */
  size_t width;  /* bytes of an element; 0 for '?' */
  bool big_endian, fortran;
  int rank; /* may be above TN_MAX_RANK: shape then has the first axes */
  int64_t shape[TN_MAX_RANK];
} tn_npy_header;

/* A header is read in two calls. tn_npy_length takes the first TN_NPY_START bytes of the file and returns how
 * many more bytes the header has (0: this is no .npy, and *why says so). tn_npy_parse takes those bytes and
 * returns NULL, or a constant phrase that says why the header is damaged. Pure functions. */
enum { TN_NPY_START = 12 };
size_t tn_npy_length(const unsigned char start[TN_NPY_START], size_t have, const char **why);
const char *tn_npy_parse(const unsigned char start[TN_NPY_START], const char *rest, size_t n,
                         tn_npy_header *out);

/* Converts n elements of the header's type, as stored in the file, to double. 64-bit integers are rounded. */
void tn_npy_numbers(const tn_npy_header *h, const unsigned char *bytes, size_t n, double *out);

/* Reads a file of numbers into a new contiguous row-major array, to be freed with tn_array_free. Either byte order, C
 * or Fortran order. f4, f8, i4, i8 and u1 keep their type, booleans become u8, f2 becomes f32, i1, i2 and u2 become
 * i32, u4 and u8 become i64. TN_EIO: the file cannot be read; TN_EFORMAT: it is no .npy, is damaged or cut short, holds
 * text or objects, has more than TN_MAX_RANK axes, or a u8 that does not fit i64; TN_ENOMEM. message (TN_FILE_MESSAGE
 * bytes, may be NULL) has the sentence. */
TN_MUST_CHECK tn_status tn_npy_read(const tn_alloc *alloc, const char *path, tn_array *out, char *message);

#ifdef __cplusplus
}
#endif
#endif
