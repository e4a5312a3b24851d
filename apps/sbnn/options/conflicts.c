/* conflicts.c - see conflicts.h. */
#include "options/conflicts.h"

#include "data/table.h"

#include <string.h>

static int check_tables(const sbnn_options *o, sbnn_error *e) {
  if (o->x && o->y && strcmp(o->x, o->y) == 0 && !sbnn_table_holds_several(o->x))
    return sbnn_fail(e, SBNN_USAGE, "--x and --y are the same file '%s': give the counts and the responses",
                     o->x);
  if ((o->label_column || o->id_column) && !o->labels)
    return sbnn_fail(e, SBNN_USAGE, "--%s-column names a column of the table --labels, which is missing",
                     o->label_column ? "label" : "id");
  return SBNN_OK;
}

/* What only one recipe has. `sbnn run` may go through both, and then takes the options of either. */
static int check_recipe(const sbnn_options *o, sbnn_error *e) {
  bool paper = o->recipes == SBNN_RECIPES_PAPER, denoise = o->recipes == SBNN_RECIPES_DENOISE;
  const char *other = o->select != SBNN_SELECT_NETWORK ? "select"
                      : o->noise != SBNN_NOISE_FIXED   ? "noise"
                      : o->input_noise > 0             ? "input-noise"
                      : o->bottleneck_noise > 0        ? "bottleneck-noise"
                                                       : NULL;
  const char *penalty = o->penalty == SBNN_PENALTY_PROXIMAL ? "--penalty proximal"
                        : o->lasso == SBNN_LASSO_AUTO       ? "--lasso auto"
                        : o->prune_at != SBNN_PRUNE_AT_LAST ? "--prune-at best"
                                                            : NULL;
  if (o->both && o->no_pretrain)
    return sbnn_fail(e, SBNN_USAGE,
                     "--both and --no-pretrain exclude each other: --both includes the model "
                     "without pretraining");
  if (paper && other)
    return sbnn_fail(e, SBNN_USAGE, "--%s needs --recipe denoise: the paper's recipe stays as published",
                     other);
  if (denoise && o->both)
    return sbnn_fail(e, SBNN_USAGE, "--both needs --recipe paper: the denoising recipe has no pretraining");
  if (!paper && penalty)
    return sbnn_fail(e, SBNN_USAGE, "%s needs --recipe paper: the denoising recipe has no penalty", penalty);
  return SBNN_OK;
}

static int check_penalty(const sbnn_options *o, sbnn_error *e) {
  bool proximal = o->penalty == SBNN_PENALTY_PROXIMAL;
  if (o->genes == 0 && (o->command->takes & SBNN_TAKES_NETWORK) && o->recipes != SBNN_RECIPES_PAPER)
    return sbnn_fail(e, SBNN_USAGE,
                     "--genes 0 (as many as the penalty leaves) needs --recipe paper with --penalty "
                     "proximal: the denoising recipe has no penalty; give --genes 1 or more");
  if (!proximal && o->genes == 0 && (o->command->takes & SBNN_TAKES_NETWORK))
    return sbnn_fail(
        e, SBNN_USAGE,
        "--genes 0 (as many as the penalty leaves) needs --penalty proximal: only its zeros are exact");
  if (proximal && o->lasso == SBNN_LASSO_AUTO && o->genes > 0)
    return sbnn_fail(e, SBNN_USAGE,
                     "--lasso auto and --penalty proximal with --genes both choose the penalty; leave one "
                     "out, or give --genes 0");
  if (proximal && o->prune_at == SBNN_PRUNE_AT_BEST)
    return sbnn_fail(
        e, SBNN_USAGE,
        "--prune-at best cannot go with --penalty proximal, whose penalty has removed the genes already");
  return SBNN_OK;
}

static int check_counts(const sbnn_options *o, sbnn_error *e) {
  int genes = o->genes;
  if (o->variable_genes > 0 && genes > o->variable_genes)
    return sbnn_fail(e, SBNN_USAGE,
                     "--genes %d keeps more genes than training starts from, the %d most variable ones "
                     "(--variable-genes); give --genes %d or less or, if the table has as many, "
                     "--variable-genes %d or more (0: all)",
                     genes, o->variable_genes, o->variable_genes, genes);
  return SBNN_OK;
}

int sbnn_options_check_conflicts(const sbnn_options *o, sbnn_error *e) {
  int code = check_tables(o, e);
  if (code == SBNN_OK) code = check_recipe(o, e);
  if (code == SBNN_OK) code = check_penalty(o, e);
  return code == SBNN_OK ? check_counts(o, e) : code;
}
