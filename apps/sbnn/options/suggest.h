/* suggest.h - the name that was probably meant. */
#ifndef SBNN_SUGGEST_H
#define SBNN_SUGGEST_H

#include <stddef.h>

/* How many letters must be inserted, deleted, replaced or swapped with their neighbour to make b of a. */
size_t sbnn_edit_distance(const char *a, const char *b);

/* Those of `names` that begin with `typed` (two letters or more); if none does, the nearest one, if it is
 * near enough, or the longest that `typed` begins with. Writes to `text` (room for `room`) "", or "did you
 * mean 'PREFIXname'?", or "did you mean 'PREFIXname' or 'PREFIXother'?". */
void sbnn_suggest(const char *typed, const char *const *names, size_t n, const char *prefix, char *text,
                  size_t room);

#endif
