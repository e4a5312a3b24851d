/* What does not fit a layer: one sentence with the layer, its name and the shapes; and inputs by type. */
#include "test_nn.h"

/* ---- typed inputs ------------------------------------------------------------------------------------ */

/* The rows of a table [4, 2] by ids [batch]. */
static void looks_up(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  ag_ref ids = nn_input_typed(m, "ids", *(tn_dtype *)ctx, 0, NULL);
  nn_output(m, "rows", ag_gather(g, nn_parameter(m, "table", 2, (int64_t[]){4, 2}, NN_GLOROT_NORMAL), ids));
}

Test(typed_inputs, integers_are_read_as_they_are_or_widened) {
  for (int c = 0; c < 3; c++) {
    static const tn_dtype column[] = {TN_I64, TN_I32, TN_U8};
    tn_dtype read = TN_I64;
    nn_model *m = make_model(&(nn_model_options){.batch = 2, .eval_batch = 2}, looks_up, &read);
    nn_state *s = make_state(m, 1);
    nn_data *d;
    tn_array ids;
    float out[3][2];
    OK(tn_array_new(NULL, column[c], 1, (int64_t[]){3}, &ids));
    for (int i = 0; i < 3; i++) tn_set(&ids.view, i, 3 - i);
    OK(nn_data_new(NULL, &d));
    OK(nn_data_add(d, "ids", ids.view));
    OK(nn_predict(m, s, d, (nn_split){0}, "rows", tn_matrix(out, TN_F32, 3, 2)));
    for (int i = 0; i < 6; i++)
      cr_expect_eq((double)out[i / 2][i % 2], value_at(s, "table", (3 - i / 2) * 2 + i % 2));
    nn_data_free(d);
    tn_array_free(&ids);
    nn_state_free(s);
    nn_model_free(m);
  }
}

Test(typed_inputs, fractions_and_wider_integers_are_refused) {
  tn_dtype read = TN_I32;
  int64_t wide[3] = {0};
  double fractions[3] = {0};
  float out[3][2];
  nn_model *m = make_model(NULL, looks_up, &read);
  nn_state *s = make_state(m, 1);
  for (int c = 0; c < 2; c++) {
    nn_data *d;
    OK(nn_data_new(NULL, &d));
    OK(nn_data_add(d, "ids",
                   tn_view_of(c ? (void *)wide : fractions, c ? TN_I64 : TN_F64, 1, (int64_t[]){3})));
    cr_assert_eq(nn_predict(m, s, d, (nn_split){0}, "rows", tn_matrix(out, TN_F32, 3, 2)), TN_ETYPE);
    SAYS(nn_state_error(s), c ? "column 'ids' holds i64, but the network reads i32"
                              : "column 'ids' holds f64, but the network reads i32");
    nn_data_free(d);
  }
  nn_state_free(s);
  nn_model_free(m);
}
