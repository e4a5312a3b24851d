/* advice.h - sentences that name options, for a command that may lack them. */
#ifndef SBNN_OPTIONS_ADVICE_H
#define SBNN_OPTIONS_ADVICE_H

#include "options/command.h"

/* The sentence; if it names options that c does not take, and not as those of another command ("sbnn train
 * --lasso 0.1"), with what they are options of behind it: " (--preset: an option of train, cv, run)". The
 * caller frees. Any thread. */
char *sbnn_advice(const sbnn_command *c, const char *sentence);

#endif
