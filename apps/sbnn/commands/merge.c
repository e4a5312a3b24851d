/* merge.c - `sbnn merge`: the shards of a command, put together: the command runs again and finds its models in their
 * folders. */
#include "commands/commands.h"
#include "commands/shards.h"

#include <stdlib.h>

static int count_words(char **words) {
  int n = 0;
  while (words[n]) n++;
  return n;
}

/* The options of the shards, with what merge was given for this run of the command. */
static int run_again(const sbnn_options *o, char **words, sbnn_error *e) {
  sbnn_merge merge = {(const char *const *)o->operands, o->n_operands, o->resume};
  sbnn_options again;
  int code = sbnn_options_parse(count_words(words), words, &again, e);
  if (code != SBNN_OK) return code;
  again.merge = &merge;
  again.threads = o->threads;
  again.quiet = o->quiet;
  again.force = o->force;
  again.resume = o->resume;
  return again.command->run(&again, e);
}

static int run(const sbnn_options *o, sbnn_error *e) {
  char **words = sbnn_shard_command(o->operands[0], o->out, e);
  if (!words) return e->code;
  int code = run_again(o, words, e);
  for (int i = 0; words[i]; i++) free(words[i]);
  free(words);
  return code;
}

static int resolve(sbnn_options *o, sbnn_error *e) {
  if (o->n_operands > 0) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_USAGE,
      "'sbnn merge' needs the folders that --shard has written to, as in %s merge shards --out %s",
      sbnn_program, o->out);
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_RUN,
     .kind = SBNN_OPTION_WHOLE,
     .name = "threads",
     .value = "N",
     .field = SBNN_FIELD(threads),
     .initial = "0",
     .highest = 1024,
     .help = "number of threads, 0: one per core; same results for any"},
    {.group = SBNN_GROUP_OUTPUT,
     .kind = SBNN_OPTION_FLAG,
     .name = "resume",
     .field = SBNN_FIELD(resume),
     .help = "train missing models, and continue an unfinished merge"},
};

const sbnn_command sbnn_command_merge = {
    .name = "merge",
    .usage = "FOLDER... --out DIR [OPTIONS]",
    .summary = "combine the shards of cv, path, stability or srrr",
    .description =
        "Combines the models that cv, path, stability or srrr have trained with --shard, from one or more\n"
        "folders. The results are the same, bit for bit, as those of one run. Missing models are named.\n",
    .example = "merge shards --out crossval",
    .takes = SBNN_TAKES_FOLDER | SBNN_TAKES_FORCE | SBNN_TAKES_QUIET,
    .operands = "FOLDER",
    SBNN_ROWS(own_rows),
    .resolve = resolve,
    .run = run,
};
