/* bilinear.c - see bilinear.h. */
#include "bilinear.h"

#include "../model/text.h"

/* Computes a kernel[u] for all u, [units, batch, k], then the inner product of each row with b. */
ag_ref nn_bilinear(nn_model *m, const char *name, ag_ref a, ag_ref b, int64_t units, bool no_bias) {
  if (!nn_enter(m, "nn_bilinear", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type x = ag_type_of(g, a), y = ag_type_of(g, b);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (x.rank != 2 || y.rank != 2 || x.shape[0] != y.shape[0])
    return nn_refuse(m, TN_ESHAPE, "the inputs must be [batch, n] and [batch, k], not %s and %s",
                     nn_shape_text(have, x.rank, x.shape), nn_shape_text(want, y.rank, y.shape));
  int64_t n = x.shape[1], k = y.shape[1], batch = x.shape[0];
  ag_ref kernel = nn_parameter(m, "kernel", 3, (int64_t[]){units, n, k}, NN_LECUN_UNIFORM);
  ag_ref first = ag_contract(g, ag_reshape(g, a, 3, (int64_t[]){1, batch, n}), kernel, false, false);
  ag_ref sums = ag_sum_axis(g, ag_mul(g, first, ag_reshape(g, b, 3, (int64_t[]){1, batch, k})), -1, false);
  ag_ref z = ag_transpose2(g, sums); /* sums are [units, batch] */
  if (!no_bias) z = ag_add(g, z, nn_parameter(m, "bias", 1, &units, NN_ZEROS));
  return nn_leave(m, z);
}

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_bilinear(m, "bi", in[0], in[1], 2, false); }

static const nn_sample samples[] = {{.name = "pair",
                                     .n_in = 2,
                                     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 5}}},
                                     .build = plain}};

const nn_row nn_layer_bilinear = {
    "nn_bilinear", "Weighted sums of all products of an element of one input and an element of the other.",
    samples, 1};
