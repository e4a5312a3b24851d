/* help.c - what `sbnn help` prints: the overview, or one command from the table of options. */
#include "commands/commands.h"
#include "data/table.h"
#include "options/options_table.h"

#include <stdlib.h>
#include <string.h>

static const char *const overview_head =
    "sbnn finds a few genes that predict a second measurement of the same cells (electrophysiology,\n"
    "proteins), and draws a map of the cells, with a sparse bottleneck neural network.\n"
    "\n"
    "Usage: sbnn COMMAND [OPTIONS]\n"
    "\n"
    "Commands:\n";

static const char *const overview_tail =
    "\n"
    "sbnn COMMAND --help explains a command; --generate man|bash|zsh|fish|json prints manual, completion.\n"
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 bad input, 4 numerical error, 5 partly done, 130 interrupted.\n";

static const char *const recipe_notes =
    "\n"
    "--recipe denoise chooses the genes by a linear model (--select), then trains a small network on them\n"
    "in one phase, with noise on its inputs and on the map. There are no penalties and no pretraining\n"
    "(except to choose genes with --select network). It predicts better than the paper's recipe. Its\n"
    "defaults: --hidden 64,32 --batch 128 --epochs-finetune 600 --lr-finetune 0.005. In train, the head\n"
    "that predicts the genes has 300 epochs at 0.005. The learning rate follows a cosine to 0.\n"
    "--noise auto tries ten pairs of noise levels on a fifth of the training cells, with half the epochs.\n";

static void print_overview(FILE *to) {
  fputs(overview_head, to);
  for (size_t i = 0; i < sbnn_n_commands; i++)
    fprintf(to, "  %-9s %s\n", sbnn_commands[i]->name, sbnn_commands[i]->summary);
  fprintf(to, "\nExample: %s %s\n", sbnn_program, sbnn_command_run.example);
  fputs(overview_tail, to);
}

static int left_width(const sbnn_option *row) {
  return (int)(2 + strlen(row->name) + (row->value ? 1 + strlen(row->value) : 0));
}

enum { WIDEST = 36 }; /* a longer left side has its help on the next line */

static int widest_left(const sbnn_command *c) {
  int widest = (int)strlen("-h, --help");
  const sbnn_option *row;
  for (size_t i = 0; (row = sbnn_option_at(i)); i++) {
    int width = left_width(row);
    if (sbnn_option_taken(c, row) && width > widest && width <= WIDEST) widest = width;
  }
  return widest;
}

static void print_option(FILE *to, const sbnn_option *row, int widest) {
  bool beside = left_width(row) <= widest;
  fprintf(to, "  --%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
  if (!beside) fputc('\n', to);
  fprintf(to, "%*s  %s", beside ? widest - left_width(row) : 2 + widest, "", row->help);
  if (row->required) fprintf(to, row->unless ? " (or --%s)" : " (required)", row->unless);
  if (row->initial) fprintf(to, " [%s]", row->initial);
  fputc('\n', to);
}

/* Under their headings. */
static void print_options(FILE *to, const sbnn_command *c, int widest) {
  const char *heading = NULL;
  const sbnn_option *row;
  for (size_t i = 0; (row = sbnn_option_at(i)); i++) {
    if (!sbnn_option_taken(c, row)) continue;
    if (heading != sbnn_group_heading(row)) fprintf(to, "\n%s:\n", sbnn_group_heading(row));
    heading = sbnn_group_heading(row);
    print_option(to, row, widest);
  }
}

enum { COLUMNS = 100 };

/* As many words on a line as fit; takes the text over. */
static void print_wrapped(FILE *to, char *text) {
  size_t column = 0;
  char *rest = text;
  for (char *word; (word = strsep(&rest, " "));) {
    const size_t n = strlen(word);
    const bool breaks = column && column + 1 + n > COLUMNS;
    if (column) fputc(breaks ? '\n' : ' ', to);
    fputs(word, to);
    column = column == 0 || breaks ? n : column + 1 + n;
  }
  fputc('\n', to);
  free(text);
}

/* Which tables are read. */
static void print_notes(FILE *to, const sbnn_command *c) {
  char *list = NULL;
  for (size_t i = 0; sbnn_shown_format(i); i++)
    list = sbnn_joined(list, sbnn_shown_format(i + 1) ? ", " : " or ", sbnn_strdup(sbnn_shown_format(i)));
  fputc('\n', to);
  print_wrapped(
      to,
      sbnn_format("Tables are .csv or .tsv, plain or .gz: names in the first line, ids in the first column. "
                  "Counts and responses may also be %s ('sbnn inspect FILE' lists what a file holds). Cells "
                  "are matched by id.%s",
                  list,
                  c->takes & SBNN_TAKES_NETWORK
                      ? " The defaults of network, pretraining and training phases are those of the paper."
                      : ""));
  free(list);
}

static void print_command(FILE *to, const sbnn_command *c) {
  int widest = widest_left(c);
  fprintf(to, "Usage: sbnn %s%s%s\n\n%s", c->name, *c->usage ? " " : "", c->usage, c->description);
  if (c->example) fprintf(to, "\nExample: %s %s\n", sbnn_program, c->example);
  if (!c->prints) fputs("\nDefaults are in [brackets].\n", to);
  print_options(to, c, widest);
  fprintf(to, "\n  %-*s  print this text\n", widest, "-h, --help");
  if (c->takes & SBNN_TAKES_XY) print_notes(to, c);
  if (c->takes & SBNN_TAKES_RECIPE) fputs(recipe_notes, to);
}

int sbnn_options_help(FILE *to, const char *topic, sbnn_error *e) {
  if (!topic || !*topic) {
    print_overview(to);
    return SBNN_OK;
  }
  const sbnn_command *c = sbnn_command_named(topic);
  if (!c) return sbnn_unknown_command(topic, e);
  print_command(to, c);
  return SBNN_OK;
}

static int words(sbnn_options *o, int n, char **word, sbnn_error *e) {
  if (n > 0) o->help_topic = word[0];
  if (o->help_topic && !sbnn_command_named(o->help_topic)) return sbnn_unknown_command(o->help_topic, e);
  if (n > 1)
    return sbnn_fail(e, SBNN_USAGE, "'sbnn help' explains one command at a time: leave out '%s'", word[1]);
  return SBNN_OK;
}

static int run(const sbnn_options *o, sbnn_error *e) { return sbnn_options_help(stdout, o->help_topic, e); }

const sbnn_command sbnn_command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "explain a command and all of its options",
    .description =
        "Explains a command and its options, one line each. Without a command, lists the commands. The\n"
        "same as sbnn COMMAND --help.\n",
    .flag = "--help",
    .prints = true,
    .words = words,
    .run = run,
};
