/* Tables of numbers, and whole files: plain and gzip, good and damaged. */
#include "tensor/files/csv.h"
#include "tensor/files/read.h"

#include "support/throwaway.h"

#include <math.h>
#include <unistd.h>
#include <zlib.h>

TestSuite(csv, .init = make_root, .fini = remove_root);

static const char *file(const char *text, bool gzip) {
  const char *path = at("t.csv");
  gzFile f = gzopen(path, gzip ? "wb" : "wbT");
  cr_assert(f && gzputs(f, text) >= 0 && gzclose(f) == Z_OK);
  return path;
}

static void reads(const char *text, tn_csv_options o, int64_t rows, int64_t columns, const double *want) {
  for (int gzip = 0; gzip < 2; gzip++) {
    tn_array a;
    char message[TN_FILE_MESSAGE] = "";
    tn_status status = tn_csv_read(NULL, file(text, gzip), &o, &a, message);
    cr_assert_eq(status, TN_OK, "%s", message);
    cr_assert(tn_same_shape(a.view.rank, a.view.shape, 2, (int64_t[]){rows, columns}));
    for (int64_t i = 0; i < rows * columns; i++) {
      double x = tn_get(&a.view, i);
      cr_expect(x == want[i] || (isnan(x) && isnan(want[i])), "element %d is %g", (int)i, x);
    }
    tn_array_free(&a);
  }
}

static void refuses(const char *text, tn_csv_options o, const char *part) {
  tn_array a;
  char message[TN_FILE_MESSAGE] = "";
  cr_assert_eq(tn_csv_read(NULL, file(text, false), &o, &a, message), TN_EFORMAT);
  cr_assert(strstr(message, part), "'%s' does not say '%s'", message, part);
  cr_assert_null(a.view.data);
}

Test(csv, tables) {
  const double six[] = {1, -2.5, 3e2, 4, 5, 6};
  reads("1,-2.5,3e2\n4,5,6\n", (tn_csv_options){0}, 2, 3, six);
  reads("# a comment\n\n1\t-2.5\t3e2\r\n4\t5\t6", (tn_csv_options){0}, 2, 3, six);
  reads("  1  -2.5 300 \n 4 5   6\n", (tn_csv_options){0}, 2, 3, six);
  reads("a;b\n1;-2.5\n300;4\n5;6\n", (tn_csv_options){.header = true}, 3, 2, six);
  reads("1\n-2.5\n300\n4\n5\n6\n", (tn_csv_options){0}, 6, 1, six);
  reads("1,,NA\ninf,nan,-inf\n", (tn_csv_options){.missing = true}, 2, 3,
        (double[]){1, NAN, NAN, INFINITY, NAN, -INFINITY});
  reads("1,NaN,+3\n4,5,6\n", (tn_csv_options){.missing = true}, 2, 3, (double[]){1, NAN, 3, 4, 5, 6});
  reads("1 -2.5\t300\n\t4 5\t 6 \n", (tn_csv_options){.separator = ' '}, 2, 3, six);
  reads(" 1 | -2.5\t|300\r\n4|5|6\n \t\r\n#", (tn_csv_options){.separator = '|'}, 2, 3, six);
}

Test(csv, refused) {
  refuses("1,2\n3,x\n", (tn_csv_options){0}, "t.csv, line 2, column 2: 'x' is no number");
  refuses("1,2\n3,\n", (tn_csv_options){0}, "line 2, column 2: '' is no number");
  refuses("1,2\n3,nan\n", (tn_csv_options){0}, "'nan' is no number");
  refuses("1,0x10\n", (tn_csv_options){0}, "'0x10' is no number");
  refuses("1,2\n3\n", (tn_csv_options){0}, "line 2, column 1: '2' is the number of columns");
  refuses("1,-nan\n", (tn_csv_options){0}, "'-nan' is no number");
  refuses("1,+-2\n", (tn_csv_options){.missing = true}, "'+-2' is no number");
  refuses("1,nan(2)\n", (tn_csv_options){.missing = true}, "'nan(2)' is no number");
  refuses("1,-0X1p3\n", (tn_csv_options){0}, "'-0X1p3' is no number");
  refuses("1 2\n3 4 5\n", (tn_csv_options){0}, "line 2, column 3: '2' is the number of columns");
  refuses("", (tn_csv_options){0}, "no row of numbers");
  refuses("a,b\n", (tn_csv_options){.header = true}, "no row of numbers");
}

