/* mat5.h - whether a variable of a MATLAB file of version 5 is built as it says: libmatio, which reads it,
 * asks for memory and walks as the file says. Internal to data/. Any thread. Source: "MAT-File Format", The
 * MathWorks, chapter 1. */
#ifndef SBNN_DATA_MAT5_H
#define SBNN_DATA_MAT5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SBNN_MAT5_TAG = 8, SBNN_MAT5_MATRIX = 14, SBNN_MAT5_COMPRESSED = 15 };

/* The kind and the length of an element in 8 bytes of tag; `big`: big-endian. */
void sbnn_mat5_tag(const unsigned char tag[SBNN_MAT5_TAG], bool big, uint32_t *kind, uint32_t *length);

/* The n bytes behind the tag of a compressed variable as a variable, tag included; release with free. NULL:
 * they are damaged, or larger than they can be. */
unsigned char *sbnn_mat5_inflate(const unsigned char *bytes, size_t n, bool big, size_t *inflated);

/* The n bytes behind a variable's tag: dimensions, name and elements within bounds, and as many of these as
 * the dimensions say, down through all cells. */
bool sbnn_mat5_sound(const unsigned char *bytes, size_t n, bool big);

#endif
