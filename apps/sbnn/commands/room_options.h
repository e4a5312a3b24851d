/* room_options.h - what the rooms below take of the command line. Pure; strings are borrowed from `o`. */
#ifndef SBNN_COMMANDS_ROOM_OPTIONS_H
#define SBNN_COMMANDS_ROOM_OPTIONS_H

#include "options/options.h"
#include "training/crossval.h"
#include "training/recipe.h"
#include "verdict/verdict.h"

/* For sbnn_dataset_read. */
sbnn_dataset_options sbnn_dataset_options_of(const sbnn_options *o);

/* For sbnn_train_model. Under --recipe denoise with the paper's network for the choice of genes. */
sbnn_model_options sbnn_model_options_of(const sbnn_options *o);

/* For sbnn_prepared_make; pretrain: with clusters. threads 0: those of --threads. */
sbnn_matrices_options sbnn_matrices_options_of(const sbnn_options *o, bool pretrain, int threads);

/* --folds, --protocol, --fold-permutation and --seed: the same folds for every command given the same. */
sbnn_crossval_options sbnn_crossval_options_of(const sbnn_options *o, bool pretrain);

/* For sbnn_results: "strict", "paper". */
const char *sbnn_protocol_name(const sbnn_options *o);

/* For sbnn_judge_results and sbnn_judge_stability; d NULL: candidates 0. */
sbnn_verdict_options sbnn_verdict_options_of(const sbnn_options *o, const sbnn_dataset *d);

#endif
