/* test_sbnn_cell_query.c - cells that are named by a label, "FILE:COLUMN=VALUE,VALUE". */
#include "test_sbnn_data.h"

#include "data/cell_query.h"

#if NABLA_HDF5
#include "hdf5_files.h"
#endif

TestSuite(sbnn_cell_query, .init = make_root, .fini = remove_root);

static char *query(const char *rest) {
  static char text[512];
  snprintf(text, sizeof text, "%s/%s", root, rest);
  return text;
}

/* The cells, each behind a blank; with '!' the sentence. */
static void check(const char *rest, const char *expected) {
  sbnn_strings ids = {0};
  sbnn_error e = {0};
  char told[128] = "";
  int code = sbnn_cell_query_read(query(rest), &ids, &e);
  if (*expected == '!') {
    cr_expect_eq(code, SBNN_BAD_INPUT, "%s", rest);
    check_sentence(&e, SBNN_BAD_INPUT, expected + 1);
  } else {
    cr_expect_eq(code, SBNN_OK, "%s: %s", rest, e.text);
    for (size_t i = 0; i < ids.n; i++) strcat(strcat(told, " "), ids.items[i]);
    cr_expect_str_eq(told, expected, "%s: %s", rest, told);
  }
  sbnn_strings_free(&ids);
}

Test(sbnn_cell_query, tables) {
  write_text("l.csv", "cell,kind,n\nc1,A,1\nc2,\"B,C\",2\nc3,A1,1\nc4,,2\n");
  check("l.csv:kind=A", " c1");
  check("l.csv:kind=A1", " c3");
  check("l.csv:kind=A,A1", " c1 c3");
  check("l.csv:kind=A1,X", " c3");
  check("l.csv:kind=B,C", " c2"); /* the whole of it is a label */
  check("l.csv:n=2", " c2 c4");
  check("l.csv:n=1,2", " c1 c2 c3 c4");
  check("l.csv:kind=", " c4");
  check("l.csv:kind=X", "!l.csv: no cell has 'X' in the column 'kind'; the first has 'A'");
  check("l.csv:none=A", "!l.csv: there is no column 'none'; the first is 'kind'");
  check("l.csv:kind", "!give FILE:COLUMN=VALUE");
  check("l.csv", "!give FILE:COLUMN=VALUE");
  write_text("bad.csv", "cell,kind\nc1\n");
  check("bad.csv:kind=A", "!bad.csv, line 2|expected 2 fields");
}

Test(sbnn_cell_query, what_is_one) {
  write_text("l.csv", "cell,kind\nc1,A\n");
  cr_expect(sbnn_is_cell_query(query("l.csv:kind=A")));
  cr_expect(sbnn_is_cell_query(query("l.csv:kind=")));
  cr_expect_not(sbnn_is_cell_query(query("l.csv:kind")));
  cr_expect_not(sbnn_is_cell_query(query("l.csv")));
  cr_expect_not(sbnn_is_cell_query(query("none.csv:kind=A")));
  write_text("l.csv:kind=A", "c1\n"); /* a file of this very name */
  cr_expect_not(sbnn_is_cell_query(query("l.csv:kind=A")));
}

#if NABLA_HDF5
Test(sbnn_cell_query, parts_of_hdf5) {
  H5Fclose(open_good(at("a.h5ad")));
  check("a.h5ad:obs/kind=A", " c1 c3");
  check("a.h5ad:obs/kind=B", " c2");
  check("a.h5ad:obs/kind=C", "!no cell has 'C' in the column 'obs/kind'; the first has 'A'");
  check("a.h5ad:obs/none=A", "!there is no column 'none' in obs");
}
#endif
