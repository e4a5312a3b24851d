/* npy_stream.h - one NumPy array in a stream, for files/npy.c and files/npz.c. Private to tensor/. */
#ifndef TENSOR_NPY_STREAM_H
#define TENSOR_NPY_STREAM_H

#include "tensor/files/npy.h"

#include <stdio.h>

/* As tn_npy_read. bytes: the most that the stream can have; -1: unknown. path: for messages. */
tn_status tn__npy_read(const tn_alloc *alloc, FILE *f, const char *path, int64_t bytes, tn_array *out,
                       char *message);

/* Reads the header only; the stream is then at the first element. */
tn_status tn__npy_read_header(FILE *f, const char *path, tn_npy_header *h, char *message);

/* Writes header and elements, row-major and little-endian. TN_ENOMEM; other failures are the stream's. */
tn_status tn__npy_write(FILE *f, const tn_view *v);

/* Writes the message and returns status. */
tn_status tn__file_say(char *message, tn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
