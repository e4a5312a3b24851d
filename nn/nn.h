/* nn.h - networks as functions over named parameters, penalties, optimizers, data, training, checkpoints.
 *
 * A network is a function that appends nodes to a graph. The model calls it once per mode and batch size,
 * remembers the named parameters it met, and caches the compiled plans. Values live in a state, apart from
 * the model, so that many replicas (folds, restarts) share one model.
 *
 *     static void network(nn_model *m, void *ctx) {
 *       ag_graph *g = nn_graph(m);
 *       ag_ref x = nn_input(m, "genes", 1, (int64_t[]){1000}), y = nn_input(m, "ephys", 1, (int64_t[]){16});
 *       ag_ref h = ag_elu(g, nn_dense(m, "encoder/0", x, 512, NULL), 1.0);
 *       ag_ref mse = nn_mse(m, nn_dense(m, "readout", h, 16, NULL), y);
 *       nn_report(m, "mse", mse);
 *       ag_ref loss = ag_add(g, mse, nn_group_lasso(m, "encoder/0/kernel", 0.1));
 *       nn_freeze(m, "readout/bias");
 *       nn_adam(m, loss, &(nn_adam_options){.lr = 1e-4});
 *     }
 *
 *   names    "encoder/0/kernel"; globs match with '*' (any characters, also '/'), '?', '[01]'
 *   errors   building is sticky, as in autograd.h, and nn_error(m) has the sentence; of calls that take a
 *            state, nn_state_error(s)
 *   threads  a model may be shared: plans are built under its lock, or ahead by nn_prepare; a state belongs
 *            to one thread at a time */
#ifndef NABLA_NN_H
#define NABLA_NN_H

#include "../autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- model ------------------------------------------------------------------------------------------- */

typedef struct nn_model nn_model;
typedef struct nn_state nn_state;
typedef struct nn_data nn_data;

typedef void nn_network(nn_model *m, void *ctx);

typedef struct nn_model_options {
  const tn_alloc *alloc; /* NULL = default; borrowed by the model and its states */
  tn_dtype dtype;        /* TN_F32 (0) or TN_F64: of parameters and inputs */
  int64_t batch;         /* rows of a training step; 0 = 32 */
  int64_t eval_batch;    /* rows of an evaluation step; 0 = 256 */
  int threads;           /* inside an op; 0 = 1, right unless the model is large and runs alone */
  bool no_hoist;         /* a fit computes frozen layers in each step, not once for each row */
} nn_model_options;

/* Builds the network once in training mode to learn its parameters. `ctx` is borrowed until nn_model_free. On
 * failure *out is still a model, whose nn_error explains (NULL only if out of memory); free it all the same.
 */
TN_MUST_CHECK tn_status nn_model_new(const nn_model_options *options, nn_network *network, void *ctx,
                                     nn_model **out);
void nn_model_free(nn_model *m);
const char *nn_error(const nn_model *m);

/* Compiles ahead all plans needed to train, evaluate and predict so many rows, so that no thread waits for
 * another that builds one. */
TN_MUST_CHECK tn_status nn_prepare(nn_model *m, int64_t train_rows, int64_t eval_rows);

/* ---- inside a network function ----------------------------------------------------------------------- */

typedef enum nn_mode { NN_TRAIN, NN_EVAL } nn_mode;

ag_graph *nn_graph(nn_model *m); /* the graph under construction */
nn_mode nn_mode_of(const nn_model *m);
int64_t nn_batch(const nn_model *m); /* rows of this build */

/* A column of the data: shape [batch, row_shape...], of the model's type. */
ag_ref nn_input(nn_model *m, const char *column, int rank, const int64_t *row_shape);

/* Parameters, outputs and reports are settled by the first build: name the same ones in every mode. An output
 * is [batch, ...] and what nn_predict can ask for; a report is a scalar mean over the batch, averaged over an
 * epoch, of which there are NN_MAX_REPORTS at most. What no loss, output or report needs is not computed. */
