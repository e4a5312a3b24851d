/* inspect.c - `sbnn inspect`: what a file holds, what would be taken of it, and the command for it. */
#include "commands/commands.h"
#include "data/data_file.h"
#include "data/readers.h"
#include "data/source.h"
#include "data/table_h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 8 };

/* What was found; NULL and false: nothing of that kind. */
typedef struct findings {
  const char *path;
  bool counts, responses;
  char *labels; /* the path to give for them */
} findings;

/* ---- its parts ---- */

/* "'a', 'b', ..." */
static void print_names(char *const *names, size_t n) {
  for (size_t i = 0; i < n && i < LISTED; i++) printf("%s'%.40s'", i ? ", " : "", names[i]);
  printf("%s\n", n > LISTED ? ", ..." : "");
}

static double sum_of(const sbnn_counts *c) {
  const size_t n = c->n_rows ? c->start[c->n_rows] : 0;
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += (double)c->value[k];
  return sum;
}

static void print_notes(const sbnn_table *t) {
  char *copy = t->note ? sbnn_strdup(t->note) : NULL, *rest = copy;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) printf("           %s\n", line);
  free(copy);
}

/* Tables of text do not say which axis is which: their rows are called so. */
static void print_counts(const sbnn_table *t) {
  const bool known = t->genes_in != SBNN_GENES_AUTO;
  printf("counts     %s: %zu %s, %zu %s, sum %.15g\n", t->taken ? t->taken : "the table", t->n_rows,
         known ? "cells" : "rows", t->n_cols, known ? "genes" : "columns", sum_of(&t->counts));
  printf("           %s ", known ? "cells" : "rows");
  print_names(t->row_ids, t->n_rows);
  printf("           %s ", known ? "genes" : "columns");
  print_names(t->col_ids, t->n_cols);
}

/* Two cells of one name cannot be joined; two genes are told apart. */
static const char *fault_of(const sbnn_table *t) {
  return t->genes_in == SBNN_GENES_AUTO ? NULL : t->row_fault;
}

static void inspect_counts(findings *f) {
  const sbnn_table_options how = {
      .sparse = true, .allow_duplicates = true, .feature_type = "Gene Expression"};
  sbnn_error e = {0};
  sbnn_table t;
  if (sbnn_table_read(f->path, &how, &t, &e) != SBNN_OK) {
    printf("counts     none: %s\n", e.text);
    return;
  }
  if (fault_of(&t)) printf("counts     none: %s\n", fault_of(&t));
  else {
    f->counts = true;
    print_counts(&t);
    print_notes(&t);
  }
  sbnn_table_free(&t);
}

static void inspect_responses(findings *f) {
  const sbnn_table_options how = {
      .allow_missing = true, .allow_duplicates = true, .responses = true, .feature_type = "Antibody Capture"};
  sbnn_error e = {0};
  sbnn_table t;
  if (sbnn_table_read(f->path, &how, &t, &e) != SBNN_OK) {
    printf("responses  none: %s\n", e.text);
    return;
  }
  f->responses = true;
  printf("responses  %s: %zu cells, %zu responses\n           responses ", t.taken ? t.taken : "the table",
         t.n_rows, t.n_cols);
  print_names(t.col_ids, t.n_cols);
  print_notes(&t);
  sbnn_table_free(&t);
}

static size_t count_different(const sbnn_labels *l, size_t column) {
  char **all = sbnn_alloc(l->n_rows, sizeof *all);
  sbnn_index x;
  size_t n = 0;
  for (size_t i = 0; i < l->n_rows; i++) all[i] = l->text[i * l->n_cols + column];
  sbnn_index_build(&x, all, l->n_rows, NULL, NULL);
  for (size_t i = 0; i < l->n_rows; i++) n += sbnn_index_find(&x, all[i]) == i;
  sbnn_index_free(&x);
  free(all);
  return n;
}

static bool is_color(const char *name) {
  const size_t n = strlen(name);
  return n > 6 && strcmp(name + n - 6, "_color") == 0;
}

/* "FILE:obs/NAME", of a modality "FILE:rna/obs/NAME"; a path that names a column already stays. */
static char *labels_path(const char *path, const char *column) {
  const char *part = path + sbnn_table_file_length(path);
  if (strstr(part, "obs/")) return sbnn_strdup(path);
  return sbnn_format("%s%sobs/%s", path, *part ? "/" : ":", column);
}

