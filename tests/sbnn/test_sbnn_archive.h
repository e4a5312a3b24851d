/* test_sbnn_archive.h - ZIP archives of NumPy arrays, made byte by byte so that they can lie. */
#ifndef TEST_SBNN_ARCHIVE_H
#define TEST_SBNN_ARCHIVE_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { ARCHIVE_ROOM = 1 << 13 };

/* {0} is an empty one. */
typedef struct archive {
  size_t n, n_central;
  unsigned members;
  char bytes[ARCHIVE_ROOM], central[ARCHIVE_ROOM];
} archive;

/* What a member says of itself beside the truth; 0: the truth. */
typedef struct lie {
  uint32_t size, crc;
  uint16_t method;
} lie;

static inline void put(char *to, size_t *n, uint64_t value, int width) {
  for (int i = 0; i < width; i++) to[(*n)++] = i < 8 ? (char)(value >> 8 * i) : 0;
}

static inline void put_member(archive *a, const char *name, const void *bytes, size_t n, lie l) {
  uint32_t crc = l.crc ? l.crc : (uint32_t)crc32(0, bytes, (uInt)n), size = l.size ? l.size : (uint32_t)n;
  size_t length = strlen(name), at = a->n;
  cr_assert(a->n + n + 200 < ARCHIVE_ROOM && a->n_central + 200 < ARCHIVE_ROOM);
  put(a->bytes, &a->n, 0x04034b50, 4);
  put(a->central, &a->n_central, 0x02014b50, 4);
  put(a->central, &a->n_central, 20, 2);
  for (int k = 0; k < 2; k++) { /* what both have */
    char *to = k ? a->central : a->bytes;
    size_t *m = k ? &a->n_central : &a->n;
    put(to, m, 20, 2);
    put(to, m, 0, 2);
    put(to, m, l.method, 2);
    put(to, m, 0x21 << 16, 4);
    put(to, m, crc, 4);
    put(to, m, n, 4);
    put(to, m, size, 4);
    put(to, m, length, 2);
    put(to, m, 0, 2);
  }
  put(a->central, &a->n_central, 0, 10);
  put(a->central, &a->n_central, at, 4);
  memcpy(a->bytes + a->n, name, length);
  memcpy(a->central + a->n_central, name, length);
  a->n += length;
  a->n_central += length;
  memcpy(a->bytes + a->n, bytes, n);
  a->n += n;
  a->members++;
}

static inline void end_archive(archive *a) {
  size_t at = a->n;
  memcpy(a->bytes + a->n, a->central, a->n_central);
  a->n += a->n_central;
  put(a->bytes, &a->n, 0x06054b50, 4);
  put(a->bytes, &a->n, 0, 4);
  put(a->bytes, &a->n, a->members, 2);
  put(a->bytes, &a->n, a->members, 2);
  put(a->bytes, &a->n, a->n_central, 4);
  put(a->bytes, &a->n, at, 4);
  put(a->bytes, &a->n, 0, 2);
}

/* "NAME.npy" of a type, "<f8", and a shape, "(3, 2)". */
static inline void put_array(archive *a, const char *name, const char *type, const char *shape,
                             const void *elements, size_t n, lie l) {
  char bytes[2048] = "\x93NUMPY\1", file[64];
  int length =
      snprintf(bytes + 10, 256, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", type, shape);
  bytes[8] = (char)length;
  memcpy(bytes + 10 + length, elements, n);
  snprintf(file, sizeof file, "%s.npy", name);
  put_member(a, file, bytes, 10 + (size_t)length + n, l);
}

#endif
