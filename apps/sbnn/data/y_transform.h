/* y_transform.h - transforms of the responses, applied before the z-score. A rule is one name for all responses
 * ("log1p"), or names by pattern ("clr:CD*,log1p:IgG*,none"). Patterns are those of a shell (* ? [a-z]); the
 * first that matches counts. A name without a pattern is for all responses; those that nothing matches stay
 * as they are.
 *
 *   none    no transform
 *   zscore  the same as none: every response is z-scored anyway
 *   log1p   log(1 + y)
 *   clr     log(1 + y) minus its mean over the cell's clr responses (centred log-ratio, pseudocount 1). The
 *           mean is lost, so it cannot be undone: predictions stay in units of clr
 *
 * Threads: pure functions of their arguments. */
#ifndef SBNN_DATA_Y_TRANSFORM_H
#define SBNN_DATA_Y_TRANSFORM_H

#include "sbnn.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum sbnn_y_transform { SBNN_Y_NONE, SBNN_Y_LOG1P, SBNN_Y_CLR } sbnn_y_transform;

const char *sbnn_y_transform_name(sbnn_y_transform transform);              /* "log1p"; static storage */
bool sbnn_y_transform_named(const char *name, sbnn_y_transform *transform); /* false: there is none */

bool sbnn_y_rule_valid(const char *rule); /* well-formed */

/* The transform of each of n names. NULL is "none". SBNN_USAGE: not well-formed. SBNN_BAD_INPUT: a pattern
 * that matches no name; clr for a single response. */
int sbnn_y_rule_apply(const char *rule, char *const *names, size_t n, sbnn_y_transform *transform,
                      sbnn_error *e);

/* out[0..n) from the responses of a cell; may be the same array. Returns n, or the first response that has no
 * transform (-1 and below under log1p and clr). */
size_t sbnn_y_forward(const sbnn_y_transform *transform, size_t n, const double *y, double *out);

/* SBNN_BAD_INPUT with the sentence for the value that sbnn_y_forward stopped at. */
int sbnn_y_no_value(sbnn_y_transform transform, const char *response, const char *cell, double value,
                    sbnn_error *e);

double sbnn_y_back(sbnn_y_transform transform, double v); /* to own units; of clr, v itself */

#endif
