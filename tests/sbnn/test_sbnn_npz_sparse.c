/* test_sbnn_npz_sparse.c - the arrays of scipy.sparse.save_npz, one of them changed: read as what it still is, or refused. */
#include "test_sbnn_archive.h"
#include "test_sbnn_data.h"

#include "data/table.h"

#if NABLA_LIBZIP

TestSuite(sbnn_npz_sparse, .init = make_root, .fini = remove_root);

typedef struct array {
  const char *name, *type, *shape, *bytes; /* type NULL: it is not there */
  size_t n;
} array;

/* 3 cells by 2 genes: 1 0, 0 5, 3 7. */
static const array good[] = {
    {"data", "|u1", "(4,)", "\1\5\3\7", 4},   {"indices", "|u1", "(4,)", "\0\1\0\1", 4},
    {"indptr", "|u1", "(4,)", "\0\1\2\4", 4}, {"shape", "|u1", "(2,)", "\3\2", 2},
    {"format", "|S3", "()", "csr", 3},        {"cells", "|S2", "(3,)", "c1c2c3", 6},
    {"genes", "|S2", "(2,)", "g1g2", 4}};

typedef struct change {
  array array;
  const char *expected; /* of the numbers, cell by cell; with '!' of the sentence */
} change;

static void write_with(const array *changed) {
  static archive a;
  a = (archive){0};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    const array *x = strcmp(changed->name, good[i].name) == 0 ? changed : &good[i];
    if (x->type) put_array(&a, x->name, x->type, x->shape, x->bytes, x->n, (lie){0});
  }
  end_archive(&a);
  write_bytes("a.npz", a.bytes, a.n);
}

static void check_change(const change *c, bool sparse, size_t number) {
  const sbnn_table_options o = {.sparse = sparse};
  sbnn_table t;
  sbnn_error e = {0};
  write_with(&c->array);
  int code = sbnn_table_read(at("a.npz"), &o, &t, &e);
  if (*c->expected == '!') {
    cr_expect_eq(code, SBNN_BAD_INPUT, "case %zu", number);
    check_sentence(&e, SBNN_BAD_INPUT, c->expected + 1);
    return;
  }
  char told[64] = "";
  cr_assert_eq(code, SBNN_OK, "case %zu: %s", number, e.text);
  for (size_t i = 0; i < 6; i++)
    sprintf(told + strlen(told), "%g ",
            sparse ? (double)sbnn_counts_at(&t.counts, i / 2, i % 2) : t.values[i]);
  cr_expect_str_eq(told, c->expected, "case %zu", number);
  sbnn_table_free(&t);
}

#define GOOD    "1 0 0 5 3 7 "
#define NO_FIT  "!a.npz: its data, indices, indptr and shape do not fit each other"
#define DAMAGED "!a.npz, array 'data': the sparse matrix is damaged: "