enum { NN_MAX_REPORTS = 8 };
void nn_output(nn_model *m, const char *name, ag_ref x);
void nn_report(nn_model *m, const char *name, ag_ref x);

/* Initial values are a pure function of key, parameter name and shape. Fans are those of a [.., in, out]
 * kernel, times the leading extents; a vector's are both its length. A uniform's bound is a; the normal of
 * the same name has the same variance, a^2 / 3, and is not cut off. */
typedef enum nn_init {
  NN_ZEROS,
  NN_ONES,
  NN_GLOROT_UNIFORM, /* U(-a, a), a = sqrt(6 / (in + out)); Glorot & Bengio 2010 */
  NN_GLOROT_NORMAL,
  NN_HE_UNIFORM, /* a = sqrt(6 / in); He et al. 2015 */
  NN_HE_NORMAL,
  NN_LECUN_UNIFORM, /* a = sqrt(3 / in); LeCun et al. 1998 */
  NN_LECUN_NORMAL
} nn_init;

/* A trained value of the model's type. The same name and shape again is the same parameter (shared weights);
 * another shape is an error. A name has at most 255 bytes. */
ag_ref nn_parameter(nn_model *m, const char *name, int rank, const int64_t *shape, nn_init init);
/* A value that the network updates by itself with ag_assign, in NN_TRAIN (a running mean): saved with the
 * parameters, never trained. */
ag_ref nn_buffer(nn_model *m, const char *name, int rank, const int64_t *shape, double value);

typedef struct nn_dense_options {
  nn_init kernel; /* 0 (NN_ZEROS) = glorot uniform: a zero kernel never trains */
  bool no_bias;
} nn_dense_options;

/* x [batch, in] -> x kernel + bias [batch, units]; parameters "<name>/kernel" [in, units] and "<name>/bias"
 * [units]. */
ag_ref nn_dense(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_dense_options *options);
/* Of any shape; both are x itself in NN_EVAL. `name` is the random stream: give each its own. Dropout: an
 * element is 0 with probability rate (0 <= rate < 1), else x / (1 - rate). Noise: x + sd * N(0, 1). */
ag_ref nn_dropout(nn_model *m, const char *name, ag_ref x, double rate);
ag_ref nn_gaussian_noise(nn_model *m, const char *name, ag_ref x, double sd);

typedef enum nn_activation {
  NN_LINEAR,
  NN_ELU,
  NN_RELU,
  NN_TANH,
  NN_SIGMOID,
  NN_SELU,
  NN_SILU,
  NN_GELU,
  NN_SOFTPLUS
} nn_activation;
ag_ref nn_activate(nn_model *m, ag_ref x, nn_activation f); /* elementwise; ELU with alpha 1 */

/* Losses and metrics: rank-0 means over the batch of two values of one shape (no broadcasting: TN_ESHAPE).
 * labels: one-hot or probabilities, like logits [batch, classes]. */
ag_ref nn_mse(nn_model *m, ag_ref prediction, ag_ref target); /* over all elements */
ag_ref nn_mae(nn_model *m, ag_ref prediction, ag_ref target); /* over all elements */
/* In nats: mean over the rows of -sum labels * log softmax(logits). */
ag_ref nn_softmax_cross_entropy(nn_model *m, ag_ref logits, ag_ref labels);
/* The fraction whose largest logit is the largest label; of equal ones the first counts. */
ag_ref nn_accuracy(nn_model *m, ag_ref logits, ag_ref labels);

/* Penalties: the sum over the parameters declared so far whose name matches the glob; rank 0. No match is an
 * error. A weight of 0 costs nothing. f and ctx are used before the call returns. */
typedef ag_ref nn_penalty_function(ag_graph *g, ag_ref parameter, void *ctx); /* returns a scalar */
ag_ref nn_penalty(nn_model *m, const char *glob, nn_penalty_function *f, void *ctx);
ag_ref nn_l1(nn_model *m, const char *glob, double lambda);
ag_ref nn_l2(nn_model *m, const char *glob, double lambda); /* lambda * sum of squares */
/* lambda * sum over rows (along the last axis; two axes or more) of the row's l2 norm; the derivative is 0 at
 * a row of zeros. */
