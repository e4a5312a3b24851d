/* options.h - every option of the tool, once: parsing, `sbnn help`, run.json and (later) man page and
 * completions all read the one table in options_table.c. Defaults are the paper's values. */
#ifndef SBNN_OPTIONS_H
#define SBNN_OPTIONS_H

#include "data/dataset.h"
#include "data/folds.h"
#include "data/prepare.h"
#include "sbnn.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum sbnn_command {
  SBNN_CMD_DEMO = 1,
  SBNN_CMD_TRAIN = 2,
  SBNN_CMD_CV = 4,
  SBNN_CMD_INFO = 8,
  SBNN_CMD_HELP = 16,
  SBNN_CMD_VERSION = 32,
  SBNN_CMD_PREDICT = 64,
  SBNN_CMD_PLOT = 128,
  SBNN_CMD_SRRR = 512,
  SBNN_CMD_PREP = 1024,
  SBNN_CMD_TSNE = 1 << 16,
  SBNN_CMD_STABILITY = 1 << 17,
  SBNN_CMD_PATH = 16384,
  SBNN_CMD_REPORT = 1 << 18,
  /* Its steps are commands: it takes the options of all of them. */
  SBNN_CMD_RUN = (1 << 19) | SBNN_CMD_TRAIN | SBNN_CMD_CV | SBNN_CMD_SRRR | SBNN_CMD_STABILITY,
  SBNN_CMD_GENERATE = 256 /* --generate: what stands in help_topic */
} sbnn_command;
/* Those that train networks on the user's data: they take --resume. */
enum { SBNN_CMD_FIT = SBNN_CMD_TRAIN | SBNN_CMD_CV | SBNN_CMD_PATH | SBNN_CMD_STABILITY };
typedef enum sbnn_weights { SBNN_WEIGHTS_AUTO, SBNN_WEIGHTS_LAST, SBNN_WEIGHTS_BEST } sbnn_weights;

enum { SBNN_MAX_HIDDEN = 8, SBNN_MAX_LIST = 64, SBNN_MAX_OPTIONS = 192 };

/* "2,16" */
typedef struct sbnn_whole_list {
  int n, value[SBNN_MAX_LIST];
} sbnn_whole_list;

/* "0.1,0.2,0.5", or "0.1:1.5:0.1": first, last, step */
typedef struct sbnn_numbers {
  int n;
  double value[SBNN_MAX_LIST];
} sbnn_numbers;

typedef enum sbnn_evaluate { SBNN_EVALUATE_EACH_EPOCH, SBNN_EVALUATE_STAGE_ENDS } sbnn_evaluate;
typedef enum sbnn_recipe { SBNN_RECIPE_PAPER, SBNN_RECIPE_DENOISE } sbnn_recipe;
typedef enum sbnn_recipes { SBNN_RECIPES_BOTH, SBNN_RECIPES_PAPER, SBNN_RECIPES_DENOISE } sbnn_recipes;
typedef enum sbnn_penalty { SBNN_PENALTY_SUBGRADIENT, SBNN_PENALTY_PROXIMAL } sbnn_penalty;
typedef enum sbnn_prune_at { SBNN_PRUNE_AT_LAST, SBNN_PRUNE_AT_BEST } sbnn_prune_at;
#define SBNN_LASSO_AUTO (-1.0) /* --lasso auto */
typedef enum sbnn_select { SBNN_SELECT_NETWORK, SBNN_SELECT_FORWARD, SBNN_SELECT_GROUP_LASSO } sbnn_select;
typedef enum sbnn_noise { SBNN_NOISE_FIXED, SBNN_NOISE_AUTO } sbnn_noise;
typedef enum sbnn_preset {
  SBNN_PRESET_NONE,
  SBNN_PRESET_PATCHSEQ,
  SBNN_PRESET_CITESEQ,
  SBNN_PRESET_M1, /* the three data sets of the paper */
  SBNN_PRESET_V1,
  SBNN_PRESET_CBMC
} sbnn_preset;

typedef enum sbnn_view { SBNN_VIEW_BOTH, SBNN_VIEW_GENES, SBNN_VIEW_RESPONSES } sbnn_view;
typedef enum sbnn_start { SBNN_START_PCA, SBNN_START_RANDOM } sbnn_start;

typedef struct sbnn_phase_options {
  int epochs;
  double lr;
} sbnn_phase_options;

