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
