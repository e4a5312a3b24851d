/* Models, states, trainers and callbacks at their edges: each wrong call gets its sentence, and what it is given stays as it was. */
#include "test_nn.h"

enum { ROWS = 8 };

/* ---- network functions --------------------------------------------------------------------------------- */

typedef struct row {
  void (*f)(nn_model *m, ag_ref x); /* x [rows, IN] */
  tn_status status;
  const char *says;
} row;

#define WRONG(NAME, ...)                                                                                     \
  static void NAME(nn_model *m, ag_ref x) {                                                                  \
    (void)x;                                                                                                 \
    __VA_ARGS__;                                                                                             \
  }
#define MEAN ag_mean_all(nn_graph(m), x)

static char long_name[NN__NAME + 1];

static void deep(nn_model *m) {
  for (int i = 0; i <= NN__SCOPES; i++) (void)nn_enter(m, "my_layer", "a");
}
static void reports(nn_model *m, ag_ref mean) {
  char name[24];
  for (int i = 0; i <= NN_MAX_REPORTS; i++) {
    snprintf(name, sizeof name, "report %d", i);
    nn_report(m, name, mean);
  }
}
static void only_in(nn_model *m, nn_mode mode, ag_ref x, ag_ref mean) {
  if (nn_mode_of(m) == mode && x.id) nn_output(m, "late", x);
  if (nn_mode_of(m) == mode && mean.id) nn_report(m, "late", mean);
}

WRONG(negative_rank, nn_input(m, "z", -1, (int64_t[]){1}))
WRONG(huge_rank, nn_input(m, "z", TN_MAX_RANK, (int64_t[TN_MAX_RANK]){1, 1, 1, 1, 1, 1, 1, 1}))
WRONG(the_rate, nn_input(m, "lr", 0, NULL))
WRONG(a_parameter, nn_parameter(m, "p", 0, NULL, NN_ONES), nn_input(m, "p", 0, NULL))
WRONG(no_name, nn_output(m, NULL, x))
WRONG(scalar_output, nn_output(m, "y", MEAN))
WRONG(few_rows, nn_output(m, "y", ag_slice(nn_graph(m), x, 0, 0, 1)))
WRONG(another_type, nn_output(m, "y", ag_cast(nn_graph(m), x, TN_F64)))
WRONG(two_outputs, nn_output(m, "y", x), nn_output(m, "y", x))
WRONG(vector_report, nn_report(m, "r", x))
WRONG(wide_report, nn_report(m, "r", ag_cast(nn_graph(m), MEAN, TN_F64)))
WRONG(two_reports, nn_report(m, "r", MEAN), nn_report(m, "r", MEAN))
WRONG(many_reports, reports(m, MEAN))
WRONG(no_parameter_name, nn_parameter(m, NULL, 0, NULL, NN_ONES))
WRONG(empty_parameter_name, nn_parameter(m, "", 0, NULL, NN_ONES))
WRONG(long_parameter_name, nn_parameter(m, long_name, 0, NULL, NN_ONES))
WRONG(rank_below_0, nn_parameter(m, "p", -1, NULL, NN_ONES))
WRONG(rank_above, nn_parameter(m, "p", TN_MAX_RANK + 1, (int64_t[9]){1}, NN_ONES))
WRONG(no_shape, nn_parameter(m, "p", 2, NULL, NN_ONES))
WRONG(no_extent, nn_parameter(m, "p", 1, (int64_t[]){0}, NN_ONES))
WRONG(too_large, nn_parameter(m, "p", 2, (int64_t[]){INT64_MAX / 2, 4}, NN_ONES))
WRONG(of_two_kinds, nn_parameter(m, "p", 0, NULL, NN_ONES), nn_buffer(m, "p", 0, NULL, 1))
WRONG(of_two_shapes, nn_parameter(m, "p", 0, NULL, NN_ONES), nn_parameter(m, "p", 1, (int64_t[]){2}, NN_ONES))
WRONG(freeze_nothing, nn_freeze(m, "q"))
WRONG(freeze_null, nn_freeze(m, NULL))
WRONG(nested, deep(m))
WRONG(nameless_layer, nn_enter(m, "my_layer", NULL))
WRONG(empty_layer, nn_enter(m, "my_layer", ""))
WRONG(long_layer, nn_enter(m, "my_layer", long_name))
WRONG(long_inner, nn_enter(m, "my_layer", "outer"), nn_enter(m, "my_layer", long_name + 3))
WRONG(long_in_scope, nn_enter(m, "my_layer", "outer"), nn_parameter(m, long_name + 3, 0, NULL, NN_ONES))
WRONG(null_in_scope, nn_enter(m, "my_layer", "outer"), nn_parameter(m, NULL, 0, NULL, NN_ONES))
WRONG(refused_outside, nn_refuse(m, TN_EINVAL, "no layer says %d", 7))
WRONG(refused_inside, nn_enter(m, "my_layer", "mine"), nn_refuse(m, TN_EINVAL, "no layer says %d", 7))

