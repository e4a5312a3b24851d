/* optim.h - the table of optimizers: one line each, made as that of layers (layers/layers.h), with
 * NN_OPTIMIZER. All are graph, ended by assigns; nothing is appended in NN_EVAL. */
#include "adam.h"
#include "minimize.h"
#include "rmsprop.h"
#include "sgd.h"
