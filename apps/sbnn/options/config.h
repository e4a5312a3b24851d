/* config.h - options from elsewhere than the command line: a file (--config), the environment (SBNN_*), a
 * preset (--preset). Private to options.c. Strings live until sbnn_config_forget. */
#ifndef SBNN_CONFIG_H
#define SBNN_CONFIG_H

#include "options/options_table.h"

/* One option with its value as one would type it, and where it was met: "run.conf, line 3". */
typedef struct sbnn_setting {
  const sbnn_option *row;
  const char *value, *where;
} sbnn_setting;

/* Owns the list only. */
typedef struct sbnn_settings {
  sbnn_setting *list;
  size_t n;
} sbnn_settings;

/* Lines "key = value" ('#' begins a comment), or JSON: an object of options, or a run.json, of which the
 * options count. Keys are names of options; those that only other commands than `c` know are passed
 * over. Appends to s. SBNN_BAD_INPUT with file and line: unreadable, no option (the nearest is named), no
 * value. */
int sbnn_config_read(const char *path, const sbnn_command *c, sbnn_settings *s, sbnn_error *e);

/* SBNN_Y_TRANSFORM=log1p for --y-transform log1p. A variable SBNN_... that is no option is told of on stderr.
 */
void sbnn_config_environment(const sbnn_command *c, sbnn_settings *s);

/* What --preset stands for (options.h). */
void sbnn_config_preset(int preset, sbnn_settings *s);

/* Of an option the last value in s; NULL: none. */
const char *sbnn_settings_last(const sbnn_settings *s, const char *name);

/* Releases the strings of all settings so far: for a process that parses many times. Options that came out of
 * them are of no use afterwards. */
void sbnn_config_forget(void);

void sbnn_settings_free(sbnn_settings *s);

#endif
