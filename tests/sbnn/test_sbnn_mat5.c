/* test_sbnn_mat5.c - MATLAB files of version 5, byte by byte: every kind of number and of character, both orders of bytes, and
 * whatever in them can be wrong. */
#include "test_sbnn_data.h"

#include "data/table.h"

#include <math.h>

TestSuite(sbnn_mat5, .init = make_root, .fini = remove_root);

/* ---- a file in memory ---- */

enum { I8 = 1, U8, I16, U16, I32, U32, F32, F64 = 9, I64 = 12, U64, MATRIX, COMPRESSED, UTF8, UTF16, UTF32 };
enum { CELL = 1, STRUCTURE, CHAR = 4, SPARSE, DOUBLE, COMPLEX = 0x800 };

typedef struct bytes {
  unsigned char at[1 << 14];
  size_t n, base; /* what is padded begins there */
  bool big;
} bytes;

static void put_number(bytes *b, const void *number, size_t size) {
  const unsigned char *from = number;
  for (size_t i = 0; i < size; i++) b->at[b->n++] = from[b->big ? size - 1 - i : i];
}

static void put_word(bytes *b, uint32_t word) { put_number(b, &word, 4); }

static void begin(bytes *b, bool big) {
  *b = (bytes){.big = big};
  memset(b->at, ' ', 124);
  memcpy(b->at, "MATLAB 5.0 MAT-file", 19);
  memcpy(b->at + 124, big ? "\1\0MI" : "\0\1IM", 4);
  b->n = 128;
}

static size_t size_of(int kind) {
  static const size_t sizes[] = {0, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 8, 8, 8, 0, 0, 1, 2, 4};
  return sizes[kind];
}

static void put_value(bytes *b, int kind, double v) {
  switch (kind) {
  case I8: put_number(b, &(int8_t){(int8_t)v}, 1); break;
  case U8:
  case UTF8: put_number(b, &(uint8_t){(uint8_t)v}, 1); break;
  case I16: put_number(b, &(int16_t){(int16_t)v}, 2); break;
  case U16:
  case UTF16: put_number(b, &(uint16_t){(uint16_t)v}, 2); break;
  case I32: put_number(b, &(int32_t){(int32_t)v}, 4); break;
  case U32:
  case UTF32: put_number(b, &(uint32_t){(uint32_t)v}, 4); break;
  case F32: put_number(b, &(float){(float)v}, 4); break;
  case I64: put_number(b, &(int64_t){(int64_t)v}, 8); break;
  case U64: put_number(b, &(uint64_t){(uint64_t)v}, 8); break;
  default: put_number(b, &v, 8);
  }
}

static void pad(bytes *b) {
  while ((b->n - b->base) % 8) b->at[b->n++] = 0;
}

/* n numbers of a kind; up to four bytes of them lie in the tag. */
static void put_numbers(bytes *b, int kind, const double *v, size_t n) {
  const size_t size = size_of(kind) * n;
  if (size > 0 && size <= 4) put_word(b, (uint32_t)size << 16 | (uint32_t)kind);
  else put_word(b, (uint32_t)kind), put_word(b, (uint32_t)size);
  const size_t end = b->n + (size > 0 && size <= 4 ? 4 : size);
  for (size_t i = 0; i < n; i++) put_value(b, kind, v[i]);
  b->n = end;
  pad(b);
}

static void put_text(bytes *b, int kind, const char *text) {
  double v[128];
  const size_t n = strlen(text);
  for (size_t i = 0; i < n; i++) v[i] = (unsigned char)text[i];
  put_numbers(b, kind, v, n);
}

/* Tag, flags, dimensions, name; end_variable then says how long it is. */
static size_t begin_variable(bytes *b, int class, const char *name, double rows, double columns) {
  const size_t start = b->n;
  put_word(b, MATRIX);
  put_word(b, 0);
  put_numbers(b, U32, (double[]){class, 0}, 2);
  put_numbers(b, I32, (double[]){rows, columns}, 2);
  put_text(b, I8, name);
  return start;
}

