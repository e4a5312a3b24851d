/* heap.h - a binary heap of ints >= 0, smallest key first. Its owner provides the memory, for the most items
 * that it will hold at once. */
#ifndef NABLA_HEAP_H
#define NABLA_HEAP_H

#include <stdint.h>

typedef struct ag__heap {
  int *item;
  const uint64_t *key; /* per item; NULL: the items themselves */
  int n;
} ag__heap;

static inline uint64_t ag__heap_key(const ag__heap *h, int item) {
  return h->key ? h->key[item] : (uint64_t)item;
}

static inline void ag__heap_push(ag__heap *h, int item) {
  uint64_t key = ag__heap_key(h, item);
  int at = h->n++;
  for (; at > 0 && ag__heap_key(h, h->item[(at - 1) / 2]) > key; at = (at - 1) / 2)
    h->item[at] = h->item[(at - 1) / 2];
  h->item[at] = item;
}

static inline int ag__heap_pop(ag__heap *h) {
  int top = h->item[0], last = h->item[--h->n], at = 0;
  uint64_t key = ag__heap_key(h, last);
  for (int child = 1; child < h->n; child = 2 * at + 1) {
    if (child + 1 < h->n && ag__heap_key(h, h->item[child + 1]) < ag__heap_key(h, h->item[child])) child++;
    if (ag__heap_key(h, h->item[child]) >= key) break;
    h->item[at] = h->item[child];
    at = child;
  }
  h->item[at] = last;
  return top;
}

#endif
