/* nodes.c - how building, differentiating and compiling a graph grows with its nodes. Each row is a process
 * of its own, so that its peak of memory is its own; times are of CPU, the least of REPEATS. `exponent` is
 * log2 of what twice the nodes cost, build to run; 1 is linear.
 *
 *   nodes [MOST [GRAPH]]     up to MOST nodes, 2^20 if not given, of all graphs or of one */
#include "tests/support/big_graphs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REPEATS = 3, SMALLEST = 1 << 14, MOST = 1 << 20 };

typedef struct result {
  double build, grad, compile, run, megabytes, arena;
  size_t nodes;
} result;

static double now(void) { return (double)clock() / CLOCKS_PER_SEC; }

static void check(bool fine, const char *what) {
  if (fine) return;
  fprintf(stderr, "nodes: %s\n", what);
  exit(1);
}

/* Once, with all memory given back. */
static result measure(const big_graph *b, int size) {
  ag_graph *g;
  ag_ref wrt[BIG_OUTPUTS], outputs[BIG_OUTPUTS + 1];
  ag_plan *plan;
  ag_run *run;
  result r = {0};
  int n = 0;
  double start = now();
  check(ag_graph_new(NULL, &g) == TN_OK, "out of memory");
  outputs[0] = b->forward(g, size, wrt, &n);
  r.build = now() - start, start = now();
  ag_grad(g, outputs[0], wrt, n, outputs + 1);
  r.grad = now() - start, start = now();
  check(ag_compile(g, outputs, n + 1, AG_WITH_EFFECTS, &plan) == TN_OK, ag_error(g));
  r.compile = now() - start, start = now();
  check(ag_run_new(plan, 1, &run) == TN_OK, "out of memory");
  r.run = now() - start;
  r.nodes = ag_node_count(g);
  r.arena = (double)ag_plan_arena_bytes(plan) / 1048576;
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
  return r;
}

static result best(const big_graph *b, int size) {
  result r = measure(b, size);
  for (int i = 1; i < REPEATS; i++) {
    result other = measure(b, size);
    r.build = fmin(r.build, other.build);
    r.grad = fmin(r.grad, other.grad);
    r.compile = fmin(r.compile, other.compile);
    r.run = fmin(r.run, other.run);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  r.megabytes = (double)usage.ru_maxrss / 1024;
  return r;
}

static result in_child(const big_graph *b, int size) {
  int ends[2];
  result r;
  check(pipe(ends) == 0, "no pipe");
  pid_t child = fork();
  check(child >= 0, "no process");
  if (child == 0) {
    r = best(b, size);
    _exit(write(ends[1], &r, sizeof r) == (ssize_t)sizeof r ? 0 : 1);
  }
  close(ends[1]);
  bool whole = read(ends[0], &r, sizeof r) == (ssize_t)sizeof r;
  close(ends[0]);
  waitpid(child, NULL, 0);
  check(whole, "a measurement has failed");
  return r;
}

int main(int argc, char **argv) {
  int most = argc > 1 ? atoi(argv[1]) : MOST;
  printf("graph\tnodes\tbuild s\tgrad s\tcompile s\trun s\ttotal s\tpeak MB\tarena MB\texponent\n");
  for (int k = 0; k < BIG_GRAPHS; k++) {
    double before = 0;
    if (argc > 2 && strcmp(argv[2], big_graphs[k].name) != 0) continue;
    for (int nodes = SMALLEST; nodes <= most; nodes *= 2) {
      result r = in_child(&big_graphs[k], nodes / big_graphs[k].each);
      double total = r.build + r.grad + r.compile + r.run;
      printf("%s\t%zu\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.0f\t%.1f", big_graphs[k].name, r.nodes, r.build,
             r.grad, r.compile, r.run, total, r.megabytes, r.arena);
      printf(before > 0 ? "\t%.2f\n" : "\t\n", log2(total / before));
      fflush(stdout);
      before = total;
    }
  }
  return 0;
}
