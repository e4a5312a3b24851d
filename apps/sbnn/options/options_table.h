/* options_table.h - all rows in one list: those of options.def and those of commands. Private to options/ and
 * to what prints options (commands/help.c, generate.c). */
#ifndef SBNN_OPTIONS_TABLE_H
#define SBNN_OPTIONS_TABLE_H

#include "options/options.h"

/* Row i of the list, by group; NULL from the end on. A command's own rows stand before the shared ones in the
 * groups Data and Output, behind them elsewhere, and in place of a shared row that they replace. */
const sbnn_option *sbnn_option_at(size_t i);
size_t sbnn_option_index(const sbnn_option *row); /* its i */

/* The row by which the command knows the option; `length` ends the name. NULL: it does not know it. Without
 * a command: the shared row. */
const sbnn_option *sbnn_option_named(const sbnn_command *c, const char *name, size_t length);

/* Is the row the one by which the command knows the option of its name? */
bool sbnn_option_taken(const sbnn_command *c, const sbnn_option *row);

/* Where the value is kept. */
void *sbnn_option_field(sbnn_options *o, const sbnn_option *row);

/* Of the rows that the command takes in this group: "Network", or the command's own heading. */
const char *sbnn_group_heading(const sbnn_option *row);

#endif
