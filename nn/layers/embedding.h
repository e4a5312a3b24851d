/* embedding.h - vectors looked up by integer id. */
#ifndef NABLA_NN_LAYERS_EMBEDDING_H
#define NABLA_NN_LAYERS_EMBEDDING_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_embedding_options {
  bool padded; /* the id padding_row marks padding: its vector is 0 and is never trained */
  int64_t padding_row;
  bool sum; /* nn_embedding_bag: the sum of the rows, not their mean */
} nn_embedding_options;

/* ids [...], integers from 0 to rows - 1 -> [..., width]: the row of the table for each id. An id outside that range fails
 * the run (TN_EINVAL). Parameter "<name>/table" [rows, width], N(0, 1) as in PyTorch. */
ag_ref nn_embedding(nn_model *m, const char *name, ag_ref ids, int64_t rows, int64_t width,
                    const nn_embedding_options *options);

/* ids [batch, places] -> [batch, width]: the mean (or the sum) of the rows of each example. Padding does not
 * count; the mean over no rows is 0. Parameter as in nn_embedding. PyTorch's EmbeddingBag. */
ag_ref nn_embedding_bag(nn_model *m, const char *name, ag_ref ids, int64_t rows, int64_t width,
                        const nn_embedding_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(embedding)
NN_LAYER(embedding_bag)
#endif
