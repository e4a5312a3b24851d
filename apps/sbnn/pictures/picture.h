/* picture.h - one figure of a run: a file here and a line of pictures.def. Internal to pictures/. Any thread. */
#ifndef SBNN_PICTURES_PICTURE_H
#define SBNN_PICTURES_PICTURE_H

#include "results/results.h"

/* Writes DIRECTORY/NAME in all formats. Nothing to draw of such a run: SBNN_OK, no file. SBNN_FAILED with one
 * sentence. r->n may be 0. */
typedef int sbnn_picture(const char *directory, const char *name, const sbnn_results *r, sbnn_error *e);

#define SBNN_PICTURE(name) sbnn_picture sbnn_picture_##name;
#include "pictures/pictures.def"

#endif
