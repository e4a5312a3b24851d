/* overlap.c - see overlap.h. */
#include "overlap.h"

ag_ref nn_dice(nn_model *m, ag_ref p, ag_ref target, double smooth, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_dice", p, target, 1)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  unsigned axes = ((1u << ag_type_of(g, p).rank) - 1) & ~1u;
  ag_ref both = ag_sum(g, ag_mul(g, p, target), axes, false);
  ag_ref all = ag_sum(g, ag_add(g, p, target), axes, false);
  ag_ref share = ag_div(g, ag_offset(g, ag_scale(g, both, 2), smooth), ag_offset(g, all, smooth));
  return nn_reduce(m, "nn_dice", ag_sub(g, ag_like(g, share, 1), share), o);
}

static ag_ref images(nn_model *m, const ag_ref *in) { return nn_dice(m, in[0], in[1], 1, NULL); }

static const nn_sample samples[] = {{.name = "images",
                                     .n_in = 2,
                                     .in = {{.rank = 3, .shape = {2, 3, 4}, .low = 0, .high = 1},
                                            {.rank = 3, .shape = {2, 3, 4}, .low = 0, .high = 1}},
                                     .build = images}};

const nn_row nn_loss_dice = {"nn_dice", "Dice loss: 1 minus the overlap of two regions.", samples, 1};
