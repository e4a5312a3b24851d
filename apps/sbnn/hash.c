/* hash.c - see hash.h. */
#include "hash.h"

#include <stdio.h>

uint64_t sbnn_hash(uint64_t hash, const void *bytes, size_t n) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < n; i++) hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
  return hash;
}

bool sbnn_hash_file(const char *path, uint64_t *hash) {
  unsigned char block[1 << 14];
  size_t got;
  FILE *f = fopen(path, "rbe");
  if (!f) return false;
  *hash = SBNN_HASH_START;
  while ((got = fread(block, 1, sizeof block, f)) > 0) *hash = sbnn_hash(*hash, block, got);
  bool good = !ferror(f);
  fclose(f);
  return good;
}
