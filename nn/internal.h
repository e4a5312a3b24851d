/* internal.h - shared by the files of nn/model, train, optim, prox, penalties, solve, data and files (not
 * installed). Layers, losses and metrics use public calls only and do not include it.
 *
 *   model/registry.c  names -> variables        model/model.c     building, the plan cache
 *   model/state.c     one replica's slab        train/exec.c      a plan bound to a state and to batches
 *   train/hoist.c     frozen layers, once a row train/diagnose.c  why a fit became non-finite
 *   train/fit.c       the fit loop */
#ifndef NABLA_NN_INTERNAL_H
#define NABLA_NN_INTERNAL_H

#include "autograd/expressions.h"
#include "nn/model/text.h"
#include "nn/nn.h"

#include <pthread.h>

enum { NN__NAME = 256, NN__MESSAGE = 256, NN__SCOPES = 32 };

/* Writes the formatted text to message (NN__MESSAGE bytes, or NULL) and returns status. */
tn_status nn__say(char *message, tn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- registry ---------------------------------------------------------------------------------------- */

typedef enum nn__kind { NN__PARAMETER, NN__BUFFER, NN__SLOT, NN__STEP } nn__kind;

/* What is applied after a parameter's update: see prox/constraint.h, optim/average.h. */
enum { NN__MAX_CONSTRAINTS = 4 };
typedef struct nn__constraint {
  nn_constraint *f;
  const void *ctx; /* NULL: number is its context */
  double number;
} nn__constraint;
typedef struct nn__averaging { /* all 0: there is no average */
  double decay;
  int64_t start, every;
} nn__averaging;

typedef struct nn__variable {
  char *name;
  nn__kind kind;
  int owner; /* for a slot: the index of its parameter; else -1 */
  ag_type type;
  int64_t offset;      /* in elements, from the start of the slab */
  nn_initializer init; /* for a parameter */
  double value;        /* initial value of a buffer */
  /* Valid only in the build with this number: */
  uint32_t build;
  ag_ref ref;
  bool frozen;
  nn_prox_function *prox; /* NULL: none */
  const void *prox_ctx;   /* NULL: prox_lambda is its context */
  double prox_lambda;
  nn__constraint constraints[NN__MAX_CONSTRAINTS];
  int n_constraints;
  nn__averaging average;
} nn__variable;

typedef struct nn__named { /* a named output or report */
  char *name;
  uint32_t build;
  ag_ref ref;
} nn__named;

typedef enum nn__purpose {
  NN__FIT,         /* a step of a fit: reports and updates */
  NN__TRACE,       /* reports and updated values, no effects, trapping the first non-finite node */
  NN__ONE_STEP,    /* as NN__FIT, without hoisted values */
  NN__WATCH,       /* the terms of the loss that depend on parameters alone */
  NN__EVALUATE,    /* reports */
  NN__VALIDATE,    /* reports of the validation rows of a fit */
  NN__HOIST,       /* the hoisted values of NN__FIT: see nn__hoist */
  NN__HOIST_VALID, /* the hoisted values of NN__VALIDATE */
  NN__PREDICT      /* one named output */
} nn__purpose;

enum {
  NN__LEAF_RATE = -1,
  NN__LEAF_COLUMN = -2,
  NN__LEAF_GIVEN = -3 /* -3, -4, ...: the first, the second hoisted value, ... */
};
enum { NN__MAX_HOISTED = 8, NN__MAX_TERMS = 64 };

typedef struct nn__plan {
  nn__purpose purpose;
  int output; /* NN__PREDICT: the index of the output, else -1 */
  int64_t rows;
  tn_dtype dtype;
  ag_plan *plan;
  int64_t length;
  int n_outputs;
  int n_losses; /* outputs after the first n_outputs: terms of the losses, which are not reported */
  int n_given;
  bool trains; /* there is an optimizer */
  bool still;  /* an optimizer has rate 0 */
  double lr;   /* that of the first optimizer */
  int *leaf;   /* per leaf of the plan: index of the variable, or NN__LEAF_ */
} nn__plan;

struct nn_model {
  const tn_alloc *alloc;
  tn_dtype dtype;
  int64_t batch, eval_batch, usual_length;
  int threads;
  bool no_hoist;
  nn_network *network;
  void *ctx;

  nn__variable *variables;
  size_t n_variables, cap_variables;
  int64_t slab; /* elements */
  nn__named reports[NN_MAX_REPORTS];
  int n_reports;
  nn__named *outputs;
  size_t n_outputs, cap_outputs;
  bool sealed; /* the first build is done: states may exist, so no variable can be added */

  /* The current build; graph is NULL between builds. */
  ag_graph *graph;
  nn_mode mode;
  int64_t rows, length;
  uint32_t build;
  char scope[NN__NAME], full_name[NN__NAME]; /* the open scopes, joined by '/' */
  size_t outer[NN__SCOPES];                  /* the length of `scope` outside each open scope */
  const char *layer[NN__SCOPES];
  int n_scopes;
  bool minimizes, still;
  int n_rules;             /* nn_update calls so far */
  int every;               /* steps per update (nn_accumulate, nn_sum_over_ranks); 0 = each step is one */
  ag_ref applies, applied; /* with `every`: whether this step is an update, and the number of updates */
  bool sums;               /* nn_sum_over_ranks was called in this build */
  int shards;              /* its argument in any build: batches per update; 0 = not called */
  const tn_ranks *ranks;   /* NULL: one process */
  nn_gradients *gradients; /* those of this build */
  double lr;
  int64_t widest; /* elements per row of the largest column */
  ag_ref rate, step;
  const struct nn__solving *solving; /* inputs are constants: solve/solve_model.c */
  ag_ref *updates;
  size_t n_updates, cap_updates;
  ag_ref *losses; /* the losses of this build */
  size_t n_losses, cap_losses;

  pthread_mutex_t lock; /* guards building and the cache below */
  nn__plan **plans;
  size_t n_plans, cap_plans;
  tn_status status; /* result of the first build */
  char error[512];
};

/* Finds or registers a variable and appends its leaf (its ref). NULL, and building fails, if it does not fit;
 * the message begins with `who`. The pointer is valid until the next call. */
nn__variable *nn__declare(nn_model *m, const char *who, const char *name, nn__kind kind, int rank,
                          const int64_t *shape);
/* The slot "prefix/parameter" of parameter number `index`; type NULL: the parameter's type. All values that
 * belong to a parameter and are kept between steps are declared here, so that they are frozen, copied and
 * pruned with it. */
ag_ref nn__slot_of(nn_model *m, const char *who, const char *prefix, int index, const ag_type *type);
nn__variable *nn__find(const nn_model *m, const char *name);
bool nn__declared(const nn_model *m, const nn__variable *v); /* in this build */
bool nn__glob(const char *pattern, const char *text);
/* The next matching parameter declared so far, from *at on (start with 0); NULL: there is none left. */
nn__variable *nn__match(nn_model *m, const char *glob, size_t *at);
/* Whether a parameter matches; if not, building fails with a message that begins with `who`. */
bool nn__matches(nn_model *m, const char *who, const char *glob);
/* The same for a property that the optimizer reads: it is refused after the optimizer. */
bool nn__matches_in_time(nn_model *m, const char *who, const char *glob);

/* Writes "a/b" to a buffer of NN__NAME bytes; false, and building fails, if it is too long. */
bool nn__join(nn_model *m, char *buffer, const char *a, const char *b);
char *nn__strdup(const tn_alloc *a, const char *text);
bool nn__same_type(const ag_type *a, const ag_type *b);

/* ---- model ------------------------------------------------------------------------------------------- */

struct nn__hoisted;

/* How a model is used: which plan, how many rows at once, and from which data. */
typedef struct nn__use {
  nn__purpose purpose;
  const char *output;   /* NN__PREDICT: its name */
  int64_t rows, length; /* length 0: the model's usual one */
  const nn_data *data;
  const nn_weights *weights;       /* NULL: all 1 */
  const struct nn__hoisted *given; /* for NN__FIT and NN__VALIDATE, else NULL; borrowed */
  bool open;                       /* there is no data set: the caller fills the staging memory of the
                                    * columns */
} nn__use;

/* A plan from the cache, built if need be. It lives as long as the model. On failure message (NN__MESSAGE
 * bytes, may be NULL) gets the sentence. */
TN_MUST_CHECK tn_status nn__plan_get(nn_model *m, nn__purpose purpose, const char *output, int64_t rows,
                                     const nn__plan **out, char *message);
/* The same from a use, whose data and hoisted values are ignored. */
TN_MUST_CHECK tn_status nn__plan_for(nn_model *m, const nn__use *use, const nn__plan **out, char *message);

/* Resets the members of a build; m->graph is the new graph. */
void nn__begin_build(nn_model *m, nn_mode mode, int64_t rows, int64_t length);

/* ---- layers ------------------------------------------------------------------------------------------ */

void nn__initialize(const nn__variable *v, tn_rng key, tn_view out);
nn_initializer nn__named_initializer(nn_init init);

/* ---- optimizers ------------------------------------------------------------------------------------------ */

struct nn_gradients {
  nn_model *m;
  nn_gradient *of;
  int *index; /* index of the variable */
  bool *done; /* a rule has taken it */
  int n;
  bool accumulates;
  nn_gradients *next;
};

void nn__gradients_free(nn_model *m); /* frees those of the build */
/* True before the first rule. After it a transform would have no effect: building fails, with a message that
 * begins with `who`. */
bool nn__changeable(nn_gradients *d, const char *who);
/* Counts steps up to k: m->applies is 1 in every k-th step, m->applied the number of updates so far. Returns the number of
 * the step within its update, from 0. */
ag_ref nn__count_updates(nn_model *m, const char *who, int k);
void nn__begin_training(nn_model *m); /* the leaves "lr" and "step" */
void nn__assign(nn_model *m, ag_ref state, ag_ref value);
ag_ref nn__constrained(nn_model *m, const nn__variable *v, ag_ref value);
void nn__average(nn_gradients *d, int index, ag_ref value);
/* nn__applied: `value` if this step is an update, else `before`. nn__updates: the number of the update, from
 * 1. */
ag_ref nn__applied(const nn_gradients *d, ag_ref value, ag_ref before);
ag_ref nn__updates(const nn_gradients *d);

/* Applies the variable's proximal operator to its next value. */
ag_ref nn__prox(nn_model *m, const nn__variable *v, ag_ref value, ag_ref step);

/* ---- optimizers ---------------------------------------------------------------------------------------- */

extern const ag_expression nn__expressions[]; /* of update rules and penalties' gradients */

/* ---- state ------------------------------------------------------------------------------------------- */

struct nn_state {
  const nn_model *model;
  void *slab;
  bool *given; /* per variable: initialized, loaded or copied */
  char error[NN__MESSAGE];
};

/* The name of an unset value; NULL: all are set. */
const char *nn__state_unset(const nn_state *s);
/* TN_EINVAL, with a message, for a state of another model or one with an unset value. */
TN_MUST_CHECK tn_status nn__state_check(const nn_model *m, nn_state *s, const char *who);
void nn__state_given(nn_state *s); /* marks all values as set */

size_t nn__slab_bytes(const nn_model *m);
tn_view nn__view(const nn_state *s, const nn__variable *v);
bool nn__finite(const nn_state *s);
/* Sets the state's message and returns status. */
tn_status nn__state_fail(nn_state *s, tn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- columns --------------------------------------------------------------------------------------- */

/* Checks that a column of one type may be read as the other; else message[NN__MESSAGE] says why not. */
TN_MUST_CHECK tn_status nn__column_converts(const char *column, tn_dtype from, tn_dtype to, char *message);
/* Checks that the rows of a column can be read as those of a leaf; else message[NN__MESSAGE] says why not. */
TN_MUST_CHECK tn_status nn__column_fits(const char *column, const tn_view *have, const ag_type *type,
                                        char *message);
/* After made->fill failed for rows[0..n): writes the column, the rows and the generator's reason to
 * message[NN__MESSAGE]. Returns TN_EIO. */
tn_status nn__column_not_made(const char *column, const nn_generator *made, const int64_t *rows, int64_t n,
                              char *message);

/* ---- execution --------------------------------------------------------------------------------------- */

#define NN__ROW_WEIGHTS "row weights"
typedef struct nn__weighting { /* the columns of nn_weights; one without memory means 1 */
  tn_view rows, labels;
  const double *classes;
  int64_t n_classes;
} nn__weighting;

typedef struct nn__column { /* an input leaf and the source of its rows */
  int leaf;
  tn_view source, stage;
  tn_view source_row, stage_row; /* without axis 0 */
  size_t row_bytes;
  bool plain; /* rows are copied as bytes */
  nn_generator
      made; /* has `fill` for a generated column; source is then memory for a batch, `numbers` the rows in
             * it */
  int64_t *numbers;
  nn__weighting weighting; /* of NN__ROW_WEIGHTS */
} nn__column;

/* A plan bound to a state and to staging memory of its own. */
typedef struct nn__runner {
  const tn_alloc *alloc;
  const nn__plan *plan;
  ag_run *run;
  nn__column *columns;
  int n_columns;
  union {
    float f32;
    double f64;
  } rate;
  char why[NN__MESSAGE]; /* why a column could not be generated */
} nn__runner;

/* Hoisted values: columns for what each step of a fit would compute again, as frozen layers that depend only
 * on the data. One row for each row of the data; only rows of the split are filled. */
typedef struct nn__hoisted {
  tn_array column[NN__MAX_HOISTED];
  int n;
} nn__hoisted;

/* Computes the hoisted values of a use whose purpose is NN__FIT or NN__VALIDATE. */
TN_MUST_CHECK tn_status nn__hoist(nn_model *m, nn_state *s, const nn__use *use, nn_split rows,
                                  nn__hoisted *out);
void nn__hoisted_free(nn__hoisted *h);

TN_MUST_CHECK tn_status nn__runner_new(nn_model *m, nn_state *s, const nn__use *use, nn__runner *out);
/* One step on the rows in staging memory. */
TN_MUST_CHECK tn_status nn__runner_run(nn__runner *r, double lr, tn_rng rng);
bool nn__runner_finite(const nn__runner *r); /* whether the reports and losses of the last step are finite */
void nn__runner_free(nn__runner *r);         /* safe on a zeroed struct */
/* One step on rows rows[0..n) of the data, or on first, first + 1, ... if rows is NULL. */
TN_MUST_CHECK tn_status nn__runner_step(nn__runner *r, const int64_t *rows, int64_t first, double lr,
                                        tn_rng rng);
double nn__runner_value(const nn__runner *r, int report);

/* A pass over n rows: full batches, then a shorter one. The number of rows in the use is ignored. */
typedef struct nn__pass {
  nn__runner full, rest;
  int64_t n, batch, steps;
} nn__pass;

TN_MUST_CHECK tn_status nn__pass_new(nn_model *m, nn_state *s, const nn__use *use, nn_split rows,
                                     nn__pass *out);
void nn__pass_free(nn__pass *p);
nn__runner *nn__pass_runner(nn__pass *p, int64_t k);
/* The message of a step that failed: that of the run if it has one. */
const char *nn__why(const nn__runner *r, tn_status status);
/* Means of the reports over the split, in order; on failure the state has the message. */
TN_MUST_CHECK tn_status nn__pass_means(nn__pass *p, nn_state *s, const char *who, nn_split split,
                                       double *means);

/* Row weights (train/weights.c): finds their columns in the data; generates them as a column; checks that the
 * network reads it if weights are given. */
TN_MUST_CHECK tn_status nn__weighting_of(nn_state *s, const nn_data *d, const nn_weights *w,
                                         nn__weighting *out);
bool nn__fill_weights(void *weighting, const int64_t *rows, int64_t n, tn_view out);
bool nn__weights_given(const nn_weights *w);
TN_MUST_CHECK tn_status nn__weights_read(nn_state *s, const char *who, const nn__pass *p,
                                         const nn_weights *w);

/* The number of rows of a split; checks that they exist (else the state has a message). */
int64_t nn__split_size(const nn_data *d, nn_split split);
/* The generator of a column, or NULL. */
const nn_generator *nn__data_generator(const nn_data *d, const char *name);
TN_MUST_CHECK tn_status nn__split_check(nn_state *s, const char *who, const nn_data *d, nn_split split);

/* The number, over all ranks, of the batch that this rank takes in step `step`; `step` itself without
 * nn_sum_over_ranks. */
int64_t nn__shard(const nn_model *m, int64_t step);
int nn__steps_of_update(const nn_model *m); /* on each rank; 1 without nn_sum_over_ranks */

/* ---- training ---------------------------------------------------------------------------------------- */

typedef struct nn__fit {
  nn_model *model;
  nn_state *state;
  const nn_data *data;
  nn_split rows;
  const nn_fit_options *options;
  nn_fit_result *result;
  const char *phase;
  int first;   /* epoch */
  int monitor; /* index of the report, -1 = none */
  nn__hoisted hoisted, hoisted_valid;
  nn__pass train, valid;
  nn__runner watch;   /* zeroed: no term must be watched separately */
  int64_t used;       /* rows of an epoch; with ranks, rows that do not fill an update are left out */
  int64_t *order;     /* the rows of this epoch, shuffled */
  void *start, *best; /* copies of the slab */
  uint32_t shuffle, seed;
  const char *names[NN_MAX_REPORTS];
} nn__fit;

/* Steps of a fit (exec.c), for training and for the replay of diagnose.c. */
double nn__fit_rate(const nn__fit *f, int epoch, int64_t k); /* the learning rate of a step */
void nn__fit_shuffle(nn__fit *f, int epoch);
TN_MUST_CHECK tn_status nn__fit_step(nn__fit *f, int epoch, int64_t k);

/* The terms of the losses, each once: those that depend on data or random numbers (of_data), or the
 * others. */
int nn__watched(nn_model *m, bool of_data, ag_ref *out, int room);
/* The others are watched separately, after some epochs. */
TN_MUST_CHECK tn_status nn__watch_new(nn__fit *f);
bool nn__watch_finite(nn__fit *f);
bool nn__watch_due(const nn__fit *f, int epoch); /* whether to check them after that epoch */

/* After a value became non-finite in step k of an epoch or before: restores the state after the last step
 * that left all values finite, and reports where the first non-finite value arose. */
tn_status nn__diagnose(nn__fit *f, int epoch, int64_t k);

/* ---- solvers: a function compiled with its derivatives, over one vector (solve/problem.c) ---------------- */

typedef enum nn__derivative {
  NN__GRADIENT, /* the value and its gradient */
  NN__HESSIAN,  /* the value, its gradient, and the Hessian times v */
  NN__JACOBIAN  /* residuals, and their derivative in the direction v */
} nn__derivative;

typedef struct nn__problem {
  const tn_view *views; /* the caller's */
  int n;
  int64_t size; /* number of elements of all parameters */
  int64_t m;    /* number of elements of the function's value */
  nn__derivative derivative;
  ag_plan *plan;
  ag_run *run;
  double *x, *v; /* [size], bound to the plan's leaves */
  nn_solve_options o;
  nn_solve_result *result;
} nn__problem;

/* Compiles f. `views` (the start), `n`, `derivative` and `result` of the problem must be set. On failure the
 * result has the message, and the problem owns nothing. */
TN_MUST_CHECK tn_status nn__problem_open(nn__problem *p, const char *who, ag_function *f, const void *ctx,
                                         const nn_solve_options *o);
void nn__problem_free(nn__problem *p);

/* Evaluates at p->x (and p->v). False: a value is not finite. */
bool nn__evaluate(nn__problem *p);
double nn__value(const nn__problem *p);
void nn__outputs(const nn__problem *p, int first, double *out); /* outputs `first` and following as one
                                                                 * vector */

/* The rows of a column as a constant, while a solver builds the network; id 0 if that fails. */
ag_ref nn__solving_input(nn_model *m, const char *column, const ag_type *type);
void nn__store(const nn__problem *p, const double *x); /* copies x to the caller's views */
double nn__dot(const double *a, const double *b, int64_t n);
double nn__largest(const double *a, int64_t n);
tn_status nn__solved(nn__problem *p, tn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