Test(csv, wrong_calls) {
  tn_array a = {.view.rank = 3};
  cr_expect_eq(tn_csv_read(NULL, file("1,x\n", false), NULL, &a, NULL), TN_EFORMAT, "without a message");
  cr_expect(a.view.rank == 0 && !a.view.data, "an array that was not read is all zero");
  cr_expect_eq(tn_csv_read(NULL, at("t.csv"), NULL, NULL, NULL), TN_EINVAL);
  cr_expect_eq(tn_csv_read(NULL, at("none"), NULL, &a, NULL), TN_EIO);
  char message[TN_FILE_MESSAGE] = "";
  cr_assert_eq(tn_atomic_write(at("binary"), "1,2\n\0", 5), TN_OK);
  cr_expect_eq(tn_csv_read(NULL, at("binary"), NULL, &a, message), TN_EFORMAT);
  cr_expect(strstr(message, "is a binary file"), "%s", message);
}

Test(csv, whole_files) {
  char *bytes, message[TN_FILE_MESSAGE] = "";
  size_t n;
  cr_assert_eq(tn_file_read(NULL, file("hello", true), 0, &bytes, &n, message), TN_OK, "%s", message);
  cr_expect(n == 5 && strcmp(bytes, "hello") == 0);
  tn_free(NULL, bytes);
  cr_expect_eq(tn_file_read(NULL, at("t.csv"), 4, &bytes, &n, message), TN_EFORMAT);
  cr_expect(strstr(message, "more than 4 bytes"), "%s", message);
  cr_expect_eq(tn_file_read(NULL, at("none"), 0, &bytes, &n, message), TN_EIO);
  cr_expect(strstr(message, "cannot be opened"), "%s", message);
  cr_expect_eq(tn_file_read(NULL, NULL, 0, &bytes, &n, NULL), TN_EINVAL);
  cr_assert_eq(truncate(file("hello hello hello", true), 20), 0); /* cut short */
  cr_expect_eq(tn_file_read(NULL, at("t.csv"), 0, &bytes, &n, message), TN_EIO);
  cr_expect(strstr(message, "ends too early"), "%s", message);
  cr_expect_eq(tn_file_read(NULL, root, 0, &bytes, &n, message), TN_EIO);
  cr_expect(strstr(message, "Is a directory"), "%s", message);
  cr_expect_null(bytes);
  cr_expect_eq(tn_file_read(NULL, at("t.csv"), 0, NULL, &n, message), TN_EINVAL);
  cr_expect_eq(tn_file_read(NULL, at("t.csv"), 0, &bytes, NULL, message), TN_EINVAL);
}

/* More than one piece; a changed byte of the compressed data. */
Test(csv, large_and_damaged_files) {
  enum { N = 200000 };
  char *text = calloc(N + 1, 1), *bytes, message[TN_FILE_MESSAGE] = "";
  size_t n;
  for (int64_t i = 0; i < N; i++) text[i] = (char)('a' + i * i % 23);
  cr_assert_eq(tn_file_read(NULL, file(text, true), N, &bytes, &n, message), TN_OK, "%s", message);
  cr_expect(n == N && memcmp(bytes, text, N + 1) == 0);
  tn_free(NULL, bytes);
  FILE *f = fopen(at("t.csv"), "r+b");
  cr_assert(fseek(f, -6, SEEK_END) == 0 && fputc(77, f) == 77 && fclose(f) == 0); /* of the checksum */
  cr_expect_eq(tn_file_read(NULL, at("t.csv"), 0, &bytes, &n, message), TN_EFORMAT);
  cr_expect(strstr(message, "the gzip data is damaged"), "%s", message);
  free(text);
}
