/* fixtures.h - arrays that another library computed, from a table that a script beside it wrote. One row an
 * array: case, role (in, out, dy, grad), element type, extents, values. An empty line ends a case. */
#ifndef NABLA_TEST_FIXTURES_H
#define NABLA_TEST_FIXTURES_H

#include "tensor/tensor.h"

enum { FIXTURE_ARRAYS = 12 };

typedef struct fixture {
  char name[64];
  int n;
  char role[FIXTURE_ARRAYS][8];
  tn_array array[FIXTURE_ARRAYS];
} fixture;

/* The next case of an open table; false at its end. Free it afterwards. */
bool fixture_next(void *file, fixture *f);
void fixture_free(fixture *f);

/* The i-th array of a role, or NULL. */
const tn_view *fixture_get(const fixture *f, const char *role, int i);

#endif
