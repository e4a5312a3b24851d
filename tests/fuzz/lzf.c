/* lzf.c - fuzzes the decompression that HDF5's filter 32000 stands for, into rooms of any size. */
#include "data/hdf5/lzf.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  size_t room = data[0] + 256u * (data[1] & 15);
  unsigned char *out = malloc(room ? room : 1);
  size_t n = sbnn_lzf_decompress(data + 2, size - 2, out, room);
  if (n > room) abort();
  free(out);
  return 0;
}
