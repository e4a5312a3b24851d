/* options.h - the options of a command, resolved. Parsing, `sbnn help`, configuration files, the environment,
 * run.json, manual page and completions read the rows of options.def and of the commands. Defaults are the
 * paper's values. */
#ifndef SBNN_OPTIONS_H
#define SBNN_OPTIONS_H

#include "data/dataset.h"
#include "data/folds.h"
#include "data/prepare.h"
#include "options/command.h"
#include "sbnn.h"
#include "training/recipe.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SBNN_MAX_LIST = 64, SBNN_MAX_OPTIONS = 192, SBNN_OWN_ROOM = 4096 };

/* "2,16" */
typedef struct sbnn_whole_list {
  int n, value[SBNN_MAX_LIST];
} sbnn_whole_list;

/* "0.1,0.2,0.5", or "0.1:1.5:0.1": first, last, step */
typedef struct sbnn_numbers {
  int n;
  double value[SBNN_MAX_LIST];
} sbnn_numbers;

typedef enum sbnn_recipes { SBNN_RECIPES_BOTH, SBNN_RECIPES_PAPER, SBNN_RECIPES_DENOISE } sbnn_recipes;
typedef enum sbnn_preset {
  SBNN_PRESET_NONE,
  SBNN_PRESET_PATCHSEQ,
  SBNN_PRESET_CITESEQ,
  SBNN_PRESET_M1, /* the three data sets of the paper */
  SBNN_PRESET_V1,
  SBNN_PRESET_CBMC
} sbnn_preset;

/* The fields of options.def: a row declares its field. */
#define TEXT(group, field, ...)                   const char *field;
#define REQUIRED(group, field, ...)               const char *field;
#define REQUIRED_UNLESS(other, group, field, ...) const char *field;
#define RULE(group, field, ...)                   const char *field;
#define FLAG(group, field, ...)                   bool field;
#define CHOICE(group, type, field, ...)           type field;
#define WHOLE(group, field, ...)                  int field;
#define REAL(group, field, ...)                   double field;
#define AUTO(group, field, ...)                   double field;
#define WIDTHS(group, field, ...)                 int field[SBNN_MAX_HIDDEN], n_##field;
#define PHASE(group, field, ...)                  sbnn_phase_options field;

/* Strings are borrowed from argv. Fields that the command has no option for hold their defaults too. hidden: encoder
 * widths before the bottleneck; the decoder mirrors them. genes 0: as many as a proximal penalty leaves.
 * pretrain_weights is never AUTO once parsed. select under the paper's recipe is always NETWORK. */
typedef struct sbnn_options {
#include "options/options.def"
  const sbnn_command *command;
  const char *help_topic; /* `sbnn help CMD`, NULL = the overview; what follows --generate */
  /* what rows of several commands share, each with a help of its own */
  const char *results, *model;    /* a folder of results; one of train */
  bool own_data;                  /* a step of run: by its first step, so that sentences name the tables */
  bool both;                      /* cv: the model with pretraining and the one without */
  sbnn_recipes recipes;           /* run; else the recipe */
  sbnn_evaluate evaluate;         /* when a fit looks at the rows that it does not train on */
  int step;                       /* 0; of a step of run its number, from 1: it says less */
  const struct sbnn_merge *merge; /* of a command that `sbnn merge` runs again; else NULL */
  struct sbnn_ranks *ranks;       /* the processes that mpirun started; NULL: this one is alone */
  char **operands;                /* words that belong to no option; borrowed from argv */
  int n_operands;
  const char *origin[SBNN_MAX_OPTIONS]; /* by sbnn_option_index: "command line", "run.conf, line 3", ...; NULL
                                           = default */
  char repeated[512]; /* a sentence on options that were typed twice with different values; "": none */
  alignas(max_align_t) unsigned char own[SBNN_OWN_ROOM]; /* of commands: sbnn_own */
} sbnn_options;

/* Fills `o` from the command line (argv[0] is the program). SBNN_USAGE with one sentence, which suggests the
 * nearest name for a typo, or names the missing option; *o is then of no use. Of an option given twice the
 * last counts, and o->repeated says so. For commands of the family CONFIG, what the command line leaves open comes from the environment
 * (SBNN_LASSO=0.2), else from the file --config, else from --preset, else from --recipe denoise, which has
 * defaults of its own, else from the table. SBNN_BAD_INPUT: a configuration file that makes no sense. --help
 * anywhere makes the command HELP (its topic: the command it was given to). */
int sbnn_options_parse(int argc, char **argv, sbnn_options *o, sbnn_error *e);

const char *sbnn_command_name(const sbnn_command *command); /* "train"; NULL: "" */

/* The options of one step of run: those of `command` with the recipe, what the recipe has defaults for being
 * the recipe's unless it was given. Of --recipe denoise the paper's steps take nothing over. */
void sbnn_options_step(const sbnn_options *run, const sbnn_command *command, sbnn_recipe recipe,
                       sbnn_options *step);

/* For --recipe denoise --select network: `o` with the paper's recipe and its defaults for whatever the other
 * recipe has defaults of its own. */
void sbnn_options_selector(const sbnn_options *o, sbnn_options *selector);

/* Do these options pretrain, and so need clusters? (--both is for the caller to know.) */
static inline bool sbnn_options_pretrain(const sbnn_options *o) {
  return !o->no_pretrain && o->select == SBNN_SELECT_NETWORK;
}

/* The resolved options that `c` shares with other commands, and those of commands whose own ones it takes, as
 * a configuration file, each with where its value comes from. */
void sbnn_options_print(FILE *to, const sbnn_options *o, const sbnn_command *c);

/* Has the user set the option himself: on the command line, in the environment or in a file? */
bool sbnn_options_chosen(const sbnn_options *o, const char *name);
bool sbnn_options_given(const sbnn_options *o, const char *name); /* the same, or by a preset or recipe */

/* What `sbnn help [CMD]` prints; topic NULL or "" = the overview. SBNN_USAGE: no such command. (help.c) */
int sbnn_options_help(FILE *to, const char *topic, sbnn_error *e);

/* Calls `each` for every option that o->command takes, with its resolved value as text ("0.1", "512,128",
 * "strict"; NULL = unset): for run.json. Given back as --name=value ('b': the bare --name if "true"), they
 * parse to the same options. kind: 's' string, 'n' a JSON number, 'b' true/false. `value` lives until `each`
 * returns. */
void sbnn_options_each(const sbnn_options *o,
                       void (*each)(void *ctx, const char *name, char kind, const char *value), void *ctx);

#endif
