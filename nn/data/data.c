/* data.c - see data.h. */
#include "nn/internal.h"

#include <string.h>

typedef struct column {
  char *name;
  tn_view view;
} column;

struct nn_data {
  const tn_alloc *alloc;
  column *columns;
  size_t n_columns, cap_columns;
};

tn_status nn_data_new(const tn_alloc *alloc, nn_data **out) {
  nn_data *d = tn_calloc(alloc, 1, sizeof *d);
  if (!d) return TN_ENOMEM;
  d->alloc = alloc;
  *out = d;
  return TN_OK;
}

void nn_data_free(nn_data *d) {
  if (!d) return;
  for (size_t i = 0; i < d->n_columns; i++) tn_free(d->alloc, d->columns[i].name);
  tn_free(d->alloc, d->columns);
  tn_free(d->alloc, d);
}

tn_status nn_data_add(nn_data *d, const char *name, tn_view view) {
  tn_view other;
  if (!name || !*name || nn_data_column(d, name, &other)) return TN_EINVAL;
  if (view.rank < 1 || (d->n_columns && view.shape[0] != nn_data_rows(d))) return TN_ESHAPE;
  char *copy = nn__strdup(d->alloc, name);
  if (!copy) return TN_ENOMEM;
  if (tn_grow(d->alloc, &d->columns, &d->cap_columns, d->n_columns + 1, sizeof *d->columns) != TN_OK) {
    tn_free(d->alloc, copy);
    return TN_ENOMEM;
  }
  d->columns[d->n_columns++] = (column){copy, view};
  return TN_OK;
}

int64_t nn_data_rows(const nn_data *d) { return d->n_columns ? d->columns[0].view.shape[0] : 0; }

bool nn_data_column(const nn_data *d, const char *name, tn_view *out) {
  for (size_t i = 0; i < d->n_columns; i++) {
    if (strcmp(d->columns[i].name, name)) continue;
    *out = d->columns[i].view;
    return true;
  }
  return false;
}

int64_t nn__split_size(const nn_data *d, nn_split split) { return split.rows ? split.n : nn_data_rows(d); }

tn_status nn__split_check(nn_state *s, const char *who, const nn_data *d, nn_split split) {
  int64_t n = nn_data_rows(d);
  if (nn__split_size(d, split) <= 0) return nn__state_fail(s, TN_EINVAL, "%s: there are no rows", who);
  for (int64_t i = 0; split.rows && i < split.n; i++) {
    if (split.rows[i] >= 0 && split.rows[i] < n) continue;
    return nn__state_fail(s, TN_EINVAL, "%s: row %lld is asked for, but there are %lld", who,
                          (long long)split.rows[i], (long long)n);
  }
  return TN_OK;
}
