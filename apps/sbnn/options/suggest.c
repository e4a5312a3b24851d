/* suggest.c - edit distance and "did you mean" (suggest.h). */
#include "options/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 31 }; /* no name of ours is longer */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Optimal string alignment: Levenshtein's recurrence, plus the swap of two neighbours. */
size_t sbnn_edit_distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  if (n > LONGEST || m > LONGEST) return SIZE_MAX;
  size_t d[LONGEST + 1][LONGEST + 1];
  for (size_t i = 0; i <= n; i++) d[i][0] = i;
  for (size_t j = 0; j <= m; j++) d[0][j] = j;
  for (size_t i = 1; i <= n; i++)
    for (size_t j = 1; j <= m; j++) {
      d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = least(d[i][j], least(d[i - 1][j], d[i][j - 1]) + 1);
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[n][m];
}

static bool begins_with(const char *name, const char *typed) {
  return strncmp(name, typed, strlen(typed)) == 0;
}

static void add(const char *prefix, const char *name, char *text, size_t room) {
  size_t used = strlen(text);
  snprintf(text + used, room - used, "%s'%s%s'", used ? " or " : "did you mean ", prefix, name);
}

static const char *nearest(const char *typed, const char *const *names, size_t n) {
  const char *best = NULL;
  size_t length = strlen(typed);
  size_t limit = length < 2 ? 0 : length < 4 ? 1 : length < 8 ? 2 : 3; /* a typo, not another word */
  for (size_t i = 0; i < n; i++) {
    size_t distance = sbnn_edit_distance(typed, names[i]);
    if (distance > limit || (best && distance == limit)) continue;
    best = names[i];
    limit = distance;
  }
  return best;
}

/* "prepare" for prep: the longest name that `typed` goes on from. */
static const char *stem(const char *typed, const char *const *names, size_t n) {
  const char *best = NULL;
  for (size_t i = 0; i < n; i++)
    if (strlen(names[i]) > 3 && begins_with(typed, names[i]) && (!best || strlen(names[i]) > strlen(best)))
      best = names[i];
  return best;
}

void sbnn_suggest(const char *typed, const char *const *names, size_t n, const char *prefix, char *text,
                  size_t room) {
  *text = 0;
  for (size_t i = 0; i < n && typed[0] && typed[1]; i++)
    if (begins_with(names[i], typed)) add(prefix, names[i], text, room);
  const char *near = *text ? NULL : nearest(typed, names, n);
  if (!near && !*text) near = stem(typed, names, n);
  if (near) add(prefix, near, text, room);
  size_t used = strlen(text);
  if (used) snprintf(text + used, room - used, "?");
}
