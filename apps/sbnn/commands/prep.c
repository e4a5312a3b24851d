/* prep.c - `sbnn prep`: tables read, joined and checked once, and kept as one file (data/data_file.h). */
#include "build_facts.h"
#include "commands/commands.h"
#include "commands/read_data.h"
#include "data/data_file.h"
#include "output/writer.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PAIRS = SBNN_MAX_OPTIONS };

/* How the file was made; values are copies. */
typedef struct recipe {
  const char *pair[MAX_PAIRS][2];
  size_t n;
} recipe;

static void add(recipe *r, const char *name, const char *value) {
  if (!value || r->n == MAX_PAIRS) return;
  r->pair[r->n][0] = sbnn_strdup(name + strspn(name, "-"));
  r->pair[r->n++][1] = sbnn_strdup(value);
}

/* Those that say how tables are read; which tables, the data set knows. */
static void add_option(void *ctx, const char *name, char kind, const char *value) {
  (void)kind;
  static const char *const names[] = {"x-genes-in", "label-column", "id-column", "x-transform"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name + strspn(name, "-"), names[i]) == 0) add(ctx, name, value);
}

static void add_fact(void *ctx, const char *name, const char *value) {
  if (strcmp(name, "version") == 0 || strcmp(name, "commit") == 0) add(ctx, name, value);
}

static int run(const sbnn_options *o, sbnn_error *e) {
  sbnn_dataset d;
  recipe r = {0};
  int code = sbnn_check_place("out", o->out, o->force, e);
  if (code == SBNN_OK) code = sbnn_read_data(o, &d, e);
  if (code != SBNN_OK) return code;
  sbnn_options_each(o, add_option, &r);
  sbnn_build_facts(add_fact, &r);
  code = sbnn_data_file_write(o->out, &d, (const char *const(*)[2])r.pair, r.n, e);
  char *word = sbnn_shell_word(o->out);
  if (code == SBNN_OK && !o->quiet && !o->step)
    fprintf(stderr,
            "%s holds them. To train on it, and to see what is in it:\n"
            "  %s train --data %s --out DIR\n  %s inspect %s\n",
            o->out, sbnn_program, word, sbnn_program, word);
  free(word);
  for (size_t i = 0; i < r.n; i++) {
    free((void *)(uintptr_t)r.pair[i][0]);
    free((void *)(uintptr_t)r.pair[i][1]);
  }
  sbnn_dataset_free(&d);
  return code;
}

/* All cells and genes stay, with what is missing: whatever leaves some out is for later. */
static int resolve(sbnn_options *o, sbnn_error *e) {
  (void)e;
  o->missing = SBNN_MISSING_KEEP;
  o->min_counts = o->genes = 0;
  return SBNN_OK;
}

/* What is left out of the data file is the later steps' to say, so that nothing is left out, or a prefix taken
 * off, twice. */
static void as_step(sbnn_options *o) {
  o->force = true;
  o->quiet = true; /* run says what was read */
  o->cells = o->gene_prefix = o->drop_responses = o->genes_from = NULL;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_DATA,
     .name = "x",
     .value = "FILE",
     .field = SBNN_FIELD(x),
     .required = true,
     .help = "gene counts: cells by genes, or genes by cells"},
    {.group = SBNN_GROUP_DATA,
     .name = "y",
     .value = "FILE",
     .field = SBNN_FIELD(y),
     .required = true,
     .help = "responses of the same cells: physiology, proteins"},
    {.group = SBNN_GROUP_OUTPUT,
     .name = "out",
     .value = "FILE",
     .field = SBNN_FIELD(out),
     .required = true,
     .help = "file to write, for --data"},
    {.group = SBNN_GROUP_OUTPUT,
     .kind = SBNN_OPTION_FLAG,
     .name = "force",
     .field = SBNN_FIELD(force),
     .help = "replace the file if it exists"},
};

const sbnn_command sbnn_command_prep = {
    .name = "prep",
    .usage = "--x COUNTS --y RESPONSES --out DATA [OPTIONS]",
    .summary = "join and check the tables once; other commands read the file",
    .description =
        "Writes counts, responses and labels of the cells that both tables have into one file. The other\n"
        "commands read it with --data. Values stay raw: the commands normalise and scale them later.\n",
    .takes = SBNN_TAKES_TABLES | SBNN_TAKES_CONFIG | SBNN_TAKES_HINTS | SBNN_TAKES_QUIET,
    SBNN_ROWS(own_rows),
    .resolve = resolve,
    .as_step = as_step,
    .run = run,
};
