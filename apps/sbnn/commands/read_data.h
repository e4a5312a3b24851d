/* read_data.h - the data that a command's options name, and what is said of them. Threads: one. */
#ifndef SBNN_READ_DATA_H
#define SBNN_READ_DATA_H

#include "data/dataset.h"
#include "options/options.h"

/* The data set named by --x and --y, or --data, and --labels; for prep as it is, with what is missing.
 * Reports the overlap on stderr unless --quiet. */
int sbnn_read_data(const sbnn_options *o, sbnn_dataset *d, sbnn_error *e);

#endif
