/* short_names.c - see short_names.h. */
#include "figures/short_names.h"

#include "sbnn.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char separators[] = "-_. :";

size_t sbnn_short_length(const char *name) {
  enum { BARCODE = 8 };
  static const char kit[] = "TotalSeq";
  size_t n = strlen(name), letters = n;
  while (letters > 0 && strchr("ACGTN", name[letters - 1])) letters--;
  if (n - letters >= BARCODE && letters > 1 && strchr(separators, name[letters - 1])) return letters - 1;
  for (size_t i = 1; i + 1 < n; i++)
    if (strchr(separators, name[i]) && strncasecmp(name + i + 1, kit, sizeof kit - 1) == 0) return i;
  return n;
}

static bool same_start(const char *a, size_t n, const char *b, size_t m) {
  return n == m && memcmp(a, b, n) == 0;
}

char **sbnn_short_names(char *const *names, size_t n) {
  char **list = sbnn_alloc(n, sizeof *list);
  for (size_t i = 0; i < n; i++) {
    size_t length = sbnn_short_length(names[i]);
    bool unique = true;
    for (size_t k = 0; k < n && unique && names[i][length]; k++)
      unique = k == i || (!same_start(names[i], length, names[k], sbnn_short_length(names[k])) &&
                          !same_start(names[i], length, names[k], strlen(names[k])));
    list[i] = sbnn_strdup(names[i]);
    if (unique) list[i][length] = '\0';
  }
  return list;
}
