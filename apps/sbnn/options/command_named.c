/* command_named.c - commands by name and flag, and what each calls its own (command.h). */
#include "options/command.h"

#include "options/options.h"
#include "options/suggest.h"

#include <stdlib.h>
#include <string.h>

const sbnn_command *sbnn_command_named(const char *name) {
  for (size_t i = 0; i < sbnn_n_commands; i++)
    if (strcmp(sbnn_commands[i]->name, name) == 0) return sbnn_commands[i];
  return NULL;
}

static bool is_flag_of(const sbnn_command *c, const char *arg, size_t length) {
  return c->flag && strlen(c->flag) == length && memcmp(c->flag, arg, length) == 0;
}

const sbnn_command *sbnn_command_of_flag(const char *arg) {
  size_t length = strcspn(arg, "=");
  for (size_t i = 0; i < sbnn_n_commands; i++)
    if (is_flag_of(sbnn_commands[i], arg, length)) return sbnn_commands[i];
  for (size_t i = 0; sbnn_hidden_commands[i]; i++)
    if (is_flag_of(sbnn_hidden_commands[i], arg, length)) return sbnn_hidden_commands[i];
  return NULL;
}

const char *sbnn_command_name(const sbnn_command *command) { return command ? command->name : ""; }

int sbnn_unknown_command(const char *name, sbnn_error *e) {
  const char **names = sbnn_alloc(sbnn_n_commands, sizeof *names);
  char meant[512];
  for (size_t i = 0; i < sbnn_n_commands; i++) names[i] = sbnn_commands[i]->name;
  sbnn_suggest(name, names, sbnn_n_commands, "", meant, sizeof meant);
  free(names);
  return sbnn_fail(e, SBNN_USAGE, "unknown command '%s'%s%s ('%s help' lists them)", name, *meant ? ": " : "",
                   meant, sbnn_program);
}

/* One after the other in sbnn_options.own. */
static size_t own_place(const sbnn_command *c) {
  size_t at = 0;
  for (size_t i = 0; i < sbnn_n_commands && sbnn_commands[i] != c; i++) {
    const size_t unit = alignof(max_align_t);
    at += (sbnn_commands[i]->own_size + unit - 1) / unit * unit;
  }
  if (at + c->own_size <= SBNN_OWN_ROOM) return at;
  fprintf(stderr, "sbnn: internal error: SBNN_OWN_ROOM (options.h) is too small for the options of all "
                  "commands; make it larger\n");
  exit(SBNN_FAILED);
}

const void *sbnn_own(const sbnn_options *o, const sbnn_command *c) { return o->own + own_place(c); }

void *sbnn_own_mutable(sbnn_options *o, const sbnn_command *c) { return o->own + own_place(c); }
