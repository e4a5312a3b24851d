/* random.h - stateless random numbers for the data layer: Philox4x32-10 as a function of (stream, index).
 * Value i of a stream never depends on who asked for the others, so loops may run in any order and on any
 * number of threads. Made of tn_rng_block; the words are put
 * together otherwise than in tn_rng_u64, for the bits of earlier versions.
 * Threads: every function is pure. */
#ifndef SBNN_DATA_RANDOM_H
#define SBNN_DATA_RANDOM_H

#include "tensor/tensor.h"

#include <math.h>
#include <stdint.h>

/* What a stream is for: part of the counter, so that no two uses share numbers. */
enum {
  SBNN_STREAM_FOLDS = 0x666f6c64,     /* "fold" */
  SBNN_STREAM_KMEANS = 0x6b6d6e73,    /* "kmns" */
  SBNN_STREAM_SYNTHETIC = 0x73796e74, /* "synt" */
  SBNN_STREAM_PRINCIPAL = 0x7072696e, /* "prin" */
  SBNN_STREAM_TSNE = 0x74736e65,      /* "tsne" */
};

typedef struct sbnn_stream {
  uint64_t seed;
  uint32_t purpose; /* one of SBNN_STREAM_... */
  uint32_t replica; /* restart, column, ...: independent streams of one purpose */
} sbnn_stream;

/* 128 random bits for index i, as two 64-bit words. */
static inline void sbnn_random_bits(sbnn_stream s, uint64_t i, uint64_t bits[2]) {
  uint32_t w[4];
  tn_rng_block((tn_rng){.seed = (uint32_t)s.seed,
                        .replica = (uint32_t)(s.seed >> 32),
                        .stream = (uint32_t)(i >> 32),
                        .step = s.purpose,
                        .epoch = s.replica},
               (uint32_t)i, w);
  bits[0] = (uint64_t)w[0] | (uint64_t)w[1] << 32;
  bits[1] = (uint64_t)w[2] | (uint64_t)w[3] << 32;
}

/* Uniform in [0, 1), 53 bits. */
static inline double sbnn_random_uniform(sbnn_stream s, uint64_t i) {
  uint64_t b[2];
  sbnn_random_bits(s, i, b);
  return (double)(b[0] >> 11) * 0x1p-53;
}

/* Standard normal (Box-Muller; the second of the pair is not used, which keeps index and value one to one).
 */
static inline double sbnn_random_normal(sbnn_stream s, uint64_t i) {
  uint64_t b[2];
  sbnn_random_bits(s, i, b);
  double u = ((double)(b[0] >> 11) + 1.0) * 0x1p-53; /* (0, 1]: the logarithm is finite */
  double v = (double)(b[1] >> 11) * 0x1p-53;
  return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

/* Integer in [0, n), n in 1..2^32; the bias is below n / 2^64. */
static inline uint64_t sbnn_random_below(sbnn_stream s, uint64_t i, uint64_t n) {
  uint64_t b[2];
  sbnn_random_bits(s, i, b);
  uint64_t high = (b[0] >> 32) * n,
           low = (b[0] & 0xffffffffu) * n; /* b[0] * n >> 64, without 128-bit types */
  return (high + (low >> 32)) >> 32;
}

#endif
