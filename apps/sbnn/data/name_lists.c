/* name_lists.c - see name_lists.h. */
#include "data/name_lists.h"

#include "data/readers.h"
#include "data/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- finding the lists ---- */

static const char *const feature_names[] = {"features", "genes", "proteins", "responses", NULL};
static const char *const cell_names[] = {"barcodes", "cells", NULL};

/* Where `path` without its ending stops. */
static size_t stem_length(const char *path, const char *ending) {
  size_t n = strlen(path), k = strlen(ending);
  if (n > 3 && strcasecmp(path + n - 3, ".gz") == 0) n -= 3;
  if (n > k && strncasecmp(path + n - k, ending, k) == 0) n -= k;
  return n;
}

/* "START" "JOINT" "NAME" ".tsv.gz" if there is such a file; release with free. */
static char *try_names(const char *start, size_t n, const char *joint, const char *const *names) {
  static const char *const endings[] = {".tsv.gz", ".tsv", ".txt.gz", ".txt"};
  char *path = sbnn_alloc(n + 32, 1);
  for (; *names; names++)
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
      snprintf(path, n + 32, "%.*s%s%s%s", (int)n, start, joint, *names, endings[i]);
      if (access(path, F_OK) == 0) return path;
    }
  free(path);
  return NULL;
}

static char *find_list(const char *matrix, const char *ending, const char *const *names) {
  static const char word[] = "matrix";
  size_t stem = stem_length(matrix, ending), w = sizeof word - 1;
  const char *slash = strrchr(matrix, '/');
  size_t folder = slash ? (size_t)(slash - matrix) + 1 : 0;
  char *found = NULL;
  if (stem >= folder + w && strncasecmp(matrix + stem - w, word, w) == 0)
    found = try_names(matrix, stem - w, "", names);
  if (!found) found = try_names(matrix, stem, "_", names);
  if (!found) found = try_names(matrix, stem, ".", names);
  return found ? found : try_names(matrix, folder, "", names);
}

/* ---- reading one ---- */

typedef struct list {
  sbnn_text text;
  sbnn_strings ids, types; /* types: "" where the line has none */
  size_t *lines;
  bool symbols; /* names are in the second column where there is one */
} list;

/* The fields of a line: id, name, type, and whatever follows. */
static int read_line(list *l) {
  sbnn_field f = {0};
  char *name = NULL, *type = NULL, shown[64];
  size_t line = 0, n = l->ids.n;
  int code = SBNN_OK;
  for (int i = 0; !f.last && code == SBNN_OK; i++) {
    code = sbnn_text_field(&l->text, &f);
    if (code == SBNN_OK && i < 3) code = sbnn_text_check_name(&l->text, &f);
    if (code != SBNN_OK) break;
    if (i == 0) line = f.line;
    if (i == 0 || (i == 1 && l->symbols && *f.text)) {
      free(name);
      name = sbnn_strdup(f.text);
    }
    if (i == 2 && l->symbols) type = sbnn_strdup(f.text);
  }
  if (code == SBNN_OK && !*name)
    code = sbnn_fail(l->text.error, SBNN_BAD_INPUT, "%s, line %zu: '%s' is not a name; give one on each line",
                     l->text.path, line, sbnn_text_show(name, shown));
  if (code == SBNN_OK) {
    if ((n & (n - 1)) == 0) l->lines = sbnn_realloc(l->lines, n ? 2 * n : 1, sizeof *l->lines);
    l->lines[n] = line;
    sbnn_strings_add(&l->ids, name);
    sbnn_strings_add(&l->types, type ? type : "");
  }
  free(name);
  free(type);
  return code;
}

static int read_list(list *l, const char *path, sbnn_error *e) {
  bool more = true;
  int code = sbnn_text_open(&l->text, path, e);
  l->text.separator = '\t';
  while (code == SBNN_OK) {
    code = sbnn_text_row(&l->text, &more);
    if (code != SBNN_OK || !more) break;
    code = read_line(l);
  }
  if (code == SBNN_OK && l->ids.n == 0)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s: the list has no names, only blank lines; give one on each line",
                     path);
  return code;
}

/* Leaves out what has a type and not the one asked for. */
static int keep_type(list *l, const char *wanted, sbnn_name_list *a, sbnn_error *e) {
  const char *other = NULL;
  bool typed = false;
  a->place = sbnn_alloc(a->n, sizeof *a->place);
  for (size_t i = 0; i < a->n; i++) typed |= *l->types.items[i] != '\0';
  for (size_t i = 0; i < a->n; i++) {
    bool kept = !typed || !wanted || strcmp(l->types.items[i], wanted) == 0;
    a->place[i] = kept ? a->n_kept++ : SBNN_ABSENT;
    if (!kept && !other) other = l->types.items[i];
  }
  char shown[64];
  if (a->n_kept == 0)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: none of the %zu features is of the type '%s', the first is of the type '%s'; give a matrix "
        "with such features, or leave out the column of types",
        a->path, a->n, wanted, sbnn_text_show(other, shown));
  if (a->n_kept < a->n)
    a->note =
        sbnn_format("%s: %zu of %zu features are left out: their type is not '%s', but for example '%s'",
                    a->path, a->n - a->n_kept, a->n, wanted, sbnn_text_show(other, shown));
  return SBNN_OK;
}

