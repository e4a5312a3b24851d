/* test_sbnn_parts_wrong.c - parts whose checksum is right and whose contents are not: each tensor in turn is left out, of another
 * type, of another shape, or holds a number that cannot be. */
#include "test_sbnn_cli.h"

#include "nn/files/tensor_file.h"
#include "parts/part.h"
#include "tensor/tensor.h"

TestSuite(sbnn_parts_wrong, .init = make_root, .fini = remove_root, .timeout = 300);

/* ---- a part with one tensor changed ---- */

typedef enum harm { LEAVE_OUT, OTHER_TYPE, ONE_ROW_LESS, FLAT, NEGATIVE, HUGE, N_HARMS } harm;

enum { MOST = 64, ROOM = 1 << 16 };

static uint64_t hash_of(const nn_tensor *t, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t hash = tn_hash(TN_HASH_START, t[i].name, strlen(t[i].name) + 1);
    hash = tn_hash(hash, t[i].dtype, strlen(t[i].dtype) + 1);
    hash = tn_hash(hash, t[i].shape, (size_t)t[i].rank * sizeof *t[i].shape);
    sum +=
        tn_hash(hash, t[i].data, (size_t)tn_numel(t[i].rank, t[i].shape) * nn_tensor_type_bytes(t[i].dtype));
  }
  return sum;
}

/* False: that harm cannot be done to it. `data` has room for its bytes. */
static bool do_harm(nn_tensor *t, harm what, char *data) {
  static const int64_t wrong[] = {-1, INT64_MAX / 2};
  if (what == OTHER_TYPE) {
    t->dtype = strcmp(t->dtype, "F64") == 0 ? "I64" : strcmp(t->dtype, "I32") == 0 ? "F32" : "F64";
    return nn_tensor_type_bytes(t->dtype) * (size_t)tn_numel(t->rank, t->shape) <= t->bytes;
  }
  if (what == ONE_ROW_LESS) return t->rank > 0 && t->shape[0]-- > 0;
  if (what == FLAT) {
    if (t->rank < 2) return false;
    t->shape[0] *= t->shape[1];
    t->rank = 1;
    return true;
  }
  const bool whole = *t->dtype == 'I' || *t->dtype == 'U' || *t->dtype == 'B';
  if (!whole || t->bytes == 0) return false;
  memcpy(data, t->data, t->bytes);
  const size_t size = nn_tensor_type_bytes(t->dtype);
  memcpy(data + t->bytes - size, &wrong[what == HUGE], size);
  t->data = data;
  return true;
}

/* Writes `from` with tensor number i changed as `to`; false: there is nothing to change. */
static bool spoil(const char *from, const char *to, size_t i, harm what) {
  static char data[ROOM], hash[32];
  static const char *const keys[] = {"kind", "run", "task", "phase"};
  nn_tensor_file *f;
  nn_tensor t[MOST];
  char message[256];
  size_t n = 0;
  cr_assert_eq(nn_tensor_file_open(NULL, from, &f, message), TN_OK, "%s", message);
  const size_t all = nn_tensor_file_count(f);
  cr_assert_lt(all, MOST);
  bool good = i < all;
  for (size_t k = 0; k < all && good; k++) {
    if (k == i && what == LEAVE_OUT) continue;
    t[n] = *nn_tensor_file_at(f, k);
    cr_assert_leq(t[n].bytes, ROOM);
    if (k == i) good = do_harm(&t[n], what, data);
    n++;
  }
  snprintf(hash, sizeof hash, "%016llx", good ? (unsigned long long)hash_of(t, n) : 0);
  const char *facts[5][2] = {{"fnv1a64", hash}};
  for (int k = 0; k < 4; k++)
    facts[k + 1][0] = keys[k], facts[k + 1][1] = nn_tensor_file_metadata(f, keys[k]);
  if (good) {
    unlink(to);
    cr_assert_eq(nn_tensor_file_write(to, t, n, (const char *const(*)[2])facts, 5, message), TN_OK, "%s",
                 message);
  }
  nn_tensor_file_close(f);
  return good;
}

