/* Weights under other names and orders of axes, as PyTorch stores a linear layer. */
#include "test_nn.h"

Test(nn_import, linear_layers_of_pytorch) {
  knobs k = {.lr = 0.1};
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64}, small_network, &k);
  nn_state *s;
  char path[64], message[256] = "";
  float weight[HIDDEN][IN], bias[HIDDEN], head[OUT][HIDDEN];
  snprintf(path, sizeof path, "/tmp/nabla-import-%ld.safetensors", (long)getpid());
  for (int i = 0; i < HIDDEN * IN; i++) weight[i / IN][i % IN] = (float)i + 0.5F;
  for (int i = 0; i < HIDDEN; i++) bias[i] = (float)-i;
  for (int i = 0; i < OUT * HIDDEN; i++) head[i / HIDDEN][i % HIDDEN] = (float)i;
  nn_tensor file[] = {{.name = "0.weight", .dtype = "F32", .rank = 2, .shape = {HIDDEN, IN}, .data = weight},
                      {.name = "0.bias", .dtype = "F32", .rank = 1, .shape = {HIDDEN}, .data = bias},
                      {.name = "2.weight", .dtype = "F32", .rank = 2, .shape = {OUT, HIDDEN}, .data = head}};
  OK(nn_tensor_file_write(path, file, 3, NULL, 0, NULL));
  const int swapped[] = {1, 0}, wrong[] = {1, 1};
  nn_import_row rows[] = {{"hidden/kernel", "0.weight", swapped},
                          {"hidden/bias", "0.bias", NULL},
                          {"readout/kernel", "2.weight", swapped}};
  OK(nn_state_new(m, &s));
  OK(nn_state_import(s, path, rows, 3, message));
  cr_assert_eq(value_at(s, "hidden/kernel", 1 * HIDDEN + 2), weight[2][1]);
  cr_assert_eq(value_at(s, "hidden/bias", 3), -3);
  cr_assert_eq(value_at(s, "readout/kernel", 4 * OUT + 1), head[1][4]);
  OK(nn__state_check(m, s, "test")); /* all kernels have values; biases may be 0 */

  rows[0].axes = NULL;
  cr_assert_eq(nn_state_import(s, path, rows, 3, message), TN_ESHAPE);
  SAYS(message, "'0.weight' has [5, 4] in our order of axes, but 'hidden/kernel' has [4, 5]");
  rows[0].axes = wrong;
  cr_assert_eq(nn_state_import(s, path, rows, 3, message), TN_EINVAL);
  SAYS(message, "no permutation");
  rows[0] = (nn_import_row){"hidden/kernel", "9.weight", swapped};
  cr_assert_eq(nn_state_import(s, path, rows, 3, message), TN_EINVAL);
  SAYS(message, "the file has no '9.weight'");
  rows[0] = (nn_import_row){"hidden/scale", "0.weight", swapped};
  cr_assert_eq(nn_state_import(s, path, rows, 3, message), TN_EINVAL);
  SAYS(message, "the model has no 'hidden/scale'");
  cr_assert_eq(value_at(s, "hidden/bias", 3), -3);
  remove(path);
  nn_state_free(s);
  nn_model_free(m);
}

static void scaled(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref s = nn_parameter(m, "scale", 0, NULL, NN_ONES), p = nn_parameter(m, "p", 1, (int64_t[]){2}, NN_ONES);
  nn_report(m, "sum", ag_mul(nn_graph(m), s, ag_sum_all(nn_graph(m), p)));
}

/* A scalar needs no order of axes; what does not fit changes nothing. */
Test(nn_import, scalars_and_wrong_rows) {
  nn_model *m = make_model(NULL, scaled, NULL);
  nn_state *s = make_state(m, 1);
  char path[64], message[256] = "";
  double scale = 2.5;
  float pair[2] = {3, 4};
  int64_t whole[2] = {5, 6};
  const int none[1] = {0}, negative[] = {-1}, beyond[] = {1};
  snprintf(path, sizeof path, "/tmp/nabla-import-rows-%ld.safetensors", (long)getpid());
  nn_tensor file[] = {{.name = "scale", .dtype = "F64", .rank = 0, .data = &scale},
                      {.name = "pair", .dtype = "F32", .rank = 1, .shape = {2}, .data = pair},
                      {.name = "whole", .dtype = "I64", .rank = 1, .shape = {2}, .data = whole},
                      {.name = "empty", .dtype = "F32", .rank = 1, .shape = {0}, .data = NULL}};
  OK(nn_tensor_file_write(path, file, 4, NULL, 0, NULL));
  const struct {
    nn_import_row row;
    tn_status status;
    const char *says;
  } wrong[] = {
      {{"p", "whole", NULL}, TN_ETYPE, "'whole' is I64; F32 and F64 can be read"},
      {{"p", "pair", negative}, TN_EINVAL, "the axes of 'pair' are no permutation of its 1 axes"},
      {{"p", "pair", beyond}, TN_EINVAL, "the axes of 'pair' are no permutation of its 1 axes"},
      {{"p", "empty", NULL}, TN_ESHAPE, "'empty' has [0] in our order of axes, but 'p' has [2]"},
      {{"scale", "pair", NULL}, TN_ESHAPE, "'pair' has [2] in our order of axes, but 'scale' has []"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const nn_import_row rows[] = {{"scale", "scale", none}, wrong[i].row};
    cr_expect_eq(nn_state_import(s, path, rows, 2, message), wrong[i].status, "%s", message);
    SAYS(message, wrong[i].says);
    cr_expect_eq(value_at(s, "scale", 0), 1, "all rows or none");
  }
  const nn_import_row good[] = {{"scale", "scale", none}, {"p", "pair", none}};
  OK(nn_state_import(s, path, good, 2, NULL));
  cr_expect(value_at(s, "scale", 0) == 2.5 && value_at(s, "p", 1) == 4);
  cr_expect_eq(nn_state_import(NULL, path, good, 2, message), TN_EINVAL);
  cr_expect_eq(nn_state_import(s, NULL, good, 2, message), TN_EINVAL);
  cr_expect_eq(nn_state_import(s, path, NULL, 2, message), TN_EINVAL);
  SAYS(message, "an argument is NULL");
  remove(path);
  cr_expect_eq(nn_state_import(s, path, good, 2, message), TN_EIO);
  nn_state_free(s);
  nn_model_free(m);
}
