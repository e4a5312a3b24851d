/* recipe.c - see recipe.h. */
#include "training/recipe.h"

const char *sbnn_model_name(sbnn_recipe recipe, bool pretrain) {
  if (recipe == SBNN_RECIPE_DENOISE) return "sbnn-denoise";
  return pretrain ? "sbnn" : "sbnn-nopretrain";
}
