/* generate_json.c - see generate_json.h. */
#include "commands/generate_json.h"

#include "commands/commands.h"
#include "nabla_version.h"
#include "options/option_value.h"
#include "options/options_table.h"
#include "report/json.h"

#include <math.h>
#include <string.h>

static const char *const kind_names[] = {
    [SBNN_OPTION_TEXT] = "text",     [SBNN_OPTION_FLAG] = "flag",         [SBNN_OPTION_WHOLE] = "whole",
    [SBNN_OPTION_REAL] = "real",     [SBNN_OPTION_POSITIVE] = "positive", [SBNN_OPTION_AUTO] = "auto",
    [SBNN_OPTION_CHOICE] = "choice", [SBNN_OPTION_RULE] = "rule",         [SBNN_OPTION_WIDTHS] = "widths",
    [SBNN_OPTION_COUNTS] = "counts", [SBNN_OPTION_NUMBERS] = "numbers"};

/* "strict|paper" as an array. */
static void put_choices(sbnn_json *j, const char *words) {
  sbnn_json_open(j, "choices", '[');
  for (const char *word = words; *word;) {
    char text[64];
    size_t n = strcspn(word, "|");
    snprintf(text, sizeof text, "%.*s", (int)n, word);
    sbnn_json_text(j, NULL, text);
    word += n + (word[n] == '|');
  }
  sbnn_json_close(j, ']');
}

/* Bounds of the kinds that read them; others have none in their rows. */
static void put_bounds(sbnn_json *j, const sbnn_option *row) {
  bool bounded = row->kind == SBNN_OPTION_WHOLE || row->kind == SBNN_OPTION_REAL ||
                 row->kind == SBNN_OPTION_AUTO || row->kind == SBNN_OPTION_WIDTHS ||
                 row->kind == SBNN_OPTION_COUNTS;
  sbnn_json_number(j, "lowest", bounded ? row->lowest : NAN, 17);
  sbnn_json_number(j, "highest", bounded ? row->highest : NAN, 17);
}

static void put_option(sbnn_json *j, const sbnn_option *row) {
  char needs[SBNN_OPTION_NEEDS];
  sbnn_option_needs(row, needs);
  sbnn_json_open(j, row->name, '{');
  sbnn_json_text(j, "kind", kind_names[row->kind]);
  sbnn_json_text(j, "value", row->value);
  sbnn_json_text(j, "needs", needs);
  if (row->kind == SBNN_OPTION_CHOICE) put_choices(j, row->value);
  sbnn_json_text(j, "default", row->initial);
  put_bounds(j, row);
  sbnn_json_flag(j, "required", row->required);
  sbnn_json_text(j, "unless", row->unless);
  sbnn_json_text(j, "group", sbnn_group_heading(row));
  sbnn_json_text(j, "help", row->help);
  sbnn_json_close(j, '}');
}

static void put_command(sbnn_json *j, const sbnn_command *command) {
  const sbnn_option *row;
  sbnn_json_open(j, command->name, '{');
  sbnn_json_text(j, "summary", command->summary);
  sbnn_json_text(j, "description", command->description);
  sbnn_json_text(j, "operand", command->operands);
  sbnn_json_flag(j, "prints", command->prints);
  sbnn_json_open(j, "options", '{');
  for (size_t i = 0; (row = sbnn_option_at(i)); i++)
    if (sbnn_option_taken(command, row)) put_option(j, row);
  sbnn_json_close(j, '}');
  sbnn_json_close(j, '}');
}

void sbnn_generate_json(FILE *to) {
  sbnn_json j = {.to = to};
  sbnn_json_open(&j, NULL, '{');
  sbnn_json_text(&j, "version", NABLA_VERSION);
  sbnn_json_open(&j, "commands", '{');
  for (size_t i = 0; i < sbnn_n_commands; i++) put_command(&j, sbnn_commands[i]);
  sbnn_json_close(&j, '}');
  sbnn_json_close(&j, '}');
  fputc('\n', to);
}
