/* plain.c - runs the tests of an executable, each in a process of its own (criterion/criterion.h beside this file says why).
 *
 *   test_NAME [--tap=FILE] [SUITE::TEST...]    0: all passed, 1: not, 2: nothing ran */
#include "criterion/criterion.h"

#include <jansson.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WHY = 256, SKIPPED = 78 };

static plain_suite *suites;
static plain_test *tests, **last = &tests;
static const plain_suite *running; /* in the test's process */
static bool failed;
static char *why_skipped; /* [WHY] shared by the test's process and the runner's */

void plain_add_suite(plain_suite *s) {
  s->next = suites;
  suites = s;
}

void plain_add_test(plain_test *t) {
  *last = t;
  last = &t->next;
}

static _Noreturn void finish(int code) {
  if (running && running->fini) running->fini();
  exit(code);
}

void plain_failed(bool at_once, const char *file, int line, const char *check, const char *why, ...) {
  va_list arguments;
  va_start(arguments, why);
  printf("%s:%d: failed: %s%s", file, line, check, *why ? ": " : "");
  vprintf(why, arguments);
  printf("\n");
  va_end(arguments);
  failed = true;
  if (at_once) finish(1);
}

void plain_skip(const char *why, ...) {
  va_list arguments;
  va_start(arguments, why);
  vsnprintf(why_skipped, WHY, why, arguments);
  va_end(arguments);
  finish(SKIPPED);
}

static _Noreturn void run_here(const plain_test *t) {
  for (const plain_suite *s = suites; s; s = s->next)
    if (strcmp(s->name, t->suite) == 0) running = s;
  if (running && running->init) running->init();
  t->body();
  finish(failed);
}

/* The exit code of the test's process; 128 and the signal that ended it. */
static int run_apart(const plain_test *t) {
  int status;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) run_here(t);
  if (child < 0 || waitpid(child, &status, 0) != child) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool wanted(const plain_test *t, char **names, int n) {
  char full[256];
  snprintf(full, sizeof full, "%s::%s", t->suite, t->name);
  for (int i = 0; i < n; i++)
    if (strcmp(names[i], full) == 0) return true;
  return n == 0;
}

/* MemorySanitizer does not see jansson write: what it allocates counts as written from the start. */
static void *zeroed(size_t n) { return calloc(1, n); }

int main(int argc, char **argv) {
  int ran = 0, bad = 0, first = 1;
  FILE *tap = NULL;
  json_set_alloc_funcs(zeroed, free);
  why_skipped = mmap(NULL, WHY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (why_skipped == MAP_FAILED) return 2;
  for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++)
    if (strncmp(argv[first], "--tap=", 6) == 0) tap = fopen(argv[first] + 6, "we");
  for (const plain_test *t = tests; t; t = t->next) {
    if (!wanted(t, argv + first, argc - first)) continue;
    int code = run_apart(t);
    ran++;
    bad += code != 0 && code != SKIPPED;
    if (code != 0 && code != SKIPPED) printf("%s::%s: failed (exit code %d)\n", t->suite, t->name, code);
    if (tap && code == SKIPPED) fprintf(tap, "ok - %s::%s # SKIP %s\n", t->suite, t->name, why_skipped);
    else if (tap) fprintf(tap, "%s - %s::%s\n", code == 0 ? "ok" : "not ok", t->suite, t->name);
  }
  if (tap) fclose(tap);
  printf("%d tests, %d failed\n", ran, bad);
  return ran == 0 ? 2 : bad > 0;
}
