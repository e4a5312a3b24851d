/* attention.h - attention in blocks of queries (compose/attention.c); part of autograd.h, which includes it. */
#ifndef NABLA_AG_ATTENTION_H
#define NABLA_AG_ATTENTION_H

typedef struct ag_attention_options {
  bool causal;    /* query i sees keys 0 to i only */
  ag_ref visible; /* [n, keys], of the type of q: 1 = visible, 0 = hidden; id 0 = all visible */
  int64_t rows;   /* queries of a block; 0 = 64 */
} ag_attention_options;

/* softmax(q k') v along the keys for each of n heads: q [n, queries, width], k [n, keys, width], v [n, keys,
 * any] -> [n, queries, any]. A query that sees no key gets the mean of all values. No array [queries, keys]
 * is ever stored, nor in derivatives of any order: they recompute the scores of a block. Heads are divided
 * among the run's threads. Source: Dao et al. 2022; Rabe and Staats 2021. */
ag_ref ag_attention(ag_graph *g, ag_ref q, ag_ref k, ag_ref v, const ag_attention_options *options);

#endif
