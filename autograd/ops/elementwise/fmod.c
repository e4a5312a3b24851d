#include "autograd/ops/integers.h"

AG_EWISE2(fmod, tn_fmod(X, Y))

/* For integers: C's %. A divisor of 0 gives 0 and makes the run fail. */
static void fmod_i64(const ag_call *call, int n, const int64_t *const *in, int64_t *out) {
  for (int i = 0; i < n; i++) {
    if (in[1][i] == 0) ag_fault(call, "fmod: an integer divided by 0");
    out[i] = in[1][i] == 0 || in[1][i] == -1 ? 0 : in[0][i] % in[1][i];
  }
}
static void fmod_run_integers(const ag_call *call) { ag__run_integers(call, fmod_i64); }
static const ag_op fmod_integers = {.name = "fmod",
                                    .kind = AG_OPAQUE,
                                    .arity = 2,
                                    .flags = AG_NO_DERIVATIVE,
                                    .infer = ag__integer_type,
                                    .run = fmod_run_integers,
                                    .many = ag__many_broadcasting};

static void fmod_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = dy;
  dx[1] = ag_neg(g, ag_mul(g, dy, ag_trunc(g, ag_div(g, ag_in(g, y, 0), ag_in(g, y, 1)))));
}

const ag_op ag_op_fmod = {AG_EWISE_FIELDS(fmod, 2),
                          .doc = "the remainder of a / b with the sign of a: C's fmod", .flags = AG_ROWWISE,
                          .vjp = fmod_vjp,
                          AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {0}}, .low = 0.3, .high = 0.9},
                                   {.n_in = 2, .in = {{1, {5}}, {1, {5}}}, .low = 2, .high = 2.5})};

ag_ref ag_fmod(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT_EITHER(g, fmod, a, b); }
