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

/* ids [...] of integers, below `rows` -> [..., width]: a row of the table for each; an id that is no
 * row fails the run (TN_EINVAL). Parameter "<name>/table" [rows, width], N(0, 1) as in PyTorch. */
ag_ref nn_embedding(nn_model *m, const char *name, ag_ref ids, int64_t rows, int64_t width,
                    const nn_embedding_options *options);

/* ids [batch, places] -> [batch, width]: the mean of each example's rows, or their sum; of a padded table without the
 * padding's places (the mean over none is 0). Parameter as of nn_embedding. PyTorch's EmbeddingBag. */
ag_ref nn_embedding_bag(nn_model *m, const char *name, ag_ref ids, int64_t rows, int64_t width, bool sum,
                        const nn_embedding_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(embedding)
NN_LAYER(embedding_bag)
#endif
