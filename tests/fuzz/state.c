/* state.c - fuzzes files of tensors: opened, loaded into a model's state, imported by a table of names, and
 * written again. A state that could not be loaded must be as it was; one that could, be the same after it was
 * saved and loaded. */
#include "fuzz.h"
#include "nn/nn.h"

enum { MESSAGE = 256 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){3}), y = nn_input(m, "y", 1, (int64_t[]){2});
  ag_ref h = nn_batch_norm(m, "norm", nn_dense(m, "hidden", x, 2, NULL), NULL);
  ag_ref loss = nn_mse(m, nn_dense(m, "readout", h, 2, NULL), y);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 0.1});
}

static nn_model *model[2];

static void start(void) {
  for (int i = 0; i < 2; i++)
    if (nn_model_new(&(nn_model_options){.dtype = i ? TN_F64 : TN_F32}, network, NULL, &model[i]) != TN_OK)
      abort();
}

static nn_state *new_state(int i) {
  nn_state *s;
  if (nn_state_new(model[i], &s) != TN_OK) abort();
  nn_state_init(s, 1, 0);
  return s;
}

static void check_sentence(tn_status status, const char *message) {
  if (status != TN_OK && (!*message || strchr(message, '\n'))) abort();
}

static bool same(const nn_state *a, const nn_state *b) {
  bool all = true;
  for (int i = 0; i < nn_state_count(a); i++) {
    tn_view x = nn_state_view(a, i), y = nn_state_view(b, i);
    all &= memcmp(x.data, y.data, tn_view_bytes(&x)) == 0;
  }
  return all;
}

static void save_again(const nn_state *s, int i) {
  nn_state *again = new_state(i);
  char message[MESSAGE] = "", path[128];
  snprintf(path, sizeof path, "%s", fuzz_path("again"));
  if (nn_state_save(s, path, NULL, 0, message) != TN_OK) abort();
  if (nn_state_load(again, path, message) != TN_OK || !same(s, again)) abort();
  nn_state_free(again);
}

static void load(const char *path, int i) {
  nn_state *s = new_state(i), *before = new_state(i);
  char message[MESSAGE] = "";
  tn_status status = nn_state_load(s, path, message);
  check_sentence(status, message);
  if (status == TN_OK) save_again(s, i);
  else if (!same(s, before)) abort();
  nn_state_free(s), nn_state_free(before);
}

static void import(const char *path, int i) {
  const int swapped[] = {1, 0};
  const nn_import_row rows[] = {{"hidden/kernel", "0.weight", swapped},
                                {"hidden/bias", "0.bias", NULL},
                                {"readout/kernel", "readout/kernel", NULL}};
  nn_state *s = new_state(i), *before = new_state(i);
  char message[MESSAGE] = "";
  tn_status status = nn_state_import(s, path, rows, 3, message);
  check_sentence(status, message);
  if (status != TN_OK && !same(s, before)) abort();
  nn_state_free(s), nn_state_free(before);
}

/* What can be read and has a type and a rank of ours can be written, and is read as the same. */
static void write_again(const nn_tensor_file *f) {
  const size_t n = nn_tensor_file_count(f);
  nn_tensor_file *again;
  nn_tensor *all = malloc((n + 1) * sizeof *all);
  char message[MESSAGE] = "", path[128];
  size_t kept = 0;
  if (!all) abort();
  for (size_t i = 0; i < n; i++) {
    const nn_tensor *t = nn_tensor_file_at(f, i);
    if (t->rank >= 0 && nn_tensor_type_bytes(t->dtype)) all[kept++] = *t;
  }
  snprintf(path, sizeof path, "%s", fuzz_path("written"));
  if (nn_tensor_file_write(path, all, kept, NULL, 0, message) != TN_OK) abort();
  if (nn_tensor_file_open(NULL, path, &again, message) != TN_OK) abort();
  for (size_t i = 0; i < kept; i++) {
    const nn_tensor *t = nn_tensor_file_find(again, all[i].name);
    if (!t || t->bytes != all[i].bytes || t->rank != all[i].rank || strcmp(t->dtype, all[i].dtype) != 0 ||
        (t->bytes && memcmp(t->data, all[i].data, t->bytes) != 0))
      abort();
  }
  nn_tensor_file_close(again);
  free(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  nn_tensor_file *f;
  char message[MESSAGE] = "", path[128];
  if (!model[0]) start();
  snprintf(path, sizeof path, "%s", fuzz_write("state", data, size));
  tn_status status = nn_tensor_file_open(NULL, path, &f, message);
  check_sentence(status, message);
  if ((status == TN_OK) != (f != NULL)) abort();
  for (int i = 0; i < 2; i++) load(path, i), import(path, i);
  if (status != TN_OK) return 0;
  nn_tensor_file_metadata(f, "phase");
  write_again(f);
  nn_tensor_file_close(f);
  return 0;
}
