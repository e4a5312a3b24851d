/* Compositions of primitives under refused memory: value and gradient of each are built with every request refused once. Functions
 * with cases in golden/functions.tsv are in test_functions.c. */
#include "autograd/autograd.h"
#include "support/refuse.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct operands {
  ag_ref square, spd, tall, row; /* [3, 3], positive definite [3, 3], [4, 3], [3] */
  ag_ref image, kernel, windows; /* [1, 7, 2], [2, 2, 1], [1, 3, 2, 1] */
  ag_ref picture;                /* [1, 4, 6, 2] */
  ag_ref pairs;                  /* [2, 3, 2]: complex numbers */
  ag_ref index;                  /* i64[3] */
} operands;

static ag_ref drawn(ag_graph *g, int rank, const int64_t *shape) {
  double values[64];
  cr_assert_leq(tn_numel(rank, shape), COUNT(values));
  for (int i = 0; i < COUNT(values); i++) values[i] = (i * 7 % 11) * 0.3 - 1.1;
  return ag_constant(g, tn_view_of(values, TN_F64, rank, shape));
}

#define S(...) ((int64_t[]){__VA_ARGS__})

static operands operands_of(ag_graph *g) {
  static int64_t places[] = {2, 0, 1};
  operands o = {.square = drawn(g, 2, S(3, 3)), .tall = drawn(g, 2, S(4, 3)), .row = drawn(g, 1, S(3))};
  o.spd = ag_add(g, ag_contract(g, o.tall, o.tall, true, false), ag_eye(g, TN_F64, 3, 3));
  o.image = drawn(g, 3, S(1, 7, 2)), o.kernel = drawn(g, 3, S(2, 2, 1));
  o.windows = drawn(g, 4, S(1, 3, 2, 1)), o.picture = drawn(g, 4, S(1, 4, 6, 2));
  o.pairs = drawn(g, 3, S(2, 3, 2));
  o.index = ag_constant(g, tn_view_of(places, TN_I64, 1, S(3)));
  return o;
}

static ag_ref sum_of(ag_graph *g, const ag_ref *parts, int n) {
  ag_ref sum = {0};
  for (int i = 0; i < n; i++) {
    ag_ref part = ag_sum_all(g, ag_square(g, parts[i]));
    sum = i ? ag_add(g, sum, part) : part;
  }
  return sum;
}

static ag_ref both_of(ag_graph *g, void (*f)(ag_graph *g, ag_ref a, ag_ref *first, ag_ref *second),
                      ag_ref a) {
  ag_ref r[2];
  f(g, a, r, r + 1);
  return sum_of(g, r, 2);
}
static ag_ref all_of_lu(ag_graph *g, ag_ref a) {
  ag_ref r[3];
  ag_lu(g, a, r, r + 1, r + 2);
  return sum_of(g, r, 3);
}

#define JOIN_(A, B) A##B
#define JOIN(A, B)  JOIN_(A, B)
#define ROW(WRT, ...)                                                                                        \
  static ag_ref JOIN(row_, __LINE__)(ag_graph * g, operands o, ag_ref * wrt) {                               \
    *wrt = o.WRT;                                                                                            \
    return __VA_ARGS__;                                                                                      \
  }
#include "compositions.inc"
#undef ROW

#define ROW(WRT, ...) {#__VA_ARGS__, JOIN(row_, __LINE__)},
static const struct entry {
  const char *text;
  ag_ref (*f)(ag_graph *g, operands o, ag_ref *wrt);
} entries[] = {
#include "compositions.inc"
};

static tn_status build(const tn_alloc *alloc, void *ctx) {
  const struct entry *e = ctx;
  ag_graph *g;
  ag_ref wrt, dx;
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  ag_ref y = e->f(g, operands_of(g), &wrt);
  cr_assert_eq(y.id != 0, ag_status(g) == TN_OK, "%s: %s", e->text, ag_error(g));
  ag_grad(g, ag_sum_all(g, y), &wrt, 1, &dx);
  status = ag_status(g);
  cr_assert_eq(dx.id != 0, status == TN_OK, "%s: %s", e->text, ag_error(g));
  cr_assert(status == TN_OK || strstr(ag_error(g), "out of memory"), "%s: %s", e->text, ag_error(g));
  ag_graph_free(g);
  return status;
}

Test(compose, every_request_refused_once) {
  long requests = 0;
  for (int i = 0; i < COUNT(entries); i++)
    requests += refuse_each(build, (void *)(uintptr_t)&entries[i], entries[i].text);
  cr_expect_geq(requests, 500, "%ld requests", requests);
}
