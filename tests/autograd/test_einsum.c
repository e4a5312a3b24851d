/* Einsum and its relatives beyond values (test_peer.c): how a product is made, second derivatives, refusals. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <string.h>

static int count_of(ag_graph *g, const char *op) {
  int n = 0;
  for (uint32_t id = 1; id < ag_node_count(g); id++) n += strcmp(ag_op_of(g, (ag_ref){id})->name, op) == 0;
  return n;
}

/* Where the labels stand as a matrix product wants them, nothing is moved. */
Test(einsum, a_product_moves_nothing) {
  const char *const equations[] = {"ij,jk->ik", "ji,jk->ik", "ij,kj->ik", "bij,bjk->bik", "bhqd,bhkd->bhqk"};
  for (int i = 0; i < COUNT(equations); i++) {
    ag_graph *g = new_graph();
    int rank = i < 3 ? 2 : i < 4 ? 3 : 4;
    ag_ref in[] = {ag_input(g, "a", TN_F32, rank, (int64_t[]){3, 3, 3, 3}),
                   ag_input(g, "b", TN_F32, rank, (int64_t[]){3, 3, 3, 3})};
    ag_einsum(g, equations[i], in, 2);
    cr_expect_eq(ag_status(g), TN_OK, "%s", ag_error(g));
    cr_expect_eq(count_of(g, "contract"), 1, "%s", equations[i]);
    cr_expect_eq(count_of(g, "transpose"), 0, "%s", equations[i]);
    ag_graph_free(g);
  }
}

static ag_ref products(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  return ag_einsum(g, ctx, in, n);
}

Test(einsum, derivatives_to_second_order) {
  double x[18], y[18];
  for (int i = 0; i < 18; i++) x[i] = 0.1 * i - 0.7, y[i] = 0.9 - 0.07 * i * i;
  const struct {
    const char *equation;
    int n, rank[2];
    int64_t shape[2][3];
  } all[] = {{"bij,bjk->ki", 2, {3, 3}, {{2, 3, 3}, {2, 3, 3}}},
             {"iij->j", 1, {3}, {{3, 3, 2}}},
             {"i...,...->...", 2, {3, 1}, {{3, 2, 3}, {3}}},
             {"ij,ij->ij", 2, {2, 2}, {{3, 4}, {1, 4}}}};
  for (int i = 0; i < COUNT(all); i++) {
    tn_view at[] = {tn_view_of(x, TN_F64, all[i].rank[0], all[i].shape[0]),
                    tn_view_of(y, TN_F64, all[i].rank[1], all[i].shape[1])};
    ag_gradcheck_report report;
    cr_expect_eq(ag_gradcheck(products, all[i].equation, at, all[i].n, NULL, &report), TN_OK, "%s: %s",
                 all[i].equation, report.message);
  }
}

Test(einsum, one_operand_and_no_axes) {
  ag_graph *g = new_graph();
  ag_ref x = vector(g, (double[]){1, 2, 3}, 3), two = ag_scalar(g, TN_F64, 2);
  expect_values("scalar by vector", compute(g, ag_einsum(g, ",i", (ag_ref[]){two, x}, 2)),
                (double[]){2, 4, 6}, 3, 0);
  expect_values("scalars", compute(g, ag_einsum(g, ",->", (ag_ref[]){two, two}, 2)), (double[]){4}, 1, 0);
  expect_values("as it is", compute(g, ag_einsum(g, "i", &x, 1)), (double[]){1, 2, 3}, 3, 0);
  expect_values("four operands", compute(g, ag_einsum(g, "i,i,i,i->", (ag_ref[]){x, x, x, x}, 4)),
                (double[]){98}, 1, 0);
  ag_graph_free(g);
}

