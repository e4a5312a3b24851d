/* orthogonal.h - orthonormal rows or columns. */
#ifndef NABLA_NN_INIT_ORTHOGONAL_H
#define NABLA_NN_INIT_ORTHOGONAL_H

#include "initializer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* gain times a matrix with orthonormal rows, or with orthonormal columns if there are fewer columns than
 * rows. Leading axes count as rows: [receptive field..., in, out] is [field * in, out]. For recurrent kernels
 * and deep linear stacks. A vector becomes one of length gain. Source: Saxe, McClelland & Ganguli 2014. */
nn_initializer nn_init_orthogonal(double gain);

#ifdef __cplusplus
}
#endif
#endif
