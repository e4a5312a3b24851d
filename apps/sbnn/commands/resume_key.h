/* resume_key.h - all that the results of a run depend on, by which --resume knows a run again. */
#ifndef SBNN_COMMANDS_RESUME_KEY_H
#define SBNN_COMMANDS_RESUME_KEY_H

#include "data/dataset.h"
#include "options/options.h"

/* Resolved options, hashes of the inputs and the build, in lines "name=value" of any length; the caller frees.
 * Any thread. */
char *sbnn_resume_key(const sbnn_options *o, const sbnn_dataset *d);

#endif
