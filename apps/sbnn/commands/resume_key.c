/* resume_key.c - see resume_key.h. */
#include "commands/resume_key.h"

#include "build_facts.h"
#include "hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options that change no number, and files, whose contents count and not their names. */
static bool is_free(const char *name) {
  static const char *const names[] = {
      "threads", "quiet",      "force", "resume",     "out",   "config",
      "preset",  "x",          "y",     "labels",     "cells", "fold-permutation",
      "data",    "genes-from", "shard", "write-h5ad", "groups"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

static void add_line(FILE *to, const char *name, const char *value) {
  fprintf(to, "%s=", name);
  for (; value && *value; value++) fputc(*value == '\n' ? ' ' : *value, to);
  fputc('\n', to);
}

static void add_option(void *to, const char *name, char kind, const char *value) {
  (void)kind;
  if (!is_free(name)) add_line(to, name, value);
}

/* Bits may differ between builds and processors. */
static void add_fact(void *to, const char *name, const char *value) {
  static const char *const names[] = {"version", "commit", "compiler", "flags", "simd"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) add_line(to, name, value);
}

static void add_hash(FILE *to, const char *name, uint64_t hash) {
  fprintf(to, "%s=%016llx\n", name, (unsigned long long)hash);
}

/* The cells that are used, in their order, however they were chosen. */
static uint64_t hash_of_cells(const sbnn_dataset *d) {
  uint64_t hash = TN_HASH_START;
  for (size_t i = 0; i < d->n_cells; i++)
    hash = tn_hash(hash, d->cell_names[i], strlen(d->cell_names[i]) + 1);
  return hash;
}

/* ":obsm/ephys" of a file that holds several tables. */
static void add_part(FILE *to, const char *name, const char *path) {
  add_line(to, name, path ? path + sbnn_table_file_length(path) : "");
}

char *sbnn_resume_key(const sbnn_options *o, const sbnn_dataset *d) {
  char *text = NULL;
  size_t size;
  uint64_t permutation = 0, genes = 0;
  FILE *to = open_memstream(&text, &size);
  if (!to) sbnn_realloc(NULL, SIZE_MAX, 2);
  add_line(to, "command", sbnn_command_name(o->command));
  sbnn_options_each(o, add_option, to);
  if (o->fold_permutation) (void)sbnn_hash_file(o->fold_permutation, &permutation);
  if (o->genes_from) (void)sbnn_hash_file(o->genes_from, &genes);
  add_hash(to, "contents of --genes-from", genes);
  add_hash(to, "contents of --data", d->data_hash);
  add_hash(to, "contents of --x", d->overlap.x_hash);
  add_hash(to, "contents of --y", d->overlap.y_hash);
  add_part(to, "part of --x", d->x_path);
  add_part(to, "part of --y", d->y_path);
  add_part(to, "part of --labels", d->labels_path);
  add_part(to, "part of --groups", d->groups_path);
  add_hash(to, "contents of --groups", d->groups_hash);
  add_hash(to, "cells that are used", hash_of_cells(d));
  add_hash(to, "contents of --labels", d->overlap.labels_hash);
  add_hash(to, "contents of --fold-permutation", permutation);
  sbnn_build_facts(add_fact, to);
  fclose(to);
  return text;
}
