/* import.c - see import.h. */
#include "nn/internal.h"

#include <string.h>

/* Whether axes is a permutation of 0 .. rank - 1. */
static bool is_order(const int *axes, int rank) {
  unsigned seen = 0;
  for (int i = 0; i < rank; i++) {
    if (axes[i] < 0 || axes[i] >= rank) return false;
    seen |= 1u << axes[i];
  }
  return seen == (1u << rank) - 1;
}

/* A view of the tensor, copied to aligned `memory`, with the axes in our order. */
static tn_status view_of(const nn_tensor *t, const nn_import_row *row, const void *memory, tn_view *out,
                         char *message) {
  bool f64 = !strcmp(t->dtype, "F64");
  if (!f64 && strcmp(t->dtype, "F32") != 0)
    return nn__say(message, TN_ETYPE, "'%.80s' is %s; F32 and F64 can be read", row->theirs, t->dtype);
  if (t->rank < 0 || (row->axes && !is_order(row->axes, t->rank)))
    return nn__say(message, TN_EINVAL, "the axes of '%.80s' are no permutation of its %d axes", row->theirs,
                   t->rank);
  *out = tn_view_of((void *)(uintptr_t)memory, f64 ? TN_F64 : TN_F32, t->rank, t->shape);
  if (row->axes && t->rank) *out = tn_view_permute(*out, row->axes);
  return TN_OK;
}

static tn_status import_row(nn_state *s, const nn_tensor_file *f, const nn_import_row *row, char *slab,
                            char *message) {
  const nn__variable *v = nn__find(s->model, row->ours);
  const nn_tensor *t = nn_tensor_file_find(f, row->theirs);
  tn_view from;
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (!v || !t)
    return nn__say(message, TN_EINVAL, "the %s has no '%.100s'", v ? "file" : "model",
                   v ? row->theirs : row->ours);
  void *aligned = tn_malloc(s->model->alloc, t->bytes ? t->bytes : 1);
  if (!aligned) return nn__say(message, TN_ENOMEM, "out of memory to read '%.80s'", row->theirs);
  memcpy(aligned, t->data, t->bytes);
  tn_status status = view_of(t, row, aligned, &from, message);
  if (status == TN_OK && !tn_same_shape(from.rank, from.shape, v->type.rank, v->type.shape))
    status = nn__say(message, TN_ESHAPE, "'%.60s' has %s in our order of axes, but '%.60s' has %s",
                     row->theirs, nn_shape_text(have, from.rank, from.shape), row->ours,
                     nn_shape_text(want, v->type.rank, v->type.shape));
  if (status == TN_OK) {
    char *data = slab + (size_t)v->offset * tn_dtype_size(v->type.dtype);
    tn_copy(tn_view_of(data, v->type.dtype, v->type.rank, v->type.shape), from);
  }
  tn_free(s->model->alloc, aligned);
  return status;
}

tn_status nn_state_import(nn_state *s, const char *path, const nn_import_row *rows, int n, char *message) {
  if (!s || !path || !rows) return nn__say(message, TN_EINVAL, "nn_state_import: an argument is NULL");
  nn_tensor_file *f;
  size_t bytes = nn__slab_bytes(s->model);
  tn_status status = nn_tensor_file_open(s->model->alloc, path, &f, message);
  if (status != TN_OK) return status;
  char *slab = tn_malloc(s->model->alloc, bytes);
  if (slab) memcpy(slab, s->slab, bytes);
  else status = nn__say(message, TN_ENOMEM, "out of memory to read %s", path);
  for (int i = 0; i < n && status == TN_OK; i++) status = import_row(s, f, &rows[i], slab, message);
  if (status == TN_OK) memcpy(s->slab, slab, bytes);
  for (int i = 0; i < n && status == TN_OK; i++)
    s->given[nn__find(s->model, rows[i].ours) - s->model->variables] = true;
  tn_free(s->model->alloc, slab);
  nn_tensor_file_close(f);
  return status;
}