Test(einsum, what_it_cannot_read_is_refused_by_name) {
  const struct {
    const char *equation, *words;
    int n;
  } cases[] = {{"ij,jk->iz", "a label of the result occurs in no operand", 2},
               {"ij,jk->ii", "a label occurs twice in the result", 2},
               {"ij,jk", "more terms than operands", 1},
               {"ij", "fewer terms than operands", 2},
               {"ijk,jk->i", "another number of axes than of labels", 2},
               {"i,jk->i", "another number of axes than of labels", 2},
               {"ijk...,jk->i", "more labels than an operand has axes", 2},
               {"i.j,jk->i", "a dot", 2},
               {"......,jk->i", "a dot", 2},
               {"i1,jk->i", "labels are letters", 2},
               {"ij,jk-i", "a '-' without '>'", 2},
               {"ij,jk->i,k", "text after the result", 2},
               {"ij,ik->jk", "different extents", 2},
               {"ii,jk->i", "different extents", 2},
               {"abcdefghij", "more axes than a value may have", 1},
               {"", "another number", 1}};
  for (int i = 0; i < COUNT(cases); i++) {
    ag_graph *g = new_graph();
    ag_ref in[] = {ag_input(g, "a", TN_F64, 2, (int64_t[]){2, 3}),
                   ag_input(g, "b", TN_F64, 2, (int64_t[]){3, 4})};
    cr_expect_eq(ag_einsum(g, cases[i].equation, in, cases[i].n).id, 0, "%s", cases[i].equation);
    cr_expect(strstr(ag_error(g), cases[i].words) && strstr(ag_error(g), "einsum"), "%s: %s",
              cases[i].equation, ag_error(g));
    ag_graph_free(g);
  }
}

typedef ag_ref call(ag_graph *g, ag_ref a, ag_ref b);
#define CALL(NAME, EXPRESSION)                                                                               \
  static ag_ref bad_##NAME(ag_graph *g, ag_ref a, ag_ref b) { return (void)a, (void)b, EXPRESSION; }
CALL(tensordot, ag_tensordot(g, a, b, (int[]){0}, (int[]){0}, 1))
CALL(twice, ag_tensordot(g, a, a, (int[]){0, -2}, (int[]){0, 1}, 2))
CALL(axis, ag_tensordot(g, a, b, (int[]){2}, (int[]){0}, 1))
CALL(inner, ag_inner(g, a, b))
CALL(vdot, ag_vdot(g, a, b))
CALL(batch_dot, ag_batch_dot(g, a, b))
CALL(kron, ag_kron(g, a, ag_sum_all(g, b)))
CALL(diagonal, ag_diagonal(g, a, 3, 0, 1))
CALL(same_axis, ag_diagonal(g, a, 0, 0, 0))
CALL(trace, ag_trace(g, ag_sum_axis(g, a, 0, false)))
CALL(triangle, ag_lower_triangle(g, ag_sum_all(g, a), 0))

Test(einsum, what_does_not_fit_is_refused) {
  const struct {
    call *f;
    const char *words;
  } cases[] = {{bad_tensordot, "tensordot: operands f64[2, 3] and f64[3, 4] do not fit"},
               {bad_twice, "tensordot: axis -2 is named twice"},
               {bad_axis, "tensordot: axis 2 of a value of rank 2"},
               {bad_inner, "tensordot: operands"},
               {bad_vdot, "vdot: operands"},
               {bad_batch_dot, "batch_dot: operands"},
               {bad_kron, "kron: operands f64[2, 3] and f64[] do not fit"},
               {bad_diagonal, "have no diagonal 3"},
               {bad_same_axis, "have no diagonal 0"},
               {bad_trace, "trace: a value of rank 1"},
               {bad_triangle, "lower_triangle: a value of rank 0"}};
  for (int i = 0; i < COUNT(cases); i++) {
    ag_graph *g = new_graph();
    ag_ref a = ag_input(g, "a", TN_F64, 2, (int64_t[]){2, 3}),
           b = ag_input(g, "b", TN_F64, 2, (int64_t[]){3, 4});
    cr_expect_eq(cases[i].f(g, a, b).id, 0, "%s", cases[i].words);
    cr_expect(strstr(ag_error(g), cases[i].words), "%s: %s", cases[i].words, ag_error(g));
    ag_graph_free(g);
  }
}
