/* matrix.c - see matrix.h. */
#include "data/matrix.h"

#include "data/readers.h"

#include <math.h>
#include <stdlib.h>

enum { DENSE_LIMIT = 1 << 28 }; /* numbers; a table of responses has thousands */

static int refuse_nan(const char *path, int first, size_t row, size_t column, sbnn_error *e) {
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s, row %zu, column %zu (from %d): a missing value (NaN); fill it in, or remove its row or "
      "column",
      path, row + (size_t)first, column + (size_t)first, first);
}

/* ---- dense ---- */

static int check_line(const sbnn_dense *m, size_t line, const double *v, size_t n, sbnn_error *e) {
  for (size_t j = 0; j < n; j++)
    if (isnan(v[j]))
      return refuse_nan(m->path, m->first, m->by_columns ? j : line, m->by_columns ? line : j, e);
  return SBNN_OK;
}

/* Of a line of features only those that are kept. */
static void keep_features(const sbnn_name_list *features, size_t n, double *v) {
  for (size_t j = 0; j < n; j++)
    if (features->place[j] != SBNN_ABSENT) v[features->place[j]] = v[j]; /* never to the right */
}

int sbnn_dense_read(const sbnn_dense *m, const sbnn_name_lists *a, const sbnn_table_options *o, sbnn_table *t,
                    sbnn_error *e) {
  const size_t lines = m->by_columns ? m->n_cols : m->n_rows, n = m->by_columns ? m->n_rows : m->n_cols;
  const bool features_outside = a->features_first != m->by_columns;
  double *v = sbnn_alloc(n, sizeof *v);
  int code = SBNN_OK;
  t->n_cols = features_outside ? n : a->features.n_kept;
  for (size_t i = 0; i < lines && code == SBNN_OK; i++) {
    code = m->next(m->from, n, v, e);
    if (code == SBNN_OK && !o->allow_missing) code = check_line(m, i, v, n, e);
    if (code != SBNN_OK || (features_outside && a->features.place[i] == SBNN_ABSENT)) continue;
    if (!features_outside) keep_features(&a->features, n, v);
    sbnn_table_add_row(t, o->sparse, v);
  }
  free(v);
  if (code == SBNN_OK && features_outside) sbnn_table_transpose(t, o->sparse);
  return code;
}

/* ---- compressed ---- */

static int damaged(const sbnn_compressed *m, const char *what, sbnn_error *e) {
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s: the sparse matrix is damaged: %s; save it again", m->path, what);
}

static int check_starts(const sbnn_compressed *m, size_t lines, sbnn_error *e) {
  bool good = m->start[0] == 0 && m->start[lines] == m->n;
  for (size_t i = 0; i < lines && good; i++) good = m->start[i + 1] >= m->start[i];
  return good ? SBNN_OK : damaged(m, "the starts of its lines do not ascend to the number of its values", e);
}

/* Places within their line, each once, and numbers that are allowed. */
static int check_places(const sbnn_compressed *m, size_t lines, size_t length, bool allow_missing,
                        sbnn_error *e) {
  size_t *last = sbnn_alloc(length, sizeof *last); /* the last line with a value there, from 1 */
  int code = SBNN_OK;
  for (size_t i = 0; i < lines; i++)
    for (size_t k = m->start[i]; k < m->start[i + 1] && code == SBNN_OK; k++) {
      size_t j = m->place[k];
      if (j >= length) {
        code = damaged(m, "a value lies outside of it", e);
        break;
      }
      size_t row = m->by_columns ? j : i, column = m->by_columns ? i : j;
      if (last[j] == i + 1)
        code =
            sbnn_fail(e, SBNN_BAD_INPUT,
                      "%s, row %zu, column %zu (from %d): the place has two values; save the matrix again, "
                      "after sum_duplicates() in SciPy",
                      m->path, row + (size_t)m->first, column + (size_t)m->first, m->first);
      last[j] = i + 1;
      if (isnan(m->value[k]) && !allow_missing) code = refuse_nan(m->path, m->first, row, column, e);
    }
  free(last);
  return code;
}

static void fill_values(const sbnn_compressed *m, const sbnn_name_lists *a, size_t lines, double *values) {
  for (size_t i = 0; i < lines; i++)
    for (size_t k = m->start[i]; k < m->start[i + 1]; k++) {
      size_t j = m->place[k], lies[2] = {m->by_columns ? j : i, m->by_columns ? i : j};
      size_t feature = a->features.place[lies[!a->features_first]], cell = lies[a->features_first];
      if (feature != SBNN_ABSENT) values[cell * a->features.n_kept + feature] = m->value[k];
    }
}

static sbnn_counts make_counts(const sbnn_compressed *m, const sbnn_name_lists *a, size_t lines) {
  uint32_t *row = sbnn_alloc(m->n, sizeof *row), *column = sbnn_alloc(m->n, sizeof *column);
  float *value = sbnn_alloc(m->n, sizeof *value);
  size_t n = 0;
  for (size_t i = 0; i < lines; i++)
    for (size_t k = m->start[i]; k < m->start[i + 1]; k++) {
      size_t j = m->place[k], lies[2] = {m->by_columns ? j : i, m->by_columns ? i : j};
      size_t feature = a->features.place[lies[!a->features_first]];
      if (feature == SBNN_ABSENT || (float)m->value[k] == 0) continue;
      row[n] = (uint32_t)lies[a->features_first];
      column[n] = (uint32_t)feature;
      value[n++] = (float)m->value[k];
    }
  sbnn_counts c = sbnn_counts_from_places(a->cells.n_kept, a->features.n_kept, row, column, value, n);
  free(row);
  free(column);
  free(value);
  return c;
}

int sbnn_compressed_read(const sbnn_compressed *m, const sbnn_name_lists *a, const sbnn_table_options *o,
                         sbnn_table *t, sbnn_error *e) {
  const size_t lines = m->by_columns ? m->n_cols : m->n_rows, length = m->by_columns ? m->n_rows : m->n_cols;
  int code = check_starts(m, lines, e);
  if (code == SBNN_OK) code = check_places(m, lines, length, o->allow_missing, e);
  if (code != SBNN_OK) return code;
  t->n_rows = a->cells.n_kept;
  t->n_cols = a->features.n_kept;
  if (o->sparse) {
    t->counts = make_counts(m, a, lines);
    return SBNN_OK;
  }
  if (t->n_cols > DENSE_LIMIT / t->n_rows)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: a table of %zu x %zu is too large for responses; give a smaller one", m->path,
                     t->n_rows, t->n_cols);
  t->values = sbnn_alloc(t->n_rows * t->n_cols, sizeof *t->values);
  fill_values(m, a, lines, t->values);
  return SBNN_OK;
}
