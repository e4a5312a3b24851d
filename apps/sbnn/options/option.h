/* option.h - one option of the tool: its row. Options of several commands are in options.def; options of one
 * command are in that command's file (command.h). */
#ifndef SBNN_OPTION_H
#define SBNN_OPTION_H

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
  SBNN_OPTION_CHOICE,   /* an enum: the position of the word in `value`, "strict|paper" */
  SBNN_OPTION_RULE,     /* const char *: a rule of transforms, y_transform.h */
  SBNN_OPTION_WIDTHS,   /* sbnn_options.hidden and n_hidden, each from lowest to highest */
  SBNN_OPTION_COUNTS,   /* sbnn_whole_list, each from lowest to highest */
  SBNN_OPTION_NUMBERS   /* sbnn_numbers, each above 0 */
} sbnn_option_kind;

/* The heading under which help lists the option; OWN: the heading of its command. */
typedef enum sbnn_option_group {
  SBNN_GROUP_OWN,
  SBNN_GROUP_DATA,
  SBNN_GROUP_NETWORK,
  SBNN_GROUP_PRETRAINING,
  SBNN_GROUP_PHASES,
  SBNN_GROUP_CROSS_VALIDATION,
  SBNN_GROUP_RUN,
  SBNN_GROUP_OUTPUT,
  SBNN_N_GROUPS
} sbnn_option_group;

typedef struct sbnn_option {
  sbnn_option_group group;
  sbnn_option_kind kind;
  const char *name;    /* without the dashes */
  const char *value;   /* what stands for the value in `sbnn help`; NULL for a flag */
  size_t field;        /* SBNN_FIELD(x), or SBNN_OWN_FIELD(struct, x) of a command's own struct */
  const char *initial; /* the default, as one would type it; NULL: none */
  double lowest, highest;
  bool required;
  const char *unless; /* another option that may stand in place of this required one; NULL: none */
  unsigned families;  /* SBNN_TAKES_* bits; 0: an option of one command */
  const char *help;   /* one line */
} sbnn_option;

/* Where the value is kept: a field of sbnn_options, or of the struct that a command calls its own. */
#define SBNN_OWN_BIT                 ((size_t)1 << 24)
#define SBNN_FIELD(name)             offsetof(sbnn_options, name)
#define SBNN_OWN_FIELD(struct, name) (SBNN_OWN_BIT | offsetof(struct, name))

enum { SBNN_MANY = 1000000 }; /* more than anyone means; keeps products of counts far from overflow */

#endif
