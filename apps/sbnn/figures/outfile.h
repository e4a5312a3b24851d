/* outfile.h - putting a finished picture on disk: whole or not at all. Used by canvas.c only. Any thread. */
#ifndef SBNN_FIGURES_OUTFILE_H
#define SBNN_FIGURES_OUTFILE_H

#include "sbnn.h"

/* A growing byte string; zero-initialise, release with free(data). */
typedef struct sbnn_bytes {
  unsigned char *data;
  size_t n, capacity;
} sbnn_bytes;

void sbnn_bytes_append(sbnn_bytes *b, const void *data, size_t n);

/* Renumbers the ids of an SVG text ("surface17", "image21", ...) in order of first appearance, kind by kind.
 * Cairo counts its surfaces through the life of the process, so that a second drawing of the same picture
 * would differ. */
void sbnn_svg_renumber(sbnn_bytes *svg);

/* Writes DIRECTORY/NAME.EXTENSION, whole or not at all. On failure returns SBNN_FAILED with one sentence;
 * what was there before stays. */
int sbnn_outfile_write(const char *directory, const char *name, const char *extension,
                       const sbnn_bytes *bytes, sbnn_error *e);

#endif
