/* ids.h - growing lists of strings, and finding a string's position in one. Internal to data/.
 * Threads: a built index may be searched by any number of threads. */
#ifndef SBNN_DATA_IDS_H
#define SBNN_DATA_IDS_H

#include <stddef.h>
#include <stdint.h>

/* Owns its strings and the array. */
typedef struct sbnn_strings {
  char **items;
  size_t n, capacity;
} sbnn_strings;

void sbnn_strings_add(sbnn_strings *s, const char *text); /* a copy */
void sbnn_strings_free(sbnn_strings *s);
char **sbnn_strings_take(sbnn_strings *s); /* gives items away and empties the list */

void sbnn_free_strings(char **items, size_t n); /* items may be NULL */
char **sbnn_copy_strings(char *const *items, size_t n);

/* Appends -1, -2, ... to the second and later ones of equal strings, passing over what exists, so that all
 * differ. Returns how many were changed; *example (if any): the first of them, borrowed. */
size_t sbnn_make_unique(char **items, size_t n, const char **example);

/* The name behind the prefix (NULL: the whole name); NULL: it does not begin so, or ends there. */
const char *sbnn_without_prefix(const char *name, const char *prefix);

/* Positions of strings; borrows them. */
typedef struct sbnn_index {
  char *const *ids;
  size_t mask;   /* slots - 1, slots a power of two */
  size_t *slots; /* position + 1; 0: free */
} sbnn_index;

#define SBNN_ABSENT SIZE_MAX

/* Indexes ids[0..n). Of equal ids the first is kept; *first and *second (if not NULL) are the first such pair
 * met, or SBNN_ABSENT. */
void sbnn_index_build(sbnn_index *x, char *const *ids, size_t n, size_t *first, size_t *second);
size_t sbnn_index_find(const sbnn_index *x, const char *id); /* SBNN_ABSENT if it is not there */
void sbnn_index_free(sbnn_index *x);

#endif
