/* hash.h - 64-bit FNV-1a of bytes and of files: tells files apart, protects against damage, not against
 * malice. */
#ifndef SBNN_HASH_H
#define SBNN_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SBNN_HASH_START UINT64_C(0xcbf29ce484222325)

/* Goes on from `hash` (SBNN_HASH_START at first). */
uint64_t sbnn_hash(uint64_t hash, const void *bytes, size_t n);

/* The whole file; false if it cannot be read (errno says why). */
bool sbnn_hash_file(const char *path, uint64_t *hash);

#endif
