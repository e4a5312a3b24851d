/* checkpoint.c - a state as a safetensors file (tensor_file.c). The state changes only after the whole file
 * was checked. */
#include "nn/internal.h"

#include <string.h>

static const char *format_name(tn_dtype dtype) { return dtype == TN_F64 ? "F64" : "F32"; }

tn_status nn_state_save(const nn_state *s, const char *path, const char *const (*metadata)[2], int n,
                        char *message) {
  if (!s || !path) return nn__say(message, TN_EINVAL, "nn_state_save: state and path must not be NULL");
  const nn_model *m = s->model;
  const char *unset = nn__state_unset(s);
  if (unset)
    return nn__say(message, TN_EINVAL,
                   "nn_state_save: nothing has set '%.80s' yet; call nn_state_init or nn_fit first", unset);
  nn_tensor *tensors = tn_calloc(m->alloc, m->n_variables + 1, sizeof *tensors);
  if (!tensors) return nn__say(message, TN_ENOMEM, "cannot write %s: out of memory", path);
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    tensors[i] = (nn_tensor){.name = v->name, .dtype = format_name(v->type.dtype), .rank = v->type.rank};
    memcpy(tensors[i].shape, v->type.shape, sizeof tensors[i].shape);
    tensors[i].data = nn_state_view(s, (int)i).data;
  }
  tn_status status = nn_tensor_file_write(path, tensors, m->n_variables, metadata, n, message);
  tn_free(m->alloc, tensors);
  return status;
}

/* Finds the tensor of a variable. If the file has none, *out is NULL; that is allowed for optimizer values
 * only. */
static tn_status match(const nn_tensor_file *f, const char *path, const nn__variable *v,
                       const nn_tensor **out, char *message) {
  const nn_tensor *t = *out = nn_tensor_file_find(f, v->name);
  if (!t) {
    if (v->kind == NN__SLOT || v->kind == NN__STEP) return TN_OK;
    return nn__say(message, TN_EINVAL, "%s has no tensor '%.80s'", path, v->name);
  }
  if (strcmp(t->dtype, format_name(v->type.dtype)) != 0) {
    return nn__say(message, TN_ETYPE, "'%.80s' is %s in %s, but %s in the model", v->name, t->dtype, path,
                   format_name(v->type.dtype));
  }
  if (t->rank < 0 || !tn_same_shape(t->rank, t->shape, v->type.rank, v->type.shape)) {
    char have[64], want[64];
    return nn__say(message, TN_ESHAPE, "'%.80s' has %s in %s, but %s in the model", v->name,
                   nn_shape_text(have, t->rank < 0 ? 0 : t->rank, t->shape), path,
                   nn_shape_text(want, v->type.rank, v->type.shape));
  }
  return TN_OK;
}

/* Reads all variables into `slab`. A variable that the file lacks stays zero. */
static tn_status read_values(const nn_tensor_file *f, const char *path, const nn_model *m, char *slab,
                             char *message) {
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    const nn_tensor *t;
    tn_status status = match(f, path, v, &t, message);
    if (status != TN_OK) return status;
    if (t && t->bytes) memcpy(slab + (size_t)v->offset * tn_dtype_size(m->dtype), t->data, t->bytes);
  }
  return TN_OK;
}

tn_status nn_state_load(nn_state *s, const char *path, char *message) {
  if (!s || !path) return nn__say(message, TN_EINVAL, "nn_state_load: state and path must not be NULL");
  const nn_model *m = s->model;
  nn_tensor_file *f;
  tn_status status = nn_tensor_file_open(m->alloc, path, &f, message);
  if (status != TN_OK) return status;
  char *slab = tn_calloc(m->alloc, 1, nn__slab_bytes(m));
  status = slab ? read_values(f, path, m, slab, message)
                : nn__say(message, TN_ENOMEM, "out of memory to read %s", path);
  if (status == TN_OK) {
    memcpy(s->slab, slab, nn__slab_bytes(m));
    nn__state_given(s);
  }
  tn_free(m->alloc, slab);
  nn_tensor_file_close(f);
  return status;
}