ag_ref nn_group_lasso(nn_model *m, const char *glob, double lambda);
ag_ref nn_elastic_net(nn_model *m, const char *glob, double l1, double l2);

/* Proximal operators: a property of the matching parameters declared so far, for penalties whose zeros are to
 * be exact. Instead of adding the penalty h to the loss, each step of the optimizer is followed by
 *     p <- prox(p, t) = argmin_u h(u) + |u - p|^2 / (2 t)
 * before p is assigned. t is the step size: that of the optimizer, one number a row (a row runs along the
 * last axis), of shape [..., 1], or a scalar:
 * - SGD: t = lr / (1 - momentum), what the momentum adds up to; without momentum exact proximal gradient
 * descent
 * - RMSprop: t = lr / (sqrt(mean of v over the row) + epsilon)
 * - Adam: t = lr / (sqrt(mean of v-hat over the row) + epsilon), v-hat = v / (1 - beta2^step)
 * Adam steps each element by its own size, in whose metric a row has no closed form; here all elements of a
 * row shrink as if they had the step of their root mean square gradient. So lambda is not that of the penalty
 * in the loss: there it is one more gradient, which Adam divides by the root of v with the rest; here v knows
 * the loss alone, and a row stays 0 while its mean gradient is shorter than about lambda. Source: Parikh &
 * Boyd 2014, Proximal algorithms; Yun, Lozano & Yang 2021, Adaptive proximal gradient methods. Not applied to
 * frozen parameters nor to those the loss does not depend on. Errors: after the optimizer; a second operator
 * on one parameter; an optimizer without step sizes. `ctx` is borrowed until the network function returns. A
 * penalty's value for a report: nn_group_lasso and the like. */
typedef ag_ref nn_prox_function(ag_graph *g, ag_ref parameter, ag_ref step, const void *ctx);
void nn_prox(nn_model *m, const char *glob, nn_prox_function *f, const void *ctx);
void nn_prox_l1(nn_model *m, const char *glob, double lambda); /* sign(p) max(0, |p| - lambda t) */
/* row max(0, 1 - lambda t / |row|): rows become 0 as a whole, exactly. Two axes or more. */
void nn_prox_group_lasso(nn_model *m, const char *glob, double lambda);
/* The group lasso with a penalty for each row of a matrix [rows, n]: `lambda` [rows, 1], of the model's type,
 * each
 * >= 0, borrowed as ctx is. With penalties that are higher where rows are shorter, those that matter are
 * hardly shrunk: Zou 2006, The adaptive lasso; Wang & Leng 2008, A note on adaptive group lasso. */
void nn_prox_adaptive_lasso(nn_model *m, const char *glob, const tn_view *lambda);
void nn_prox_nonnegative(nn_model *m, const char *glob); /* max(p, 0) */

/* From here on the matching parameters declared so far are constants: no gradient, no update. No match is an
 * error. */
void nn_freeze(nn_model *m, const char *glob);

/* ---- optimizers: graph, ended by assigns; nothing is appended in NN_EVAL ----------------------------- */

/* One update rule. `slots[k]` are the parameter's state refs named in slot_names, of its shape and initially
 * 0; new_slots[k] their next values. `lr` and `step` (1 at the first step) are scalar refs. Returns the
 * parameter's next value. All of it is used before nn_minimize returns. */
typedef struct nn_optimizer {
  int n_slots;
  const char *slot_names[4]; /* "adam/m": the slot of "a/kernel" is "adam/m/a/kernel" */
  ag_ref (*update)(ag_graph *g, const void *options, ag_ref parameter, ag_ref gradient, const ag_ref *slots,
                   ag_ref *new_slots, ag_ref lr, ag_ref step);
  const void *options;
  /* For proximal operators: the size of this step, a scalar or one number a row, [..., 1]. NULL: there is
   * none of that form. */
  ag_ref (*step_size)(ag_graph *g, const void *options, const ag_ref *new_slots, ag_ref lr, ag_ref step);
} nn_optimizer;

