/* A training step allocates nothing and takes no lock, here or in the libraries below: calls of the allocator
 * and of pthread_mutex_lock are counted on their way to the C library. (With several threads OpenMP
 * synchronises them, so those runs count allocations only.) */
#include "nn/nn.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GLIBC__) && !defined(NABLA_SANITIZED) /* sanitizers bring a malloc of their own */
#define COUNTING 1
#endif

static atomic_long allocations, locks;

#ifdef COUNTING
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

void *memalign(size_t alignment, size_t bytes);
static void *counted(void *p) {
  allocations++;
  return p;
}

void *malloc(size_t bytes) { return counted(__libc_malloc(bytes)); }
void *calloc(size_t n, size_t bytes) { return counted(__libc_calloc(n, bytes)); }
void *realloc(void *p, size_t bytes) { return counted(__libc_realloc(p, bytes)); }
void *memalign(size_t alignment, size_t bytes) { return counted(__libc_memalign(alignment, bytes)); }
void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }
int posix_memalign(void **p, size_t alignment, size_t bytes) {
  return (*p = memalign(alignment, bytes)) ? 0 : ENOMEM;
}

int pthread_mutex_lock(pthread_mutex_t *m) {
  static int (*real)(pthread_mutex_t *);
  locks++;
  if (!real) {
    void *symbol = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    memcpy(&real, &symbol, sizeof real);
  }
  return real(m);
}
#endif

typedef struct scene {
  int64_t batch, inputs, hidden, outputs;
  const char *freeze;
  bool lasso;
  int threads;
} scene;

static void network(nn_model *m, void *ctx) {
  const scene *s = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, &s->inputs), y = nn_input(m, "y", 1, &s->outputs);
  ag_ref h = nn_activate(m, nn_dense(m, "a", x, s->hidden, NULL), NN_ELU);
  h = nn_activate(m, nn_dense(m, "b", nn_dropout(m, "drop", h, 0.1), s->hidden / 2, NULL), NN_TANH);
  ag_ref loss = nn_mse(m, nn_dense(m, "c", h, s->outputs, NULL), y);
  nn_report(m, "mse", loss);
  loss = ag_add(g, loss, nn_l2(m, "*", 1e-6));
  if (s->lasso) loss = ag_add(g, loss, nn_group_lasso(m, "a/kernel", 0.1));
  if (s->freeze) nn_freeze(m, s->freeze);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3});
}

typedef struct count {
  long first_allocations, first_locks, last_allocations, last_locks;
  int epochs;
} count;

/* The first epoch makes what is made once: threads, for one. */
static bool on_epoch(void *ctx, const nn_epoch *e) {
  count *c = ctx;
  c->epochs = e->epoch;
  if (e->epoch == 2) c->first_allocations = allocations, c->first_locks = locks;
  if (e->epoch == 5) c->last_allocations = allocations, c->last_locks = locks;
  return true;
}

static void check_scene(const scene *s) {
  const int64_t rows = 3 * s->batch + 5; /* the last batch is a short one */
  nn_model *m;
  nn_state *state;
  nn_data *d;
  tn_array x, y;
  tn_status status = tn_array_new(NULL, TN_F32, 2, (int64_t[]){rows, s->inputs}, &x);
  cr_assert_eq(status, TN_OK);
  status = tn_array_new(NULL, TN_F32, 2, (int64_t[]){rows, s->outputs}, &y);
  cr_assert_eq(status, TN_OK);
  tn_rng_normal((tn_rng){.stream = 1}, x.view);
  tn_rng_normal((tn_rng){.stream = 2}, y.view);
  status = nn_model_new(&(nn_model_options){.batch = s->batch, .threads = s->threads}, network,
                        (void *)(uintptr_t)s, &m);
  cr_assert_eq(status, TN_OK, "%s", nn_error(m));
  status = nn_state_new(m, &state);
  cr_assert_eq(status, TN_OK);
  nn_state_init(state, 1, 0);
  status = nn_data_new(NULL, &d);
  cr_assert_eq(status, TN_OK);
  status = nn_data_add(d, "x", x.view);
  cr_assert_eq(status, TN_OK);
  status = nn_data_add(d, "y", y.view);
  cr_assert_eq(status, TN_OK);
  count c = {0};
  nn_fit_options o = {.epochs = 5, .on_epoch = on_epoch, .on_epoch_ctx = &c, .valid = {.n = 0}};
  status = nn_fit(m, state, d, (nn_split){0}, &o, NULL);
  cr_assert_eq(status, TN_OK, "%s", nn_state_error(state));
  cr_assert_eq(c.epochs, 5);
  cr_expect_eq(c.last_allocations - c.first_allocations, 0,
               "%ld allocations in 12 steps, %d x %d, batch %d, %d threads",
               c.last_allocations - c.first_allocations, (int)s->inputs, (int)s->hidden, (int)s->batch,
               s->threads);
  if (s->threads <= 1)
    cr_expect_eq(c.last_locks - c.first_locks, 0, "%ld locks", c.last_locks - c.first_locks);
  tn_array_free(&x), tn_array_free(&y);
  nn_data_free(d), nn_state_free(state), nn_model_free(m);
}

Test(step, allocates_nothing) {
  static const scene scenes[] = {{32, 300, 64, 16, NULL, true, 1},    {32, 300, 64, 16, "a/*", false, 1},
                                 {7, 2, 4, 1, NULL, false, 1},        {128, 25, 64, 3, NULL, false, 1},
                                 {32, 1500, 512, 16, NULL, true, 1},  {300, 520, 512, 400, NULL, false, 1},
                                 {300, 520, 512, 400, NULL, false, 2}};
#ifndef COUNTING
  cr_skip_test("allocations can be counted with the GNU C library and without sanitizers");
#endif
  long before = allocations;
  void *volatile kept = malloc(16); /* volatile: compilers may leave out what nobody looks at */
  free(kept);
  cr_assert_gt((long)allocations, before, "the counter counts nothing");
  for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
#ifdef __clang__ /* whose OpenMP allocates in each parallel loop */
    if (scenes[i].threads > 1) continue;
#endif
    check_scene(&scenes[i]);
  }
}
