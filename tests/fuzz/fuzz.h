/* fuzz.h - what the fuzz targets share: files in a throwaway directory, which a reader is then pointed at. A
 * target aborts if a refusal lacks its sentence or leaves anything behind. */
#ifndef FUZZ_H
#define FUZZ_H

#include "sbnn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char fuzz_dir[64];

static void fuzz_remove_dir(void) {
  char command[96];
  snprintf(command, sizeof command, "rm -rf '%s'", fuzz_dir);
  if (*fuzz_dir && system(command) != 0) fprintf(stderr, "%s stays\n", fuzz_dir);
}

/* The path of a file of the directory; two may be in use at once. */
static inline const char *fuzz_path(const char *name) {
  static char paths[2][128];
  static int next;
  char *path = paths[next++ & 1];
  if (!*fuzz_dir) {
    strcpy(fuzz_dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/sbnn_fuzz_XXXXXX" : "/tmp/sbnn_fuzz_XXXXXX");
    if (!mkdtemp(fuzz_dir)) abort();
    atexit(fuzz_remove_dir);
  }
  snprintf(path, sizeof paths[0], "%s/%s", fuzz_dir, name);
  return path;
}

static inline const char *fuzz_write(const char *name, const void *bytes, size_t n) {
  const char *path = fuzz_path(name);
  FILE *f = fopen(path, "wb");
  if (!f || (n && fwrite(bytes, 1, n, f) != n) || fclose(f) != 0) abort();
  return path;
}

static inline void fuzz_check(int code, const sbnn_error *e) {
  if (code != e->code || (code != SBNN_OK && (!*e->text || strchr(e->text, '\n')))) abort();
}

/* Takes the bytes up to a line of "--" off the input: one of several files. */
static inline const uint8_t *fuzz_part(const uint8_t **data, size_t *size, size_t *n) {
  static const char separator[] = "\n--\n";
  const size_t length = sizeof separator - 1;
  const uint8_t *start = *data;
  size_t at = 0;
  while (at + length <= *size && memcmp(start + at, separator, length) != 0) at++;
  bool found = at + length <= *size;
  *n = found ? at + 1 : *size; /* the last line keeps its end */
  size_t taken = found ? at + length : *size;
  *data += taken;
  *size -= taken;
  return start;
}

#endif
