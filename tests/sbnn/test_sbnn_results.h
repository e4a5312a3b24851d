/* test_sbnn_results.h - what the tests of apps/sbnn/results share: text files, output directories. */
#ifndef TEST_SBNN_RESULTS_H
#define TEST_SBNN_RESULTS_H

#include "output/outdir.h"
#include "support/throwaway.h"

#include <dirent.h>
#include <unistd.h>

static inline void put_file(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  cr_assert(f != NULL, "%s", path);
  fputs(text, f);
  cr_assert_eq(fclose(f), 0);
}

/* The whole file; the caller frees. */
static inline char *text_of(const char *path) {
  FILE *f = fopen(path, "r");
  cr_assert(f != NULL, "%s is missing", path);
  char *text = calloc(1 << 20, 1);
  cr_assert(fread(text, 1, (1 << 20) - 1, f) < (1 << 20) - 1);
  fclose(f);
  return text;
}

static inline void expect_text(const char *path, const char *expected) {
  char *text = text_of(path);
  cr_expect_str_eq(text, expected, "%s holds:\n%s", path, text);
  free(text);
}

static inline bool there(const char *path) {
  struct stat s;
  return lstat(path, &s) == 0;
}

static inline int entries(const char *path) {
  int n = 0;
  DIR *dir = opendir(path);
  cr_assert(dir != NULL);
  while (readdir(dir)) n++;
  closedir(dir);
  return n - 2;
}

/* One sentence with both parts. */
static inline void expect_sentence(const sbnn_error *e, const char *part, const char *other) {
  cr_expect_eq(e->code, SBNN_FAILED);
  cr_expect(strchr(e->text, '\n') == NULL, "a line break in: %s", e->text);
  cr_expect(strstr(e->text, part) && strstr(e->text, other), "'%s' or '%s' is not in: %s", part, other,
            e->text);
}

static inline sbnn_outdir *opened(const char *path, bool force) {
  sbnn_error e = {0};
  sbnn_outdir *o = sbnn_outdir_open(path, force, &e);
  cr_assert(o != NULL, "%s", e.text);
  return o;
}

static inline void commit(sbnn_outdir *o) {
  sbnn_error e = {0};
  cr_assert_eq(sbnn_outdir_commit(o, &e), SBNN_OK, "%s", e.text);
}

#endif
