/* commands.c - the table of subcommands (options/command.h), and the files that they write. */
#include "commands/commands.h"

#include "output/outdir.h"
#include "pictures/pictures.h"
#include "verdict/verdict.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const sbnn_command *const sbnn_commands[] = {
#define SBNN_COMMAND(name) &sbnn_command_##name,
#define SBNN_HIDDEN(name)
#include "commands/commands.def"
};
const size_t sbnn_n_commands = sizeof sbnn_commands / sizeof *sbnn_commands;

const sbnn_command *const sbnn_hidden_commands[] = {
#define SBNN_COMMAND(name)
#define SBNN_HIDDEN(name) &sbnn_command_##name,
#include "commands/commands.def"
    NULL};

/* ---- the files that they write ---- */

static const char **names;
static size_t n_names;

/* Once each. */
static void add_name(const char *name) {
  for (size_t i = 0; i < n_names; i++)
    if (strcmp(names[i], name) == 0) return;
  names = sbnn_realloc(names, n_names + 2, sizeof *names);
  names[n_names++] = sbnn_strdup(name);
  names[n_names] = NULL;
}

static void add_figure(const char *figure) {
  static const char *const endings[] = {"png", "svg", "pdf"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    char *name = sbnn_format("figures/%s.%s", figure, endings[i]);
    add_name(name);
    free(name);
  }
}

static void gather_names(void) {
  for (size_t i = 0; sbnn_picture_name(i); i++) add_figure(sbnn_picture_name(i));
  for (size_t i = 0; i < sbnn_n_commands; i++) {
    const char *const *file = sbnn_commands[i]->files, *const *figure = sbnn_commands[i]->figures;
    for (; file && *file; file++) add_name(*file);
    for (; figure && *figure; figure++) add_figure(*figure);
  }
  add_name(SBNN_VERDICT_FILE);
  add_name("run.json");
}

const char *const *sbnn_result_files(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, gather_names);
  return names;
}
