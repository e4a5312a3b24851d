/* container.c - see container.h. */
#include "data/container.h"

#include "data/readers.h"
#include "data/source.h"
#include "data/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LIST_ROOM = 400 };

/* What variables are called, by the packages whose files these are: NumPy and SciPy users' own, anndata, the
 * MATLAB file of the V1 data set. Upper and lower case are the same. Of several names the first counts. */
static const char *const cell_names[] = {"cells",     "barcodes",  "cell_ids", "cell_names",
                                         "obs_names", "sample_id", NULL};
static const char *const gene_names[] = {"genes",     "gene_names", "gene_id", "gene_ids",
                                         "var_names", "features",   NULL};
static const char *const response_names[] = {"response_names", "responses", "protein_names", "proteins",
                                             "pcipfx_names",   "features",  "var_names",     NULL};
static const char *const count_matrices[] = {"counts", "X", "T_dat", "data", NULL};
static const char *const response_matrices[] = {"responses", "Y", "proteins", "ephys", "E_pcipfx", NULL};

/* ---- variables ---- */

/* Where ":NAME" begins; the whole length if the path has none. */
static size_t file_length(const char *path, const char *ending) {
  const char *colon = strrchr(path, ':');
  size_t n = colon ? (size_t)(colon - path) : 0;
  return sbnn_ends_so(path, n, ending) && access(path, F_OK) != 0 ? n : strlen(path);
}

bool sbnn_container_claims(const char *path, const char *ending) {
  return sbnn_ends_so(path, file_length(path, ending), ending);
}

void sbnn_container_add(sbnn_container *c, const char *name, sbnn_variable_kind kind, int n_dims, size_t rows,
                        size_t columns) {
  c->variables = sbnn_realloc(c->variables, c->n + 1, sizeof *c->variables);
  c->variables[c->n++] = (sbnn_variable){sbnn_strdup(name), kind, n_dims, {rows, columns}};
}

static bool is_matrix(const sbnn_variable *v) {
  return (v->kind == SBNN_VARIABLE_NUMBERS || v->kind == SBNN_VARIABLE_SPARSE) && v->n_dims == 2;
}

/* More than a list: at least two cells and two features. */
static bool is_wide(const sbnn_variable *v) { return is_matrix(v) && v->shape[0] > 1 && v->shape[1] > 1; }

/* Of any type: names of one that is not read are not taken for missing. */
static bool is_list(const sbnn_variable *v) {
  return v->kind != SBNN_VARIABLE_SPARSE &&
         (v->n_dims == 1 || (v->n_dims == 2 && (v->shape[0] == 1 || v->shape[1] == 1)));
}

static size_t length_of(const sbnn_variable *v) { return v->shape[0] * v->shape[1]; }

/* The first variable with one of the names that `is` so; n if there is none. */
static size_t named(const sbnn_container *c, const char *const *names, bool (*is)(const sbnn_variable *v)) {
  for (; *names; names++)
    for (size_t v = 0; v < c->n; v++)
      if (is(&c->variables[v]) && strcasecmp(c->variables[v].name, *names) == 0) return v;
  return c->n;
}

/* "counts (3 x 2), y (3 x 4)", in text[LIST_ROOM]. */
static const char *list_variables(const sbnn_container *c, bool (*is)(const sbnn_variable *v), char *text) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t v = 0; v < c->n && used + 120 < LIST_ROOM; v++) {
    const sbnn_variable *x = &c->variables[v];
    char shown[64], columns[32] = "";
    if (is && !is(x)) continue;
    if (x->n_dims > 1 && x->kind != SBNN_VARIABLE_TEXT)
      snprintf(columns, sizeof columns, " x %zu", x->shape[1]);
    used += (size_t)snprintf(text + used, LIST_ROOM - used, "%s%s (%zu%s)", used ? ", " : "",
                             sbnn_text_show(x->name, shown), x->shape[0], columns);
  }
  if (!used) strcpy(text, "nothing");
  return text;
}

/* ---- the matrix ---- */

static int wanted_matrix(const sbnn_container *c, size_t *found) {
  char list[LIST_ROOM];
  for (size_t v = 0; v < c->n; v++) {
    if (strcmp(c->variables[v].name, c->wanted) != 0) continue;
    *found = v;
    if (is_matrix(&c->variables[v])) return SBNN_OK;
    return sbnn_fail(c->error, SBNN_BAD_INPUT,
                     "%s: the %s '%.60s' is not a matrix of numbers; name one of two dimensions", c->path,
                     c->what, c->wanted);
  }
  return sbnn_fail(c->error, SBNN_BAD_INPUT, "%s: there is no %s '%.60s'; it holds %s", c->path, c->what,
                   c->wanted, list_variables(c, NULL, list));
}

static bool is_named(const sbnn_variable *v, const char *const *names) {
  while (*names && strcasecmp(v->name, *names) != 0) names++;
  return *names != NULL;
}

