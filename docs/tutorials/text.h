/* text.h - text for models of characters: the licences that every Debian machine has. One learns from some of them and
 * is judged by the GNU General Public License, version 3. */
#ifndef TEXT_H
#define TEXT_H

#include "tutorial.h"

#include <math.h>
#include <string.h>

enum { CHARACTERS = 128 };

/* Appends a licence to text[0..n), which has room for a megabyte; returns the new length. Where the file is missing
 * the program ends with 77, which tests count as skipped. */
static inline long append_text(char *text, long n, const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/usr/share/common-licenses/%s", name);
  FILE *f = fopen(path, "rb");
  if (!f) printf("SKIPPED: %s is missing\n", path), exit(77);
  long end = n + (long)fread(text + n, 1, (size_t)((1 << 20) - n), f);
  fclose(f);
  for (; n < end; n++) text[n] &= CHARACTERS - 1;
  return end;
}

static inline char *learned_text(long *n) {
  static const char *const names[] = {"LGPL-2",     "GFDL-1.2", "MPL-1.1", "MPL-2.0",
                                      "Apache-2.0", "GPL-1",    "LGPL-3"};
  char *text = malloc(1 << 20);
  *n = 0;
  for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) *n = append_text(text, *n, names[i]);
  if (!text) exit(1);
  return text;
}

static inline char *unseen_text(long *n) {
  char *text = malloc(1 << 20);
  if (!text) exit(1);
  *n = append_text(text, 0, "GPL-3");
  return text;
}

/* text[at..at + time) and, for each of its characters, the one after it. */
static inline void excerpt(const char *text, long at, int time, int32_t *here, int32_t *next) {
  for (int t = 0; t < time; t++) here[t] = text[at + t], next[t] = text[at + t + 1];
}

/* A character drawn from shares that add up to 1. */
static inline int draw_character(const float *share, uint64_t i) {
  double draw = (double)(tn_rng_u64((tn_rng){.seed = 1}, i) >> 11) * 0x1p-53;
  int c = 0;
  while (c < CHARACTERS - 1 && (draw -= share[c]) > 0) c++;
  return c;
}

#endif
