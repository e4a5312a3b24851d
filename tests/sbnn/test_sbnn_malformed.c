/* test_sbnn_malformed.c - malformed inputs of every reader, given to the program itself: one sentence that
 * names the file (and line and column where there are such), exit code 3, and nothing written. */
#include "test_sbnn_malformed.h"

#define X(text)                                                                                              \
  {                                                                                                          \
    { "x.csv", text, 0 }                                                                                     \
  }
#define Y(text)                                                                                              \
  {                                                                                                          \
    { "y.csv", text, 0 }                                                                                     \
  }

TestSuite(sbnn_malformed, .init = make_root, .fini = remove_root, .timeout = 300);

Test(sbnn_malformed, tables) {
  static const bad list[] = {
      {.parts = "absent.csv|cannot be opened", .x = "absent.csv"},
      {.parts = "x.csv|empty", .files = X("\xef\xbb\xbf")},
      {.parts = "x.csv|no table", .files = X("# nothing\n\n")},
      {.parts = "x.csv|no rows", .files = X("gene,c1,c2\n")},
      {.parts = "x.csv, line 3|expected 4 fields|found 3", .files = X("gene,c1,c2,c3\ng1,1,2,3\ng2,1,2\n")},
      {.parts = "x.csv, line 3|expected 4 fields|found 5",
       .files = X("gene,c1,c2,c3\ng1,1,2,3\ng2,1,2,3,4\n")},
      {.parts = "x.csv, line 4, column 3 (c2)|'abc' is not a number",
       .files = X("gene,c1,c2\n\ng1,1,2\ng2,3,abc\n")},
      {.parts = "x.csv, line 2, column 2 (c1)|'0x10' is not a number", .files = X("gene,c1,c2\ng1,0x10,2\n")},
      {.parts = "x.csv, line 2, column 2 (c1)|'1,5' is not a number",
       .files = X("gene\tc1\tc2\ng1\t1,5\t2\n")},
      {.parts = "x.csv, line 2, column 3 (c2)|missing", .files = X("gene,c1,c2,c3\ng1,1,,2\n")},
      {.parts = "x.csv, line 3, column 2|never closed", .files = X("gene,c1,c2\ng1,1,2\ng2,\"3\n")},
      {.parts = "x.csv, line 2, column 3|after a closing quote", .files = X("gene,c1,c2\ng1,1,\"2\"3\n")},
      {.parts = "x.csv|'1,234'|thousands", .files = X("gene;c1;c2\ng1;1,234;1\n")},
      {.parts = "x.csv|'c1'|two columns are named|columns 2 and 4", .files = X("gene,c1,c2,c1\ng1,1,2,3\n")},
      {.parts = "x.csv|column 3 has no name", .files = X("gene,c1,\ng1,1,2\n")},
      {.parts = "x.csv, line 2|no name", .files = X("gene,c1,c2\n,1,2\n")},
      {.parts = "x.csv, line 1|single column|semicolons", .files = X("gene\ng1\n")},
      {.parts = "x.csv|ZIP", .files = X("PK\003\004 and so on")},
      {.parts = "x.csv|HDF5", .files = X("\x89HDF\r\n\032\n and more")},
      {.parts = "x.csv|UTF-16", .files = X("\xff\xfeg")},
      {.parts = "x.csv, line 1, column 2|0x01", .files = X("gene,c\001,c2\ng1,1,2\n")},
      {.parts = "x.csv, line 3|NUL", .files = {{"x.csv", "gene,c1\ng1,1\ng2,\0\n", 18}}},
      {.parts = "x.csv|gzip file ends too early", .files = {{"x.csv", "\x1f\x8b\x08\0\0\0\0\0\0\3", 10}}},
      {.parts = "x.csv|damaged", .files = {{"x.csv", "\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff\xff\xff", 14}}},
  };
  CHECK(list);
}