static int read_axis(const char *path, bool symbols, const char *wanted, sbnn_name_list *a, sbnn_error *e) {
  list l = {.symbols = symbols};
  a->path = sbnn_strdup(path);
  int code = read_list(&l, path, e);
  a->n = l.ids.n;
  if (code == SBNN_OK) code = keep_type(&l, wanted, a, e);
  if (code == SBNN_OK) {
    a->hash = sbnn_source_hash(l.text.source);
    a->ids = sbnn_alloc(a->n_kept, sizeof *a->ids);
    a->lines = sbnn_alloc(a->n_kept, sizeof *a->lines);
    for (size_t i = 0; i < a->n; i++) {
      if (a->place[i] == SBNN_ABSENT) continue;
      a->ids[a->place[i]] = sbnn_strdup(l.ids.items[i]);
      a->lines[a->place[i]] = l.lines[i];
    }
  } else {
    a->n_kept = 0;
  }
  sbnn_text_close(&l.text);
  sbnn_strings_free(&l.ids);
  sbnn_strings_free(&l.types);
  free(l.lines);
  return code;
}

int sbnn_name_lists_read(const char *path, const char *ending, const sbnn_table_options *o,
                         sbnn_name_lists *a, sbnn_error *e) {
  *a = (sbnn_name_lists){0};
  char *features = find_list(path, ending, feature_names), *cells = find_list(path, ending, cell_names);
  int code = SBNN_OK;
  if (!features || !cells)
    code = sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: the list of its %s is missing; put %s beside it, a name on each line (see docs/input.md)", path,
        features ? "cells" : "genes",
        features ? "barcodes.tsv or barcodes.txt" : "features.tsv, genes.tsv or genes.txt");
  if (code == SBNN_OK) code = read_axis(features, true, o->feature_type, &a->features, e);
  if (code == SBNN_OK) code = read_axis(cells, false, NULL, &a->cells, e);
  free(features);
  free(cells);
  return code;
}

/* ---- which is which ---- */

int sbnn_name_lists_match(sbnn_name_lists *a, const sbnn_unnamed_matrix *m, sbnn_error *e) {
  size_t f = a->features.n, c = a->cells.n, n_rows = m->n_rows, n_cols = m->n_cols;
  bool by_rows = f == n_rows && c == n_cols, by_columns = c == n_rows && f == n_cols;
  if (!by_rows && !by_columns)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: the matrix is %zu x %zu, but %s has %zu names and %s %zu; give the lists of this matrix, "
        "without header lines",
        m->path, n_rows, n_cols, a->features.path, f, a->cells.path, c);
  sbnn_genes_in said = m->genes_in != SBNN_GENES_AUTO ? m->genes_in
                       : by_rows && by_columns        ? m->convention
                                                      : SBNN_GENES_AUTO;
  if (by_rows && by_columns && said == SBNN_GENES_AUTO)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: the matrix has as many rows as columns (%zu), so it is unclear which are the "
                     "genes; give --x-genes-in rows or columns, or save the responses as CSV",
                     m->path, n_rows);
  if ((said == SBNN_GENES_IN_ROWS && !by_rows) || (said == SBNN_GENES_IN_COLUMNS && !by_columns))
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: the matrix is %zu x %zu and %s has %zu names, so the genes are in its %s; leave out "
        "--x-genes-in",
        m->path, n_rows, n_cols, a->features.path, f, by_rows ? "rows" : "columns");
  a->features_first = said == SBNN_GENES_AUTO ? by_rows : said == SBNN_GENES_IN_ROWS;
  return SBNN_OK;
}

/* ---- into the table ---- */

static char *axis_fault(const sbnn_name_list *a) {
  size_t first, second;
  char shown[64];
  sbnn_index x;
  sbnn_index_build(&x, a->ids, a->n_kept, &first, &second);
  sbnn_index_free(&x);
  if (first == SBNN_ABSENT) return NULL;
  return sbnn_format("%s: the name '%s' occurs twice, %s %zu and %zu; make it unique", a->path,
                     sbnn_text_show(a->ids[first], shown), a->inside ? "at positions" : "on lines",
                     a->lines[first], a->lines[second]);
}

void sbnn_name_lists_name(sbnn_name_lists *a, const char *path, uint64_t hash, sbnn_table *t) {
  const uint64_t prime = 0x100000001b3u;
  t->path = sbnn_strdup(path);
  t->row_fault = axis_fault(&a->cells);
  t->col_fault = axis_fault(&a->features);
  t->row_ids = a->cells.ids;
  t->col_ids = a->features.ids;
  a->cells.ids = a->features.ids = NULL;
  t->note = a->features.note;
  a->features.note = NULL;
  t->genes_in = a->features_first ? SBNN_GENES_IN_ROWS : SBNN_GENES_IN_COLUMNS;
  t->hash = ((hash ^ a->features.hash) * prime ^ a->cells.hash) * prime;
}

static void free_axis(sbnn_name_list *a) {
  free(a->path);
  free(a->place);
  sbnn_free_strings(a->ids, a->n_kept);
  free(a->lines);
  free(a->note);
}

void sbnn_name_lists_free(sbnn_name_lists *a) {
  free_axis(&a->features);
  free_axis(&a->cells);
  *a = (sbnn_name_lists){0};
}
