/* custom_optimizer.c - an optimizer is a function that appends nodes: from parameter, gradient and slots to
 * the next values. These nodes are fused and run like all others.
 *
 * Lion (Chen et al. 2023) moves by the sign of an interpolated momentum. */
#include <nabla/nn/nn.h>

#include <stdio.h>

enum { ROWS = 256, INPUTS = 4 };

typedef struct lion_options {
  double beta1, beta2;
} lion_options;

static ag_ref lion(const nn_update_step *u) {
  const lion_options *o = u->options;
  ag_graph *g = u->g;
  ag_ref m = u->slots[0]; /* the momentum, 0 at first */
  ag_ref direction = ag_add(g, ag_scale(g, m, o->beta1), ag_scale(g, u->dp, 1 - o->beta1));
  u->new_slots[0] = ag_add(g, ag_scale(g, m, o->beta2), ag_scale(g, u->dp, 1 - o->beta2));
  return ag_sub(g, u->p, ag_mul(g, u->lr, ag_sign(g, direction)));
}

static void network(nn_model *m, void *ctx) {
  static const lion_options options = {0.9, 0.99};
  static const nn_optimizer rule = {
      .n_slots = 1, .slot_names = {"lion/m"}, .update = lion, .options = &options};
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){INPUTS}), y = nn_input(m, "y", 1, (int64_t[]){1});
  ag_ref h = ag_elu(g, nn_dense(m, "hidden", x, 32, NULL), 1);
  ag_ref mse = nn_mse(m, nn_dense(m, "readout", h, 1, NULL), y);
  nn_report(m, "mse", mse);
  nn_minimize(m, mse, &rule, 3e-3);
}

int main(void) {
  static float x[ROWS][INPUTS], y[ROWS];
  double before[NN_MAX_REPORTS], after[NN_MAX_REPORTS];
  nn_data *data = NULL;
  nn_model *model = NULL;
  nn_state *state = NULL;
  tn_view momentum;
  tn_rng_normal((tn_rng){.stream = tn_stream("x")}, tn_matrix(x, TN_F32, ROWS, INPUTS));
  for (int r = 0; r < ROWS; r++) y[r] = x[r][0] * x[r][1] + x[r][2];

  tn_status status = nn_data_new(NULL, &data);
  if (status == TN_OK) status = nn_data_add(data, "x", tn_matrix(x, TN_F32, ROWS, INPUTS));
  if (status == TN_OK) status = nn_data_add(data, "y", tn_matrix(y, TN_F32, ROWS, 1));
  if (status == TN_OK) status = nn_model_new(NULL, network, NULL, &model);
  if (status == TN_OK) status = nn_state_new(model, &state);
  if (status == TN_OK) {
    nn_state_init(state, 3, 0);
    status = nn_evaluate(model, state, data, (nn_split){0}, before);
  }
  nn_fit_options fit = {.epochs = 80, .schedule = nn_cosine};
  if (status == TN_OK) status = nn_fit(model, state, data, (nn_split){0}, &fit, NULL);
  if (status == TN_OK) status = nn_evaluate(model, state, data, (nn_split){0}, after);

  int failed = 1;
  if (status == TN_OK) {
    printf("mse %.4f, after 80 epochs of Lion %.4f\n", before[0], after[0]);
    failed = !(after[0] < 0.05 * before[0] && nn_state_find(state, "lion/m/hidden/kernel", &momentum));
  } else {
    fprintf(stderr, "%s: %s%s%s\n", tn_status_text(status), nn_data_error(data), model ? nn_error(model) : "",
            state ? nn_state_error(state) : "");
  }
  nn_state_free(state);
  nn_model_free(model);
  nn_data_free(data);
  return failed;
}
