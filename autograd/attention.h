/* attention.h - attention in blocks of queries (compose/attention.c); part of autograd.h, which includes it. */
#ifndef NABLA_AG_ATTENTION_H
#define NABLA_AG_ATTENTION_H

typedef struct ag_attention_options {
  bool causal;    /* query i sees keys 0 to i only */
  ag_ref visible; /* [n, keys], of the type of q: 1 = visible, 0 = hidden; id 0 = all visible */
  int64_t rows;   /* queries of a block; 0 = 64 */
} ag_attention_options;

/* softmax(q k') v along the keys for each of n heads: q [n, queries, width], k [n, keys, width], v [n, keys, any] ->
 * [n, queries, any]. A query that sees no key gets the mean of all values. No array of queries
 * by keys is ever made, also not by the derivatives, to any order: they compute the scores of a block again. Heads are
 * spread over the run's threads. Source: Dao et al. 2022; Rabe and Staats 2021. */
ag_ref ag_attention(ag_graph *g, ag_ref q, ag_ref k, ag_ref v, const ag_attention_options *options);

#endif
