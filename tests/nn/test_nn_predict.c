/* test_nn_predict.c - a row's prediction depends on the row alone: not on its place in a batch, not on how
 * many rows are asked for. */
#include "test_nn.h"

enum { GENES = 25, ROWS = 700, LATENT = 2, RESPONSES = 16 };

static void bottleneck(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){GENES});
  ag_ref h = ag_elu(g, nn_dense(m, "encoder/0", x, 512, NULL), 1);
  h = ag_elu(g, nn_dense(m, "encoder/1", h, 128, NULL), 1);
  ag_ref z = nn_dense(m, "bottleneck", h, LATENT, NULL);
  h = ag_elu(g, nn_dense(m, "allo/0", z, 128, NULL), 1);
  nn_output(m, "latent", z);
  nn_output(m, "responses", nn_dense(m, "allo/readout", h, RESPONSES, NULL));
}

typedef struct fixture {
  nn_model *m;
  nn_state *s;
  tn_array x;
  nn_data *data;
} fixture;

static fixture make_fixture(int64_t eval_batch) {
  fixture f = {.m = make_model(&(nn_model_options){.eval_batch = eval_batch}, bottleneck, NULL)};
  f.s = make_state(f.m, 1);
  OK(tn_array_new(NULL, TN_F32, 2, (int64_t[]){ROWS, GENES}, &f.x));
  tn_rng_normal((tn_rng){.seed = 3, .stream = 1}, f.x.view);
  OK(nn_data_new(NULL, &f.data));
  OK(nn_data_add(f.data, "x", f.x.view));
  return f;
}

static void free_fixture(fixture *f) {
  nn_data_free(f->data);
  tn_array_free(&f->x);
  nn_state_free(f->s);
  nn_model_free(f->m);
}

/* How many of the rows listed have other bits than in `all`, the prediction of every row in order. */
static int64_t differing(fixture *f, const char *output, int64_t columns, tn_view all, const int64_t *rows,
                         int64_t n) {
  tn_array some;
  int64_t count = 0;
  size_t bytes = (size_t)columns * sizeof(float);
  OK(tn_array_new(NULL, TN_F32, 2, (int64_t[]){n, columns}, &some));
  OK(nn_predict(f->m, f->s, f->data, (nn_split){rows, n}, output, some.view));
  for (int64_t i = 0; i < n; i++)
    count += memcmp((char *)some.view.data + (size_t)i * bytes, (char *)all.data + (size_t)rows[i] * bytes,
                    bytes) != 0;
  tn_array_free(&some);
  return count;
}

static void check_output(fixture *f, const char *output, int64_t columns) {
  int64_t order[ROWS];
  tn_array all;
  OK(tn_array_new(NULL, TN_F32, 2, (int64_t[]){ROWS, columns}, &all));
  OK(nn_predict(f->m, f->s, f->data, (nn_split){0}, output, all.view));
  tn_rng_permutation((tn_rng){.seed = 5}, ROWS, order);
  const int64_t sizes[] = {1, 2, 5, 64, 191, 255, 257, 512, ROWS};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    cr_expect_eq(differing(f, output, columns, all.view, order + ROWS - sizes[i], sizes[i]), 0,
                 "%s of %lld rows", output, (long long)sizes[i]);
  tn_array_free(&all);
}

Test(nn_predict, a_row_has_the_same_bits_anywhere) {
  const int64_t batches[] = {0, 192, 256, 250};
  for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
    fixture f = make_fixture(batches[i]);
    check_output(&f, "latent", LATENT);
    check_output(&f, "responses", RESPONSES);
    free_fixture(&f);
  }
}
