/* npy.c - fuzzes NumPy arrays with their lists: two lists, each ended by a line of "--", then the array. */
#include "fuzz_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t n;
  const uint8_t *part = fuzz_part(&data, &size, &n);
  fuzz_write("genes.txt", part, n);
  part = fuzz_part(&data, &size, &n);
  fuzz_write("cells.txt", part, n);
  fuzz_table(fuzz_write("array.npy", data, size), NULL);
  return 0;
}
