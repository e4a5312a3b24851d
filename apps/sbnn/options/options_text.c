/* options_text.c - from sbnn_options back to text: for run.json and as a configuration file (options.h). */
#include "options/options.h"

#include "options/option_lists.h"
#include "options/options_table.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM = SBNN_LIST_TEXT, FIT = SBNN_CMD_FIT };

static const void *field_in(const sbnn_options *o, const sbnn_option *row) {
  return (const char *)o + row->offset;
}

/* ---- values ---- */

/* The shortest decimal that reads back as the same double. */
static void real_text(double value, char text[TEXT_ROOM]) {
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, TEXT_ROOM, "%.*g", digits, value);
    if (strtod(text, NULL) == value) return;
  }
}

static void choice_text(const char *words, int chosen, char text[TEXT_ROOM]) {
  for (int i = 0; i < chosen; i++) words += strcspn(words, "|") + 1;
  snprintf(text, TEXT_ROOM, "%.*s", (int)strcspn(words, "|"), words);
}

static void widths_text(const sbnn_options *o, char text[TEXT_ROOM]) {
  size_t used = 0;
  for (int i = 0; i < o->n_hidden; i++)
    used += (size_t)snprintf(text + used, TEXT_ROOM - used, "%s%d", i ? "," : "", o->hidden[i]);
}

/* The value as text: in `text`, or borrowed. */
static const char *value_text(const sbnn_options *o, const sbnn_option *row, char text[TEXT_ROOM]) {
  const void *field = field_in(o, row);
  switch (row->kind) {
  case SBNN_OPTION_TEXT:
  case SBNN_OPTION_RULE: return *(const char *const *)field;
  case SBNN_OPTION_FLAG: return *(const bool *)field ? "true" : "false";
  case SBNN_OPTION_WHOLE: snprintf(text, TEXT_ROOM, "%d", *(const int *)field); break;
  case SBNN_OPTION_REAL:
  case SBNN_OPTION_POSITIVE: real_text(*(const double *)field, text); break;
  case SBNN_OPTION_AUTO:
    if (*(const double *)field < 0) return "auto";
    real_text(*(const double *)field, text);
    break;
  case SBNN_OPTION_CHOICE: choice_text(row->value, *(const int *)field, text); break;
  case SBNN_OPTION_WIDTHS: widths_text(o, text); break;
  case SBNN_OPTION_COUNTS: sbnn_whole_list_text(field, text); return *text ? text : NULL;
  case SBNN_OPTION_NUMBERS: sbnn_numbers_text(field, text); break;
  }
  return text;
}

static char json_kind(sbnn_option_kind kind) {
  switch (kind) {
  case SBNN_OPTION_FLAG: return 'b';
  case SBNN_OPTION_WHOLE:
  case SBNN_OPTION_REAL:
  case SBNN_OPTION_AUTO:
  case SBNN_OPTION_POSITIVE: return 'n';
  case SBNN_OPTION_TEXT:
  case SBNN_OPTION_CHOICE:
  case SBNN_OPTION_RULE:
  case SBNN_OPTION_WIDTHS:
  case SBNN_OPTION_COUNTS:
  case SBNN_OPTION_NUMBERS: break;
  }
  return 's';
}

void sbnn_options_each(const sbnn_options *o,
                       void (*each)(void *ctx, const char *name, char kind, const char *value), void *ctx) {
  for (size_t i = 0; i < sbnn_n_options; i++) {
    const sbnn_option *row = &sbnn_option_table[i];
    char text[TEXT_ROOM] = "";
    if (sbnn_option_taken(o->command, row))
      each(ctx, row->name, json_kind(row->kind), value_text(o, row, text));
  }
}

/* ---- as a configuration file ---- */

/* In quotes where a comment, a quote or a blank at an end would be lost. */
static void print_setting(FILE *to, const char *name, const char *value, const char *origin) {
  char text[2 * TEXT_ROOM];
  size_t n = value ? strlen(value) : 0;
  bool quoted = n && (strpbrk(value, "# \t") != NULL);
  snprintf(text, sizeof text, "%s%s = %s%s%s", value ? "" : "# ", name, quoted ? "\"" : "",
           value ? value : "", quoted ? "\"" : "");
  fprintf(to, "%-40s # %s\n", text, origin ? origin : "default");
}

void sbnn_options_print(FILE *to, const sbnn_options *o) {
  for (size_t i = 0; i < sbnn_n_options; i++) {
    const sbnn_option *row = &sbnn_option_table[i];
    char text[TEXT_ROOM] = "";
    if (sbnn_option_taken(FIT, row) && strcmp(row->name, "config") != 0)
      print_setting(to, row->name, value_text(o, row, text), o->origin[i]);
  }
}
