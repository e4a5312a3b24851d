/* minimize.h - update rules, and nn_minimize: from a loss to updated parameters in one call. */
#ifndef NABLA_NN_OPTIM_MINIMIZE_H
#define NABLA_NN_OPTIM_MINIMIZE_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an update rule works on: one parameter and its gradient. slots[k] is the state named slot_names[k] of the rule; it
 * starts at 0 and has the parameter's shape, or that of slot_type. */
typedef struct nn_update_step {
  ag_graph *g;
  const void *options; /* the rule's options */
  ag_ref p, dp;
  const ag_ref *slots;
  ag_ref *new_slots; /* receives the next values of the slots */
  ag_ref lr, step;   /* scalars; step is 1 at the first step */
} nn_update_step;

/* One update rule. `update` returns the parameter's next value and writes new_slots. nn_minimize and nn_update use the rule
 * before they return. Zero unused fields. */
typedef struct nn_optimizer {
  int n_slots;
  const char *slot_names[4]; /* "adam/m": the slot of "a/kernel" is "adam/m/a/kernel" */
  ag_ref (*update)(const nn_update_step *u);
  const void *options;
  /* The step size, for proximal operators: a scalar, or one number per row, [..., 1]. Called after `update`, and reads
   * new_slots. NULL: this rule has none, and proximal operators are refused. */
  ag_ref (*step_size)(const nn_update_step *u);
  double lr; /* for nn_update */
  /* Changes the parameter's type to that of slot number `slot`. NULL: slots have the parameter's type. */
  void (*slot_type)(const void *options, int slot, ag_type *type);
} nn_optimizer;

/* Minimizes the scalar `loss` over all trained parameters: those that are not frozen and that the loss depends on. No such
 * parameter is an error. May be called for several losses over disjoint parameters; they share the step counter and the
 * schedule. For transforms and parameter groups see gradients.h. */
void nn_minimize(nn_model *m, ag_ref loss, const nn_optimizer *optimizer, double lr);

/* False, and building fails, if options is NULL: the options hold the learning rate. For your own optimizers. */
bool nn_options_given(nn_model *m, const char *who, const void *options);

/* A row of the table of optimizers, from which tests and the reference page are made. */
typedef struct nn_optimizer_row {
  const char *name, *doc;
  void (*sample)(nn_model *m, ag_ref loss, double lr); /* with the defaults */
} nn_optimizer_row;

#ifdef __cplusplus
}
#endif
#endif
