/* history.c - the history of a fit: one row per epoch. */
#include "nn/internal.h"

bool nn_history_record(void *history, const nn_epoch *e) {
  nn_history *h = history;
  h->status = tn_grow(h->alloc, &h->rows, &h->capacity, (size_t)h->n + 1, sizeof *h->rows);
  if (h->status != TN_OK) return false;
  nn_history_row *row = &h->rows[h->n++];
  *row = (nn_history_row){.epoch = e->epoch, .lr = e->lr};
  for (int i = 0; i < e->n_reports; i++) {
    row->train[i] = e->train[i];
    if (e->valid) row->valid[i] = e->valid[i];
  }
  return true;
}

void nn_history_free(nn_history *h) {
  if (!h) return;
  tn_free(h->alloc, h->rows);
  *h = (nn_history){.alloc = h->alloc};
}