static void end_variable(bytes *b, size_t start) {
  const size_t end = b->n;
  b->n = start + 4;
  put_word(b, (uint32_t)(end - start - 8));
  b->n = end;
}

static void put_variable(bytes *b, int class, const char *name, size_t rows, size_t columns, int kind,
                         const double *v) {
  const size_t start = begin_variable(b, class, name, (double)rows, (double)columns);
  put_numbers(b, kind, v, rows * columns);
  end_variable(b, start);
}

/* Characters lie by columns. */
static void put_names(bytes *b, int kind, const char *name, const char *const *names, size_t n) {
  double v[64];
  const size_t width = strlen(names[0]);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < width; j++) v[i + n * j] = (unsigned char)names[i][j];
  put_variable(b, CHAR, name, n, width, kind, v);
}

static const char *const cells[] = {"c1", "c2", "c3"}, *const genes[] = {"g1", "g2"};
static const double counts[] = {1, 2, 0, 0, 5, 100}; /* 3 x 2, by columns */

static void put_lists(bytes *b) {
  put_names(b, U16, "cells", cells, 3);
  put_names(b, UTF8, "genes", genes, 2);
}

static const char *written(const bytes *b) { return write_bytes("a.mat", b->at, b->n); }

/* ---- files that are read ---- */

static void expect_counts(const bytes *b, const double *expected, const char *third) {
  for (int sparse = 0; sparse < 2; sparse++) {
    sbnn_table t;
    sbnn_error e = {0};
    const sbnn_table_options o = {.sparse = sparse};
    cr_assert_eq(sbnn_table_read(written(b), &o, &t, &e), SBNN_OK, "%s", e.text);
    cr_assert(t.n_rows == 3 && t.n_cols == 2);
    for (size_t i = 0; i < 6; i++)
      cr_expect_eq(sparse ? (double)sbnn_counts_at(&t.counts, i / 2, i % 2) : t.values[i],
                   expected[i / 2 + i % 2 * 3], "number %zu", i);
    cr_expect_str_eq(t.row_ids[2], third);
    cr_expect_str_eq(t.col_ids[1], "g2");
    sbnn_table_free(&t);
  }
}

Test(sbnn_mat5, numbers_of_every_kind) {
  static const int kinds[] = {I8, U8, I16, U16, I32, U32, F32, F64, I64, U64};
  for (int big = 0; big < 2; big++)
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
      bytes b;
      begin(&b, big);
      put_variable(&b, DOUBLE, "X", 3, 2, kinds[k], counts);
      put_lists(&b);
      expect_counts(&b, counts, "c3");
    }
}

/* Characters of one, two and four bytes, in rows that are padded; names that are numbers. */
Test(sbnn_mat5, names_of_every_kind) {
  static const int kinds[] = {U8, U16, UTF8, UTF16, UTF32};
  for (int big = 0; big < 2; big++)
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
      bytes b;
      static const char *const padded[] = {"c1  ", "c2  ", "c_3 "};
      begin(&b, big);
      put_variable(&b, DOUBLE, "X", 3, 2, F64, counts);
      put_names(&b, kinds[k], "cells", padded, 3);
      put_names(&b, UTF8, "genes", genes, 2);
      expect_counts(&b, counts, "c_3");
    }
  for (int big = 0; big < 2; big++) {
    bytes b;
    begin(&b, big);
    put_variable(&b, DOUBLE, "X", 3, 2, F64, counts);
    put_variable(&b, DOUBLE, "cells", 3, 1, I16, (double[]){7, -8, 9});
    put_names(&b, UTF8, "genes", genes, 2);
    expect_counts(&b, counts, "9");
  }
}

