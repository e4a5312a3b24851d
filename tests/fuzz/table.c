/* table.c - fuzzes the reader of CSV and TSV tables, plain and gzip. */
#include "fuzz_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_table(fuzz_write("table.csv", data, size), NULL);
  return 0;
}
