/* layers.h - the table of layers: one line each. A layer is NAME.c and NAME.h; the header ends with its row,
 * NN_LAYER(NAME), and the descriptor nn_layer_NAME in NAME.c holds the samples from which its tests and its
 * page in the reference are made. No include guard: with NN_LAYER defined this file yields the rows. */
#include "activation.h"
#include "dense.h"
#include "dropout.h"
#include "gaussian_noise.h"
