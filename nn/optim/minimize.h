/* minimize.h - what an update rule is; from a loss to updated parameters in one call. */
#ifndef NABLA_NN_OPTIM_MINIMIZE_H
#define NABLA_NN_OPTIM_MINIMIZE_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One update rule. `slots[k]` are the parameter's state refs named in slot_names, of its shape (or slot_type's) and
 * initially 0; new_slots[k] their next values. `lr` and `step` (1 at the first step) are scalar refs. Returns
 * the parameter's next value. All of it is used before nn_minimize or nn_update returns. Zero what is unused. */
typedef struct nn_optimizer {
  int n_slots;
  const char *slot_names[4]; /* "adam/m": the slot of "a/kernel" is "adam/m/a/kernel" */
  ag_ref (*update)(ag_graph *g, const void *options, ag_ref parameter, ag_ref gradient, const ag_ref *slots,
                   ag_ref *new_slots, ag_ref lr, ag_ref step);
  const void *options;
  /* For proximal operators: the size of this step, a scalar or one number a row, [..., 1]. NULL: there is
   * none of that form. */
  ag_ref (*step_size)(ag_graph *g, const void *options, const ag_ref *new_slots, ag_ref lr, ag_ref step);
  double lr; /* for nn_update */
  /* Turns the parameter's type into that of a slot. NULL: it is the same. */
  void (*slot_type)(const void *options, int slot, ag_type *type);
} nn_optimizer;

/* Minimizes the scalar `loss` over all parameters that are neither frozen nor without influence on it; none
 * left is an error. May be called for several losses over disjoint parameters; they share the step counter
 * and the schedule. With transforms and groups between: gradients.h. */
void nn_minimize(nn_model *m, ag_ref loss, const nn_optimizer *optimizer, double lr);

/* Whether options are there: else building fails, for they hold the learning rate. For optimizers of one's own. */
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