/* Strings are borrowed from argv. Fields that the command has no option for hold their defaults too. */
typedef struct sbnn_options {
  sbnn_command command;
  const char *help_topic; /* `sbnn help CMD`, NULL = the overview */
  /* data */
  const char *x, *y, *labels, *label_column, *id_column;
  const char *data; /* in place of x and y: what prep has written */
  bool own_data;    /* a step of run: by its first step, so that sentences name the tables */
  int x_genes_in;   /* sbnn_genes_in */
  int variable_genes;
  double gene_threshold;
  int x_transform;                                          /* sbnn_x_transform */
  const char *gene_prefix, *cells, *drop_responses;         /* dataset.h */
  int min_counts;                                           /* cells of fewer are left out, or empty rows */
  const char *genes_from;                                   /* a table of counts */
  const char *y_transform;                                  /* a rule: y_transform.h */
  int missing;                                              /* sbnn_missing */
  const char *model;                                        /* predict: results of train */
  const char *results, *show_genes, *show_responses, *srrr; /* plot */
  int demo_cells, demo_genes, demo_responses;               /* demo: how many to make */
  bool tables_only;                                         /* demo */
  /* network */
  int hidden[SBNN_MAX_HIDDEN], n_hidden; /* encoder widths before the bottleneck; the decoder mirrors them */
  int bottleneck, genes;                 /* genes 0: as many as a proximal penalty leaves */
  double lasso, l2;                      /* lasso may be SBNN_LASSO_AUTO */
  int penalty;                           /* sbnn_penalty */
  int prune_at;                          /* sbnn_prune_at */
  sbnn_numbers penalties;                /* path: in place of lasso */
  sbnn_whole_list widths;                /* path: in place of bottleneck */
  /* recipe: whose defaults differ, see sbnn_options_parse */
  int recipe;                           /* sbnn_recipe */
  int recipes;                          /* run: sbnn_recipes */
  int select;                           /* sbnn_select; under the paper's recipe always NETWORK */
  int noise;                            /* sbnn_noise; AUTO chooses the two levels */
  double input_noise, bottleneck_noise; /* 0 under the paper's recipe */
  /* phases */
  bool no_pretrain; /* only the model without pretraining */
  bool both;        /* cv: the model with pretraining and the one without */
  int clusters, cluster_min, kmeans_restarts;
  double pretrain_fraction; /* of the training rows that train; the others validate */
  int pretrain_weights;     /* sbnn_weights; never AUTO once parsed: LAST under paper, else BEST */
  sbnn_phase_options pretrain, frozen, unfrozen, finetune, autoencoder, no_pretrain_phase;
  int batch;
  int seed;
  /* cross-validation */
  int folds;
  int protocol; /* sbnn_protocol */
  const char *fold_permutation;
  sbnn_whole_list only_folds; /* ascending, from 1; n = 0: all */
  int evaluate;               /* sbnn_evaluate: when a fit looks at the rows that it does not train on */
  /* sparse reduced-rank regression */
  sbnn_whole_list ranks;
  sbnn_numbers lambdas;
  int srrr_genes; /* 0 = the lambdas, else the lambda that leaves so many genes */
  /* t-SNE */
  int view; /* sbnn_view */
  int components;
  double perplexity, theta;
  int exact_cells, iterations;
  int start; /* sbnn_start */
  /* stability */
  int restarts;
  bool subsample;
  int threads; /* 0 = all */
  /* output */
  const char *out; /* demo: NULL unless given */
  bool force, quiet, resume, no_hints;
  int step; /* 0; of a step of run its number, from 1: it says less */
  /* where options come from */
  const char *config;
  int preset;                           /* sbnn_preset */
  bool print_config;                    /* info */
  const char *origin[SBNN_MAX_OPTIONS]; /* by row of the table: "command line", "run.conf, line 3", ...; NULL
                                           = default */
} sbnn_options;

/* Fills `o` from the command line (argv[0] is the program). SBNN_USAGE with one sentence, which suggests the
 * nearest name for a typo, or names the missing option; *o is then of no use. Of an option given twice the
 * last counts. For train and cv, what the command line leaves open comes from the environment
 * (SBNN_LASSO=0.2), else from the file --config, else from --preset, else from --recipe denoise, which has
 * defaults of its own, else from the table. SBNN_BAD_INPUT: a configuration file that makes no sense. --help
 * anywhere makes the command HELP (its topic: the command it was given to). */
int sbnn_options_parse(int argc, char **argv, sbnn_options *o, sbnn_error *e);

const char *sbnn_command_name(sbnn_command command); /* "train" (options_table.c) */

/* The options of one step of run: those of `command` with the recipe, what the recipe has defaults for being
 * the recipe's unless it was given. Of --recipe denoise the paper's steps take nothing over. */
void sbnn_options_step(const sbnn_options *run, sbnn_command command, sbnn_recipe recipe, sbnn_options *step);

/* How many genes are to be kept; 0: srrr where the lambdas say, and where none are chosen. */
static inline int sbnn_options_genes(const sbnn_options *o) {
  if (o->command & (SBNN_CMD_TSNE | SBNN_CMD_PREP)) return 0;
  return o->command == SBNN_CMD_SRRR ? o->srrr_genes : o->genes;
}

/* For --recipe denoise --select network: `o` with the paper's recipe and its defaults for whatever the other
 * recipe has defaults of its own. */
void sbnn_options_selector(const sbnn_options *o, sbnn_options *selector);

/* Do these options pretrain, and so need clusters? (--both is for the caller to know.) */
static inline bool sbnn_options_pretrain(const sbnn_options *o) {
  return !o->no_pretrain && o->select == SBNN_SELECT_NETWORK;
}

/* The resolved options of train and cv as a configuration file, each with where its value comes from: what
 * `sbnn info --print-config` prints. */
void sbnn_options_print(FILE *to, const sbnn_options *o);

/* Has the user set the option himself: on the command line, in the environment or in a file? */
bool sbnn_options_chosen(const sbnn_options *o, const char *name);

/* What `sbnn help [CMD]` prints; topic NULL or "" = the overview. SBNN_USAGE: no such command. (help.c) */
int sbnn_options_help(FILE *to, const char *topic, sbnn_error *e);

/* Calls `each` for every option that o->command takes, with its resolved value as text ("0.1", "512,128",
 * "strict"; NULL = unset): for run.json. Given back as --name=value ('b': the bare --name if "true"), they
 * parse to the same options. kind: 's' string, 'n' a JSON number, 'b' true/false. `value` lives until `each`
 * returns. */
void sbnn_options_each(const sbnn_options *o,
                       void (*each)(void *ctx, const char *name, char kind, const char *value), void *ctx);

#endif
