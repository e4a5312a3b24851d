/* Arrays in NumPy's format: each type, order and byte order, and damaged files. The bytes are what numpy.save writes. */
#include "tensor/files/npy.h"

#include "support/throwaway.h"

#include <math.h>
#include <unistd.h>

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

/* ---- the two calls for readers of streams ---- */

static void starts(const char *start, size_t have, size_t want, const char *part) {
  unsigned char bytes[TN_NPY_START] = {0};
  const char *why = "";
  memcpy(bytes, start, have);
  cr_expect_eq(tn_npy_length(bytes, have, &why), want, "%s", part);
  if (want) cr_expect_null(why);
  else cr_expect(why && strstr(why, part), "'%s' does not say '%s'", why, part);
}

Test(npy, starts) {
  starts("", 0, 0, "empty");
  starts("\x93NUMPY\1\0\x10", 9, 0, "no NumPy array");
  starts("\x93NUMPZ\1\0\x10\0ab", 12, 0, "no NumPy array");
  starts("\x93NUMPY\0\0\x10\0ab", 12, 0, "version");
  starts("\x93NUMPY\4\0\x10\0ab", 12, 0, "version");
  starts("\x93NUMPY\1\0\x10\0a", 11, 0, "cut off");
  starts("\x93NUMPY\1\0\2\0ab", 12, 0, "cut off");
  starts("\x93NUMPY\2\0\1\0\2\0", 12, 0, "too long");
  starts("\x93NUMPY\2\0\1\0\0\1", 12, 0, "too long");
  starts("\x93NUMPY\1\0\x10\1ab", 12, 270, "");
  starts("\x93NUMPY\3\0\x10\1\0\0", 12, 272, "");
}

/* The same dictionary in version 1, whose first two characters are among the first twelve bytes, and in version 2. */
static const char *parse(const char *dictionary, tn_npy_header *h) {
  unsigned char one[TN_NPY_START] = "\x93NUMPY\1", two[TN_NPY_START] = "\x93NUMPY\2";
  tn_npy_header again;
  memcpy(one + TN_NPY_START - 2, dictionary, 2);
  const char *why = tn_npy_parse(one, dictionary + 2, strlen(dictionary) - 2, h);
  const char *other = tn_npy_parse(two, dictionary, strlen(dictionary), &again);
  cr_expect((!why && !other) || (why && other && !strcmp(why, other)), "%s: %s, %s", dictionary, why, other);
  return why;
}

#define TYPE(DESCR) "{'descr': " DESCR ", 'fortran_order': False, 'shape': (3,)}"