/* Beyond ASCII: in UTF-16 and UTF-32 by code, in UTF-8 as bytes, of which a name may have more than characters. */
Test(sbnn_mat5, names_beyond_ascii) {
  bytes b;
  begin(&b, false);
  put_variable(&b, DOUBLE, "X", 3, 2, F64, counts);
  const size_t start = begin_variable(&b, CELL, "cells", 3, 1);
  put_variable(&b, CHAR, "", 1, 2, UTF16, (double[]){'c', 0x3b1});
  put_variable(&b, CHAR, "", 1, 2, UTF32, (double[]){'c', 0x1f600});
  const size_t third = begin_variable(&b, CHAR, "", 1, 2);
  put_text(&b, UTF8, "c\xce\xb2");
  end_variable(&b, third);
  end_variable(&b, start);
  put_names(&b, UTF8, "genes", genes, 2);
  sbnn_table t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_table_read(written(&b), NULL, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect_str_eq(t.row_ids[0], "c\xce\xb1");
  cr_expect_str_eq(t.row_ids[1], "c\xf0\x9f\x98\x80");
  cr_expect_str_eq(t.row_ids[2], "c\xce\xb2");
  sbnn_table_free(&t);
}

static void put_sparse(bytes *b, int class, const double *rows, size_t n_rows, const double *starts,
                       size_t n_starts, const double *values, size_t n_values) {
  const size_t start = begin_variable(b, class, "X", 3, 2);
  put_numbers(b, I32, rows, n_rows);
  put_numbers(b, I32, starts, n_starts);
  put_numbers(b, F64, values, n_values);
  if (class & COMPLEX) put_numbers(b, F64, values, n_values);
  end_variable(b, start);
}

static const double rows[] = {0, 1, 1, 2, 9}, starts[] = {0, 2, 4}, values[] = {1, 2, 5, 100, 0};

/* With room for more values than there are, and what is no matrix of ours beside it. */
Test(sbnn_mat5, sparse_beside_others) {
  for (int big = 0; big < 2; big++) {
    bytes b;
    begin(&b, big);
    put_sparse(&b, SPARSE, rows, 5, starts, 3, values, 5);
    size_t start = begin_variable(&b, STRUCTURE, "s", 1, 1);
    end_variable(&b, start);
    put_variable(&b, DOUBLE, "", 3, 2, F64, counts); /* has no name */
    put_lists(&b);
    expect_counts(&b, counts, "c3");
  }
}

/* ---- files that are not ---- */

static void refused(const bytes *b, const char *parts) {
  sbnn_table t;
  sbnn_error e = {0};
  cr_expect_eq(sbnn_table_read(written(b), NULL, &t, &e), SBNN_BAD_INPUT, "%s", parts);
  check_sentence(&e, SBNN_BAD_INPUT, parts);
}

typedef struct wrong {
  void (*put)(bytes *b); /* the matrix X */
  const char *parts;
} wrong;

#define WRONG(name, ...)                                                                                     \
  static void name(bytes *b) {                                                                               \
    const size_t start = b->n;                                                                               \
    put_word(b, MATRIX);                                                                                     \
    put_word(b, 0);                                                                                          \
    __VA_ARGS__                                                                                              \
    end_variable(b, start);                                                                                  \
  }
#define FLAGS(class)   put_numbers(b, U32, (double[]){class, 0}, 2);
#define SHAPE(kind, n) put_numbers(b, kind, (double[40]){3, 2}, n);
#define NAME           put_text(b, I8, "X");
#define COUNTS         put_numbers(b, F64, counts, 6);

WRONG(no_flags, )
WRONG(flags_of_another_kind, put_numbers(b, I32, (double[]){DOUBLE, 0}, 2); SHAPE(I32, 2) NAME COUNTS)
WRONG(one_flag, put_numbers(b, U32, (double[]){DOUBLE}, 1); SHAPE(I32, 2) NAME COUNTS)
WRONG(no_shape, FLAGS(DOUBLE))
WRONG(shape_of_another_kind, FLAGS(DOUBLE) SHAPE(U32, 2) NAME COUNTS)
WRONG(one_dimension, FLAGS(DOUBLE) SHAPE(I32, 1) NAME COUNTS)
WRONG(half_a_dimension, FLAGS(DOUBLE) put_word(b, I32); put_word(b, 10); put_word(b, 3); put_word(b, 2);
      put_word(b, 0); put_word(b, 0); NAME COUNTS)
WRONG(many_dimensions, FLAGS(DOUBLE) SHAPE(I32, 33) NAME COUNTS)
WRONG(negative_dimension, FLAGS(DOUBLE) put_numbers(b, I32, (double[]){3, -2}, 2); NAME COUNTS)
WRONG(huge_dimensions, FLAGS(DOUBLE) put_numbers(b, I32, (double[]){2147483647, 2147483647, 2147483647}, 3);
      NAME COUNTS)
WRONG(no_name, FLAGS(DOUBLE) SHAPE(I32, 2))
WRONG(name_of_another_kind, FLAGS(DOUBLE) SHAPE(I32, 2) put_text(b, UTF8, "X"); COUNTS)
WRONG(long_name, FLAGS(DOUBLE) SHAPE(I32, 2) put_word(b, I8); put_word(b, 5000); b->n += 5000; COUNTS)
WRONG(no_numbers, FLAGS(DOUBLE) SHAPE(I32, 2) NAME)
WRONG(numbers_of_no_kind, FLAGS(DOUBLE) SHAPE(I32, 2) NAME put_numbers(b, 8, counts, 6);)
WRONG(half_a_number, FLAGS(DOUBLE) SHAPE(I32, 2) NAME put_word(b, F64); put_word(b, 44); b->n += 48;)
WRONG(too_few_numbers, FLAGS(DOUBLE) SHAPE(I32, 2) NAME put_numbers(b, F64, counts, 5);)
WRONG(too_many_numbers, FLAGS(DOUBLE) SHAPE(I32, 2) NAME put_numbers(b, F64, starts, 3);
      put_numbers(b, F64, counts, 6);)
WRONG(small_element_is_large, FLAGS(DOUBLE) SHAPE(I32, 2) put_word(b, 5u << 16 | I8); put_word(b, 'X');
      COUNTS)
WRONG(sparse_of_three_dimensions, FLAGS(SPARSE) SHAPE(I32, 3) NAME put_numbers(b, I32, rows, 4);
      put_numbers(b, I32, starts, 3); put_numbers(b, F64, values, 4);)
WRONG(places_of_two_bytes, FLAGS(SPARSE) SHAPE(I32, 2) NAME put_numbers(b, I16, rows, 4);
      put_numbers(b, I32, starts, 3); put_numbers(b, F64, values, 4);)
WRONG(starts_of_two_bytes, FLAGS(SPARSE) SHAPE(I32, 2) NAME put_numbers(b, I32, rows, 4);
      put_numbers(b, I16, starts, 3); put_numbers(b, F64, values, 4);)
WRONG(no_rows, FLAGS(SPARSE) SHAPE(I32, 2) NAME)
WRONG(no_values, FLAGS(SPARSE) SHAPE(I32, 2) NAME put_numbers(b, I32, rows, 4);
      put_numbers(b, I32, starts, 3);)
WRONG(no_imaginary, FLAGS(SPARSE | COMPLEX) SHAPE(I32, 2) NAME put_numbers(b, I32, rows, 4);
      put_numbers(b, I32, starts, 3); put_numbers(b, F64, values, 4);)
WRONG(more_values_than_rows, FLAGS(SPARSE) SHAPE(I32, 2) NAME put_numbers(b, I32, rows, 3);
      put_numbers(b, I32, starts, 3); put_numbers(b, F64, values, 4);)
WRONG(too_few_starts, FLAGS(SPARSE) SHAPE(I32, 2) NAME put_numbers(b, I32, rows, 4);
      put_numbers(b, I32, starts, 2); put_numbers(b, F64, values, 4);)
WRONG(too_few_cells, FLAGS(CELL) SHAPE(I32, 2) NAME)
WRONG(cells_that_are_none, FLAGS(CELL) put_numbers(b, I32, (double[]){1, 1}, 2);
      NAME put_numbers(b, F64, counts, 1);)

static void complex_sparse(bytes *b) { put_sparse(b, SPARSE | COMPLEX, rows, 4, starts, 3, values, 4); }
static void starts_beyond(bytes *b) { put_sparse(b, SPARSE, rows, 4, (double[]){0, 2, 5}, 3, values, 4); }
static void starts_above_values(bytes *b) {
  put_sparse(b, SPARSE, rows, 5, (double[]){0, 2, 5}, 3, values, 4);
}
static void starts_descend(bytes *b) { put_sparse(b, SPARSE, rows, 4, (double[]){0, 5, 4}, 3, values, 4); }
static void rows_beyond(bytes *b) { put_sparse(b, SPARSE, (double[]){0, 1, 1, 3}, 4, starts, 3, values, 4); }
static void row_negative(bytes *b) {
  put_sparse(b, SPARSE, (double[]){0, -1, 1, 2}, 4, starts, 3, values, 4);
}
static void place_twice(bytes *b) { put_sparse(b, SPARSE, (double[]){0, 0, 1, 2}, 4, starts, 3, values, 4); }
static void complex_dense(bytes *b) {
  const size_t start = begin_variable(b, DOUBLE | COMPLEX, "X", 3, 2);
  put_numbers(b, F64, counts, 6);
  put_numbers(b, F64, counts, 6);
  end_variable(b, start);
}
static void of_three_dimensions(bytes *b) {
  const size_t start = b->n;
  put_word(b, MATRIX);
  put_word(b, 0);
  FLAGS(DOUBLE) put_numbers(b, I32, (double[]){3, 2, 1}, 3);
  NAME COUNTS end_variable(b, start);
}
static void nothing(bytes *b) { put_variable(b, DOUBLE, "X", 0, 2, F64, counts); }

#define MISMATCH "a.mat|one of its variables does not match its header"

Test(sbnn_mat5, matrices_that_are_wrong) {
  static const wrong list[] = {{no_flags, MISMATCH},
                               {flags_of_another_kind, MISMATCH},
                               {one_flag, MISMATCH},
                               {no_shape, MISMATCH},
                               {shape_of_another_kind, MISMATCH},
                               {one_dimension, MISMATCH},
                               {half_a_dimension, MISMATCH},
                               {many_dimensions, MISMATCH},
                               {negative_dimension, MISMATCH},
                               {huge_dimensions, MISMATCH},
                               {no_name, MISMATCH},
                               {name_of_another_kind, MISMATCH},
                               {long_name, MISMATCH},
                               {no_numbers, MISMATCH},
                               {numbers_of_no_kind, MISMATCH},
                               {half_a_number, MISMATCH},
                               {too_few_numbers, MISMATCH},
                               {too_many_numbers, MISMATCH},
                               {small_element_is_large, MISMATCH},
                               {sparse_of_three_dimensions, MISMATCH},
                               {places_of_two_bytes, MISMATCH},
                               {starts_of_two_bytes, MISMATCH},
                               {no_rows, MISMATCH},
                               {no_values, MISMATCH},
                               {no_imaginary, MISMATCH},
                               {more_values_than_rows, MISMATCH},
                               {too_few_starts, MISMATCH},
                               {too_few_cells, MISMATCH},
                               {cells_that_are_none, MISMATCH},
                               {complex_sparse, "a.mat|do not fit each other, or its numbers are complex"},
                               {starts_beyond, "a.mat|do not fit each other"},
                               {starts_above_values, "a.mat|do not fit each other"},
                               {starts_descend, "a.mat, variable 'X'|do not ascend"},
                               {rows_beyond, "a.mat, variable 'X'|lies outside"},
                               {row_negative, "a.mat, variable 'X'|lies outside"},
                               {place_twice, "a.mat, variable 'X', row 1, column 1 (from 1)|two values"},
                               {complex_dense, "a.mat|no matrix of numbers|X (3 x 2)"},
                               {of_three_dimensions, "a.mat|no matrix of numbers"},
                               {nothing, "a.mat|no matrix of numbers"}};
  for (int big = 0; big < 2; big++)
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
      bytes b;
      begin(&b, big);
      list[i].put(&b);
      put_lists(&b);
      refused(&b, list[i].parts);
    }
}