/* Minimizes the scalar `loss` over all parameters that are neither frozen nor without influence on it; none
 * left is an error. May be called for several losses over disjoint parameters; they share the step counter
 * and the schedule. */
void nn_minimize(nn_model *m, ag_ref loss, const nn_optimizer *optimizer, double lr);

/* velocity = momentum * velocity + gradient; p -= lr * velocity, with nesterov lr * (gradient + momentum *
 * velocity). */
typedef struct nn_sgd_options {
  double lr, momentum;
  bool nesterov;
} nn_sgd_options;
void nn_sgd(nn_model *m, ag_ref loss, const nn_sgd_options *o);

/* v = rho * v + (1 - rho) * gradient^2; p -= lr * gradient / (sqrt(v) + epsilon) */
typedef struct nn_rmsprop_options {
  double lr, rho, epsilon; /* 0 = 0.9, 1e-7 */
} nn_rmsprop_options;
void nn_rmsprop(nn_model *m, ag_ref loss, const nn_rmsprop_options *o);

/* p -= lr sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon): Keras' place of epsilon (Kingma & Ba
 * 2015, end of section 2); torch_epsilon puts it on the corrected root. weight_decay is decoupled (AdamW). */
typedef struct nn_adam_options {
  double lr, beta1, beta2, epsilon; /* 0 = 0.9, 0.999, 1e-7 */
  double weight_decay;
  bool torch_epsilon;
} nn_adam_options;
void nn_adam(nn_model *m, ag_ref loss, const nn_adam_options *o);

/* ---- state: one replica's values ---------------------------------------------------------------------- */

/* All parameters, buffers, optimizer slots and the step counter, in one slab, zero until nn_state_init or
 * nn_state_load. Row-major. The model must outlive it. */
TN_MUST_CHECK tn_status nn_state_new(const nn_model *m, nn_state **out);
void nn_state_free(nn_state *s);
void nn_state_init(nn_state *s, uint32_t seed, uint32_t replica); /* initial parameters, slots zero, step 0 */

int nn_state_count(const nn_state *s);
const char *nn_state_name(const nn_state *s, int i);
tn_view nn_state_view(const nn_state *s, int i);                       /* borrowed, writable */
bool nn_state_find(const nn_state *s, const char *name, tn_view *out); /* false: no such value */
const char *nn_state_error(const nn_state *s); /* the sentence of the last call that failed with this state */

/* Copies every "<from><rest>" of src into "<to><rest>" of dst where both exist with equal shape; returns how
 * many. Slots and the step counter have names too: copy with "" and "" to carry everything, or only
 * parameters with params_only. */
int nn_state_copy(nn_state *dst, const char *to, const nn_state *src, const char *from, bool params_only);
TN_MUST_CHECK tn_status nn_state_clone(const nn_state *s, nn_state **out);

/* dst becomes src without the inputs that are not in rows[0..n): all of equal shape is copied, and of
 * `kernel` the listed rows are gathered, in that order. Slots and step counter follow if carry_moments, and
 * are zeroed otherwise. `kernel` is [inputs, ...] in src and [n, ...] in dst; TN_EINVAL (no such parameter or
 * row), TN_ESHAPE: dst is as before and nn_state_error(dst) has the sentence. */
TN_MUST_CHECK tn_status nn_prune_inputs(nn_state *dst, const nn_state *src, const char *kernel,
                                        const int64_t *rows, int64_t n, bool carry_moments);

/* safetensors; written under a temporary name and renamed. `metadata`: n pairs of strings, may be NULL.
 * Loading needs every parameter and buffer of the model, of equal shape and type; optimizer values that the
 * file lacks become 0, and tensors the model lacks are passed over. On failure the state is as before, and
 * message (>= 256 bytes, may be NULL) has the sentence. TN_ENOTSUP in a build without jansson. */
TN_MUST_CHECK tn_status nn_state_save(const nn_state *s, const char *path, const char *const (*metadata)[2],
                                      int n, char *message);
TN_MUST_CHECK tn_status nn_state_load(nn_state *s, const char *path, char *message);

