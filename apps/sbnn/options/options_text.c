/* options_text.c - from sbnn_options back to text: for run.json and as a configuration file (options.h). */
#include "options/options.h"

#include "options/option_value.h"
#include "options/options_table.h"

#include <string.h>

void sbnn_options_each(const sbnn_options *o,
                       void (*each)(void *ctx, const char *name, char kind, const char *value), void *ctx) {
  const sbnn_option *row;
  for (size_t i = 0; (row = sbnn_option_at(i)); i++) {
    char text[SBNN_LIST_TEXT] = "";
    if (sbnn_option_taken(o->command, row))
      each(ctx, row->name, sbnn_option_json(row), sbnn_option_text(o, row, text));
  }
}

/* ---- as a configuration file ---- */

/* In quotes where a comment, a quote or a blank at an end would be lost. */
static void print_setting(FILE *to, const char *name, const char *value, const char *origin) {
  char text[2 * SBNN_LIST_TEXT];
  size_t n = value ? strlen(value) : 0;
  bool quoted = n && (strpbrk(value, "# \t") != NULL);
  snprintf(text, sizeof text, "%s%s = %s%s%s", value ? "" : "# ", name, quoted ? "\"" : "",
           value ? value : "", quoted ? "\"" : "");
  fprintf(to, "%-40s # %s\n", text, origin ? origin : "default");
}

void sbnn_options_print(FILE *to, const sbnn_options *o, const sbnn_command *c) {
  const sbnn_option *row;
  for (size_t i = 0; (row = sbnn_option_at(i)); i++) {
    char text[SBNN_LIST_TEXT] = "";
    if (sbnn_option_taken(c, row) && strcmp(row->name, "config") != 0)
      print_setting(to, row->name, sbnn_option_text(o, row, text), o->origin[i]);
  }
}