static const row rows[] = {
    {negative_rank, TN_ESHAPE, "rows of 'z' must have a rank of 0 to 7"},
    {huge_rank, TN_ESHAPE, "rows of 'z' must have a rank of 0 to 7"},
    {the_rate, TN_EINVAL, "'lr' is the name of a value of the model"},
    {a_parameter, TN_EINVAL, "'p' is the name of a value of the model"},
    {no_name, TN_EINVAL, "nn_output: the name must not be NULL"},
    {scalar_output, TN_ESHAPE, "with one row per example"},
    {few_rows, TN_ESHAPE, "with one row per example"},
    {another_type, TN_ESHAPE, "a value of the model's type"},
    {two_outputs, TN_EINVAL, "there are two outputs 'y'"},
    {vector_report, TN_ESHAPE, "'r' must be a scalar of the model's type"},
    {wide_report, TN_ESHAPE, "'r' must be a scalar of the model's type"},
    {two_reports, TN_EINVAL, "two reports 'r'"},
    {many_reports, TN_EINVAL, "would be one more than"},
    {no_parameter_name, TN_EINVAL, "a name must have 1 to 255 bytes"},
    {empty_parameter_name, TN_EINVAL, "a name must have 1 to 255 bytes"},
    {long_parameter_name, TN_EINVAL, "a name must have 1 to 255 bytes"},
    {rank_below_0, TN_ESHAPE, "'p' must have positive extents"},
    {rank_above, TN_ESHAPE, "'p' must have positive extents"},
    {no_shape, TN_ESHAPE, "'p' must have positive extents"},
    {no_extent, TN_ESHAPE, "'p' must have positive extents"},
    {too_large, TN_ESHAPE, "'p' must have positive extents"},
    {of_two_kinds, TN_EINVAL, "'p' is already a parameter of this model"},
    {of_two_shapes, TN_ESHAPE, "'p' has [] in this model but [2] was asked for"},
    {freeze_nothing, TN_EINVAL, "no parameter declared so far matches 'q'"},
    {freeze_null, TN_EINVAL, "no parameter declared so far matches '(NULL)'"},
    {nested, TN_EINVAL, "my_layer: layers are nested more than 32 deep"},
    {nameless_layer, TN_EINVAL, "my_layer: a name must have 1 to 255 bytes"},
    {empty_layer, TN_EINVAL, "my_layer: a name must have 1 to 255 bytes"},
    {long_layer, TN_EINVAL, "is longer than 255 bytes"},
    {long_inner, TN_EINVAL, "my_layer: the name 'outer/nnn"},
    {long_in_scope, TN_EINVAL, "must have 1 to 255 bytes and no empty part"},
    {null_in_scope, TN_EINVAL, "the name 'outer/' must have 1 to 255 bytes"},
    {refused_outside, TN_EINVAL, "no layer says 7"},
    {refused_inside, TN_EINVAL, "my_layer 'mine': no layer says 7"},
};

