/* copy.h - --write-h5ad: the file that counts were read from as well, with the results in it. */
#ifndef SBNN_COMMANDS_COPY_H
#define SBNN_COMMANDS_COPY_H

#include "options/options.h"

/* Before the work: SBNN_USAGE, SBNN_BAD_INPUT, SBNN_FAILED, if the copy could not be made of `x`, the file of counts
 * (NULL: unknown), or not written. SBNN_OK without the option. */
int sbnn_copy_check(const sbnn_options *o, const char *x, sbnn_error *e);

/* After it: from the folder o->out. SBNN_OK without the option. */
int sbnn_copy_write(const sbnn_options *o, const char *x, sbnn_error *e);

#endif
