/* recurrent.h - sequences: a cell repeated over time. */
#ifndef NABLA_NN_LAYERS_RECURRENT_H
#define NABLA_NN_LAYERS_RECURRENT_H

#include "../init/initializer.h"
#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NN_CELL_STATES = 2, NN_CELL_WEIGHTS = 4 };

/* A cell: one time step of a recurrent layer.
 * The layer first projects the inputs of all times at once: x kernel + bias, with parameters "kernel" [in, gates * units] and
 * "bias" [gates * units]. `declare` declares the cell's other parameters (nn_parameter) into weights[0..n_weights). `step`
 * builds one step: from the projection of its time, the weights and the states it computes the next states; next[0] is also
 * the layer's output. It is the body of a loop (ag_scan), so it must use no other value of the graph. */
typedef struct nn_cell_step {
  ag_graph *g;
  ag_ref projected; /* [batch, gates * units] */
  int64_t units;
  const ag_ref *weights, *state; /* state[.]: [batch, units] */
  ag_ref *next;                  /* for the results, of the states' shape */
  const void *options;           /* the cell's own */
} nn_cell_step;

typedef struct nn_cell {
  const char *who; /* "nn_lstm" */
  int gates, states, n_weights;
  void (*declare)(nn_model *m, int64_t units, ag_ref *weights, const void *options);
  void (*step)(const nn_cell_step *s);
  nn_initializer bias; /* how the bias starts; fill NULL: 0 */
  const void *options; /* passed to `declare` and `step` */
} nn_cell;

typedef struct nn_recurrent_options {
  bool last;          /* returns the last step only: [batch, units] */
  bool reverse;       /* runs from the last time to the first; output t belongs to input t */
  bool bidirectional; /* runs both ways and concatenates: [batch, time, 2 units] */
  int layers;         /* stacked; 0 = 1 */
  double dropout;     /* between layers */
  bool no_bias;
  /* [batch, time], of TN_U8 or the model's type. Where it is 0 the states do not change, and the output is repeated. */
  ag_ref mask;
  ag_ref initial[NN_CELL_STATES]; /* [layers directions, batch, units], as in PyTorch; id 0 = zeros */
  /* Each training batch starts from the states in which the previous one ended. They are the buffers "<name>/state0" and
   * "<name>/state1", of the shape of `initial`, 0 at first. All batches must have the same number of rows. NN_EVAL reads them
   * and does not write them. Set them to 0 to begin a new sequence. */
  bool stateful;
  /* receives the last states, one ref per state, of the shape of `initial`; NULL = not wanted */
  ag_ref *final;
} nn_recurrent_options;

/* x [batch, time, in] -> [batch, time, units]. Parameter names get "<layer>/" if there are several layers, and "forward/" or
 * "backward/" if bidirectional. Built on ag_scan: compile time does not depend on the length of the sequence, and memory is
 * linear in it. */
ag_ref nn_recurrent(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_cell *cell,
                    const nn_recurrent_options *options);

typedef struct nn_recurrent_state {
  const ag_ref *now; /* [states], each [batch, units]; id 0 = zeros */
  ag_ref *next;      /* receives the next ones; may be `now` */
  bool no_bias;
} nn_recurrent_state;

/* One step, for your own loop: x [batch, in]. Returns next[0]. With the name and units of a layer it shares that layer's
 * parameters. */
ag_ref nn_recurrent_step(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_cell *cell,
                         nn_recurrent_state state);

#ifdef __cplusplus
}
#endif
#endif
