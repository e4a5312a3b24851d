/* pictures.h - which figures a run gets, and from what. Any thread.
 * Errors: SBNN_FAILED with one sentence. Without cairo: nothing written, SBNN_OK. */
#ifndef SBNN_PICTURES_PICTURES_H
#define SBNN_PICTURES_PICTURES_H

#include "results/results.h"

/* Writes to `directory` (which exists) each figure of pictures/pictures.def that the run has something for, as
 * .png, .svg and .pdf. What each shows: pictures/NAME.c. */
int sbnn_write_pictures(const char *directory, const sbnn_results *r, sbnn_error *e);

const char *sbnn_picture_name(size_t i); /* "training_curves"; NULL: there are fewer */

#endif