Test(sbnn_malformed, joined) {
  static const bad list[] = {
      {.parts = "share no cell|'c1'|'d1'", .files = Y("cell,r1\nd1,1\nd2,2\n")},
      {.parts = "x.csv|gene 'g1'|cell 'c2'|-2", .files = X("gene,c1,c2,c3\ng1,1,-2,3\n")},
      {.parts = "x.csv|gene 'g1'|cell 'c2'|inf", .files = X("gene,c1,c2,c3\ng1,1,inf,3\n")},
      {.parts = "x.csv|gene 'g1'|cell 'c2'|inf", .files = X("gene,c1,c2,c3\ng1,1,1e300,3\n")},
      {.parts = "y.csv|'r1'|'c2'|-inf", .files = Y("cell,r1\nc1,1\nc2,-inf\nc3,1\n")},
      {.parts = "y.csv|'r1'|7 in all 3 cells", .files = Y("cell,r1\nc1,7\nc2,7\nc3,7\n")},
      {.parts = "y.csv|'c1'|lines 2 and 4", .files = Y("cell,r1\nc1,7\nc2,7\nc1,7\n")},
      {.parts = "y.csv|'r1'|columns 2 and 3", .files = Y("cell,r1,r1\nc1,7,1\nc2,7,2\n")},
      {.parts =
           "y.csv, line 2, column 3 (r2)|cell 'c1'|(2 missing values|'r1' (1), 'r2' (1)|--missing drop-cells",
       .files = Y("cell,r1,r2\nc1,1,NA\nc2,,5\nc3,1,2\n"),
       .options = "--x-genes-in rows"},
      {.parts = "y.csv|all 3 cells have missing|drop-responses",
       .options = "--missing drop-cells",
       .files = Y("cell,r1,r2\nc1,1,NA\nc2,2,NA\nc3,1,\n")},
      {.parts = "y.csv|all 2 responses have missing|drop-cells",
       .options = "--missing drop-responses",
       .files = Y("cell,r1,r2\nc1,1,NA\nc2,NA,3\nc3,1,4\n")},
      {.parts = "--y-transform|no response matches 'CD*'|'r1'", .options = "--y-transform 'log1p:CD*'"},
      {.parts = "--y-transform|'r2' is the only one", .options = "--y-transform 'clr:r2,none'"},
      {.parts = "'r1'|-1|clr",
       .options = "--y-transform clr",
       .files = Y("cell,r1,r2\nc1,-1,2\nc2,-1,3\nc3,-1.5,4\n")},
  };
  static const char *const labels[][2] = {
      {"cell\tfamily\nx1\tA\n", "labels.tsv|no column has the cell ids of the data|'x1'"},
      {"cell\tfamily\nc1\tA\nc1\tB\n", "labels.tsv|'c1'|lines 2 and 3"},
      {"cell\tfamily\nc1\tA\nc2\n", "labels.tsv, line 3|expected 2 fields"},
      {"cell\tcolor\nc1\t#112233\n", "labels.tsv|no labels"},
      {"cell\tfamily\tcolor\nc1\tA\tred\n", "labels.tsv|'c1'|'red'"},
      {"cell\tfamily\nc1\t\"A\n", "labels.tsv, line 2, column 2|never closed"},
      {"%%MatrixMarket matrix coordinate real general\n", "labels.tsv|Matrix Market"},
  };
  CHECK(list);
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
    check_one(&(bad){.parts = labels[i][1],
                     .options = "--labels labels.tsv",
                     .files = {{"labels.tsv", labels[i][0], 0}}},
              3, i);
}

/* ---- Matrix Market ---- */

#define BANNER "%%MatrixMarket matrix coordinate integer general\n"
#define GENES                                                                                                \
  { "genes.tsv", "E1\tg1\nE2\tg2\n", 0 }
#define CELLS                                                                                                \
  { "barcodes.tsv", "c1\nc2\nc3\n", 0 }
#define MTX(text) .x = "m.mtx", .files = {{"m.mtx", text, 0}, GENES, CELLS}

