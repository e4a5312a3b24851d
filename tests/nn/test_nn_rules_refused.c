/* Gradients, update rules, proximal operators, constraints and averages called wrongly: one sentence each. And what they do to
 * scalars, vectors and zeros. */
#include "test_nn.h"

enum { ROWS = 8 };

typedef struct parts {
  ag_ref matrix, vector, scalar; /* parameters "m" [IN, OUT], "v" [OUT], "s" */
  ag_ref error, loss;            /* [rows, OUT]; a scalar that depends on all three */
} parts;

static parts parts_of(nn_model *m) {
  ag_graph *g = nn_graph(m);
  parts p = {.matrix = nn_parameter(m, "m", 2, (int64_t[]){IN, OUT}, NN_ONES),
             .vector = nn_parameter(m, "v", 1, (int64_t[]){OUT}, NN_ONES),
             .scalar = nn_parameter(m, "s", 0, NULL, NN_ONES)};
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  p.error = ag_sub(g, ag_add(g, ag_matmul(g, x, p.matrix), ag_mul(g, p.vector, p.scalar)), y);
  p.loss = ag_mean_all(g, ag_square(g, p.error));
  nn_report(m, "mse", p.loss);
  return p;
}

static nn_optimizer sgd(double lr) {
  static const nn_sgd_options o = {.lr = 0};
  nn_optimizer rule = nn_sgd_rule(&o);
  rule.lr = lr;
  return rule;
}

/* ---- options ------------------------------------------------------------------------------------------- */

typedef struct without {
  const char *name;
  void (*f)(nn_model *m, ag_ref loss);
} without;

#define NN_OPTIMIZER(name)                                                                                   \
  static void name##_without(nn_model *m, ag_ref loss) { nn_##name(m, loss, NULL); }
#include "nn/optim/optim.h"
#undef NN_OPTIMIZER
static const without rules[] = {
#define NN_OPTIMIZER(name) {"nn_" #name, name##_without},
#include "nn/optim/optim.h"
#undef NN_OPTIMIZER
};

static void without_options(nn_model *m, void *ctx) { ((const without *)ctx)->f(m, parts_of(m).loss); }

Test(rules_refused, without_options) {
  cr_assert_gt(sizeof rules / sizeof *rules, 10);
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    char says[80];
    snprintf(says, sizeof says, "%s: options must not be NULL", rules[i].name);
    fails(without_options, (void *)(uintptr_t)&rules[i], TN_EINVAL, says);
  }
}

/* ---- wrong calls --------------------------------------------------------------------------------------- */

typedef struct row {
  void (*f)(nn_model *m, const parts *p);
  tn_status status;
  const char *says;
} row;

#define WRONG(NAME, ...)                                                                                     \
  static void NAME(nn_model *m, const parts *p) {                                                            \
    (void)p;                                                                                                 \
    __VA_ARGS__;                                                                                             \
  }
#define UPDATE(RULE) nn_update(nn_gradients_of(m, p->loss), "*", RULE)
/* A property of parameters, then the optimizer. */
#define BEFORE(CALL) CALL, UPDATE(sgd(0.1))

static ag_ref same(ag_graph *g, ag_ref p, const void *ctx) { return (void)g, (void)ctx, p; }
static nn_optimizer slots(int n) {
  nn_optimizer rule = sgd(0.1);
  rule.n_slots = n;
  return rule;
}
static void constrain(nn_model *m, int times) {
  for (int i = 0; i < times; i++) nn_constrain(m, "m", same, NULL);
}
static void two_accumulations(nn_model *m, ag_ref loss, int other) {
  nn_accumulate(nn_gradients_of(m, loss), 2);
  nn_accumulate(nn_gradients_of(m, loss), other);
}
static void accumulate_twice(nn_gradients *d) { nn_accumulate(d, 2), nn_accumulate(d, 2); }
static nn_gradients *updated(nn_model *m, ag_ref loss) {
  nn_gradients *d = nn_gradients_of(m, loss);
  nn_update(d, "m", sgd(0.1));
  return d;
}

