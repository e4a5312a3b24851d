/* summary.h - a model's values as a table. */
#ifndef NABLA_NN_MODEL_SUMMARY_H
#define NABLA_NN_MODEL_SUMMARY_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers of elements. */
typedef struct nn_counts {
  int64_t trained, frozen; /* parameters */
  int64_t buffers, slots;  /* slots: of the optimizers, with the step counter */
  int64_t bytes;           /* of a state, all of it */
} nn_counts;
nn_counts nn_count(nn_model *m);

/* A line for each parameter and buffer (name, shape, elements, frozen or not) and the totals, on write(ctx, line);
 * of a model that failed, its sentence. Pictures of the graph: ag_dot(nn_graph(m), ...) within the network function. */
void nn_summary(nn_model *m, void (*write)(void *ctx, const char *line), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
