/* Runs: binding, traps, lifetimes, threads, and that a step allocates nothing. */
#include "autograd/autograd.h"
#include "support/same.h"
#include "support/test_alloc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every malloc of this process is counted: glibc's own functions under the names it keeps for that. Under a
 * sanitizer, which brings its own malloc, only the library's allocator is counted. */
#if defined(NABLA_SANITIZED) || !defined(__GLIBC__)
#define COUNTS_MALLOC 0
#else
#define COUNTS_MALLOC 1
#endif

static atomic_long mallocs;
#if COUNTS_MALLOC
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void *malloc(size_t bytes) {
  mallocs++;
  return __libc_malloc(bytes);
}
void *calloc(size_t n, size_t bytes) {
  mallocs++;
  return __libc_calloc(n, bytes);
}
void *realloc(void *p, size_t bytes) {
  mallocs++;
  return __libc_realloc(p, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) {
  mallocs++;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void **p, size_t alignment, size_t bytes) {
  *p = aligned_alloc(alignment, bytes);
  return *p ? 0 : ENOMEM;
}
#endif

static const int64_t three[] = {3};

static ag_graph *new_graph(const tn_alloc *alloc) {
  ag_graph *g;
  tn_status status = ag_graph_new(alloc, &g);
  cr_assert_eq(status, TN_OK);
  return g;
}

static ag_run *compile_run(ag_graph *g, const ag_ref *y, int n, unsigned flags, int threads, ag_plan **plan) {
  ag_run *run;
  tn_status status = ag_compile(g, y, n, flags, plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  status = ag_run_new(*plan, threads, &run);
  cr_assert_eq(status, TN_OK);
  return run;
}

static void bind_leaf(ag_run *run, const ag_plan *plan, const char *name, tn_view memory) {
  int leaf = ag_plan_find_leaf(plan, name);
  if (leaf < 0) return;
  tn_status status = ag_run_bind(run, leaf, memory);
  cr_assert_eq(status, TN_OK, "%s: %s", name, ag_run_error(run));
}

static tn_status step(ag_run *run) { return ag_run_step(run, (tn_rng){.seed = 1}); }

/* ---- binding ---- */

Test(run, bind_errors) {
  ag_graph *g = new_graph(NULL);
  ag_plan *plan;
  ag_ref in = ag_input(g, "x", TN_F32, 2, (int64_t[]){2, 3}),
         y = ag_add(g, in, ag_input(g, "bias", TN_F32, 1, three));
  ag_run *run = compile_run(g, &y, 1, 0, 1, &plan);
  float x[6] = {0};
  double xd[6] = {0};
  tn_view good = tn_matrix(x, TN_F32, 2, 3);
  int leaf = ag_plan_find_leaf(plan, "x");
  cr_expect_eq(ag_run_bind(run, -1, good), TN_EINVAL);
  cr_expect_str_eq(ag_run_error(run), "leaf -1 is not in this plan");
  cr_expect_eq(ag_run_bind(run, 2, good), TN_EINVAL);
  cr_expect_eq(ag_run_bind(run, leaf, tn_matrix(x, TN_F32, 3, 2)), TN_ESHAPE);
  cr_expect_str_eq(ag_run_error(run), "'x' must be bound to contiguous memory of type f32[2, 3]");
  cr_expect_eq(ag_run_bind(run, leaf, tn_matrix(xd, TN_F64, 2, 3)), TN_ETYPE);
  cr_expect_eq(ag_run_bind(run, leaf, tn_matrix(NULL, TN_F32, 2, 3)), TN_ESHAPE);
  cr_expect_eq(ag_run_bind(run, leaf, tn_view_permute(tn_matrix(x, TN_F32, 3, 2), (int[]){1, 0})), TN_ESHAPE,
               "strided");
  cr_expect_eq(step(run), TN_EINVAL);
  cr_expect_str_eq(ag_run_error(run), "'x' is not bound to memory");
  bind_leaf(run, plan, "x", good), bind_leaf(run, plan, "x", good);
  cr_expect_eq(step(run), TN_EINVAL);
  cr_expect_str_eq(ag_run_error(run), "'bias' is not bound to memory");
  bind_leaf(run, plan, "bias", tn_view_of(x, TN_F32, 1, three));
  cr_expect_eq(step(run), TN_OK);
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
  ag_run_free(NULL), ag_plan_free(NULL);
}

Test(run, rebinding) {
  ag_graph *g = new_graph(NULL);
  ag_plan *plan;
  ag_ref w = ag_state(g, "w", TN_F64, 1, three), y = ag_sum_all(g, ag_reshape(g, w, 2, (int64_t[]){3, 1}));
  ag_assign(g, w, ag_scale(g, w, 2));
  ag_run *run = compile_run(g, &y, 1, AG_WITH_EFFECTS, 1, &plan);
  double a[] = {1, 2, 3}, b[] = {10, 20, 30};
  bind_leaf(run, plan, "w", tn_view_of(a, TN_F64, 1, three));
  cr_expect_eq(step(run), TN_OK);
  cr_expect_eq(*(double *)ag_run_output(run, 0).data, 6);
  bind_leaf(run, plan, "w", tn_view_of(b, TN_F64, 1, three));
  cr_expect_eq(step(run), TN_OK);
  cr_expect_eq(*(double *)ag_run_output(run, 0).data, 60);
  cr_expect(a[2] == 6 && b[2] == 60, "the first memory is let go, in-place writes included");
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
}

/* ---- traps ---- */

Test(run, trap_names_the_op_and_leaves_states) {
  ag_graph *g = new_graph(NULL);
  ag_plan *plan;
  ag_ref x = ag_input(g, "x", TN_F64, 1, three), w = ag_state(g, "w", TN_F64, 1, three),
         n = ag_state(g, "n", TN_F64, 0, NULL);
  ag_assign(g, n, ag_offset(g, n, 1)); /* done before the failure, were it not for the trap */
  ag_scope_push(g, "loss");
  ag_ref l = ag_log(g, ag_mul(g, x, w));
  ag_scope_pop(g);
  ag_assign(g, w, ag_add(g, w, ag_exp(g, l)));
  ag_ref y = ag_sum_all(g, l);
  ag_run *run = compile_run(g, &y, 1, AG_WITH_EFFECTS | AG_TRAP_NONFINITE, 1, &plan);
  double px[] = {1, 1, 0}, pw[] = {1, 2, 3}, pn = 0;
  bind_leaf(run, plan, "x", tn_view_of(px, TN_F64, 1, three));
  bind_leaf(run, plan, "w", tn_view_of(pw, TN_F64, 1, three));
  bind_leaf(run, plan, "n", tn_scalar(&pn, TN_F64));
  cr_expect_eq(step(run), TN_ENUMERIC);
  char want[64];
  snprintf(want, sizeof want, "log (node %u, in loss) gave a NaN or infinity", l.id);
  cr_expect_str_eq(ag_run_error(run), want);
  cr_expect(pw[0] == 1 && pw[1] == 2 && pw[2] == 3 && pn == 0, "states are untouched");
  px[2] = 1;
  cr_expect_eq(step(run), TN_OK, "a run goes on after a trap");
  cr_expect(pw[2] == 6 && pn == 1);
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
}

/* ---- a training step: two layers, momentum, dropout ---- */

typedef struct net {
  ag_graph *g;
  ag_ref loss;
} net;

enum { BATCH = 32, IN = 70, HIDDEN = 300, OUT = 5, LEAVES = 7 };
static const char *const names[LEAVES] = {"x", "y", "w0", "w1", "b0", "m0", "m1"};

static net build(const tn_alloc *alloc) {
  ag_graph *g = new_graph(alloc);
  ag_ref x = ag_input(g, "x", TN_F32, 2, (int64_t[]){BATCH, IN}),
         y = ag_input(g, "y", TN_F32, 2, (int64_t[]){BATCH, OUT});
  ag_ref p[] = {ag_state(g, "w0", TN_F32, 2, (int64_t[]){IN, HIDDEN}),
                ag_state(g, "w1", TN_F32, 2, (int64_t[]){HIDDEN, OUT}),
                ag_state(g, "b0", TN_F32, 1, (int64_t[]){HIDDEN})};
  ag_ref m[] = {ag_state(g, "m0", TN_F32, 2, (int64_t[]){IN, HIDDEN}),
                ag_state(g, "m1", TN_F32, 2, (int64_t[]){HIDDEN, OUT})};
  ag_ref h = ag_elu(g, ag_add(g, ag_matmul(g, x, p[0]), p[2]), 1), d[3];
  h = ag_mul(g, h, ag_bernoulli(g, "dropout", TN_F32, 2, (int64_t[]){BATCH, HIDDEN}, 0.8));
  ag_ref error = ag_sub(g, ag_matmul(g, h, p[1]), y);
  ag_ref loss =
      ag_add(g, ag_mean_all(g, ag_square(g, error)), ag_scale(g, ag_sum_all(g, ag_row_norm(g, p[0])), 0.01));
  ag_grad(g, loss, p, 3, d);
  for (int i = 0; i < 3; i++) {
    ag_ref v = i < 2 ? ag_add(g, ag_scale(g, m[i], 0.9), d[i]) : d[i];
    if (i < 2) ag_assign(g, m[i], v);
    ag_assign(g, p[i], ag_sub(g, p[i], ag_scale(g, v, 0.05)));
  }
  cr_assert_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  return (net){g, loss};
}

static void new_leaves(const ag_plan *plan, ag_run *run, tn_array *leaves) {
  for (int i = 0; i < LEAVES; i++) {
    int leaf = ag_plan_find_leaf(plan, names[i]);
    ag_type t = ag_plan_leaf_type(plan, leaf);
    tn_status status = tn_array_new(NULL, t.dtype, t.rank, t.shape, &leaves[i]);
    cr_assert_eq(status, TN_OK);
    tn_rng_uniform((tn_rng){.seed = 9, .stream = (uint32_t)i}, leaves[i].view);
    float *p = leaves[i].view.data;
    for (int64_t k = 0, m = tn_view_numel(&leaves[i].view); k < m; k++) p[k] = (p[k] - 0.5f) / 8;
    bind_leaf(run, plan, names[i], leaves[i].view);
  }
}

typedef struct job {
  const ag_plan *plan;
  int threads;
  tn_array leaves[LEAVES];
  float loss;
  tn_status status;
} job;

static void train(void *ctx, int64_t i) {
  job *j = (job *)ctx + i;
  ag_run *run;
  if ((j->status = ag_run_new(j->plan, j->threads, &run)) != TN_OK) return;
  new_leaves(j->plan, run, j->leaves);
  for (uint32_t s = 0; s < 10 && j->status == TN_OK; s++)
    j->status = ag_run_step(run, (tn_rng){.seed = 1, .step = s});
  j->loss = *(float *)ag_run_output(run, 0).data;
  ag_run_free(run);
}

/* One plan whose graph is gone: in one thread, in two threads at once, and with two threads inside the ops.
 */
Test(run, a_plan_outlives_its_graph_and_is_shared) {
  net n = build(NULL);
  ag_plan *plan;
  tn_status status = ag_compile(n.g, &n.loss, 1, AG_WITH_EFFECTS, &plan);
  cr_assert_eq(status, TN_OK);
  ag_graph_free(n.g);
  job jobs[5] = {{.plan = plan},
                 {.plan = plan},
                 {.plan = plan},
                 {.plan = plan, .threads = 2},
                 {.plan = plan, .threads = 3}};
  train(jobs, 0);
  tn_parallel_for(2, 2, train, jobs + 1);
  train(jobs, 3), train(jobs, 4);
  for (int k = 0; k < 5; k++) {
    cr_assert_eq(jobs[k].status, TN_OK);
    cr_expect_eq(memcmp(&jobs[k].loss, &jobs[0].loss, sizeof(float)), 0);
    for (int i = 0; i < LEAVES; i++) {
      cr_expect_eq(same_bits(jobs[k].leaves[i].view, jobs[0].leaves[i].view), -1, "job %d: %s", k, names[i]);
      if (k) tn_array_free(&jobs[k].leaves[i]);
    }
  }
  cr_expect(isfinite(jobs[0].loss));
  for (int i = 0; i < LEAVES; i++) tn_array_free(&jobs[0].leaves[i]);
  ag_plan_free(plan);
}

/* Calls of malloc in 20 steps, after one. */
static long mallocs_of(ag_run *run) {
  cr_assert_eq(step(run), TN_OK);
  tn_status status = TN_OK;
  long before = mallocs;
  for (int s = 0; s < 20 && status == TN_OK; s++) status = step(run);
  long made = mallocs - before;
  cr_assert_eq(status, TN_OK);
  return made;
}

Test(run, a_step_allocates_nothing) {
  test_alloc count;
  test_alloc_init(&count, 0, false);
  net n = build(&count.alloc);
  ag_plan *plan;
  for (unsigned flags = 0; flags < 16; flags += 2) {
    ag_run *run = compile_run(n.g, &n.loss, 1, flags | AG_WITH_EFFECTS, 1, &plan);
    tn_array leaves[LEAVES];
    new_leaves(plan, run, leaves);
    long asked = count.asked, made = mallocs_of(run);
    cr_expect_eq(count.asked, asked);
    cr_expect_eq(made, 0, "flags %u: %ld calls of malloc in 20 steps", flags, made);
    ag_run_free(run), ag_plan_free(plan);
    for (int i = 0; i < LEAVES; i++) tn_array_free(&leaves[i]);
  }
  ag_graph_free(n.g);
  cr_expect_eq(count.live, 0);
}

Test(run, a_step_without_products_calls_no_malloc) {
  ag_graph *g = new_graph(NULL);
  ag_plan *plan;
  const int64_t shape[] = {70, 90};
  int32_t pi[3] = {1, 0, 69};
  tn_array memory;
  tn_status status = tn_array_new(NULL, TN_F32, 2, shape, &memory);
  cr_assert_eq(status, TN_OK);
  ag_ref w = ag_state(g, "w", TN_F32, 2, shape), i = ag_input(g, "i", TN_I32, 1, three);
  ag_ref noisy = ag_add(g, ag_softmax(g, w, 0), ag_normal(g, "noise", TN_F32, 2, shape));
  ag_ref rows = ag_concat(g, (ag_ref[]){ag_gather(g, noisy, i), ag_slice(g, w, 0, 4, 2)}, 2, 0), d;
  ag_ref y = ag_add(g, ag_sum_all(g, ag_row_norm(g, noisy)), ag_max(g, ag_pad(g, rows, 0, 1, 2), 3, false));
  ag_grad(g, y, &w, 1, &d);
  ag_assign(g, w, ag_sub(g, w, ag_cast(g, ag_cast(g, d, TN_F64), TN_F32)));
  for (unsigned flags = 0; flags < 16; flags += 2) {
    ag_run *run = compile_run(g, &y, 1, flags | AG_WITH_EFFECTS, 1, &plan);
    bind_leaf(run, plan, "w", memory.view);
    bind_leaf(run, plan, "i", tn_view_of(pi, TN_I32, 1, three));
    long made = mallocs_of(run);
    cr_expect_eq(made, 0, "flags %u: %ld calls of malloc in 20 steps", flags, made);
    ag_run_free(run), ag_plan_free(plan);
  }
  cr_expect(!COUNTS_MALLOC || mallocs > 0, "the counter counts");
  tn_array_free(&memory);
  ag_graph_free(g);
}
