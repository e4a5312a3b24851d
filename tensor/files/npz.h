/* npz.h - archives of NumPy arrays (.npz), as numpy.savez and numpy.savez_compressed write them.
 *
 * An optional component: a build without libzip (-DNABLA_LIBZIP=OFF) answers TN_ENOTSUP. message (TN_FILE_MESSAGE bytes,
 * may be NULL) gets the sentence of a failure. Threads: one archive, one thread. */
#ifndef NABLA_TENSOR_FILES_NPZ_H
#define NABLA_TENSOR_FILES_NPZ_H

#include "npy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_npz tn_npz;
typedef struct tn_npz_member {
  const char *name; /* without ".npy"; borrowed until tn_npz_close */
  tn_npy_header header;
  uint64_t bytes; /* of the member, header included */
} tn_npz_member;

/* Opens an archive and reads the headers of its arrays; other members are skipped. Sizes in the archive are
 * checked: no array is larger than its compressed bytes allow. TN_EIO: the file cannot be read; TN_EFORMAT:
 * it is no archive, or one that is damaged, encrypted or compressed in a way that NumPy does not use;
 * TN_ENOMEM. */
TN_MUST_CHECK tn_status tn_npz_open(const tn_alloc *alloc, const char *path, tn_npz **out, char *message);
void tn_npz_close(tn_npz *z); /* NULL is allowed */

size_t tn_npz_count(const tn_npz *z);
const tn_npz_member *tn_npz_at(const tn_npz *z, size_t i); /* in the archive's order */

/* Reads the array `name` into a new contiguous array, to be freed with tn_array_free. Types as in
 * tn_npy_read. The archive's checksum is compared. TN_EINVAL: there is no array of that name; else as
 * tn_npy_read. */
TN_MUST_CHECK tn_status tn_npz_read(tn_npz *z, const char *name, tn_array *out, char *message);

/* A member as a stream of bytes, header included, for arrays that tn_npz_read does not read (text) or that do
 * not fit in memory. One at a time: tn_npz_begin ends the one before. tn_npz_next reads up to n bytes; *got <
 * n only at the end, where the checksum is compared. */
TN_MUST_CHECK tn_status tn_npz_begin(tn_npz *z, size_t i, char *message);
TN_MUST_CHECK tn_status tn_npz_next(tn_npz *z, void *to, size_t n, size_t *got, char *message);
void tn_npz_end(tn_npz *z);

/* An array to write: any view of f32, f64, i32, i64 or u8. */
typedef struct tn_npz_array {
  const char *name; /* without ".npy" */
  tn_view view;
} tn_npz_array;

/* Writes an archive, which appears whole or not at all (tn_atomic_file). The same arrays give the same bytes.
 * compress: as numpy.savez_compressed. The archive is built in memory. TN_EIO; TN_EINVAL: two arrays have the
 * same name, or one has none; TN_ENOMEM. */
TN_MUST_CHECK tn_status tn_npz_write(const char *path, const tn_npz_array *arrays, size_t n, bool compress,
                                     char *message);

#ifdef __cplusplus
}
#endif
#endif
