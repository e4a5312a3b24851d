/* recipe.h - how one network is trained, from fresh weights to its end. Defaults are the options' (options/). */
#ifndef SBNN_TRAINING_RECIPE_H
#define SBNN_TRAINING_RECIPE_H

#include "data/folds.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum sbnn_recipe { SBNN_RECIPE_PAPER, SBNN_RECIPE_DENOISE } sbnn_recipe;
typedef enum sbnn_penalty { SBNN_PENALTY_SUBGRADIENT, SBNN_PENALTY_PROXIMAL } sbnn_penalty;
typedef enum sbnn_prune_at { SBNN_PRUNE_AT_LAST, SBNN_PRUNE_AT_BEST } sbnn_prune_at;
typedef enum sbnn_select { SBNN_SELECT_NETWORK, SBNN_SELECT_FORWARD, SBNN_SELECT_GROUP_LASSO } sbnn_select;
typedef enum sbnn_noise { SBNN_NOISE_FIXED, SBNN_NOISE_AUTO } sbnn_noise;
typedef enum sbnn_weights { SBNN_WEIGHTS_AUTO, SBNN_WEIGHTS_LAST, SBNN_WEIGHTS_BEST } sbnn_weights;
typedef enum sbnn_evaluate { SBNN_EVALUATE_EACH_EPOCH, SBNN_EVALUATE_STAGE_ENDS } sbnn_evaluate;

enum { SBNN_MAX_HIDDEN = 8 };
#define SBNN_LASSO_AUTO (-1.0) /* --lasso auto */

typedef struct sbnn_phase_options {
  int epochs;
  double lr;
} sbnn_phase_options;

/* Plain numbers: it may be copied. hidden: encoder widths before the bottleneck; the decoder mirrors them. genes 0:
 * as many as a proximal penalty leaves. lasso may be SBNN_LASSO_AUTO. select is NETWORK under the paper's recipe.
 * pretrain_weights: LAST or BEST. */
typedef struct sbnn_recipe_options {
#define FLAG(group, field, ...)         bool field;
#define CHOICE(group, type, field, ...) type field;
#define WHOLE(group, field, ...)        int field;
#define REAL(group, field, ...)         double field;
#define AUTO(group, field, ...)         double field;
#define WIDTHS(group, field, ...)       int field[SBNN_MAX_HIDDEN], n_##field;
#define PHASE(group, field, ...)        sbnn_phase_options field;
#include "training/recipe.def"
#undef FLAG
#undef CHOICE
#undef WHOLE
#undef REAL
#undef AUTO
#undef WIDTHS
#undef PHASE
  sbnn_protocol protocol;
  uint32_t seed;
  sbnn_evaluate evaluate; /* when a fit looks at the rows that it does not train on */
} sbnn_recipe_options;

/* Of one model. */
typedef struct sbnn_model_options {
  sbnn_recipe_options own;
  sbnn_recipe_options chooser; /* denoising recipe, SBNN_SELECT_NETWORK: the paper's training, which chooses
                                  the genes; else of no meaning */
} sbnn_model_options;

/* What tables call the model: "sbnn", "sbnn-nopretrain", "sbnn-denoise". Static. */
const char *sbnn_model_name(sbnn_recipe recipe, bool pretrain);

#endif
