/* test_nn.h - what the tests of nn/ share: models and data in a line, and a small network with knobs. */
#ifndef TEST_NN_H
#define TEST_NN_H

#include "nn/internal.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OK(call)                                                                                             \
  do {                                                                                                       \
    tn_status ok_status = (call);                                                                            \
    cr_assert_eq(ok_status, TN_OK, "%s: %s", #call, tn_status_text(ok_status));                              \
  } while (0)

#define SAYS(text, part) cr_assert(strstr((text), (part)), "'%s' does not say '%s'", (text), (part))

enum { IN = 4, HIDDEN = 5, OUT = 3 };

/* x [4] - 5 elu - 3, mean squared error, as the knobs say. */
typedef struct knobs {
  double lr, l2, lasso, dropout;
  const char *freeze;
  void (*minimize)(nn_model *m, ag_ref loss, const struct knobs *k);
} knobs;

static inline void small_network(nn_model *m, void *ctx) {
  const knobs *k = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref h = ag_elu(g, nn_dense(m, "hidden", x, HIDDEN, NULL), 1);
  if (k->dropout > 0) h = nn_dropout(m, "drop", h, k->dropout);
  ag_ref f = nn_dense(m, "readout", h, OUT, NULL), mse = nn_mse(m, f, y), loss = mse;
  nn_output(m, "hidden", h);
  nn_output(m, "prediction", f);
  nn_report(m, "mse", mse);
  nn_report(m, "mae", nn_mae(m, f, y));
  if (k->lasso > 0) loss = ag_add(g, loss, nn_group_lasso(m, "hidden/kernel", k->lasso));
  if (k->l2 > 0) loss = ag_add(g, loss, nn_l2(m, "*/kernel", k->l2));
  if (k->freeze) nn_freeze(m, k->freeze);
  if (k->minimize) k->minimize(m, loss, k);
  else nn_adam(m, loss, &(nn_adam_options){.lr = k->lr});
}

static inline nn_model *make_model(const nn_model_options *o, nn_network *network, void *ctx) {
  nn_model *m = NULL;
  tn_status status = nn_model_new(o, network, ctx, &m);
  cr_assert_eq(status, TN_OK, "%s", nn_error(m));
  return m;
}

/* A model that must fail; says what and frees it. */
static inline void fails(nn_network *network, void *ctx, tn_status status, const char *part) {
  nn_model *m = NULL;
  nn_state *s = NULL;
  cr_assert_eq(nn_model_new(NULL, network, ctx, &m), status, "%s", nn_error(m));
  SAYS(nn_error(m), part);
  cr_assert_eq(nn_state_new(m, &s), status);
  nn_model_free(m);
}

static inline nn_state *make_state(nn_model *m, uint32_t seed) {
  nn_state *s = NULL;
  OK(nn_state_new(m, &s));
  nn_state_init(s, seed, 0);
  return s;
}

/* Two random columns "x" [rows, IN] and "y" [rows, OUT]. */
typedef struct table {
  tn_array x, y;
  nn_data *data;
} table;

static inline table make_table(tn_dtype dtype, int64_t rows) {
  table t;
  OK(tn_array_new(NULL, dtype, 2, (int64_t[]){rows, IN}, &t.x));
  OK(tn_array_new(NULL, dtype, 2, (int64_t[]){rows, OUT}, &t.y));
  tn_rng_normal((tn_rng){.seed = 3, .stream = 1}, t.x.view);
  tn_rng_normal((tn_rng){.seed = 3, .stream = 2}, t.y.view);
  OK(nn_data_new(NULL, &t.data));
  OK(nn_data_add(t.data, "x", t.x.view));
  OK(nn_data_add(t.data, "y", t.y.view));
  return t;
}

static inline void free_table(table *t) {
  nn_data_free(t->data);
  tn_array_free(&t->x);
  tn_array_free(&t->y);
}

static inline double value_at(const nn_state *s, const char *name, int64_t i) {
  tn_view v;
  cr_assert(nn_state_find(s, name, &v), "no '%s'", name);
  return tn_get(&v, i);
}

static inline bool same_bits(const nn_state *a, const nn_state *b) {
  return nn__slab_bytes(a->model) == nn__slab_bytes(b->model) &&
         !memcmp(a->slab, b->slab, nn__slab_bytes(a->model));
}

/* The largest difference over the largest value, of the variables both have. */
static inline double state_distance(const nn_state *a, const nn_state *b) {
  double difference = 0, largest = 0;
  for (int i = 0; i < nn_state_count(a); i++) {
    tn_view x = nn_state_view(a, i), y;
    if (!nn_state_find(b, nn_state_name(a, i), &y)) continue;
    for (int64_t k = 0; k < tn_view_numel(&x); k++) {
      difference = fmax(difference, fabs(tn_get(&x, k) - tn_get(&y, k)));
      largest = fmax(largest, fabs(tn_get(&x, k)));
    }
  }
  return difference / largest;
}

#endif
