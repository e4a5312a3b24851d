/* positions.h - position encodings for sequences. */
#ifndef NABLA_NN_LAYERS_POSITIONS_H
#define NABLA_NN_LAYERS_POSITIONS_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x [batch, time, channels] -> x + table: channel 2 i holds sin(t / 10000^(2 i / channels)), 2 i + 1 its cosine.
 * Source: Vaswani et al. 2017. */
ag_ref nn_sinusoidal_positions(nn_model *m, ag_ref x);
/* x [batch, time, channels] -> x + the first `time` rows of "<name>/table" [longest, channels], N(0, 0.02^2) at first. */
ag_ref nn_learned_positions(nn_model *m, const char *name, ag_ref x, int64_t longest);
/* x [..., time, width], width even: pairs (i, i + width / 2) rotated by the angle (first + t) / base^(2 i / width), so
 * that products of queries and keys depend on their distance. Source: Su et al. 2021, in the layout of Llama. */
ag_ref nn_rotary(nn_model *m, ag_ref x, double base, int64_t first);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(sinusoidal_positions)
NN_LAYER(learned_positions)
NN_LAYER(rotary)
#endif
