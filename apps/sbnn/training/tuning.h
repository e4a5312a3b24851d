/* tuning.h - what a training chooses by itself, on a part of its own rows. Private to training/. */
#ifndef SBNN_TRAINING_TUNING_H
#define SBNN_TRAINING_TUNING_H

#include "training/fitting.h"

/* --noise auto and --lasso auto: set their levels in `o`, a copy of s->o, and in s->out. Without auto what `o`
 * has goes to s->out. Exit code; the sentence is in s->e. */
int sbnn__set_noise(const sbnn__fitting *s, size_t *order, sbnn_recipe_options *o);
int sbnn__set_lasso(const sbnn__fitting *s, sbnn_recipe_options *o);

/* --noise auto tries so many pairs of levels (0.2, 0.4, 0.6, 0.8, 1 on the inputs, 0 and 0.1 on the
 * bottleneck), for so many epochs each: for progress. */
enum { SBNN_NOISE_LEVELS = 10 };
int sbnn_noise_epochs(const sbnn_recipe_options *o);

/* --lasso auto tries so many penalties, for so many epochs each. */
enum { SBNN_LASSO_LEVELS = 4 };
int sbnn_lasso_epochs(const sbnn_recipe_options *o, bool pretrain);

#endif
