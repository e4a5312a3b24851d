/* deepsets.c - a function of sets of any size: rows are gathered, transformed, and summed by set. The network
 * learns mean and spread of the numbers of a set from examples. Source: Zaheer et al. 2017, Deep Sets. */
#include "tutorial.h"

#include <math.h>

enum { SETS = 64, ITEMS = 512, TABLE = 1000, STEPS = 1500 };

/* ids [ITEMS] are rows of a table of numbers, set [ITEMS] is the set that each item belongs to. The whole
 * graph is one batch, so the model has one row. */
static void network(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  ag_ref table = ag_constant(g, *(const tn_view *)ctx);
  ag_ref ids = ag_reshape(g, nn_input_typed(m, "ids", TN_I32, 1, (int64_t[]){ITEMS}), 1, (int64_t[]){ITEMS});
  ag_ref set = ag_reshape(g, nn_input_typed(m, "set", TN_I32, 1, (int64_t[]){ITEMS}), 1, (int64_t[]){ITEMS});
  ag_ref want = ag_reshape(g, nn_input(m, "want", 2, (int64_t[]){SETS, 2}), 2, (int64_t[]){SETS, 2});

  ag_ref h = ag_gather(g, table, ids); /* [ITEMS, 1] */
  h = nn_dense(m, "item/1", ag_elu(g, nn_dense(m, "item/0", h, 32, NULL), 1), 16, NULL);
  ag_ref one = ag_broadcast(g, ag_like(g, h, 1), 2, (int64_t[]){ITEMS, 1});
  ag_ref sum = ag_scatter_add(g, h, set, SETS), size = ag_scatter_add(g, one, set, SETS);
  ag_ref mean = ag_div(g, sum, size);
  ag_ref y = nn_dense(m, "set/1", ag_elu(g, nn_dense(m, "set/0", mean, 32, NULL), 1), 2, NULL);
  ag_ref loss = nn_mse(m, y, want);
  nn_report(m, "mse", loss);
  nn_output(m, "y", ag_reshape(g, y, 3, (int64_t[]){1, SETS, 2}));
  nn_adam(m, loss, &(nn_adam_options){.lr = 3e-3});
}

/* Draws sets of random size and location; they depend on the step only. */
static void draw(uint32_t step, const float *table, int32_t *ids, int32_t *set, float *want) {
  double sum[SETS] = {0}, square[SETS] = {0}, size[SETS] = {0}, center[SETS], width[SETS];
  tn_rng rng = {.seed = 3, .step = step};
  for (int i = 0; i < SETS; i++)
    center[i] = (double)(tn_rng_u64(rng, (uint64_t)i) % 600), width[i] = 20 + 5 * i;
  for (int i = 0; i < ITEMS; i++) {
    int k = i < SETS ? i : (int)(tn_rng_u64(rng, (uint64_t)(1000 + i)) % SETS); /* no set is empty */
    ids[i] = (int32_t)(center[k] + fmod((double)tn_rng_u64(rng, (uint64_t)(9000 + i)), width[k]));
    set[i] = k;
    sum[k] += table[ids[i]], square[k] += table[ids[i]] * table[ids[i]], size[k]++;
  }
  for (int k = 0; k < SETS; k++) {
    want[2 * k] = (float)(sum[k] / size[k]);
    want[2 * k + 1] = (float)sqrt(fmax(0, square[k] / size[k] - want[2 * k] * want[2 * k]));
  }
}

int main(void) {
  static float table[TABLE], want[1][SETS][2], y[1][SETS][2];
  static int32_t ids[1][ITEMS], set[1][ITEMS];
  for (int i = 0; i < TABLE; i++) table[i] = (float)i / TABLE * 2 - 1;
  tn_view values = tn_matrix(table, TN_F32, TABLE, 1);
  nn_model *m;
  nn_trainer *t;
  NEED(nn_model_new(&(nn_model_options){.batch = 1}, network, &values, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  NEED(nn_trainer_new(m, s, &(nn_trainer_options){.seed = 1}, &t), nn_state_error(s));
  const nn_column columns[] = {{"ids", tn_matrix(ids, TN_I32, 1, ITEMS)},
                               {"set", tn_matrix(set, TN_I32, 1, ITEMS)},
                               {"want", tn_view_of(want, TN_F32, 3, (int64_t[]){1, SETS, 2})}};
  const nn_feed batch = {.columns = columns, .n = 3};
  for (uint32_t step = 1; step <= STEPS; step++) {
    draw(step, table, ids[0], set[0], want[0][0]);
    NEED(nn_trainer_step(t, &batch, NULL), nn_state_error(s));
  }
  draw(0, table, ids[0], set[0], want[0][0]);
  NEED(nn_trainer_predict(t, &batch, "y", tn_view_of(y, TN_F32, 3, (int64_t[]){1, SETS, 2})),
       nn_state_error(s));
  double error = 0;
  for (int k = 0; k < SETS; k++) error += fabs(y[0][k][0] - want[0][k][0]) / SETS;
  nn_trainer_free(t), nn_state_free(s), nn_model_free(m);
  return figure("1 - mean error of the means", 1 - error, 0.97);
}
