/* same.h - comparisons of values, element by element. */
#ifndef NABLA_TEST_SAME_H
#define NABLA_TEST_SAME_H

#include "tensor/tensor.h"

/* The same bits, but any NaN equals any other: which of two NaNs an addition returns is the compiler's
 * choice. Returns the first position that differs, or -1. Both contiguous, of one type and shape. */
int64_t same_bits(tn_view a, tn_view b);

/* Largest |a - b| over max(1, |b|); infinite where one is NaN and the other not. Any layouts. */
double largest_error(tn_view a, tn_view b);

#endif
