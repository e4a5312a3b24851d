/* The problem of test_nn_optim.c and test_nn_prox.c by hand: mean((x p - y)^2). */
#ifndef TEST_NN_HAND_H
#define TEST_NN_HAND_H

#include "test_nn.h"

enum { ROWS = 16, STEPS = 25, SIZE = IN * OUT };

typedef struct hand {
  const double *x, *y;
  double p[SIZE], a[SIZE], b[SIZE]; /* parameter and two slots */
} hand;

static inline void gradient(const hand *h, double *out) {
  memset(out, 0, SIZE * sizeof *out);
  for (int r = 0; r < ROWS; r++) {
    for (int j = 0; j < OUT; j++) {
      double e = -h->y[r * OUT + j];
      for (int i = 0; i < IN; i++) e += h->x[r * IN + i] * h->p[i * OUT + j];
      for (int i = 0; i < IN; i++) out[i * OUT + j] += 2 * e * h->x[r * IN + i] / (ROWS * OUT);
    }
  }
}

#endif