static double three[3] = {1, 1, 1};
static tn_view lambda;
static const tn_view *penalties(int rank, int64_t rows, int64_t columns) {
  lambda = tn_view_of(three, TN_F64, rank, (int64_t[]){rows, columns, 1});
  return &lambda;
}

WRONG(negative_rate, UPDATE(sgd(-1)))
WRONG(nan_rate, UPDATE(sgd(NAN)))
WRONG(infinite_rate, UPDATE(sgd(INFINITY)))
WRONG(negative_slots, UPDATE(slots(-1)))
WRONG(many_slots, UPDATE(slots(99)))
WRONG(rate_after_zero, UPDATE(sgd(0)), UPDATE(sgd(0.5)))
WRONG(no_scalar, nn_gradients_of(m, p->error))
WRONG(other_type, nn_gradients_of(m, ag_cast(nn_graph(m), p->loss, TN_F64)))
WRONG(no_parameter, nn_gradients_of(m, ag_mean_all(nn_graph(m), nn_input(m, "x", 1, (int64_t[]){IN}))))
WRONG(all_frozen, nn_freeze(m, "*"), nn_gradients_of(m, p->loss))
WRONG(muon_of_vectors, UPDATE(nn_muon_rule(&(nn_muon_options){.lr = 0.1})))
WRONG(another_accumulation, two_accumulations(m, p->loss, 3))
WRONG(accumulated_twice, accumulate_twice(nn_gradients_of(m, p->loss)))
WRONG(clip_infinite, nn_clip_norm(nn_gradients_of(m, p->loss), INFINITY))
WRONG(clip_nan, nn_clip_global_norm(nn_gradients_of(m, p->loss), NAN))
WRONG(late_clip_value, nn_clip_value(updated(m, p->loss), 1))
WRONG(late_clip_norm, nn_clip_norm(updated(m, p->loss), 1))
WRONG(late_decay, nn_decay(updated(m, p->loss), "*", 1))
WRONG(late_centralize, nn_centralize(updated(m, p->loss), "*"))
WRONG(late_mask, nn_mask(updated(m, p->loss), "*", tn_scalar(three, TN_F64)))
WRONG(late_accumulate, nn_accumulate(updated(m, p->loss), 2))
WRONG(late_sum, nn_sum_over_ranks(updated(m, p->loss), NULL, 2))
WRONG(centralize_nothing, nn_centralize(nn_gradients_of(m, p->loss), "q"))
WRONG(mask_nothing, nn_mask(nn_gradients_of(m, p->loss), "q", tn_scalar(three, TN_F64)))
WRONG(average_all, BEFORE(nn_average_exponential(m, "*", 0)))
WRONG(average_nan, BEFORE(nn_average_exponential(m, "*", NAN)))
WRONG(average_from_0, BEFORE(nn_average_plain(m, "*", 0, 1)))
WRONG(average_each_0, BEFORE(nn_average_plain(m, "*", 1, 0)))
WRONG(average_nothing, BEFORE(nn_average_plain(m, "q", 1, 1)))
WRONG(late_average, UPDATE(sgd(0.1)), nn_average_plain(m, "*", 1, 1))
WRONG(no_limit, BEFORE(nn_max_norm(m, "m", 0)))
WRONG(nan_limit, BEFORE(nn_max_norm(m, "m", NAN)))
WRONG(infinite_limit, BEFORE(nn_max_norm(m, "m", INFINITY)))
WRONG(limit_of_nothing, BEFORE(nn_max_norm(m, "q", 1)))
WRONG(limit_of_a_scalar, BEFORE(nn_max_norm(m, "s", 1)))
WRONG(unit_scalar, BEFORE(nn_unit_norm(m, "s")))
WRONG(many_constraints, BEFORE(constrain(m, NN__MAX_CONSTRAINTS + 1)))
WRONG(late_constraint, UPDATE(sgd(0.1)), constrain(m, 1))
WRONG(prox_nan, BEFORE(nn_prox_l1(m, "m", NAN)))
WRONG(prox_infinite, BEFORE(nn_prox_group_lasso(m, "m", INFINITY)))
WRONG(rows_of_a_vector, BEFORE(nn_prox_group_lasso(m, "v", 1)))
WRONG(rows_of_penalties, BEFORE(nn_prox_adaptive_lasso(m, "m", penalties(2, IN - 1, 1))))
WRONG(columns_of_penalties, BEFORE(nn_prox_adaptive_lasso(m, "m", penalties(2, 1, 3))))
WRONG(rank_of_penalties, BEFORE(nn_prox_adaptive_lasso(m, "m", penalties(1, 3, 1))))
WRONG(penalties_of_a_vector, BEFORE(nn_prox_adaptive_lasso(m, "v", penalties(2, 3, 1))))