/* ---- files of tensors (safetensors) ------------------------------------------------------------------ */

/* A named array. dtype is the format's word: "F64", "F32", "I64", "I32", "U64", "U32", "U8", ... Elements are
 * row-major and little-endian, nn_tensor_type_bytes each. */
size_t nn_tensor_type_bytes(const char *dtype); /* 0: the format has no such type */
typedef struct nn_tensor {
  const char *name, *dtype;
  int rank; /* of one that was read: -1 = above TN_MAX_RANK */
  int64_t shape[TN_MAX_RANK];
  const void *data;
  size_t bytes; /* of one that was read; when writing they follow from dtype and shape */
} nn_tensor;

/* Writes n tensors in the order given, under a temporary name that is renamed once all of it is on disk.
 * `metadata`: n_metadata pairs of strings, may be NULL. Data begin at a multiple of 8 bytes; who gives the
 * widest types first has every tensor aligned. TN_EIO, TN_EINVAL (a dtype the format lacks), TN_ENOTSUP (a
 * build without jansson): message as above. */
TN_MUST_CHECK tn_status nn_tensor_file_write(const tn_alloc *alloc, const char *path,
                                             const nn_tensor *tensors, size_t n,
                                             const char *const (*metadata)[2], int n_metadata, char *message);

/* A file mapped into memory: data is read from disk when it is touched, and shared between processes. The
 * header is checked, and that the tensors cover the data without gap or overlap; TN_EFORMAT if not. Tensors,
 * in the file's order, and metadata are borrowed until close. `data` may be misaligned in a file of others.
 * The file must not be cut short while it is open. Threads: an open file is read-only. */
typedef struct nn_tensor_file nn_tensor_file;
TN_MUST_CHECK tn_status nn_tensor_file_open(const tn_alloc *alloc, const char *path, nn_tensor_file **out,
                                            char *message);
size_t nn_tensor_file_count(const nn_tensor_file *f);
const nn_tensor *nn_tensor_file_at(const nn_tensor_file *f, size_t i);
const nn_tensor *nn_tensor_file_find(const nn_tensor_file *f, const char *name); /* NULL: none */
const char *nn_tensor_file_metadata(const nn_tensor_file *f, const char *key);   /* NULL: none */
void nn_tensor_file_close(nn_tensor_file *f);                                    /* NULL is allowed */

/* ---- data -------------------------------------------------------------------------------------------- */

/* Named columns with one row count. A column's view is borrowed: rows along axis 0, any strides, any type (a
 * batch is converted to the model's). Once filled it may be shared by any number of threads. */
TN_MUST_CHECK tn_status nn_data_new(const tn_alloc *alloc, nn_data **out);
void nn_data_free(nn_data *d);
TN_MUST_CHECK tn_status nn_data_add(nn_data *d, const char *name,
                                    tn_view column); /* TN_ESHAPE: another row count; TN_EINVAL: the name */
int64_t nn_data_rows(const nn_data *d);
bool nn_data_column(const nn_data *d, const char *name, tn_view *out);

/* An index list into the rows of a data set; borrowed. rows == NULL: all of them, in order, whatever n. */
typedef struct nn_split {
  const int64_t *rows;
  int64_t n;
} nn_split;

/* Column means and population sds of the listed rows (f64 [columns] each), and (x - mean) / sd in place; a
 * constant column, sd 0, becomes 0. x is a matrix. */
void nn_standardize_fit(tn_view x, nn_split rows, double *mean, double *sd);
void nn_standardize_apply(tn_view x, const double *mean, const double *sd);

/* 1 - sum (y - f)^2 / sum y^2, pooled over all elements (column < 0) or for one column. y is centred by the
 * caller. */
double nn_r2(tn_view y, tn_view f, int column);

/* ---- training ---------------------------------------------------------------------------------------- */

typedef struct nn_epoch { /* what a callback sees */
  int epoch, epochs;      /* epoch counts from 1 */
  double lr;
  int n_reports;
  const char *const *names; /* of the reports */
  const double *train;      /* running means over the epoch's batches, weighted by rows */
  const double *valid;      /* after the epoch; NULL without validation rows */
  nn_state *state;
} nn_epoch;

