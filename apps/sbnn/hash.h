/* hash.h - tn_hash of files: tells them apart. */
#ifndef SBNN_HASH_H
#define SBNN_HASH_H

#include "tensor/tensor.h"

/* The whole file; false if it cannot be read (errno says why). */
bool sbnn_hash_file(const char *path, uint64_t *hash);

#endif
