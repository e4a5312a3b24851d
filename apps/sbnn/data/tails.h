/* tails.h - responses that a few cells decide: those whose variance lies in the largest values. */
#ifndef SBNN_DATA_TAILS_H
#define SBNN_DATA_TAILS_H

#include "data/dataset.h"

/* Of one response: the part of its sum of squares about the mean that the 1 % of the cells (one at least)
 * farthest from the mean hold; a normal distribution has 0.09. */
typedef struct sbnn_tail {
  double part;  /* as the rule of --y-transform leaves it; 0 for a constant */
  double log1p; /* after log(1 + y); NaN: y has values of -1 or less, or the rule has done it already */
  size_t cell;  /* the farthest */
} sbnn_tail;

/* Above this part a response is ruled by a few cells. M1's ephys: 0.07 to 0.24; antibody counts of two
 * CITE-seq sets: 0.09 to 0.96, after log1p 0.03 to 0.40. */
#define SBNN_TAIL_HEAVY 0.5

/* Of response r; missing values are passed over. `rule`: of y_transform.h, valid for d (NULL: none); clr
 * counts as log1p. Pure. */
sbnn_tail sbnn_response_tail(const sbnn_dataset *d, const char *rule, size_t r);

/* What helps the responses of the list (each heavy), as words: "--y-transform 'log1p:A,log1p:B,none'" for
 * those that log1p brings below SBNN_TAIL_HEAVY, and for others which cell to look at. The caller frees. */
char *sbnn_tail_advice(const sbnn_dataset *d, const char *rule, const size_t *response, size_t n);

#endif