static const row rows[] = {
    {negative_rate, TN_EINVAL, "needs a learning rate >= 0 (not -1)"},
    {nan_rate, TN_EINVAL, "needs a learning rate >= 0"},
    {infinite_rate, TN_EINVAL, "needs a learning rate >= 0 (not inf)"},
    {negative_slots, TN_EINVAL, "slots (not -1)"},
    {many_slots, TN_EINVAL, "slots (not 99)"},
    {rate_after_zero, TN_EINVAL, "a second optimizer cannot have another rate"},
    {no_scalar, TN_ESHAPE, "the loss must be a scalar of the model's type"},
    {other_type, TN_ESHAPE, "the loss must be a scalar of the model's type"},
    {no_parameter, TN_EINVAL, "the loss depends on no parameter that is not frozen"},
    {all_frozen, TN_EINVAL, "the loss depends on no parameter that is not frozen"},
    {muon_of_vectors, TN_ESHAPE, "nn_muon: needs matrices"},
    {another_accumulation, TN_EINVAL, "nn_accumulate: 3 steps"},
    {accumulated_twice, TN_EINVAL, "nn_accumulate: 2 steps"},
    {clip_infinite, TN_EINVAL, "nn_clip_norm: the limit must be above 0, not inf"},
    {clip_nan, TN_EINVAL, "nn_clip_global_norm: the limit must be above 0"},
    {late_clip_value, TN_EINVAL, "nn_clip_value: comes after nn_update"},
    {late_clip_norm, TN_EINVAL, "nn_clip_norm: comes after nn_update"},
    {late_decay, TN_EINVAL, "nn_decay: comes after nn_update"},
    {late_centralize, TN_EINVAL, "nn_centralize: comes after nn_update"},
    {late_mask, TN_EINVAL, "nn_mask: comes after nn_update"},
    {late_accumulate, TN_EINVAL, "nn_accumulate: comes after nn_update"},
    {late_sum, TN_EINVAL, "nn_sum_over_ranks: comes after nn_update"},
    {centralize_nothing, TN_EINVAL, "nn_centralize: no parameter that is trained matches 'q'"},
    {mask_nothing, TN_EINVAL, "nn_mask: no parameter that is trained matches 'q'"},
    {average_all, TN_EINVAL, "the decay must be between 0 and 1, not 0"},
    {average_nan, TN_EINVAL, "the decay must be between 0 and 1"},
    {average_from_0, TN_EINVAL, "nn_average_plain: start and every must be 1 or more"},
    {average_each_0, TN_EINVAL, "nn_average_plain: start and every must be 1 or more"},
    {average_nothing, TN_EINVAL, "nn_average_plain: no parameter declared so far matches 'q'"},
    {late_average, TN_EINVAL, "after the optimizer"},
    {no_limit, TN_EINVAL, "nn_max_norm: the limit must be above 0, not 0"},
    {nan_limit, TN_EINVAL, "nn_max_norm: the limit must be above 0"},
    {infinite_limit, TN_EINVAL, "nn_max_norm: the limit must be above 0, not inf"},
    {limit_of_nothing, TN_EINVAL, "nn_max_norm: no parameter declared so far matches 'q'"},
    {limit_of_a_scalar, TN_ESHAPE, "nn_max_norm: a scalar has no length"},
    {unit_scalar, TN_ESHAPE, "nn_unit_norm: a scalar has no length"},
    {many_constraints, TN_EINVAL, "nn_constrain: 'm' would have more than 4 constraints"},
    {late_constraint, TN_EINVAL, "after the optimizer"},
    {prox_nan, TN_EINVAL, "nn_prox_l1: needs a weight >= 0"},
    {prox_infinite, TN_EINVAL, "nn_prox_group_lasso: needs a weight >= 0, not inf"},
    {rows_of_a_vector, TN_ESHAPE, "nn_prox_group_lasso: rows are the groups"},
    {rows_of_penalties, TN_ESHAPE, "nn_prox_adaptive_lasso: needs a parameter [rows, n]"},
    {columns_of_penalties, TN_ESHAPE, "nn_prox_adaptive_lasso: needs a parameter [rows, n]"},
    {rank_of_penalties, TN_ESHAPE, "nn_prox_adaptive_lasso: needs a parameter [rows, n]"},
    {penalties_of_a_vector, TN_ESHAPE, "nn_prox_adaptive_lasso: needs a parameter [rows, n]"},
};

