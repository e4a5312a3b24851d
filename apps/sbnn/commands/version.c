/* version.c - `sbnn --version`. */
#include "commands/commands.h"
#include "nabla_version.h"

#include <stdio.h>

static int run(const sbnn_options *o, sbnn_error *e) {
  (void)o;
  (void)e;
  printf("sbnn %s (%s)\n", NABLA_VERSION, NABLA_COMMIT);
  return SBNN_OK;
}

const sbnn_command sbnn_command_version = {
    .name = "version", .flag = "--version", .prints = true, .run = run};