Test(npy, types_of_headers) {
  static const struct {
    const char *dictionary, *type;
    char kind;
    size_t width;
    bool big;
  } rows[] = {
      {TYPE("'<f4'"), "f4", 'f', 4, false},   {TYPE("\">f8\""), "f8", 'f', 8, true},
      {TYPE("'=i8'"), "i8", 'i', 8, false},   {TYPE("'f2'"), "f2", 'f', 2, false},
      {TYPE("'|b1'"), "b1", 'b', 1, false},   {TYPE("'<U12'"), "U12", 'U', 48, false},
      {TYPE("'|S7'"), "S7", 'S', 7, false},   {TYPE("'<U0'"), "U0", '?', 0, false},
      {TYPE("'|S'"), "S", '?', 0, false},     {TYPE("'|S1234567890'"), "S1234567890", '?', 0, false},
      {TYPE("'|S7x'"), "S7x", '?', 0, false}, {TYPE("'<f3'"), "f3", '?', 0, false},
      {TYPE("'<f16'"), "f16", '?', 0, false}, {TYPE("'<f4\""), "f4", '?', 0, false},
      {TYPE("'<b2'"), "b2", '?', 0, false},   {TYPE("[('a', '<f4')]"), "[('a', '<f4'", '?', 0, false},
      {TYPE("''"), "", '?', 0, false},        {TYPE("'f'"), "f", '?', 0, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tn_npy_header h;
    cr_assert_null(parse(rows[i].dictionary, &h), "%s", rows[i].dictionary);
    cr_expect_eq(h.kind, rows[i].kind, "%s: %c", rows[i].dictionary, h.kind);
    cr_expect_eq(h.width, rows[i].width, "%s: %zu", rows[i].dictionary, h.width);
    cr_expect_eq(h.big_endian, rows[i].big, "%s", rows[i].dictionary);
    cr_expect_str_eq(h.type, rows[i].type);
    cr_expect(h.rank == 1 && h.shape[0] == 3 && !h.fortran);
  }
}

#define AXES(TEXT) "{'descr': '<f4', 'fortran_order': True, 'shape': " TEXT

Test(npy, damaged_headers) {
  static const char *const rows[][2] = {
      {"{'fortran_order': False, 'shape': (3,)}", "no type of number"},
      {"{'descr' '<f4', 'fortran_order': False, 'shape': (3,)}", "no type of number"},
      {"{'descr': '<f4', 'shape': (3,)}", "fortran_order"},
      {"{'descr': '<f4', 'fortran_order': Fals, 'shape': (3,)}", "fortran_order"},
      {"{'descr': '<f4', 'fortran_order': False}", "no shape"},
      {AXES("3}"), "no shape"},
      {AXES("(3"), "cut off"},
      {AXES("("), "cut off"},
      {AXES("(3 x)"), "no list of whole numbers"},
      {AXES("(1234567890123456789,)"), "no list of whole numbers"}};
  tn_npy_header h;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *why = parse(rows[i][0], &h);
    cr_expect(why && strstr(why, rows[i][1]), "%s: '%s' does not say '%s'", rows[i][0], why, rows[i][1]);
  }
  cr_assert_null(parse("{'shape'\t:\n(2 ,\t3), 'descr' :'<f4', 'fortran_order':True}", &h));
  cr_expect(h.rank == 2 && h.shape[0] == 2 && h.shape[1] == 3 && h.fortran);
  const char *why = tn_npy_parse((const unsigned char *)"\x93NUMPY\2\0\0\0\0\0", "{\0}", 3, &h);
  cr_expect(why && strstr(why, "cut off"), "a NUL within the header");
}

Test(npy, numbers_of_streams) {
  const unsigned char half[] = {0x00, 0x7c, 0x00, 0xfc, 0x01, 0x7c, 0x00, 0x80, 0xff, 0x83},
                      big[] = {0xff, 0xfe};
  const int64_t least[] = {INT64_MIN, -1, 5};
  double out[5];
  tn_npy_numbers(&(tn_npy_header){.kind = 'f', .width = 2}, half, 5, out);
  cr_expect(isinf(out[0]) && out[0] > 0 && isinf(out[1]) && out[1] < 0 && isnan(out[2]));
  cr_expect(out[3] == 0 && signbit(out[3]));
  cr_expect_eq(out[4], -1023 * 0x1p-24, "the largest number without a leading one: %g", out[4]);
  tn_npy_numbers(&(tn_npy_header){.kind = 'i', .width = 2, .big_endian = true}, big, 1, out);
  cr_expect_eq(out[0], -2);
  tn_npy_numbers(&(tn_npy_header){.kind = 'u', .width = 2, .big_endian = true}, big, 1, out);
  cr_expect_eq(out[0], 65534);
  tn_npy_numbers(&(tn_npy_header){.kind = 'i', .width = 8}, (const unsigned char *)least, 3, out);
  cr_expect(out[0] == -0x1p63 && out[1] == -1 && out[2] == 5);
}

/* What cannot be read is not taken for an empty file. */
Test(npy, a_folder) { refuses(root, TN_EIO, "Is a directory"); }

/* A pipe has no size, so its length is only known at its end. */
Test(npy, a_pipe) {
  char command[300];
  const float x[] = {1, 2, 3};
  snprintf(command, sizeof command, "mkfifo %s/pipe && cat %s > %s/pipe &", root,
           file(1, HEAD("<f4"), x, sizeof x), root);
  cr_assert_eq(system(command), 0);
  while (access(at("pipe"), F_OK) != 0) usleep(1000);
  reads(at("pipe"), TN_F32, 1, (int64_t[]){3}, (double[]){1, 2, 3});
}
