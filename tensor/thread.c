/* thread.c - one parallel loop. */
#include "tensor/tensor.h"

#ifdef _OPENMP
#include <omp.h>
#ifdef __linux__
#include <sched.h>
#endif
#endif

int tn_max_threads(void) {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

#ifdef _OPENMP

/* Threads that fill the machine are bound, one to each CPU we may use: left to themselves two can share one
 * CPU for seconds while another idles. Fewer threads are left alone, since other programs bind theirs too; so
 * are those that OMP_PROC_BIND places. */
#ifdef __linux__
typedef struct places {
  cpu_set_t all;
  bool bind;
} places;

static places find_places(int threads) {
  places p = {.bind = false};
  if (omp_get_proc_bind() == omp_proc_bind_false && sched_getaffinity(0, sizeof p.all, &p.all) == 0)
    p.bind = CPU_COUNT(&p.all) == threads;
  return p;
}

static void bind_thread(const places *p, int thread) {
  cpu_set_t one;
  int cpu = -1;
  if (!p->bind) return;
  for (int passed = -1; passed < thread;) passed += CPU_ISSET(++cpu, &p->all) != 0;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  (void)sched_setaffinity(0, sizeof one, &one); /* if it fails, it is slower */
}

static void release_thread(const places *p) {
  if (p->bind) (void)sched_setaffinity(0, sizeof p->all, &p->all);
}
#else
typedef struct places {
  bool bind;
} places;
static places find_places(int threads) { return (void)threads, (places){false}; }
static void bind_thread(const places *p, int thread) { (void)p, (void)thread; }
static void release_thread(const places *p) { (void)p; }
#endif

static void run_bound(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx) {
  const places p = find_places(threads);
#pragma omp parallel num_threads(threads)
  {
    bind_thread(&p, omp_get_thread_num());
#pragma omp for schedule(dynamic, 1)
    for (int64_t i = 0; i < n; i++) fn(ctx, i);
    release_thread(&p);
  }
}

#endif

void tn_parallel_for(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx) {
#ifdef _OPENMP
  if (threads <= 0) threads = omp_get_max_threads();
  if (threads > n) threads = (int)n;
  if (threads > 1 && !omp_in_parallel()) {
    run_bound(n, threads, fn, ctx);
    return;
  }
#else
  (void)threads;
#endif
  for (int64_t i = 0; i < n; i++) fn(ctx, i);
}
