/* info.c - `sbnn info`: the build and the machine, or the options as a configuration. */
#include "build_facts.h"
#include "commands/commands.h"

#include <stdio.h>

static void print_fact(void *ctx, const char *name, const char *value) {
  fprintf(ctx, "%-12s %s\n", name, value);
}

/* `sbnn info --print-config` takes the options of the commands that train, shared ones and own ones. */
static const sbnn_command *const trains[] = {&sbnn_command_train, &sbnn_command_cv, &sbnn_command_path,
                                             &sbnn_command_stability, NULL};
static const sbnn_command *const trains_and_info[] = {&sbnn_command_train, &sbnn_command_cv,
                                                      &sbnn_command_path,  &sbnn_command_stability,
                                                      &sbnn_command_info,  NULL};
enum {
  TAKES = SBNN_TAKES_FIT | SBNN_TAKES_NETWORK | SBNN_TAKES_RECIPE | SBNN_TAKES_AUTOENCODER | SBNN_TAKES_FOLDS
};
static const sbnn_command printed = {.takes = TAKES, .takes_own_of = trains};
static const sbnn_command print_config = {
    .name = "info --print-config", .takes = TAKES, .takes_own_of = trains_and_info};

typedef struct own_options {
  bool print_config;
} own_options;

static int run(const sbnn_options *o, sbnn_error *e) {
  (void)e;
  const own_options *own = sbnn_own(o, &sbnn_command_info);
  if (own->print_config) sbnn_options_print(stdout, o, &printed);
  else sbnn_build_facts(print_fact, stdout);
  return SBNN_OK;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_RUN,
     .kind = SBNN_OPTION_FLAG,
     .name = "print-config",
     .field = SBNN_OWN_FIELD(own_options, print_config),
     .help = "print the options of train and cv that result from OPTIONS"},
};

const sbnn_command sbnn_command_info = {
    .name = "info",
    .usage = "[--print-config [OPTIONS]]",
    .summary = "version, build, CPU and threads",
    .description =
        "Prints version, build, CPU and threads; add them to a bug report. With --print-config: prints the\n"
        "options of train and cv, as a file for --config. 'sbnn inspect' lists what a data file holds.\n",
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .variant_flag = "--print-config",
    .variant = &print_config,
    .prints = true,
    .run = run,
};
