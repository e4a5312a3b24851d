/* mtx.c - fuzzes Matrix Market files with their lists, the three files separated by lines of "--". */
#include "fuzz_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t n;
  const uint8_t *part = fuzz_part(&data, &size, &n);
  fuzz_write("features.tsv", part, n);
  part = fuzz_part(&data, &size, &n);
  fuzz_write("barcodes.tsv", part, n);
  fuzz_write("matrix.mtx", data, size);
  fuzz_path("");
  fuzz_table(fuzz_dir, n % 2 ? "Gene Expression" : NULL);
  return 0;
}
