/* advice.c - see advice.h. */
#include "options/advice.h"

#include "options/options_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The command whose name follows "sbnn " at `text`; NULL: none. */
static const sbnn_command *command_at(const char *text) {
  char name[32];
  if (strncmp(text, "sbnn ", 5) != 0) return NULL;
  const size_t n = strspn(text + 5, "abcdefghijklmnopqrstuvwxyz");
  snprintf(name, sizeof name, "%.*s", (int)n, text + 5);
  return sbnn_command_named(name);
}

static bool in_list(const char *list, const char *name) { return list && strstr(list, name) != NULL; }

/* "train, cv": who takes it; NULL: nobody. */
static char *commands_with(const char *name) {
  char *list = NULL;
  for (size_t i = 0; i < sbnn_n_commands; i++)
    if (sbnn_option_named(sbnn_commands[i], name, strlen(name)))
      list = sbnn_joined(list, ", ", sbnn_strdup(sbnn_commands[i]->name));
  return list;
}

/* Appends "--NAME: an option of ..." for an option that neither command takes. */
static char *add_foreign(char *list, const sbnn_command *c, const sbnn_command *other, const char *name) {
  const size_t n = strlen(name);
  char *dashed = sbnn_format("--%s:", name);
  if (!sbnn_option_named(c, name, n) && !(other && sbnn_option_named(other, name, n)) &&
      !in_list(list, dashed)) {
    char *takers = commands_with(name);
    if (takers) list = sbnn_joined(list, "; ", sbnn_format("%s an option of %s", dashed, takers));
    free(takers);
  }
  free(dashed);
  return list;
}

char *sbnn_advice(const sbnn_command *c, const char *sentence) {
  const sbnn_command *other = NULL; /* of "sbnn NAME", up to the end of the part of the sentence */
  char *foreign = NULL;
  for (const char *at = sentence; *at; at++) {
    const bool starts = at == sentence || !(isalnum((unsigned char)at[-1]) || at[-1] == '-');
    if (*at == ';' || *at == '.' || *at == '\n') other = NULL;
    if (starts && command_at(at)) other = command_at(at);
    if (!starts || strncmp(at, "--", 2) != 0) continue;
    char name[64];
    const size_t n = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
    snprintf(name, sizeof name, "%.*s", (int)n, at + 2);
    if (n) foreign = add_foreign(foreign, c, other, name);
    at += 1 + n;
  }
  char *text = foreign ? sbnn_format("%s (%s)", sentence, foreign) : sbnn_strdup(sentence);
  free(foreign);
  return text;
}