static void one_row(nn_model *m, void *ctx) {
  const parts p = parts_of(m);
  ((const row *)ctx)->f(m, &p);
}

Test(rules_refused, wrong_calls) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    fails(one_row, (void *)(uintptr_t)&rows[i], rows[i].status, rows[i].says);
}

/* What failed gives no gradients; transforms of none do nothing. */
static void of_nothing(nn_model *m, void *ctx) {
  *(bool *)ctx = true;
  parts p = parts_of(m);
  nn_gradients *none = nn_gradients_of(m, p.error);
  cr_expect(none == NULL && nn_gradients_count(none) == 0);
  nn_clip_value(none, 1);
  nn_decay(none, "*", 1);
  nn_accumulate(none, 2);
  cr_expect_eq(nn_global_norm(none).id, 0);
  nn_update(none, "*", sgd(0.1));
}

Test(rules_refused, gradients_of_what_failed) {
  bool ran = false;
  fails(of_nothing, &ran, TN_ESHAPE, "the loss must be a scalar");
  cr_expect(ran);
}

/* ---- scalars, vectors, zeros --------------------------------------------------------------------------- */

/* One step with gradients of 0 for the matrix: constraints alone move it. */
static void constrained(nn_model *m, void *ctx) {
  static const double none[1] = {0};
  parts p = parts_of(m);
  (void)ctx;
  nn_max_norm(m, "v", 0.5);
  nn_unit_norm(m, "m");
  nn_prox_l1(m, "s", 0.1);
  nn_gradients *d = nn_gradients_of(m, p.loss);
  nn_mask(d, "m", tn_view_of((void *)(uintptr_t)none, TN_F64, 0, NULL));
  nn_centralize(d, "[vs]");
  nn_update(d, "[mv]", sgd(0.1));
  nn_update(d, "s", nn_rmsprop_rule(&(nn_rmsprop_options){.lr = 0.1}));
}

Test(rules_refused, lengths_of_vectors_and_zeros) {
  table t = make_table(TN_F64, ROWS);
  nn_model *m = make_model(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, constrained, NULL);
  nn_state *s = make_state(m, 1);
  tn_view kernel;
  double square = 0;
  cr_assert(nn_state_find(s, "m", &kernel));
  for (int i = 0; i < IN; i++) tn_set(&kernel, i * OUT + 1, 0); /* a unit whose weights are all 0 stays so */
  OK(nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, NULL));
  for (int i = 0; i < IN; i++)
    for (int j = 0; j < OUT; j++)
      cr_expect_float_eq(value_at(s, "m", i * OUT + j), j == 1 ? 0 : 0.5, 1e-15, "%d, %d", i, j);
  for (int j = 0; j < OUT; j++) square += value_at(s, "v", j) * value_at(s, "v", j);
  cr_expect_float_eq(sqrt(square), 0.5, 1e-14);
  cr_expect(isfinite(value_at(s, "s", 0)) && value_at(s, "s", 0) != 1);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}
