/* verdict_limits.h - where doubt begins, and how that was measured: real responses, and responses shuffled
 * among the cells, of the demonstration's data (100 to 600 cells; 300 and 1000 genes, of which 25 matter) and
 * of M1 (1213 cells, and samples of 177, 350 and 600 of them), by `train`, `cv` and `stability` with the
 * defaults. Agreement is 1 where two runs choose the same genes, 0 as by chance; p: paper's recipe, f:
 * forward selection, l: group lasso.
 *
 *                              real, 600 to 1213 cells    real, 100 to 350 cells    shuffled
 *   norm of rank 1 / 26        5.1 to 16                  1.02 to 1.11              1.02 to 1.10 (M1, 1213: 3.2)
 *   genes above chance, of 25  11 to 20                   3 to 9                    0 or 1
 *   agreement of folds, p      0.55, 0.97                 0.00, 0.07                0.00
 *   agreement of folds, f l    0.78 to 1.00               0.42 to 0.91              0.18 to 0.61
 *   of restarts, p             0.77, 1.00                 0.01, 0.10                0.04, 0.06
 *   of disjoint halves, p      0.20, 0.37                 0.04                      0.04 to 0.13
 *   of disjoint halves, f l    0.39 to 0.98               f 0.14, 0.17; l 0.32, 0.68    0.00 to 0.03
 *   test R2 of folds           0.39 to 0.83               0.18 to 0.81              -0.25 to -0.11
 *   markers kept, of 25        25                         9 to 16                   1 to 3
 *
 * Norms alone do not tell the shuffled responses of many cells; the genes above chance and unseen cells do.
 */
#ifndef SBNN_VERDICT_VERDICT_LIMITS_H
#define SBNN_VERDICT_VERDICT_LIMITS_H

#define SBNN_LIMIT_NORMS  2.0
#define SBNN_LIMIT_CHANCE (1.0 / 3) /* part of the genes kept */
#define SBNN_LIMIT_FOLDS  0.3
/* Folds share most of their cells, and so most of what is chance in them. */
#define SBNN_LIMIT_FOLDS_LINEAR  0.65
#define SBNN_LIMIT_RESTARTS      0.3
#define SBNN_LIMIT_HALVES        0.15
#define SBNN_LIMIT_HALVES_LINEAR 0.25
#define SBNN_LIMIT_R2            0.02 /* of unseen cells; of a response, below 0 */
#define SBNN_LIMIT_LINEAR        2.0  /* standard errors over folds that the linear model is ahead */

#endif
