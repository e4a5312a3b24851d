/* srrr_own.h - what `sbnn srrr` calls its own, for its files and for `sbnn run`. */
#ifndef SBNN_COMMANDS_SRRR_OWN_H
#define SBNN_COMMANDS_SRRR_OWN_H

#include "commands/commands.h"

/* The number of genes is sbnn_options.genes; 0: the lambdas say. */
typedef struct sbnn_srrr_own {
  sbnn_whole_list ranks;
  sbnn_numbers lambdas;
} sbnn_srrr_own;

static inline const sbnn_srrr_own *sbnn_srrr_own_of(const sbnn_options *o) {
  return sbnn_own(o, &sbnn_command_srrr);
}

/* What srrr would say of the data before it fits anything: SBNN_BAD_INPUT, a rank beyond the responses. */
int sbnn_srrr_check(const sbnn_options *o, const sbnn_dataset *d, sbnn_error *e);

#endif
