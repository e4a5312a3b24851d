/* Attention in blocks, which longer sequences take, against attention with all scores at once: values and derivatives,
 * for heads that share keys, causal or not, with and without a mask of the keys. */
#include "test_nn.h"

enum { BATCH = 3, HEADS = 4, QUERIES = 70, KEYS = 83, WIDTH = 3, VALUES = 2, PARTS = 4 };

typedef struct how {
  int64_t key_heads;
  bool causal, masked;
  double scale;
} how;

static const char *const parts[PARTS] = {"y", "dq", "dk", "dv"};

static void attend(nn_model *m, const how *h, const ag_ref *in, ag_ref mask, bool at_once, ag_ref *out) {
  ag_graph *g = nn_graph(m);
  nn_attend_options o = {.causal = h->causal, .scale = h->scale};
  if (h->masked) o.key_mask = mask;
  if (at_once) o.bias = ag_scalar(g, nn_dtype(m), 0);
  out[0] = nn_attend(m, in[0], in[1], in[2], &o);
  ag_grad(g, ag_sum_all(g, ag_square(g, out[0])), in, 3, out + 1);
}

static void network(nn_model *m, void *ctx) {
  const how *h = ctx;
  const int64_t keys = KEYS;
  ag_ref in[] = {nn_input(m, "q", 3, (int64_t[]){HEADS, QUERIES, WIDTH}),
                 nn_input(m, "k", 3, (int64_t[]){h->key_heads, KEYS, WIDTH}),
                 nn_input(m, "v", 3, (int64_t[]){h->key_heads, KEYS, VALUES})};
  ag_ref mask = nn_input_typed(m, "mask", TN_U8, 1, &keys), blocks[PARTS], whole[PARTS];
  attend(m, h, in, mask, false, blocks), attend(m, h, in, mask, true, whole);
  nn_output(m, "mask", ag_cast(nn_graph(m), mask, nn_dtype(m)));
  for (int i = 0; i < PARTS; i++) {
    char name[16];
    snprintf(name, sizeof name, "%s at once", parts[i]);
    nn_output(m, parts[i], blocks[i]), nn_output(m, name, whole[i]);
  }
}

static void add_column(nn_data *d, const char *name, int64_t heads, int64_t places, int64_t width,
                       tn_array *to) {
  OK(tn_array_new(NULL, TN_F64, 4, (int64_t[]){BATCH, heads, places, width}, to));
  tn_rng_normal((tn_rng){.seed = 5, .stream = (uint64_t)*name}, to->view);
  OK(nn_data_add(d, name, to->view));
}

static void predict(nn_model *m, nn_state *s, const nn_data *d, const char *name, tn_view out) {
  tn_status status = nn_predict(m, s, d, (nn_split){0}, name, out);
  cr_assert_eq(status, TN_OK, "%s: %s", name, nn_state_error(s));
}

/* The first example sees all keys, the second some, the third none. */
static void fill_mask(uint8_t *mask) {
  for (int i = 0; i < BATCH * KEYS; i++) mask[i] = i < KEYS || (i < 2 * KEYS && i % 3 != 1);
}

static void compare(nn_model *m, nn_state *s, const nn_data *d, const int64_t *shape, int part,
                    const how *h) {
  tn_array a, b;
  char name[16];
  double largest = 0;
  snprintf(name, sizeof name, "%s at once", parts[part]);
  OK(tn_array_new(NULL, TN_F64, 4, shape, &a));
  OK(tn_array_new(NULL, TN_F64, 4, shape, &b));
  predict(m, s, d, parts[part], a.view), predict(m, s, d, name, b.view);
  for (int64_t i = 0; i < tn_view_numel(&a.view); i++) {
    const double x = tn_get(&a.view, i), y = tn_get(&b.view, i);
    largest = fmax(largest, fabs(y));
    cr_assert(fabs(x - y) <= 1e-13 * fmax(1, fabs(y)),
              "%s, %d key heads, causal %d, masked %d: %g, not %g at %d", parts[part], (int)h->key_heads,
              h->causal, h->masked, x, y, (int)i);
  }
  cr_expect_gt(largest, 0.01);
  tn_array_free(&a), tn_array_free(&b);
}

static void check(how h) {
  static uint8_t mask[BATCH * KEYS];
  tn_array q, k, v;
  nn_data *d;
  nn_model *m =
      make_model(&(nn_model_options){.dtype = TN_F64, .batch = BATCH, .eval_batch = BATCH}, network, &h);
  nn_state *s = make_state(m, 1);
  fill_mask(mask);
  OK(nn_data_new(NULL, &d));
  add_column(d, "q", HEADS, QUERIES, WIDTH, &q), add_column(d, "k", h.key_heads, KEYS, WIDTH, &k);
  add_column(d, "v", h.key_heads, KEYS, VALUES, &v);
  OK(nn_data_add(d, "mask", tn_view_of(mask, TN_U8, 2, (int64_t[]){BATCH, KEYS})));
  const int64_t shapes[PARTS][4] = {{BATCH, HEADS, QUERIES, VALUES},
                                    {BATCH, HEADS, QUERIES, WIDTH},
                                    {BATCH, h.key_heads, KEYS, WIDTH},
                                    {BATCH, h.key_heads, KEYS, VALUES}};
  for (int i = 0; i < PARTS; i++) compare(m, s, d, shapes[i], i, &h);
  nn_data_free(d), nn_state_free(s), nn_model_free(m);
  tn_array_free(&q), tn_array_free(&k), tn_array_free(&v);
}

Test(attend, in_blocks_as_at_once) {
  for (int i = 0; i < 8; i++)
    check((how){.key_heads = i & 1 ? 2 : HEADS, .causal = i & 2, .masked = i & 4, .scale = i & 1 ? 0.3 : 0});
}
