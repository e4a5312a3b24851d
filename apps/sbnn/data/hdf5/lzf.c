/* lzf.c - the compression that h5py calls "lzf", as a filter of HDF5 (h5.h).
 *
 * A stream is a sequence of
 *   000LLLLL, L + 1 bytes                       these bytes
 *   LLLooooo oooooooo               (L = 1..6)  L + 2 bytes, from o + 1 bytes back
 *   111ooooo LLLLLLLL oooooooo                  L + 9 bytes, from there */
#include "data/hdf5/lzf.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

enum { LZF_FILTER = 32000, LARGEST_CHUNK = 1 << 30 };

size_t sbnn_lzf_decompress(const unsigned char *in, size_t n, unsigned char *out, size_t room) {
  size_t at = 0, to = 0;
  while (at < n) {
    size_t control = in[at++], length = control >> 5;
    if (length == 0) {
      length = control + 1;
      if (length > n - at || length > room - to) return 0;
      memcpy(out + to, in + at, length);
      at += length;
      to += length;
      continue;
    }
    if (length == 7) {
      if (at == n) return 0;
      length += in[at++];
    }
    if (at == n) return 0;
    size_t back = ((control & 0x1f) << 8) + in[at++] + 1;
    length += 2;
    if (back > to || length > room - to) return 0;
    for (; length > 0; length--, to++) out[to] = out[to - back]; /* the two may overlap */
  }
  return to;
}

/* values[2] is the chunk's size, if the writer says it. Of three bytes LZF makes 264 at most. */
static size_t filter(unsigned flags, size_t n_values, const unsigned values[], size_t n, size_t *room,
                     void **buffer) {
  if (!(flags & H5Z_FLAG_REVERSE)) return 0; /* nothing is compressed here */
  const bool said = n_values >= 3 && values[2] > 0;
  size_t size = said ? values[2] : 8 * n;
  for (; size <= LARGEST_CHUNK && (said || size < 2 * 88 * n); size *= 2) {
    unsigned char *out = malloc(size);
    size_t got = out ? sbnn_lzf_decompress(*buffer, n, out, size) : 0;
    if (got > 0) {
      free(*buffer);
      *buffer = out;
      *room = size;
      return got;
    }
    free(out);
    if (!out || said) return 0;
  }
  return 0;
}

bool sbnn_lzf_register(void) {
  const H5Z_class2_t lzf = {.version = H5Z_CLASS_T_VERS,
                            .id = LZF_FILTER,
                            .encoder_present = 0,
                            .decoder_present = 1,
                            .name = "lzf",
                            .filter = filter};
  return H5Zregister(&lzf) >= 0;
}
