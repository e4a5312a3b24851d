/* hash.c - see hash.h. */
#include "hash.h"

#include <stdio.h>

bool sbnn_hash_file(const char *path, uint64_t *hash) {
  unsigned char block[1 << 14];
  size_t got;
  FILE *f = fopen(path, "rbe");
  if (!f) return false;
  *hash = TN_HASH_START;
  while ((got = fread(block, 1, sizeof block, f)) > 0) *hash = tn_hash(*hash, block, got);
  bool good = !ferror(f);
  fclose(f);
  return good;
}
