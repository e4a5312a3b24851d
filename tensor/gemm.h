/* gemm.h - what the files of the matrix product share (not installed). */
#ifndef NABLA_GEMM_H
#define NABLA_GEMM_H

#include "tensor/tensor.h"

/* c = a b in f32, each element one chain of fused multiply-adds in the order of the inner dimension; false,
 * and nothing done, where this is not the kernel for it (other types, a result whose rows are not contiguous,
 * no AVX-512). That never depends on the shape, unless the inner dimension is 0. */
bool tn__gemm_f32(const tn_view *a, const tn_view *b, const tn_view *c, const tn_prefetch *next);
bool tn__has_gemm_f32(void); /* on this CPU */

#endif
