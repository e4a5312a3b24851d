/* thread.c - parallel loops: for long and for short work. */
#include "tensor/threads.h"

#ifdef _OPENMP
#include <omp.h>
#include <stdatomic.h>
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

/* If there is a thread for each CPU that the process may use, each is bound to one: otherwise the system may
 * run two threads on one CPU for seconds while another is idle. Fewer threads are not bound, since other
 * programs may bind theirs to the same CPUs. Nor are threads that OMP_PROC_BIND places. */
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

/* The CPU of a thread; -1: it is not bound. */
static int place_of(const places *p, int thread) {
  int cpu = -1;
  for (int passed = -1; p->bind && passed < thread;) passed += CPU_ISSET(++cpu, &p->all) != 0;
  return cpu;
}

static void bind_thread(const places *p, int thread) {
  cpu_set_t one;
  if (!p->bind) return;
  CPU_ZERO(&one);
  CPU_SET(place_of(p, thread), &one);
  (void)sched_setaffinity(0, sizeof one, &one); /* a failure only costs speed */
}

static void release_thread(const places *p) {
  if (p->bind) (void)sched_setaffinity(0, sizeof p->all, &p->all);
}

/* Moves the thread to its CPU if it is on another one, without binding it. The current CPU is known in
 * nanoseconds; the list of CPUs needs a system call, which is made before a move and every OFTEN calls. */
static void place_thread(int threads, int thread) {
  enum { OFTEN = 4096 };
  static _Thread_local int known_for, mine, uses;
  const int asked = threads * OFTEN + thread;
  if (known_for == asked && uses++ < OFTEN && (mine < 0 || sched_getcpu() == mine)) return;
  const places p = find_places(threads);
  known_for = asked, uses = 0, mine = place_of(&p, thread);
  if (mine < 0 || sched_getcpu() == mine) return;
  bind_thread(&p, thread);
  release_thread(&p);
}
#else
typedef struct places {
  bool bind;
} places;
static places find_places(int threads) { return (void)threads, (places){false}; }
static void bind_thread(const places *p, int thread) { (void)p, (void)thread; }
static void release_thread(const places *p) { (void)p; }
static void place_thread(int threads, int thread) { (void)threads, (void)thread; }
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

/* A thread's range of the indices, in a cache line of its own. */
typedef struct stretch {
  _Alignas(64) _Atomic int64_t next;
  int64_t end;
} stretch;
enum { MOST_STRETCHES = 64 };

static void run_near(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx) {
  stretch of[MOST_STRETCHES];
  for (int t = 0; t < threads; t++) {
    atomic_init(&of[t].next, n * t / threads);
    of[t].end = n * (t + 1) / threads;
  }
#pragma omp parallel num_threads(threads)
  {
    const int thread = omp_get_thread_num();
    place_thread(threads, thread);
    for (int k = 0; k < threads; k++) { /* its own range, then those of the others */
      stretch *s = &of[(thread + k) % threads];
      for (int64_t i; (i = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed)) < s->end;)
        fn(ctx, i);
    }
  }
}

#endif

void tn__parallel_near(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx) {
#ifdef _OPENMP
  if (threads <= 0) threads = omp_get_max_threads();
  if (threads > n) threads = (int)n;
  if (threads > MOST_STRETCHES) threads = MOST_STRETCHES;
  if (threads > 1 && !omp_in_parallel()) {
    run_near(n, threads, fn, ctx);
    return;
  }
#else
  (void)threads;
#endif
  for (int64_t i = 0; i < n; i++) fn(ctx, i);
}

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
