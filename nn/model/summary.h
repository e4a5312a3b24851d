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
  int64_t buffers, slots;  /* slots: of optimizers, including the step counter */
  int64_t bytes;           /* bytes of a state */
} nn_counts;
nn_counts nn_count(nn_model *m);

/* A line for each parameter and buffer (name, shape, elements, frozen or not) and the totals, by write(ctx,
 * line). For a model that failed: its message. Pictures of the graph: ag_dot(nn_graph(m), ...) within the
 * network function. */
void nn_summary(nn_model *m, void (*write)(void *ctx, const char *line), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
