/* test_alloc.h - an allocator that counts, fills with rubbish what must not be read before it is written, and
 * fails where it is told to. */
#ifndef NABLA_TEST_ALLOC_H
#define NABLA_TEST_ALLOC_H

#include "tensor/tensor.h"

#include <stdatomic.h>

typedef struct test_alloc {
  tn_alloc alloc;         /* pass &a.alloc */
  atomic_long made, live; /* allocations that succeeded; those not yet freed */
  atomic_long asked;      /* all requests */
  long fail_at;           /* the request that is refused, from 1; 0 = none */
  bool fail_after;        /* and all that follow it */
} test_alloc;

void test_alloc_init(test_alloc *a, long fail_at, bool fail_after);

#endif