/* ---- names that are none ---- */

static void cell_is_a_number(bytes *b) {
  const size_t start = begin_variable(b, CELL, "cells", 3, 1);
  put_variable(b, CHAR, "", 1, 2, UTF8, (double[]){'c', '1'});
  put_variable(b, DOUBLE, "", 1, 1, F64, counts);
  put_variable(b, CHAR, "", 1, 2, UTF8, (double[]){'c', '3'});
  end_variable(b, start);
}
static void cell_of_two_rows(bytes *b) {
  const size_t start = begin_variable(b, CELL, "cells", 3, 1);
  for (int i = 0; i < 3; i++) put_variable(b, CHAR, "", 2, 1, UTF8, (double[]){'c', '1'});
  end_variable(b, start);
}
static void cell_is_damaged(bytes *b) {
  const size_t start = begin_variable(b, CELL, "cells", 3, 1);
  for (int i = 0; i < 3; i++) put_word(b, MATRIX), put_word(b, 8), put_word(b, F64), put_word(b, 0);
  end_variable(b, start);
}
static void cell_is_empty(bytes *b) {
  const size_t start = begin_variable(b, CELL, "cells", 3, 1);
  put_word(b, MATRIX), put_word(b, 0);
  put_variable(b, CHAR, "", 0, 0, UTF8, counts);
  put_variable(b, CHAR, "", 1, 0, UTF8, counts);
  end_variable(b, start);
}
static void cell_in_a_cell(bytes *b) {
  const size_t start = begin_variable(b, CELL, "cells", 3, 1);
  for (int i = 0; i < 3; i++) {
    const size_t inner = begin_variable(b, CELL, "", 1, 1);
    put_variable(b, CHAR, "", 1, 2, UTF8, (double[]){'c', '1'});
    end_variable(b, inner);
  }
  end_variable(b, start);
}
static void fraction(bytes *b) { put_variable(b, DOUBLE, "cells", 3, 1, F64, (double[]){1, 2.5, 3}); }
static void too_large(bytes *b) { put_variable(b, DOUBLE, "cells", 3, 1, F64, (double[]){1, 2, 1e15}); }
static void infinite(bytes *b) { put_variable(b, DOUBLE, "cells", 3, 1, F64, (double[]){1, INFINITY, 3}); }
static void complex_names(bytes *b) {
  const size_t start = begin_variable(b, DOUBLE | COMPLEX, "cells", 3, 1);
  put_numbers(b, F64, counts, 3);
  put_numbers(b, F64, counts, 3);
  end_variable(b, start);
}
static void beyond_unicode(bytes *b) {
  put_variable(b, CHAR, "cells", 3, 1, UTF32, (double[]){'a', 0x110000, 'c'});
}
static void surrogate(bytes *b) { put_variable(b, CHAR, "cells", 3, 1, UTF16, (double[]){0xd800, 'b', 'c'}); }
static void negative(bytes *b) { put_variable(b, CHAR, "cells", 3, 1, I16, (double[]){'a', 'b', -3}); }
static void of_spaces(bytes *b) { put_variable(b, CHAR, "cells", 3, 1, U16, (double[]){'a', ' ', 'c'}); }
static void of_zeros(bytes *b) { put_variable(b, CHAR, "cells", 3, 1, U16, (double[]){'a', 'b', 0}); }