static void one_row(nn_model *m, void *ctx) {
  ((const row *)ctx)->f(m, nn_input(m, "x", 1, (int64_t[]){IN}));
}

Test(nn_edges, wrong_networks) {
  memset(long_name, 'n', NN__NAME);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    fails(one_row, (void *)(uintptr_t)&rows[i], rows[i].status, rows[i].says);
}

/* What training lacks cannot come in evaluation. */
static void late(nn_model *m, void *ctx) {
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), none = {0};
  bool output = *(const bool *)ctx;
  nn_report(m, "mean", MEAN);
  only_in(m, NN_EVAL, output ? x : none, output ? none : MEAN);
}

Test(nn_edges, modes_name_the_same_values) {
  table t = make_table(TN_F32, ROWS);
  for (int output = 0; output < 2; output++) {
    bool which = output;
    double means[NN_MAX_REPORTS];
    nn_model *m = make_model(NULL, late, &which);
    nn_state *s = make_state(m, 1);
    cr_expect_eq(nn_evaluate(m, s, t.data, (nn_split){0}, means), TN_EINVAL);
    SAYS(nn_state_error(s),
         output ? "'late' is no output in training" : "'late' is not reported in training");
    nn_state_free(s);
    nn_model_free(m);
  }
  free_table(&t);
}

Test(nn_edges, options_of_models) {
  const struct {
    nn_model_options o;
    const char *says;
  } wrong[] = {{{.dtype = TN_I32}, "dtype must be TN_F32 or TN_F64"},
               {{.batch = -1}, "an option is negative"},
               {{.eval_batch = -1}, "an option is negative"},
               {{.threads = -1}, "an option is negative"},
               {{.length = -1}, "an option is negative"}};
  knobs k = {.lr = 0.1};
  nn_model *m;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    cr_expect_eq(nn_model_new(&wrong[i].o, small_network, &k, &m), TN_EINVAL);
    SAYS(nn_error(m), wrong[i].says);
    nn_model_free(m);
  }
  cr_expect_eq(nn_model_new(NULL, NULL, NULL, &m), TN_EINVAL);
  SAYS(nn_error(m), "there is no network function");
  nn_model_free(m);
  nn_model_free(NULL);
  SAYS(nn_error(NULL), "out of memory");
  m = make_model(NULL, small_network, &k);
  cr_expect_eq(nn_prepare(m, -1, 0), TN_EINVAL);
  cr_expect_eq(nn_prepare(m, 0, -1), TN_EINVAL);
  OK(nn_prepare(m, 0, 0));
  OK(nn_prepare(m, 3, 300));
  nn_model_free(m);
}

/* ---- trainers ------------------------------------------------------------------------------------------ */

static void with_index(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref id = nn_input_typed(m, "id", TN_I32, 0, NULL), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref f = nn_embedding(m, "words", id, 4, OUT, NULL);
  nn_output(m, "f", f);
  nn_report(m, "mse", nn_mse(m, f, y));
}

typedef struct wrong_feed {
  nn_column columns[2];
  int n;
  int64_t rows, length;
  double lr;
  tn_status status;
  const char *says;
} wrong_feed;

