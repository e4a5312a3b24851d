/* mat.c - fuzzes MATLAB files: as counts, as responses, and as labels. */
#include "fuzz_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_container(fuzz_write("file.mat", data, size));
  return 0;
}
