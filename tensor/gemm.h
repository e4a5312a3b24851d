/* gemm.h - what the files of the matrix product share (not installed). */
#ifndef NABLA_GEMM_H
#define NABLA_GEMM_H

#include "tensor/tensor.h"

enum { TN__NARROW_DEPTH = 1024 };

/* c = a b; false, and nothing done, where this is not the kernel for it. That never depends on the rows of c.
 */
bool tn__gemm_narrow(const tn_view *a, const tn_view *b, const tn_view *c);

#endif