/* The one with a name for such a matrix, else the only one without a name for the other kind. */
static int find_matrix(const sbnn_container *c, bool responses, size_t *found) {
  const char *const *own = responses ? response_matrices : count_matrices, *const *other =
                                                                               responses ? count_matrices
                                                                                         : response_matrices;
  char list[LIST_ROOM];
  size_t n = 0;
  if (c->wanted) return wanted_matrix(c, found);
  *found = named(c, own, is_matrix);
  if (*found < c->n) return SBNN_OK;
  for (size_t v = 0; v < c->n; v++)
    if (is_wide(&c->variables[v]) && !is_named(&c->variables[v], other)) *found = v, n++;
  if (n == 1) return SBNN_OK;
  if (n == 0)
    return sbnn_fail(c->error, SBNN_BAD_INPUT, "%s: there is no matrix of numbers in it; it holds %s",
                     c->path, list_variables(c, NULL, list));
  return sbnn_fail(c->error, SBNN_BAD_INPUT,
                   "%s: which of its matrices are the %s: %s? Name it after a colon, as in %s:%.60s", c->path,
                   responses ? "responses" : "counts", list_variables(c, is_wide, list), c->path,
                   c->variables[*found].name);
}

/* ---- names ---- */

/* A list of names, none empty and none with control bytes. */
static int read_names(sbnn_container *c, size_t v, sbnn_strings *out) {
  char shown[64];
  int code = c->strings(c, v, out);
  for (size_t i = 0; i < out->n && code == SBNN_OK; i++) {
    const char *s = out->items[i];
    while (*s && !iscntrl((unsigned char)*s)) s++;
    if (*s || !*out->items[i])
      code =
          sbnn_fail(c->error, SBNN_BAD_INPUT, "%s: number %zu of its %s '%s', '%s', is not a name; give one",
                    c->path, i + 1, c->what, c->variables[v].name, sbnn_text_show(out->items[i], shown));
  }
  if (code == SBNN_OK && out->n == 0)
    code =
        sbnn_fail(c->error, SBNN_BAD_INPUT, "%s: its %s '%s' holds no names; give one for each row or column",
                  c->path, c->what, c->variables[v].name);
  return code;
}

static int name_axis(sbnn_container *c, size_t v, sbnn_name_list *a) {
  sbnn_strings names = {0};
  int code = read_names(c, v, &names);
  if (code == SBNN_OK) {
    a->path = sbnn_format("%s, %s '%.60s'", c->path, c->what, c->variables[v].name);
    a->n = a->n_kept = names.n;
    a->inside = true;
    a->place = sbnn_alloc(a->n, sizeof *a->place);
    a->lines = sbnn_alloc(a->n, sizeof *a->lines);
    for (size_t i = 0; i < a->n; i++) a->place[i] = i, a->lines[i] = i + 1;
    a->ids = sbnn_strings_take(&names);
  }
  sbnn_strings_free(&names);
  return code;
}

static int lists_beside(sbnn_container *c, const sbnn_table_options *o, sbnn_name_lists *a) {
  if (!c->lists_first) return sbnn_name_lists_read(c->path, c->ending, o, a, c->error);
  *a = c->beside;
  c->beside = (sbnn_name_lists){0};
  return c->why_none.code == SBNN_OK ? SBNN_OK
                                     : sbnn_fail(c->error, c->why_none.code, "%s", c->why_none.text);
}

/* Inside the file, or beside it. */
static int name_axes(sbnn_container *c, const sbnn_table_options *o, sbnn_name_lists *a) {
  size_t cells = named(c, cell_names, is_list),
         features = named(c, o->responses ? response_names : gene_names, is_list);
  *a = (sbnn_name_lists){0};
  if (cells == c->n && features == c->n) return lists_beside(c, o, a);
  if (cells == c->n || features == c->n) {
    char list[LIST_ROOM];
    return sbnn_fail(c->error, SBNN_BAD_INPUT,
                     "%s: the names of its %s are missing; save them too, as '%s' (it holds %s)", c->path,
                     cells == c->n  ? "cells"
                     : o->responses ? "responses"
                                    : "genes",
                     cells == c->n  ? "cells"
                     : o->responses ? "response_names"
                                    : "genes",
                     list_variables(c, NULL, list));
  }
  int code = name_axis(c, cells, &a->cells);
  return code == SBNN_OK ? name_axis(c, features, &a->features) : code;
}

