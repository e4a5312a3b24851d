/* values.h - a graph, the values of its nodes as double, and what they must be. */
#ifndef NABLA_TEST_VALUES_H
#define NABLA_TEST_VALUES_H

#include "autograd/autograd.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

typedef struct result { /* a value, copied out as double */
  ag_type type;
  int64_t size;
  double *at;
} result;

ag_graph *new_graph(void);

/* The constant [n] of those numbers (f64). */
ag_ref vector(ag_graph *g, const double *x, int64_t n);

/* The leaf "x<i>", if there is one, reads in[i]. */
result compute_at(ag_graph *g, ag_ref y, const tn_array *in);
result compute(ag_graph *g, ag_ref y);

/* Frees r; fails unless each element is within tolerance * max(1, |want|) of want's, NaN and inf exactly. */
void expect_values(const char *what, result r, const double *want, int64_t size, double tolerance);

double tolerance_of(tn_dtype dtype);

#endif
