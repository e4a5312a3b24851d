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
}

Test(csv, refused) {
  refuses("1,2\n3,x\n", (tn_csv_options){0}, "t.csv, line 2, column 2: 'x' is no number");
  refuses("1,2\n3,\n", (tn_csv_options){0}, "line 2, column 2: '' is no number");
  refuses("1,2\n3,nan\n", (tn_csv_options){0}, "'nan' is no number");
  refuses("1,0x10\n", (tn_csv_options){0}, "'0x10' is no number");
  refuses("1,2\n3\n", (tn_csv_options){0}, "line 2, column 1: '2' is the number of columns");
  refuses("", (tn_csv_options){0}, "no row of numbers");
  refuses("a,b\n", (tn_csv_options){.header = true}, "no row of numbers");
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
}
