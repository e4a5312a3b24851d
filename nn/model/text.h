/* text.h - shapes as text, for messages. */
#ifndef NABLA_NN_MODEL_TEXT_H
#define NABLA_NN_MODEL_TEXT_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NN_SHAPE_TEXT = 96 }; /* bytes */
/* Writes "[3, 4]" and returns the buffer, of NN_SHAPE_TEXT bytes. */
const char *nn_shape_text(char *buffer, int rank, const int64_t *shape);

#ifdef __cplusplus
}
#endif
#endif