Test(nn_edges, batches_of_trainers) {
  table t = make_table(TN_F32, ROWS);
  knobs k = {.lr = 0.1};
  nn_model *m = make_model(&(nn_model_options){.batch = ROWS}, small_network, &k);
  nn_state *s = make_state(m, 1), *before;
  nn_trainer *r;
  const nn_column x = {"x", t.x.view}, y = {"y", t.y.view};
  const wrong_feed wrong[] = {
      {{x, y}, -1, 0, 0, 0, TN_EINVAL, "there is no batch"},
      {{x, y}, 0, 0, 0, 0, TN_EINVAL, "a batch needs 1 row or more"},
      {{x, y}, 0, 4, 0, 0, TN_EINVAL, "the batch has no column"},
      {{x, y}, 2, -1, 0, 0, TN_EINVAL, "a batch needs 1 row or more"},
      {{x, y}, 2, 0, -1, 0, TN_EINVAL, "no negative length"},
      {{x, {NULL, t.y.view}}, 2, 0, 0, 0, TN_EINVAL, "the batch has no column 'y'"},
      {{x, {"y", tn_matrix(NULL, TN_F32, ROWS, OUT)}}, 2, 0, 0, 0, TN_EINVAL, "the batch has no column 'y'"},
      {{{"x", t.y.view}, y}, 2, 0, 0, 0, TN_ESHAPE, "column 'x' has [8, 3], but the network reads [8, 4]"},
      {{x, y}, 2, 0, 0, -1, TN_EINVAL, "the batch's learning rate must be 0 or more"},
      {{x, y}, 2, 0, 0, NAN, TN_EINVAL, "the batch's learning rate must be 0 or more"},
      {{x, y}, 2, 0, 0, INFINITY, TN_EINVAL, "the batch's learning rate must be 0 or more"},
  };
  OK(nn_trainer_new(m, s, &(nn_trainer_options){.phase = "edges"}, &r));
  OK(nn_state_clone(s, &before));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const wrong_feed *w = &wrong[i];
    const nn_feed feed = {w->columns, w->n, w->rows, w->length, w->lr};
    cr_expect_eq(nn_trainer_step(r, &feed, NULL), w->status, "%zu: %s", i, nn_state_error(s));
    SAYS(nn_state_error(s), w->says);
    if (w->lr == 0) {
      cr_expect_eq(nn_trainer_evaluate(r, &feed, NULL), w->status, "%zu: %s", i, nn_state_error(s));
      SAYS(nn_state_error(s), w->n == 2 && w->columns[1].name == NULL ? "" : w->says);
    }
  }
  cr_expect_eq(nn_trainer_step(r, &(nn_feed){.n = 2}, NULL), TN_EINVAL);
  cr_expect_eq(nn_trainer_step(r, NULL, NULL), TN_EINVAL);
  cr_expect_eq(nn_trainer_evaluate(r, NULL, NULL), TN_EINVAL);
  cr_expect_eq(nn_trainer_evaluate(NULL, NULL, NULL), TN_EINVAL);
  cr_expect(same_bits(s, before));
  cr_expect_eq(nn_trainer_new(m, s, NULL, NULL), TN_EINVAL);
  cr_expect_eq(nn_trainer_new(m, NULL, NULL, &(nn_trainer *){NULL}), TN_EINVAL);
  nn_trainer_free(r);
  nn_trainer_free(NULL);
  nn_state_free(s), nn_state_free(before);
  nn_model_free(m);
  free_table(&t);
}