/* ---- experiments ---- */

static sbnn_experiment example(void) {
  sbnn_experiment x = {
      .model = "sbnn", .fold = 2, .n_train = 3, .n_test = 2, .n_responses = 2, .n_genes = 1, .bottleneck = 2};
  x.test_cells = sbnn_alloc(2, sizeof *x.test_cells);
  x.genes = sbnn_alloc(1, sizeof *x.genes);
  x.predictions = sbnn_alloc(4, sizeof *x.predictions);
  x.left_out = sbnn_alloc(2, sizeof *x.left_out);
  x.r2[SBNN_STAGE_PRUNED][SBNN_TEST] = sbnn_alloc(3, sizeof(double));
  sbnn_experiment_add(&x, &(sbnn_history_row){.phase = "frozen", .epoch = 1});
  sbnn_experiment_add(&x, &(sbnn_history_row){.phase = "denoise", .epoch = 2});
  return x;
}

/* What an experiment need not have may be left out, and numbers of cells may be any; all else is refused. */
Test(sbnn_parts_wrong, experiments) {
  const sbnn_task task = {.model = "sbnn", .fold = 2};
  const sbnn_part part = {"0123456789abcdef", &task, "frozen"};
  sbnn_experiment x = example();
  sbnn_error e = {0};
  char *path = sbnn_part_path(root, &part);
  int refused = 0, read = 0;
  cr_assert_eq(sbnn_part_write(path, &part, &x, NULL, &e), SBNN_OK, "%s", e.text);
  for (size_t i = 0; i < MOST; i++)
    for (int what = 0; what < N_HARMS; what++) {
      if (!spoil(path, at("wrong.safetensors"), i, (harm)what)) continue;
      sbnn_experiment y = {.n_train = 77};
      e = (sbnn_error){0};
      int code = sbnn_part_read(at("wrong.safetensors"), &part, &y, NULL, &e);
      if (code == SBNN_OK) read++;
      else {
        refused++;
        cr_expect_eq(code, SBNN_BAD_INPUT);
        cr_expect(strstr(e.text, "does not have the contents of a part of this run"), "%s", e.text);
        cr_expect_eq(y.n_train, 77, "left as it was");
      }
      sbnn_experiment_free(&y);
    }
  printf("parts of an experiment: %d refused, %d read\n", refused, read);
  cr_expect(refused > 40 && read > 0);
  sbnn_experiment_free(&x);
  free(path);
}

/* ---- the linear model ---- */

static void make_srrr(void) {
  cli_write(at("x.csv"), &(cli_table){0});
  cli_write(at("y.csv"), &(cli_table){.responses = true});
  run_well("srrr" TABLES " --quiet --folds 2 --ranks 1,2 --lambdas 0.2,0.4 --out s --shard 1/1");
}

Test(sbnn_parts_wrong, linear) {
  char whole[256], part[256];
  int refused = 0, read = 0;
  make_srrr();
  snprintf(part, sizeof part, "%s", at("s/srrr-fold-1.safetensors"));
  snprintf(whole, sizeof whole, "%s", at("whole.safetensors"));
  cr_assert_eq(rename(part, whole), 0);
  for (size_t i = 0; i < MOST; i++)
    for (int what = 0; what < N_HARMS; what++) {
      if (!spoil(whole, part, i, (harm)what)) continue;
      cli_result r = sbnn("merge s --out merged --force --quiet");
      if (r.code == 0) read++;
      else {
        refused++;
        expect_words("merge", &r, 3, "srrr, fold 1: the part of fold 1 does not hold what srrr writes");
      }
    }
  printf("parts of srrr: %d refused, %d read\n", refused, read);
  cr_expect_geq(refused, 12);
}