typedef struct nn_fit_options {
  int epochs;
  int first_epoch; /* 0 = 1; a fit that goes on from a checkpoint: one more than the epochs it had done */
  uint32_t seed, replica;
  const char *phase; /* names the random streams of this fit ("pretrain"); NULL = "" */
  double (*schedule)(void *ctx, int64_t step, int64_t steps); /* factor on the learning rate; NULL = 1 */
  void *schedule_ctx;
  nn_split valid;      /* n = 0: none */
  const char *monitor; /* a report: best weights and patience follow its validation mean (lower is better) */
  int patience;        /* epochs without improvement until stop; 0 = never stop */
  bool restore_best;   /* leave the state of the best epoch, not the last */
  /* After each epoch; false = stop (TN_ESTOPPED). May read the state (evaluate, predict, save), not change
   * it: after a NaN the fit is replayed. */
  bool (*on_epoch)(void *ctx, const nn_epoch *e);
  void *on_epoch_ctx;
} nn_fit_options;

typedef struct nn_fit_result {
  int epochs;     /* the last epoch done; 0 = none */
  int best_epoch; /* 0 without monitor */
  double best;
  char message[256]; /* why it failed; TN_ENUMERIC: epoch, step, node; the state is the last good one */
} nn_fit_result;

/* Reshuffles each epoch, gathers batches, steps. The last batch may be short. All randomness is a pure
 * function of seed, replica, phase, epoch and step: the order of an epoch (counted from 1) is
 * tn_rng_permutation with stream "shuffle/<phase>"; random nodes have their own streams under the key
 * seed ^ tn_stream("phase/<phase>"). `result` may be NULL. TN_EINVAL: options that do not go together, no
 * rows, rows or columns that the data lack, a state of another model; TN_ESHAPE: a column's rows; TN_ESTOPPED
 * by on_epoch, the epochs so far being done; TN_ENUMERIC; TN_ENOMEM. */
TN_MUST_CHECK tn_status nn_fit(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                               const nn_fit_options *o, nn_fit_result *result);
/* A schedule: (1 + cos(pi step / steps)) / 2, where steps counts from 0. Schedules must be pure. */
double nn_cosine(void *ctx, int64_t step, int64_t steps);

/* A record of the epochs: on_epoch = nn_history_record, on_epoch_ctx = a zeroed nn_history (which other
 * callbacks may also call). Recording stops the fit when memory runs out, with `status` saying so. */
typedef struct nn_history_row {
  int epoch;
  double lr, train[NN_MAX_REPORTS], valid[NN_MAX_REPORTS];
} nn_history_row;
typedef struct nn_history {
  int n;
  nn_history_row *rows;
  const tn_alloc *alloc; /* NULL = default */
  size_t capacity;
  tn_status status;
} nn_history;
bool nn_history_record(void *history, const nn_epoch *e);
void nn_history_free(nn_history *h);

/* Means of the reports over the rows in NN_EVAL, in the order in which the network named them; out has room
 * for NN_MAX_REPORTS. Errors of this and the next as of nn_fit. */
TN_MUST_CHECK tn_status nn_evaluate(nn_model *m, nn_state *s, const nn_data *d, nn_split rows, double *out);
/* One named output for the rows, in order; out [n, ...], contiguous, of the model's type. A row's bits follow
 * from the row alone, whichever others are asked for: its network must not mix rows. */
TN_MUST_CHECK tn_status nn_predict(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                                   const char *output, tn_view out);

/* Runs fn(ctx, replica) for n independent replicas on up to `threads` threads (0 = all there are), in any
 * order, all of them whatever fails; the first failure (lowest index) is returned. */
TN_MUST_CHECK tn_status nn_replicas(int64_t n, int threads, tn_status (*fn)(void *ctx, int64_t replica),
                                    void *ctx);

#ifdef __cplusplus
}
#endif
#endif
