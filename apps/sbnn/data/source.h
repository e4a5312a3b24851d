/* source.h - the bytes of a file, decompressed if it is gzip, hashed as they lie on disk, in one pass.
 * Internal to data/. Threads: one source, one thread. */
#ifndef SBNN_DATA_SOURCE_H
#define SBNN_DATA_SOURCE_H

#include "sbnn.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sbnn_source sbnn_source;

/* NULL and an error (SBNN_BAD_INPUT) if the file cannot be opened. `path` is borrowed until close. */
sbnn_source *sbnn_source_open(const char *path, sbnn_error *e);

/* Up to n bytes into `out`; *got is 0 only at the end. SBNN_BAD_INPUT: truncated or damaged gzip, unreadable.
 */
int sbnn_source_read(sbnn_source *s, char *out, size_t n, size_t *got, sbnn_error *e);

/* 64-bit FNV-1a of all bytes on disk; valid once sbnn_source_read has given 0 bytes. */
uint64_t sbnn_source_hash(const sbnn_source *s);

/* The same of a file that is read in another way, and how long it is. */
int sbnn_source_hash_file(const char *path, uint64_t *bytes, uint64_t *hash, sbnn_error *e);

/* SBNN_INTERRUPTED and its sentence if the user has asked to stop; for readers that read in another way. */
int sbnn_source_interrupted(const char *path, sbnn_error *e);

/* The first bytes, decompressed, of a regular file (never of a pipe, from which they would be gone): at most
 * n, fewer if the file is shorter or cannot be read. */
size_t sbnn_source_peek(const char *path, char *out, size_t n);

void sbnn_source_close(sbnn_source *s); /* s may be NULL */

#endif
