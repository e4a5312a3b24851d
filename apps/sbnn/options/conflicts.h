/* conflicts.h - options that contradict each other, found before hours of work and not after. */
#ifndef SBNN_OPTIONS_CONFLICTS_H
#define SBNN_OPTIONS_CONFLICTS_H

#include "options/options.h"

/* SBNN_USAGE, with one sentence in e, for the first contradiction among the resolved options. */
int sbnn_options_check_conflicts(const sbnn_options *o, sbnn_error *e);

#endif
