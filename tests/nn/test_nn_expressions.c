/* The updates of nn/optim/expressions.def: each is one instruction that writes parameter and moments, with the bits of its
 * ops one by one; and what else reads a moment, the gradient or an old value keeps its bits too. */
#include "autograd/plan/plan.h"
#include "nn/internal.h"
#include "support/same.h"

#include <criterion/criterion.h>

enum { ROWS = 3, STATES = 3, WIDE = 4, LEAVES = 12, OUTPUTS = 3 };
static const char *const names[LEAVES] = {"a", "b", "c", "g", "s", "t", "u", "w", "x", "y", "q", "r"};

typedef struct update {
  ag_ref d, m, v, p;
} update;

#define ADD(X_, Y_) ag_add(l, X_, Y_)
#define SUB(X_, Y_) ag_sub(l, X_, Y_)
#define MUL(X_, Y_) ag_mul(l, X_, Y_)
#define DIV(X_, Y_) ag_div(l, X_, Y_)
#define SQRT(X_)    ag_sqrt(l, X_)
#define A           in[0]
#define B           in[1]
#define C           in[2]
#define G           in[3]
#define S           in[4]
#define T           in[5]
#define U           in[6]
#define W           in[7]
#define X           in[8]
#define Y           in[9]
#define Q           in[10]
#define R           in[11]
#define D           made.d
#define M           made.m
#define V           made.v
#define AG_EXPRESSION(...)
#define AG_EXPRESSION_UPDATE(NAME, GRADIENT, FIRST_, SECOND_, STEP_)                                         \
  static update NAME(ag_graph *l, const ag_ref *in) {                                                        \
    update made;                                                                                             \
    made.d = GRADIENT;                                                                                       \
    made.m = FIRST_;                                                                                         \
    made.v = SECOND_;                                                                                        \
    made.p = STEP_;                                                                                          \
    return made;                                                                                             \
  }
#include "nn/optim/expressions.def"
#undef AG_EXPRESSION_UPDATE
#define AG_EXPRESSION_UPDATE(NAME, ...) {#NAME, NAME},
static const struct {
  const char *name;
  update (*build)(ag_graph *l, const ag_ref *in);
} updates[] = {
#include "nn/optim/expressions.def"
};

/* What else hangs on the update's values, in the same unit. */
typedef enum reader {
  NOTHING,
  OF_FIRST,
  OF_SECOND,
  OF_GRADIENT,
  OF_OLD_MOMENT,
  OF_OLD_PARAMETER,
  READERS
} reader;

typedef struct scene {
  size_t update;
  tn_dtype dtype;
  int64_t columns;
  bool per_row; /* the narrow operands, else scalars */
  reader reader;
} scene;

static ag_ref build(ag_graph *g, const scene *s) {
  const int64_t full[] = {ROWS, s->columns}, row[] = {ROWS, 1};
  ag_ref in[LEAVES];
  for (int i = 0; i < LEAVES; i++)
    in[i] = i < STATES   ? ag_state(g, names[i], s->dtype, 2, full)
            : i < WIDE   ? ag_input(g, names[i], s->dtype, 2, full)
            : s->per_row ? ag_input(g, names[i], s->dtype, 2, row)
                         : ag_input(g, names[i], s->dtype, 0, NULL);
  update u = updates[s->update].build(g, in);
  const ag_ref read[READERS] = {in[3], u.m, u.v, u.d, in[0], in[2]};
  ag_ref other = ag_exp(g, ag_mul(g, ag_neg(g, read[s->reader]), s->reader >= OF_OLD_MOMENT ? u.v : in[3]));
  ag_assign(g, in[0], u.m), ag_assign(g, in[1], u.v), ag_assign(g, in[2], u.p);
  return other;
}

static void run(const scene *s, unsigned flags, int *n_instructions, tn_array out[STATES + 1]) {
  ag_graph *g;
  ag_plan *plan;
  ag_run *r;
  tn_array memory[LEAVES] = {0};
  tn_status status = ag_graph_new(NULL, &g);
  cr_assert_eq(status, TN_OK);
  ag_use_expressions(g, nn__expressions);
  ag_ref other = build(g, s);
  status = ag_compile(g, &other, s->reader != NOTHING, flags | AG_WITH_EFFECTS, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  status = ag_run_new(plan, 1, &r);
  cr_assert_eq(status, TN_OK);
  for (int leaf = 0; leaf < ag_plan_leaf_count(plan); leaf++) {
    ag_type type = ag_plan_leaf_type(plan, leaf);
    int i = 0;
    while (strcmp(names[i], ag_plan_leaf_name(plan, leaf)) != 0) i++;
    status = tn_array_new(NULL, type.dtype, type.rank, type.shape, &memory[i]);
    cr_assert_eq(status, TN_OK);
    tn_rng_uniform((tn_rng){.seed = 7, .stream = tn_stream(names[i])}, memory[i].view);
    status = ag_run_bind(r, leaf, memory[i].view);
    cr_assert_eq(status, TN_OK);
  }
  for (int step = 0; step < 2; step++) {
    status = ag_run_step(r, (tn_rng){0});
    cr_assert_eq(status, TN_OK);
  }
  *n_instructions = 0;
  for (int i = 0; i < plan->n_steps; i++) *n_instructions += plan->steps[i].n_instructions;
  out[STATES] = (tn_array){0};
  if (s->reader != NOTHING) {
    tn_view v = ag_run_output(r, 0);
    status = tn_array_new(NULL, v.dtype, v.rank, v.shape, &out[STATES]);
    cr_assert_eq(status, TN_OK);
    tn_copy(out[STATES].view, v);
  }
  for (int i = 0; i < LEAVES; i++)
    if (i < STATES) out[i] = memory[i];
    else tn_array_free(&memory[i]);
  ag_run_free(r), ag_plan_free(plan), ag_graph_free(g);
}

static void check(const scene *s) {
  static const unsigned flags[] = {AG_NO_COMBINE | AG_NO_FUSE | AG_NO_IN_PLACE, 0, AG_NO_COMBINE,
                                   AG_NO_IN_PLACE};
  tn_array plain[STATES + 1], out[STATES + 1];
  int n;
  run(s, flags[0], &n, plain);
  for (size_t f = 1; f < sizeof flags / sizeof *flags; f++) {
    run(s, flags[f], &n, out);
    if (s->reader == NOTHING && !(flags[f] & AG_NO_COMBINE))
      cr_expect_eq(n, 1, "%s: %d instructions", updates[s->update].name, n);
    for (int i = 0; i < STATES + (s->reader != NOTHING); i++)
      cr_expect_eq(same_bits(out[i].view, plain[i].view), -1, "%s: value %d, %d columns, reader %d, flags %u",
                   updates[s->update].name, i, (int)s->columns, s->reader, flags[f]);
    for (int i = 0; i <= STATES; i++) tn_array_free(&out[i]);
  }
  for (int i = 0; i <= STATES; i++) tn_array_free(&plain[i]);
}

Test(nn_expressions, bits) {
  static const int64_t columns[] = {1, 63, 64, 65, 256, 300, 700};
  for (scene s = {0}; s.update < sizeof updates / sizeof *updates; s.update++)
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
      for (s.reader = NOTHING; s.reader < READERS; s.reader++)
        for (int kind = 0; kind < 4; kind++) {
          s.columns = columns[c], s.dtype = kind & 1 ? TN_F64 : TN_F32, s.per_row = kind & 2;
          if (s.per_row && s.columns < 64 && s.reader == NOTHING)
            continue; /* short rows: not one value a block */
          check(&s);
        }
}
