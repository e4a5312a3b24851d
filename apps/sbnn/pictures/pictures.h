/* pictures.h - which figures a run gets, and from what. Any thread.
 * Errors: SBNN_FAILED with one sentence. Without cairo: nothing written, SBNN_OK. */
#ifndef SBNN_PICTURES_PICTURES_H
#define SBNN_PICTURES_PICTURES_H

#include "results/results.h"

/* Writes to `directory` (which exists), each as .png, .svg and .pdf:
 *   training_curves  R2 by epoch, mean and sd over folds, one curve per model (figure 1b); of r->levels, for
 *                    each rank the one whose number of genes is nearest to that of the networks
 *   pretraining      cross-entropy of the pretraining by epoch; with pretraining only
 *   responses        cv: final R2 of each response, mean and sd over folds (figure S3)
 *   by_genes         srrr: R2 against the number of genes, one line per rank (figure S1)
 *   latent_map       train and srrr, bottleneck of two or more: cells coloured by label. The map's
 *                    orientation is arbitrary: rotated or mirrored it fits as well
 *   overlays         as latent_map, with nine genes and nine responses (figure 1c); of the linear model on
 *                    the scale of figure S5, -1 to 1 */
int sbnn_write_pictures(const char *directory, const sbnn_results *r, sbnn_error *e);

#endif
