/* files.c - what a command leaves (torture.h). */
#include "torture.h"

#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *text_of(const char *path, size_t *n) {
  struct stat s;
  FILE *f = stat(path, &s) == 0 && S_ISREG(s.st_mode) ? fopen(path, "re") : NULL;
  if (!f) return NULL;
  char *text = malloc((size_t)s.st_size + 1);
  *n = fread(text, 1, (size_t)s.st_size, f);
  text[*n] = '\0';
  fclose(f);
  return text;
}

static uint64_t mixed(uint64_t h, const char *bytes, size_t n) { /* FNV-1a */
  for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3;
  return h;
}

/* Leaves out what may differ: how long something took, and that a command was given again. */
static size_t without_seconds(char *text, size_t n) {
  static const char *const values[] = {"\"seconds",
                                       "\"resume\\\":", "\"resume\":", "\"force\\\":", "\"force\":"};
  static const char *const words[] = {"\"--resume", "\"--force"};
  size_t kept = 0;
  for (size_t i = 0; i < n;) {
    bool value = false, word = false;
    for (size_t k = 0; text[i] == '"' && k < sizeof values / sizeof *values; k++)
      value = value || !strncmp(text + i, values[k], strlen(values[k]));
    for (size_t k = 0; text[i] == '"' && k < sizeof words / sizeof *words; k++)
      word = word || !strncmp(text + i, words[k], strlen(words[k]));
    if (!value && !word) {
      text[kept++] = text[i++];
      continue;
    }
    if (word) { /* with the comma before it */
      while (kept > 0 && text[kept - 1] != ',') kept--;
      if (kept > 0) kept--;
      for (i++; i < n && text[i] != '"';) i++;
      i++;
      continue;
    }
    while (i < n && text[i] != ':') i++;
    while (i < n && text[i] != ',' && text[i] != '\n' && text[i] != '\\') i++;
  }
  return kept;
}

static bool may_hold_seconds(const char *path) {
  const char *dot = strrchr(path, '.');
  return !dot || strchr(dot, '/') || !strcmp(dot, ".json") || !strcmp(dot, ".html");
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char **names_in(const char *path, size_t *n) {
  DIR *dir = opendir(path);
  char **names = NULL;
  *n = 0;
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    names = realloc(names, (*n + 1) * sizeof *names);
    names[(*n)++] = strdup(entry->d_name);
  }
  if (dir) closedir(dir);
  if (*n) qsort(names, *n, sizeof *names, by_name);
  return names;
}

/* `but`: names that begin so do not count. */
static uint64_t of_path(uint64_t h, const char *path, const char *but) {
  size_t n = 0;
  char *text = text_of(path, &n);
  h = mixed(h, path, strlen(path) + 1);
  if (text) {
    if (may_hold_seconds(path)) n = without_seconds(text, n);
    h = mixed(h, text, n);
    free(text);
    return h;
  }
  char **names = names_in(path, &n);
  for (size_t i = 0; i < n; i++) {
    char inner[PATH_ROOM];
    snprintf(inner, sizeof inner, "%s/%s", path, names[i]);
    if (strncmp(names[i], but, strlen(but)) != 0) h = of_path(h, inner, but);
    free(names[i]);
  }
  free(names);
  return h;
}

static uint64_t of_all(const char *path, const char *but) {
  return access(path, F_OK) == 0 ? of_path(0xcbf29ce484222325, path, but) : 0;
}
uint64_t fingerprint(const char *path) { return of_all(path, "\n"); }
uint64_t fingerprint_shown(const char *path) { return of_all(path, "."); }
uint64_t fingerprint_tables(const char *path) { return of_all(path, "figures"); }

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *where) {
  (void)s, (void)type, (void)where;
  return remove(path);
}

void remove_all(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

bool has_results(const char *path) {
  struct stat s;
  char inner[PATH_ROOM];
  snprintf(inner, sizeof inner, "%s/run.json", path);
  return access(inner, F_OK) == 0 || (stat(path, &s) == 0 && S_ISREG(s.st_mode));
}
