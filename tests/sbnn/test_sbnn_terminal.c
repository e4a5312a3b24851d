/* test_sbnn_terminal.c - sbnn at the terminal: help, suggestions, signals, what goes to which stream, exit
 * codes. */
#include "build_facts.h"
#include "interrupt.h"
#include "options/options.h"
#include "options/options_table.h"
#include "options/suggest.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* ---- help ---- */

static char *help_on(const char *topic) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  sbnn_error e = {0};
  cr_assert_eq(sbnn_options_help(f, topic, &e), SBNN_OK, "%s", e.text);
  fclose(f);
  return text;
}

static void check_mentioned(void *ctx, const char *name, char kind, const char *value) {
  (void)kind;
  (void)value;
  char start[64];
  snprintf(start, sizeof start, "\n  --%s ", name);
  const char *row = strstr(ctx, start);
  cr_assert(row, "no help on --%s", name);
  cr_assert_null(strstr(row + 1, start), "help on --%s twice", name);
}

Test(sbnn_help, explains_every_option_of_the_command) {
  static const char *const commands[] = {"demo", "info", "train", "cv"}; /* from the third on with tables */
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    char *argv[] = {"sbnn", (char *)(uintptr_t)commands[i], "--x", "X", "--y", "Y", "--out", "O"};
    sbnn_options o;
    sbnn_error e = {0};
    cr_assert_eq(sbnn_options_parse(i < 2 ? 2 : 8, argv, &o, &e), SBNN_OK, "%s", e.text);
    char *text = help_on(commands[i]);
    sbnn_options_each(&o, check_mentioned, text);
    cr_assert_eq(strncmp(text, "Usage: sbnn ", 12), 0);
    cr_assert(strstr(text, "-h, --help"));
    free(text);
  }
}

Test(sbnn_help, gives_defaults_and_marks_what_is_required) {
  char *text = help_on("cv");
  cr_assert(strstr(text, "[512,128]\n") && strstr(text, "[1e-10]\n") && strstr(text, "[strict]\n"));
  cr_assert(strstr(text, "(required)\n"));
  cr_assert_null(strstr(text, "autoencoder"), "cv trains no second head");
  free(text);
}

Test(sbnn_help, no_line_is_longer_than_100_columns_and_the_overview_fits_a_screen) {
  for (size_t i = 0; i <= sbnn_n_commands; i++) {
    const char *topic = i == 0 ? NULL : sbnn_commands[i - 1]->name;
    char *text = help_on(topic);
    int lines = 0;
    for (const char *p = text; *p; p += strcspn(p, "\n") + 1, lines++) {
      int length = (int)strcspn(p, "\n");
      cr_assert(length <= 100, "%d columns: %.*s", length, length, p);
      cr_assert(length == 0 || p[length - 1] != ' ', "blanks at the end: %.*s", length, p);
      cr_assert_eq(p[length], '\n', "the last line ends");
    }
    cr_assert(topic || lines <= (int)sbnn_n_commands + 11, "%d lines", lines);
    free(text);
  }
}

Test(sbnn_help, refuses_a_topic_that_is_no_command) {
  sbnn_error e = {0};
  cr_assert_eq(sbnn_options_help(stdout, "demos", &e), SBNN_USAGE);
  cr_assert_str_eq(e.text, "unknown command 'demos': did you mean 'demo'? ('sbnn help' lists them)");
}

/* ---- suggestions ---- */

Test(sbnn_suggest, edit_distance) {
  cr_assert_eq(sbnn_edit_distance("", ""), 0);
  cr_assert_eq(sbnn_edit_distance("", "abc"), 3);
  cr_assert_eq(sbnn_edit_distance("lasso", "lasso"), 0);
  cr_assert_eq(sbnn_edit_distance("laso", "lasso"), 1);
  cr_assert_eq(sbnn_edit_distance("lassso", "lasso"), 1);
  cr_assert_eq(sbnn_edit_distance("trian", "train"), 1, "a swap is one slip");
  cr_assert_eq(sbnn_edit_distance("kitten", "sitting"), 3);
  cr_assert_gt(sbnn_edit_distance("a", "far-too-long-to-be-the-name-of-any-option"), 1000);
}

