/* lzf.h - the compression that h5py calls "lzf" and HDF5 filter 32000. Private to data/hdf5/. Threads: any. */
#ifndef SBNN_DATA_HDF5_LZF_H
#define SBNN_DATA_HDF5_LZF_H

#include <stdbool.h>
#include <stddef.h>

/* Decompresses n bytes of LZF, as h5py writes it, into out[room]; returns how many there are, 0: damaged, or
 * more than that. Source: liblzf's description of its format (Marc Lehmann). */
size_t sbnn_lzf_decompress(const unsigned char *in, size_t n, unsigned char *out, size_t room);
bool sbnn_lzf_register(void); /* with HDF5 */

#endif
