/* test_sbnn_data.h - what the tests of apps/sbnn/data share: tables in files, the real data. */
#ifndef TEST_SBNN_DATA_H
#define TEST_SBNN_DATA_H

#include "data/counts.h"
#include "sbnn.h"
#include "support/throwaway.h"

#include <stdbool.h>
#include <unistd.h>
#include <zlib.h>

static inline const char *write_bytes(const char *name, const void *bytes, size_t n) {
  const char *path = at(name);
  FILE *f = fopen(path, "wb");
  cr_assert(f != NULL);
  cr_assert_eq(fwrite(bytes, 1, n, f), n);
  cr_assert_eq(fclose(f), 0);
  return path;
}

static inline const char *write_text(const char *name, const char *text) {
  return write_bytes(name, text, strlen(text));
}

static inline const char *write_gzip(const char *name, const char *text) {
  const char *path = at(name);
  gzFile f = gzopen(path, "wb");
  cr_assert(f != NULL);
  cr_assert_eq((size_t)gzwrite(f, text, (unsigned)strlen(text)), strlen(text));
  cr_assert_eq(gzclose(f), Z_OK);
  return path;
}

/* A file of the shared data next to (or above) the source tree; skips the test, loudly, if it is not there.
 */
static inline const char *shared_path(const char *name) {
  static char paths[4][1024];
  static int next;
  char *path = paths[next++ & 3];
  const char *up[] = {"..", "../..", "../../.."};
  for (size_t i = 0; i < 3; i++) {
    snprintf(path, sizeof paths[0], "%s/%s/shared/%s", NABLA_SOURCE_DIR, up[i], name);
    if (access(path, R_OK) == 0) return path;
  }
  fprintf(stderr, "SKIPPED: shared/%s is not next to the source tree, this real-data test did not run\n",
          name);
  cr_skip_test("SKIPPED: shared/%s is missing", name);
  return path;
}

/* The same numbers in the same places. */
static inline bool same_counts(const sbnn_counts *a, const sbnn_counts *b) {
  if (a->n_rows != b->n_rows || a->n_cols != b->n_cols) return false;
  for (size_t i = 0; i <= a->n_rows; i++)
    if (a->start[i] != b->start[i]) return false;
  size_t n = a->start[a->n_rows];
  return memcmp(a->column, b->column, n * sizeof *a->column) == 0 &&
         memcmp(a->value, b->value, n * sizeof *a->value) == 0;
}

/* One sentence with all of the parts, separated by '|', and no line break. */
static inline void check_sentence(const sbnn_error *e, int code, const char *parts) {
  cr_expect_eq(e->code, code, "code %d where %d was expected: %s", e->code, code, e->text);
  cr_expect(strchr(e->text, '\n') == NULL, "a line break in: %s", e->text);
  char copy[512];
  snprintf(copy, sizeof copy, "%s", parts);
  for (char *part = strtok(copy, "|"); part; part = strtok(NULL, "|"))
    cr_expect(strstr(e->text, part) != NULL, "'%s' is not in: %s", part, e->text);
}

#endif
