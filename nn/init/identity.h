/* identity.h - the identity. */
#ifndef NABLA_NN_INIT_IDENTITY_H
#define NABLA_NN_INIT_IDENTITY_H

#include "initializer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* gain on the diagonal of the last two axes, 0 elsewhere. In a convolution's kernel [field..., in, out] the
 * diagonal is at the middle of the field, so that the layer returns its input. A vector is filled with
 * gain. */
nn_initializer nn_init_identity(double gain);

#ifdef __cplusplus
}
#endif
#endif