/* Columns of few texts: those of many are names, those of one tell nothing. */
static void inspect_labels(findings *f, bool parts) {
  sbnn_error e = {0};
  sbnn_labels l;
  if (sbnn_labels_read(f->path, &l, &e) != SBNN_OK) {
    printf("labels     none: %s\n", e.text);
    return;
  }
  for (size_t j = 0; j < l.n_cols; j++) {
    size_t n = is_color(l.col_ids[j]) ? 0 : count_different(&l, j);
    if (n < 2 || n > 200 || 2 * n > l.n_rows) continue;
    printf("labels     %s%.60s: %zu\n", parts ? "obs/" : "", l.col_ids[j], n);
    if (f->labels) continue;
    f->labels = parts ? labels_path(f->path, l.col_ids[j]) : sbnn_strdup(f->path);
  }
  if (!f->labels) printf("labels     none: no column of text with 2 to 200 different values\n");
  sbnn_labels_free(&l);
}

/* ---- the file ---- */

static int print_contents(const char *path, sbnn_error *e) {
  sbnn_strings lines = {0};
  int code = sbnn_h5_describe(path, &lines, e);
  size_t width = 0;
  for (size_t i = 1; i < lines.n && code == SBNN_OK; i++) {
    const size_t n = strcspn(lines.items[i], "\t");
    if (n > width && n < 60) width = n;
  }
  for (size_t i = 0; i < lines.n && code == SBNN_OK; i++) {
    char *tab = strchr(lines.items[i], '\t');
    if (i == 0) printf("%s: %s\n", path, lines.items[i]);
    else
      printf("  %-*.*s  %s\n", (int)width, (int)strcspn(lines.items[i], "\t"), lines.items[i],
             tab ? tab + 1 : "");
  }
  sbnn_strings_free(&lines);
  return code;
}

static void print_command(const findings *f) {
  char *path = sbnn_shell_word(f->path), *labels = f->labels ? sbnn_shell_word(f->labels) : NULL;
  if (f->counts || f->responses)
    printf("command    %s cv --x %s --y %s%s%s --out crossval\n", sbnn_program, f->counts ? path : "COUNTS",
           f->responses ? path : "RESPONSES", labels ? " --labels " : "", labels ? labels : "");
  free(path);
  free(labels);
}

/* A safetensors file: a length of 8 bytes, then JSON. */
static bool is_data_file(const char *path) {
  char start[16];
  return sbnn_source_peek(path, start, 9) == 9 && start[8] == '{' && memcmp(start + 5, "\0\0\0", 3) == 0;
}

typedef struct own_options {
  const char *path;
} own_options;

static int words(sbnn_options *o, int n, char **word, sbnn_error *e) {
  own_options *own = sbnn_own_mutable(o, &sbnn_command_inspect);
  if (n != 1)
    return sbnn_fail(e, SBNN_USAGE, "'sbnn inspect' takes one file, as in %s inspect FILE", sbnn_program);
  own->path = word[0];
  return SBNN_OK;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  const own_options *own = sbnn_own(o, &sbnn_command_inspect);
  findings f = {.path = own->path};
  if (is_data_file(f.path)) return sbnn_data_file_describe(stdout, f.path, e);
  const bool parts = sbnn_h5_claims(f.path), several = sbnn_table_holds_several(f.path);
  uint64_t bytes, hash;
  int code = SBNN_OK;
  if (parts) code = print_contents(f.path, e);
  else if (!several) code = sbnn_source_hash_file(f.path, &bytes, &hash, e); /* can it be read at all? */
  if (code != SBNN_OK) return code;
  inspect_counts(&f);
  if (several) inspect_responses(&f);
  if (parts || !several) inspect_labels(&f, parts);
  if (parts || several) print_command(&f);
  free(f.labels);
  return SBNN_OK;
}

const sbnn_command sbnn_command_inspect = {
    .name = "inspect",
    .usage = "FILE",
    .summary = "list what a data file holds, and the command that reads it",
    .description =
        "Lists what a data file holds (AnnData, MuData, 10x, loom, tables, sbnn prep), the parts that\n"
        "would be used as counts, responses and labels, and the command that reads them.\n",
    .own_size = sizeof(own_options),
    .prints = true,
    .words = words,
    .run = run,
};
