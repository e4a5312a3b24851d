/* reduction.c - see reduction.h. */
#include "reduction.h"

#include "../model/text.h"

/* terms times weights; the weights have the shape of the first axes of the terms. */
static ag_ref weighted(nn_model *m, const char *who, ag_ref terms, ag_ref weights) {
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, terms), w = ag_type_of(g, weights);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (w.rank > t.rank || w.dtype != t.dtype || !tn_same_shape(w.rank, w.shape, w.rank, t.shape)) {
    nn_fail(m, TN_ESHAPE, "%s: the weights, %s %s, must have the first axes of the terms, %s %s", who,
            tn_dtype_name(w.dtype), nn_shape_text(have, w.rank, w.shape), tn_dtype_name(t.dtype),
            nn_shape_text(want, t.rank, t.shape));
    return (ag_ref){0};
  }
  while (w.rank < t.rank) w.shape[w.rank++] = 1;
  return ag_mul(g, terms, ag_reshape(g, weights, w.rank, w.shape));
}

ag_ref nn_reduce(nn_model *m, const char *who, ag_ref terms, const nn_loss_options *o) {
  if (!nn_building(m)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, terms);
  nn_reduction reduction = o ? o->reduction : NN_MEAN;
  if (o && o->weights.id) terms = weighted(m, who, terms, o->weights);
  if (reduction == NN_NONE) return terms;
  ag_ref sum = ag_sum_all(g, terms);
  if (reduction == NN_MEAN) return ag_scale(g, sum, 1 / (double)tn_numel(t.rank, t.shape));
  if (reduction == NN_BATCH_MEAN) return ag_scale(g, sum, 1 / (double)(t.rank ? t.shape[0] : 1));
  if (reduction == NN_SUM) return sum;
  nn_fail(m, TN_EINVAL, "%s: there is no reduction %d", who, (int)reduction);
  return (ag_ref){0};
}
