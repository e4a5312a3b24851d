/* test_sbnn_tables.c - reading tables: every form that is accepted, every fault and its sentence. */
#include "data/table.h"
#include "test_sbnn_data.h"

#include <locale.h>
#include <math.h>

TestSuite(sbnn_tables, .init = make_root, .fini = remove_root);

static int read_text(const char *text, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e) {
  *e = (sbnn_error){0};
  return sbnn_table_read(write_text("table.csv", text), options, t, e);
}

/* The table with rows a, b and columns x, y and the values 1 to 4, whatever its spelling. */
static void check_plain(const char *text) {
  sbnn_table t;
  sbnn_error e;
  cr_assert_eq(read_text(text, NULL, &t, &e), SBNN_OK, "%s for: %s", e.text, text);
  cr_assert(t.n_rows == 2 && t.n_cols == 2, "%zu x %zu: %s", t.n_rows, t.n_cols, text);
  cr_expect_str_eq(t.row_ids[0], "a");
  cr_expect_str_eq(t.row_ids[1], "b");
  cr_expect_str_eq(t.col_ids[0], "x");
  cr_expect_str_eq(t.col_ids[1], "y");
  for (int i = 0; i < 4; i++) cr_expect_eq(t.values[i], i + 1, "value %d is %g: %s", i, t.values[i], text);
  sbnn_table_free(&t);
}

