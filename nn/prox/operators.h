/* operators.h - the table of proximal operators: one line each. */
#include "constraint.h"
#include "prox.h"
#include "prox_group_lasso.h"
#include "prox_l1.h"
#include "prox_nonnegative.h"
