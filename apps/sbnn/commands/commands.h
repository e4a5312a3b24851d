/* commands.h - the descriptors of all subcommands (options/command.h): sbnn_command_NAME, in NAME.c. */
#ifndef SBNN_COMMANDS_H
#define SBNN_COMMANDS_H

#include "options/options.h"
#include "sbnn.h"

#define SBNN_COMMAND(name) extern const sbnn_command sbnn_command_##name;
#define SBNN_HIDDEN(name)  extern const sbnn_command sbnn_command_##name;
#include "commands/commands.def"

/* The rows of a command, for its descriptor. */
#define SBNN_ROWS(rows) .options = (rows), .n_options = sizeof(rows) / sizeof *(rows)

#endif
