/* info.c - `sbnn info`: the build and the machine, a data file, or the options as a configuration. */
#include "build_facts.h"
#include "commands/commands.h"
#include "data/data_file.h"

#include <stdio.h>

static void print_fact(void *ctx, const char *name, const char *value) {
  fprintf(ctx, "%-12s %s\n", name, value);
}

int sbnn_info(const sbnn_options *o, sbnn_error *e) {
  if (o->print_config) sbnn_options_print(stdout, o);
  else if (o->data) return sbnn_data_file_describe(stdout, o->data, e);
  else sbnn_build_facts(print_fact, stdout);
  return SBNN_OK;
}
