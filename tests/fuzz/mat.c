/* mat.c - fuzzes MATLAB files of version 5: as counts, as responses, and as labels. Those of version 7.3 are
 * HDF5, which is another project's to fuzz. */
#include "fuzz_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char hdf5[] = "MATLAB 7.3";
  if (size < sizeof hdf5 || memcmp(data, hdf5, sizeof hdf5 - 1) != 0)
    fuzz_container(fuzz_write("file.mat", data, size));
  return 0;
}
