/* dataset_select.c - cells, genes and responses that the user chooses by name (dataset_join.h). */
#include "data/dataset_join.h"
#include "data/readers.h"
#include "data/text.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define name(of) sbnn_text_show(of, (char[64]){0}) /* for a message */

static void add_note(sbnn_join *j, char *text) {
  sbnn_strings_add(&j->notes, text);
  free(text);
}

/* ---- cells ---- */

/* The first field of each line: a list, or a table with the cells' ids first. */
static int read_ids(const char *path, sbnn_strings *ids, sbnn_error *e) {
  sbnn_text t;
  bool more = true;
  int code = sbnn_text_open(&t, path, e);
  if (code == SBNN_OK) code = sbnn_text_skip_comments(&t);
  if (code == SBNN_OK) code = sbnn_text_find_separator(&t);
  while (code == SBNN_OK && (code = sbnn_text_row(&t, &more)) == SBNN_OK && more) {
    sbnn_field f = {0};
    for (int i = 0; !f.last && code == SBNN_OK; i++) {
      code = sbnn_text_field(&t, &f);
      if (code == SBNN_OK && i == 0) code = sbnn_text_check_name(&t, &f);
      if (code == SBNN_OK && i == 0) sbnn_strings_add(ids, f.text);
    }
  }
  sbnn_text_close(&t);
  return code;
}

/* Keeps the cells whose ids are listed, in their order. */
static int keep_cells(sbnn_join *j, const char *path, sbnn_error *e) {
  sbnn_strings ids = {0};
  sbnn_index index;
  size_t n = 0, before = j->n_cells;
  int code = read_ids(path, &ids, e);
  sbnn_index_build(&index, ids.items, ids.n, NULL, NULL);
  for (size_t i = 0; i < before && code == SBNN_OK; i++)
    if (sbnn_index_find(&index, sbnn_join_cell(j, i)) != SBNN_ABSENT) j->cells[n++] = j->cells[i];
  if (code == SBNN_OK && n == 0)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: none of its %zu ids (such as '%s') is a cell of the data (such as '%s'); use the "
                     "same ids, one a line",
                     path, ids.n, ids.n ? name(ids.items[0]) : "", name(sbnn_join_cell(j, 0)));
  if (code == SBNN_OK) {
    j->n_cells = n;
    add_note(j, sbnn_sentence("%s: %zu of the %zu cells are in it and are kept", path, n, before));
  }
  sbnn_index_free(&index);
  sbnn_strings_free(&ids);
  return code;
}

/* ---- genes ---- */

static int keep_genes(sbnn_join *j, const char *prefix, sbnn_error *e) {
  size_t n = 0, before = j->n_genes;
  for (size_t g = 0; g < before; g++)
    if (sbnn_without_prefix(sbnn_join_gene(j, g), prefix)) j->genes[n++] = j->genes[g];
  if (n == 0)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: none of the %zu genes begins with '%.60s' (--gene-prefix), the first is '%s'; give "
                     "the prefix as it stands there",
                     j->x->path, before, prefix, name(sbnn_join_gene(j, 0)));
  j->n_genes = n;
  add_note(j, sbnn_sentence(
                  "%s: %zu of the %zu genes begin with '%.60s' and are kept, under their names without it",
                  j->x->path, n, before, prefix));
  return SBNN_OK;
}

/* ---- responses ---- */

/* Marks what the pattern matches; false: nothing. */
static bool mark_matching(const sbnn_join *j, const char *pattern, bool *drop) {
  bool any = false;
  for (size_t r = 0; r < j->n_responses; r++) {
    const char *response = sbnn_join_response(j, r);
    if (strcmp(pattern, response) != 0 && fnmatch(pattern, response, 0) != 0) continue;
    drop[r] = any = true;
  }
  return any;
}

static void drop_marked(sbnn_join *j, const bool *drop) {
  char list[400];
  size_t n = 0, left_out = 0, used = 0, before = j->n_responses;
  for (size_t r = 0; r < before; r++)
    if (drop[r] && used + 80 < sizeof list)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s'%.40s'", left_out++ ? ", " : "",
                               sbnn_join_response(j, r));
  for (size_t r = 0; r < before; r++)
    if (!drop[r]) j->responses[n++] = j->responses[r];
  j->n_responses = n;
  add_note(j, sbnn_sentence("%s: %zu of %zu responses are left out by name: %s%s", j->y->path, before - n,
                            before, list, left_out < before - n ? ", ..." : ""));
}

static int drop_responses(sbnn_join *j, const char *patterns, sbnn_error *e) {
  bool *drop = sbnn_alloc(j->n_responses, sizeof *drop);
  char *copy = sbnn_strdup(patterns), *rest = copy;
  int code = SBNN_OK;
  for (char *pattern; code == SBNN_OK && (pattern = strsep(&rest, ",")) != NULL;) {
    pattern += strspn(pattern, " ");
    if (!mark_matching(j, pattern, drop))
      code =
          sbnn_fail(e, SBNN_BAD_INPUT,
                    "--drop-responses: no response of %s matches '%.60s'; the first is '%s': give names or "
                    "patterns, separated by commas",
                    j->y->path, pattern, name(sbnn_join_response(j, 0)));
  }
  size_t left = 0;
  for (size_t r = 0; r < j->n_responses; r++) left += !drop[r];
  if (code == SBNN_OK && left == 0)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "--drop-responses leaves none of the %zu responses of %s; drop fewer",
                     j->n_responses, j->y->path);
  if (code == SBNN_OK) drop_marked(j, drop);
  free(copy);
  free(drop);
  return code;
}

int sbnn_join_select(sbnn_join *j, const sbnn_dataset_options *o, sbnn_error *e) {
  const bool first = o->missing == SBNN_MISSING_DROP_CELLS_ANY; /* cells before responses */
  int code = o->cells_path ? keep_cells(j, o->cells_path, e) : SBNN_OK;
  if (code == SBNN_OK && o->gene_prefix) code = keep_genes(j, o->gene_prefix, e);
  if (code == SBNN_OK && first) code = sbnn_join_missing(j, SBNN_MISSING_DROP_CELLS, e);
  if (code == SBNN_OK && o->drop_responses) code = drop_responses(j, o->drop_responses, e);
  if (code == SBNN_OK && !first) code = sbnn_join_missing(j, o->missing, e);
  return code;
}
