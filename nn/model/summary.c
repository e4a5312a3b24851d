/* summary.c - see summary.h. */
#include "nn/internal.h"

#include <stdio.h>
#include <string.h>

/* The first build fixes what is frozen. */
nn_counts nn_count(nn_model *m) {
  nn_counts c = {.trained = 0};
  if (!m) return c;
  pthread_mutex_lock(&m->lock);
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    int64_t n = tn_numel(v->type.rank, v->type.shape);
    if (v->kind == NN__PARAMETER) *(v->frozen ? &c.frozen : &c.trained) += n;
    else if (v->kind == NN__BUFFER) c.buffers += n;
    else c.slots += n;
  }
  c.bytes = (int64_t)nn__slab_bytes(m);
  pthread_mutex_unlock(&m->lock);
  return c;
}

static int widest_name(const nn_model *m) {
  size_t widest = 4;
  for (size_t i = 0; i < m->n_variables; i++) {
    nn__kind kind = m->variables[i].kind;
    size_t n = strlen(m->variables[i].name);
    if ((kind == NN__PARAMETER || kind == NN__BUFFER) && n > widest) widest = n;
  }
  return (int)widest;
}

void nn_summary(nn_model *m, void (*write)(void *ctx, const char *line), void *ctx) {
  char line[NN__NAME + 160], shape[NN_SHAPE_TEXT];
  if (!m || m->status != TN_OK) {
    write(ctx, nn_error(m));
    return;
  }
  int width = widest_name(m);
  snprintf(line, sizeof line, "%-*s  %-20s %12s", width, "name", "shape", "elements");
  write(ctx, line);
  pthread_mutex_lock(&m->lock);
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    if (v->kind != NN__PARAMETER && v->kind != NN__BUFFER) continue;
    snprintf(line, sizeof line, "%-*s  %-20s %12lld%s", width, v->name,
             nn_shape_text(shape, v->type.rank, v->type.shape),
             (long long)tn_numel(v->type.rank, v->type.shape),
             v->kind == NN__BUFFER ? "  buffer"
             : v->frozen           ? "  frozen"
                                   : "");
    write(ctx, line);
  }
  pthread_mutex_unlock(&m->lock);
  nn_counts c = nn_count(m);
  snprintf(line, sizeof line,
           "parameters: %lld trained, %lld frozen; buffers: %lld; optimizer: %lld; a state has %lld bytes",
           (long long)c.trained, (long long)c.frozen, (long long)c.buffers, (long long)c.slots,
           (long long)c.bytes);
  write(ctx, line);
}
