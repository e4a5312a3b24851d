/* big_graphs.h - graphs of as many nodes as one likes, each hard on a pass that is not linear. The tests and
 * `./dev bench nodes` build the same. */
#ifndef NABLA_TEST_BIG_GRAPHS_H
#define NABLA_TEST_BIG_GRAPHS_H

#include "autograd/autograd.h"

#include <stdio.h>

enum { BIG_OUTPUTS = 4 };

/* The graph's loss, and what to derive it by (at most BIG_OUTPUTS values); `size` is how often it repeats. */
typedef ag_ref big_forward(ag_graph *g, int size, ag_ref *wrt, int *n_wrt);

static inline ag_ref big_chain(ag_graph *g, int size, ag_ref *wrt, int *n_wrt) {
  ag_ref x = ag_input(g, "x", TN_F32, 1, (int64_t[]){16});
  wrt[(*n_wrt)++] = x;
  for (int i = 0; i < size; i++) x = ag_tanh(g, x);
  return ag_sum_all(g, x);
}

/* Many leaves, each updated in place, and as many different scalars. */
static inline ag_ref big_wide(ag_graph *g, int size, ag_ref *wrt, int *n_wrt) {
  ag_ref sum = ag_input(g, "x", TN_F32, 1, (int64_t[]){4});
  wrt[(*n_wrt)++] = sum;
  for (int i = 0; i < size; i++) {
    char name[32];
    snprintf(name, sizeof name, "w/%d", i);
    ag_ref w = ag_state(g, name, TN_F32, 1, (int64_t[]){4});
    sum = ag_add(g, sum, ag_tanh(g, ag_scale(g, w, 1 + 1e-7 * i)));
    ag_assign(g, w, ag_scale(g, w, 0.5 + 1e-7 * i));
  }
  return ag_sum_all(g, sum);
}

/* One array read place by place, backwards, and put together again. */
static inline ag_ref big_slices(ag_graph *g, int size, ag_ref *wrt, int *n_wrt) {
  ag_ref x = ag_input(g, "x", TN_F32, 2, (int64_t[]){size, 4}), sum = ag_scalar(g, TN_F32, 0);
  wrt[(*n_wrt)++] = x;
  for (int i = size - 1; i >= 0; i--) sum = ag_add(g, ag_tanh(g, sum), ag_slice(g, x, 0, i, 1));
  return ag_sum_all(g, sum);
}

/* One value read again and again by ops that do not fuse. */
static inline ag_ref big_fan(ag_graph *g, int size, ag_ref *wrt, int *n_wrt) {
  ag_ref x = ag_input(g, "x", TN_F32, 2, (int64_t[]){4, 4}), y = x, sum = ag_scalar(g, TN_F32, 0);
  wrt[(*n_wrt)++] = x;
  for (int i = 0; i < size; i++) {
    y = ag_tanh(g, ag_matmul(g, x, y));
    sum = ag_add(g, sum, ag_sum(g, ag_mul(g, y, x), 1, true));
  }
  return ag_sum_all(g, sum);
}

/* An LSTM cell unrolled over `size` steps of one sequence [size, batch, width]. */
static inline ag_ref big_lstm(ag_graph *g, int size, ag_ref *wrt, int *n_wrt) {
  enum { BATCH = 16, WIDTH = 32 };
  const int64_t state[] = {BATCH, WIDTH};
  ag_ref x = ag_input(g, "x", TN_F32, 3, (int64_t[]){size, BATCH, WIDTH});
  ag_ref w = ag_state(g, "w", TN_F32, 2, (int64_t[]){WIDTH, 4 * WIDTH});
  ag_ref u = ag_state(g, "u", TN_F32, 2, (int64_t[]){WIDTH, 4 * WIDTH});
  ag_ref b = ag_state(g, "b", TN_F32, 1, (int64_t[]){4 * WIDTH});
  ag_ref h = ag_broadcast(g, ag_scalar(g, TN_F32, 0), 2, state), c = h;
  wrt[(*n_wrt)++] = w, wrt[(*n_wrt)++] = u, wrt[(*n_wrt)++] = b, wrt[(*n_wrt)++] = x;
  for (int t = 0; t < size; t++) {
    ag_ref now = ag_reshape(g, ag_slice(g, x, 0, t, 1), 2, state), gate[4];
    ag_ref z = ag_add(g, ag_add(g, ag_matmul(g, now, w), ag_matmul(g, h, u)), b);
    for (int k = 0; k < 4; k++) gate[k] = ag_slice(g, z, 1, k * WIDTH, WIDTH);
    c = ag_add(g, ag_mul(g, ag_sigmoid(g, gate[0]), c),
               ag_mul(g, ag_sigmoid(g, gate[1]), ag_tanh(g, gate[2])));
    h = ag_mul(g, ag_sigmoid(g, gate[3]), ag_tanh(g, c));
  }
  return ag_sum_all(g, ag_square(g, h));
}

typedef struct big_graph {
  const char *name;
  big_forward *forward;
  int each; /* nodes with gradient per repetition, about */
} big_graph;

static const big_graph big_graphs[] = {{"tanh chain", big_chain, 4},
                                       {"wide", big_wide, 8},
                                       {"slices", big_slices, 7},
                                       {"fan", big_fan, 13},
                                       {"lstm", big_lstm, 66}};
enum { BIG_GRAPHS = sizeof big_graphs / sizeof *big_graphs };

#endif