Test(sbnn_npz_sparse, one_array_changed) {
  static const change list[] = {
      {{"other", NULL, NULL, NULL, 0}, GOOD},
      {{"format", NULL, NULL, NULL, 0}, GOOD},
      {{"indptr", "<i4", "(4,)", "\0\0\0\0\1\0\0\0\2\0\0\0\4\0\0\0", 16}, GOOD},
      {{"data", "|i1", "(4,)", "\1\5\3\7", 4}, GOOD},
      {{"data", "|u1", "(4, 1)", "\1\5\3\7", 4}, NO_FIT},
      {{"indices", "|u1", "(4, 1)", "\0\1\0\1", 4}, NO_FIT},
      {{"indptr", "|u1", "(4, 1)", "\0\1\2\4", 4}, NO_FIT},
      {{"indices", "|u1", "(3,)", "\0\1\0", 3}, NO_FIT},
      {{"indptr", "|u1", "(3,)", "\0\1\4", 3}, NO_FIT},
      {{"shape", "|u1", "(2,)", "\0\2", 2}, NO_FIT},
      {{"shape", "|u1", "(2,)", "\3\0", 2}, NO_FIT},
      {{"shape", "|i1", "(2,)", "\3\377", 2}, NO_FIT},
      {{"shape", "<i8", "(2,)", "\377\377\377\377\0\0\0\0\2\0\0\0\0\0\0\0", 16}, NO_FIT},
      {{"shape", "|u1", "(2, 1)", "\3\2", 2}, "!the shape of its sparse matrix is not a pair of numbers"},
      {{"shape", "|u1", "(3,)", "\3\2\1", 3}, "!the shape of its sparse matrix is not a pair of numbers"},
      {{"shape", "|S1", "(2,)", "32", 2}, "!array 'shape'|'S1'"},
      {{"shape", NULL, NULL, NULL, 0}, "!a.npz: there is no matrix of numbers in it"},
      {{"data", NULL, NULL, NULL, 0}, "!a.npz: there is no matrix of numbers in it"},
      {{"indices", NULL, NULL, NULL, 0}, "!some are missing"},
      {{"format", "|S3", "()", "coo", 3}, "!only SciPy's sparse formats csr and csc are read"},
      {{"format", "|O", "()", "", 0}, "!array 'format'|'O'"},
      {{"format", "|u1", "()", "\5", 1}, "!only SciPy's sparse formats csr and csc are read"},
      {{"format", "|S3", "()", "cs", 2}, "!array 'format': the header announces 1 elements"},
      {{"data", "|S1", "(4,)", "1537", 4}, "!array 'data'|'S1'"},
      {{"data", "|b1", "(4,)", "\1\1\1\1", 4}, "1 0 0 1 1 1 "},
      {{"data", "|O", "(4,)", "", 0}, "!array 'data'"},
      {{"data", "|u1", "(4,)", "\1\5\3", 3}, "!array 'data': the header announces 4 elements"},
      {{"indices", "|u1", "(4,)", "\0\1\0", 3}, "!array 'indices': the header announces 4 elements"},
      {{"indptr", "|u1", "(4,)", "\0\1\2", 3}, "!array 'indptr': the header announces 4 elements"},
      {{"indices", "|i1", "(4,)", "\0\377\0\1", 4}, DAMAGED "a value lies outside of it"},
      {{"indices", "|u1", "(4,)", "\0\2\0\1", 4}, DAMAGED "a value lies outside of it"},
      {{"indptr", "|i1", "(4,)", "\0\377\2\4", 4}, DAMAGED "the starts of its lines do not ascend"},
      {{"indptr", "<f8", "(4,)",
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40\x9c\x75\0\x88\x3c\xe4\x37\x7e", 32},
       DAMAGED "the starts of its lines do not ascend"},
  };
  for (int sparse = 0; sparse < 2; sparse++)
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) check_change(&list[i], sparse, i);
}

/* Without a format the lengths tell: starts for each column. */
Test(sbnn_npz_sparse, by_columns) {
  static archive a;
  static const array columns[] = {
      {"data", "|u1", "(4,)", "\1\3\5\7", 4}, {"indices", "|u1", "(4,)", "\0\2\1\2", 4},
      {"indptr", "|u1", "(3,)", "\0\2\4", 3}, {"shape", "|u1", "(2,)", "\3\2", 2},
      {"cells", "|S2", "(3,)", "c1c2c3", 6},  {"genes", "|S2", "(2,)", "g1g2", 4}};
  sbnn_table t;
  sbnn_error e = {0};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    put_array(&a, columns[i].name, columns[i].type, columns[i].shape, columns[i].bytes, columns[i].n,
              (lie){0});
  end_archive(&a);
  write_bytes("a.npz", a.bytes, a.n);
  cr_assert_eq(sbnn_table_read(at("a.npz"), NULL, &t, &e), SBNN_OK, "%s", e.text);
  static const double expected[] = {1, 0, 0, 5, 3, 7};
  cr_expect_eq(memcmp(t.values, expected, sizeof expected), 0);
  sbnn_table_free(&t);
}

#else

Test(sbnn_npz_sparse, without_libzip) { cr_skip_test("this build has no libzip"); }

#endif
