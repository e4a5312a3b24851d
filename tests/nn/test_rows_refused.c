/* Layers, losses and metrics called wrongly: each call gives id 0 and leaves a sentence that names the function
 * or the layer, or says that there was no value. */
#include "rows.h"

#include <math.h>

#define LONG_NAME                                                                                            \
  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"     \
  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"     \
  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

typedef struct values {
  ag_ref x1, x2, x3, x4, x6, id1, id2, mask, none;
} values;

/* A value in another shape, zeros, numbers as they were cast. */
#define RESHAPED(X, ...)                                                                                     \
  ag_reshape(nn_graph(m), X, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                      \
             (int64_t[]){__VA_ARGS__})
#define ZEROS(...)                                                                                           \
  ag_full(nn_graph(m), TN_F32, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                    \
          (int64_t[]){__VA_ARGS__}, 0)
#define NUMBER(X) ag_sum_all(nn_graph(m), X)
#define WIDE(X)   ag_cast(nn_graph(m), X, TN_F64)

#define JOIN_(A, B) A##B
#define JOIN(A, B)  JOIN_(A, B)
#define BAD(FUNCTION, ...)                                                                                   \
  static ag_ref JOIN(bad_, __LINE__)(nn_model * m, const values *v) {                                        \
    ag_ref x1 = v->x1, x2 = v->x2, x3 = v->x3, x4 = v->x4, x6 = v->x6, none = v->none;                       \
    ag_ref id1 = v->id1, id2 = v->id2, mask = v->mask;                                                       \
    (void)x1, (void)x2, (void)x3, (void)x4, (void)x6, (void)none, (void)id1, (void)id2, (void)mask;          \
    return FUNCTION(m, __VA_ARGS__);                                                                         \
  }
#include "refusals.inc"
#undef BAD

typedef struct wrong_call {
  const char *function, *text;
  ag_ref (*f)(nn_model *m, const values *v);
  ag_ref result;
} wrong_call;

#define BAD(FUNCTION, ...) {#FUNCTION, #__VA_ARGS__, JOIN(bad_, __LINE__), {0}},
static wrong_call calls[] = {
#include "refusals.inc"
};

static void network(nn_model *m, void *ctx) {
  static const int64_t extents[] = {3, 4, 4, 4, 4};
  wrong_call *c = ctx;
  values v = {.x1 = nn_input(m, "x1", 0, NULL),
              .x2 = nn_input(m, "x2", 1, extents),
              .x3 = nn_input(m, "x3", 2, extents),
              .x4 = nn_input(m, "x4", 3, extents),
              .x6 = nn_input(m, "x6", 5, extents),
              .id1 = nn_input_typed(m, "id1", TN_I64, 0, NULL),
              .id2 = nn_input_typed(m, "id2", TN_I64, 1, extents),
              .mask = nn_input_typed(m, "mask", TN_U8, 1, extents)};
  c->result = c->f(m, &v);
}

Test(rows_refused, every_wrong_call_leaves_a_sentence) {
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    wrong_call *c = &calls[i];
    nn_model *m = NULL;
    c->result.id = 1;
    tn_status status = nn_model_new(&(nn_model_options){.batch = 2, .eval_batch = 2}, network, c, &m);
    cr_expect_neq(status, TN_OK, "%s(m, %s) was accepted", c->function, c->text);
    cr_expect_eq(c->result.id, 0, "%s(m, %s) gave a value", c->function, c->text);
    cr_expect(strstr(nn_error(m), c->function) || strstr(nn_error(m), "(in a"), "%s(m, %s) says: %s",
              c->function, c->text, nn_error(m));
    nn_model_free(m);
  }
}

/* ---- each sample of each row, without a value for its first input ---- */

static void network_without_value(nn_model *m, void *ctx) {
  stage *t = ctx;
  ag_ref in[NN_SAMPLE_INPUTS] = {{0}};
  for (int i = 1; i < t->s->n_in; i++)
    in[i] = nn_input_typed(m, input_name(i), input_dtype(t->s, i, nn_dtype(m)), t->s->in[i].rank - 1,
                           t->s->in[i].shape + 1);
  ag_ref out = t->s->build(m, in);
  cr_expect_eq(out.id, 0, "%s, %s: a value was made of none", t->row->name, t->s->name);
}

Test(rows_refused, every_sample_refuses_a_value_of_no_graph) {
  EACH_SAMPLE(row, s) {
    stage t = {.row = row, .s = s};
    nn_model *m = NULL;
    tn_status status =
        nn_model_new(&(nn_model_options){.batch = s->in[0].shape[0]}, network_without_value, &t, &m);
    cr_expect_neq(status, TN_OK, "%s, %s: a value of no graph was accepted", row->name, s->name);
    cr_expect(strstr(nn_error(m), row->name) || strstr(nn_error(m), "(in ") ||
                  strstr(nn_error(m), "is not a value of this graph"),
              "%s, %s: says: %s", row->name, s->name, nn_error(m));
    nn_model_free(m);
  }
}
