/* draw.h - reproducible choices for randomised tests, from Philox: the i-th draw of a seed is always the
 * same. */
#ifndef NABLA_TEST_DRAW_H
#define NABLA_TEST_DRAW_H

#include "tensor/tensor.h"

typedef struct draw {
  uint32_t seed;
  uint64_t position;
} draw;

static inline uint64_t draw_bits(draw *d) {
  return tn_rng_u64((tn_rng){.seed = d->seed, .stream = 77}, d->position++);
}
static inline int draw_below(draw *d, int n) { return (int)(draw_bits(d) % (uint64_t)n); } /* 0..n-1 */
static inline bool draw_chance(draw *d, int percent) { return draw_below(d, 100) < percent; }

#endif
