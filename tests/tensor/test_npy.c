/* Arrays in NumPy's format: each type, order and byte order, and damaged files. The bytes are what numpy.save writes. */
#include "tensor/files/npy.h"

#include "support/throwaway.h"

TestSuite(npy, .init = make_root, .fini = remove_root);

/* A file with this dictionary, version 1 to 3, and these elements. */
static const char *file(int version, const char *dictionary, const void *elements, size_t bytes) {
  const char *path = at("a.npy");
  FILE *f = fopen(path, "wb");
  size_t before = version == 1 ? 10 : 12, length = strlen(dictionary) + 1,
         pad = (64 - (before + length) % 64) % 64;
  unsigned char start[12] = "\x93NUMPY";
  start[6] = (unsigned char)version;
  start[8] = (unsigned char)((length + pad) & 255), start[9] = (unsigned char)((length + pad) >> 8);
  fwrite(start, 1, before, f);
  fprintf(f, "%s%*s\n", dictionary, (int)pad, "");
  if (bytes) fwrite(elements, 1, bytes, f);
  fclose(f);
  return path;
}

static void reads(const char *path, tn_dtype dtype, int rank, const int64_t *shape, const double *want) {
  tn_array a;
  char message[TN_FILE_MESSAGE] = "";
  tn_status status = tn_npy_read(NULL, path, &a, message);
  cr_assert_eq(status, TN_OK, "%s", message);
  cr_assert_eq(a.view.dtype, dtype);
  cr_assert(tn_same_shape(a.view.rank, a.view.shape, rank, shape));
  for (int64_t i = 0; i < tn_view_numel(&a.view); i++)
    cr_assert_eq(tn_get(&a.view, i), want[i], "element %d: %g", (int)i, tn_get(&a.view, i));
  tn_array_free(&a);
}

static void refuses(const char *path, tn_status want, const char *part) {
  tn_array a;
  char message[TN_FILE_MESSAGE] = "";
  cr_assert_eq(tn_npy_read(NULL, path, &a, message), want, "%s", message);
  cr_assert(strstr(message, part), "'%s' does not say '%s'", message, part);
  tn_status silent = tn_npy_read(NULL, path, &a, NULL);
  cr_assert_eq(silent, want);
}

Test(npy, types) {
  const double small[] = {1, 2, 250};
  const int64_t three[] = {3};
#define HEAD(TYPE) "{'descr': '" TYPE "', 'fortran_order': False, 'shape': (3,), }"
  reads(file(1, HEAD("<f4"), (float[]){1, 2, 250}, 12), TN_F32, 1, three, small);
  reads(file(2, HEAD("<f8"), (double[]){1, 2, 250}, 24), TN_F64, 1, three, small);
  reads(file(3, HEAD("<i4"), (int32_t[]){1, 2, 250}, 12), TN_I32, 1, three, small);
  reads(file(1, HEAD("<i8"), (int64_t[]){1, 2, 250}, 24), TN_I64, 1, three, small);
  reads(file(1, HEAD("|u1"), (uint8_t[]){1, 2, 250}, 3), TN_U8, 1, three, small);
  reads(file(1, HEAD("|b1"), (uint8_t[]){1, 0, 1}, 3), TN_U8, 1, three, (double[]){1, 0, 1});
  reads(file(1, HEAD("|i1"), (int8_t[]){-1, 2, -128}, 3), TN_I32, 1, three, (double[]){-1, 2, -128});
  reads(file(1, HEAD("<u2"), (uint16_t[]){1, 2, 65535}, 6), TN_I32, 1, three, (double[]){1, 2, 65535});
  reads(file(1, HEAD("<u4"), (uint32_t[]){1, 2, UINT32_MAX}, 12), TN_I64, 1, three,
        (double[]){1, 2, UINT32_MAX});
  reads(file(1, HEAD("<f2"), (uint16_t[]){0x3c00, 0xc000, 0x0001}, 6), TN_F32, 1, three,
        (double[]){1, -2, 0x1p-24});
  reads(file(1, HEAD(">i2"), (uint8_t[]){0, 1, 255, 254, 1, 0}, 6), TN_I32, 1, three, (double[]){1, -2, 256});
  reads(file(1, HEAD(">f4"), (uint8_t[]){0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0}, 12), TN_F32, 1, three,
        (double[]){1, -2, 0});
}

/* Whole numbers of 64 bits keep every bit. */
Test(npy, large_integers) {
  tn_array a;
  const int64_t large[] = {INT64_MAX, INT64_MIN, (1LL << 53) + 1};
  tn_status status = tn_npy_read(NULL, file(1, HEAD("<i8"), large, 24), &a, NULL);
  cr_assert_eq(status, TN_OK);
  cr_assert_eq(memcmp(a.view.data, large, sizeof large), 0);
  tn_array_free(&a);
  refuses(file(1, HEAD("<u8"), (uint64_t[]){1, 2, 1ULL << 63}, 24), TN_EFORMAT,
          "element 2 is above 2^63 - 1");
}

Test(npy, shapes) {
  const float x[] = {0, 1, 2, 3, 4, 5};
#define SHAPE(ORDER, SHAPE_) "{'descr': '<f4', 'fortran_order': " ORDER ", 'shape': (" SHAPE_ "), }"
  reads(file(1, SHAPE("False", "2, 3"), x, 24), TN_F32, 2, (int64_t[]){2, 3}, (double[]){0, 1, 2, 3, 4, 5});
  reads(file(1, SHAPE("True", "2, 3"), x, 24), TN_F32, 2, (int64_t[]){2, 3}, (double[]){0, 2, 4, 1, 3, 5});
  reads(file(1, SHAPE("True", "1, 2, 3"), x, 24), TN_F32, 3, (int64_t[]){1, 2, 3},
        (double[]){0, 2, 4, 1, 3, 5});
  reads(file(1, SHAPE("False", ""), x, 4), TN_F32, 0, NULL, (double[]){0});
  reads(file(1, SHAPE("False", "0, 3"), x, 0), TN_F32, 2, (int64_t[]){0, 3}, NULL);
}

Test(npy, damaged) {
  const float x[6] = {0};
  refuses(at("missing.npy"), TN_EIO, "No such file");
  refuses(file(1, SHAPE("False", "2, 3"), x, 20), TN_EFORMAT, "ends after 5 of the 6 numbers");
  refuses(file(1, SHAPE("False", "5000"), x, 24), TN_EFORMAT, "too short");
  refuses(file(1, SHAPE("False", "5"), x, 24), TN_EFORMAT, "more bytes than the header announces");
  refuses(file(1, SHAPE("False", "4000000000, 4000000000"), x, 24), TN_EFORMAT, "too large");
  refuses(file(1, SHAPE("False", "1,1,1,1,1,1,1,1,1"), x, 4), TN_EFORMAT, "has 9 axes; at most 8");
  refuses(file(1, SHAPE("False", "-2"), x, 24), TN_EFORMAT, "no list of whole numbers");
  refuses(file(1, SHAPE("Maybe", "6"), x, 24), TN_EFORMAT, "fortran_order");
  refuses(file(7, SHAPE("False", "6"), x, 24), TN_EFORMAT, "version");
  refuses(file(1, HEAD("<U4"), x, 24), TN_EFORMAT, "type 'U4' are not read");
  refuses(file(1, HEAD("<c8"), x, 24), TN_EFORMAT, "type 'c8' are not read");
  FILE *f = fopen(at("b.npy"), "wb");
  fclose(f);
  refuses(at("b.npy"), TN_EFORMAT, "empty");
}