static int read_matrix(sbnn_container *c, const sbnn_table_options *o, sbnn_name_lists *a, sbnn_table *t) {
  size_t v = 0;
  int code = find_matrix(c, o->responses, &v);
  if (code == SBNN_OK) code = name_axes(c, o, a);
  if (code != SBNN_OK) return code;
  const sbnn_variable *m = &c->variables[v];
  char *path = *m->name ? sbnn_format("%s, %s '%.60s'", c->path, c->what, m->name) : sbnn_strdup(c->path);
  const sbnn_unnamed_matrix unnamed = {
      .path = path, .n_rows = m->shape[0], .n_cols = m->shape[1], .genes_in = o->genes_in};
  code = sbnn_name_lists_match(a, &unnamed, c->error);
  if (code == SBNN_OK) code = c->matrix(c, v, path, a, o, t);
  if (code == SBNN_OK) sbnn_name_lists_name(a, c->path, c->hash, t);
  free(path);
  return code;
}

static int read_table(sbnn_container *c, const sbnn_table_options *o, sbnn_table *t) {
  sbnn_name_lists a = {0};
  int code = read_matrix(c, o, &a, t);
  sbnn_name_lists_free(&a);
  return code;
}

/* ---- labels ---- */

/* The table's columns: lists of text as long as the ids. */
static int read_columns(sbnn_container *c, const size_t *columns, size_t n, sbnn_labels *l) {
  int code = SBNN_OK;
  l->text = sbnn_alloc(l->n_rows * n, sizeof *l->text);
  l->col_ids = sbnn_alloc(n, sizeof *l->col_ids);
  l->n_cols = n;
  for (size_t j = 0; j < n; j++) l->col_ids[j] = sbnn_strdup(c->variables[columns[j]].name);
  for (size_t j = 0; j < n && code == SBNN_OK; j++) {
    sbnn_strings texts = {0};
    code = c->strings(c, columns[j], &texts);
    for (size_t i = 0; i < l->n_rows && code == SBNN_OK; i++)
      l->text[i * n + j] = sbnn_strdup(i < texts.n ? texts.items[i] : "");
    sbnn_strings_free(&texts);
  }
  return code;
}

static int check_ids_differ(const sbnn_container *c, const sbnn_labels *l) {
  size_t first, second;
  char shown[64];
  sbnn_index x;
  sbnn_index_build(&x, l->row_ids, l->n_rows, &first, &second);
  sbnn_index_free(&x);
  if (first == SBNN_ABSENT) return SBNN_OK;
  return sbnn_fail(c->error, SBNN_BAD_INPUT, "%s: the cell '%s' has two labels, number %zu and %zu; give one",
                   c->path, sbnn_text_show(l->row_ids[first], shown), first + 1, second + 1);
}

static int read_labels(sbnn_container *c, sbnn_labels *l) {
  size_t cells = named(c, cell_names, is_list), n = 0;
  char list[LIST_ROOM];
  if (cells == c->n)
    return sbnn_fail(c->error, SBNN_BAD_INPUT,
                     "%s: the names of its cells are missing; save them too, as 'cells' (it holds %s)",
                     c->path, list_variables(c, NULL, list));
  size_t *columns = sbnn_alloc(c->n, sizeof *columns);
  for (size_t v = 0; v < c->n; v++)
    if (v != cells && c->variables[v].kind == SBNN_VARIABLE_TEXT && is_list(&c->variables[v]) &&
        length_of(&c->variables[v]) == length_of(&c->variables[cells]))
      columns[n++] = v;
  sbnn_strings ids = {0};
  int code = read_names(c, cells, &ids);
  if (code == SBNN_OK && n == 0)
    code = sbnn_fail(c->error, SBNN_BAD_INPUT,
                     "%s: no %s of text has the length of '%s', so there are no labels (it holds %s)",
                     c->path, c->what, c->variables[cells].name, list_variables(c, NULL, list));
  if (code == SBNN_OK) {
    l->path = sbnn_strdup(c->path);
    l->hash = c->hash;
    l->n_rows = ids.n;
    l->row_ids = sbnn_strings_take(&ids);
    code = read_columns(c, columns, n, l);
  }
  if (code == SBNN_OK) code = check_ids_differ(c, l);
  sbnn_strings_free(&ids);
  free(columns);
  return code;
}

/* ---- all of it ---- */

int sbnn_container_read(sbnn_container *c, const char *path, const sbnn_table_options *o, sbnn_table *t,
                        sbnn_labels *l, sbnn_error *e) {
  size_t n = file_length(path, c->ending);
  char *file = sbnn_format("%.*s", (int)n, path);
  c->path = file;
  c->wanted = path[n] ? path + n + 1 : NULL;
  c->error = e;
  int code = sbnn_source_hash_file(file, &c->bytes, &c->hash, e);
  if (code == SBNN_OK && c->lists_first && t)
    sbnn_name_lists_read(file, c->ending, o, &c->beside, &c->why_none);
  if (code == SBNN_OK) code = c->open(c);
  if (code == SBNN_OK) code = t ? read_table(c, o, t) : read_labels(c, l);
  c->close(c);
  for (size_t i = 0; i < c->n; i++) free(c->variables[i].name);
  free(c->variables);
  sbnn_name_lists_free(&c->beside);
  free(file);
  return code;
}
