/* losses.h - the table of losses: one line each, made as that of layers (layers/layers.h), with NN_LOSS. */
#include "mae.h"
#include "mse.h"
#include "softmax_cross_entropy.h"
