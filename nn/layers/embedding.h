/* embedding.h - rows of a table by number. */
#ifndef NABLA_NN_LAYERS_EMBEDDING_H
#define NABLA_NN_LAYERS_EMBEDDING_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_embedding_options {
  bool padded; /* padding_row stands for places without content: it starts as 0 and is never trained */
  int64_t padding_row;
} nn_embedding_options;

/* ids [...] of integers, below `rows` -> [..., width]: a row of the table for each; NaN where an id is no
 * row. Parameter "<name>/table" [rows, width], N(0, 1) as in PyTorch. */
ag_ref nn_embedding(nn_model *m, const char *name, ag_ref ids, int64_t rows, int64_t width,
                    const nn_embedding_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(embedding)
#endif
