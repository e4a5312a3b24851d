/* data.c - see data.h. */
#include "nn/internal.h"

#include <string.h>

typedef struct column {
  char *name;
  tn_view view;
  nn_generator made; /* fill NULL: a stored column; the view has its memory */
} column;

struct nn_data {
  const tn_alloc *alloc;
  column *columns;
  size_t n_columns, cap_columns;
  char error[NN__MESSAGE];
};

tn_status nn_data_new(const tn_alloc *alloc, nn_data **out) {
  if (!out) return TN_EINVAL;
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

const char *nn_data_error(const nn_data *d) { return d ? d->error : "there is no data set (NULL)"; }

static tn_status check_column(nn_data *d, const char *name, const tn_view *view) {
  tn_view other;
  if (!name || !*name)
    return nn__say(d->error, TN_EINVAL, "nn_data_add: a column must have a name of 1 byte or more");
  if (nn_data_column(d, name, &other))
    return nn__say(d->error, TN_EINVAL, "nn_data_add: there is a column '%.80s' already", name);
  if (view->rank < 1)
    return nn__say(d->error, TN_ESHAPE,
                   "nn_data_add: '%.80s' is a scalar; a column has its rows along axis 0, [rows, ...]", name);
  if (d->n_columns && view->shape[0] != nn_data_rows(d))
    return nn__say(d->error, TN_ESHAPE, "nn_data_add: '%.80s' has %lld rows, but column '%.80s' has %lld",
                   name, (long long)view->shape[0], d->columns[0].name, (long long)nn_data_rows(d));
  return TN_OK;
}

static tn_status append(nn_data *d, const char *name, column c) {
  tn_status status = check_column(d, name, &c.view);
  if (status != TN_OK) return status;
  if (!c.made.fill && !c.view.data && tn_view_numel(&c.view))
    return nn__say(d->error, TN_EINVAL, "nn_data_add: '%.80s' has no memory (NULL)", name);
  char *copy = nn__strdup(d->alloc, name);
  if (!copy) return nn__say(d->error, TN_ENOMEM, "nn_data_add: out of memory");
  if (tn_grow(d->alloc, &d->columns, &d->cap_columns, d->n_columns + 1, sizeof *d->columns) != TN_OK) {
    tn_free(d->alloc, copy);
    return nn__say(d->error, TN_ENOMEM, "nn_data_add: out of memory");
  }
  c.name = copy;
  d->columns[d->n_columns++] = c;
  return TN_OK;
}

tn_status nn_data_add(nn_data *d, const char *name, tn_view view) {
  return d ? append(d, name, (column){.view = view}) : TN_EINVAL;
}

tn_status nn_data_add_generated(nn_data *d, const char *name, const nn_generator *o) {
  if (!d) return TN_EINVAL;
  bool fits = o && o->fill && o->rank >= 1 && o->rank <= TN_MAX_RANK;
  for (int a = 0; fits && a < o->rank; a++) fits = o->shape[a] >= 0;
  if (!fits)
    return nn__say(
        d->error, TN_EINVAL,
        "nn_data_add_generated: '%.80s' needs a function, and a shape [rows, ...] without negative extents",
        name ? name : "");
  return append(d, name, (column){.view = tn_view_of(NULL, o->dtype, o->rank, o->shape), .made = *o});
}

const nn_generator *nn__data_generator(const nn_data *d, const char *name) {
  for (size_t i = 0; i < d->n_columns; i++)
    if (strcmp(d->columns[i].name, name) == 0) return d->columns[i].made.fill ? &d->columns[i].made : NULL;
  return NULL;
}

int64_t nn_data_rows(const nn_data *d) { return d->n_columns ? d->columns[0].view.shape[0] : 0; }

bool nn_data_column(const nn_data *d, const char *name, tn_view *out) {
  for (size_t i = 0; i < d->n_columns; i++) {
    if (strcmp(d->columns[i].name, name) != 0) continue;
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