Test(sbnn_mat5, names_that_are_wrong) {
  static const wrong list[] = {{cell_is_a_number, "number 2 of its variable 'cells' is not text"},
                               {cell_of_two_rows, "number 1 of its variable 'cells' is not text"},
                               {cell_is_damaged, "a cell array lacks some of its cells"},
                               {cell_is_empty, "number 1 of its variable 'cells', '', is not a name"},
                               {cell_in_a_cell, "number 1 of its variable 'cells' is not text"},
                               {fraction, "number 2 of its variable 'cells' is not text"},
                               {too_large, "number 3 of its variable 'cells' is not text"},
                               {infinite, "number 2 of its variable 'cells' is not text"},
                               {complex_names, "number 1 of its variable 'cells' is not text"},
                               {beyond_unicode, "number 2 of its variable 'cells' is not text"},
                               {surrogate, "number 1 of its variable 'cells' is not text"},
                               {negative, "number 3 of its variable 'cells' is not text"},
                               {of_spaces, "number 2 of its variable 'cells', '', is not a name"},
                               {of_zeros, "number 3 of its variable 'cells', '', is not a name"}};
  for (int big = 0; big < 2; big++)
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
      bytes b;
      begin(&b, big);
      put_variable(&b, DOUBLE, "X", 3, 2, F64, counts);
      list[i].put(&b);
      put_names(&b, UTF8, "genes", genes, 2);
      refused(&b, list[i].parts);
    }
}

