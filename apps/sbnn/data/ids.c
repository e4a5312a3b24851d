/* ids.c - string lists and an open-addressing index of them (ids.h). */
#include "data/ids.h"

#include "hash.h"

#include "sbnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sbnn_strings_add(sbnn_strings *s, const char *text) {
  if (s->n == s->capacity) {
    s->capacity = s->capacity ? 2 * s->capacity : 64;
    s->items = sbnn_realloc(s->items, s->capacity, sizeof *s->items);
  }
  s->items[s->n++] = sbnn_strdup(text);
}

void sbnn_strings_free(sbnn_strings *s) {
  sbnn_free_strings(s->items, s->n);
  *s = (sbnn_strings){0};
}

char **sbnn_strings_take(sbnn_strings *s) {
  char **items = s->items;
  *s = (sbnn_strings){0};
  return items;
}

void sbnn_free_strings(char **items, size_t n) {
  if (!items) return;
  for (size_t i = 0; i < n; i++) free(items[i]);
  free(items);
}

char **sbnn_copy_strings(char *const *items, size_t n) {
  char **copy = sbnn_alloc(n, sizeof *copy);
  for (size_t i = 0; i < n; i++) copy[i] = sbnn_strdup(items[i]);
  return copy;
}

static uint64_t hash_text(const char *s) {
  uint64_t h = tn_hash(TN_HASH_START, s, strlen(s));
  return h ^ h >> 32;
}

/* The slot that holds id, or the free one where it belongs. */
static size_t slot_of(const sbnn_index *x, const char *id) {
  size_t i = (size_t)hash_text(id) & x->mask;
  while (x->slots[i] && strcmp(x->ids[x->slots[i] - 1], id) != 0) i = (i + 1) & x->mask;
  return i;
}

void sbnn_index_build(sbnn_index *x, char *const *ids, size_t n, size_t *first, size_t *second) {
  size_t slots = 16;
  while (slots < 2 * n) slots *= 2;
  *x = (sbnn_index){.ids = ids, .mask = slots - 1, .slots = sbnn_alloc(slots, sizeof *x->slots)};
  size_t a = SBNN_ABSENT, b = SBNN_ABSENT;
  for (size_t i = 0; i < n; i++) {
    size_t s = slot_of(x, ids[i]);
    if (!x->slots[s]) x->slots[s] = i + 1;
    else if (a == SBNN_ABSENT) a = x->slots[s] - 1, b = i;
  }
  if (first) *first = a;
  if (second) *second = b;
}

size_t sbnn_index_find(const sbnn_index *x, const char *id) {
  size_t found = x->slots[slot_of(x, id)];
  return found ? found - 1 : SBNN_ABSENT;
}

void sbnn_index_free(sbnn_index *x) {
  free(x->slots);
  *x = (sbnn_index){0};
}

const char *sbnn_without_prefix(const char *name, const char *prefix) {
  size_t n = prefix ? strlen(prefix) : 0;
  return strncmp(name, prefix ? prefix : "", n) == 0 && name[n] ? name + n : NULL;
}

/* New names come in an array of their own: the index borrows the old ones. Two new names never meet, because
 * what is before the last number differs or the number does. */
size_t sbnn_make_unique(char **items, size_t n, const char **example) {
  sbnn_index x;
  size_t renamed = 0, *last = sbnn_alloc(n, sizeof *last); /* by first position: the last number given */
  char **fresh = sbnn_alloc(n, sizeof *fresh);
  sbnn_index_build(&x, items, n, NULL, NULL);
  for (size_t i = 0; i < n; i++) {
    size_t first = sbnn_index_find(&x, items[i]), room = strlen(items[i]) + 24;
    if (first == i) continue;
    fresh[i] = sbnn_alloc(room, 1);
    do snprintf(fresh[i], room, "%s-%zu", items[i], ++last[first]);
    while (sbnn_index_find(&x, fresh[i]) != SBNN_ABSENT);
    if (renamed++ == 0) *example = fresh[i];
  }
  sbnn_index_free(&x);
  for (size_t i = 0; i < n; i++) {
    if (!fresh[i]) continue;
    free(items[i]);
    items[i] = fresh[i];
  }
  free(fresh);
  free(last);
  return renamed;
}
