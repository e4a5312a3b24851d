/* recurrent.h - sequences: a cell repeated over time. */
#ifndef NABLA_NN_LAYERS_RECURRENT_H
#define NABLA_NN_LAYERS_RECURRENT_H

#include "../init/initializer.h"
#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NN_CELL_STATES = 2, NN_CELL_WEIGHTS = 4 };

/* A cell: one step. Inputs of all times are projected at once, x kernel + bias with "kernel" [in, gates units] and "bias"
 * [gates units]. `declare` names the cell's further parameters, below "<name>" (nn_parameter), in weights[0..n_weights).
 * `step` appends one step to a graph: it gets its part of the projection, [batch, gates units], the weights and the states,
 * each [batch, units], and writes the next ones; state 0 is what the layer gives. It sees no other values: it is the body of
 * a loop (ag_scan). */
typedef struct nn_cell {
  const char *who; /* "nn_lstm" */
  int gates, states, n_weights;
  void (*declare)(nn_model *m, int64_t units, ag_ref *weights, const void *ctx);
  void (*step)(ag_graph *g, ag_ref projected, int64_t units, const ag_ref *weights, const ag_ref *state,
               ag_ref *next, const void *ctx);
  nn_initializer bias; /* how the bias starts; fill NULL: 0 */
} nn_cell;

typedef struct nn_recurrent_options {
  bool last;          /* gives [batch, units], the last step's */
  bool reverse;       /* from the last time to the first; results stand where their inputs do */
  bool bidirectional; /* both, side by side: [batch, time, 2 units] */
  int layers;         /* stacked; 0 = 1 */
  double dropout;     /* between layers */
  bool no_bias;
  ag_ref
      mask; /* [batch, time], of TN_U8 or the model's type: where it is 0 the states stay (and are given again) */
  ag_ref initial[NN_CELL_STATES]; /* [layers directions, batch, units], as in PyTorch; id 0 = zeros */
  bool
      stateful; /* a batch goes on where the last one ended, in training: buffers "<name>/state0", "<name>/state1", shaped so,
                    0 until set; every batch has as many rows; in NN_EVAL read, not written. Set them to 0 to start anew */
  ag_ref *final; /* gets the last states, shaped so, one for each state of the cell; NULL = not wanted */
} nn_recurrent_options;

/* x [batch, time, in] -> [batch, time, units]. Below "<name>" stand "<layer>/" if there are several, and "forward/"
 * or "backward/" if bidirectional. A loop (ag_scan): compiling takes no longer for
 * long sequences, and memory grows with their length. */
ag_ref nn_recurrent(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_cell *cell,
                    const void *ctx, const nn_recurrent_options *options);
/* One step: x [batch, in], state[0..states) [batch, units] each (id 0 = zeros) -> the next states, of which 0 is
 * returned too. Of one name and shape with a layer it has the layer's parameters: for a loop of one's own. */
ag_ref nn_recurrent_step(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_cell *cell,
                         const void *ctx, bool no_bias, const ag_ref *state, ag_ref *next);

#ifdef __cplusplus
}
#endif
#endif
