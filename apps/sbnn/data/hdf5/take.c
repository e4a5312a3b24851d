/* take.c - from what a layout has chosen to a table (layout.h). */
#include "data/hdf5/layout.h"

#include "data/matrix.h"
#include "data/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NUMBERS = 1 << 28 /* of responses */ };

/* ---- names ---- */

static int check_names(sbnn_h5 *f, const sbnn_strings *names, const char *in) {
  for (size_t i = 0; i < names->n; i++) {
    const char *s = names->items[i];
    while (*s && !iscntrl((unsigned char)*s)) s++;
    if (*s || !*names->items[i])
      return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: number %zu of %.200s, '%s', is not a name; give one",
                       f->path, i + 1, in, sbnn_shown(names->items[i]));
  }
  return SBNN_OK;
}

/* Of features with types those of the type that is wanted. */
static int keep_type(sbnn_h5 *f, const sbnn_h5_choice *c, const char *wanted, sbnn_name_list *a) {
  const char *other = NULL;
  for (size_t i = 0; i < a->n; i++) {
    bool kept = !wanted || c->types.n != a->n || strcmp(c->types.items[i], wanted) == 0;
    a->place[i] = kept ? a->n_kept++ : SBNN_ABSENT;
    if (!kept && !other) other = c->types.items[i];
  }
  if (a->n_kept == 0)
    return sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: none of the %zu features is of the type '%s', the first is of the type '%s'",
                     f->path, a->n, wanted, sbnn_shown(other ? other : ""));
  if (a->n_kept < a->n)
    a->note =
        sbnn_format("%s: %zu of %zu features are left out: their type is not '%s', but for example '%s'",
                    f->path, a->n - a->n_kept, a->n, wanted, sbnn_shown(other));
  return SBNN_OK;
}

static int name_axis(sbnn_h5 *f, const sbnn_h5_choice *c, const sbnn_strings *names, const char *in,
                     const char *wanted, sbnn_name_list *a) {
  int code = check_names(f, names, in);
  if (code != SBNN_OK) return code;
  a->path = sbnn_format("%s, %.200s", f->path, in);
  a->n = names->n;
  a->inside = true;
  a->place = sbnn_alloc(a->n, sizeof *a->place);
  code = keep_type(f, c, wanted, a);
  if (code != SBNN_OK) {
    a->n_kept = 0;
    return code;
  }
  a->ids = sbnn_alloc(a->n_kept, sizeof *a->ids);
  a->lines = sbnn_alloc(a->n_kept, sizeof *a->lines);
  for (size_t i = 0; i < a->n; i++) {
    if (a->place[i] == SBNN_ABSENT) continue;
    a->ids[a->place[i]] = sbnn_strdup(names->items[i]);
    a->lines[a->place[i]] = i + 1;
  }
  return SBNN_OK;
}

/* ---- numbers ---- */

static int next_line(void *from, size_t n, double *out, sbnn_error *e) {
  const double **at = from;
  (void)e;
  memcpy(out, *at, n * sizeof *out);
  *at += n;
  return SBNN_OK;
}

static int take_numbers(sbnn_h5 *f, const sbnn_h5_choice *c, const sbnn_name_lists *a,
                        const sbnn_table_options *o, sbnn_table *t) {
  const double *at = c->numbers;
  char *path = sbnn_format("%s, %.200s", f->path, c->what);
  sbnn_dense d = {
      .path = path, .n_rows = c->cells.n, .n_cols = c->features.n, .next = next_line, .from = &at};
  int code = sbnn_dense_read(&d, a, o, t, f->error);
  free(path);
  return code;
}

static int check_shape(sbnn_h5 *f, const sbnn_h5_choice *c, const sbnn_table_options *o) {
  const size_t rows = c->features_first ? c->features.n : c->cells.n,
               columns = c->features_first ? c->cells.n : c->features.n;
  if (!c->numbers && (c->matrix.n_rows != rows || c->matrix.n_cols != columns))
    return sbnn_fail(
        f->error, SBNN_BAD_INPUT,
        "%s: %.200s is %zu x %zu, but %.100s has %zu names and %.100s %zu: the file is damaged; save "
        "it again",
        f->path, c->what, c->matrix.n_rows, c->matrix.n_cols, c->cells_in, c->cells.n, c->features_in,
        c->features.n);
  if (rows == 0 || columns == 0)
    return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s is empty: %zu cells, %zu features", f->path,
                     c->what, c->cells.n, c->features.n);
  if (!o->sparse && columns > MOST_NUMBERS / rows)
    return sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: %.200s is %zu x %zu, which is too large for responses; name others after a colon",
                     f->path, c->what, rows, columns);
  return SBNN_OK;
}

int sbnn_h5_take(sbnn_h5 *f, const sbnn_h5_request *r, sbnn_h5_choice *c, sbnn_table *t) {
  const sbnn_table_options *o = r->options;
  sbnn_name_lists a = {.features_first = c->features_first};
  int code = check_shape(f, c, o);
  if (code == SBNN_OK) code = name_axis(f, c, &c->features, c->features_in, o->feature_type, &a.features);
  if (code == SBNN_OK) code = name_axis(f, c, &c->cells, c->cells_in, NULL, &a.cells);
  if (code == SBNN_OK)
    code = c->numbers ? take_numbers(f, c, &a, o, t) : sbnn_h5_matrix_read(f, &c->matrix, &a, o, t);
  if (code == SBNN_OK) {
    sbnn_name_lists_name(&a, f->path, 0, t);
    t->genes_in = c->features_first ? SBNN_GENES_IN_ROWS : SBNN_GENES_IN_COLUMNS;
    t->taken = sbnn_strdup(c->what);
    if (c->note) t->note = t->note ? sbnn_joined(sbnn_strdup(c->note), "\n", t->note) : sbnn_strdup(c->note);
  }
  sbnn_name_lists_free(&a);
  return code;
}
