/* columns.c - error messages about columns of the data that a network cannot read, for a fit and for a
 * solver. */
#include "nn/internal.h"

static bool is_float(tn_dtype t) { return t == TN_F32 || t == TN_F64; }

/* A float input reads a column of any type; an integer input reads integers that are not wider. */
tn_status nn__column_converts(const char *column, tn_dtype from, tn_dtype to, char *message) {
  if (is_float(to) || (!is_float(from) && tn_dtype_size(from) <= tn_dtype_size(to))) return TN_OK;
  return nn__say(message, TN_ETYPE, "column '%.80s' holds %s, but the network reads %s", column,
                 tn_dtype_name(from), tn_dtype_name(to));
}

tn_status nn__column_fits(const char *column, const tn_view *have, const ag_type *type, char *message) {
  char row[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (type->rank < 1 || !tn_same_shape(type->rank - 1, type->shape + 1, have->rank - 1, have->shape + 1))
    return nn__say(message, TN_ESHAPE, "a row of column '%.80s' has %s, but the network reads %s", column,
                   nn_shape_text(row, have->rank - 1, have->shape + 1),
                   nn_shape_text(want, type->rank > 0 ? type->rank - 1 : 0, type->shape + 1));
  return nn__column_converts(column, have->dtype, type->dtype, message);
}

tn_status nn__column_not_made(const char *column, const nn_generator *made, const int64_t *rows, int64_t n,
                              char *message) {
  int64_t low = rows[0], high = low;
  for (int64_t i = 1; i < n; i++) {
    if (rows[i] < low) low = rows[i];
    if (rows[i] > high) high = rows[i];
  }
  const char *why = made->why ? made->why(made->ctx) : NULL;
  return nn__say(message, TN_EIO,
                 "column '%.60s': its function could not make %lld rows between %lld and %lld%s%.100s",
                 column, (long long)n, (long long)low, (long long)high, why ? ": " : "", why ? why : "");
}
