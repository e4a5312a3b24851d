/* bilinear.h - products of two inputs. */
#ifndef NABLA_NN_LAYERS_BILINEAR_H
#define NABLA_NN_LAYERS_BILINEAR_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* a [batch, n], b [batch, k] -> [batch, units]: unit u is a' kernel[u] b + bias[u]. Parameters "<name>/kernel" [units, n,
 * k] (PyTorch's layout), "<name>/bias" [units]. */
ag_ref nn_bilinear(nn_model *m, const char *name, ag_ref a, ag_ref b, int64_t units, bool no_bias);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(bilinear)
#endif
