/* layers.h - the table of layers: one line each. A layer is NAME.c and NAME.h; the header ends with its row,
 * NN_LAYER(NAME), and the descriptor nn_layer_NAME in NAME.c holds the samples from which its tests and its
 * page in the reference are made. No include guard: with NN_LAYER defined this file yields the rows. */
#include "activation.h"
#include "alpha_dropout.h"
#include "batch_norm.h"
#include "conv.h"
#include "dense.h"
#include "dropout.h"
#include "embedding.h"
#include "gaussian_noise.h"
#include "group_norm.h"
#include "layer_norm.h"
#include "spatial_dropout.h"
#include "upsample.h"
