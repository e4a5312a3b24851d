/* help.c - what `sbnn help` prints: the overview, or one command from the table of options. */
#include "options/options_table.h"

#include <string.h>

static const char *const overview_head =
    "sbnn finds a few genes that explain what else was measured in the same cells (electrophysiology,\n"
    "proteins), and lays the cells out on a map: a sparse bottleneck neural network.\n"
    "\n"
    "Usage: sbnn COMMAND [OPTIONS]\n"
    "\n"
    "Commands:\n";

static const char *const overview_tail =
    "\n"
    "sbnn COMMAND --help explains a command; sbnn --generate man|bash|zsh|fish: manual, completions.\n"
    "Exit codes: 0 done, 1 failed, 2 usage, 3 bad input, 4 not finite, 5 done in part, 130 interrupted.\n";

static const char *const table_notes =
    "\n"
    "Tables are .csv or .tsv, plain or .gz: names in the first line, ids in the first column. Counts and\n"
    "responses may also be Matrix Market (.mtx with its lists), a 10x folder, .npy, .npz or .mat. Cells\n"
    "are matched by id.";

static const char *const fit_notes =
    " The defaults of network, pretraining and training are the paper's.\n"
    "\n"
    "--recipe denoise chooses the genes by a linear model (--select), then trains a small network on them\n"
    "in one phase, with noise on its inputs and on the map. There are no penalties and no pretraining\n"
    "(except to choose genes with --select network). It predicts better than the paper's recipe. Its\n"
    "defaults: --hidden 64,32 --batch 128 --epochs-finetune 600 --lr-finetune 0.005, and 300 epochs at\n"
    "0.005 for the second head of train; the learning rate falls to 0 along a cosine. --noise auto\n"
    "tries ten pairs of noise levels on a fifth of the training cells, for half the epochs each.\n";

static void print_overview(FILE *to) {
  fputs(overview_head, to);
  for (size_t i = 0; i < sbnn_n_commands; i++)
    fprintf(to, "  %-9s %s\n", sbnn_command_table[i].name, sbnn_command_table[i].summary);
  fprintf(to, "\nExample: %s run --x counts.csv --y ephys.csv --labels cell_types.tsv --out results\n",
          sbnn_program);
  fputs(overview_tail, to);
}

static int left_width(const sbnn_option *row) {
  return (int)(2 + strlen(row->name) + (row->value ? 1 + strlen(row->value) : 0));
}

enum { WIDEST = 36 }; /* a longer left side has its help on the next line */

static int widest_left(unsigned command) {
  int widest = (int)strlen("-h, --help");
  for (size_t i = 0; i < sbnn_n_options; i++) {
    int width = left_width(&sbnn_option_table[i]);
    if (sbnn_option_taken(command, &sbnn_option_table[i]) && width > widest && width <= WIDEST)
      widest = width;
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

static bool has_group(unsigned command, sbnn_option_group group) {
  for (size_t i = 0; i < sbnn_n_options; i++)
    if (sbnn_option_table[i].group == group && sbnn_option_taken(command, &sbnn_option_table[i])) return true;
  return false;
}

static void print_group(FILE *to, unsigned command, sbnn_option_group group, int widest) {
  if (!has_group(command, group)) return;
  fprintf(to, "\n%s:\n", sbnn_group_headings[group]);
  for (size_t i = 0; i < sbnn_n_options; i++)
    if (sbnn_option_table[i].group == group && sbnn_option_taken(command, &sbnn_option_table[i]))
      print_option(to, &sbnn_option_table[i], widest);
}

static void print_command(FILE *to, const sbnn_command_row *row) {
  unsigned command = row->command;
  int widest = widest_left(command);
  fprintf(to, "Usage: sbnn %s%s%s\n\n%s", row->name, *row->usage ? " " : "", row->usage, row->description);
  if (command != SBNN_CMD_INFO && command != SBNN_CMD_HELP) fputs("\nDefaults stand in [brackets].\n", to);
  for (int group = 0; group < SBNN_N_GROUPS; group++)
    print_group(to, command, (sbnn_option_group)group, widest);
  fprintf(to, "\n  %-*s  print this text\n", widest, "-h, --help");
  if (command & (SBNN_CMD_FIT | SBNN_CMD_SRRR)) fputs(table_notes, to);
  if (command & SBNN_CMD_FIT) fputs(fit_notes, to);
  if (command & SBNN_CMD_SRRR) fputc('\n', to);
}

int sbnn_options_help(FILE *to, const char *topic, sbnn_error *e) {
  if (!topic || !*topic) {
    print_overview(to);
    return SBNN_OK;
  }
  const sbnn_command_row *row = sbnn_command_named(topic);
  if (!row) return sbnn_unknown_command(topic, e);
  print_command(to, row);
  return SBNN_OK;
}
