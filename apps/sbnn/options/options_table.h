/* options_table.h - the one table of options and commands, private to options/ and to what prints it
 * (commands/help.c, generate.c). */
#ifndef SBNN_OPTIONS_TABLE_H
#define SBNN_OPTIONS_TABLE_H

#include "options/options.h"

#include <stdbool.h>
#include <stddef.h>

/* What each kind reads and writes: option_value.c. */
typedef enum sbnn_option_kind {
  SBNN_OPTION_TEXT,     /* const char * */
  SBNN_OPTION_FLAG,     /* bool */
  SBNN_OPTION_WHOLE,    /* int, from lowest to highest */
  SBNN_OPTION_REAL,     /* double, from lowest to highest */
  SBNN_OPTION_POSITIVE, /* double, above 0 */
  SBNN_OPTION_AUTO,     /* double, from lowest to highest; "auto" is -1 */
  SBNN_OPTION_CHOICE,   /* int: the position of the word in `value`, "strict|paper" */
  SBNN_OPTION_RULE,     /* const char *: a rule of transforms, y_transform.h */
  SBNN_OPTION_WIDTHS,   /* int[SBNN_MAX_HIDDEN] and n_hidden, each from lowest to highest */
  SBNN_OPTION_COUNTS,   /* sbnn_whole_list, each from lowest to highest */
  SBNN_OPTION_NUMBERS   /* sbnn_numbers, each above 0 */
} sbnn_option_kind;

typedef enum sbnn_option_group {
  SBNN_GROUP_DATA,
  SBNN_GROUP_NETWORK,
  SBNN_GROUP_PRETRAINING,
  SBNN_GROUP_PHASES,
  SBNN_GROUP_LINEAR,
  SBNN_GROUP_TSNE,
  SBNN_GROUP_STABILITY,
  SBNN_GROUP_CROSS_VALIDATION,
  SBNN_GROUP_RUN,
  SBNN_GROUP_OUTPUT,
  SBNN_N_GROUPS
} sbnn_option_group;

/* Where commands differ (--out is required, but not by demo), a name has one row for each, and the rows that
 * share a field have the same default. */
typedef struct sbnn_option {
  sbnn_option_group group;
  sbnn_option_kind kind;
  const char *name;    /* without the dashes */
  const char *value;   /* what stands for the value in `sbnn help`; NULL for a flag */
  size_t offset;       /* of the field in sbnn_options */
  const char *initial; /* the default, as one would type it; NULL = none */
  double lowest, highest;
  bool required;
  const char *unless; /* another option that may stand in place of this required one; NULL: none */
  unsigned commands;  /* sbnn_command bits */
  const char *help;   /* one line */
} sbnn_option;

typedef struct sbnn_command_row {
  sbnn_command command;
  const char *name;
  const char *usage;       /* what follows the name */
  const char *summary;     /* for the overview: one line */
  const char *description; /* for `sbnn help NAME`: two lines */
} sbnn_command_row;

extern const sbnn_option sbnn_option_table[];
extern const size_t sbnn_n_options;
extern const sbnn_command_row sbnn_command_table[];
extern const size_t sbnn_n_commands;
extern const char *const sbnn_group_headings[SBNN_N_GROUPS];

/* The row of an option as these commands know it; `length` ends the name. NULL: none of them does. */
const sbnn_option *sbnn_option_named(unsigned commands, const char *name, size_t length);

/* Is the row the one by which these commands know the option of its name? */
bool sbnn_option_taken(unsigned commands, const sbnn_option *row);

const sbnn_command_row *sbnn_command_named(const char *name); /* NULL: no such command */

/* SBNN_USAGE with the sentence for a command that does not exist. */
int sbnn_unknown_command(const char *name, sbnn_error *e);

#endif