Test(nn_edges, predictions_of_trainers) {
  table t = make_table(TN_F32, ROWS);
  double ids[ROWS] = {0}, wide[ROWS * OUT];
  int64_t n = ROWS;
  float out[2 * ROWS * OUT];
  nn_model *m = make_model(&(nn_model_options){.batch = ROWS}, with_index, NULL);
  nn_state *s = make_state(m, 1);
  nn_trainer *r;
  int32_t whole[ROWS] = {0};
  const nn_column floats[] = {{"id", tn_view_of(ids, TN_F64, 1, &n)}, {"y", t.y.view}};
  const nn_column good[] = {{"id", tn_view_of(whole, TN_I32, 1, &n)}, {"y", t.y.view}};
  const nn_feed feed = {.columns = good, .n = 2};
  OK(nn_trainer_new(m, s, NULL, &r));
  cr_expect_eq(
      nn_trainer_predict(r, &(nn_feed){.columns = floats, .n = 2}, "f", tn_matrix(out, TN_F32, ROWS, OUT)),
      TN_ETYPE);
  SAYS(nn_state_error(s), "column 'id' holds f64, but the network reads i32");
  cr_expect_eq(nn_trainer_predict(r, &feed, NULL, tn_matrix(out, TN_F32, ROWS, OUT)), TN_EINVAL);
  cr_expect_eq(nn_trainer_predict(r, &feed, "f", tn_matrix(NULL, TN_F32, ROWS, OUT)), TN_EINVAL);
  SAYS(nn_state_error(s), "output and array must not be NULL");
  cr_expect_eq(nn_trainer_predict(r, NULL, "f", tn_matrix(out, TN_F32, ROWS, OUT)), TN_EINVAL);
  cr_expect_eq(nn_trainer_predict(r, &feed, "g", tn_matrix(out, TN_F32, ROWS, OUT)), TN_EINVAL);
  SAYS(nn_state_error(s), "the network has no output 'g'; it has: f");
  cr_expect_eq(nn_trainer_predict(r, &feed, "f", tn_matrix(wide, TN_F64, ROWS, OUT)), TN_ETYPE);
  cr_expect_eq(nn_trainer_predict(r, &feed, "f", tn_matrix(out, TN_F32, OUT, ROWS)), TN_ESHAPE);
  tn_view every_other = tn_view_slice(tn_matrix(out, TN_F32, ROWS, 2 * OUT), 1, 0, 2, OUT);
  cr_expect_eq(nn_trainer_predict(r, &feed, "f", every_other), TN_ESHAPE);
  SAYS(nn_state_error(s), ", not contiguous");
  cr_expect_eq(nn_trainer_step(r, &feed, NULL), TN_EINVAL);
  SAYS(nn_state_error(s), "the network has no optimizer");
  OK(nn_trainer_predict(r, &feed, "f", tn_matrix(out, TN_F32, ROWS, OUT)));
  for (int i = 0; i < ROWS * OUT; i++) cr_expect_eq(out[i], (float)value_at(s, "words/table", i % OUT));
  nn_trainer_free(r);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* A step that becomes infinite: with keep_last_good the state from before it comes back, without it does not. */
Test(nn_edges, steps_that_are_not_finite) {
  table t = make_table(TN_F32, ROWS);
  knobs k = {.lr = 0.1};
  const nn_column columns[] = {{"x", t.x.view}, {"y", t.y.view}};
  const nn_feed feed = {.columns = columns, .n = 2};
  nn_model *m = make_model(&(nn_model_options){.batch = ROWS}, small_network, &k);
  tn_set(&t.y.view, 3, NAN);
  for (int keep = 0; keep < 2; keep++) {
    nn_state *s = make_state(m, 1), *before;
    nn_trainer *r;
    OK(nn_state_clone(s, &before));
    OK(nn_trainer_new(m, s, &(nn_trainer_options){.keep_last_good = keep}, &r));
    cr_expect_eq(nn_trainer_step(r, &feed, NULL), TN_ENUMERIC);
    cr_expect_eq(same_bits(s, before), keep);
    cr_expect_eq(strstr(nn_state_error(s), "keep_last_good would have kept") == NULL, keep);
    nn_trainer_free(r);
    nn_state_free(s), nn_state_free(before);
  }
  nn_model_free(m);
  free_table(&t);
}

/* ---- states -------------------------------------------------------------------------------------------- */

/* `inputs` of them; a buffer, a scalar and a vector whose shapes depend on them too. */
static void with_inputs(nn_model *m, void *ctx) {
  const int64_t *inputs = ctx;
  ag_ref x = nn_input(m, "x", 1, inputs), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref loss = nn_mse(m, nn_dense(m, "a", x, OUT, NULL), y);
  (void)nn_buffer(m, "counts", 1, inputs, *inputs);
  nn_report(m, "scale", nn_parameter(m, "scale", 0, NULL, NN_ONES));
  nn_report(m, "mse", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 0.1});
}