Test(sbnn_tables, spellings) {
  static const char *const texts[] = {
      "id,x,y\na,1,2\nb,3,4\n",
      ",x,y\na,1,2\nb,3,4",
      "x,y\na,1,2\nb,3,4\n", /* as R writes it */
      "id\tx\ty\na\t1\t2\nb\t3\t4\n",
      "id,x,y\r\na,1,2\r\nb,3,4\r\n",
      "id,x,y\ra,1,2\rb,3,4",
      "\357\273\277id,x,y\na,1,2\nb,3,4\n", /* the byte-order mark */
      "# made by hand\n#\n\n# twice\nid,x,y\na,1,2\nb,3,4\n",
      "id,x,y\n\na,1,2\n\n\nb,3,4\n\n",
      "\"\",\"x\",\"y\"\n\"a\",\"1\",\"2\"\n\"b\",\"3\",\"4\"\n",
      "id,x,y\na, 1 , 2\nb,3.0,4e0\n",
      "id,x,y\na,1.,+2\nb,0.3e1,.4e+1\n",
      "id,x,y\na,1.0000000000000000000000,2\nb,3,000000000000000000000004\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) check_plain(texts[i]);
}

Test(sbnn_tables, quoted_fields) {
  sbnn_table t;
  sbnn_error e;
  cr_assert_eq(read_text("\"the \"\"id\"\"\",\"x,\ty\",5'-end\n\"a\nb\",1,2\n\"\"\"\",3,4\n", NULL, &t, &e),
               SBNN_OK, "%s", e.text);
  cr_expect_str_eq(t.col_ids[0], "x,\ty"); /* a tab in quotes does not make it TSV */
  cr_expect_str_eq(t.col_ids[1], "5'-end");
  cr_expect_str_eq(t.row_ids[0], "a\nb");
  cr_expect_str_eq(t.row_ids[1], "\"");
  sbnn_table_free(&t);
}

/* Numbers come out as strtod gives them, on the fast path and off it, in any locale. */
Test(sbnn_tables, numbers_are_rounded_correctly) {
  static const char *const numbers[] = {"0",
                                        "-0",
                                        "75.5690410733223",
                                        "0.8991828052583951",
                                        "-33.322207429680626",
                                        "0.1",
                                        "9007199254740993",
                                        "123456789012345678901234567890",
                                        "1e-320",
                                        "1.7976931348623157e308",
                                        "4.9e-324",
                                        "0.000000000000000000000012345678901234567",
                                        "3E5",
                                        "-7.25e-3",
                                        "inf",
                                        "-Infinity"};
  enum { N = sizeof numbers / sizeof *numbers };
  setlocale(LC_ALL, "de_DE.UTF-8"); /* if it exists */
  char text[2048] = "id,x\n";
  for (int i = 0; i < N; i++) sprintf(text + strlen(text), "r%d,%s\n", i, numbers[i]);
  sbnn_table t;
  sbnn_error e;
  cr_assert_eq(read_text(text, NULL, &t, &e), SBNN_OK, "%s", e.text);
  setlocale(LC_ALL, "C");
  for (int i = 0; i < N; i++) {
    double expected = strtod(numbers[i], NULL);
    cr_expect(memcmp(&t.values[i], &expected, sizeof expected) == 0, "%s gave %.17g", numbers[i],
              t.values[i]);
  }
  sbnn_table_free(&t);
}

Test(sbnn_tables, missing_values) {
  const char *text = "id,x,y,z\na,,NA,nan\nb,1,2,3\n";
  sbnn_table t;
  sbnn_error e;
  cr_assert_eq(read_text(text, &(sbnn_table_options){.allow_missing = true}, &t, &e), SBNN_OK, "%s", e.text);
  for (int i = 0; i < 3; i++) cr_expect(isnan(t.values[i]));
  cr_expect_eq(t.values[5], 3);
  sbnn_table_free(&t);
  cr_assert_eq(read_text(text, NULL, &t, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "table.csv|line 2|column 2 (x)|missing");
}

typedef struct fault {
  const char *text, *parts;
} fault;

Test(sbnn_tables, faults) {
  static const fault faults[] = {
      {"", "table.csv|empty"},
      {"\xef\xbb\xbf", "table.csv|empty"},
      {"# nothing\n\n", "table.csv|no table"},
      {"id,x,y\n", "table.csv|no rows"},
      {"id,x,y\na,1,2\nb,3\n", "table.csv, line 3|expected 3 fields|found 2"},
      {"id,x,y\na,1,2\nb,3,4,5\n", "table.csv, line 3|expected 3 fields|found 4"},
      {"id,x,y\na,1,2,3,4\n", "table.csv, line 2|expected 3 fields|found 5"},
      {"id,x,y\na\n", "table.csv, line 2|expected 3 fields|found 1"},
      {"id,x,y\n\na,1,2\nb,3,abc\n", "table.csv, line 4, column 3 (y)|'abc' is not a number"},
      {"id,x,y\na,0x10,2\n", "line 2, column 2 (x)|'0x10' is not a number"},
      {"id,x,y\na,1 2,2\n", "line 2, column 2 (x)|'1 2' is not a number"},
      {"x,y\na,1,2\nb,3,-\n", "line 3, column 3 (y)|'-' is not a number"},
      {"id,x,y\na,1,\n", "line 2, column 3 (y)|missing"},
      {"id,x,y\n\"a\nb\",1,2\nc,bad,2\n", "line 4, column 2 (x)|'bad'"},
      {"id,x,y\na,1,2\nb,\"3\n", "line 3, column 2|never closed"},
      {"id,x,y\na,1,\"2\"3\n", "line 2, column 3|after a closing quote"},
      {"id,x,x\na,1,2\n", "'x'|two columns are named|columns 2 and 3"},
      {"id,x,\na,1,2\n", "column 3 has no name"},
      {"id,x,y\na,1,2\nb,1,2\n\na,3,4\n", "'a'|lines 2 and 5"},
      {"id,x,y\n,1,2\n", "line 2|no name"},
      {"id;x;y\na;1,234;2\n", "'1,234'|thousands"},
      {"id;x;y\na;1,5;2.5\n", "'1,5'|'2.5'|decimal mark"},
      {"id;x;y\na;1.234,5;2\n", "line 2, column 2 (x)|'1.234,5' is not a number"},
      {"id;x,y\na;1,2\n", "line 1|the comma or the semicolon"},
      {"id\na\n", "line 1|single column"},
      {"PK\003\004 and so on", "ZIP|save"},
      {"\x93NUMPY\001", "NumPy"},
      {"%%MatrixMarket matrix\n", "line 1|%%MatrixMarket|four words"},
      {"\xff\xfei\0d\0", "UTF-16"},
      {"id,x\001,y\na,1,2\n", "line 1, column 2|0x01"},
      {"id,x,y\na,1,2\n\002,1,2\n", "line 3, column 1|0x02"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    sbnn_table t;
    sbnn_error e;
    cr_expect_eq(read_text(faults[i].text, NULL, &t, &e), SBNN_BAD_INPUT, "fault %zu", i);
    check_sentence(&e, SBNN_BAD_INPUT, faults[i].parts);
    cr_expect(t.values == NULL && t.n_rows == 0);
  }
}

Test(sbnn_tables, nul_bytes) {
  static const char in_value[] = "id,x,y\na,1,2\nb,3\0,4\n", in_quotes[] = "id,x,y\n\"a\0b\",1,2\n";
  sbnn_table t;
  sbnn_error e = {0};
  cr_expect_eq(sbnn_table_read(write_bytes("nul.csv", in_value, sizeof in_value - 1), NULL, &t, &e),
               SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "nul.csv, line 3|NUL");
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_table_read(write_bytes("nul.csv", in_quotes, sizeof in_quotes - 1), NULL, &t, &e),
               SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "nul.csv, line 2|NUL");
}

Test(sbnn_tables, unreadable) {
  sbnn_table t;
  sbnn_error e = {0};
  cr_expect_eq(sbnn_table_read(at("absent.csv"), NULL, &t, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "absent.csv|cannot be opened|No such file");
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_table_read(root, NULL, &t, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "folder|no matrix.mtx");
}

/* A table larger than all buffers, with quoted fields, so that every kind of field crosses a refill. */
static char *large_text(size_t n_rows, size_t n_cols) {
  char *text = malloc(n_rows * n_cols * 12 + n_cols * 12 + 64), *p = text;
  p += sprintf(p, "id");
  for (size_t j = 0; j < n_cols; j++) p += sprintf(p, j % 3 ? ",c%zu" : ",\"c,%zu\"", j);
  for (size_t i = 0; i < n_rows; i++) {
    p += sprintf(p, i % 2 ? "\r\nr%zu" : "\n\"r\"\"%zu\"", i);
    for (size_t j = 0; j < n_cols; j++)
      p += sprintf(p, (i + j) % 7 ? ",%zu.25" : ",\"%zu.25\"", (i * 31 + j) % 1000);
  }
  return text;
}

static void check_large(const char *path, size_t n_rows, size_t n_cols) {
  sbnn_table t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_table_read(path, NULL, &t, &e), SBNN_OK, "%s", e.text);
  cr_assert(t.n_rows == n_rows && t.n_cols == n_cols);
  size_t wrong = 0;
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      wrong += t.values[i * n_cols + j] != (double)((i * 31 + j) % 1000) + 0.25;
  cr_expect_eq(wrong, 0);
  cr_expect_str_eq(t.col_ids[3], "c,3");
  cr_expect_str_eq(t.row_ids[n_rows - 1], n_rows % 2 ? "r\"1000" : "r999");
  sbnn_table_free(&t);
}

Test(sbnn_tables, larger_than_the_buffers) {
  char *text = large_text(1000, 500);
  check_large(write_text("large.csv", text), 1000, 500);
  check_large(write_gzip("large.csv.gz", text), 1000, 500);
  free(text);
}

static size_t slurp(const char *path, char *out, size_t room) {
  FILE *f = fopen(path, "rb");
  size_t n = fread(out, 1, room, f);
  fclose(f);
  return n;
}

Test(sbnn_tables, gzip_members_and_faults) {
  char bytes[4096];
  size_t one = slurp(write_gzip("one.gz", "id,x,y\na,1,2\n"), bytes, sizeof bytes);
  size_t two = one + slurp(write_gzip("two.gz", "b,3,4\n"), bytes + one, sizeof bytes - one);
  sbnn_table t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_table_read(write_bytes("both.gz", bytes, two), NULL, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect(t.n_rows == 2 && t.values[3] == 4); /* as bgzip and cat make them */
  sbnn_table_free(&t);
  for (size_t cut = 2; cut < one; cut++) {
    e = (sbnn_error){0};
    cr_expect_eq(sbnn_table_read(write_bytes("cut.gz", bytes, cut), NULL, &t, &e), SBNN_BAD_INPUT,
                 "cut at %zu", cut);
    check_sentence(&e, SBNN_BAD_INPUT, "cut.gz|gzip file ends too early");
  }
  bytes[one - 6] ^= 1; /* the checksum */
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_table_read(write_bytes("damaged.gz", bytes, one), NULL, &t, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "damaged.gz|damaged");
}

Test(sbnn_tables, hash_is_fnv1a_of_the_file) {
  const char *text = "id,x,y\na,1,2\n";
  uint64_t expected = 0xcbf29ce484222325u;
  for (const char *c = text; *c; c++) expected = (expected ^ (unsigned char)*c) * 0x100000001b3u;
  sbnn_table t;
  sbnn_error e;
  cr_assert_eq(read_text(text, NULL, &t, &e), SBNN_OK);
  cr_expect_eq(t.hash, expected);
  sbnn_table_free(&t);
}

Test(sbnn_tables, labels) {
  sbnn_labels l;
  sbnn_error e = {0};
  const char *text = "cell\tfamily\ttype\nc1\tVip\tVip Mybpc1_3\nc2\t\t\"x\ty\"\n";
  cr_assert_eq(sbnn_labels_read(write_text("labels.tsv", text), &l, &e), SBNN_OK, "%s", e.text);
  cr_assert(l.n_rows == 2 && l.n_cols == 2);
  cr_expect_str_eq(l.text[1], "Vip Mybpc1_3");
  cr_expect_str_eq(l.text[2], "");
  cr_expect_str_eq(l.text[3], "x\ty");
  sbnn_labels_free(&l);
  cr_expect_eq(sbnn_labels_read(write_text("labels.tsv", "cell\tfamily\nc1\tA\nc1\tB\n"), &l, &e), SBNN_OK);
  cr_expect(strstr(l.row_fault, "'c1'") && strstr(l.row_fault, "lines 2 and 3") && !strcmp(l.corner, "cell"));
  sbnn_labels_free(&l);
  cr_expect_eq(sbnn_labels_read(write_text("labels.tsv", "cell\tfamily\nc1\tA\nc2\n"), &l, &e),
               SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "labels.tsv, line 3|expected 2 fields|found 1");
}
