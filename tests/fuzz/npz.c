/* npz.c - fuzzes archives of NumPy arrays: as counts, as responses, and as labels. Lists lie beside the file
 * for matrices without names. */
#include "fuzz_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool lists;
  if (!lists) fuzz_write("genes.txt", "g1\ng2\n", 6), fuzz_write("cells.txt", "c1\nc2\nc3\n", 9);
  lists = true;
  fuzz_container(fuzz_write("arrays.npz", data, size));
  return 0;
}
