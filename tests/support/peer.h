/* peer.h - cases of a peer library: operands, result, a cotangent of it and the derivatives by the operands, all
 * f64, from a text file that a script beside it writes (tests/golden/shapes.py describes the lines). */
#ifndef NABLA_TEST_PEER_H
#define NABLA_TEST_PEER_H

#include "tensor/tensor.h"

#include <stdio.h>

enum { PEER_OPERANDS = 4, PEER_INTS = 32 };

typedef struct peer_case {
  char kind[48], text[64];
  int n_ints, n_in, n_grads;
  int64_t ints[PEER_INTS];
  tn_array in[PEER_OPERANDS], grad[PEER_OPERANDS], out, u;
} peer_case;

/* The next case, to be freed; false at the end of the file. Fails the test on a line it cannot read. */
bool peer_next(FILE *f, peer_case *c);
void peer_free(peer_case *c);

#endif
