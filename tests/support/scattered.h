/* scattered.h - points without any pattern, the same ones each time. */
#ifndef NABLA_TEST_SCATTERED_H
#define NABLA_TEST_SCATTERED_H

#include <stdint.h>

/* n points (x, y), both coordinates uniform from shift to shift + scale. */
static inline void scattered(int64_t n, double *points, double scale, double shift) {
  uint32_t state = 1;
  for (int64_t i = 0; i < 2 * n; i++) {
    state = state * 1664525u + 1013904223u;
    points[i] = shift + scale * (state >> 8) / 16777216.0;
  }
}

#endif
