/* throwaway.h - a directory for the files of one test:
 * TestSuite(NAME, .init = make_root, .fini = remove_root). */
#ifndef NABLA_TEST_THROWAWAY_H
#define NABLA_TEST_THROWAWAY_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[64];

static inline void make_root(void) {
  strcpy(root, "/tmp/sbnn_test_XXXXXX");
  cr_assert(mkdtemp(root) != NULL);
}

static inline int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where) {
  (void)s, (void)kind, (void)where;
  return remove(path);
}

static inline void remove_all(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static inline void remove_root(void) { remove_all(root); }

/* A path in the directory; eight may be in use at once. */
static inline const char *at(const char *name) {
  static char paths[8][512];
  static int next;
  char *path = paths[next++ & 7];
  snprintf(path, sizeof paths[0], "%s/%s", root, name);
  return path;
}

#endif