Test(sbnn_suggest, nearest_or_all_that_begin_so) {
  static const char *const names[] = {"seed", "genes", "gene-threshold", "x", "y"};
  static const char *const cases[][2] = {{"sed", "did you mean '--seed'?"},
                                         {"gen", "did you mean '--genes' or '--gene-threshold'?"},
                                         {"x", "did you mean '--x'?"},
                                         {"z", ""},
                                         {"g", ""},
                                         {"", ""},
                                         {"genestring", "did you mean '--genes'?"},
                                         {"colour", ""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[128];
    sbnn_suggest(cases[i][0], names, sizeof names / sizeof *names, "--", text, sizeof text);
    cr_assert_str_eq(text, cases[i][1]);
  }
  char small[12];
  sbnn_suggest("sed", names, 5, "--", small, sizeof small);
  cr_assert_str_eq(small, "did you mea", "cut, not overrun");
}

/* ---- signals ---- */

Test(sbnn_interrupt, the_first_signal_raises_the_flag) {
  sbnn_interrupt_setup();
  cr_assert_not(sbnn_interrupted());
  raise(SIGTERM);
  cr_assert(sbnn_interrupted());
}

Test(sbnn_interrupt, the_second_signal_kills, .signal = SIGTERM) {
  sbnn_interrupt_setup();
  raise(SIGINT);
  raise(SIGTERM);
}

Test(sbnn_interrupt, an_ignored_signal_stays_ignored) {
  signal(SIGINT, SIG_IGN);
  sbnn_interrupt_setup();
  raise(SIGINT);
  cr_assert_not(sbnn_interrupted());
}

/* ---- the program ---- */

/* Runs `sbnn ARGUMENTS` in a shell; what it prints goes to `output`; the exit code. */
static int run(const char *arguments, char output[4096]) {
  char command[1024];
  snprintf(command, sizeof command, "'%s' %s", NABLA_SBNN_BIN, arguments);
  FILE *f = popen(command, "r");
  cr_assert(f);
  output[fread(output, 1, 4095, f)] = 0;
  int status = pclose(f);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(sbnn_program, help_goes_to_stdout_and_the_bare_command_explains_itself_on_stderr) {
  char output[4096], expected[4096];
  cr_assert_eq(run("help 2>&1 >/dev/null", output), 0);
  cr_assert_str_empty(output);
  cr_assert_eq(run("help 2>/dev/null", expected), 0);
  cr_assert_eq(run("--help 2>/dev/null", output), 0);
  cr_assert_str_eq(output, expected);
  cr_assert_eq(run("2>/dev/null", output), SBNN_USAGE);
  cr_assert_str_empty(output);
  cr_assert_eq(run("2>&1 >/dev/null", output), SBNN_USAGE);
  cr_assert_str_eq(output, expected);
}

Test(sbnn_program, a_wrong_command_line_is_one_sentence_on_stderr_and_exit_code_2) {
  char output[4096];
  cr_assert_eq(run("cv --laso 1 2>&1 >/dev/null", output), SBNN_USAGE);
  cr_assert_str_eq(output, "sbnn: unknown option '--laso': did you mean '--lasso'? ('" NABLA_SBNN_BIN
                           " help cv' lists them)\n");
  cr_assert_eq(run("cv --laso 1 2>/dev/null", output), SBNN_USAGE);
  cr_assert_str_empty(output);
}

Test(sbnn_program, output_that_cannot_be_written_is_a_failure) {
  char output[4096];
  cr_assert_eq(run("info 2>&1 >/dev/full", output), SBNN_FAILED);
  cr_assert_str_eq(output, "sbnn: cannot write to the standard output: is the disk full?\n");
}

Test(sbnn_program, version) {
  char output[4096];
  cr_assert_eq(run("--version", output), 0);
  cr_assert_eq(strncmp(output, "sbnn 0.", 7), 0, "%s", output);
  cr_assert_eq(run("version", output), 0);
  cr_assert_eq(strncmp(output, "sbnn 0.", 7), 0, "%s", output);
}

typedef struct fact_check {
  const char *text;
  int count;
} fact_check;

static void check_fact(void *ctx, const char *name, const char *value) {
  fact_check *f = ctx;
  char row[1024];
  snprintf(row, sizeof row, "%-12s %s\n", name, value);
  cr_assert(*value);
  cr_assert(strstr(f->text, row), "'%s' is not in\n%s", row, f->text);
  f->count++;
}

Test(sbnn_program, info_prints_every_fact) {
  char output[4096];
  cr_assert_eq(run("info", output), 0);
  fact_check f = {output, 0};
  sbnn_build_facts(check_fact, &f);
  cr_assert_eq(f.count, 13);
}