Test(nn_edges, pruned_inputs) {
  int64_t four = 4, two = 2, rows_of[] = {3, 1};
  nn_model *m = make_model(NULL, with_inputs, &four), *n = make_model(NULL, with_inputs, &two);
  nn_state *whole = make_state(m, 1), *part = make_state(n, 2), *kept;
  OK(nn_state_clone(part, &kept));
  const struct {
    nn_state *dst;
    const char *kernel;
    int64_t first, n;
    tn_status status;
    const char *says;
  } wrong[] = {{part, "b/kernel", 0, 2, TN_EINVAL, "'b/kernel' must be a parameter of two different states"},
               {part, "adam/m/a/kernel", 0, 2, TN_EINVAL, "must be a parameter of two different states"},
               {part, "a/kernel", 0, 1, TN_ESHAPE, "1 rows of 'a/kernel' [4, 3] do not make [2, 3]"},
               {part, "counts", 0, 2, TN_EINVAL, "'counts' must be a parameter of two different states"},
               {part, "scale", 0, 1, TN_ESHAPE, "1 rows of 'scale' [] do not make []"},
               {part, "a/bias", 0, 2, TN_ESHAPE, "2 rows of 'a/bias' [3] do not make [3]"},
               {part, "a/kernel", 4, 2, TN_EINVAL, "'a/kernel' has no row 4"},
               {part, "a/kernel", -1, 2, TN_EINVAL, "'a/kernel' has no row -1"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    int64_t list[] = {wrong[i].first, 1};
    tn_status status = nn_prune_inputs(wrong[i].dst, whole, wrong[i].kernel, list, wrong[i].n, true);
    cr_expect_eq(status, wrong[i].status, "%zu", i);
    SAYS(nn_state_error(part), wrong[i].says);
  }
  cr_expect_eq(nn_prune_inputs(whole, whole, "a/kernel", rows_of, 2, true), TN_EINVAL);
  cr_expect_eq(nn_prune_inputs(NULL, whole, "a/kernel", rows_of, 2, true), TN_EINVAL);
  cr_expect_eq(nn_prune_inputs(part, whole, NULL, rows_of, 2, true), TN_EINVAL);
  cr_expect_eq(nn_prune_inputs(part, whole, "a/kernel", NULL, 2, true), TN_EINVAL);
  cr_expect(same_bits(part, kept), "a refused call changes nothing");
  for (int moments = 0; moments < 2; moments++) {
    tn_view v;
    cr_assert(nn_state_find(whole, "adam/v/a/kernel", &v));
    tn_fill(v, 3);
    OK(nn_prune_inputs(part, whole, "a/kernel", rows_of, 2, moments));
    for (int i = 0; i < 2 * OUT; i++)
      cr_expect_eq(value_at(part, "a/kernel", i),
                   value_at(whole, "a/kernel", rows_of[i / OUT] * OUT + i % OUT));
    cr_expect_eq(value_at(part, "adam/v/a/kernel", 0), moments ? 3 : 0);
    cr_expect_eq(value_at(part, "counts", 0), 2, "of another shape, so it stays");
  }
  nn_state_free(whole), nn_state_free(part), nn_state_free(kept);
  nn_model_free(m), nn_model_free(n);
}

/* What has another shape, or no value under that name, is not copied. */
Test(nn_edges, copies_between_states) {
  int64_t four = 4, two = 2;
  nn_model *m = make_model(NULL, with_inputs, &four), *n = make_model(NULL, with_inputs, &two);
  nn_state *a = make_state(m, 1), *b = make_state(n, 2);
  double kernel = value_at(b, "a/kernel", 0);
  cr_expect_eq(nn_state_copy(b, "a/", a, "a/", true), 1); /* the bias */
  cr_expect_eq(value_at(b, "a/kernel", 0), kernel);
  cr_expect_eq(nn_state_copy(b, "c/", a, "a/", true), 0);
  cr_expect_eq(nn_state_copy(a, "a/", a, "a/", true), 2);
  cr_expect_eq(nn_state_copy(a, "adam/m/a/", a, "a/", true), 0, "a slot is not a parameter");
  cr_expect_eq(nn_state_copy(a, "adam/m/a/", a, "a/", false), 2);
  cr_expect_eq(value_at(a, "adam/m/a/kernel", 2), value_at(a, "a/kernel", 2));
  nn_state_free(a), nn_state_free(b);
  nn_model_free(m), nn_model_free(n);
}

/* ---- options of fits, callbacks ------------------------------------------------------------------------ */

Test(nn_edges, options_of_fits) {
  table t = make_table(TN_F32, ROWS);
  knobs k = {.lr = 0.1};
  nn_model *m = make_model(&(nn_model_options){.batch = ROWS}, small_network, &k);
  nn_state *s = make_state(m, 1);
  const int64_t one[] = {1};
  const struct {
    nn_fit_options o;
    const char *says;
  } wrong[] = {{{.epochs = -1}, "an option is negative"},
               {{.epochs = 1, .patience = -1}, "an option is negative"},
               {{.epochs = 1, .first_epoch = -1}, "an option is negative"},
               {{.epochs = 1, .min_delta = -1}, "an option is negative"},
               {{.epochs = 1, .min_delta = NAN}, "an option is negative"},
               {{.epochs = 1, .patience = 1}, "patience and restore_best need a monitor"},
               {{.epochs = 1, .restore_best = true}, "patience and restore_best need a monitor"},
               {{.epochs = 1, .monitor = "mse"}, "monitoring needs validation rows"},
               {{.epochs = 1, .monitor = "loss", .valid = {one, 1}}, "is not among the reports"},
               {{.epochs = 1, .valid = {(int64_t[]){ROWS}, 1}}, "row 8 is asked for, but there are 8"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    nn_fit_result r;
    cr_expect_eq(nn_fit(m, s, t.data, (nn_split){0}, &wrong[i].o, &r), TN_EINVAL, "%zu", i);
    SAYS(r.message, wrong[i].says);
  }
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

static bool stop(void *ctx, const nn_epoch *e) { return (void)e, ++*(int *)ctx < 2; }

/* The plateau's own arithmetic: monitors that are not there, NaN, another callback, the least factor. */
Test(nn_edges, plateaus) {
  const char *const names[] = {"a", "b"};
  double train[] = {1, 2}, valid[] = {3, NAN};
  int calls = 0;
  nn_epoch e = {.epoch = 1, .epochs = 4, .names = names, .n_reports = 2, .train = train, .valid = valid};
  nn_plateau p = {.monitor = "c"};
  cr_expect_not(nn_plateau_watch(&p, &e), "no report 'c'");
  p = (nn_plateau){.monitor = "b", .factor = 0.5, .least = 0.3, .then = stop, .then_ctx = &calls};
  cr_expect(nn_plateau_watch(&p, &e), "a value that is NaN is one that does not improve");
  valid[1] = 2;
  e.epoch = 2;
  cr_expect_not(nn_plateau_watch(&p, &e), "the other callback stops");
  cr_expect(p.best == 2 && calls == 2);
  for (e.epoch = 3; e.epoch < 9; e.epoch++) (void)nn_plateau_watch(&p, &e);
  cr_expect_eq(nn_plateau_rate(&p, 100, 100), 0.3, "%g", nn_plateau_rate(&p, 100, 100));
  cr_expect_eq(nn_plateau_rate(&p, 0, 100), 1);
  p = (nn_plateau){.on_train = true, .monitor = "b"};
  cr_expect(nn_plateau_watch(&p, &e) && p.best == 2);
  cr_expect_eq(nn_plateau_rate(&(nn_plateau){0}, 3, 0), 1, "before the first epoch, and of no steps");
}

static void line_of(void *ctx, const char *line) { snprintf(ctx, 256, "%.255s", line); }

Test(nn_edges, summaries_of_nothing) {
  char line[256] = "";
  nn_model *m;
  nn_summary(NULL, line_of, line);
  SAYS(line, "out of memory");
  cr_expect_eq(nn_count(NULL).trained, 0);
  cr_expect_neq(nn_model_new(NULL, one_row, (void *)(uintptr_t)&rows[0], &m), TN_OK);
  nn_summary(m, line_of, line);
  SAYS(line, "rows of 'z' must have a rank");
  nn_model_free(m);
}
