/* prep.c - `sbnn prep`: tables read, joined and checked once, and kept as one file (data/data_file.h). */
#include "build_facts.h"
#include "commands/commands.h"
#include "commands/work.h"
#include "data/data_file.h"
#include "results/writer.h"

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

int sbnn_prep(const sbnn_options *o, sbnn_error *e) {
  sbnn_dataset d;
  recipe r = {0};
  int code = sbnn_check_place(o->out, o->force, e);
  if (code == SBNN_OK) code = sbnn_read_data(o, &d, e);
  if (code != SBNN_OK) return code;
  sbnn_options_each(o, add_option, &r);
  sbnn_build_facts(add_fact, &r);
  code = sbnn_data_file_write(o->out, &d, (const char *const(*)[2])r.pair, r.n, e);
  char *word = sbnn_shell_word(o->out);
  if (code == SBNN_OK && !o->quiet && !o->step)
    fprintf(stderr,
            "%s holds them. To train on it, and to see what is in it:\n"
            "  %s train --data %s --out DIR\n  %s info --data %s\n",
            o->out, sbnn_program, word, sbnn_program, word);
  free(word);
  for (size_t i = 0; i < r.n; i++) {
    free((void *)(uintptr_t)r.pair[i][0]);
    free((void *)(uintptr_t)r.pair[i][1]);
  }
  sbnn_dataset_free(&d);
  return code;
}
