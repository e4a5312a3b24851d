/* summary.h - what a command says at its end. Talk: the caller passes stderr; the numbers are in metrics.tsv.
 */
#ifndef SBNN_TABLES_SUMMARY_H
#define SBNN_TABLES_SUMMARY_H

#include "results/results.h"

#include <stdbool.h>
#include <stdio.h>

/* cv: mean and sd (ddof 0) over folds of train and test R2 by model and stage, then the final test R2 of each
 * response, best first. train: the R2 of each stage, the responses, and the genes. */
void sbnn_print_summary(FILE *to, const sbnn_results *r);

/* One sentence if the best R2 of all models is near 0 or below, else nothing: what to check. `tested`: it is
 * of test cells. */
void sbnn_print_low_r2(FILE *to, double best, bool tested);

/* A line for each model: its final R2, of the test cells where there are some. */
void sbnn_print_short(FILE *to, const sbnn_results *r);

#endif
