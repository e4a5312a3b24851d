/* draw.h - reproducible choices for randomised tests, from Philox: the i-th draw of a seed is always the
 * same. A fuzzer's choices are its bytes. */
#ifndef NABLA_TEST_DRAW_H
#define NABLA_TEST_DRAW_H

#include "tensor/tensor.h"

typedef struct draw {
  uint32_t seed;
  uint64_t position;
  const unsigned char *bytes; /* choices come from here, then from the seed; NULL: from the seed */
  size_t n_bytes, taken;
} draw;

static inline uint64_t draw_bits(draw *d) {
  return tn_rng_u64((tn_rng){.seed = d->seed, .stream = 77}, d->position++);
}
/* 0 .. n - 1 */
static inline int draw_below(draw *d, int n) {
  if (d->taken >= d->n_bytes) return (int)(draw_bits(d) % (uint64_t)n);
  unsigned value = d->bytes[d->taken++];
  if (n > 256 && d->taken < d->n_bytes) value = value << 8 | d->bytes[d->taken++];
  return (int)(value % (unsigned)n);
}
static inline bool draw_chance(draw *d, int percent) { return draw_below(d, 100) < percent; }

/* Have the bytes come to their end? */
static inline bool draw_over(const draw *d) { return d->bytes && d->taken >= d->n_bytes; }

#endif