/* ---- compressed variables ---- */

/* These bytes as a compressed variable, which is not padded. */
static void deflate_into(bytes *b, const unsigned char *from, size_t n) {
  uLongf room = sizeof b->at - b->n - 8;
  const size_t start = b->n;
  put_word(b, COMPRESSED);
  put_word(b, 0);
  cr_assert_eq(compress(b->at + b->n, &room, from, n), Z_OK);
  b->n += room;
  end_variable(b, start);
  b->base = b->n;
}

Test(sbnn_mat5, compressed) {
  bytes plain, b;
  begin(&plain, false);
  put_variable(&plain, DOUBLE, "X", 3, 2, F64, counts);
  const size_t n = plain.n - 128;
  begin(&b, false);
  deflate_into(&b, plain.at + 128, n);
  put_lists(&b);
  expect_counts(&b, counts, "c3");
  begin(&b, false);
  deflate_into(&b, plain.at + 128, 6); /* less than a tag */
  refused(&b, MISMATCH);
  begin(&b, false);
  deflate_into(&b, plain.at + 128, n - 8); /* less than it says */
  refused(&b, MISMATCH);
  plain.at[128] = COMPRESSED; /* within a compressed one */
  begin(&b, false);
  deflate_into(&b, plain.at + 128, n);
  refused(&b, MISMATCH);
  begin(&b, false);
  put_word(&b, COMPRESSED), put_word(&b, 8), put_word(&b, 0x12345678), put_word(&b, 0); /* no zlib */
  refused(&b, MISMATCH);
}

/* ---- the file ---- */

Test(sbnn_mat5, files_that_are_wrong) {
  static const char *const heads[] = {"\1\0IM", "\0\2IM", "\0\1XY", "\0\1MI", "\0\1IX", "\1\0MX"};
  bytes b;
  begin(&b, false);
  refused(&b, "a.mat|there is no variable in it");
  put_variable(&b, DOUBLE, "", 3, 2, F64, counts);
  refused(&b, "a.mat|there is no variable in it");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    begin(&b, false);
    memcpy(b.at + 124, heads[i], 4);
    refused(&b, "a.mat|this is no MATLAB file of version 5 to 7.3");
  }
  begin(&b, false);
  memcpy(b.at, "MATLAB 7.3 MAT-file", 19); /* but of version 5, by its number */
  refused(&b, "a.mat|this is no MATLAB file of version 5 to 7.3");
  b.n = 60;
  refused(&b, "a.mat|the file ends within its header");
  b.n = 10;
  refused(&b, "a.mat|this is no MATLAB file");
  begin(&b, false);
  b.n += 4;
  refused(&b, "a.mat|the file ends within a variable");
}
