/* main.c - parses the command line and runs the command; its exit code is the program's (sbnn.h). */
#include "commands/commands.h"
#include "interrupt.h"
#include "nabla_version.h"
#include "options/options.h"
#include "sbnn.h"

#include <stdio.h>

static int help(const sbnn_options *o, sbnn_error *e) { return sbnn_options_help(stdout, o->help_topic, e); }

static int version(const sbnn_options *o, sbnn_error *e) {
  (void)o;
  (void)e;
  printf("sbnn %s (%s)\n", NABLA_VERSION, NABLA_COMMIT);
  return SBNN_OK;
}

static const struct {
  sbnn_command command;
  int (*run)(const sbnn_options *o, sbnn_error *e);
} commands[] = {
    {SBNN_CMD_DEMO, sbnn_demo},
    {SBNN_CMD_TRAIN, sbnn_train},
    {SBNN_CMD_CV, sbnn_cv},
    {SBNN_CMD_PATH, sbnn_path},
    {SBNN_CMD_PREDICT, sbnn_predict},
    {SBNN_CMD_PLOT, sbnn_plot},
    {SBNN_CMD_GENERATE, sbnn_generate},
    {SBNN_CMD_SRRR, sbnn_srrr_command},
    {SBNN_CMD_PREP, sbnn_prep},
    {SBNN_CMD_RUN, sbnn_run_command},
    {SBNN_CMD_REPORT, sbnn_report},
    {SBNN_CMD_INFO, sbnn_info},
    {SBNN_CMD_HELP, help},
    {SBNN_CMD_VERSION, version},
    {SBNN_CMD_TSNE, sbnn_tsne_command},
    {SBNN_CMD_STABILITY, sbnn_stability},
};

static int dispatch(const sbnn_options *o, sbnn_error *e) {
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (commands[i].command == o->command) return commands[i].run(o, e);
  return sbnn_fail(e, SBNN_FAILED, "internal error: no function for command %d", (int)o->command);
}

/* What was printed must have arrived: `sbnn info > /dev/full` fails. */
static int flush_output(sbnn_error *e) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED, "cannot write to the standard output: is the disk full?");
}

int main(int argc, char **argv) {
  sbnn_error e = {0};
  if (argc > 0 && *argv[0]) sbnn_program = sbnn_shell_word(argv[0]);
  if (argc < 2) {
    sbnn_options_help(stderr, NULL, &e);
    return SBNN_USAGE;
  }
  sbnn_interrupt_setup();
  sbnn_options o;
  int code = sbnn_options_parse(argc, argv, &o, &e);
  if (code == SBNN_OK && !(o.command & (SBNN_CMD_INFO | SBNN_CMD_HELP | SBNN_CMD_VERSION)))
    sbnn_interrupt_ignore_pipes(); /* their results are files */
  if (code == SBNN_OK) code = dispatch(&o, &e);
  if (code == SBNN_OK) code = flush_output(&e);
  if (code != SBNN_OK && e.text[0]) fprintf(stderr, "sbnn: %s\n", e.text);
  return code;
}
