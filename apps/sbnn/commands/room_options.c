/* room_options.c - see room_options.h. */
#include "commands/room_options.h"

#include "tensor/tensor.h"
#include "training/cost.h"

#include <string.h>

static sbnn_recipe_options recipe_options(const sbnn_options *o) {
  sbnn_recipe_options r = {
      .protocol = o->protocol, .seed = (uint32_t)o->seed, .evaluate = o->evaluate, .n_hidden = o->n_hidden};
#define COPY(field)                     r.field = o->field;
#define FLAG(group, field, ...)         COPY(field)
#define CHOICE(group, type, field, ...) COPY(field)
#define WHOLE(group, field, ...)        COPY(field)
#define REAL(group, field, ...)         COPY(field)
#define AUTO(group, field, ...)         COPY(field)
#define WIDTHS(group, field, ...)       memcpy(r.field, o->field, sizeof r.field);
#define PHASE(group, field, ...)        COPY(field)
#include "training/recipe.def"
  return r;
}

sbnn_model_options sbnn_model_options_of(const sbnn_options *o) {
  sbnn_model_options m = {.own = recipe_options(o)};
  if (o->recipe != SBNN_RECIPE_DENOISE) return m;
  sbnn_options selector;
  sbnn_options_selector(o, &selector);
  m.chooser = recipe_options(&selector);
  return m;
}

sbnn_dataset_options sbnn_dataset_options_of(const sbnn_options *o) {
  return (sbnn_dataset_options){.x_path = o->x,
                                .y_path = o->y,
                                .data_path = o->data,
                                .names_tables = o->own_data,
                                .labels_path = o->labels,
                                .label_column = o->label_column,
                                .id_column = o->id_column,
                                .x_genes_in = o->x_genes_in,
                                .variable_genes = (size_t)o->variable_genes,
                                .missing = o->missing,
                                .x_transform = o->x_transform,
                                .cells_path = o->cells,
                                .min_counts = o->min_counts,
                                .genes_from_path = o->genes_from,
                                .gene_names = o->gene_names,
                                .groups_path = o->groups,
                                .gene_prefix = o->gene_prefix,
                                .drop_responses = o->drop_responses,
                                .y_transform = o->y_transform,
                                .gene_threshold = o->gene_threshold,
                                .threshold_chosen = sbnn_options_chosen(o, "gene-threshold"),
                                .transform_chosen = sbnn_options_chosen(o, "y-transform")};
}

sbnn_matrices_options sbnn_matrices_options_of(const sbnn_options *o, bool pretrain, int threads) {
  int all = o->threads > 0 ? o->threads : tn_max_threads();
  return (sbnn_matrices_options){.prepare = {.variable_genes = (size_t)o->variable_genes,
                                             .gene_threshold = o->gene_threshold,
                                             .y_transform = o->y_transform,
                                             .x_transform = o->x_transform},
                                 .pretrain = pretrain,
                                 .clusters = o->clusters,
                                 .cluster_min = o->cluster_min,
                                 .kmeans_restarts = o->kmeans_restarts,
                                 .seed = (uint64_t)o->seed,
                                 .threads = threads > 0 ? threads : all};
}

sbnn_crossval_options sbnn_crossval_options_of(const sbnn_options *o, bool pretrain) {
  return (sbnn_crossval_options){.protocol = o->protocol,
                                 .folds = (size_t)o->folds,
                                 .permutation_path = o->fold_permutation,
                                 .seed = (uint64_t)o->seed,
                                 .matrices = sbnn_matrices_options_of(o, pretrain, 0)};
}

const char *sbnn_protocol_name(const sbnn_options *o) {
  return o->protocol == SBNN_PROTOCOL_PAPER ? "paper" : "strict";
}

sbnn_verdict_options sbnn_verdict_options_of(const sbnn_options *o, const sbnn_dataset *d) {
  return (sbnn_verdict_options){.candidates = d ? sbnn_model_inputs((size_t)o->variable_genes, d) : 0,
                                .genes = (size_t)o->genes,
                                .linear_choice = o->select != SBNN_SELECT_NETWORK,
                                .group_lasso = o->select == SBNN_SELECT_GROUP_LASSO,
                                .prunes_by_norm = o->penalty == SBNN_PENALTY_SUBGRADIENT,
                                .y_transform = o->y_transform};
}
