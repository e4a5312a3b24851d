/* command.h - one subcommand of the tool: its descriptor, which stands in the command's own file. The table
 * of commands is commands/commands.def; help, manual page, completions, the check of options, the names of
 * result files and `main` read descriptors. */
#ifndef SBNN_COMMAND_H
#define SBNN_COMMAND_H

#include "options/option.h"
#include "sbnn.h"

struct sbnn_options;

/* Families of options that several commands take (options.def). A command takes a row if they share a bit. */
enum {
  SBNN_TAKES_TABLES = 1 << 0,      /* how tables are read: labels, ids, orientation, transform */
  SBNN_TAKES_CHOICE = 1 << 1,      /* which cells and genes of them */
  SBNN_TAKES_DATA = 1 << 2,        /* --data, and what is made of the numbers before a fit */
  SBNN_TAKES_XY = 1 << 3,          /* --x and --y, which --data replaces; --preset */
  SBNN_TAKES_CONFIG = 1 << 4,      /* options from a file and from the environment */
  SBNN_TAKES_HINTS = 1 << 5,       /* --no-hints */
  SBNN_TAKES_NETWORK = 1 << 6,     /* a network and its training; --resume */
  SBNN_TAKES_RECIPE = 1 << 7,      /* one set of such options: recipe, penalty, bottleneck */
  SBNN_TAKES_AUTOENCODER = 1 << 8, /* the second head */
  SBNN_TAKES_FOLDS = 1 << 9,       /* cross-validation */
  SBNN_TAKES_SEED = 1 << 10,       /* --seed, --threads */
  SBNN_TAKES_FOLDER = 1 << 11,     /* --out, a folder that the command makes */
  SBNN_TAKES_FORCE = 1 << 12,      /* --force: what the folder holds is replaced */
  SBNN_TAKES_QUIET = 1 << 13,
  SBNN_TAKES_SHARDS = 1 << 14, /* many models, which several processes may share: --shard */
  SBNN_TAKES_COPY = 1 << 15,   /* results of cells or genes: --write-h5ad */
  /* A command that reads what the user measured and leaves a folder of results ... */
  SBNN_TAKES_VIEW = SBNN_TAKES_TABLES | SBNN_TAKES_CHOICE | SBNN_TAKES_DATA | SBNN_TAKES_HINTS |
                    SBNN_TAKES_SEED | SBNN_TAKES_FOLDER | SBNN_TAKES_FORCE | SBNN_TAKES_QUIET,
  /* ... and one that fits responses to genes. */
  SBNN_TAKES_FIT = SBNN_TAKES_VIEW | SBNN_TAKES_XY | SBNN_TAKES_CONFIG
};

typedef struct sbnn_command sbnn_command;
struct sbnn_command {
  const char *name;
  const char *usage;       /* what follows the name */
  const char *summary;     /* for the overview: one line */
  const char *description; /* for `sbnn help NAME`: two lines */
  const char *example;     /* what one might type after the program's name; NULL: none */

  /* Options: families, own rows, and those of other commands' own rows. */
  unsigned takes;
  const char *heading; /* of own rows in SBNN_GROUP_OWN */
  const sbnn_option *options;
  size_t n_options;
  size_t own_size;                         /* of the struct that own rows fill: sbnn_own */
  const sbnn_command *const *takes_own_of; /* NULL-ended; NULL: none */
  const char *operands;        /* words without an option, "DIR...", as messages call them; NULL: none */
  const char *variant_flag;    /* given this own flag, options are those of `variant` */
  const sbnn_command *variant; /* no command by itself */
  const char *flag;            /* "--version": the command is asked for so, too */
  bool prints;                 /* its result is what it prints, not files */

  /* Each returns an exit code (sbnn.h); unless it is SBNN_OK, `e` holds the sentence for the user. */
  int (*words)(struct sbnn_options *o, int n, char **word, sbnn_error *e); /* in place of options; NULL */
  int (*resolve)(struct sbnn_options *o, sbnn_error *e); /* once all options are known; NULL: nothing */
  int (*run)(const struct sbnn_options *o, sbnn_error *e);
  void (*as_step)(struct sbnn_options *o); /* what is otherwise in a step of `sbnn run`; NULL: nothing */

  /* Files of a folder of results that the command may write; NULL-ended, NULL: none. Names of figures stand
   * without folder and ending. Nothing else is ever replaced or removed by --force. */
  const char *const *files, *const *figures;
};

/* In the order of commands.def, which is that of help. Defined in commands/commands.c. */
extern const sbnn_command *const sbnn_commands[];
extern const size_t sbnn_n_commands;
/* Those that are asked for by a flag and that help does not list: --version, --generate. NULL-ended. */
extern const sbnn_command *const sbnn_hidden_commands[];

const sbnn_command *sbnn_command_named(const char *name); /* of those listed; NULL: no such command */

/* The command of a flag, "--help" or "--generate=man"; NULL: none. */
const sbnn_command *sbnn_command_of_flag(const char *arg);

/* SBNN_USAGE with the sentence for a command that does not exist. */
int sbnn_unknown_command(const char *name, sbnn_error *e);

/* The struct that the own rows of `c` fill, zero before; c is a command of the table. Rows fill it in every
 * sbnn_options that was parsed for c, or for a command that takes the own rows of c. */
const void *sbnn_own(const struct sbnn_options *o, const sbnn_command *c);
void *sbnn_own_mutable(struct sbnn_options *o, const sbnn_command *c);

#endif
