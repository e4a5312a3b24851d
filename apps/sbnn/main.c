/* main.c - parses the command line and runs the command; its exit code is the program's (sbnn.h). */
#include "commands/ranks.h"
#include "interrupt.h"
#include "options/advice.h"
#include "options/options.h"
#include "sbnn.h"
#include "transport.h"

#include <stdio.h>
#include <stdlib.h>

/* What was printed must have arrived: `sbnn info > /dev/full` fails. */
static int flush_output(sbnn_error *e) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED, "cannot write to the standard output: is the disk full?");
}

/* c: whose options the sentence advises; NULL: it says so itself. */
static void say(const sbnn_command *c, const char *sentence) {
  char *text = c ? sbnn_advice(c, sentence) : sbnn_strdup(sentence);
  fprintf(stderr, "sbnn: %s\n", text);
  free(text);
}

int main(int argc, char **argv) {
  sbnn_error e = {0};
  if (argc > 0 && *argv[0]) sbnn_program = sbnn_shell_word(argv[0]);
  if (argc < 2) {
    sbnn_options_help(stderr, NULL, &e);
    return SBNN_USAGE;
  }
#ifdef NABLA_MPI
  sbnn_transport_of_build = &sbnn_mpi;
#endif
  sbnn_interrupt_setup();
  sbnn_options o;
  const bool silent = sbnn_ranks_silent(argc, argv);
  int code = sbnn_options_parse(argc, argv, &o, &e);
  if (code == SBNN_OK && !o.command->prints) sbnn_interrupt_ignore_pipes(); /* its results are files */
  if (code == SBNN_OK && *o.repeated && !o.quiet && !silent) fprintf(stderr, "sbnn: %s\n", o.repeated);
  if (code == SBNN_OK && !o.command->prints) code = sbnn_ranks_open(&o, &e);
  if (code == SBNN_OK) code = o.command->run(&o, &e);
  if (code == SBNN_OK) code = flush_output(&e);
  if (code != SBNN_OK && e.text[0] && !silent) say(code == SBNN_USAGE ? NULL : o.command, e.text);
  return sbnn_ranks_close(o.ranks, code, &e);
}