Test(sbnn_malformed, matrix_market) {
  static const bad list[] = {
      {.parts = "m.mtx|empty", MTX("")},
      {.parts = "m.mtx, line 1|with '%%MatrixMarket", MTX("2 3 1\n1 1 1\n")},
      {.parts = "m.mtx, line 1|four words", MTX("%%MatrixMarket matrix coordinate integer\n")},
      {.parts = "m.mtx, line 1|'coordinate'", MTX("%%MatrixMarket matrix array integer general\n")},
      {.parts = "m.mtx, line 1|integer, real and pattern",
       MTX("%%MatrixMarket matrix coordinate complex general\n")},
      {.parts = "m.mtx, line 1|'general'", MTX("%%MatrixMarket matrix coordinate real symmetric\n")},
      {.parts = "m.mtx, line 3|ends before the line of its size", MTX(BANNER "%\n")},
      {.parts = "m.mtx, line 2|three whole numbers", MTX(BANNER "2 3\n")},
      {.parts = "m.mtx, line 2|three whole numbers", MTX(BANNER "2 3 1 1\n")},
      {.parts = "m.mtx, line 3|a matrix cannot have", MTX(BANNER "%\n2 3 7\n")},
      {.parts = "m.mtx, line 2|a matrix cannot have", MTX(BANNER "0 3 0\n")},
      {.parts = "m.mtx, line 2|three whole numbers", MTX(BANNER "2 -3 1\n")},
      {.parts = "m.mtx|2 x 4|genes.tsv has 2|barcodes.tsv 3", MTX(BANNER "2 4 1\n1 1 1\n")},
      {.parts = "m.mtx, line 3, column 1|from 1 to 2", MTX(BANNER "2 3 1\n3 1 1\n")},
      {.parts = "m.mtx, line 3, column 1|from 1 to 2", MTX(BANNER "2 3 1\n0 1 1\n")},
      {.parts = "m.mtx, line 4, column 2|from 1 to 3", MTX(BANNER "2 3 2\n1 1 1\n2 4 1\n")},
      {.parts = "m.mtx, line 3, column 2|from 1 to 3", MTX(BANNER "2 3 1\n1\n")},
      {.parts = "m.mtx, line 3, column 3|no number", MTX(BANNER "2 3 1\n1 1\n")},
      {.parts = "m.mtx, line 3, column 3|'1 1 x'|no number", MTX(BANNER "2 3 1\n1 1 x\n")},
      {.parts = "m.mtx, line 3, column 3|no number", MTX(BANNER "2 3 1\n1 1 nan\n")},
      {.parts = "m.mtx, line 3, column 3|no number", MTX(BANNER "2 3 1\n1 1 1 1\n")},
      {.parts = "m.mtx, line 3, column 3|'pattern'",
       MTX("%%MatrixMarket matrix coordinate pattern general\n2 3 1\n1 1 1\n")},
      {.parts = "m.mtx, line 4|more entries than the 1", MTX(BANNER "2 3 1\n1 1 1\n1 2 1\n")},
      {.parts = "m.mtx|ends after 1 of the 2", MTX(BANNER "2 3 2\n1 1 1\n")},
      {.parts = "m.mtx|'g1'|'c2'|two values", MTX(BANNER "2 3 2\n1 2 1\n1 2 3\n")},
      {.parts = "m.mtx|gene 'g2'|cell 'c3'|-4", MTX(BANNER "2 3 2\n1 2 1\n2 3 -4\n")},
      {.parts = "m.mtx|genes are in its rows|--x-genes-in",
       .options = "--x-genes-in columns",
       MTX(BANNER "2 3 1\n1 1 1\n")},
      {.parts = "m.mtx|gzip file ends too early",
       .x = "m.mtx",
       .files = {{"m.mtx", "\x1f\x8b\x08\0\0\0\0\0\0\3", 10}, GENES, CELLS}},
      {.parts = "m.mtx, line 3|NUL",
       .x = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 1\n1 1 \0001\n", sizeof(BANNER "2 3 1\n1 1 \0001\n") - 1},
                 GENES,
                 CELLS}},
      {.parts = "m.mtx|genes is missing|features.tsv",
       .x = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 0\n", 0}, CELLS}},
      {.parts = "m.mtx|cells is missing|barcodes.tsv",
       .x = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 0\n", 0}, GENES}},
      {.parts = "genes.tsv, line 2|not a name",
       .x = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 0\n", 0}, CELLS, {"genes.tsv", "E1\tg1\n\t\n", 0}}},
      {.parts = "genes.tsv|the list has no names",
       .x = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 0\n", 0}, CELLS, {"genes.tsv", "\n\n", 0}}},
      {.parts = "barcodes.tsv|'c1'|lines 1 and 3",
       .x = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 0\n", 0}, GENES, {"barcodes.tsv", "c1\nc2\nc1\n", 0}}},
      {.parts = "features.tsv|none of the 2|'Gene Expression'|'Peaks'",
       .x = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 0\n", 0}, CELLS, {"features.tsv", "a\tb\tPeaks\nc\td\tPeaks\n", 0}}},
      {.parts = "features.tsv|'g1'|lines 1 and 2",
       .y = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 1\n1 1 1\n", 0}, CELLS, {"features.tsv", "g1\ng1\n", 0}}},
      {.parts = "m.mtx, line 4, column 1|a second value",
       .y = "m.mtx",
       .files = {{"m.mtx", BANNER "2 3 2\n1 1 1\n1 1 2\n", 0}, CELLS, {"features.tsv", "r1\nr2\n", 0}}},
      {.parts = "the folder holds no matrix.mtx", .x = "."},
  };
  CHECK(list);
}

/* ---- NumPy ---- */

/* A file of version 1 with this header. */
static file npy(const char *header, const char *body, size_t length) {
  static char bytes[1024];
  size_t n = strlen(header);
  memcpy(bytes, "\x93NUMPY\1\0", 8);
  bytes[8] = (char)(n & 255), bytes[9] = (char)(n >> 8);
  memcpy(bytes + 10, header, n);
  memcpy(bytes + 10 + n, body, length);
  return (file){"a.npy", bytes, 10 + n + length};
}

#define HEADER(type, order, shape) "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }\n"

Test(sbnn_malformed, numpy) {
  static const struct {
    const char *parts, *header, *body;
    size_t length;
  } list[] = {
      {"a.npy|no type", "{'fortran_order': False, 'shape': (2, 3)}\n", "", 0},
      {"a.npy|fortran_order", "{'descr': '|u1', 'shape': (2, 3)}\n", "", 0},
      {"a.npy|no shape", "{'descr': '|u1', 'fortran_order': False}\n", "", 0},
      {"a.npy|whole numbers", HEADER("|u1", "False", "(2, -3)"), "", 0},
      {"a.npy|1 dimensions", HEADER("|u1", "False", "(6,)"), "123456", 6},
      {"a.npy|3 dimensions", HEADER("|u1", "False", "(1, 2, 3)"), "123456", 6},
      {"a.npy|length 0", HEADER("|u1", "False", "(0, 3)"), "", 0},
      {"a.npy|'c16'|float64", HEADER("<c16", "False", "(2, 3)"), "", 0},
      {"a.npy|'O'", HEADER("|O", "False", "(2, 3)"), "", 0},
      {"a.npy|'U3'", HEADER("<U3", "False", "(2, 3)"), "", 0},
      {"a.npy|3 x 3|genes.txt has 2", HEADER("|u1", "False", "(3, 3)"), "", 0},
      {"a.npy|ends in number 5 of the 2 x 3", HEADER("|u1", "False", "(2, 3)"), "1234", 4},
      {"a.npy|ends in number 1 of", HEADER("<f8", "True", "(2, 3)"), "1234", 4},
      {"a.npy|more bytes", HEADER("|u1", "False", "(2, 3)"), "1234567", 7},
      {"a.npy, row 0, column 1|NaN", HEADER("<f4", "False", "(2, 3)"),
       "\0\0\0\0\0\0\xc0\x7f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24},
      {"a.npy|gene 'g1'|cell 'c2'|-1", HEADER("|i1", "False", "(2, 3)"), "\1\377\1\1\1\1", 6},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    check_one(&(bad){.parts = list[i].parts,
                     .x = "a.npy",
                     .files = {npy(list[i].header, list[i].body, list[i].length),
                               {"genes.txt", "g1\ng2\n", 0},
                               {"cells.txt", "c1\nc2\nc3\n", 0}}},
              3, i);
  static const bad raw[] = {
      {.parts = "a.npy|empty", .x = "a.npy", .files = {{"a.npy", "", 0}}},
      {.parts = "a.npy|no NumPy array", .x = "a.npy", .files = {{"a.npy", "gene,c1,c2\n", 0}}},
      {.parts = "a.npy|version", .x = "a.npy", .files = {{"a.npy", "\x93NUMPY\7\0\1\0 ", 11}}},
      {.parts = "a.npy|header is cut off",
       .x = "a.npy",
       .files = {{"a.npy", "\x93NUMPY\1\0\x40\0{'descr'", 18}}},
      {.parts = "a.npy|header is too long",
       .x = "a.npy",
       .files = {{"a.npy", "\x93NUMPY\2\0\0\0\0\x40 ", 13}}},
  };
  CHECK(raw);
  check_one(&(bad){.parts = "a.npy|as many rows as columns|--x-genes-in",
                   .x = "a.npy",
                   .files = {npy(HEADER("|u1", "False", "(2, 2)"), "1234", 4),
                             {"genes.txt", "g1\ng2\n", 0},
                             {"cells.txt", "c1\nc2\n", 0}}},
            3, 0);
}

/* ---- the order of cells, and what is no file at all ---- */

Test(sbnn_malformed, permutations) {
  static const char *const list[][2] = {{"0\n1\n", "p.txt|2 cells, but the data has 3"},
                                        {"0\n1\n1\n", "p.txt, line 3|already on line 2"},
                                        {"0\n1\n3\n", "p.txt, line 3|'3' is not a cell number from 0 to 2"},
                                        {"0\n1.5\n2\n", "p.txt, line 2|'1.5'"},
                                        {"0\nx\n2\n", "p.txt, line 2|'x'"},
                                        {"0,1,2\n", "p.txt, line 1"},
                                        {"\n\n", "p.txt|0 cells, but"}};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    check_one(&(bad){.parts = list[i][1],
                     .options = "--fold-permutation p.txt",
                     .files = {{"p.txt", list[i][0], 0}}},
              3, i);
}

Test(sbnn_malformed, rules) {
  static const char *const list[] = {"", "log2", "log1p:", "log1p:a,", "none,,clr", "log1p:a,foo:b"};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    char option[64];
    snprintf(option, sizeof option, "--y-transform '%s'", list[i]);
    check_one(&(bad){.parts = "--y-transform needs none, log1p, clr or zscore", .options = option}, 2, i);
  }
}
