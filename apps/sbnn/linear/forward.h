/* forward.h - forward selection of genes for a linear model of all responses at once. */
#ifndef SBNN_LINEAR_FORWARD_H
#define SBNN_LINEAR_FORWARD_H

#include "linear/moments.h"

#include <stddef.h>

/* Chooses k genes one by one, each the one that lowers the residual sum of squares over all responses most,
 * given those before it; of equal ones the first. Columns are centred.
 * chosen[k]: columns of x in the order of choice; gain[k] (may be NULL): by how much each lowered the
 * residual, as part of |Y|^2. A gene of which less than 1e-3 of the mean square is left counts as if that
 * much were left, which keeps copies of chosen genes out. Returns how many were chosen: fewer than k when no
 * other gene lowers the residual. All in f64; takes n x p more doubles while it works. Any thread. */
size_t sbnn_forward_select(const sbnn_linear_data *d, size_t k, size_t *chosen, double *gain);

#endif
